//! What does a worker process do?

mod batch;
pub(crate) mod mark;
mod watch;

pub(crate) use batch::file_of;
pub use watch::current_cancel;

use crate::{
    link::{
        message::{Config, FromWorker, PROTOCOL, Request, ToWorker},
        region::{Incoming, Outgoing, Region},
        socket::Socket,
    },
    registry::{Refused, Registry},
    wire,
};
use batch::Desk;
use locks::Deadline;
use queue::ring::{End, PopError};
use rustix::{
    process::{Resource, Rlimit, setrlimit},
    stdio,
};
use std::{fs, io, process, sync::Arc};
use watch::Watch;

/// Makes this process a worker if a [`ProcessPool`](crate::ProcessPool) started it; must be the first line of
/// `main`.
///
/// In a worker it never returns: it runs the tasks that the pool sends, and ends the process when the pool
/// closes the connection. In any other process it returns at once; a pool can be made only after that. A second call
/// changes nothing.
///
/// What stands before it in `main` is run by every worker too. A worker's standard output begins here: what is printed
/// to it before is not seen a second time.
///
/// It belongs in the main thread: in another it makes no worker, as `main` would go on beside it, and a pool says so.
/// In tests, see [`test`](macro@crate::test).
///
/// ```
/// workers_multiprocess::init();
/// ```
pub fn init() {
    let in_main = threads::current() == threads::main_thread();
    mark::set_initialized(in_main);
    if !mark::is_worker() {
        return;
    }
    match in_main {
        true => serve_and_exit(),
        false => mark::exit_by(mark::INIT_ELSEWHERE),
    }
}

/// [`init`] for a test, whose workers are to run `path`: `crate::module::function`.
#[doc(hidden)]
pub fn init_test(path: &str) {
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    mark::set_test(name);
    mark::set_initialized(true);
    if mark::is_worker() {
        serve_and_exit();
    }
}

fn serve_and_exit() -> ! {
    process::exit(match mark::take_socket().and_then(serve) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("process {}: {error}", process::id());
            1
        }
    })
}

fn serve(socket: Socket) -> io::Result<()> {
    let (config, region) = welcome(&socket)?;
    let watch = Watch::start(socket, config.parent)?;
    let registry = Registry::get().map_err(io::Error::other)?;
    if let Err(reason) = prepare(&config, registry) {
        watch.socket().send(&FromWorker::Refused(reason), &[])?;
        return Ok(());
    }
    let (mut assignments, answers) = (region.assignments(), region.answers());
    watch.socket().send(&FromWorker::Ready { protocol: PROTOCOL, build: registry.build_id() }, &[])?;
    let served = work(registry, &mut assignments, answers, &watch);
    // Said last: the pool waits for the process to end, and that is what we do now.
    drop(assignments);
    match batch::first_failure() {
        Some(text) if config.is_process => served.and(Err(io::Error::other(text))),
        _ => served,
    }
}

/// The first message of the pool, and what came with it: the region, and standard output.
fn welcome(socket: &Socket) -> io::Result<(Config, Arc<Region>)> {
    match socket.receive()? {
        Some((ToWorker::Config(config), files)) if files.len() == 2 && config.protocol == PROTOCOL => {
            stdio::dup2_stdout(&files[1])?;
            Ok((config, Region::open(&files[0])?))
        }
        _ => Err(io::Error::other("the pool is another program, or another version of this one")),
    }
}

/// Limits, and the initializer.
fn prepare(config: &Config, registry: &Registry) -> Result<(), String> {
    let limit = |resource, value: u64, what| {
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
            .map_err(|error| format!("a limit of {value} {what} was refused: {error}"))
    };
    if let Some(bytes) = config.memory {
        if let Some(mapped) = mapped().filter(|mapped| *mapped > bytes) {
            return Err(format!(
                "a limit of {bytes} bytes of memory is less than the {mapped} of address space that a worker has before \
                 its first task"
            ));
        }
        limit(Resource::As, bytes, "bytes of memory")?;
    }
    if let Some(time) = config.processor {
        // The system counts whole seconds.
        limit(Resource::Cpu, time.as_secs() + u64::from(time.subsec_nanos() > 0), "seconds")?;
    }
    let Some((number, argument)) = &config.initializer else { return Ok(()) };
    let entry = registry.by_number(*number).ok_or("the initializer is no task of this program")?;
    match entry.call(argument, &mut Vec::new()) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Refused::Argument(text) | Refused::Result(text))) => Err(format!("the initializer: {text}")),
        Err(error) => Err(format!("the initializer: {error}")),
    }
}

/// How many bytes of address space this process has mapped, where the system tells.
fn mapped() -> Option<u64> {
    let pages: u64 = fs::read_to_string("/proc/self/statm").ok()?.split(' ').next()?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

fn work(
    registry: &Registry,
    assignments: &mut Incoming,
    answers: Outgoing,
    watch: &Arc<Watch>,
) -> io::Result<()> {
    let mut desk = Desk::new(registry, answers, Arc::clone(watch));
    let mut message = Vec::new();
    loop {
        message.clear();
        match assignments.read_into(&mut message, Deadline::NEVER) {
            Ok(_) => {}
            Err(PopError::Ended(End::Closed)) => return Ok(()),
            Err(error) => return Err(io::Error::other(error)),
        }
        let (request, body) = wire::read_first::<Request>(&message).map_err(io::Error::other)?;
        desk.serve(&request, body)?;
    }
}
