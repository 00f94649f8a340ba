//! The index protocol of the ring: three words, without the data.
//!
//! # Promise
//! What lies between the two positions is the reader's, the rest is the writer's, and neither touches what is
//! the other's. A side that finds nothing of its own sleeps, and is woken by the other's next publication, or
//! by its end. What was published before the end is read before the end is told. A publication with nobody
//! asleep is a store, a load and no system call. Whatever the other side may have written into the words, no
//! position leads out of the ring: what cannot be is told as [`End::Corrupt`].
//!
//! # Source
//! Lamport's queue of one producer and one consumer (1977, 1983), with the peer's position cached as in
//! FastFlow and MCRingBuffer (Lee, Bu, Chandranmenon, 2010). That who sleeps pays for both fences: see
//! `platform::barrier`.
//!
//! # State
//! | word | written by | meaning |
//! |---|---|---|
//! | `written` | the writer, by plain stores | how many units were ever published |
//! | `read` | the reader, by plain stores | how many of them were given back |
//! | `state` | both and third parties, by exchanges | the flags below; both sides sleep on it |
//!
//! | flag | meaning |
//! |---|---|
//! | `sleeps` (one a side) | the side may sleep on `state`: the other's next publication wakes it and takes the flag away |
//! | `closed` (one a side) | the side has ended; its position is final |
//! | `died` (one a side) | somebody says of the side that it is no more; its position is final |
//!
//! The positions count for ever and wrap with `usize`; a unit's place is its number modulo the capacity, a
//! power of two. A side's own position is known to itself: it is never read back, but when a handle is made.
//!
//! # Protocol
//! Both sides do the same; what is the reader's is `written - read` units, what is the writer's is
//! `capacity - (written - read)`.
//! 1. Use: as long as the units known to be ours last, no word is looked at.
//! 2. Look: load the other's position. Not enough: load `state`; if the other has ended, load its position
//!    again.
//! 3. Publish: store our position; light fence; load `state`. If the other sleeps, take its flag away and
//!    wake it.
//! 4. Wait: publish what is not yet; look. Enough: done (where little came and more is coming, after a
//!    moment). The other has ended: told. The deadline has come: told. Else, after a bounded spin: our flag
//!    is not there: set it, heavy fence, look again. It is there: sleep while `state` is what we saw; look
//!    again.
//! 5. End: set the flag, wake whoever sleeps.
//!
//! # Invariants
//! - I1. A unit between the positions is not written, one outside is not read: each side moves its own
//!   position, after it is done with what it gives away, and what it knows of the other's is at most too
//!   little.
//! - I2. While a side sleeps, `state` has its flag, or a wake is on its way to it. It has looked after the
//!   heavy fence that follows the flag. A publication that this look has missed has its light fence after
//!   that heavy one, so its load of `state` finds the flag, until some publication has taken it away; and the
//!   one that does so wakes.
//! - I3. Every flag is set by an exchange of the word that is slept on: between a look and the sleep that
//!   follows it no end is missed.
//! - I4. An end is set after the last publication, and the position is looked at once more after it: it is
//!   the last one.
//!
//! # Memory orderings
//! - Release of the store in [`Half::publish`] to the Acquire of the position in [`Half::look`], either way
//!   round: the reader sees what was written, the writer that it has been read (I1).
//! - Release of the exchanges in [`Ring::close`] and [`Ring::died`] to the Acquire in
//!   [`Half::look_at_flags`]: I4. As all changes of `state` are exchanges, a later one keeps the edge.
//! - The light fence in [`Half::publish`] and the heavy one in [`Half::wait`]: I2.
//!
//! # Proofs
//! `tests/loom/ring.rs`; of several units at once, `tests/loom/frames.rs`. Not run by loom: the spin, which only looks.

use super::error::End;
use crate::sync::{
    Acquire, AtomicU32, AtomicUsize, Deadline, Private, Relaxed, Release, Scope, Spin, Wait, const_fn,
    heavy_fence, light_fence, prepare_fences, wait, wake,
};
use core::fmt;
use core::marker::PhantomData;

const WRITER_SLEEPS: u32 = 1;
const READER_SLEEPS: u32 = 2;
const WRITER_CLOSED: u32 = 4;
const READER_CLOSED: u32 = 8;
const WRITER_DIED: u32 = 16;
const READER_DIED: u32 = 32;

/// Two lines of cache, as processors fetch them in pairs: what one side writes moves nobody else's data.
#[repr(C, align(128))]
struct Line<T>(T);

/// The words of a ring, without its data: who has come how far, who sleeps, who has ended.
///
/// It holds no pointers, so it may lie in memory that several processes map (`Ring<Shared>`), and is 384
/// bytes long. The data lies wherever its owner wishes, in [`Slot`](super::Slot)s. See the [module](super).
#[repr(C)]
pub struct Ring<S: Scope = Private> {
    written: Line<AtomicUsize>,
    read: Line<AtomicUsize>,
    state: Line<AtomicU32>,
    scope: PhantomData<S>,
}

impl Ring {
    const_fn! {
        /// A ring that is empty, for the threads of this process.
        pub const fn new() -> Self {
            Self::in_scope()
        }
    }
}

impl<S: Scope> Ring<S> {
    const_fn! {
        /// A ring that is empty, in any scope: `Ring::<Shared>::in_scope()` for memory that processes share.
        ///
        /// ```
        /// use queue::ring::{Ring, Shared};
        /// assert_eq!(size_of_val(&Ring::<Shared>::in_scope()), 384);
        /// ```
        pub const fn in_scope() -> Self {
            Self {
                written: Line(AtomicUsize::new(0)),
                read: Line(AtomicUsize::new(0)),
                state: Line(AtomicU32::new(0)),
                scope: PhantomData,
            }
        }
    }

    /// Says of the writer that it died: the reader gets what was published, and then
    /// [`PeerDied`](super::End::PeerDied). Wakes it. For whoever notices the death: a parent, or the reader's
    /// process.
    ///
    /// Of no effect on what is told after a writer that has closed before. Said of a writer that lives, it is
    /// a lie that loses what it publishes from then on, and harms nothing else.
    pub fn writer_died(&self) {
        self.died(WRITER_DIED);
    }

    /// Says of the reader that it died: the writer's next publication, or its wait, ends with
    /// [`PeerDied`](super::End::PeerDied). Wakes it. The same as [`writer_died`](Self::writer_died) the other
    /// way round.
    pub fn reader_died(&self) {
        self.died(READER_DIED);
    }

    /// Closes one side, unless one that had it before has done so.
    fn close(&self, flag: u32) {
        // Relaxed: only this side sets it, and who had the side before has handed it over.
        if self.state.0.load(Relaxed) & flag != 0 {
            return;
        }
        // Release: pairs with the Acquire in look_at_flags(): who sees the end sees the last position (I4).
        // waiver(relaxed): the model's light fence, in the publication before, is a full one and releases
        // too, which the real one does not; covered by: the ring's twin that closes without that fence, in
        // tests/loom/ring.rs
        if self.state.0.fetch_add(flag, Release) & (WRITER_SLEEPS | READER_SLEEPS) != 0 {
            self.wake_all();
        }
    }

    /// Says it where nobody has said it before; and wakes whatever the flags say, as one that runs wild may
    /// have left any.
    fn died(&self, flag: u32) {
        // Relaxed: the exchange decides.
        let mut seen = self.state.0.load(Relaxed);
        while seen & flag == 0 {
            // Release: as in close(), for who was told of the death and so saw the last position.
            match self.state.0.compare_exchange(seen, seen | flag, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        self.wake_all();
    }

    #[cold]
    fn wake_all(&self) {
        // Both sides sleep on this word, and one of them is asleep.
        wake::<S>(&raw const self.state.0, u32::MAX);
    }
}

impl<S: Scope> Default for Ring<S> {
    fn default() -> Self {
        Self::in_scope()
    }
}

impl<S: Scope> fmt::Debug for Ring<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: an answer that may be stale promises nothing.
        let state = self.state.0.load(Relaxed);
        f.debug_struct("Ring")
            .field("written", &self.written.0.load(Relaxed))
            .field("read", &self.read.0.load(Relaxed))
            .field("asleep", &(state & (WRITER_SLEEPS | READER_SLEEPS) != 0))
            .field("writer", &ended(state, WRITER_CLOSED, WRITER_DIED))
            .field("reader", &ended(state, READER_CLOSED, READER_DIED))
            .finish()
    }
}

const fn ended(state: u32, closed: u32, died: u32) -> Option<End> {
    match state {
        _ if state & closed != 0 => Some(End::Closed),
        _ if state & died != 0 => Some(End::PeerDied),
        _ => None,
    }
}

/// Why a side did not get the units that it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    TimedOut,
    Ended(End),
}

impl Stop {
    /// How the other side ended, where the wait had no deadline.
    pub(super) fn end(self) -> End {
        match self {
            Self::Ended(end) => end,
            Self::TimedOut => unreachable!("a wait without a deadline does not time out"),
        }
    }
}

/// One side of a ring: its own position, and what it knows of the other's.
pub(super) struct Half<'a, S: Scope, const WRITES: bool> {
    ring: &'a Ring<S>,
    capacity: usize,
    /// The number of the next unit that we use.
    at: usize,
    /// Where the units end that are known to be ours.
    end: usize,
    /// What the other side was told of `at`.
    published: usize,
}

impl<'a, S: Scope, const WRITES: bool> Half<'a, S, WRITES> {
    const SLEEPS: u32 = if WRITES { WRITER_SLEEPS } else { READER_SLEEPS };
    const CLOSED: u32 = if WRITES { WRITER_CLOSED } else { READER_CLOSED };
    /// What a publication has to answer. A reader need not know at once that the writer has ended.
    const CALLS: u32 = if WRITES { READER_SLEEPS | READER_CLOSED | READER_DIED } else { WRITER_SLEEPS };

    /// A side of a ring of `capacity` units, a power of two; nobody else has this side.
    pub(super) fn new(ring: &'a Ring<S>, capacity: usize) -> Self {
        assert!(capacity.is_power_of_two(), "a ring's capacity is a power of two, not {capacity}");
        prepare_fences::<S>();
        // Relaxed: only this side writes it, and who had the side before has handed it over. Nothing is known
        // of the other's position yet, and no unit is ours.
        let at = if WRITES { &ring.written.0 } else { &ring.read.0 }.load(Relaxed);
        Self { ring, capacity, at, end: at, published: at }
    }

    /// How many units are known to be ours.
    #[inline]
    pub(super) fn ready(&self) -> usize {
        self.end.wrapping_sub(self.at)
    }

    /// The place of the unit that we use next.
    #[inline]
    pub(super) fn place(&self) -> usize {
        self.at & (self.capacity - 1)
    }

    /// How many of at most `wanted` units are ours and lie in one run of places.
    pub(super) fn run(&self, wanted: usize) -> usize {
        wanted.min(self.ready()).min(self.capacity - self.place())
    }

    /// Goes past `n` units that were ours. The other side does not know before [`publish`](Self::publish).
    #[inline]
    pub(super) fn pass(&mut self, n: usize) {
        debug_assert!(n <= self.ready(), "only what is ours is given away");
        self.at = self.at.wrapping_add(n);
    }

    /// How many units the other side had still to pass when we last looked.
    pub(super) fn backlog(&self) -> usize {
        self.capacity - self.ready()
    }

    /// Gives the other side what we have passed, and wakes it if it sleeps. Tells a writer that the reader
    /// has ended; what the reader has not passed it never will.
    #[inline]
    pub(super) fn publish(&mut self) -> Result<(), End> {
        self.published = self.at;
        let own = if WRITES { &self.ring.written.0 } else { &self.ring.read.0 };
        // Release: pairs with the Acquire of the position in look(): we are done with what we give away (I1).
        own.store(self.at, Release);
        // Pairs with the heavy fence in wait(): it looks and sees our position, or we load its flag (I2).
        light_fence::<S>();
        // Relaxed: the fence is what makes us see the flag; answer() looks again.
        let state = self.ring.state.0.load(Relaxed);
        if state & Self::CALLS == 0 { Ok(()) } else { self.answer(state) }
    }

    /// Wakes the other side if it sleeps, and tells whether it has ended.
    #[cold]
    fn answer(&mut self, state: u32) -> Result<(), End> {
        let asleep = state & (WRITER_SLEEPS | READER_SLEEPS) & !Self::SLEEPS;
        if asleep != 0 {
            // Relaxed: nobody but us takes it away, so it is there; and the sleeper looks at our position
            // anew.
            self.ring.state.0.fetch_sub(asleep, Relaxed);
            self.ring.wake_all();
        }
        match self.look_at_flags()? {
            (_, Some(end)) if WRITES => Err(end),
            _ => Ok(()),
        }
    }

    /// Looks how far the other side has come.
    pub(super) fn look(&mut self) -> Result<(), End> {
        let others = if WRITES { &self.ring.read.0 } else { &self.ring.written.0 };
        // Acquire: pairs with the Release in publish(): the other side is done with what is ours now (I1).
        let position = others.load(Acquire);
        // What the reader has read is the writer's again one round later.
        let end = position.wrapping_add(if WRITES { self.capacity } else { 0 });
        if end.wrapping_sub(self.at) > self.capacity {
            return Err(End::Corrupt);
        }
        self.end = end;
        Ok(())
    }

    /// The flags, and how the other side has ended, if it has: then its last position has been looked at.
    fn look_at_flags(&mut self) -> Result<(u32, Option<End>), End> {
        // Acquire: pairs with the Release in close() and died(): if they say that the other side has ended,
        // the position that we look at now is its last (I4).
        let state = self.ring.state.0.load(Acquire);
        let end = match WRITES {
            true => ended(state, READER_CLOSED, READER_DIED),
            false => ended(state, WRITER_CLOSED, WRITER_DIED),
        };
        if end.is_some() {
            self.look()?;
        }
        Ok((state, end))
    }

    /// Looks for `needed` units, which fit into the ring, and waits until they are ours: until `deadline`, or
    /// not at all without one.
    #[cold]
    pub(super) fn wait(&mut self, needed: usize, deadline: Option<&Deadline>) -> Result<(), Stop> {
        if self.published != self.at {
            // The other side may need it to come on. If it has ended, we find that out below.
            let _ = self.publish();
        }
        let (mut over, mut spin) = (deadline.is_none(), Spin::long());
        loop {
            let before = self.ready();
            self.look().map_err(Stop::Ended)?;
            if self.ready() >= needed {
                // Who is right behind the other side pulls at the line that it works on, with every item. So
                // as long as more is coming, let it come: one look that finds nothing new ends that.
                let is_close = self.ready() < self.capacity / 4;
                if is_close && self.ready() > before && !over && spin.turn() {
                    continue;
                }
                return Ok(());
            }
            let (state, end) = self.look_at_flags().map_err(Stop::Ended)?;
            if let Some(end) = end {
                return if self.ready() >= needed { Ok(()) } else { Err(Stop::Ended(end)) };
            }
            if over {
                return Err(Stop::TimedOut);
            }
            if spin.turn() {
                continue;
            }
            if state & Self::SLEEPS == 0 {
                // Relaxed: says that we sleep, no more. Nobody but us sets it, so it is not there.
                self.ring.state.0.fetch_add(Self::SLEEPS, Relaxed);
                // Pairs with the light fence in publish() (I2). Then we look once more.
                heavy_fence::<S>();
            } else {
                let deadline = deadline.unwrap_or(&Deadline::NEVER);
                over = wait::<S>(&self.ring.state.0, state, deadline) == Wait::TimedOut;
            }
        }
    }
}

/// A side that is gone has closed.
impl<S: Scope, const WRITES: bool> Drop for Half<'_, S, WRITES> {
    fn drop(&mut self) {
        if self.published != self.at {
            // If the other side has ended already, nobody minds.
            let _ = self.publish();
        }
        self.ring.close(Self::CLOSED);
    }
}
