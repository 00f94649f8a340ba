//! The ring of the scope `Shared`, in memory that two processes map; and a writer that is killed.
#![cfg(all(target_os = "linux", not(any(loom, shuttle))))]

use queue::ring::{End, FrameReader, FrameWriter, PopError, Ring, Shared, Slot};
use std::ptr;
use std::time::Duration;

const WORDS: usize = 64;

#[repr(C)]
struct Common {
    ring: Ring<Shared>,
    memory: [Slot<u64>; WORDS],
}

impl Common {
    /// A new file in memory, mapped; what is mapped is never unmapped, and a child has it too.
    fn new() -> &'static Self {
        let size = size_of::<Self>();
        // SAFETY: the name is a C string.
        let file = unsafe { libc::memfd_create(c"ring".as_ptr(), 0) };
        // SAFETY: ftruncate() has no condition.
        assert_eq!(unsafe { libc::ftruncate(file, size as libc::off_t) }, 0);
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let page = unsafe { libc::mmap(ptr::null_mut(), size, access, libc::MAP_SHARED, file, 0) };
        assert_ne!(page, libc::MAP_FAILED);
        let page = page.cast::<Self>();
        let ring = page.cast::<Ring<Shared>>();
        // SAFETY: the ring is first in the page, which is large enough, aligned, and ours alone yet.
        unsafe { ring.write(Ring::in_scope()) };
        // SAFETY: the ring is written, and the rest is zeros, which are numbers.
        unsafe { &*page }
    }

    /// One process makes one.
    fn writer(&self) -> FrameWriter<'_, Shared> {
        // SAFETY: the child is the only writer, and both have this memory; any bits are a u64; who is killed
        // stops writing.
        unsafe { self.ring.frame_writer(&self.memory) }
    }

    /// One process makes one.
    fn reader(&self) -> FrameReader<'_, Shared> {
        // SAFETY: the parent is the only reader; otherwise as above.
        unsafe { self.ring.frame_reader(&self.memory) }
    }
}

/// Runs `child` in a process of its own, which ends with it; its number.
fn process(child: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the child calls `child`, which takes no lock that another thread of ours could have held, and
    // ends.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        child();
        // SAFETY: _exit() has no condition.
        unsafe { libc::_exit(0) };
    }
    assert!(pid > 0);
    pid
}

fn wait_for(pid: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: the status is ours to write.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    status
}

/// The frame of a number: 0 to 199 bytes, all of which say which.
fn frame(number: usize, buffer: &mut [u8; 200]) -> &[u8] {
    let len = number * 7 % 200;
    buffer[..len].fill(number as u8);
    &buffer[..len]
}

#[test]
fn frames_go_from_process_to_process() {
    const FRAMES: usize = 20_000;
    let common = Common::new();
    let child = process(|| {
        let (mut writer, mut buffer) = (common.writer(), [0; 200]);
        for number in 0..FRAMES {
            if writer.write(frame(number, &mut buffer)).is_err() {
                return; // Then the parent misses the rest.
            }
        }
    });
    let (mut reader, mut buffer) = (common.reader(), [0; 200]);
    for number in 0..FRAMES {
        let read = reader.read_timeout(Duration::from_secs(60)).expect("the child writes on");
        assert_eq!(*read, *frame(number, &mut buffer));
    }
    assert_eq!(reader.read_timeout(Duration::from_secs(60)).err(), Some(PopError::Ended(End::Closed)));
    assert_eq!(wait_for(child), 0);
}

#[test]
fn a_writer_that_is_killed_leaves_whole_frames_and_a_clear_error() {
    for round in 0..20 {
        let common = Common::new();
        let child = process(|| {
            let (mut writer, mut buffer) = (common.writer(), [0; 200]);
            let mut number = 0;
            while writer.write(frame(number, &mut buffer)).is_ok() {
                number += 1;
            }
        });
        let mut reader = common.reader();
        let (mut read, mut buffer, mut into) = (0, [0; 200], Vec::new());
        let error = loop {
            into.clear();
            // SAFETY: kill() has no condition; the child is not waited for yet, so the number is its own.
            if read == 100 * (round + 1) && unsafe { libc::kill(child, libc::SIGKILL) } == 0 {
                assert!(libc::WIFSIGNALED(wait_for(child)));
                // Nobody has said so yet: what is there is read, and then a deadline is all that tells.
                common.ring.writer_died();
            }
            match reader.read_into(&mut into, Duration::from_secs(60)) {
                Ok(_) => assert_eq!(into, frame(read, &mut buffer), "whole, and the next one"),
                Err(error) => break error,
            }
            read += 1;
        };
        assert_eq!(error, PopError::Ended(End::PeerDied));
        assert!(read >= 100 * (round + 1));
    }
}

#[test]
fn a_reader_that_sleeps_is_woken_by_the_news_of_a_death() {
    let common = Common::new();
    let child = process(|| std::mem::forget(common.writer()));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reader = common.reader();
            assert_eq!(reader.read_timeout(Duration::from_millis(1)).err(), Some(PopError::Empty));
            reader.read().err()
        });
        assert_eq!(wait_for(child), 0);
        // Until then the reader is likely to sleep.
        std::thread::sleep(Duration::from_millis(20));
        common.ring.writer_died();
        assert_eq!(reader.join().unwrap(), Some(PopError::Ended(End::PeerDied)));
    });
}
