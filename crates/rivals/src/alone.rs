//! How long does something take on one thread, wherever the loop around it happens to lie?
//!
//! The same loop around a lock takes 14.0 or 16.3 ns here, as its first byte lies in a cache line, and which of
//! the contestants lies well changes with every build. So each runs in copies of its loop that begin at all places
//! at which the compiler lets one begin.

use crate::bench::Done;
use std::time::Instant;

/// Does something `items` times on this thread: a quarter of them in each of four copies of the loop.
pub(crate) fn alone(items: u64, f: impl Fn() + Copy) -> Result<Done, String> {
    let quarter = items / 4;
    let begun = Instant::now();
    from::<0>(items - 3 * quarter, f);
    from::<16>(quarter, f);
    from::<32>(quarter, f);
    from::<48>(quarter, f);
    Ok(Done::new(items, begun.elapsed()))
}

/// The loop, so many bytes further from the beginning of a cache line. The compiler begins each at a multiple of 16.
#[inline(never)]
fn from<const BYTES: usize>(times: u64, f: impl Fn() + Copy) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: asm!() asks that the instructions do what is said of them: these do nothing, and an alignment is filled
    // up with such.
    unsafe {
        std::arch::asm!(".p2align 6", ".rept {}", "nop", ".endr", const BYTES, options(nomem, nostack, preserves_flags));
    }
    (0..times).for_each(|_| f());
}
