//! The two fences of unequal price, as two full ones: that is their contract.

use super::atomic::{Ordering, fence};
use super::futex::Scope;

/// Nothing is to be asked.
pub fn prepare<S: Scope>() {}

/// The fence of the side that comes by often.
#[track_caller]
pub fn light<S: Scope>() {
    fence(Ordering::SeqCst);
}

/// The fence of the side that comes by seldom.
#[track_caller]
pub fn heavy<S: Scope>() {
    fence(Ordering::SeqCst);
}
