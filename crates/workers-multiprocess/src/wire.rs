//! How are values made into bytes, and how does a task's end look as bytes?
//!
//! Everything is in postcard's format.

use crate::{TaskError, error::Death, short};
pub(crate) use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{any::type_name, time::Duration};

/// The bytes that one argument or one result may take, with what is sent beside it: 1 GiB. A
/// [`SharedBytes`](crate::SharedBytes) inside does not count, on Linux.
pub const MAX_MESSAGE: usize = 1 << 30;

/// How one task ended.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The result follows.
    Returned,
    Panicked {
        message: String,
        location: String,
        backtrace: Option<String>,
    },
    ArgumentRefused(String),
    ResultRefused(String),
    /// The pool says so, not the worker; the rest likewise.
    Died(Death),
    TimedOut(Duration),
    NotStarted(String),
    Closed,
}

/// [`Reply::Returned`] as bytes: the one that is not decoded but compared, as nearly all replies begin with it.
pub(crate) const RETURNED: u8 = 0;

/// Appends a value; on an error nothing is appended.
#[inline]
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, bytes: &mut Vec<u8>) -> Result<(), String> {
    let start = bytes.len();
    write(value, Appending(bytes)).inspect_err(|_| bytes.truncate(start))
}

/// Writes a value; on an error any part of it may be written.
#[inline]
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, output: impl Flavor) -> Result<(), String> {
    value.serialize(&mut postcard::Serializer { output }).map_err(|error| refused::<T>(&error))
}

#[cold]
fn refused<T: ?Sized>(error: &postcard::Error) -> String {
    format!("{}: {error}", type_name::<T>())
}

/// A value as bytes.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    append(value, &mut bytes)?;
    Ok(bytes)
}

/// Has postcard append to what is there.
struct Appending<'a>(&'a mut Vec<u8>);

impl Flavor for Appending<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        short::append(self.0, bytes);
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Reads a value that takes all of `bytes`.
#[inline(always)]
pub(crate) fn read_last<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let (value, rest) = read_first(bytes)?;
    match rest.len() {
        0 => Ok(value),
        extra => Err(too_many::<T>(extra)),
    }
}

#[cold]
fn too_many<T>(extra: usize) -> String {
    format!("{}: {extra} bytes too many", type_name::<T>())
}

/// Reads a value from the beginning of `bytes`; returns also what follows it.
#[inline(always)]
pub(crate) fn read_first<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), String> {
    let mut deserializer = postcard::Deserializer::from_bytes(bytes);
    let value = T::deserialize(&mut deserializer).map_err(|error| refused::<T>(&error))?;
    let rest = deserializer.finalize().map_err(|error| refused::<T>(&error))?;
    Ok((value, rest))
}

/// What a reply brings: the result, or why there is none.
#[inline(always)]
pub(crate) fn result<R: DeserializeOwned>(reply: &[u8]) -> Result<R, TaskError> {
    match reply {
        [RETURNED, result @ ..] => read_last(result).map_err(TaskError::Decode),
        _ => Err(failure(reply)),
    }
}

#[cold]
fn failure(reply: &[u8]) -> TaskError {
    let reply = match read_last(reply) {
        Ok(reply) => reply,
        Err(text) => return TaskError::Decode(text),
    };
    match reply {
        Reply::Returned => TaskError::Decode("no result".into()),
        Reply::Panicked { message, location, backtrace } => {
            TaskError::Panicked { message, location, backtrace }
        }
        Reply::ArgumentRefused(text) => TaskError::Decode(text),
        Reply::ResultRefused(text) => TaskError::Encode(text),
        Reply::Died(death) => TaskError::WorkerDied(death),
        Reply::TimedOut(limit) => TaskError::TimedOut(limit),
        Reply::NotStarted(text) => TaskError::Start(text),
        Reply::Closed => TaskError::Closed,
    }
}

pub(crate) fn too_long(len: usize) -> String {
    format!("a value of {len} bytes is longer than the limit of {MAX_MESSAGE}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_comes_back_and_what_follows_is_left(value: (Vec<i64>, Option<String>), rest: Vec<u8>) {
            let mut bytes = encode(&value).unwrap();
            bytes.extend_from_slice(&rest);
            prop_assert_eq!(read_first(&bytes), Ok((value, rest.as_slice())));
        }

        #[test]
        fn any_bytes_are_a_reply_or_an_error_but_no_panic(bytes: Vec<u8>) {
            if let Err(error) = result::<Vec<String>>(&bytes) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_reply_is_the_result_or_the_reason_why_there_is_none() {
        assert_eq!(encode(&Reply::Returned), Ok(vec![RETURNED]));
        let mut returned = vec![RETURNED];
        append(&7_u32, &mut returned).unwrap();
        assert_eq!(result::<u32>(&returned), Ok(7));
        let error = |reply| result::<u32>(&encode(&reply).unwrap()).unwrap_err();
        let (message, location) = ("m".to_owned(), "l".to_owned());
        assert_eq!(
            error(Reply::Panicked { message: message.clone(), location: location.clone(), backtrace: None }),
            TaskError::Panicked { message, location, backtrace: None }
        );
        assert_eq!(error(Reply::ArgumentRefused("a".into())), TaskError::Decode("a".into()));
        assert_eq!(error(Reply::ResultRefused("r".into())), TaskError::Encode("r".into()));
        let limit = Duration::from_secs(7);
        assert_eq!(error(Reply::TimedOut(limit)), TaskError::TimedOut(limit));
    }

    #[test]
    fn bytes_after_a_value_are_an_error() {
        assert_eq!(read_last::<u8>(&[1, 2, 3]), Err("u8: 2 bytes too many".into()));
    }
}
