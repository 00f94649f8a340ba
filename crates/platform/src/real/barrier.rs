//! Two fences of unequal price, for a store on one side and a load on the other that must not miss each
//! other.
//!
//! A side that stores and then looks whether the other sleeps, and a side that says that it sleeps and then
//! looks once more, need a full fence each (Dekker). The first does it with every item, the second hardly
//! ever. So the first's fence is [`light`], which in the best case is an order to the compiler only, and the
//! second's is [`heavy`]: a system call by which every thread of the process that runs at that moment passes
//! a full fence.
//!
//! The contract: a [`light`] and a [`heavy`] of the same scope are to each other as two `fence(SeqCst)`; two
//! [`light`] are to each other as nothing.
//!
//! # Source
//! Linux's `membarrier` (Mathieu Desnoyers, 2010, for user-space RCU); as a pair of fences in C++'s P1202 and
//! in folly.

use super::futex::Scope;
use core::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
    compiler_fence, fence,
};

/// Nobody has asked the kernel yet: both fences are full ones.
const UNASKED: u32 = 0;
/// The kernel does not offer it: both are full ones for ever.
const FULL: u32 = 1;
/// The kernel does the light fence's part.
const BY_KERNEL: u32 = 2;

static WAY: AtomicU32 = AtomicU32::new(UNASKED);

/// Asks the kernel, once in a process, whether [`light`] may be light. Without it both are full fences.
///
/// ```
/// use platform::{barrier, futex::Private};
///
/// barrier::prepare::<Private>();
/// barrier::light::<Private>();
/// barrier::heavy::<Private>();
/// ```
pub fn prepare<S: Scope>() {
    // Relaxed, both: a thread that does not see it yet makes a full fence, and the answer is the same for
    // all.
    if !S::SHARED && WAY.load(Relaxed) == UNASKED {
        WAY.store(if kernel::register() { BY_KERNEL } else { FULL }, Relaxed);
    }
}

/// The fence of the side that comes by often. Free in the scope `Private`, where the kernel does the work; a
/// full fence in the scope `Shared`, as the kernel's call reaches one process.
#[inline]
pub fn light<S: Scope>() {
    // Relaxed: who sees an old value makes a full fence, which is always enough.
    if S::SHARED || WAY.load(Relaxed) != BY_KERNEL {
        fence(SeqCst);
    } else {
        compiler_fence(SeqCst);
    }
}

/// The fence of the side that comes by seldom. A system call, of a microsecond or less, where [`light`] is
/// free.
///
/// # Panics
/// If the kernel refuses what it offered before, as under a filter of system calls that came later.
pub fn heavy<S: Scope>() {
    prepare::<S>();
    // Relaxed: prepare() has seen to it that it is not UNASKED, and it changes once.
    if S::SHARED || WAY.load(Relaxed) != BY_KERNEL {
        fence(SeqCst);
    } else {
        // The child of a fork may have to say again that it wants it.
        let done = kernel::everywhere() || kernel::register() && kernel::everywhere();
        assert!(done, "membarrier() worked before and is refused now");
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use libc::{SYS_membarrier, c_int};

    const EVERYWHERE: c_int = libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED;
    const REGISTER: c_int = libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

    fn membarrier(command: c_int) -> bool {
        // SAFETY: membarrier() has no condition; what it does not know it refuses.
        unsafe { libc::syscall(SYS_membarrier, command, 0, 0) == 0 }
    }

    pub(super) fn register() -> bool {
        membarrier(REGISTER)
    }

    pub(super) fn everywhere() -> bool {
        membarrier(EVERYWHERE)
    }
}

/// Other systems have such a call too (`FlushProcessWriteBuffers`); it was never tried here.
#[cfg(not(target_os = "linux"))]
mod kernel {
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn everywhere() -> bool {
        false
    }
}
