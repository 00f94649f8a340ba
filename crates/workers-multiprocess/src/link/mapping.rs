//! Memory that two processes map: files without a name, which nobody can make shorter.

use rustix::{
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create},
    mm::{MapFlags, ProtFlags, mmap, munmap},
};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    ptr::{self, NonNull},
};

/// A mapped file. It keeps the memory, not the descriptor.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping is an address and a length; who looks at the memory answers for that.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of a file, shared with whoever else maps them. `len` is not 0, and the file
    /// has the seals of [`new_file`], so that its pages cannot go away.
    pub(crate) fn new(file: BorrowedFd<'_>, len: usize, access: ProtFlags) -> io::Result<Self> {
        // SAFETY: a new mapping at an address of the system's choice touches no memory that is in use.
        let start = unsafe { mmap(ptr::null_mut(), len, access, MapFlags::SHARED, file, 0) }?;
        let start = NonNull::new(start.cast()).expect("the system maps nothing at address 0");
        Ok(Self { start, len })
    }

    pub(crate) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it is ours, whole, and nobody can borrow from what is being dropped.
        let unmapped = unsafe { munmap(self.start().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "a mapping of ours is a mapping");
    }
}

/// A new file of `len` zeros in memory, whose length stays.
pub(crate) fn new_file(len: usize) -> io::Result<OwnedFd> {
    let file = memfd_create(c"workers-multiprocess", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&file, len as u64)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
    Ok(file)
}

/// What a file that is looked at as bytes must have: then nobody can change it.
pub(crate) const UNCHANGING: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::WRITE);

/// Nobody changes the file any more. It must not be mapped for writing.
pub(crate) fn seal(file: impl AsFd) -> io::Result<()> {
    Ok(fcntl_add_seals(file, UNCHANGING | SealFlags::SEAL)?)
}

/// The length of a file that somebody else has made.
///
/// # Errors
/// If it lacks one of the `seals`: then it could change while one looks at it.
pub(crate) fn len_of_sealed(file: impl AsFd, seals: SealFlags) -> io::Result<usize> {
    if !fcntl_get_seals(&file)?.contains(seals) {
        return Err(io::Error::other("a file that was passed on is not sealed"));
    }
    usize::try_from(fstat(&file)?.st_size).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_length() {
        let file = new_file(8192).unwrap();
        assert!(ftruncate(&file, 0).is_err());
        assert!(ftruncate(&file, 9000).is_err());
        assert_eq!(len_of_sealed(&file, SealFlags::SHRINK | SealFlags::GROW).unwrap(), 8192);
    }

    #[test]
    fn a_file_that_could_change_is_refused() {
        let file = new_file(8192).unwrap();
        assert!(len_of_sealed(&file, SealFlags::SHRINK | SealFlags::WRITE).is_err());
        let (pipe, _) = std::io::pipe().unwrap();
        assert!(len_of_sealed(&pipe, SealFlags::SHRINK).is_err());
    }

    #[test]
    fn two_mappings_of_a_file_are_the_same_memory() {
        let file = new_file(4096).unwrap();
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let one = Mapping::new(file.as_fd(), 4096, access).unwrap();
        let other = Mapping::new(file.as_fd(), 4096, access).unwrap();
        // SAFETY: a mapping is not empty, and nobody else has this one.
        unsafe { one.start().write(7) };
        // SAFETY: as above.
        assert_eq!(unsafe { other.start().read() }, 7);
        assert_ne!(one.start(), other.start());
    }
}
