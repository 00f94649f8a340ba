//! What both pools can do: a program that is generic over it changes pools in one line.

use crate::{Future, ProcessPool, TaskError, ThreadPool};
use serde::{Serialize, de::DeserializeOwned};

/// What [`ThreadPool`](crate::ThreadPool) and [`ProcessPool`](crate::ProcessPool) have in common: Python's
/// `Executor`.
///
/// It asks of a task what a process needs: a function marked [`#[task]`](crate::task), and values that serde
/// can carry. Marked functions are ordinary functions, so a thread pool takes them as they are. What only
/// threads can do, closures that capture and values that serde does not know, is in the thread pool's own methods
/// of the same names.
///
/// ```
/// use workers_multiprocess::{Executor, TaskError, ThreadPool, task};
///
/// #[task]
/// fn area((width, height): (u32, u32)) -> u32 {
///     width * height
/// }
///
/// fn total(pool: &impl Executor) -> Result<u32, TaskError> {
///     pool.map(area, [(1, 2), (3, 4)]).sum()
/// }
///
/// let pool = ThreadPool::new(2)?; // Or ProcessPool::new(2)?
/// assert_eq!(total(&pool), Ok(14));
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Executor {
    /// Has a worker call `task(argument)`.
    fn submit<F, A, R>(&self, task: F, argument: A) -> Future<R>
    where
        F: Fn(A) -> R + Copy + Send + Sync + 'static,
        A: Serialize + Send + 'static,
        R: DeserializeOwned + Send + 'static;

    /// Calls `task` for each item, and returns the results in the order of the items. The items are asked for as the
    /// results are taken.
    fn map<'p, F, I, R>(&'p self, task: F, items: I) -> impl Iterator<Item = Result<R, TaskError>> + 'p
    where
        F: Fn(I::Item) -> R + Copy + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Serialize + Send + 'static,
        R: DeserializeOwned + Send + 'static;

    /// As [`map`](Self::map), but each result comes as soon as it is there.
    fn map_unordered<'p, F, I, R>(
        &'p self,
        task: F,
        items: I,
    ) -> impl Iterator<Item = Result<R, TaskError>> + 'p
    where
        F: Fn(I::Item) -> R + Copy + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: 'p,
        I::Item: Serialize + Send + 'static,
        R: DeserializeOwned + Send + 'static;

    /// How many workers it has.
    fn workers(&self) -> usize;

    /// Takes back the tasks that no worker has begun; returns how many.
    fn cancel_pending(&self) -> usize;
}

/// A pool has all this under the same names, in forms that ask for less.
macro_rules! executor {
    ($pool:ty) => {
        impl Executor for $pool {
            fn submit<F, A, R>(&self, task: F, argument: A) -> Future<R>
            where
                F: Fn(A) -> R + Copy + Send + Sync + 'static,
                A: Serialize + Send + 'static,
                R: DeserializeOwned + Send + 'static,
            {
                Self::submit(self, task, argument)
            }

            fn map<'p, F, I, R>(
                &'p self,
                task: F,
                items: I,
            ) -> impl Iterator<Item = Result<R, TaskError>> + 'p
            where
                F: Fn(I::Item) -> R + Copy + Send + Sync + 'static,
                I: IntoIterator,
                I::IntoIter: 'p,
                I::Item: Serialize + Send + 'static,
                R: DeserializeOwned + Send + 'static,
            {
                Self::map(self, task, items)
            }

            fn map_unordered<'p, F, I, R>(
                &'p self,
                task: F,
                items: I,
            ) -> impl Iterator<Item = Result<R, TaskError>> + 'p
            where
                F: Fn(I::Item) -> R + Copy + Send + Sync + 'static,
                I: IntoIterator,
                I::IntoIter: 'p,
                I::Item: Serialize + Send + 'static,
                R: DeserializeOwned + Send + 'static,
            {
                Self::map_unordered(self, task, items)
            }

            fn workers(&self) -> usize {
                Self::workers(self)
            }

            fn cancel_pending(&self) -> usize {
                Self::cancel_pending(self)
            }
        }
    };
}

executor!(ThreadPool);
executor!(ProcessPool);
