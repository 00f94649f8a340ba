//! What is known of a column after some of its cells?

use super::exact_sum::{ExactSum, Overflow};
use serde::{Deserialize, Serialize};

/// Count, missing cells, exact sum and range of some cells of a column.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// How many cells held a number.
    pub(crate) count: u64,
    /// How many cells held none.
    pub(crate) missing: u64,
    /// The numbers' sum.
    pub(crate) sum: ExactSum,
    /// The smallest and the largest number. Of zeros with different signs, the first in the file.
    pub(crate) range: Option<(f64, f64)>,
}

impl Summary {
    /// Takes in the next cell: a finite number, or nothing.
    pub(crate) fn take(&mut self, cell: Option<f64>) -> Result<(), Overflow> {
        let Some(number) = cell else {
            self.missing += 1;
            return Ok(());
        };
        self.count += 1;
        self.widen((number, number));
        self.sum.add(number)
    }

    /// Takes in what is known of later cells.
    pub(crate) fn merge(&mut self, later: &Self) -> Result<(), Overflow> {
        self.count += later.count;
        self.missing += later.missing;
        if let Some(range) = later.range {
            self.widen(range);
        }
        self.sum.merge(&later.sum)
    }

    /// The mean of the numbers, if there are any.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.value() / self.count as f64)
    }

    fn widen(&mut self, (low, high): (f64, f64)) {
        self.range = Some(match self.range {
            // Comparisons, not f64::min: of equal numbers the first stays, so that -0 and 0 do not depend on
            // the cut.
            Some((min, max)) => (if low < min { low } else { min }, if high > max { high } else { max }),
            None => (low, high),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_zeros_with_different_signs_the_first_stays_for_every_cut() {
        let zeros = [0.0, -0.0, 0.0];
        for cut in 0..=zeros.len() {
            let mut whole = Summary::default();
            for part in [&zeros[..cut], &zeros[cut..]] {
                let mut partial = Summary::default();
                part.iter().for_each(|&zero| partial.take(Some(zero)).expect("no overflow"));
                whole.merge(&partial).expect("no overflow");
            }
            let (min, max) = whole.range.expect("there are numbers");
            assert_eq!((min.to_bits(), max.to_bits()), (0, 0));
        }
    }

    #[test]
    fn a_column_of_missing_cells_has_no_mean_and_no_range() {
        let mut summary = Summary::default();
        summary.take(None).expect("no overflow");
        assert_eq!((summary.count, summary.missing), (0, 1));
        assert_eq!((summary.mean(), summary.range), (None, None));
    }
}
