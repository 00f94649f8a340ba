//! What do pool and worker say to each other?
//!
//! By the socket, when the worker starts:
//! 1. The pool: [`Config`], with the file of the region; a long argument of the initializer is another file.
//! 2. The worker: [`FromWorker::Initializes`], if it is to; when it is ready, [`FromWorker::Ready`], or why it never will be.
//!
//! By the rings, for each task or batch of tasks:
//! 3. The pool: a [`Request`], and the arguments as items.
//! 4. The worker: [`Answer`]s, each with the results of some of the items, in order, until all are there.
//!
//! A body that is longer than [`INLINE`](super::region::INLINE) goes as a file, and so do
//! [`SharedBytes`](crate::SharedBytes): by the socket, before the message that needs them is in the ring. The pool
//! closes its ring in the end, and the worker ends with exit code 0.
//!
//! All are values in postcard's format.

use crate::wire;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Changes with every change of what is said in this file.
pub(crate) const PROTOCOL: u32 = 4;

/// How a worker is to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Config {
    pub(crate) protocol: u32,
    /// The pool's process.
    pub(crate) parent: u32,
    /// Bytes of address space.
    pub(crate) memory: Option<u64>,
    /// Processor time: a worker that has used it ends after its task, and is ended when it has used twice as much.
    pub(crate) processor: Option<Duration>,
    /// It is there for one task, whose failure is its own.
    pub(crate) is_process: bool,
    /// A task that runs before the first, and its argument as an item.
    pub(crate) initializer: Option<(u32, Vec<u8>)>,
}

/// From pool to worker, by the socket.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    Config(Config),
    /// The files of a request.
    Files {
        ticket: u64,
    },
    /// Whoever wanted this task's result wants it no longer.
    Cancel {
        ticket: u64,
    },
}

/// From worker to pool, by the socket.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FromWorker {
    /// It has come, and begins with the initializer.
    Initializes,
    /// It waits for requests.
    Ready {
        protocol: u32,
        /// See `registry::build_id`.
        build: u64,
    },
    /// It never will.
    Refused(String),
    /// The files of an answer.
    Files { ticket: u64 },
}

/// Calls of one function.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) ticket: u64,
    /// The number of the function in the registry.
    pub(crate) task: u32,
    /// How many calls.
    pub(crate) items: u32,
    /// Files that came by the socket; the first is the body if `body_in_file`.
    pub(crate) files: u32,
    pub(crate) body_in_file: bool,
}

/// Results of some of a request's items.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) ticket: u64,
    /// The number of the first item within its request.
    pub(crate) first: u32,
    /// How many; none if the request had been withdrawn and was passed over.
    pub(crate) items: u32,
    /// How long they took.
    pub(crate) nanos: u64,
    pub(crate) files: u32,
    pub(crate) body_in_file: bool,
}

/// An item's head says how long it is: by one byte if it is shorter than this, else by this and four bytes. A long head may
/// say any length.
pub(crate) const LONG: u8 = u8::MAX;
pub(crate) const LONG_HEAD: usize = 1 + size_of::<u32>();

/// The head of an item of so many bytes, if they are few.
#[inline]
pub(crate) fn short_head(len: usize) -> Option<u8> {
    u8::try_from(len).ok().filter(|head| *head < LONG)
}

/// The head of an item of so many bytes.
///
/// # Errors
/// If they are too many.
pub(crate) fn long_head(len: usize) -> Result<[u8; LONG_HEAD], String> {
    let field = u32::try_from(len).ok().filter(|_| len <= wire::MAX_MESSAGE);
    let [a, b, c, d] = field.ok_or_else(|| wire::too_long(len))?.to_le_bytes();
    Ok([LONG, a, b, c, d])
}

/// Appends an item: its head, and what `write` appends. On an error nothing is appended.
#[inline]
pub(crate) fn put_item<E>(
    items: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<String>,
{
    let start = items.len();
    items.push(0);
    let written = write(items).and_then(|()| match short_head(items.len() - start - 1) {
        Some(head) => {
            items[start] = head;
            Ok(())
        }
        None => Ok(lengthen_head(items, start)?),
    });
    if written.is_err() {
        items.truncate(start);
    }
    written
}

#[cold]
fn lengthen_head(items: &mut Vec<u8>, start: usize) -> Result<(), String> {
    let head = long_head(items.len() - start - 1)?;
    items.splice(start..=start, head);
    Ok(())
}

/// What `write` appends as an item, alone: so it has a long head at once, and is not moved however long it is.
#[inline]
pub(crate) fn item_of<E>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Vec<u8>, E>
where
    E: From<String>,
{
    let mut item = vec![LONG; LONG_HEAD];
    write(&mut item)?;
    let head = long_head(item.len() - LONG_HEAD)?;
    item[..LONG_HEAD].copy_from_slice(&head);
    Ok(item)
}

/// A value as an item, alone.
#[inline]
pub(crate) fn item<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, String> {
    item_of(|item| wire::append(value, item))
}

/// The items of a body, one after the other; `None` also where a length cannot be.
#[derive(Clone, Debug)]
pub(crate) struct Items<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (item, rest) = match self.0 {
            [LONG, rest @ ..] => {
                let (len, rest) = rest.split_first_chunk()?;
                rest.split_at_checked(u32::from_le_bytes(*len) as usize)?
            }
            [len, rest @ ..] => rest.split_at_checked(usize::from(*len))?,
            [] => return None,
        };
        self.0 = rest;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_come_out_as_they_went_in(items: Vec<Vec<u8>>) {
            let mut body = Vec::new();
            for item in &items {
                put_item::<String>(&mut body, |body| { body.extend_from_slice(item); Ok(()) }).unwrap();
            }
            let out: Vec<_> = Items(&body).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(out, items);
        }

        #[test]
        fn an_item_alone_is_as_one_among_others(len in 0..600_usize) {
            let bytes = vec![LONG; len];
            let write = |body: &mut Vec<u8>| { body.extend_from_slice(&bytes); Ok(()) };
            let mut body = item_of::<String>(write).unwrap();
            put_item::<String>(&mut body, write).unwrap();
            let before = body.len();
            let failed = put_item(&mut body, |body| { body.push(0); Err("no".to_owned()) });
            prop_assert_eq!(failed, Err("no".to_owned()));
            prop_assert_eq!(body.len(), before);
            prop_assert_eq!(Items(&body).collect::<Vec<_>>(), [&bytes, &bytes]);
        }

        #[test]
        fn any_bytes_are_items_or_end_but_no_panic(bytes: Vec<u8>) {
            let total: usize = Items(&bytes).map(<[u8]>::len).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
