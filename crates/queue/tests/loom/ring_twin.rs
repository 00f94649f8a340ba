//! The ring's twin, for the refutations of `ring.rs`.

use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use platform::barrier::{heavy, light};
use platform::check::saw;
use platform::futex::{Private, wait, wake};
use platform::thread::spawn;
use platform::time::Deadline;
use std::sync::Arc;

/// The ring's twin: one item in one direction, in brief, with one flaw that no fault at one place can make.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    None,
    /// The reader that finds the end does not look at the position once more.
    LooksOnce,
    /// No flaw where the reader does not sleep: an item is published without the fence.
    ClosesWithoutFence,
    /// The same, and the end is Relaxed.
    ClosesRelaxed,
    /// The reader does not look again after it has said that it sleeps.
    SleepsAtOnce,
    /// The writer looks whether the reader sleeps, then publishes.
    LooksFirst,
}

/// Bits of the twin's state.
const SLEEPS: u32 = 1;
const ENDED: u32 = 2;

pub(crate) struct Twin {
    written: AtomicU32,
    state: AtomicU32,
    flaw: Flaw,
}

impl Twin {
    pub(crate) fn new(flaw: Flaw) -> Arc<Self> {
        Arc::new(Self { written: AtomicU32::new(0), state: AtomicU32::new(0), flaw })
    }

    fn publish(&self) {
        let early = self.state.load(Relaxed);
        self.written.store(1, Release);
        light::<Private>();
        let seen = if self.flaw == Flaw::LooksFirst { early } else { self.state.load(Relaxed) };
        if seen & SLEEPS != 0 {
            self.state.fetch_sub(SLEEPS, Relaxed);
            wake::<Private>(&raw const self.state, 1);
        }
    }

    fn pop(&self) -> Result<(), ()> {
        loop {
            if self.written.load(Acquire) == 1 {
                return Ok(());
            }
            let state = self.state.load(Acquire);
            if state & ENDED != 0 {
                let more = self.flaw != Flaw::LooksOnce && self.written.load(Acquire) == 1;
                return if more { Ok(()) } else { Err(()) };
            }
            let sleeps = state & SLEEPS != 0;
            if !sleeps {
                self.state.fetch_add(SLEEPS, Relaxed);
                heavy::<Private>();
            }
            if sleeps || self.flaw == Flaw::SleepsAtOnce {
                wait::<Private>(&self.state, state | SLEEPS, &Deadline::NEVER);
            }
        }
    }

    pub(crate) fn closes(self: Arc<Self>) {
        let twin = Arc::clone(&self);
        let writer = spawn(move || {
            match twin.flaw {
                Flaw::ClosesWithoutFence | Flaw::ClosesRelaxed => twin.written.store(1, Release),
                _ => twin.publish(),
            }
            let order = if twin.flaw == Flaw::ClosesRelaxed { Relaxed } else { Release };
            if twin.state.fetch_add(ENDED, order) & SLEEPS != 0 {
                wake::<Private>(&raw const twin.state, 1);
            }
        });
        assert_eq!(self.pop(), Ok(()), "all items before the end");
        writer.join().unwrap();
    }

    pub(crate) fn publishes(self: Arc<Self>) {
        let twin = Arc::clone(&self);
        let writer = spawn(move || twin.publish());
        assert_eq!(self.pop(), Ok(()));
        saw("popped");
        writer.join().unwrap();
    }
}
