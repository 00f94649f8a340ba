//! Bytes that cross to another process without a copy.

use crate::link::{File, FileRef, MAX_FILES, Sealed};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeTuple};
use std::{
    cell::{Cell, RefCell},
    fmt, io,
    ops::Deref,
    sync::Arc,
};

/// Bytes that nobody changes any more, and that cross to a worker and back without being copied: as an argument, as
/// a result, or anywhere inside one.
///
/// They lie in a file in memory (`memfd`) that is sealed, so a clone is a pointer, and what crosses is a descriptor.
/// It holds one descriptor, as long as it or a clone lives; fewer than [`INLINE`](Self::INLINE) bytes are kept on the
/// heap, hold none, and cross as bytes. Elsewhere than on Linux all of them are, whatever their number.
///
/// ```
/// use workers_multiprocess::SharedBytes;
///
/// let picture = SharedBytes::build(1 << 20, |bytes| bytes.fill(7))?;
/// assert_eq!(picture.len(), 1 << 20);
/// assert!(picture.iter().all(|byte| *byte == 7));
/// let text = SharedBytes::copy_from(b"a copy")?;
/// assert_eq!(*text, *b"a copy");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct SharedBytes(Arc<Bytes>);

enum Bytes {
    Heap(Box<[u8]>),
    File(Sealed),
}

impl SharedBytes {
    /// Fewer bytes are cheaper to copy than to share.
    pub const INLINE: usize = 16 << 10;

    /// `len` bytes that `fill` writes; they are zeros before.
    ///
    /// # Errors
    /// What the system says when there is no memory, or no descriptor.
    pub fn build(len: usize, fill: impl FnOnce(&mut [u8])) -> io::Result<Self> {
        if Self::is_shared(len) {
            return Ok(Self(Arc::new(Bytes::File(Sealed::build(len, fill)?))));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        bytes.resize(len, 0);
        fill(&mut bytes);
        Ok(Self(Arc::new(Bytes::Heap(bytes.into()))))
    }

    /// Whether so many bytes lie in a file.
    fn is_shared(len: usize) -> bool {
        Sealed::EXIST && len >= Self::INLINE
    }

    /// A copy of `bytes`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn copy_from(bytes: &[u8]) -> io::Result<Self> {
        Self::build(bytes.len(), |room| room.copy_from_slice(bytes))
    }

    /// What another process has made.
    pub(crate) fn from_file(file: File) -> io::Result<Self> {
        let bytes = Sealed::open(file)?.map_or(Bytes::Heap(Box::default()), Bytes::File);
        Ok(Self(Arc::new(bytes)))
    }

    /// The file, if there is one.
    pub(crate) fn file(&self) -> Option<FileRef<'_>> {
        match &*self.0 {
            Bytes::Heap(_) => None,
            Bytes::File(sealed) => Some(sealed.file()),
        }
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.0 {
            Bytes::Heap(bytes) => bytes,
            Bytes::File(sealed) => sealed.bytes(),
        }
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for SharedBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedBytes {}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBytes").field("len", &self.len()).finish_non_exhaustive()
    }
}

const NOWHERE: u32 = u32::MAX;

thread_local! {
    /// How many files were met while a value is made into bytes; [`NOWHERE`] where no file can go with it. It is looked at
    /// for every value, so it has no destructor, and what has one is apart.
    static MET: Cell<u32> = const { Cell::new(NOWHERE) };
    /// The files that were met, those of the innermost value last.
    static OUTGOING: RefCell<Vec<SharedBytes>> = const { RefCell::new(Vec::new()) };
    /// What came with the value that is being made from bytes.
    static INCOMING: RefCell<Vec<SharedBytes>> = const { RefCell::new(Vec::new()) };
}

/// Runs `encode`; files that are met on the way are not copied but put into `files`. By reference, as most values have
/// none, and what is returned is moved.
#[inline]
pub(crate) fn outgoing<R>(files: &mut Vec<SharedBytes>, encode: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `encode` panics.
    struct Outer(u32);
    impl Drop for Outer {
        #[inline]
        fn drop(&mut self) {
            let met = MET.replace(self.0);
            if met > 0 {
                drop(take(met));
            }
        }
    }
    let _outer = Outer(MET.replace(0));
    let result = encode();
    let met = MET.get();
    if met > 0 {
        MET.set(0);
        files.extend(take(met));
    }
    result
}

/// The files that were met last.
#[cold]
fn take(met: u32) -> Vec<SharedBytes> {
    OUTGOING.with_borrow_mut(|files| files.split_off(files.len() - met as usize))
}

/// Notes a file that goes with the value; says which of them it is, if it can go.
fn meet(bytes: &SharedBytes) -> Option<u32> {
    let met = MET.get();
    if met >= MAX_FILES as u32 - 1 {
        return None;
    }
    bytes.file()?;
    OUTGOING.with_borrow_mut(|files| files.push(bytes.clone()));
    MET.set(met + 1);
    Some(met)
}

/// What another process has sent with a message that has `sent` files.
///
/// # Errors
/// If not all have come, or one of them cannot be had.
pub(crate) fn arrived(files: Vec<File>, sent: u32) -> io::Result<Vec<SharedBytes>> {
    if files.len() != sent as usize {
        let text = format!("{} of {sent} have come, for want of descriptors", files.len());
        return Err(io::Error::other(text));
    }
    files.into_iter().map(SharedBytes::from_file).collect()
}

/// Runs `decode`, which finds `files` where [`outgoing`] has left them out.
#[inline]
pub(crate) fn incoming<R>(files: Vec<SharedBytes>, decode: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `decode` panics.
    struct Outer(Vec<SharedBytes>);
    impl Drop for Outer {
        fn drop(&mut self) {
            INCOMING.set(std::mem::take(&mut self.0));
        }
    }
    if files.is_empty() {
        return decode();
    }
    let _outer = Outer(INCOMING.replace(files));
    decode()
}

/// As it crosses: a file's number, or bytes.
const NUMBER: bool = true;

impl Serialize for SharedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = meet(self);
        let mut pair = serializer.serialize_tuple(2)?;
        match number {
            Some(number) => {
                pair.serialize_element(&NUMBER)?;
                pair.serialize_element(&number)?;
            }
            None => {
                pair.serialize_element(&!NUMBER)?;
                pair.serialize_element(serde_bytes::Bytes::new(self))?;
            }
        }
        pair.end()
    }
}

impl<'de> Deserialize<'de> for SharedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(2, Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = SharedBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shared bytes")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut pair: A) -> Result<SharedBytes, A::Error> {
        let missing = || de::Error::custom("a part of shared bytes is missing");
        if pair.next_element::<bool>()?.ok_or_else(missing)? == NUMBER {
            let number = pair.next_element::<u32>()?.ok_or_else(missing)?;
            let file = INCOMING.with_borrow(|files| files.get(number as usize).cloned());
            file.ok_or_else(|| de::Error::custom("a file that did not come"))
        } else {
            let bytes = pair.next_element::<serde_bytes::ByteBuf>()?.ok_or_else(missing)?;
            match SharedBytes::is_shared(bytes.len()) {
                true => SharedBytes::copy_from(&bytes).map_err(de::Error::custom),
                false => Ok(SharedBytes(Arc::new(Bytes::Heap(bytes.into_vec().into())))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn large_bytes_cross_as_a_file_if_there_are_files_and_small_ones_as_bytes() {
        let large = SharedBytes::build(SharedBytes::INLINE, |bytes| bytes.fill(3)).unwrap();
        let small = SharedBytes::copy_from(b"small").unwrap();
        let pair = (large.clone(), small);
        let mut files = Vec::new();
        let bytes = outgoing(&mut files, || wire::encode(&pair).unwrap());
        assert_eq!(files.len(), usize::from(Sealed::EXIST));
        assert_eq!(bytes.len() < 20, Sealed::EXIST, "{}", bytes.len());
        let back = incoming(files, || wire::read_last::<(SharedBytes, SharedBytes)>(&bytes));
        assert_eq!(back, Ok(pair));
    }

    #[test]
    fn where_no_file_can_go_along_the_bytes_are_copied() {
        let large = SharedBytes::build(SharedBytes::INLINE, |bytes| bytes.fill(3)).unwrap();
        let bytes = wire::encode(&large).unwrap();
        assert!(bytes.len() > SharedBytes::INLINE);
        assert_eq!(wire::read_last::<SharedBytes>(&bytes), Ok(large));
    }

    #[test]
    fn a_number_without_a_file_is_an_error() {
        let large = SharedBytes::build(SharedBytes::INLINE, |_| ()).unwrap();
        let bytes = outgoing(&mut Vec::new(), || wire::encode(&large).unwrap());
        assert_eq!(wire::read_last::<SharedBytes>(&bytes).is_err(), Sealed::EXIST);
    }
}
