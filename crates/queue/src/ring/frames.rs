//! Frames of bytes: the side that writes, the side that reads.
//!
//! # State
//! The units of the ring are words of eight bytes. A frame is a header and its bytes, filled up to a whole
//! word; it lies in one piece. Where it does not fit before the ring's end, a header that says `SKIP` leads
//! to the ring's beginning.
//!
//! | bits of a header | meaning |
//! |---|---|
//! | the lower 32 | the frame's length in bytes, or `SKIP` |
//! | the upper 32 | the same with every bit inverted, so that what is no header is not taken for one |
//!
//! # Invariants
//! - A frame and the `SKIP` before it are published together, whole: a frame that is half written is not
//!   there.
//! - The longest frame is half of the ring, its header included. So an empty ring has room for any frame,
//!   wherever it stands: a `SKIP` is needed only where less than the frame is left before the end.
//! - The reader loads a header once, and checks it against what was published and against the ring's end
//!   before it goes anywhere by it.
//!
//! # Proofs
//! `tests/loom/frames.rs`, `tests/loom/frame_ends.rs`; of what each side waits on, also `tests/loom/ring.rs`.

use super::error::{End, PopError, WriteError};
use super::raw::{Half, Ring};
use super::words::{Memory, WORD, Words};
use crate::sync::{Deadline, Private, Scope};
use core::{fmt, mem::MaybeUninit, ops};

/// The length that is none: the rest of the ring up to its end is left out.
const SKIP: u32 = u32::MAX;

/// The words of a frame with so many bytes.
const fn words(len: usize) -> usize {
    1 + len.div_ceil(WORD)
}

fn header(len: u32) -> u64 {
    u64::from(len) | u64::from(!len) << 32
}

fn length(header: u64) -> Option<u32> {
    let (len, inverted) = (header as u32, (header >> 32) as u32);
    (len == !inverted).then_some(len)
}

/// The side of a ring that writes frames. There is one, so its methods take `&mut self`; dropping it closes
/// the ring.
pub struct FrameWriter<'a, S: Scope = Private> {
    half: Half<'a, S, true>,
    memory: Memory<'a>,
}

/// The side of a ring that reads frames. There is one, so its methods take `&mut self`; dropping it closes
/// the ring.
pub struct FrameReader<'a, S: Scope = Private> {
    half: Half<'a, S, false>,
    memory: Memory<'a>,
}

impl<'a, S: Scope> FrameWriter<'a, S> {
    /// The caller has seen to it that nobody else is the writer of this ring or uses the memory otherwise.
    pub(super) fn new(ring: &'a Ring<S>, words: &'a Words) -> Self {
        let memory = Memory::new(words);
        Self { half: Half::new(ring, memory.len()), memory }
    }

    /// The longest frame that the ring takes, in bytes: half of its memory, less eight.
    pub fn max_len(&self) -> usize {
        (self.memory.len() / 2 * WORD).saturating_sub(WORD).min(SKIP as usize - WORD)
    }

    /// Whether there is room for a frame of `len` bytes at this moment; then there is until something is written. Also
    /// if it never can have room, or if the reader has ended: writing it tells.
    ///
    /// ```
    /// use queue::ring::{Ring, Slot};
    ///
    /// let (mut ring, mut memory) = (Ring::new(), [0; 8]);
    /// let (mut writer, _reader) = ring.split_frames(Slot::of(&mut memory));
    /// writer.write(&[0; 24]).unwrap();
    /// assert!(writer.has_room(24));
    /// writer.write(&[0; 24]).unwrap();
    /// assert!(!writer.has_room(0));
    /// ```
    pub fn has_room(&mut self, len: usize) -> bool {
        len > self.max_len() || !matches!(self.grant(len, None), Err(WriteError::Full))
    }

    /// Writes a frame, waiting for room as long as it takes. A frame may be empty.
    ///
    /// # Errors
    /// If the frame is too long for this ring, or if the reader has ended and has not read it. Never
    /// [`WriteError::Full`].
    pub fn write(&mut self, frame: &[u8]) -> Result<(), WriteError> {
        self.write_until(frame, Some(&Deadline::NEVER))
    }

    /// Writes a frame if there is room at this moment.
    ///
    /// # Errors
    /// If there is no room, now or ever, or if the reader has ended and has not read it.
    pub fn try_write(&mut self, frame: &[u8]) -> Result<(), WriteError> {
        self.write_until(frame, None)
    }

    /// Writes a frame, waiting for room until `timeout` at most.
    ///
    /// # Errors
    /// If there was no room until then, or never is, or if the reader has ended and has not read it.
    pub fn write_timeout(&mut self, frame: &[u8], timeout: impl Into<Deadline>) -> Result<(), WriteError> {
        self.write_until(frame, Some(&timeout.into()))
    }

    fn write_until(&mut self, frame: &[u8], deadline: Option<&Deadline>) -> Result<(), WriteError> {
        self.grant(frame.len(), deadline)?.copy_from_slice(frame);
        self.commit(frame.len());
        self.publish().map_err(WriteError::Ended)
    }

    /// Writes a frame without letting the reader know: [`publish`](Self::publish) does so for all of them at
    /// once. Waits for room as long as it takes; before it waits it publishes.
    ///
    /// # Errors
    /// If the frame is too long for this ring, or if the ring is full and the reader has ended.
    pub fn stage(&mut self, frame: &[u8]) -> Result<(), WriteError> {
        self.grant(frame.len(), Some(&Deadline::NEVER))?.copy_from_slice(frame);
        self.commit(frame.len());
        Ok(())
    }

    /// Room for a frame of `len` bytes, to be written in place and then [committed](Grant::commit). Waits for
    /// it as long as it takes. What the room holds before is old; a grant that is dropped writes no frame.
    ///
    /// ```
    /// use queue::ring::{Ring, Slot};
    ///
    /// let (mut ring, mut memory) = (Ring::new(), [0; 16]);
    /// let (mut writer, mut reader) = ring.split_frames(Slot::of(&mut memory));
    /// let mut grant = writer.reserve(5).unwrap();
    /// grant.copy_from_slice(b"hello");
    /// grant.commit().unwrap();
    /// assert_eq!(*reader.read().unwrap(), *b"hello");
    /// ```
    ///
    /// # Errors
    /// As of [`write`](Self::write).
    pub fn reserve(&mut self, len: usize) -> Result<Grant<'_, 'a, S>, WriteError> {
        self.grant(len, Some(&Deadline::NEVER))?;
        Ok(Grant { at: self.room(len), len, writer: self })
    }

    /// Lets the reader know of all that was staged, and wakes it if it sleeps.
    ///
    /// # Errors
    /// How the reader has ended, if it has and left anything unread.
    pub fn publish(&mut self) -> Result<(), End> {
        match self.half.publish() {
            Err(end) if self.half.backlog() > 0 => Err(end),
            _ => Ok(()),
        }
    }

    /// The room of the next frame, behind its header, which commit() writes.
    fn grant(&mut self, len: usize, deadline: Option<&Deadline>) -> Result<&mut [u8], WriteError> {
        let max = self.max_len();
        if len > max {
            return Err(WriteError::TooLong { len, max });
        }
        let needed = self.skipped(len) + words(len);
        if self.half.ready() < needed {
            self.half.wait(needed, deadline)?;
        }
        // SAFETY: the room is ours, as its words are ready, until publish(). `self` is borrowed as long as the slice
        // lives, so we do not use it otherwise; that nobody else does is what whoever made the writer has promised.
        Ok(unsafe { self.memory.bytes_mut(self.room(len), len) })
    }

    /// The place of the room of a frame of `len` bytes, behind its header.
    fn room(&self, len: usize) -> usize {
        1 + if self.skipped(len) > 0 { 0 } else { self.half.place() }
    }

    /// How many words are left out before a frame of `len` bytes, since it does not fit before the end.
    fn skipped(&self, len: usize) -> usize {
        let left = self.memory.len() - self.half.place();
        if words(len) > left { left } else { 0 }
    }

    /// Passes the frame of `len` bytes that was written to what grant() gave, and what is left out before it.
    fn commit(&mut self, len: usize) {
        let skipped = self.skipped(len);
        if skipped > 0 {
            self.put_header(SKIP);
            self.half.pass(skipped);
        }
        self.put_header(len as u32);
        self.half.pass(words(len));
    }

    fn put_header(&mut self, len: u32) {
        // SAFETY: the word is ours, as grant() has made sure, and no slice of it is alive: grant() leaves it
        // out.
        unsafe { self.memory.store(self.half.place(), header(len)) };
    }
}

/// Room for one frame, in the ring's memory; see [`FrameWriter::reserve`].
pub struct Grant<'w, 'a, S: Scope = Private> {
    writer: &'w mut FrameWriter<'a, S>,
    /// The place behind its header.
    at: usize,
    len: usize,
}

impl<S: Scope> Grant<'_, '_, S> {
    /// Publishes the frame.
    ///
    /// # Errors
    /// How the reader has ended, if it has and has not read it.
    pub fn commit(self) -> Result<(), End> {
        self.writer.commit(self.len);
        self.writer.publish()
    }
}

impl<S: Scope> ops::Deref for Grant<'_, '_, S> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the room that grant() gave, whose writer we borrow exclusively: nothing is published meanwhile.
        unsafe { self.writer.memory.bytes(self.at, self.len) }
    }
}

impl<S: Scope> ops::DerefMut for Grant<'_, '_, S> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in deref(); and we are borrowed exclusively ourselves.
        unsafe { self.writer.memory.bytes_mut(self.at, self.len) }
    }
}

impl<'a, S: Scope> FrameReader<'a, S> {
    /// The caller has seen to it that nobody else is the reader of this ring or uses the memory otherwise.
    pub(super) fn new(ring: &'a Ring<S>, words: &'a Words) -> Self {
        let memory = Memory::new(words);
        Self { half: Half::new(ring, memory.len()), memory }
    }

    /// The next frame, where it lies; waits for one as long as it takes. Its room is given back when it is
    /// dropped.
    ///
    /// # Errors
    /// How the writer has ended, if it has and all of its frames were read; [`End::Corrupt`] if what lies
    /// there is no frame. Never [`PopError::Empty`].
    pub fn read(&mut self) -> Result<Frame<'_, 'a, S>, PopError> {
        self.read_until(Some(&Deadline::NEVER))
    }

    /// The next frame, if there is one at this moment.
    ///
    /// # Errors
    /// If there is none; else as of [`read`](Self::read).
    pub fn try_read(&mut self) -> Result<Frame<'_, 'a, S>, PopError> {
        self.read_until(None)
    }

    /// The next frame; waits for one until `timeout` at most.
    ///
    /// A writer whose process was killed closes nothing, so a reader that is not told of the death
    /// ([`Ring::writer_died`]) only knows by this that nothing comes.
    ///
    /// # Errors
    /// If there was none until then; else as of [`read`](Self::read).
    pub fn read_timeout(&mut self, timeout: impl Into<Deadline>) -> Result<Frame<'_, 'a, S>, PopError> {
        self.read_until(Some(&timeout.into()))
    }

    /// Copies the next frame to the end of `buffer` and says how long it is; waits for one until `timeout` at
    /// most (`None::<Duration>`: as long as it takes).
    ///
    /// The way to read from a process that may run wild: the bytes are loaded once each, as memory that
    /// anybody may write, and are nobody else's by the time that one looks at them.
    ///
    /// # Errors
    /// As of [`read_timeout`](Self::read_timeout).
    pub fn read_into(
        &mut self,
        buffer: &mut Vec<u8>,
        timeout: impl Into<Deadline>,
    ) -> Result<usize, PopError> {
        let frame = self.read_until(Some(&timeout.into()))?;
        let (at, len) = (frame.at, frame.len);
        // Whole words: the last one may bring bytes that are no part of the frame, and stay behind the end.
        buffer.reserve(len.next_multiple_of(WORD));
        let (room, _) = buffer.spare_capacity_mut().as_chunks_mut::<WORD>();
        // SAFETY: the frame's words are ours until it is dropped.
        let words = unsafe { frame.reader.memory.load_all(at, len.div_ceil(WORD)) };
        for (room, word) in room.iter_mut().zip(words) {
            *room = word.to_ne_bytes().map(MaybeUninit::new);
        }
        // SAFETY: there is room for so many bytes, all of which were just written.
        unsafe { buffer.set_len(buffer.len() + len) };
        Ok(len)
    }

    fn read_until(&mut self, deadline: Option<&Deadline>) -> Result<Frame<'_, 'a, S>, PopError> {
        if self.half.ready() == 0 {
            self.half.wait(1, deadline)?;
        }
        let place = self.half.place();
        // SAFETY: what is ready is ours, until we pass it and publish; and a reader has no slices to write.
        let mut len = length(unsafe { self.memory.load(place) });
        if len == Some(SKIP) {
            let skipped = self.memory.len() - place;
            // A frame follows, and it was published with the skip; at the beginning there is nothing to skip.
            if place == 0 || self.half.ready() <= skipped {
                return Err(PopError::Ended(End::Corrupt));
            }
            self.half.pass(skipped);
            // SAFETY: as above: more is ready than was skipped.
            len = length(unsafe { self.memory.load(0) });
        }
        let left = self.half.ready().min(self.memory.len() - self.half.place());
        match len {
            Some(len) if len != SKIP && words(len as usize) <= left => {
                let at = self.half.place() + 1;
                Ok(Frame { at, len: len as usize, reader: self })
            }
            _ => Err(PopError::Ended(End::Corrupt)),
        }
    }
}

/// A frame that was read, in the ring's memory: a view of its bytes, whose room is given back when it is
/// dropped.
pub struct Frame<'r, 'a, S: Scope = Private> {
    reader: &'r mut FrameReader<'a, S>,
    /// The place behind its header.
    at: usize,
    len: usize,
}

impl<S: Scope> ops::Deref for Frame<'_, '_, S> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the frame's words are ours until we are dropped; that nobody else writes them is what whoever made the
        // reader has promised.
        unsafe { self.reader.memory.bytes(self.at, self.len) }
    }
}

impl<S: Scope> Drop for Frame<'_, '_, S> {
    fn drop(&mut self) {
        self.reader.half.pass(words(self.len));
        // A reader has nothing to do with what became of the writer before it has read all.
        let _ = self.reader.half.publish();
    }
}

impl<S: Scope> fmt::Debug for Frame<'_, '_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<S: Scope> fmt::Debug for Grant<'_, '_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("len", &self.len).finish_non_exhaustive()
    }
}

impl<S: Scope> fmt::Debug for FrameWriter<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameWriter").field("max_len", &self.max_len()).finish_non_exhaustive()
    }
}

impl<S: Scope> fmt::Debug for FrameReader<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader").field("words", &self.memory.len()).finish_non_exhaustive()
    }
}
