//! A ring for one producer and one consumer, over memory that it borrows: between two threads, or two
//! processes.
//!
//! The words that say who has come how far are a [`Ring`]; the data lies in [`Slot`]s, wherever the owner
//! wishes. There are two faces: items of one type ([`Writer`], [`Reader`]), and frames of bytes
//! ([`FrameWriter`], [`FrameReader`]).
//!
//! ```
//! use queue::ring::{End, PopError, Ring, Slot};
//!
//! let (mut ring, mut memory) = (Ring::new(), [0_u64; 64]);
//! let (mut writer, mut reader) = ring.split(Slot::of(&mut memory));
//! let sum = std::thread::scope(|scope| {
//!     scope.spawn(move || {
//!         for number in 1..=1000 {
//!             writer.push(number).unwrap();
//!         }
//!     }); // Dropping the writer closes the ring.
//!     let mut sum = 0;
//!     while let Ok(number) = reader.pop() {
//!         sum += number;
//!     }
//!     sum
//! });
//! assert_eq!(sum, 500_500);
//! assert_eq!(reader.try_pop(), Err(PopError::Ended(End::Closed)));
//! ```
//!
//! # What it costs
//! A push or a pop of an item for which there is room, or which is there, is two stores and a load: no
//! exchange, no fence, no system call. To make that so, the side that goes to sleep has the kernel make a
//! fence for both (`membarrier`), a microsecond. Between processes, and where the kernel does not offer it,
//! each publication has a fence of its own, some tens of nanoseconds: there, publish several at once
//! ([`Writer::push_all`],
//! [`Writer::stage`], [`Reader::pop_many`]).
//!
//! # Ends
//! A side that is dropped closes; the other then finds [`End::Closed`], the reader after it has read what was
//! published. A side that was killed closes nothing. Whoever notices says so ([`Ring::writer_died`],
//! [`Ring::reader_died`]), and the other finds [`End::PeerDied`] in the same way; until then only its
//! timeouts tell. What was not published when the writer died is not there, so nothing is ever half there. A
//! ring is used once: an end stays.
//!
//! # Between processes
//! [`Ring::writer`] and its like take references into memory that both map. What they find there they do not
//! trust: positions and lengths that cannot be are told as [`End::Corrupt`], and lead nowhere. What they
//! cannot see is a process that writes where it is not its turn: [`FrameReader::read_into`] copies, and stays
//! sound even then.
//!
//! # When to use something else
//! [`Queue`](crate::Queue) for several threads on a side, or items that are not `Copy`; a pipe where bytes go
//! to a program that is not ours.

mod error;
mod frames;
mod raw;
mod slots;
mod words;

pub use error::{End, PopError, PushAllError, PushError, WriteError};
pub use frames::{Frame, FrameReader, FrameWriter, Grant};
pub use locks::{Private, Scope, Shared};
pub use raw::Ring;
pub use slots::{Reader, Slot, Writer};
#[cfg(loom)]
pub use words::Words;
#[cfg(not(loom))]
use words::Words;

impl<S: Scope> Ring<S> {
    /// Both sides of an empty ring over `slots`; whatever was in the ring before is forgotten.
    ///
    /// # Panics
    /// If the number of slots is not a power of two.
    pub fn split<'a, T: Copy + Send>(
        &'a mut self,
        slots: &'a mut [Slot<T>],
    ) -> (Writer<'a, T, S>, Reader<'a, T, S>) {
        *self = Self::in_scope();
        (Writer::new(self, slots), Reader::new(self, slots))
    }

    /// The writing side of a ring in shared memory.
    ///
    /// # Panics
    /// If the number of slots is not a power of two.
    ///
    /// # Safety
    /// 1. As long as the writer lives nobody else is this ring's writer, in any process; and what one before
    ///    it wrote happened before.
    /// 2. Both sides have the same slots, which are used for nothing else while either side lives.
    /// 3. Who can write to the memory of the ring and of the slots leaves any bits there at most, if every
    ///    bit pattern is a `T`; else nothing but what [`Writer`] writes.
    /// 4. Slots are not written by another process while this side, by the ring's positions, has them. (The
    ///    ring cannot check this. A process that was killed does not break it; one that runs wild may.)
    pub unsafe fn writer<'a, T: Copy + Send>(&'a self, slots: &'a [Slot<T>]) -> Writer<'a, T, S> {
        Writer::new(self, slots)
    }

    /// The reading side of a ring in shared memory.
    ///
    /// # Panics
    /// If the number of slots is not a power of two.
    ///
    /// # Safety
    /// As of [`writer`](Self::writer), with this side's name in the first.
    pub unsafe fn reader<'a, T: Copy + Send>(&'a self, slots: &'a [Slot<T>]) -> Reader<'a, T, S> {
        Reader::new(self, slots)
    }
}

impl<S: Scope> Ring<S> {
    /// Both sides of an empty ring of frames over `memory`; whatever was in the ring before is forgotten.
    ///
    /// ```
    /// use queue::ring::{Ring, Slot, WriteError};
    ///
    /// let (mut ring, mut memory) = (Ring::new(), [0; 8]);
    /// let (mut writer, mut reader) = ring.split_frames(Slot::of(&mut memory));
    /// assert_eq!(writer.write(&[0; 25]), Err(WriteError::TooLong { len: 25, max: 24 }));
    /// writer.write(b"one").unwrap();
    /// writer.write(b"").unwrap();
    /// assert_eq!(*reader.read().unwrap(), *b"one");
    /// assert_eq!(*reader.read().unwrap(), *b"");
    /// ```
    ///
    /// # Panics
    /// If the number of words is not a power of two.
    pub fn split_frames<'a>(&'a mut self, memory: &'a mut Words) -> (FrameWriter<'a, S>, FrameReader<'a, S>) {
        *self = Self::in_scope();
        (FrameWriter::new(self, memory), FrameReader::new(self, memory))
    }

    /// The writing side of a ring of frames in shared memory.
    ///
    /// # Panics
    /// If the number of words is not a power of two.
    ///
    /// # Safety
    /// As of [`writer`](Self::writer). The fourth is needed for [`FrameWriter::reserve`] only, whose room one
    /// may look at.
    pub unsafe fn frame_writer<'a>(&'a self, memory: &'a Words) -> FrameWriter<'a, S> {
        FrameWriter::new(self, memory)
    }

    /// The reading side of a ring of frames in shared memory.
    ///
    /// # Panics
    /// If the number of words is not a power of two.
    ///
    /// # Safety
    /// As of [`reader`](Self::reader). The fourth is not needed for [`FrameReader::read_into`], which copies.
    pub unsafe fn frame_reader<'a>(&'a self, memory: &'a Words) -> FrameReader<'a, S> {
        FrameReader::new(self, memory)
    }
}
