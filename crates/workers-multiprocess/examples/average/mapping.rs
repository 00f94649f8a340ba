//! How do bytes of a file come into memory?

use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::io;

/// Maps `length` bytes of a file.
pub(crate) fn map(file: &File, offset: u64, length: usize) -> io::Result<Mmap> {
    // To touch a mapping behind the end of its file would end the process.
    if file.metadata()?.len() < offset + length as u64 {
        return Err(io::Error::other("the file became shorter while it was read"));
    }
    // SAFETY: the file must not be changed or cut short while it is mapped. No program can promise that for a
    // file that it was given; this one never writes to it, makes no assumption about the bytes that
    // reading them once would not establish, and has just checked the length.
    unsafe { MmapOptions::new().offset(offset).len(length).map(file) }
}
