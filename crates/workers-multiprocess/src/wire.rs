//! What do pool and worker say to each other?
//!
//! 1. The worker, once, when it is ready: [`Hello`].
//! 2. The pool: a request: the task's path, then the argument.
//! 3. The worker: a [`Reply`], then, if the task returned, its result. Back to 2.
//! 4. The pool closes its end; the worker ends with exit code 0.
//!
//! Each is one frame (`frame.rs`) of values in postcard's format, one after the other.

use crate::{
    TaskError,
    frame::{self, MAX_MESSAGE},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::any::type_name;

/// Changes with every change of what is said in this file.
const PROTOCOL: u32 = 1;

/// What a worker says of itself before the first request.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    protocol: u32,
    /// See `registry::build_id`.
    build: u64,
}

impl Hello {
    /// More than a hello takes: what is longer is none.
    pub(crate) const LIMIT: usize = 64;

    pub(crate) fn new(build: u64) -> Self {
        Self { protocol: PROTOCOL, build }
    }
}

/// How a request ended.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The result follows.
    Returned,
    Panicked {
        message: String,
        location: String,
    },
    ArgumentRefused(String),
    ResultRefused(String),
}

/// Appends a value to a frame that was begun.
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, frame: Vec<u8>) -> Result<Vec<u8>, String> {
    postcard::to_extend(value, frame).map_err(|error| format!("{}: {error}", type_name::<T>()))
}

/// Reads a value that takes all of `bytes`.
pub(crate) fn read_last<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let (value, rest) = read_first(bytes)?;
    match rest.len() {
        0 => Ok(value),
        extra => Err(format!("{}: {extra} bytes too many", type_name::<T>())),
    }
}

/// Reads a value from the beginning of `bytes`; returns also what follows it.
pub(crate) fn read_first<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), String> {
    postcard::take_from_bytes(bytes).map_err(|error| format!("{}: {error}", type_name::<T>()))
}

/// The frame of one value.
pub(crate) fn message<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    let mut frame = append(value, frame::begin())?;
    frame::seal(&mut frame, MAX_MESSAGE)?;
    Ok(frame)
}

/// The frame that asks for a task.
pub(crate) fn request<A: Serialize>(path: &str, argument: &A) -> Result<Vec<u8>, TaskError> {
    let encode = || {
        let mut frame = append(argument, append(path, frame::begin())?)?;
        frame::seal(&mut frame, MAX_MESSAGE)?;
        Ok(frame)
    };
    encode().map_err(TaskError::Encode)
}

/// What a reply brings: the result, or why there is none.
pub(crate) fn result<R: DeserializeOwned>(reply: &[u8]) -> Result<R, TaskError> {
    let (reply, result) = read_first(reply).map_err(TaskError::Decode)?;
    match reply {
        Reply::Returned => read_last(result).map_err(TaskError::Decode),
        Reply::Panicked { message, location } => Err(TaskError::Panicked { message, location }),
        Reply::ArgumentRefused(text) => Err(TaskError::Decode(text)),
        Reply::ResultRefused(text) => Err(TaskError::Encode(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message_of(frame: &[u8]) -> Vec<u8> {
        frame::read(&mut &*frame, MAX_MESSAGE).unwrap().expect("a whole frame")
    }

    proptest! {
        #[test]
        fn a_request_brings_its_path_and_its_argument(path: String, argument: (Vec<i64>, Option<String>)) {
            let request = message_of(&request(&path, &argument).unwrap());
            let (arrived, rest) = read_first::<&str>(&request).unwrap();
            prop_assert_eq!(arrived, path);
            prop_assert_eq!(read_last::<(Vec<i64>, Option<String>)>(rest), Ok(argument));
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
        let returned = append(&7_u32, append(&Reply::Returned, Vec::new()).unwrap()).unwrap();
        assert_eq!(result::<u32>(&returned), Ok(7));
        let panicked = Reply::Panicked { message: "m".into(), location: "l".into() };
        let reply = append(&panicked, Vec::new()).unwrap();
        assert_eq!(
            result::<u32>(&reply),
            Err(TaskError::Panicked { message: "m".into(), location: "l".into() })
        );
        let reply = append(&Reply::ArgumentRefused("a".into()), Vec::new()).unwrap();
        assert_eq!(result::<u32>(&reply), Err(TaskError::Decode("a".into())));
        let reply = append(&Reply::ResultRefused("r".into()), Vec::new()).unwrap();
        assert_eq!(result::<u32>(&reply), Err(TaskError::Encode("r".into())));
    }

    #[test]
    fn bytes_after_a_value_are_an_error() {
        assert_eq!(read_last::<u8>(&[1, 2, 3]), Err("u8: 2 bytes too many".into()));
    }

    #[test]
    fn a_hello_stays_below_its_limit() {
        assert!(message(&Hello::new(u64::MAX)).unwrap().len() < Hello::LIMIT);
    }
}
