//! What is to be reached, and what came of it?

use crate::bench::Unit;
use crate::measure::{Line, Results};

/// What is to be reached.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// At most so many times the cost of the best of these, or of all others where none is named.
    Times(f64, &'static [&'static str]),
    /// Less than this.
    Below(f64),
}

/// A goal, and what came of it.
pub(crate) struct Verdict {
    pub(crate) goal: Goal,
    pub(crate) reached: f64,
    pub(crate) met: bool,
}

/// The geometric mean of what was reached in those rows that count towards it.
pub(crate) struct Mean {
    /// How many rows have something to show.
    pub(crate) rows: usize,
    /// Of how many.
    pub(crate) of: usize,
    pub(crate) reached: f64,
}

/// `None` where there was nobody to compare with, or we have no result.
pub(crate) fn verdict(goal: Goal, unit: Unit, lines: &[(&'static str, Line)]) -> Option<Verdict> {
    let median = |line: &Line| if let Line::Measured { median, .. } = line { Some(*median) } else { None };
    let (_, ours) = lines.first()?;
    let ours = median(ours)?;
    let (reached, limit) = match goal {
        Goal::Below(limit) => (ours, limit),
        Goal::Times(limit, named) => {
            let others = lines[1..].iter().filter(|(name, _)| named.is_empty() || named.contains(name));
            let best = others.filter_map(|(_, line)| median(line)).reduce(|a, b| unit.better(a, b))?;
            (unit.times(ours, best), limit)
        }
    };
    Some(Verdict { goal, reached, met: reached <= limit })
}

impl Mean {
    /// At most so many times the cost of the best of the others, over all rows.
    pub(crate) const GOAL: f64 = 0.75;

    /// `None` where no row counts, or none has anything to show.
    pub(crate) fn of(results: &[Results]) -> Option<Self> {
        let counting: Vec<_> = results.iter().filter(|results| results.in_mean).collect();
        let reached: Vec<f64> =
            counting.iter().filter_map(|results| Some(results.verdict.as_ref()?.reached)).collect();
        let logarithms: f64 = reached.iter().map(|reached| reached.ln()).sum();
        let rows = reached.len();
        (rows > 0).then(|| Self { rows, of: counting.len(), reached: (logarithms / rows as f64).exp() })
    }

    pub(crate) fn met(&self) -> bool {
        self.reached <= Self::GOAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(in_mean: bool, reached: Option<f64>) -> Results {
        let verdict = reached.map(|reached| Verdict { goal: Goal::Times(1.0, &[]), reached, met: false });
        Results { bench: "row".to_owned(), unit: Unit::Millions, lines: Vec::new(), verdict, in_mean }
    }

    #[test]
    fn a_mean_is_of_the_rows_that_count_and_have_a_result() {
        let rows = [row(true, Some(0.5)), row(false, Some(64.0)), row(true, None), row(true, Some(2.0))];
        let mean = Mean::of(&rows).unwrap();
        assert_eq!((mean.rows, mean.of), (2, 3));
        assert!((mean.reached - 1.0).abs() < 1e-9 && !mean.met());
        assert!(Mean::of(&rows[1..3]).is_none());
    }
}
