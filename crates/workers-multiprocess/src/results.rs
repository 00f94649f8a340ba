//! The results of a `map`: tasks are submitted as results are taken.

use crate::{
    Future, TaskError,
    chunk::{ChunkSize, Meter},
    gather::Gather,
    watch::Watch,
};
use locks::Deadline;
use std::{collections::VecDeque, fmt, iter, sync::Arc};

/// How many tasks are in flight for each worker: one that it runs, and some that it need not wait for.
const TASKS_PER_WORKER: usize = 4;

/// One task in flight: of one item, or of several.
pub(crate) enum Batch<R> {
    One(Future<R>),
    /// The results of so many items. If the task itself fails, it fails for each of them.
    Many(Future<Vec<Result<R, TaskError>>>, usize),
}

impl<R> Batch<R> {
    pub(crate) fn watch(&self, watch: &Arc<Watch>, key: usize) {
        match self {
            Self::One(future) => future.watch(watch, key),
            Self::Many(future, _) => future.watch(watch, key),
        }
    }

    pub(crate) fn help(&self) {
        match self {
            Self::One(future) => future.help(),
            Self::Many(future, _) => future.help(),
        }
    }

    pub(crate) fn take_back(&self) {
        match self {
            Self::One(future) => future.take_back(),
            Self::Many(future, _) => future.take_back(),
        };
    }

    fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(_, len) => *len,
        }
    }

    /// Waits for the results, and puts them behind those in `ready`.
    fn finish(self, ready: &mut VecDeque<Result<R, TaskError>>) {
        match self {
            Self::One(future) => ready.push_back(future.result()),
            Self::Many(future, len) => match future.result() {
                Ok(results) => ready.extend(results),
                Err(error) => ready.extend(iter::repeat_n(error, len).map(Err)),
            },
        }
    }
}

/// Submits the items that are left, some at a time.
trait Supply<R> {
    /// Submits the next `size` items, or what is left; `None` when nothing is.
    fn submit(&mut self, size: usize, meter: &Arc<Meter>) -> Option<Batch<R>>;
    fn size_hint(&self) -> (usize, Option<usize>);
}

struct Items<I, S> {
    items: I,
    submit: S,
}

impl<R, I, S> Supply<R> for Items<I, S>
where
    I: Iterator,
    S: FnMut(Vec<I::Item>, &Arc<Meter>) -> Batch<R>,
{
    fn submit(&mut self, size: usize, meter: &Arc<Meter>) -> Option<Batch<R>> {
        let items: Vec<_> = self.items.by_ref().take(size).collect();
        (!items.is_empty()).then(|| (self.submit)(items, meter))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

/// The window: what may be submitted, and when.
struct Window<'p, R> {
    supply: Option<Box<dyn Supply<R> + 'p>>,
    workers: usize,
    chunk: ChunkSize,
    meter: Arc<Meter>,
    /// How many items may be in flight.
    buffer: usize,
    tasks: usize,
    items: usize,
}

impl<'p, R> Window<'p, R> {
    fn new<I: Iterator + 'p>(
        workers: usize,
        items: I,
        submit: impl FnMut(Vec<I::Item>, &Arc<Meter>) -> Batch<R> + 'p,
    ) -> Self {
        let supply: Box<dyn Supply<R> + 'p> = Box::new(Items { items, submit });
        let (chunk, meter) = (ChunkSize::Auto { last: 1 }, Arc::default());
        Self { supply: Some(supply), workers, chunk, meter, buffer: usize::MAX, tasks: 0, items: 0 }
    }

    /// Submits one more task, if there is room and something to submit.
    fn submit(&mut self) -> Option<Batch<R>> {
        if self.tasks >= TASKS_PER_WORKER * self.workers || self.items >= self.buffer {
            return None;
        }
        // Not every iterator ends twice, nor goes on after a panic: that is the end of it, too.
        let mut supply = self.supply.take()?;
        let size = self.chunk.next(&self.meter, supply.size_hint().1, self.workers);
        let batch = supply.submit(size.min(self.buffer - self.items), &self.meter);
        if let Some(batch) = &batch {
            self.tasks += 1;
            self.items += batch.len();
            self.supply = Some(supply);
        }
        batch
    }

    fn ended(&mut self, batch: &Batch<R>) {
        self.tasks -= 1;
        self.items -= batch.len();
    }

    /// How many results come after the `ready` ones.
    fn size_hint(&self, ready: usize) -> (usize, Option<usize>) {
        let (low, high) = self.supply.as_ref().map_or((0, Some(0)), |supply| supply.size_hint());
        let here = ready + self.items;
        (low.saturating_add(here), high.and_then(|high| high.checked_add(here)))
    }
}

/// The options of both iterators.
macro_rules! options {
    () => {
        /// Makes a task of `size` items. Without this the size follows the time that the items take: one
        /// after the other while they are slow, many at once when they are fast, so that the work outweighs
        /// the handing over.
        ///
        /// # Panics
        /// If `size` is 0.
        pub fn chunk_size(mut self, size: usize) -> Self {
            assert!(size > 0, "a task needs at least one item");
            self.window.chunk = ChunkSize::Fixed(size);
            self
        }

        /// Takes at most `items` from the input whose tasks are not done. Without this, four tasks for each
        /// worker are in flight.
        ///
        /// # Panics
        /// If `items` is 0.
        pub fn buffer_size(mut self, items: usize) -> Self {
            assert!(items > 0, "without an item in flight there is no result");
            self.window.buffer = items;
            self
        }

        /// Submits the first tasks now, before anybody asks for a result.
        pub fn start(mut self) -> Self {
            self.fill();
            self
        }
    };
}

/// The results of a `map`, in the order of its input.
///
/// Lazy, as all iterators: tasks are submitted when the first result is asked for (or by
/// [`start`](Self::start)), and then as results are taken, some ahead. So the input may be infinite, and a slow
/// reader holds the workers back. A task that failed is an error in its place, and the others go on. Dropping
/// the iterator cancels the tasks that have not begun.
///
/// A panic of the input is the panic of whoever asks for a result, and the end of the input: the items that it gave
/// for the task that was being made are dropped, and who asks again gets the results of all tasks before that.
///
/// ```
/// use workers_multiprocess::ThreadPool;
///
/// let pool = ThreadPool::new(2)?;
/// let mut squares = pool.map(|n: u64| n * n, 1..);
/// assert_eq!(squares.next(), Some(Ok(1)));
/// assert_eq!(squares.nth(2), Some(Ok(16)));
/// drop(squares);
///
/// let words = pool.map(str::len, ["a", "few", "words"]).chunk_size(2).buffer_size(10);
/// assert_eq!(words.collect::<Result<Vec<_>, _>>(), Ok(vec![1, 3, 5]));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "iterators are lazy: without a reader nothing is submitted"]
pub struct Results<'p, R> {
    window: Window<'p, R>,
    in_flight: VecDeque<Batch<R>>,
    ready: VecDeque<Result<R, TaskError>>,
}

impl<'p, R> Results<'p, R> {
    /// `submit` makes a task of some items, one or more; it tells the meter how long they took.
    pub(crate) fn new<I: Iterator + 'p>(
        workers: usize,
        items: I,
        submit: impl FnMut(Vec<I::Item>, &Arc<Meter>) -> Batch<R> + 'p,
    ) -> Self {
        let window = Window::new(workers, items, submit);
        Self { window, in_flight: VecDeque::new(), ready: VecDeque::new() }
    }

    options!();

    fn fill(&mut self) {
        self.in_flight.extend(iter::from_fn(|| self.window.submit()));
    }
}

impl<R> Iterator for Results<'_, R> {
    type Item = Result<R, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            self.fill();
            let batch = self.in_flight.pop_front()?;
            self.window.ended(&batch);
            batch.finish(&mut self.ready);
        }
        self.ready.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.window.size_hint(self.ready.len())
    }
}

impl<R> Drop for Results<'_, R> {
    fn drop(&mut self) {
        // The last first, so that nobody begins it while those before it are taken back.
        self.in_flight.iter().rev().for_each(Batch::take_back);
    }
}

/// The results of a `map_unordered`, as they come; otherwise as [`Results`].
#[must_use = "iterators are lazy: without a reader nothing is submitted"]
pub struct Unordered<'p, R> {
    window: Window<'p, R>,
    in_flight: Gather<R>,
    ready: VecDeque<Result<R, TaskError>>,
}

impl<'p, R> Unordered<'p, R> {
    /// As [`Results::new`].
    pub(crate) fn new<I: Iterator + 'p>(
        workers: usize,
        items: I,
        submit: impl FnMut(Vec<I::Item>, &Arc<Meter>) -> Batch<R> + 'p,
    ) -> Self {
        let window = Window::new(workers, items, submit);
        Self { window, in_flight: Gather::new(), ready: VecDeque::new() }
    }

    options!();

    fn fill(&mut self) {
        while let Some(batch) = self.window.submit() {
            self.in_flight.add(batch);
        }
    }
}

impl<R> Iterator for Unordered<'_, R> {
    type Item = Result<R, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            self.fill();
            let (_, batch) = self.in_flight.next(&Deadline::NEVER)?;
            self.window.ended(&batch);
            batch.finish(&mut self.ready);
        }
        self.ready.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.window.size_hint(self.ready.len())
    }
}

impl<R> Drop for Unordered<'_, R> {
    fn drop(&mut self) {
        self.in_flight.take_back();
    }
}

impl<R> fmt::Debug for Results<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("left", &self.size_hint()).finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for Unordered<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unordered").field("left", &self.size_hint()).finish_non_exhaustive()
    }
}
