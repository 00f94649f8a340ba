//! A queue with one flaw: a lock around the model, at which nobody sleeps.

use super::{Model, Op, Outcome, Witness};
use locks::Lock;
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
    flaw: Flaw,
}

impl Twin {
    pub(crate) fn new(model: Model, flaw: Flaw) -> Self {
        Self { model: Lock::new(model), flaw }
    }

    fn drain(&self) -> Vec<u32> {
        let mut all = Vec::new();
        while let Outcome::Got(number) = self.does(Op::TryGet) {
            all.push(number);
            yield_now();
        }
        all
    }
}

impl Witness for Twin {
    fn does(&self, op: Op) -> Outcome {
        if self.flaw == Flaw::DrainsOneByOne && op == Op::Drain {
            return Outcome::All(self.drain());
        }
        if self.flaw == Flaw::BusyIsEmpty && op == Op::TryGet && self.model.try_lock().is_none() {
            return Outcome::Empty;
        }
        loop {
            let mut model = self.model.lock();
            if self.flaw == Flaw::BusyIsEmpty {
                // Somebody may look now.
                yield_now();
            }
            if let Some(outcome) = model.does(op) {
                return outcome;
            }
            drop(model);
            yield_now();
        }
    }
}
