//! SIGINT and SIGTERM, for the pools that are to end by them.
//!
//! A handler is installed when the first such pool is made, and stays. For each signal it does three things, in this
//! order: 1. if nobody waits for it, what happens without a handler; 2. it writes to a pipe; 3. it notes that nobody
//! waits any more. So the second signal ends the program, whatever the first one has led to. A thread at the other end of
//! the pipe stops the pools: a handler may do almost nothing itself.

use super::board::Board;
use locks::Lock;
use std::{
    io::{self, PipeReader, PipeWriter, Read},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use threads::Thread;

/// Whether a signal has its default effect. Relaxed everywhere: nothing else is read because of it.
static NOBODY_WAITS: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

static WAITING: Lock<Waiting> = Lock::new(Waiting { is_installed: false, boards: Vec::new() });

struct Waiting {
    is_installed: bool,
    boards: Vec<Arc<Board>>,
}

/// A pool that waits for a signal, until this is dropped.
pub(super) struct Interrupt(Arc<Board>);

impl Interrupt {
    pub(super) fn new(board: &Arc<Board>) -> io::Result<Self> {
        let mut waiting = WAITING.lock();
        if !waiting.is_installed {
            install()?;
            waiting.is_installed = true;
        }
        waiting.boards.push(Arc::clone(board));
        NOBODY_WAITS.store(false, Relaxed);
        Ok(Self(Arc::clone(board)))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        let mut waiting = WAITING.lock();
        waiting.boards.retain(|board| !Arc::ptr_eq(board, &self.0));
        if waiting.boards.is_empty() {
            NOBODY_WAITS.store(true, Relaxed);
        }
    }
}

fn install() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    Thread::new(move || listen(reader)).name("pool-interrupts").daemon(true).start()?;
    handle_signals(&writer)
}

#[cfg(unix)]
fn handle_signals(writer: &PipeWriter) -> io::Result<()> {
    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
        low_level::pipe,
    };
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&NOBODY_WAITS))?;
        pipe::register(signal, writer.try_clone()?)?;
        flag::register(signal, Arc::clone(&NOBODY_WAITS))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn handle_signals(_: &PipeWriter) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "a pool can be stopped by a signal on Unix only"))
}

/// Until nobody holds the pipe's other end, as the handlers do.
fn listen(mut signals: PipeReader) {
    while let Ok(()) = signals.read_exact(&mut [0]) {
        let boards = WAITING.lock().boards.clone();
        boards.iter().for_each(|board| board.stop());
    }
}
