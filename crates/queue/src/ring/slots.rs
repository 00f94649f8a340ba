//! Items in slots: the side that pushes, the side that pops.

use super::error::{End, PopError, PushAllError, PushError};
use super::raw::{Half, Ring};
use crate::sync::{Deadline, Private, Scope, UnsafeCell, const_fn};
use core::fmt;

/// The room for one item of a ring. Whoever makes the ring provides the slots, on the heap, on the stack or
/// in memory that processes share, where it is as long as a `T` and nothing else.
///
/// ```
/// use queue::ring::Slot;
///
/// assert_eq!(size_of::<Slot<u64>>(), size_of::<u64>());
/// let mut memory = [0_u64; 8];
/// let slots: &mut [Slot<u64>] = Slot::of(&mut memory);
/// assert_eq!(slots.len(), 8);
/// ```
#[repr(transparent)]
pub struct Slot<T>(UnsafeCell<T>);

// SAFETY: a slot can be accessed by this module only, which does so as one side of a ring, and by the index
// protocol one side at a time has it. So items go from thread to thread, and are not looked at by two.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T> Slot<T> {
    const_fn! {
        /// Room that is filled with `value` until an item comes.
        pub const fn new(value: T) -> Self {
            Self(UnsafeCell::new(value))
        }
    }

    /// Borrowed memory as slots.
    #[cfg(not(loom))]
    pub fn of(memory: &mut [T]) -> &mut [Self] {
        let slots: *mut [Self] = core::ptr::from_mut(memory) as *mut [Self];
        // SAFETY: a Slot is laid out as its T (both wrappers are transparent), so the pointer is aligned and
        // leads to as many of them; and it has the lifetime of the borrow, which is exclusive.
        unsafe { &mut *slots }
    }

    #[inline]
    pub(super) fn cell(&self) -> &UnsafeCell<T> {
        &self.0
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot(..)")
    }
}

/// The side of a ring that pushes. There is one, so its methods take `&mut self`; dropping it closes the
/// ring.
pub struct Writer<'a, T, S: Scope = Private> {
    half: Half<'a, S, true>,
    slots: &'a [Slot<T>],
}

/// The side of a ring that pops. There is one, so its methods take `&mut self`; dropping it closes the ring.
pub struct Reader<'a, T, S: Scope = Private> {
    half: Half<'a, S, false>,
    slots: &'a [Slot<T>],
}

impl<'a, T: Copy + Send, S: Scope> Writer<'a, T, S> {
    /// The caller has seen to it that nobody else is the writer of this ring or uses the slots otherwise.
    pub(super) fn new(ring: &'a Ring<S>, slots: &'a [Slot<T>]) -> Self {
        Self { half: Half::new(ring, slots.len()), slots }
    }

    /// Pushes an item, waiting for room as long as it takes.
    ///
    /// With room that is known: the item's store, the position's store and a load.
    ///
    /// # Errors
    /// The item, if the reader has ended and has not read it. Never [`PushError::Full`]. What was pushed
    /// before and not read either is gone, as in a channel.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), PushError<T>> {
        self.push_until(item, Some(&Deadline::NEVER))
    }

    /// Pushes an item if there is room at this moment.
    ///
    /// # Errors
    /// The item, if there is no room, or if the reader has ended and has not read it.
    #[inline]
    pub fn try_push(&mut self, item: T) -> Result<(), PushError<T>> {
        self.push_until(item, None)
    }

    /// Pushes an item, waiting for room until `timeout` at most.
    ///
    /// # Errors
    /// The item, if there was no room until then, or if the reader has ended and has not read it.
    #[inline]
    pub fn push_timeout(&mut self, item: T, timeout: impl Into<Deadline>) -> Result<(), PushError<T>> {
        self.push_until(item, Some(&timeout.into()))
    }

    #[inline]
    fn push_until(&mut self, item: T, deadline: Option<&Deadline>) -> Result<(), PushError<T>> {
        self.put(item, deadline)?;
        match self.half.publish() {
            Err(end) if self.half.backlog() > 0 => Err(PushError::Ended(item, end)),
            _ => Ok(()),
        }
    }

    /// Puts an item into the ring without letting the reader know: [`publish`](Self::publish) does so for all
    /// of them at once, which costs both sides less. Waits for room as long as it takes; before it waits it
    /// publishes.
    ///
    /// ```
    /// use queue::ring::{PopError, Ring, Slot};
    ///
    /// let (mut ring, mut memory) = (Ring::new(), [0_u8; 4]);
    /// let (mut writer, mut reader) = ring.split(Slot::of(&mut memory));
    /// writer.stage(1).unwrap();
    /// writer.stage(2).unwrap();
    /// assert_eq!(reader.try_pop(), Err(PopError::Empty), "nobody has said so yet");
    /// writer.publish().unwrap();
    /// assert_eq!((reader.pop(), reader.pop()), (Ok(1), Ok(2)));
    /// ```
    ///
    /// # Errors
    /// The item, if the ring is full and the reader has ended.
    #[inline]
    pub fn stage(&mut self, item: T) -> Result<(), PushError<T>> {
        self.put(item, Some(&Deadline::NEVER))
    }

    /// Lets the reader know of all that was staged, and wakes it if it sleeps.
    ///
    /// # Errors
    /// How the reader has ended, if it has and left anything unread.
    #[inline]
    pub fn publish(&mut self) -> Result<(), End> {
        match self.half.publish() {
            Err(end) if self.half.backlog() > 0 => Err(end),
            _ => Ok(()),
        }
    }

    #[inline]
    fn put(&mut self, item: T, deadline: Option<&Deadline>) -> Result<(), PushError<T>> {
        if self.half.ready() == 0 {
            self.half.wait(1, deadline).map_err(|stop| PushError::new(item, stop))?;
        }
        let slot = &self.slots[self.half.place()];
        // SAFETY: the slot is ours: the reader is done with it, and touches it again only after publish().
        slot.cell().with_mut(|room| unsafe { *room = item });
        self.half.pass(1);
        Ok(())
    }

    /// Pushes all items, waiting for room as long as it takes, and publishes as seldom as that allows.
    ///
    /// # Errors
    /// How many were pushed before the reader ended, if it did and left anything unread.
    pub fn push_all(&mut self, items: &[T]) -> Result<(), PushAllError> {
        let mut pushed = 0;
        while pushed < items.len() {
            if self.half.ready() == 0 {
                let waited = self.half.wait(1, Some(&Deadline::NEVER));
                waited.map_err(|stop| PushAllError { pushed, end: stop.end() })?;
            }
            let run = self.half.run(items.len() - pushed);
            let places = &self.slots[self.half.place()..][..run];
            for (slot, item) in places.iter().zip(&items[pushed..]) {
                // SAFETY: as in put(), for all the slots that are ready.
                slot.cell().with_mut(|room| unsafe { *room = *item });
            }
            self.half.pass(run);
            pushed += run;
        }
        self.publish().map_err(|end| PushAllError { pushed, end })
    }

    /// How many items were pushed or staged and not yet popped, at this moment.
    ///
    /// # Errors
    /// [`End::Corrupt`].
    pub fn backlog(&mut self) -> Result<usize, End> {
        self.half.look()?;
        Ok(self.half.backlog())
    }
}

impl<'a, T: Copy + Send, S: Scope> Reader<'a, T, S> {
    /// The caller has seen to it that nobody else is the reader of this ring or uses the slots otherwise.
    pub(super) fn new(ring: &'a Ring<S>, slots: &'a [Slot<T>]) -> Self {
        Self { half: Half::new(ring, slots.len()), slots }
    }

    /// Pops an item, waiting for one as long as it takes.
    ///
    /// # Errors
    /// How the writer has ended, if it has and all of its items were popped. Never [`PopError::Empty`].
    #[inline]
    pub fn pop(&mut self) -> Result<T, PopError> {
        self.pop_until(Some(&Deadline::NEVER))
    }

    /// Pops an item if there is one at this moment.
    ///
    /// # Errors
    /// If there is none, or how the writer has ended, if it has and all of its items were popped.
    #[inline]
    pub fn try_pop(&mut self) -> Result<T, PopError> {
        self.pop_until(None)
    }

    /// Pops an item, waiting for one until `timeout` at most.
    ///
    /// A writer whose process was killed closes nothing, so a reader that is not told of the death
    /// ([`Ring::writer_died`]) only knows by this that nothing comes.
    ///
    /// # Errors
    /// If there was none until then, or how the writer has ended, if it has and all of its items were popped.
    #[inline]
    pub fn pop_timeout(&mut self, timeout: impl Into<Deadline>) -> Result<T, PopError> {
        self.pop_until(Some(&timeout.into()))
    }

    #[inline]
    fn pop_until(&mut self, deadline: Option<&Deadline>) -> Result<T, PopError> {
        if self.half.ready() == 0 {
            self.half.wait(1, deadline)?;
        }
        let slot = &self.slots[self.half.place()];
        // SAFETY: the slot is ours: the writer is done with it, and touches it again only after publish().
        let item = slot.cell().with(|item| unsafe { *item });
        self.half.pass(1);
        // A reader has nothing to do with what became of the writer before it has read all.
        let _ = self.half.publish();
        Ok(item)
    }

    /// Pops as many items as there are, up to as many as fit into `items`, and says how many; waits for one
    /// as long as it takes. Gives the room back once for all of them, which costs both sides less.
    ///
    /// ```
    /// use queue::ring::{Ring, Slot};
    ///
    /// let (mut ring, mut memory) = (Ring::new(), [0_u64; 8]);
    /// let (mut writer, mut reader) = ring.split(Slot::of(&mut memory));
    /// writer.push_all(&[1, 2, 3]).unwrap();
    /// let mut items = [0; 8];
    /// assert_eq!(reader.pop_many(&mut items), Ok(3));
    /// assert_eq!(items[..3], [1, 2, 3]);
    /// ```
    ///
    /// # Errors
    /// How the writer has ended, if it has and all of its items were popped. Never [`PopError::Empty`].
    pub fn pop_many(&mut self, items: &mut [T]) -> Result<usize, PopError> {
        if self.half.ready() < items.len() {
            self.half.wait(1, Some(&Deadline::NEVER))?;
        }
        let mut popped = 0;
        while popped < items.len() && self.half.ready() > 0 {
            let run = self.half.run(items.len() - popped);
            let places = &self.slots[self.half.place()..][..run];
            for (slot, item) in places.iter().zip(&mut items[popped..]) {
                // SAFETY: as in pop_until(), for all the slots that are ready.
                *item = slot.cell().with(|item| unsafe { *item });
            }
            self.half.pass(run);
            popped += run;
        }
        // As in pop_until().
        let _ = self.half.publish();
        Ok(popped)
    }

    /// How many items can be popped at this moment.
    ///
    /// # Errors
    /// [`End::Corrupt`].
    pub fn available(&mut self) -> Result<usize, End> {
        self.half.look()?;
        Ok(self.half.ready())
    }
}

impl<T, S: Scope> fmt::Debug for Writer<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("capacity", &self.slots.len()).finish_non_exhaustive()
    }
}

impl<T, S: Scope> fmt::Debug for Reader<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("capacity", &self.slots.len()).finish_non_exhaustive()
    }
}
