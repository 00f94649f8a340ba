//! What the models of futures ask of a promise and its future; and the twin: both in brief, with one flaw that no fault
//! at one place can make. For loom's proofs and shuttle's trials.

use locks::{Condition, Deadline, Lock};
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use workers_multiprocess::raw::{Canceller, Promise, promise_with};
use workers_multiprocess::{Future, When, wait};

/// How a future of the models ends: with a number, or cancelled.
pub(crate) type End = Option<u32>;

/// A short time, which is over at any moment.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// Always of the same opinion.
struct Says(bool);

impl Canceller for Says {
    fn cancel(&self, _ticket: u64) -> bool {
        self.0
    }
}

/// A real promise with its future, whose canceller says this.
pub(crate) fn real(cancels: bool) -> (Promise<u32>, Future<u32>) {
    promise_with(Arc::new(Says(cancels)), 0)
}

/// A promise. Dropped, it cancels.
pub(crate) trait Keeps: Send + Sync + 'static {
    fn complete(self, value: u32);
}

/// A future.
pub(crate) trait Ends: Sized + Send + Sync + 'static {
    fn cancel(&self) -> bool;
    fn result(self) -> End;
    /// The result, or the future again.
    fn result_soon(self) -> Result<End, Self>;
    fn add_callback(&self, callback: impl FnOnce(End) + Send + 'static);
    fn poll(&mut self, waker: &Waker) -> Option<End>;
    /// Waits for one of them, or for all; says which are done.
    fn wait(futures: &[&Self], all: bool) -> Vec<bool>;
}

impl Keeps for Promise<u32> {
    fn complete(self, value: u32) {
        Promise::complete(self, Ok(value));
    }
}

impl Ends for Future<u32> {
    fn cancel(&self) -> bool {
        Future::cancel(self)
    }

    fn result(self) -> End {
        Future::result(self).ok()
    }

    fn result_soon(self) -> Result<End, Self> {
        self.result_timeout(SOON).map(Result::ok)
    }

    fn add_callback(&self, callback: impl FnOnce(End) + Send + 'static) {
        self.add_done_callback(move |result| callback(result.clone().ok()));
    }

    fn poll(&mut self, waker: &Waker) -> Option<End> {
        match Pin::new(self).poll(&mut Context::from_waker(waker)) {
            Poll::Ready(result) => Some(result.ok()),
            Poll::Pending => None,
        }
    }

    fn wait(futures: &[&Self], all: bool) -> Vec<bool> {
        let when = if all { When::All } else { When::FirstCompleted };
        let (done, _) = wait(futures.iter().copied(), Deadline::NEVER, when);
        futures.iter().map(|future| done.iter().any(|done| std::ptr::eq(*done, *future))).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// Who cancels looks whether there is an end, and then says yes.
    LooksAndCancels,
    /// A result that comes while the canceller is asked, who says no, is dropped.
    LosesWhatComes,
    /// Who adds a callback looks whether there is an end, and then adds it.
    LooksAndAdds,
    /// The result is out before the callbacks are called.
    CallsLate,
    /// A promise that is dropped tells nobody.
    DropsSilently,
    /// One of those who wait for several is told.
    TellsOne,
    /// Who waits for several looks whether they are done, and then says that it waits.
    LooksAndWaits,
    /// Who polls looks, and then leaves its waker.
    LooksAndLeaves,
    /// Who gives up takes the result along.
    TakesItAlong,
}

struct State {
    /// Whether the canceller is being asked.
    is_asked: bool,
    /// The result that came meanwhile.
    came: Option<End>,
    end: Option<End>,
    is_out: bool,
    callbacks: Vec<Box<dyn FnOnce(End) + Send>>,
    waits: Vec<Arc<Several>>,
    waker: Option<Waker>,
}

pub(crate) struct Core {
    state: Lock<State>,
    changed: Condition,
    cancels: bool,
    flaw: Flaw,
}

/// Who waits for several: how many more must end.
struct Several {
    left: Lock<usize>,
    changed: Condition,
}

impl Several {
    fn tell(&self) {
        let mut left = self.left.lock();
        *left = left.saturating_sub(1);
        drop(left);
        self.changed.notify_all();
    }
}

pub(crate) struct TwinPromise(Option<Arc<Core>>);
pub(crate) struct TwinFuture(Arc<Core>);

/// As [`real`], with a flaw.
pub(crate) fn twin(flaw: Flaw, cancels: bool) -> (TwinPromise, TwinFuture) {
    let state = State {
        is_asked: false,
        came: None,
        end: None,
        is_out: false,
        callbacks: Vec::new(),
        waits: Vec::new(),
        waker: None,
    };
    let core = Arc::new(Core { state: Lock::new(state), changed: Condition::new(), cancels, flaw });
    (TwinPromise(Some(Arc::clone(&core))), TwinFuture(core))
}

impl Keeps for TwinPromise {
    fn complete(mut self, value: u32) {
        self.0.take().into_iter().for_each(|core| core.complete(Some(value)));
    }
}

impl Drop for TwinPromise {
    fn drop(&mut self) {
        let core = self.0.take().filter(|core| core.flaw != Flaw::DropsSilently);
        core.into_iter().for_each(|core| core.complete(None));
    }
}

impl Core {
    fn complete(&self, end: End) {
        let mut state = self.state.lock();
        if state.is_asked {
            if self.flaw != Flaw::LosesWhatComes {
                state.came = Some(end);
            }
        } else if state.end.is_none() {
            state.end = Some(end);
            drop(state);
            self.end(end);
        }
    }

    fn end(&self, end: End) {
        let mut state = self.state.lock();
        state.is_out = self.flaw == Flaw::CallsLate;
        while let Some(callback) = (!state.callbacks.is_empty()).then(|| state.callbacks.remove(0)) {
            drop(state);
            callback(end);
            state = self.state.lock();
        }
        state.is_out = true;
        let (waits, waker) = (std::mem::take(&mut state.waits), state.waker.take());
        drop(state);
        self.changed.notify_all();
        let told = if self.flaw == Flaw::TellsOne { 1 } else { waits.len() };
        waits.iter().take(told).for_each(|several| several.tell());
        waker.into_iter().for_each(Waker::wake);
    }

    fn cancel(&self) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_for(&mut state, |state| !state.is_asked);
        if let Some(end) = state.end {
            return end.is_none();
        }
        if self.flaw == Flaw::LooksAndCancels {
            drop(state);
            state = self.state.lock();
            if state.end.is_none() {
                state.end = Some(None);
                drop(state);
                self.end(None);
            }
            return true;
        }
        state.is_asked = true;
        drop(state);
        // Here the canceller is asked.
        let mut state = self.state.lock();
        state.is_asked = false;
        let came = state.came.take();
        state.end = if self.cancels { Some(None) } else { came };
        let end = state.end;
        drop(state);
        self.changed.notify_all();
        end.into_iter().for_each(|end| self.end(end));
        self.cancels
    }
}

impl TwinFuture {
    fn take(&self, deadline: Deadline) -> Option<End> {
        let mut state = self.0.state.lock();
        self.0.changed.wait_for_timeout(&mut state, deadline, |state| state.is_out);
        if !state.is_out && self.0.flaw == Flaw::TakesItAlong {
            state.end = Some(None);
        }
        state.end.filter(|_| state.is_out)
    }
}

impl Ends for TwinFuture {
    fn cancel(&self) -> bool {
        self.0.cancel()
    }

    fn result(self) -> End {
        self.take(Deadline::NEVER).expect("it is out")
    }

    fn result_soon(self) -> Result<End, Self> {
        self.take(SOON.into()).ok_or(self)
    }

    fn add_callback(&self, callback: impl FnOnce(End) + Send + 'static) {
        let mut state = self.0.state.lock();
        if let Some(end) = state.end.filter(|_| state.is_out) {
            drop(state);
            return callback(end);
        }
        if self.0.flaw == Flaw::LooksAndAdds {
            drop(state);
            state = self.0.state.lock();
        }
        state.callbacks.push(Box::new(callback));
    }

    fn poll(&mut self, waker: &Waker) -> Option<End> {
        let mut state = self.0.state.lock();
        if let Some(end) = state.end.filter(|_| state.is_out) {
            return Some(end);
        }
        if self.0.flaw == Flaw::LooksAndLeaves {
            drop(state);
            state = self.0.state.lock();
        }
        state.waker = Some(waker.clone());
        None
    }

    fn wait(futures: &[&Self], all: bool) -> Vec<bool> {
        let left = Lock::new(if all { futures.len() } else { 1 });
        let several = Arc::new(Several { left, changed: Condition::new() });
        for future in futures {
            let mut state = future.0.state.lock();
            if state.is_out {
                drop(state);
                several.tell();
                continue;
            }
            if future.0.flaw == Flaw::LooksAndWaits {
                drop(state);
                state = future.0.state.lock();
            }
            state.waits.push(Arc::clone(&several));
        }
        let mut left = several.left.lock();
        several.changed.wait_for(&mut left, |left| *left == 0);
        drop(left);
        futures.iter().map(|future| future.0.state.lock().is_out).collect()
    }
}
