//! How a watched lock is at this moment, for people.

use crate::sync::{Private, has_id};
use core::fmt;

/// How a lock is at this moment, by its `Debug`: what its word says, who holds it, how many wait for it. Stale as
/// soon as it is said.
///
/// From [`Watch::state`](crate::Watch::state); there with the feature `counters`.
pub struct State<'a> {
    pub(crate) raw: &'a dyn fmt::Debug,
    pub(crate) owner: usize,
    pub(crate) waiting: usize,
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = match self.owner {
            0 => "nobody",
            owner if has_id::<Private>(owner) => "this thread",
            _ => "another thread",
        };
        f.debug_struct("State")
            .field("raw", &self.raw)
            .field("owner", &format_args!("{owner}"))
            .field("waiting", &self.waiting)
            .finish()
    }
}
