//! Files in memory that nobody can change, mapped.

use super::{
    File, FileRef, INLINE,
    mapping::{self, Mapping},
};
use rustix::mm::ProtFlags;
use std::{
    fs,
    io::{self, Write},
    os::fd::{AsFd, OwnedFd},
    slice,
};

/// A file of at least a byte.
pub(crate) struct Sealed {
    memory: Mapping,
    file: OwnedFd,
}

impl Sealed {
    /// Whether there are any.
    pub(crate) const EXIST: bool = true;

    /// `len` bytes that `fill` writes; they are zeros before, and not none.
    pub(crate) fn build(len: usize, fill: impl FnOnce(&mut [u8])) -> io::Result<Self> {
        let file = mapping::new_file(len)?;
        let memory = Mapping::new(file.as_fd(), len, ProtFlags::READ | ProtFlags::WRITE)?;
        // SAFETY: valid for reads and writes of `len` bytes, which are zeros; nobody else has the file; the slice
        // ends before the mapping does.
        fill(unsafe { slice::from_raw_parts_mut(memory.start(), len) });
        // A file can be sealed against writing only when nobody has it mapped for writing.
        drop(memory);
        mapping::seal(&file)?;
        let memory = Mapping::new(file.as_fd(), len, ProtFlags::READ)?;
        Ok(Self { memory, file })
    }

    /// What another process has made; `None` if it is empty.
    pub(crate) fn open(file: File) -> io::Result<Option<Self>> {
        let len = mapping::len_of_sealed(&file, mapping::UNCHANGING)?;
        if len == 0 {
            return Ok(None);
        }
        let memory = Mapping::new(file.as_fd(), len, ProtFlags::READ)?;
        Ok(Some(Self { memory, file }))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is as long and lives as long as `self`; by its seals nobody can write the file or make it
        // shorter.
        unsafe { slice::from_raw_parts(self.memory.start(), self.memory.len()) }
    }

    pub(crate) fn file(&self) -> FileRef<'_> {
        self.file.as_fd()
    }
}

/// The file as which these bytes go beside a message, if they are too long to go in it.
pub(crate) fn spill(bytes: &[u8]) -> io::Result<Option<File>> {
    if bytes.len() <= INLINE {
        return Ok(None);
    }
    let mut file = fs::File::from(mapping::new_file(bytes.len())?);
    file.write_all(bytes)?;
    mapping::seal(&file)?;
    Ok(Some(file.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_somebody_could_change_is_refused() {
        assert!(Sealed::open(mapping::new_file(4096).unwrap()).is_err());
    }

    #[test]
    fn what_goes_as_a_file_is_what_was_given() {
        let bytes = vec![7; INLINE + 1];
        let sealed = Sealed::open(spill(&bytes).unwrap().unwrap()).unwrap().unwrap();
        assert_eq!(sealed.bytes(), bytes);
        assert!(spill(&bytes[1..]).unwrap().is_none());
    }
}
