//! What is the sum of many floats, to the last bit, in whatever order and grouping they were added?
//!
//! **Whose idea it is.** Jonathan Shewchuk, *Adaptive Precision Floating-Point Arithmetic and Fast Robust
//! Geometric Predicates* (1997): a sum is kept as floats that do not overlap, so that nothing is ever rounded
//! away. The use of it here follows Raymond Hettinger's `math.fsum` of Python, with the rounding at the end
//! that Mark Dickinson gave it. Numbers of middle magnitude need none of that: they are integers of one unit, and
//! are added as such.

use serde::{Deserialize, Serialize};

/// A sum that has lost nothing: its exact value is that of its integer and its partials together.
///
/// Since the value is exact, adding and merging may happen in any order; it is rounded once, in
/// [`ExactSum::value`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ExactSum {
    /// The sum of most numbers, in units of 2^-64.
    units: i128,
    /// The sum of the others.
    ///
    /// Finite, not zero, not overlapping, in order of increasing magnitude.
    partials: Vec<f64>,
}

/// A sum left the range of a 64-bit float on the way. The sum that said so holds no value any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow;

impl ExactSum {
    /// Adds a finite number.
    pub(crate) fn add(&mut self, number: f64) -> Result<(), Overflow> {
        match in_units(number).and_then(|units| self.units.checked_add(units)) {
            Some(units) => self.units = units,
            None => self.add_partial(number)?,
        }
        Ok(())
    }

    /// Adds another sum, as if its numbers had been added here.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), Overflow> {
        match self.units.checked_add(other.units) {
            Some(units) => self.units = units,
            None => self.add_units(other.units)?,
        }
        other.partials.iter().try_for_each(|&partial| self.add_partial(partial))
    }

    /// The float nearest to the exact sum; of two that are equally near, the even one.
    pub(crate) fn value(&self) -> f64 {
        let mut whole = Self { units: 0, partials: self.partials.clone() };
        match whole.add_units(self.units) {
            Ok(()) => rounded(&whole.partials),
            // The partials are at the very end of the range, and the rest led out of it.
            Err(Overflow) => f64::MAX.copysign(self.units as f64),
        }
    }

    /// Adds an integer of units to the partials: its most significant bits, then what they leave.
    fn add_units(&mut self, units: i128) -> Result<(), Overflow> {
        let mut rest = units;
        while rest != 0 {
            // The first bits of `rest`, as many as a float has, so that it is one.
            let bits = i128::BITS - rest.unsigned_abs().leading_zeros();
            let low = bits.saturating_sub(f64::MANTISSA_DIGITS);
            let high = rest >> low << low;
            self.add_partial(high as f64 * UNIT)?;
            rest -= high;
        }
        Ok(())
    }

    fn add_partial(&mut self, number: f64) -> Result<(), Overflow> {
        let mut carried = number;
        let mut kept = 0;
        for index in 0..self.partials.len() {
            let (high, low) = add_exactly(carried, self.partials[index]);
            if low != 0.0 {
                self.partials[kept] = low;
                kept += 1;
            }
            carried = high;
        }
        self.partials.truncate(kept);
        if !carried.is_finite() {
            return Err(Overflow);
        }
        if carried != 0.0 {
            self.partials.push(carried);
        }
        Ok(())
    }
}

/// What an integer of units counts: 2^-64.
const UNIT: f64 = 1.0 / (1u128 << 64) as f64;

/// The number in units, if it is a whole number of them and far from their range.
fn in_units(number: f64) -> Option<i128> {
    if number == 0.0 {
        return Some(0);
    }
    // A float is a mantissa of 53 bits, of which the first is implied, times a power of two. (IEEE 754)
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let mantissa = i128::from(bits & ((1 << 52) - 1) | 1 << 52);
    let shift = u32::try_from(exponent + 64).ok().filter(|&shift| shift < 64)?;
    let magnitude = mantissa << shift;
    Some(if number < 0.0 { -magnitude } else { magnitude })
}

/// The float nearest to the sum of partials.
fn rounded(partials: &[f64]) -> f64 {
    let mut smaller = partials.iter().rev().copied();
    let Some(mut high) = smaller.next() else { return 0.0 };
    let mut low = 0.0;
    for partial in smaller.by_ref() {
        (high, low) = add_exactly(high, partial);
        if low != 0.0 {
            break;
        }
    }
    // `high` was rounded half to even by looking at one partial. If `low` is just half a unit, a further
    // partial of the same sign means that it is more than a half, and the other neighbour is the
    // nearer one.
    if let Some(next) = smaller.next()
        && (low < 0.0) == (next < 0.0)
    {
        let twice = low * 2.0;
        let neighbour = high + twice;
        if neighbour - high == twice {
            high = neighbour;
        }
    }
    high
}

/// The rounded sum and what the rounding lost: together exactly `a + b`, unless the sum overflows.
fn add_exactly(a: f64, b: f64) -> (f64, f64) {
    let (larger, smaller) = if a.abs() < b.abs() { (b, a) } else { (a, b) };
    let high = larger + smaller;
    (high, smaller - (high - larger))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(numbers: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        for &number in numbers {
            sum.add(number).expect("no overflow");
        }
        sum.value()
    }

    /// Small, repeatable pseudo-random numbers (SplitMix64).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }

        fn below(&mut self, bound: usize) -> usize {
            (self.next() % bound as u64) as usize
        }

        /// An integer of 53 bits times a power of two between 2^-60 and 2^9, either sign.
        fn float(&mut self) -> (i128, f64) {
            let mantissa = (self.next() >> 11) as i64 * if self.next() & 1 == 0 { 1 } else { -1 };
            let shift = self.below(70);
            (i128::from(mantissa) << shift, mantissa as f64 * 2f64.powi(shift as i32 - 60))
        }
    }

    #[test]
    fn the_documented_cases_of_fsum_come_out_as_in_python() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(sum(&[1e100, 1.0, -1e100, 1e-100, 1e50, -1.0, -1e50]), 1e-100);
        assert_eq!(sum(&[1.0, 1e16, 1.0, -1e16]), 2.0);
        assert_eq!(sum(&[-0.0]).to_bits(), 0f64.to_bits());
        assert_eq!(sum(&[f64::MIN_POSITIVE / 4.0, f64::MIN_POSITIVE / 4.0]), f64::MIN_POSITIVE / 2.0);
    }

    #[test]
    fn halfway_cases_round_to_even_and_what_is_above_half_rounds_up() {
        let ulp_of_1e16 = 2.0;
        assert_eq!(sum(&[1e16, 1.0]), 1e16, "a tie goes to the even neighbour");
        assert_eq!(sum(&[1e16, 1.0, 1e-16]), 1e16 + ulp_of_1e16, "a hair above the tie goes up");
        assert_eq!(sum(&[1e16, 1.0, -1e-16]), 1e16, "a hair below the tie goes down");
        assert_eq!(sum(&[-1e16, -1.0, -1e-16]), -1e16 - ulp_of_1e16);
        let odd = 1e16 + ulp_of_1e16;
        assert_eq!(sum(&[odd, 1.0]), odd + ulp_of_1e16, "a tie goes to the even neighbour, here up");
        assert_eq!(sum(&[odd, 1.0, -1e-16]), odd, "a hair below the tie stays");
        assert_eq!(sum(&[9_007_199_254_740_992.0, -0.5, -2f64.powi(-54)]), 9_007_199_254_740_991.0);
        assert_eq!(sum(&[9_007_199_254_740_992.0, 1.0, 2f64.powi(-100)]), 9_007_199_254_740_994.0);
    }

    #[test]
    fn random_sums_equal_the_sum_of_big_integers_rounded_once() {
        let mut random = Random(1);
        for _ in 0..2_000 {
            // Eight numbers of at most 122 bits fit an i128.
            let numbers: Vec<(i128, f64)> = (0..=random.below(8)).map(|_| random.float()).collect();
            let exact: i128 = numbers.iter().map(|&(integer, _)| integer).sum();
            let floats: Vec<f64> = numbers.iter().map(|&(_, float)| float).collect();
            // `as` rounds to nearest, ties to even, and the power of two is exact.
            assert_eq!(sum(&floats).to_bits(), (exact as f64 * 2f64.powi(-60)).to_bits(), "{floats:?}");
        }
    }

    #[test]
    fn order_and_splitting_do_not_change_a_bit() {
        let mut random = Random(2);
        for _ in 0..300 {
            let mut numbers: Vec<f64> = (0..1 + random.below(60))
                .map(|_| random.float().1 * 10f64.powi(random.below(500) as i32 - 250))
                .collect();
            let expected = sum(&numbers).to_bits();
            for last in (1..numbers.len()).rev() {
                numbers.swap(last, random.below(last + 1));
            }
            assert_eq!(sum(&numbers).to_bits(), expected, "another order");

            let mut whole = ExactSum::default();
            let mut rest = &numbers[..];
            while !rest.is_empty() {
                let (part, others) = rest.split_at(1 + random.below(rest.len()));
                let mut partial = ExactSum::default();
                part.iter().for_each(|&number| partial.add(number).expect("no overflow"));
                whole.merge(&partial).expect("no overflow");
                rest = others;
            }
            assert_eq!(whole.value().to_bits(), expected, "another split");
        }
    }

    #[test]
    fn integers_that_overflow_go_on_as_partials() {
        let large = 2f64.powi(51);
        let mut sum = ExactSum::default();
        let mut doubled =
            ExactSum { units: in_units(large).expect("a whole number of units"), partials: vec![] };
        sum.add(0.1).expect("no overflow");
        for _ in 0..14 {
            let other = doubled.clone();
            doubled.merge(&other).expect("no overflow");
        }
        sum.merge(&doubled).expect("no overflow");
        sum.merge(&doubled).expect("no overflow");
        assert!(!sum.partials.is_empty() && sum.units != 0, "both are in use");
        assert_eq!(sum.value(), 2f64.powi(66));
        sum.add(-2f64.powi(66)).expect("no overflow");
        assert_eq!(sum.value(), 0.1);
    }

    #[test]
    fn a_float_is_a_whole_number_of_units_or_none() {
        assert_eq!(in_units(-0.0), Some(0));
        assert_eq!(in_units(-1.5), Some(-3 << 63));
        assert_eq!(in_units(UNIT * 2f64.powi(52)), Some(1 << 52), "the least that always fits");
        assert_eq!(in_units(UNIT * 2f64.powi(51)), None);
        assert_eq!(in_units(2f64.powi(52).next_down()), Some(((1 << 53) - 1) << 63), "the largest");
        assert_eq!(in_units(2f64.powi(52)), None);
        assert_eq!(in_units(f64::MIN_POSITIVE / 2.0), None);
    }

    #[test]
    fn leaving_the_range_is_an_error_and_not_an_infinity() {
        let mut sum = ExactSum::default();
        assert_eq!(sum.add(f64::MAX), Ok(()));
        assert_eq!(sum.value(), f64::MAX);
        assert_eq!(sum.clone().merge(&sum), Err(Overflow));
        assert_eq!(sum.add(f64::MAX), Err(Overflow));
    }
}
