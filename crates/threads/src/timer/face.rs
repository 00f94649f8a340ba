//! A timer that is not started yet, its handle, and the thread that runs the functions of all timers.

use super::raw::Timers;
use super::schedule::Key;
use crate::live::{self, Kind, Place};
use crate::panic::{self, Panic};
use crate::thread::Thread;
use locks::{Deadline, Lock};
use platform::spans::{What, span};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use std::{fmt, io};

static TIMERS: LazyLock<Timers<Moment, Job>> = LazyLock::new(Timers::new);
/// Whether the timer thread has been started.
static SERVED: Lock<bool> = Lock::new(false);

/// A function that is to run once, after a while: Python's `Timer(interval, function)`, not started yet.
///
/// All timers of the process share one thread, which the first `start` starts; in Python each has its own. A
/// pending timer costs memory and no thread, a start or a cancel O(log n) of the pending ones.
///
/// # What the function may do
/// - Start and cancel timers.
/// - Panic: the panic hook prints it, under the thread name `timers`, and the other timers go on.
/// - Not block for long: the other timers wait for it. What takes long belongs on a [`Thread`], which the
///   function may start; what waits for another timer waits for ever.
///
/// It finds the thread-locals as the function before it left them.
///
/// # When it runs
/// After `delay` from [`start`](Self::start) and never before, as soon as the timer thread gets a processor and
/// has ended what was due earlier; equal moments in the order of their starts. A delay of zero is due at once, and
/// runs on the timer thread too. A delay that overflows the clock, as `Duration::MAX` does, is never over: such a
/// timer can be cancelled.
///
/// ```
/// use std::{sync::mpsc, time::Duration};
/// use threads::Timer;
///
/// let (sender, received) = mpsc::channel();
/// let later = sender.clone();
/// Timer::new(Duration::from_millis(20), move || later.send("later").unwrap()).start()?;
/// Timer::new(Duration::from_millis(1), move || sender.send("soon").unwrap()).start()?;
/// assert_eq!(received.iter().collect::<Vec<_>>(), ["soon", "later"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a timer runs once it is started"]
pub struct Timer<F> {
    delay: Duration,
    function: F,
    daemon: bool,
}

impl<F: FnOnce() + Send + 'static> Timer<F> {
    /// A timer that will run `function` when `delay` has passed since its start.
    ///
    /// It is a daemon if the thread that makes it is a daemon of this crate, or the function of a timer that is
    /// one: as in Python.
    pub fn new(delay: Duration, function: F) -> Self {
        Self { delay, function, daemon: live::current() == Kind::Daemon }
    }

    /// Whether the process may end before the function has run: [`main`](crate::main) and
    /// [`join_non_daemon`](crate::join_non_daemon) do not wait for daemons. For any other timer they wait until
    /// it has run or is cancelled, as Python's interpreter does.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = daemon;
        self
    }

    /// Starts it: the delay begins.
    ///
    /// # Errors
    /// What the system answers when it has no room for the timer thread, which the first start needs. The
    /// function is dropped without having run; the next start asks the system again.
    pub fn start(self) -> io::Result<TimerHandle> {
        let Self { delay, function, daemon } = self;
        let at = Moment::after(delay);
        serve()?;
        let job = Job { function: Box::new(function), place: Place::new(daemon) };
        Ok(TimerHandle { key: TIMERS.start(at, job) })
    }
}

impl<F> fmt::Debug for Timer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("delay", &self.delay)
            .field("daemon", &self.daemon)
            .finish_non_exhaustive()
    }
}

/// A started timer: cancel it, ask after it. Dropping it changes nothing: the function will run.
pub struct TimerHandle {
    key: Key<Moment>,
}

impl TimerHandle {
    /// Cancels the timer: `true` if its function will never run, which one caller is told.
    ///
    /// The function has then been dropped, with all that it captured, by the calling thread. `false` if it has
    /// begun or has run, or if somebody else has cancelled it; its drop may then be still to come.
    ///
    /// # Panics
    /// If the drop of what the function captured does; the timer is cancelled all the same.
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use threads::Timer;
    ///
    /// let captured = Arc::new("never said");
    /// let held = Arc::clone(&captured);
    /// let timer = Timer::new(Duration::MAX, move || println!("{held}")).start()?;
    /// assert!(timer.cancel());
    /// assert_eq!(Arc::strong_count(&captured), 1, "the function is gone");
    /// assert!(!timer.cancel(), "it was cancelled already");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cancel(&self) -> bool {
        // Dropped here, and not under the lock.
        TIMERS.cancel(&self.key).is_some()
    }

    /// Whether the function has not begun and has not been cancelled.
    ///
    /// ```
    /// use std::time::Duration;
    /// use threads::Timer;
    ///
    /// let timer = Timer::new(Duration::from_secs(3600), || ()).start()?;
    /// assert!(timer.is_pending());
    /// timer.cancel();
    /// assert!(!timer.is_pending());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_pending(&self) -> bool {
        TIMERS.is_pending(&self.key)
    }
}

impl fmt::Debug for TimerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimerHandle").field("is_pending", &self.is_pending()).finish_non_exhaustive()
    }
}

/// When a timer is due. The order is that of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    At(Instant),
    Never,
}

impl Moment {
    fn now() -> Self {
        Self::At(Instant::now())
    }

    fn after(delay: Duration) -> Self {
        Instant::now().checked_add(delay).map_or(Self::Never, Self::At)
    }
}

impl From<Moment> for Deadline {
    fn from(moment: Moment) -> Self {
        match moment {
            Moment::At(instant) => instant.into(),
            Moment::Never => Self::NEVER,
        }
    }
}

/// What a pending timer holds. The fields are dropped in this order: who waits for the place waits for the drop of
/// the function as well.
struct Job {
    function: Box<dyn FnOnce() + Send>,
    place: Place,
}

impl Job {
    fn run(self) {
        let Self { function, place } = self;
        // To all that the function does, this is the timer's own thread.
        place.occupy();
        let _runs = span(What::Timer);
        // Nobody joins a timer. What the function left half done is seen by those only with whom it shares it, and
        // is theirs to protect.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(function)) {
            panic::unjoined(&Panic::caught(payload));
        }
        drop(place);
    }
}

/// Starts the timer thread, unless it is there.
fn serve() -> io::Result<()> {
    let mut served = SERVED.lock();
    if !*served {
        Thread::new(run).name("timers").daemon(true).start()?;
        *served = true;
    }
    Ok(())
}

/// The timer thread. A daemon for itself: it is the timers that are waited for.
fn run() {
    loop {
        TIMERS.take(Moment::now).run();
    }
}
