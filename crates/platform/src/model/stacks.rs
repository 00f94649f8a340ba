//! The stacks of modelled threads, kept from one execution for the next.
//!
//! loom gives each thread of each execution a stack of its own, and the kernel has it back afterwards: that was
//! half the time of a search. loom has no place to change this, so the C library's `mmap`, `munmap` and `mprotect`
//! are answered here, for the whole program. Whatever is not a stack goes to the kernel as it came.
//!
//! A stack is what was asked for as one (`MAP_STACK`). It comes back on the thread that asked for it, as loom
//! runs a model on one thread: so each thread knows its own, and when it ends it leaves a few pages behind.
//!
//! A kept stack is not zero, and its lowest page is still the guard that it was made. Who asks for a stack
//! writes before it reads, and asks for that guard once more, which needs no kernel.

use core::cell::RefCell;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

#[derive(Clone, Copy)]
struct Stack {
    /// Null: there is none yet.
    place: *mut c_void,
    length: usize,
    in_use: bool,
    /// How much of its lower end nobody may touch.
    guard: usize,
}

/// As many as a model has threads; any more go to the kernel.
const KEPT: usize = loom::MAX_THREADS;

std::thread_local! {
    // Without a destructor and without an allocation: it is there whenever `munmap` is called.
    static STACKS: RefCell<[Stack; KEPT]> =
        const { RefCell::new([Stack { place: null_mut(), length: 0, in_use: false, guard: 0 }; KEPT]) };
}

/// What the first stack of which `wanted` holds becomes by `change`.
fn change(wanted: impl Fn(&Stack) -> bool, change: impl FnOnce(&mut Stack)) -> Option<Stack> {
    STACKS.with_borrow_mut(|stacks| {
        let stack = stacks.iter_mut().find(|stack| wanted(stack))?;
        change(stack);
        Some(*stack)
    })
}

/// Which of the kept stacks this runs on.
pub(super) fn here() -> Option<usize> {
    let local = 0_u8;
    let here = (&raw const local).addr();
    let holds = |it: &Stack| it.in_use && here.wrapping_sub(it.place.addr()) < it.length;
    STACKS.with_borrow(|stacks| stacks.iter().position(holds))
}

// SAFETY: it does what is promised of the C library's function of this name.
#[unsafe(no_mangle)]
unsafe extern "C" fn mmap(
    place: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    file: c_int,
    offset: libc::off_t,
) -> *mut c_void {
    let is_stack = place.is_null() && flags & libc::MAP_STACK != 0;
    if is_stack && let Some(kept) = change(|it| !it.in_use && it.length == length, |it| it.in_use = true) {
        return kept.place;
    }
    // SAFETY: the arguments are the caller's, who answers for them.
    let mapped = unsafe { libc::syscall(libc::SYS_mmap, place, length, protection, flags, file, offset) };
    let place = mapped as *mut c_void;
    if is_stack && place != libc::MAP_FAILED {
        change(|it| it.place.is_null(), |it| *it = Stack { place, length, in_use: true, guard: 0 });
    }
    place
}

// SAFETY: it does what is promised of the C library's function of this name; memory that is kept could have been
// given to another `mmap` as well.
#[unsafe(no_mangle)]
unsafe extern "C" fn munmap(place: *mut c_void, length: usize) -> c_int {
    let is_it = |it: &Stack| it.in_use && it.place == place && it.length == length;
    if change(is_it, |it| it.in_use = false).is_some() {
        return 0;
    }
    // SAFETY: the arguments are the caller's, who answers for them.
    let unmapped = unsafe { libc::syscall(libc::SYS_munmap, place, length) };
    unmapped as c_int
}

// SAFETY: it does what is promised of the C library's function of this name: a guard that is there already is one.
#[unsafe(no_mangle)]
unsafe extern "C" fn mprotect(place: *mut c_void, length: usize, protection: c_int) -> c_int {
    let is_guard = protection == libc::PROT_NONE;
    if is_guard && change(|it| it.in_use && it.place == place && it.guard == length, |_| ()).is_some() {
        return 0;
    }
    // SAFETY: the arguments are the caller's, who answers for them.
    let protected = unsafe { libc::syscall(libc::SYS_mprotect, place, length, protection) } as c_int;
    if protected == 0 {
        let guard = if is_guard { length } else { 0 };
        change(|it| it.in_use && it.place == place, |it| it.guard = guard);
    }
    protected
}
