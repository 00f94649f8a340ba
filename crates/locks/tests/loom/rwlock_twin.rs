//! The lock's twins: its protocol in brief, with one change that no fault at one place can make.

use crate::rwlock::ReadWrite;
use locks::{Deadline, RawLock};
use platform::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Relaxed},
};
use platform::futex::{Private, Wait, wait, wake};

const READERS: u32 = 0xff;
const WRITER: u32 = 0x100;
const ASLEEP: u32 = 0x200;
const NO_READERS: u32 = 0x400;
const FLAGS: u32 = ASLEEP | NO_READERS;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    /// The head enters when it is woken, without looking at the holders again.
    TrustsTheWake,
    /// The head says that it sleeps before its first sleep only.
    SaysOnceThatItSleeps,
    /// Any reader that leaves takes the head's flag away; only the last one wakes it.
    AnyReaderForgets,
    /// The release that wakes a writer lets newcomers read.
    OpensWithTheWake,
    /// A head that gives up takes the flags away when it is the head no longer.
    TidiesUpTooLate,
    /// A newcomer adds its share without looking whether the state has changed.
    AddsBlindly,
}

pub(crate) struct Twin {
    state: AtomicU32,
    line: RawLock,
    flaw: Flaw,
}

impl Twin {
    pub(crate) fn new(flaw: Flaw) -> Self {
        Self { state: AtomicU32::new(0), line: RawLock::new(), flaw }
    }

    fn release(&self, share: u32) {
        let mut seen = self.state.load(Relaxed);
        loop {
            let wakes = seen & ASLEEP != 0 && (seen - share) & READERS == 0;
            let forgets = wakes || self.flaw == Flaw::AnyReaderForgets;
            let opens = wakes && self.flaw == Flaw::OpensWithTheWake;
            let gone = if forgets { ASLEEP } else { 0 } | if opens { NO_READERS } else { 0 };
            let next = (seen - share) & !gone;
            match self.state.compare_exchange(seen, next, AcqRel, Relaxed) {
                Ok(_) if wakes => break,
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
        wake::<Private>(&raw const self.state, 1);
    }

    fn try_acquire(&self, share: u32, forbidden_by: u32) -> bool {
        let mut seen = self.state.load(Relaxed);
        while seen & forbidden_by == 0 {
            if self.flaw == Flaw::AddsBlindly {
                self.state.fetch_add(share, AcqRel);
                return true;
            }
            match self.state.compare_exchange(seen, seen + share, AcqRel, Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    fn wait(&self, share: u32, forbidden_by: u32, keeps_out: u32, deadline: Deadline) -> bool {
        self.line.acquire();
        let (mut woken, mut says) = (false, ASLEEP | keeps_out);
        loop {
            let seen = self.state.load(Relaxed);
            let enters = seen & forbidden_by == 0 || woken && self.flaw == Flaw::TrustsTheWake;
            let next = if enters { (seen & !FLAGS) + share } else { seen | says };
            if self.state.compare_exchange(seen, next, AcqRel, Relaxed).is_err() {
                continue;
            }
            if enters {
                self.line.release().unwrap();
                return true;
            }
            if wait::<Private>(&self.state, next, &deadline) == Wait::TimedOut {
                return self.give_up();
            }
            woken = true;
            if self.flaw == Flaw::SaysOnceThatItSleeps {
                says = keeps_out;
            }
        }
    }

    fn give_up(&self) -> bool {
        if self.flaw == Flaw::TidiesUpTooLate {
            self.line.release().unwrap();
            self.tidy_up();
        } else {
            self.tidy_up();
            self.line.release().unwrap();
        }
        false
    }

    fn tidy_up(&self) {
        let mut seen = self.state.load(Relaxed);
        while let Err(now) = self.state.compare_exchange(seen, seen & !FLAGS, AcqRel, Relaxed) {
            seen = now;
        }
    }
}

impl ReadWrite for Twin {
    fn read(&self, deadline: Deadline) -> bool {
        self.try_read() || self.wait(1, WRITER, 0, deadline)
    }

    fn try_read(&self) -> bool {
        self.try_acquire(1, WRITER | NO_READERS)
    }

    fn write(&self, deadline: Deadline) -> bool {
        self.try_acquire(WRITER, WRITER | READERS)
            || self.wait(WRITER, WRITER | READERS, NO_READERS, deadline)
    }

    fn end_read(&self) {
        self.release(1);
    }

    fn end_write(&self) {
        self.release(WRITER);
    }
}
