//! Threads, and a spin that knows when not to.

use super::{futex::Scope, spell};
use core::cell::Cell;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

pub use std::thread::{JoinHandle, spawn, yield_now};
/// Declares values of a thread's own.
pub use std::thread_local as local;

/// The number of the running thread among those of a [`Scope`]: 1 or more, and no other thread's. So who
/// finds its own number somewhere wrote it there itself. Works on threads that Rust did not start.
///
/// - `Private`: never given to a second thread, even when the first has ended. Reads a thread-local variable;
///   a thread's first call also adds to a counter. After a `fork`, the child's thread has the number of the
///   one that forked: it owns what that one owned.
/// - `Shared`: the kernel's (`gettid`), a system call each time, as only the kernel knows of a `fork`.
///   Different for all threads that live, in all processes of one PID namespace; the number of a thread that
///   has ended may be given to another.
///
/// # Panics
/// If the process has numbered almost `usize::MAX` threads already.
///
/// ```
/// use platform::{futex::Private, thread};
///
/// let id = thread::id::<Private>;
/// assert_ne!(id(), 0);
/// assert_eq!(id(), id());
/// assert_ne!(thread::spawn(id).join().unwrap(), id());
/// ```
#[inline]
pub fn id<S: Scope>() -> usize {
    if S::SHARED { id_among_processes() } else { id_in_process() }
}

/// Whether the running thread's number is `number`: as `id() == number`, and cheaper, as a thread that has no
/// number yet needs none to say no.
#[inline]
pub fn has_id<S: Scope>(number: usize) -> bool {
    if S::SHARED { id_among_processes() == number } else { ID.get() == number }
}

/// No thread's number, and no number that anybody could take for none.
const NOT_YET: usize = usize::MAX;

std::thread_local! {
    // No destructor: it can be read as long as the thread runs anything.
    static ID: Cell<usize> = const { Cell::new(NOT_YET) };
    /// How often in a row this thread has paused in vain.
    static IN_VAIN: Cell<u32> = const { Cell::new(0) };
    /// How often this thread has asked whether somebody is late.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

#[inline]
fn id_in_process() -> usize {
    match ID.get() {
        NOT_YET => {
            let id = new_id();
            ID.set(id);
            id
        }
        id => id,
    }
}

#[cfg(target_os = "linux")]
fn id_among_processes() -> usize {
    // SAFETY: gettid() has no condition.
    unsafe { libc::gettid() }.cast_unsigned() as usize
}

/// Where there is no `Shared` futex, there is one process.
#[cfg(not(target_os = "linux"))]
fn id_among_processes() -> usize {
    id_in_process()
}

#[cold]
fn new_id() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: an exchange hands out each number once, and the number is all there is.
    let last = LAST.fetch_update(Relaxed, Relaxed, |last| (last + 1 < NOT_YET).then_some(last + 1));
    last.expect("fewer threads than usize can number") + 1
}

/// After so many times in vain a thread pauses for long once more.
const TRY_AGAIN: u32 = 64;

/// A bounded spin: worth its while on several cores, of no use on one.
///
/// ```
/// let mut spin = platform::thread::Spin::new();
/// let mut turns = 0;
/// while spin.turn() {
///     turns += 1;
/// }
/// assert!(turns <= 11);
/// ```
#[derive(Debug)]
pub struct Spin {
    turn: u32,
    /// How many turns pause.
    pauses: u32,
    turns: u32,
    /// Pauses of each turn after the first; 0 for twice as many as in the turn before.
    later: u32,
    /// Pauses of a last turn, where one must not yield.
    instead: u32,
    last_yield: Option<std::time::SystemTime>,
}

impl Spin {
    /// A fresh spin: 11 turns, a few microseconds, or none where the process may use one core only. For what is
    /// about to happen, as an event.
    ///
    /// The first turn is a pause: it may happen at once.
    #[expect(clippy::new_without_default, reason = "a spin is begun, it has no neutral value")]
    pub fn new() -> Self {
        Self::of(1, 11)
    }

    /// As long, in four turns. For what somebody holds for a moment, and may take again at once, as a lock.
    ///
    /// The first turn is a pause: a short section is over by then. The others are 64, in which a holder goes
    /// through dozens of short sections: each of our looks takes the cache line from it. None yields, as it
    /// would then wait for what runs on its core, perhaps for two time slices, and not for the lock.
    pub fn beside_a_holder() -> Self {
        Self { later: 64, ..Self::of(4, 4) }
    }

    /// A long spin: as long as a sleep and a waking cost, some twenty microseconds. For a partner that is
    /// likely on its way, as at a queue: two threads that hand items to each other must not both fall asleep
    /// between two of them, for then each waking takes so long that the other is asleep again.
    ///
    /// The first turns are pauses, each twice as long as the one before: they see a partner on another core
    /// at once, and leave it the cache line more and more.
    pub fn long() -> Self {
        Self::of(5, 65)
    }

    /// Pauses, or none: for who then yields or says that it waits. Many where the thread's last ones have
    /// [paid](Self::paid), 255 in eight turns or one to ten microseconds: its partner is on another core, and who gives up
    /// too soon may lose its own to a thread that only waits. Else a single one, as the partner may need this core; but
    /// many again each 64th time, to find out.
    pub fn pauses() -> Self {
        let turns = if IN_VAIN.get().is_multiple_of(TRY_AGAIN) { 8 } else { 1 };
        Self::of(turns, turns)
    }

    /// Says whether what was waited for came during the pauses.
    pub fn paid(self, came: bool) {
        // Yields say nothing of how long to pause.
        if self.pauses > 0 {
            IN_VAIN.set(if came { 0 } else { IN_VAIN.get().wrapping_add(1) });
        }
    }

    /// A few yields, or 32 pauses in one turn where a yield gives a time slice away, or none: for who waits for several
    /// things, and takes them all when it looks. A microsecond, in which whom it waits for may have this core.
    pub fn brief() -> Self {
        Self { instead: 32, ..Self::of(0, 3) }
    }

    /// The rest of a long spin: for who has said that it waits, and is served while it does.
    pub fn yields() -> Self {
        Self::of(0, 60)
    }

    fn of(pauses: u32, turns: u32) -> Self {
        let turns = if cores() > 1 { turns } else { 0 };
        Self { turn: 0, pauses, turns, later: 0, instead: 0, last_yield: None }
    }

    /// Lets others run for a moment and says `true`; says `false` when it is time to sleep instead: after the last
    /// turn, and where others have so much use for the core that a yield gives a time slice away.
    ///
    /// After the pauses the turns yield to the system, some 300 ns each time, instead of pausing the core: whom we
    /// wait for may need this core, and while we are away nobody takes the word's cache line from the one who
    /// works on it.
    #[inline]
    pub fn turn(&mut self) -> bool {
        if self.turn >= self.turns {
            return false;
        }
        if self.turn < self.pauses {
            let pauses = if self.turn == 0 || self.later == 0 { 1 << self.turn } else { self.later };
            (0..pauses).for_each(|_| core::hint::spin_loop());
        } else if !spell::yields(&mut self.last_yield) {
            self.turn = self.turns;
            (0..self.instead).for_each(|_| core::hint::spin_loop());
            return self.instead > 0;
        }
        self.turn += 1;
        true
    }
}

/// A number below `n`, by chance: good enough to be fair, and for nothing else.
///
/// # Panics
/// If `n` is 0.
pub fn chance(n: usize) -> usize {
    std::thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0) | 1);
    }
    let x = STATE.with(|state| {
        // George Marsaglia's xorshift.
        let mut x = state.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        state.set(x);
        x
    });
    (x >> 32) as usize % n
}

/// How long a waiter lets others go first.
const PATIENCE: Duration = Duration::from_millis(1);

/// A waiter's patience: a millisecond from when it is first asked for, which is when the waiter first has to
/// sleep.
///
/// ```
/// let mut patience = platform::thread::Patience::new();
/// assert!(!patience.is_over(), "it has only begun");
/// std::thread::sleep(std::time::Duration::from_millis(2));
/// assert!(patience.is_over());
/// ```
#[derive(Debug)]
pub struct Patience {
    ends: Option<Instant>,
}

impl Patience {
    /// Patience that has not been asked for yet: the clock is not read.
    #[expect(clippy::new_without_default, reason = "patience is begun, it has no neutral value")]
    pub fn new() -> Self {
        Self { ends: None }
    }

    /// Whether the waiter has waited too long. Reads the clock.
    pub fn is_over(&mut self) -> bool {
        let now = Instant::now();
        now >= *self.ends.get_or_insert(now + PATIENCE)
    }
}

/// How many moments there are until the first comes again.
pub const MOMENTS: u32 = 64;

/// How long a moment lasts, as a power of two of nanoseconds: a quarter of a millisecond.
const MOMENT: u32 = 18;

/// Each so many times that a thread asks whether somebody is late it looks at the clock.
const ASKS: u32 = 64;

/// The present moment: 262 us, one of 64 that come again after 17 ms. For a word that has no room for more of the time.
/// Reads the clock.
pub fn moment() -> u32 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    (BEGUN.elapsed().as_nanos() >> MOMENT) as u32 % MOMENTS
}

/// Whether somebody is late who was called at that moment, of which the lowest six bits count: when the one after it
/// is over as well, a quarter of a millisecond after the call, or half of one. For two moments in 64 who is later still
/// looks punctual.
///
/// Reads the clock each 64th time that the thread asks, and says no the other times: so one that asks every few nanoseconds
/// pays next to nothing. Nobody is late whom other processes may call (`Shared`), as it may have been killed.
///
/// ```
/// use platform::{futex::Private, thread::{is_late, moment}};
///
/// let called = moment();
/// while !is_late::<Private>(called) {} // For half a millisecond at most, or as long as this thread does not run.
/// ```
#[inline]
pub fn is_late<S: Scope>(called: u32) -> bool {
    if S::SHARED {
        return false;
    }
    let asked = ASKED.get().wrapping_add(1);
    ASKED.set(asked);
    asked.is_multiple_of(ASKS) && moment().wrapping_sub(called) % MOMENTS > 1
}

/// How many cores the process may use, asked once: the question costs several system calls.
pub(super) fn cores() -> u32 {
    static CORES: AtomicU32 = AtomicU32::new(0);
    // Relaxed: the number is all there is, and two threads that both ask get answers that are both good.
    match CORES.load(Relaxed) {
        0 => {
            let cores = count_cores().max(1);
            CORES.store(cores, Relaxed);
            cores
        }
        cores => cores,
    }
}

/// The cores of the main thread and of this one together: in a program that binds each thread to a core of
/// its own there are others to wait for, although this thread has one.
#[cfg(target_os = "linux")]
fn count_cores() -> u32 {
    let mut all = 0;
    // SAFETY: a set of cores is plain bits, of which none set is a value.
    let [mut main, mut ours]: [libc::cpu_set_t; 2] = unsafe { core::mem::zeroed() };
    for (of, set) in [(std::process::id().cast_signed(), &mut main), (0, &mut ours)] {
        // SAFETY: the kernel writes a set of that size to `set`, which is one, and exclusively ours. Where
        // the machine has more cores than fit, it writes nothing.
        unsafe { libc::sched_getaffinity(of, size_of::<libc::cpu_set_t>(), set) };
    }
    for core in 0..libc::CPU_SETSIZE as usize {
        all += u32::from([&main, &ours].into_iter().any(|set| {
            // SAFETY: CPU_ISSET() reads the bit of a core below CPU_SETSIZE.
            unsafe { libc::CPU_ISSET(core, set) }
        }));
    }
    all
}

#[cfg(not(target_os = "linux"))]
fn count_cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pauses_in_vain_does_so_once_until_the_next_attempt_to_find_out() {
        let pause = |came: bool| {
            let mut spin = Spin::pauses();
            let turns = std::iter::from_fn(|| spin.turn().then_some(())).count();
            spin.paid(came);
            turns
        };
        let many = if cores() > 1 { 8 } else { 0 };
        let one = many.min(1);
        assert_eq!([pause(true), pause(true), pause(false)], [many; 3]);
        for _ in 0..2 {
            assert!((1..TRY_AGAIN).all(|_| pause(false) == one));
            assert_eq!(pause(false), many);
        }
        assert_eq!([pause(true), pause(true)], [one, many]);
        Spin::yields().paid(false);
        assert_eq!(pause(true), many, "yields say nothing");
    }
}
