//! What does a worker process do?

mod batch;
pub(crate) mod calls;
pub(crate) mod mark;
mod room;
mod watch;

pub use watch::current_cancel;

use crate::{
    link::{
        self, Ended, Incoming, Outgoing, is_worker,
        message::{Config, FromWorker, PROTOCOL, Request},
    },
    registry::{Refused, Registry},
    wire,
};
use batch::Desk;
use std::{io, process, sync::Arc, time::Duration};
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
    if !is_worker() {
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
    if is_worker() {
        serve_and_exit();
    }
}

fn serve_and_exit() -> ! {
    process::exit(match serve() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("process {}: {error}", process::id());
            1
        }
    })
}

fn serve() -> io::Result<()> {
    let (config, socket, region) = link::arrive()?;
    let watch = Watch::start(socket, config.parent)?;
    let registry = Registry::get().map_err(io::Error::other)?;
    if config.initializer.is_some() {
        watch.socket().send(&FromWorker::Initializes, &[])?;
    }
    if let Err(reason) = prepare(&config, registry) {
        watch.socket().send(&FromWorker::Refused(reason), &[])?;
        return Ok(());
    }
    let (mut assignments, answers) = (region.assignments(), region.answers());
    watch.socket().send(&FromWorker::Ready { protocol: PROTOCOL, build: registry.build_id() }, &[])?;
    let served = work(registry, &mut assignments, answers, &watch, config.processor);
    // Said last: the pool waits for the process to end, and that is what we do now.
    drop(assignments);
    match batch::first_failure() {
        Some(text) if config.is_process => served.and(Err(io::Error::other(text))),
        _ => served,
    }
}

/// Limits, and the initializer.
fn prepare(config: &Config, registry: &Registry) -> Result<(), String> {
    link::limit(config)?;
    let Some((number, argument)) = &config.initializer else { return Ok(()) };
    let entry = registry.by_number(*number).ok_or("the initializer is no task of this program")?;
    match entry.call(argument) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Refused::Argument(text) | Refused::Result(text))) => Err(format!("the initializer: {text}")),
        Err(error) => Err(format!("the initializer: {error}")),
    }
}

fn work(
    registry: &Registry,
    assignments: &mut Incoming,
    answers: Outgoing,
    watch: &Arc<Watch>,
    processor: Option<Duration>,
) -> io::Result<()> {
    let mut desk = Desk::new(registry, answers, Arc::clone(watch));
    let mut message = Vec::new();
    loop {
        message.clear();
        match assignments.next(&mut message) {
            Ok(()) => {}
            Err(Ended::Closed) => return Ok(()),
            Err(Ended::Dead) => link::end(),
            Err(Ended::Corrupt) => return Err(io::Error::other("the pool has said what cannot be")),
        }
        let (request, body) = wire::read_first::<Request>(&message).map_err(io::Error::other)?;
        desk.serve(&request, body)?;
        // The next task has all its time in another worker.
        if processor.is_some_and(link::has_used) {
            return Ok(());
        }
    }
}
