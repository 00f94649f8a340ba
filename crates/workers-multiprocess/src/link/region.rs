//! The memory that a pool shares with one worker: two rings, the claims, the results that were not sent yet.
//!
//! It lies in a file without a name that is passed to the worker and to nobody else. So a worker that dies, or runs
//! wild, can harm its own region and nothing else; and nothing is left behind, as there is nothing to unlink.

use super::{
    claims::Claims,
    mapping::{self, Mapping},
    progress::{Progress, SCRATCH},
};
use queue::ring::{FrameReader, FrameWriter, Ring, Shared, Slot};
use rustix::{fs::SealFlags, mm::ProtFlags};
use std::{
    io,
    ops::{Deref, DerefMut},
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

/// Words of eight bytes in a ring: 128 KiB each way.
const WORDS: usize = 16 << 10;
/// The longest message that goes through a ring; what is longer goes as a file.
pub(crate) const INLINE: usize = 32 << 10;

// What a worker has kept goes through the ring.
const _: () = assert!(SCRATCH <= INLINE);

const LEN: usize = size_of::<Layout>();

#[repr(C)]
#[derive(Debug)]
struct Layout {
    common: Common,
    requests: [Slot<u64>; WORDS],
    replies: [Slot<u64>; WORDS],
}

/// What both look at beside the messages.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Common {
    requests: Ring<Shared>,
    replies: Ring<Shared>,
    pub(crate) claims: Claims,
    pub(crate) progress: Progress,
}

/// A region, mapped.
#[derive(Debug)]
pub(crate) struct Region {
    memory: Mapping,
}

impl Region {
    /// A new one, and the file for the worker.
    pub(crate) fn create() -> io::Result<(Arc<Self>, OwnedFd)> {
        let file = mapping::new_file(LEN)?;
        let memory = Mapping::new(file.as_fd(), LEN, ProtFlags::READ | ProtFlags::WRITE)?;
        let common = Common {
            requests: Ring::in_scope(),
            replies: Ring::in_scope(),
            claims: Claims::new(),
            progress: Progress::new(),
        };
        // SAFETY: valid for writes, as the mapping is as long as the layout; aligned, as it begins with a page; and
        // nobody else has it yet.
        unsafe { memory.start().cast::<Common>().write(common) };
        Ok((Arc::new(Self { memory }), file))
    }

    /// The one that the pool has made.
    pub(crate) fn open(file: &OwnedFd) -> io::Result<Arc<Self>> {
        if mapping::len_of_sealed(file, SealFlags::SHRINK)? != LEN {
            return Err(io::Error::other("the memory that is shared with the pool has another layout"));
        }
        let memory = Mapping::new(file.as_fd(), LEN, ProtFlags::READ | ProtFlags::WRITE)?;
        Ok(Arc::new(Self { memory }))
    }

    fn layout(&self) -> &Layout {
        // SAFETY: the mapping is as long as the layout, aligned to a page, and lives as long as `self`. What create()
        // has not written are zeros, which are words. What others write meanwhile is in cells and atomics, of which
        // every bit pattern is a value.
        unsafe { &*self.memory.start().cast::<Layout>() }
    }

    pub(crate) fn common(&self) -> &Common {
        &self.layout().common
    }

    /// For the pool, once: the side that writes requests.
    pub(crate) fn requests(self: &Arc<Self>) -> Outgoing {
        Outgoing::new(self, |layout| (&layout.common.requests, &layout.requests))
    }

    /// For the pool, once: the side that reads replies.
    pub(crate) fn replies(self: &Arc<Self>) -> Incoming {
        Incoming::new(self, |layout| (&layout.common.replies, &layout.replies))
    }

    /// For the worker, once: the side that reads requests.
    pub(crate) fn assignments(self: &Arc<Self>) -> Incoming {
        Incoming::new(self, |layout| (&layout.common.requests, &layout.requests))
    }

    /// For the worker, once: the side that writes replies.
    pub(crate) fn answers(self: &Arc<Self>) -> Outgoing {
        Outgoing::new(self, |layout| (&layout.common.replies, &layout.replies))
    }

    /// Says to both of the pool's sides that the worker is no more.
    pub(crate) fn worker_died(&self) {
        self.common().requests.reader_died();
        self.common().replies.writer_died();
    }
}

type Words<'a> = (&'a Ring<Shared>, &'a [Slot<u64>]);

/// The writing side of one of a region's rings, which keeps the region.
#[derive(Debug)]
pub(crate) struct Outgoing {
    // First, as it is dropped first.
    writer: FrameWriter<'static, Shared>,
    region: Arc<Region>,
}

/// The reading side of one of a region's rings, which keeps the region.
#[derive(Debug)]
pub(crate) struct Incoming {
    // First, as it is dropped first.
    reader: FrameReader<'static, Shared>,
    _region: Arc<Region>,
}

impl Outgoing {
    fn new(region: &Arc<Region>, words: impl Fn(&'static Layout) -> Words<'static>) -> Self {
        let region = Arc::clone(region);
        // SAFETY: the layout lives as long as the region, which we keep until the writer is dropped; the writer is
        // not given away.
        let layout: &'static Layout = unsafe { &*std::ptr::from_ref(region.layout()) };
        let (ring, memory) = words(layout);
        // SAFETY: 1: the pool and the worker make one writer each of different rings, as `requests` and `answers` say,
        // for a region of their own. 2: both name the same slots. 3: every bit pattern is a u64. 4: reserve() is not
        // called.
        let writer = unsafe { ring.frame_writer(memory) };
        Self { writer, region }
    }

    pub(crate) fn region(&self) -> &Arc<Region> {
        &self.region
    }
}

impl Incoming {
    fn new(region: &Arc<Region>, words: impl Fn(&'static Layout) -> Words<'static>) -> Self {
        let region = Arc::clone(region);
        // SAFETY: as in Outgoing::new(), with the reader.
        let layout: &'static Layout = unsafe { &*std::ptr::from_ref(region.layout()) };
        let (ring, memory) = words(layout);
        // SAFETY: 1 to 3 as in Outgoing::new(), with `replies` and `assignments`. 4: only read_into() is called, which
        // copies.
        let reader = unsafe { ring.frame_reader(memory) };
        Self { reader, _region: region }
    }
}

impl Deref for Outgoing {
    type Target = FrameWriter<'static, Shared>;

    fn deref(&self) -> &Self::Target {
        &self.writer
    }
}

impl DerefMut for Outgoing {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.writer
    }
}

impl Deref for Incoming {
    type Target = FrameReader<'static, Shared>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl DerefMut for Incoming {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reader
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue::ring::{End, PopError};

    #[test]
    fn what_one_mapping_writes_the_other_reads() {
        let (pool, file) = Region::create().unwrap();
        let worker = Region::open(&file).unwrap();
        let (mut requests, mut assignments) = (pool.requests(), worker.assignments());
        requests.try_write(b"request").unwrap();
        let mut message = Vec::new();
        assignments.read_into(&mut message, None::<std::time::Duration>).unwrap();
        assert_eq!(message, b"request");
        pool.common().claims.offer(0);
        assert!(worker.common().claims.take(0));
    }

    #[test]
    fn a_death_that_is_told_ends_both_sides_of_the_pool() {
        let (pool, _file) = Region::create().unwrap();
        let (mut requests, mut replies) = (pool.requests(), pool.replies());
        pool.worker_died();
        assert!(requests.try_write(b"request").is_err());
        assert_eq!(replies.try_read().err(), Some(PopError::Ended(End::PeerDied)));
    }

    #[test]
    fn a_message_of_the_longest_length_fits() {
        let (pool, _file) = Region::create().unwrap();
        assert!(pool.requests().max_len() >= INLINE + 256);
    }
}
