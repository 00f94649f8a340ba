//! Copies of bytes that were written one by one a moment ago, as numbers are in postcard's format: a copy that loads
//! several of them at once would wait until all of these stores are done, which takes longer than all the rest.

/// Up to how many bytes are taken for a number, with an item's head.
const SHORT: usize = 16;

/// Appends `more`.
#[inline]
pub(crate) fn append(bytes: &mut Vec<u8>, more: &[u8]) {
    bytes.reserve(more.len());
    let end = bytes.spare_capacity_mut().as_mut_ptr().cast::<u8>();
    // SAFETY: there is room for `more` behind the bytes, in memory that nobody else has.
    unsafe { copy(more, end) };
    // SAFETY: these bytes are there now.
    unsafe { bytes.set_len(bytes.len() + more.len()) };
}

/// Copies `from` to where `to` points.
///
/// # Safety
/// `to` is valid for writes of as many bytes, none of which lie in `from`.
#[inline]
pub(crate) unsafe fn copy(from: &[u8], to: *mut u8) {
    if from.len() > SHORT {
        // SAFETY: the caller's promise.
        return unsafe { to.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
    }
    for (at, byte) in from.iter().enumerate() {
        // SAFETY: within these bytes.
        let to = unsafe { to.add(at) };
        // SAFETY: the caller's promise. Volatile, or the compiler makes a copy of the loop.
        unsafe { to.write_volatile(*byte) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_what_was_there_whatever_its_length() {
        let all: Vec<u8> = (0..=255).collect();
        for len in 0..all.len() {
            let mut bytes = vec![7; 3];
            append(&mut bytes, &all[..len]);
            append(&mut bytes, b"end");
            assert_eq!(bytes, [&[7, 7, 7], &all[..len], b"end"].concat());
        }
    }
}
