//! The spans that there are.

use core::panic::Location;

/// What a thread does for a while.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// It lives.
    Thread,
    /// It waits for a lock, which another holds; the place is that of the call.
    LockWait(&'static Location<'static>),
    /// It lets go of a lock and waits to be notified.
    ConditionWait,
    /// It puts an item, or several, into a queue; waiting for room is in it.
    QueuePut,
    /// It gets an item, or several; waiting for one is in it.
    QueueGet,
    /// It waits for the first of several queues.
    QueueSelect,
    /// A thread of a pool does a task.
    Task,
    /// The timers' thread runs the function of a timer.
    Timer,
}
