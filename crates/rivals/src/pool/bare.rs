//! What the machine itself takes: two processes that wake each other through a word of memory that both map.

use crate::bench::{Done, Load};
use platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use platform::futex::{self, Shared};
use platform::time::Deadline;
use std::hint::spin_loop;
use std::ptr;
use std::time::Instant;

pub(super) const SLEEPING: &str = "futex ping-pong";
pub(super) const SPINNING: &str = "spinning";

/// The child ends when it finds this.
const END: u32 = u32::MAX;

/// A page that a child has too.
struct Page(*mut libc::c_void);

const PAGE: usize = 4096;

impl Page {
    fn new() -> Result<Self, String> {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, at an address of the system's choice.
        let page = unsafe { libc::mmap(ptr::null_mut(), PAGE, access, kind, -1, 0) };
        if page == libc::MAP_FAILED { Err("no page was to be had".to_owned()) } else { Ok(Self(page)) }
    }

    /// Zero at first: an even number is the parent's to answer, an odd one the child's.
    fn word(&self) -> &AtomicU32 {
        // SAFETY: the page is longer than the word, aligned, filled with zeros, and there as long as `self`.
        unsafe { &*self.0.cast::<AtomicU32>() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: ours, and nobody borrows from what is being dropped.
        unsafe { libc::munmap(self.0, PAGE) };
    }
}

/// Waits until the word is another than `seen`; sleeps at once, or never.
fn next(word: &AtomicU32, seen: u32, spins: bool) -> u32 {
    loop {
        // Acquire: pairs with the Release in say(): as of data that would be there.
        match word.load(Acquire) {
            now if now != seen => return now,
            _ if spins => spin_loop(),
            _ => {
                futex::wait::<Shared>(word, seen, &Deadline::NEVER);
            }
        }
    }
}

fn say(word: &AtomicU32, value: u32, spins: bool) {
    // Release: pairs with the Acquire in next().
    word.swap(value, Release);
    if !spins {
        futex::wake::<Shared>(ptr::from_ref(word), 1);
    }
}

/// An item is a round trip of a number.
pub(super) fn ping_pong(Load { items, .. }: Load, spins: bool) -> Result<Done, String> {
    let page = Page::new()?;
    let word = page.word();
    // SAFETY: between here and its end the child touches a page and makes two system calls: nothing that another
    // thread of ours could have locked.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let mut seen = 0;
        loop {
            seen = next(word, seen, spins);
            if seen == END {
                // SAFETY: _exit() has no condition.
                unsafe { libc::_exit(0) };
            }
            seen += 1;
            say(word, seen, spins);
        }
    }
    if child < 0 {
        return Err("no child was to be had".to_owned());
    }
    let begun = Instant::now();
    let mut seen = 0;
    for _ in 0..items {
        say(word, seen + 1, spins);
        seen = next(word, seen + 1, spins);
    }
    let time = begun.elapsed();
    say(word, END, false);
    let mut status = 0;
    // SAFETY: the status is ours to write; the child is ours, and was not waited for.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    if u64::from(seen) == 2 * items { Ok(Done::new(items, time)) } else { Err(format!("{seen} rounds")) }
}
