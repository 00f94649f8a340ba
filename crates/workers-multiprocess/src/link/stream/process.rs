//! A worker process, of which the system tells as little as everywhere: that it has ended.

use super::{
    super::{Listener, Signal, system},
    Region, meeting,
};
use locks::{Event, Lock};
use std::{
    io::{self, ErrorKind, PipeReader, PipeWriter, Read, pipe},
    process::Child,
    sync::Arc,
    thread,
    time::Duration,
};

/// How long is waited for the last lines of a process that has ended, if another one has its streams too.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A process that was started.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(super) running: Lock<Running>,
    sentinel: Option<PipeReader>,
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) child: Child,
    /// The signal or the exit code, when it was waited for: its number may be another's then.
    ending: Option<(Option<i32>, Option<i32>)>,
    /// The other end of the sentinel.
    told: Option<PipeWriter>,
}

impl Process {
    /// With a sentinel, if one may be asked for. Without the descriptors for it the process is ended.
    pub(super) fn new(mut child: Child, with_sentinel: bool) -> io::Result<Self> {
        let pid = child.id();
        let (sentinel, told) = match with_sentinel.then(pipe).transpose() {
            Ok(ends) => ends.unzip(),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
        };
        let running = Lock::new(Running { child, ending: None, told });
        Ok(Self { pid, running, sentinel })
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let mut running = self.running.lock();
        if running.ending.is_none() {
            // The only error is that it has ended, which is told elsewhere.
            let _ = meeting::signal(&mut running.child, signal);
        }
    }

    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Readable when it has ended.
    #[cfg(unix)]
    pub(crate) fn sentinel(&self) -> std::os::fd::BorrowedFd<'_> {
        use std::os::fd::AsFd;
        self.sentinel.as_ref().expect("it was made with one").as_fd()
    }

    /// How it has ended, in Python's terms, if that is known.
    pub(crate) fn exit_code(&self) -> io::Result<Option<i32>> {
        let (signal, code) = self.running.lock().ending.unwrap_or_default();
        Ok(signal.map(|signal| -signal).or(code))
    }

    /// Waits until it has ended; tells meanwhile what it writes, and in the end what is there.
    pub(crate) fn attend<L: Listener>(&self, region: &Region, pipes: Vec<(PipeReader, L)>) -> Vec<L> {
        let readers: Vec<_> =
            pipes.into_iter().map(|(pipe, listener)| Reader::start(pipe, listener)).collect();
        if readers.iter().any(|reader| reader.is_in_vain) {
            // No thread can be had: what it writes would be lost, or keep it for ever.
            self.kill();
        }
        meeting::await_end(self, region);
        meeting::kill_group(self.pid);
        readers.into_iter().map(Reader::finish).collect()
    }

    /// Waits for its end, once, and kills what it has started; the signal or the exit code.
    pub(crate) fn reap(&self) -> (Option<i32>, Option<i32>) {
        let mut running = self.running.lock();
        if let Some(ending) = running.ending {
            return ending;
        }
        // The number is its own until it is waited for: so the group is.
        meeting::kill_group(self.pid);
        let ending = running.child.wait().map_or((None, None), system::ending);
        meeting::take_group(self.pid);
        running.ending = Some(ending);
        running.told = None;
        ending
    }
}

/// A thread that reads what a process writes to one of its streams.
struct Reader<L> {
    shared: Arc<Shared<L>>,
    is_in_vain: bool,
}

struct Shared<L> {
    /// Gone when nobody listens any more.
    listener: Lock<Option<L>>,
    ended: Event,
}

impl<L: Listener> Reader<L> {
    fn start(pipe: PipeReader, listener: L) -> Self {
        let shared = Arc::new(Shared { listener: Lock::new(Some(listener)), ended: Event::new() });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("pool-reader".into()).spawn(move || {
            let _ = theirs.read(pipe);
            theirs.ended.set();
        });
        let is_in_vain = thread.is_err();
        if is_in_vain {
            shared.ended.set();
        }
        Self { shared, is_in_vain }
    }

    /// The process has ended: waits until all is read. What another process may still write is its own: it is not waited
    /// for, and the thread ends when it hears from it.
    fn finish(self) -> L {
        self.shared.ended.wait_timeout(LAST_WORDS);
        self.shared.listener.lock().take().expect("nobody else has taken it")
    }
}

impl<L: Listener> Shared<L> {
    fn read(&self, mut pipe: PipeReader) -> io::Result<()> {
        let mut buffer = [0; 8 << 10];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(len) => match &mut *self.listener.lock() {
                    Some(listener) => listener.hear(&buffer[..len]),
                    None => return Ok(()),
                },
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
