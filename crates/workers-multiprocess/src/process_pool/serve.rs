//! What does a worker process do?

use super::mark;
use crate::{
    TaskError,
    frame::{self, MAX_MESSAGE},
    registry::{Refused, Registry},
    wire::{self, Hello, Reply},
};
use std::{
    io::{self, BufReader, ErrorKind, Write},
    os::unix::net::UnixStream,
    process,
};

/// Makes this process a worker if a [`ProcessPool`](crate::ProcessPool) started it; must be the first line of
/// `main`.
///
/// In a worker it never returns: it runs the tasks that the pool sends, and ends the process when the pool
/// closes the connection. In any other process it returns at once; a pool can be made only after that.
///
/// ```
/// workers_multiprocess::init();
/// ```
pub fn init() {
    let worker = mark::is_worker();
    mark::set_initialized();
    if worker {
        match mark::take_socket() {
            // The pool takes the closing of the socket for the end of the process: it stays open until the
            // system closes it then.
            Ok(socket) => process::exit(exit_code(serve(&socket))),
            Err(error) => process::exit(exit_code(Err(error))),
        }
    }
}

fn exit_code(served: io::Result<()>) -> i32 {
    match served {
        Ok(()) => 0,
        // The pool's process has ended while it was told something: there is nobody to tell.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => 1,
        Err(error) => {
            eprintln!("worker process {}: {error}", process::id());
            1
        }
    }
}

fn serve(mut socket: &UnixStream) -> io::Result<()> {
    let registry = Registry::get().map_err(io::Error::other)?;
    let hello = wire::message(&Hello::new(registry.build_id())).map_err(io::Error::other)?;
    socket.write_all(&hello)?;
    let mut requests = BufReader::new(socket);
    while let Some(request) = frame::read(&mut requests, MAX_MESSAGE)? {
        let reply = answer(registry, &request).map_err(io::Error::other)?;
        // What the task printed is there before its result is. Where nothing can be printed, nothing is lost
        // with the error.
        let _ = io::stdout().flush();
        socket.write_all(&reply)?;
    }
    Ok(())
}

/// The frame that answers a request.
fn answer(registry: &Registry, request: &[u8]) -> Result<Vec<u8>, String> {
    let (path, argument) = wire::read_first::<&str>(request)?;
    let task = registry.by_path(path).ok_or_else(|| format!("no task has the path `{path}`"))?;
    let returned = wire::append(&Reply::Returned, frame::begin())?;
    let reply = match task.call(argument, returned) {
        Ok(Ok(mut frame)) => match frame::seal(&mut frame, MAX_MESSAGE) {
            Ok(()) => return Ok(frame),
            Err(too_long) => Reply::ResultRefused(too_long),
        },
        Ok(Err(Refused::Argument(text))) => Reply::ArgumentRefused(text),
        Ok(Err(Refused::Result(text))) => Reply::ResultRefused(text),
        Err(TaskError::Panicked { message, location }) => Reply::Panicked { message, location },
        Err(other) => return Err(other.to_string()),
    };
    wire::message(&reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::Shutdown, thread};

    /// What a worker's loop ends with after it has been sent `bytes` and the end.
    fn serve_bytes(bytes: &[u8]) -> io::Result<()> {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let worker = thread::spawn(move || serve(&theirs));
        ours.write_all(bytes).unwrap();
        ours.shutdown(Shutdown::Write).unwrap();
        let hello = frame::read(&mut ours, Hello::LIMIT).unwrap().expect("the worker says hello first");
        assert_eq!(wire::read_last(&hello), Ok(Hello::new(Registry::get().unwrap().build_id())));
        worker.join().unwrap()
    }

    #[test]
    fn the_end_between_two_requests_is_no_error() {
        assert!(serve_bytes(&[]).is_ok());
    }

    #[test]
    fn the_end_inside_a_request_is_an_error_that_says_so() {
        let error = serve_bytes(&[10, 0, 0, 0, 1]).unwrap_err();
        assert_eq!(error.to_string(), "the stream ended after 1 of the 10 bytes of a message");
    }

    #[test]
    fn a_request_for_an_unknown_task_is_an_error_that_names_it() {
        let request = wire::request("m::unknown", &7).unwrap();
        assert_eq!(serve_bytes(&request).unwrap_err().to_string(), "no task has the path `m::unknown`");
    }

    #[test]
    fn a_process_without_a_mark_is_no_worker() {
        init();
        assert!(mark::is_initialized());
    }
}
