//! What a lock's word says, and what those who change it make of it.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0 | `HELD` | taken: who sets it where it was clear holds the lock |
//! | 1 | `HANDED` | beside `HELD`: nobody holds it, it is for those in line, one of whom is on its way |
//! | 2 | `STARVING` | one in line has waited too long: the next release hands over |
//! | 3 | `CALLED` | a release has called one of those in line, and none of them has done anything since |
//! | 4 to 9 | stamp | the moment of that call |
//! | 10 to 31 | line | how many wait, from before they first sleep until they take the lock or give up |
//!
//! So 0 is a lock that is free, and nobody waits. The line has room for all threads that Linux allows (four million).

use crate::sync::{MOMENTS, Patience, Scope, is_late, moment};

pub(super) const FREE: u32 = 0;
pub(super) const HELD: u32 = 1;
pub(super) const HANDED: u32 = 2;
pub(super) const STARVING: u32 = 4;
pub(super) const CALLED: u32 = 8;
/// The place of the stamp, one of [`MOMENTS`].
const STAMP: u32 = 16;
/// The call and its stamp.
const CALL: u32 = CALLED + (MOMENTS - 1) * STAMP;
/// One of those in line.
pub(super) const WAITER: u32 = STAMP * MOMENTS;

/// Whether one in line may take the lock; and nobody holds it.
pub(super) const fn is_open(seen: u32) -> bool {
    seen & HELD == 0 || seen & HANDED != 0
}

/// Whether somebody is in line and none was called: a release has to wake one, and who comes need not hope.
pub(super) const fn is_contended(seen: u32) -> bool {
    seen >= WAITER && seen & CALLED == 0
}

/// Whether one in line was called, and has not come for too long.
#[inline]
pub(super) fn is_overdue<S: Scope>(seen: u32) -> bool {
    seen & CALLED != 0 && is_late::<S>(seen / STAMP)
}

/// As one in line leaves it that is about to sleep.
pub(super) fn before_sleep(seen: u32, patience: &mut Patience) -> u32 {
    let starving = if patience.is_over() { STARVING } else { 0 };
    (seen & !CALL) | starving
}

/// As one in line leaves it that takes the lock.
pub(super) const fn taken(seen: u32) -> u32 {
    seen / WAITER * WAITER - WAITER + HELD
}

/// As one in line leaves it that gives up, and has found the lock held.
pub(super) const fn left(seen: u32) -> u32 {
    if seen < 2 * WAITER { HELD } else { (seen - WAITER) & !CALL }
}

/// As a release leaves it that finds it so, when one that was called may be overdue.
pub(super) fn released(seen: u32, overdue: bool) -> u32 {
    if seen & STARVING != 0 || (overdue && seen & CALLED != 0) {
        (seen & !STARVING) | HANDED
    } else if is_contended(seen) {
        seen - HELD + CALLED + moment() * STAMP
    } else {
        seen - HELD
    }
}

/// What it says, in words.
pub(super) const fn in_words(seen: u32) -> &'static str {
    match seen {
        _ if seen & HELD == 0 => "free",
        _ if seen & HANDED != 0 => "handed over",
        _ if seen & STARVING != 0 => "starving",
        _ if seen & CALLED != 0 => "held, and one of those who wait is on its way",
        HELD => "held",
        _ => "contended",
    }
}
