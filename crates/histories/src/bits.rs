//! A set of small numbers.

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// None of the numbers below `n`.
    pub(crate) fn none_of(n: usize) -> Self {
        Self(vec![0; n.div_ceil(64)])
    }

    pub(crate) fn has(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }

    /// Puts `i` in if it is not there, and takes it out if it is.
    pub(crate) fn flip(&mut self, i: usize) {
        self.0[i / 64] ^= 1 << (i % 64);
    }

    /// The smallest number that is missing, which may be one past those that it was made for.
    pub(crate) fn first_missing(&self) -> usize {
        let full = self.0.iter().take_while(|word| **word == u64::MAX).count();
        full * 64 + self.0.get(full).map_or(0, |word| word.trailing_ones() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn the_first_that_is_missing_is_found_across_words() {
        let mut bits = Bits::none_of(130);
        for i in 0..130 {
            assert_eq!(bits.first_missing(), i);
            assert!(!bits.has(i));
            bits.flip(i);
            assert!(bits.has(i));
        }
        bits.flip(64);
        assert_eq!(bits.first_missing(), 64);
        assert_eq!(Bits::none_of(0).first_missing(), 0);
    }
}
