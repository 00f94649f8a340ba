//! A queue with one flaw: a lock around the model, at which nobody sleeps.

use super::{Model, Op, Outcome, Witness};
use locks::Lock;
use platform::atomic::{AtomicU32, Ordering::Relaxed};
use platform::thread::yield_now;

/// The one thing that a twin does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// `try_get` says that there is nothing while another is at work.
    BusyIsEmpty,
    /// `drain` lets others in between two items.
    DrainsOneByOne,
}

pub(crate) struct Twin {
    model: Lock<Model>,
    /// How many are at work: one or none.
    busy: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    pub(crate) fn new(model: Model, flaw: Flaw) -> Self {
        Self { model: Lock::new(model), busy: AtomicU32::new(0), flaw }
    }

    fn drain(&self) -> Vec<u32> {
        let mut all = Vec::new();
        while let Outcome::Got(number) = self.does(Op::TryGet) {
            all.push(number);
            // Others may come now; loom comes to that by itself.
            if !cfg!(loom) {
                yield_now();
            }
        }
        all
    }
}

impl Witness for Twin {
    fn does(&self, op: Op) -> Outcome {
        if self.flaw == Flaw::DrainsOneByOne && op == Op::Drain {
            return Outcome::All(self.drain());
        }
        // Relaxed, here and below: it is wrong in any case.
        if self.flaw == Flaw::BusyIsEmpty && op == Op::TryGet && self.busy.load(Relaxed) > 0 {
            return Outcome::Empty;
        }
        loop {
            let mut model = self.model.lock();
            if self.flaw == Flaw::BusyIsEmpty {
                self.busy.store(1, Relaxed);
                // Somebody may look now; loom comes to that by itself.
                if !cfg!(loom) {
                    yield_now();
                }
                self.busy.store(0, Relaxed);
            }
            if let Some(outcome) = model.does(op) {
                return outcome;
            }
            drop(model);
            yield_now();
        }
    }
}
