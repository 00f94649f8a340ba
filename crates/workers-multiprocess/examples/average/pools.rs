//! Who folds which part, and in which order are the answers combined?
//!
//! Every pool runs the same function over the same parts, and the answers are taken in the order of the file.
//! The first bad line of the file is therefore the one that is reported, whoever found another one earlier.

use super::arguments::{Arguments, Pool};
use super::failure::Failure;
use super::fold::{BadInput, Columns, Fold, Part, fold_part};
use super::parts::{PART_SIZE, cut};
use super::table::Table;
use super::view::View;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use std::convert::Infallible;
use std::fmt::Display;
use std::ops::Range;
use workers_multiprocess::{ProcessPool, ThreadPool};

/// Folds all rows of a table.
pub(crate) fn fold_table(table: &Table, columns: Columns, arguments: &Arguments) -> Result<Fold, Failure> {
    let ranges = cut(&table.map, table.rows_at, PART_SIZE);
    let workers = arguments.workers.get().min(ranges.len());
    let view = View::new(arguments, workers, ranges.len(), table.map.len() - table.rows_at);
    let mut combined = Combined { table, columns, fold: Fold::default(), view };
    if workers == 0 {
        return Ok(combined.fold);
    }
    let part_at = |range: &Range<usize>| Part {
        path: table.real_path.clone().into(),
        offset: range.start as u64,
        length: range.len(),
        columns,
    };
    let parts = ranges.iter().map(part_at);
    // Behind a failure nothing need be folded, but a pool that is dropped still does what was submitted:
    // hence `cancel_pending`.
    match arguments.pool {
        Pool::Threads => {
            let pool = ThreadPool::new(workers).map_err(cannot_start)?;
            combined
                .take_all(pool.map(fold_part, parts), &ranges, |_| ())
                .inspect_err(|_| _ = pool.cancel_pending())?;
        }
        Pool::Processes => {
            let pool = ProcessPool::new(workers).map_err(cannot_start)?;
            combined
                .take_all(pool.map(fold_part, parts), &ranges, |view| view.ask(&pool))
                .inspect_err(|_| _ = pool.cancel_pending())?;
        }
        Pool::Rayon => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().map_err(cannot_start)?;
            for batch in ranges.chunks(BATCH * workers) {
                let fold = |range| fold_part(part_at(range));
                let folds: Vec<_> = pool.install(|| batch.into_par_iter().map(fold).collect());
                combined.take_all(folds.into_iter().map(Ok::<_, Infallible>), batch, |_| ())?;
            }
        }
    }
    Ok(combined.fold)
}

/// How many parts a worker of rayon gets before the answers are looked at: few enough that a bad line ends a
/// long run early, and enough that workers seldom wait for the slowest one.
const BATCH: usize = 8;

/// The answers so far.
struct Combined<'a> {
    table: &'a Table,
    columns: Columns,
    fold: Fold,
    view: View,
}

impl Combined<'_> {
    /// Takes the answers for `ranges` in order, up to the first that is an error. `ask` shows how the workers are.
    fn take_all<E: Display>(
        &mut self,
        answers: impl IntoIterator<Item = Result<Result<Fold, BadInput>, E>>,
        ranges: &[Range<usize>],
        ask: impl Fn(&mut View),
    ) -> Result<(), Failure> {
        let mut answers = answers.into_iter();
        for range in ranges {
            // Not zipped: should an answer be absent, the figures would silently be those of a shorter file.
            let answer = answers.next().ok_or_else(|| Failure::Run("a part was not folded".into()))?;
            let part = answer.map_err(|error| Failure::Run(format!("a part was not folded: {error}")))?;
            part.and_then(|part| self.fold.merge(part).map_err(BadInput::from)).map_err(|bad| {
                self.table.describe(&bad.behind(self.table.lines_before + self.fold.lines), self.columns)
            })?;
            ask(&mut self.view);
            self.view.done(range.len());
        }
        Ok(())
    }
}

fn cannot_start(error: impl Display) -> Failure {
    Failure::Run(format!("the workers cannot be started: {error}"))
}
