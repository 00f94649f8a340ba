//! The primitives of the scope `Shared`, in memory that two processes map at different addresses; and threads that Rust
//! did not start.
#![cfg(all(target_os = "linux", not(any(loom, shuttle))))]

use locks::{Barrier, Event, NotOwner, RawLock, RawRLock, RawRwLock, Semaphore, Shared};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

const ROUNDS: u32 = 2_000;

/// All of them, and what they guard.
#[repr(C)]
struct Common {
    lock: RawLock<Shared>,
    rlock: RawRLock<Shared>,
    rwlock: RawRwLock<Shared>,
    semaphore: Semaphore<Shared>,
    event: Event<Shared>,
    answer: Event<Shared>,
    barrier: Barrier<Shared>,
    /// Each is counted up by a load and a store, so that an addition is lost where two are inside.
    counts: [AtomicU32; 4],
}

impl Common {
    fn new() -> Self {
        Self {
            lock: RawLock::in_scope(),
            rlock: RawRLock::in_scope(),
            rwlock: RawRwLock::in_scope(),
            semaphore: Semaphore::in_scope(1),
            event: Event::in_scope(),
            answer: Event::in_scope(),
            barrier: Barrier::in_scope(2),
            counts: [const { AtomicU32::new(0) }; 4],
        }
    }

    fn count(&self, which: usize) {
        // Relaxed: what orders them is the primitive under test.
        let count = self.counts[which].load(Relaxed);
        if count.is_multiple_of(64) {
            std::thread::yield_now();
        }
        self.counts[which].store(count + 1, Relaxed);
    }

    /// What both processes do; whether all was as it should be.
    fn take_part(&self) -> bool {
        let mut well = self.barrier.wait().is_ok();
        for _ in 0..ROUNDS {
            self.lock.acquire();
            self.count(0);
            well &= self.lock.release().is_ok();

            self.rlock.acquire();
            self.rlock.acquire();
            self.count(1);
            well &= self.rlock.recursion_count() == 2;
            well &= self.rlock.release().is_ok() && self.rlock.release().is_ok();

            self.rwlock.acquire_write();
            self.count(2);
            well &= self.rwlock.downgrade().is_ok() && self.rwlock.release_read().is_ok();

            self.semaphore.acquire();
            self.count(3);
            well &= self.semaphore.release().is_ok();
        }
        well && self.barrier.wait().is_ok()
    }
}

/// A page of a file in memory, mapped once more at each call.
fn map(file: i32) -> &'static Common {
    let (read_write, size) = (libc::PROT_READ | libc::PROT_WRITE, size_of::<Common>());
    // SAFETY: a new mapping, at an address of the kernel's choice.
    let page = unsafe { libc::mmap(ptr::null_mut(), size, read_write, libc::MAP_SHARED, file, 0) };
    assert_ne!(page, libc::MAP_FAILED);
    // SAFETY: the page is large enough, aligned, never unmapped, and holds a Common, or zeros, which are one too but for
    // the numbers that new() writes.
    unsafe { &*page.cast::<Common>() }
}

fn common_file() -> i32 {
    // SAFETY: the name is a C string.
    let file = unsafe { libc::memfd_create(c"common".as_ptr(), 0) };
    // SAFETY: ftruncate() has no condition.
    assert_eq!(unsafe { libc::ftruncate(file, size_of::<Common>() as libc::off_t) }, 0);
    let page: *const Common = map(file);
    // SAFETY: nobody else has the page yet, and what lies there needs no drop.
    unsafe { page.cast_mut().write(Common::new()) };
    file
}

/// Runs `child` in a process of its own, and `parent` here; the child's answer is its exit code.
fn two_processes(child: impl FnOnce() -> bool, parent: impl FnOnce()) {
    // SAFETY: the child calls `child`, which takes no lock that another thread of ours could have held, and ends.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let code = i32::from(!child());
        // SAFETY: _exit() has no condition.
        unsafe { libc::_exit(code) };
    }
    assert!(pid > 0);
    parent();
    let mut status = 0;
    // SAFETY: the status is ours to write.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "the child ended with {status:#x}");
}

#[test]
fn two_processes_take_turns_at_each_of_them() {
    let file = common_file();
    let here = map(file);
    let other: *const Common = map(file);
    assert_ne!(ptr::from_ref(here), other, "two addresses of one memory");
    two_processes(
        // SAFETY: the mapping lives on in the child.
        || unsafe { &*other }.take_part(),
        || assert!(here.take_part()),
    );
    for count in &here.counts {
        assert_eq!(count.load(Relaxed), 2 * ROUNDS, "no addition was lost");
    }
}

#[test]
fn an_event_wakes_another_process() {
    let here = map(common_file());
    two_processes(
        || {
            here.event.wait();
            here.answer.set();
            true
        },
        || {
            // Until then the child is likely to sleep.
            std::thread::sleep(Duration::from_millis(20));
            here.event.set();
            assert!(here.answer.wait_timeout(Duration::from_secs(60)));
        },
    );
}

#[test]
fn a_child_does_not_own_what_its_parent_owns() {
    let here = map(common_file());
    here.rlock.acquire();
    two_processes(
        || !here.rlock.is_owned() && here.rlock.release() == Err(NotOwner) && !here.rlock.try_acquire(),
        || {},
    );
    assert_eq!((here.rlock.recursion_count(), here.rlock.release()), (1, Ok(())));
}

#[test]
fn a_process_that_dies_inside_is_told_of_by_a_timeout() {
    let here = map(common_file());
    two_processes(
        || {
            here.lock.acquire();
            true // And ends with it.
        },
        || {},
    );
    assert!(!here.lock.acquire_timeout(Duration::from_millis(5)), "nobody releases it");
    assert_eq!(here.lock.release(), Ok(()), "but anybody may, who knows better");
}

/// What a thread of the system's own does with `common`; Rust does not know the thread.
extern "C" fn foreign(common: *mut c_void) -> *mut c_void {
    // SAFETY: the test gives us a Common that outlives us.
    let common = unsafe { &*common.cast::<Common>() };
    if common.take_part() {
        common.event.set()
    }
    ptr::null_mut()
}

#[test]
fn threads_that_rust_did_not_start_can_use_them() {
    let common: &'static Common = Box::leak(Box::new(Common::new()));
    let threads = [(); 2].map(|()| {
        let mut thread = 0;
        let argument = ptr::from_ref(common).cast_mut().cast();
        // SAFETY: the number is ours to write, and foreign() takes what it is given.
        let started = unsafe { libc::pthread_create(&raw mut thread, ptr::null(), foreign, argument) };
        assert_eq!(started, 0);
        thread
    });
    for thread in threads {
        // SAFETY: each thread is joined once.
        assert_eq!(unsafe { libc::pthread_join(thread, ptr::null_mut()) }, 0);
    }
    assert!(common.event.is_set());
    for count in &common.counts {
        assert_eq!(count.load(Relaxed), 2 * ROUNDS, "no addition was lost");
    }
}
