//! Every operation of a random history of `RawRwLock` returns what two numbers say, and leaves the lock
//! looking like them.

use locks::{NotHeld, RawRwLock};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Op {
    Read,
    TryRead,
    ReadTimeout,
    Write,
    TryWrite,
    WriteTimeout,
    ReleaseRead,
    ReleaseWrite,
    Downgrade,
}

fn op() -> impl Strategy<Value = Op> {
    use Op::{
        Downgrade, Read, ReadTimeout, ReleaseRead, ReleaseWrite, TryRead, TryWrite, Write, WriteTimeout,
    };
    prop_oneof![
        8 => prop::sample::select(vec![Read, TryRead, ReadTimeout, Write, TryWrite, WriteTimeout]),
        6 => prop::sample::select(vec![ReleaseRead, ReleaseRead, ReleaseRead, ReleaseWrite, Downgrade]),
    ]
}

/// What the lock should do, in the plainest words.
#[derive(Debug, Default)]
struct Reference {
    readers: usize,
    writer: bool,
}

impl Reference {
    fn read(&mut self) -> bool {
        self.readers += usize::from(!self.writer);
        !self.writer
    }

    fn write(&mut self) -> bool {
        let free = self.readers == 0 && !self.writer;
        self.writer |= free;
        free
    }

    fn release_read(&mut self) -> Result<(), NotHeld> {
        self.readers = self.readers.checked_sub(1).ok_or(NotHeld)?;
        Ok(())
    }

    fn release_write(&mut self) -> Result<(), NotHeld> {
        std::mem::take(&mut self.writer).then_some(()).ok_or(NotHeld)
    }

    fn downgrade(&mut self) -> Result<(), NotHeld> {
        self.release_write()?;
        self.readers = 1;
        Ok(())
    }
}

/// Does one operation to both. What would wait for ever in one thread is done in its form that does not.
fn step(lock: &RawRwLock, reference: &mut Reference, op: Op) -> Result<(), TestCaseError> {
    match op {
        Op::Read if !reference.writer => {
            lock.acquire_read();
            reference.read();
        }
        Op::Write if !reference.writer && reference.readers == 0 => {
            lock.acquire_write();
            reference.write();
        }
        Op::Read | Op::TryRead => prop_assert_eq!(lock.try_acquire_read(), reference.read()),
        Op::Write | Op::TryWrite => prop_assert_eq!(lock.try_acquire_write(), reference.write()),
        Op::ReadTimeout => prop_assert_eq!(lock.acquire_read_timeout(Duration::ZERO), reference.read()),
        Op::WriteTimeout => prop_assert_eq!(lock.acquire_write_timeout(Duration::ZERO), reference.write()),
        Op::ReleaseRead => prop_assert_eq!(lock.release_read(), reference.release_read()),
        Op::ReleaseWrite => prop_assert_eq!(lock.release_write(), reference.release_write()),
        Op::Downgrade => prop_assert_eq!(lock.downgrade(), reference.downgrade()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_that_of_the_reference(ops in prop::collection::vec(op(), 1..200)) {
        let (lock, mut reference) = (RawRwLock::new(), Reference::default());
        for op in ops {
            step(&lock, &mut reference, op)?;
            prop_assert_eq!(lock.readers(), reference.readers);
            prop_assert_eq!(lock.is_write_locked(), reference.writer);
            prop_assert_eq!(lock.locked(), reference.writer || reference.readers > 0);
            // Who gave up leaves nothing behind.
            let text = format!("{lock:?}");
            prop_assert!(text.contains("waited_for: false, kept_out: nobody"), "{}", text);
        }
    }
}
