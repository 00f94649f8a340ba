//! One call: how may it end, and what must its task have counted then?

use crate::tasks::{Kind, MESSAGE, answer};
use workers_multiprocess::TaskError;

/// How a call was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) retries: u32,
    pub(crate) has_limit: bool,
    /// What `cancel` has said, if it was called.
    pub(crate) cancel: Option<bool>,
}

/// What is wrong with a call.
pub(crate) enum Fault {
    Lost(String),
    Duplicated(String),
    Wrong(String),
}

/// A call that has ended.
pub(crate) struct Ended {
    pub(crate) call: Call,
    pub(crate) end: Result<u64, TaskError>,
    /// It ended at the end of its pool, which takes back what is not done.
    pub(crate) may_be_taken_back: bool,
}

impl Ended {
    /// `ends` is how often its future has ended, `begun` and `done` what its task has counted.
    pub(crate) fn check(&self, ends: u8, begun: u8, done: u8) -> Result<(), Fault> {
        let says =
            |what: &str| format!("{what}: {:?}, begun {begun}, done {done}: {:?}", self.call, self.end);
        let most = self.call.retries + 1;
        let (has_value, is_single) = (self.end.is_ok(), self.call.retries == 0);
        if ends == 0 {
            return Err(Fault::Lost(says("its future has not ended")));
        }
        if ends > 1 {
            return Err(Fault::Duplicated(says("its future has ended more than once")));
        }
        if u32::from(begun) > most || done > begun {
            return Err(Fault::Duplicated(says("it ran too often")));
        }
        if has_value && done == 0 {
            return Err(Fault::Lost(says("a value, and its task was not done")));
        }
        let never_begins = matches!(self.end, Err(TaskError::Start(_))) && is_single;
        if !self.is_allowed() || never_begins && begun > 0 {
            return Err(Fault::Wrong(says("it may not end so")));
        }
        Ok(())
    }

    fn is_allowed(&self) -> bool {
        let Call { number, kind, retries, has_limit, cancel } = self.call;
        if cancel == Some(true) {
            return self.end == Err(TaskError::Cancelled);
        }
        match &self.end {
            Ok(value) => kind.has_value() && *value == answer(number),
            Err(TaskError::Panicked { message, .. }) => kind == Kind::Panic && message == MESSAGE,
            Err(TaskError::WorkerDied(death)) => {
                let died = (death.signal, death.exit_code);
                let was_killed = matches!(died, (Some(9 | 11), None));
                death.attempt == retries + 1 && (was_killed || kind.death() == Some(died))
            }
            Err(TaskError::TimedOut(_)) => has_limit,
            Err(TaskError::Cancelled) => self.may_be_taken_back,
            Err(TaskError::Start(_)) => true,
            Err(_) => false,
        }
    }

    /// The signal of a kill that it died of.
    pub(crate) fn killed_by(&self) -> Option<i32> {
        match &self.end {
            Err(TaskError::WorkerDied(death)) => death.signal.filter(|signal| matches!(signal, 9 | 11)),
            _ => None,
        }
    }
}
