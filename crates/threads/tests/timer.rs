//! What timers do on the real clock and the real thread. What a process waits for, and what it has one of, is
//! tried in a process of its own.
#![cfg(not(loom))]

mod common;

use common::{Bomb, LONG, gate};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use std::{env, thread};
use threads::{Thread, Timer, TimerHandle, join_non_daemon};

const HOUR: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(2);

/// Starts a timer that sends `what`.
fn sends<T: Send + 'static>(delay: Duration, what: T, to: &mpsc::Sender<T>) -> TimerHandle {
    let to = to.clone();
    Timer::new(delay, move || to.send(what).unwrap()).start().unwrap()
}

/// The next `n` of what is sent.
fn received<T>(from: &Receiver<T>, n: usize) -> Vec<T> {
    (0..n).map(|_| from.recv_timeout(LONG).unwrap()).collect()
}

/// All that is sent until nobody is left who could.
fn all_received<T>(from: &Receiver<T>) -> Vec<T> {
    let mut all = Vec::new();
    loop {
        match from.recv_timeout(LONG) {
            Ok(one) => all.push(one),
            Err(end) => {
                assert_eq!(end, RecvTimeoutError::Disconnected);
                return all;
            }
        }
    }
}

/// Returns when the timer thread has done all that was due when it was called.
fn all_due_are_done() {
    let (sender, receiver) = mpsc::channel();
    sends(Duration::ZERO, (), &sender);
    received(&receiver, 1);
}

/// Runs `test`, the whole of the test called `name`, in a process in which there is nothing else.
fn alone(name: &str, test: impl FnOnce()) {
    const IS_ALONE: &str = "SELVEDGE_TIMER_TEST_IS_ALONE";
    if env::var_os(IS_ALONE).is_some() {
        return test();
    }
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1", "--nocapture"])
        .env(IS_ALONE, "")
        // Stacks are of the usual size, whatever the tests around are run with.
        .env_remove("RUST_MIN_STACK")
        .output()
        .unwrap();
    let [stdout, stderr] = [&child.stdout, &child.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(child.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
}

#[test]
fn what_is_due_at_one_time_fires_in_the_order_of_its_starts() {
    let (open, gate) = gate();
    Timer::new(Duration::ZERO, move || gate.pass()).start().unwrap();
    let (sender, receiver) = mpsc::channel();
    for number in 0..100 {
        sends(Duration::ZERO, number, &sender);
    }
    drop(open);
    assert_eq!(received(&receiver, 100), (0..100).collect::<Vec<_>>());
}

#[test]
fn what_is_due_fires_by_moment_and_not_by_start() {
    let between = Duration::from_millis(20);
    loop {
        let (sender, receiver) = mpsc::channel();
        let begin = Instant::now();
        sends(between, "later", &sender);
        sends(Duration::ZERO, "sooner", &sender);
        // A machine that did something else in between made the moments come the other way round.
        let is_sooner = begin.elapsed() < between;
        let fired = received(&receiver, 2);
        if is_sooner {
            assert_eq!(fired, ["sooner", "later"]);
            return;
        }
    }
}

#[test]
fn a_thread_that_sleeps_for_an_hour_wakes_for_what_is_sooner() {
    let (sender, receiver) = mpsc::channel();
    let later = sends(HOUR, "in an hour", &sender);
    sends(SHORT, "soon", &sender);
    assert_eq!(received(&receiver, 1), ["soon"]);
    assert!(later.is_pending());
    assert!(later.cancel());
}

#[test]
fn no_function_runs_before_its_moment() {
    let (sender, receiver) = mpsc::channel();
    for delay in [0, 1, 3, 10].map(Duration::from_millis) {
        let (sender, begin) = (sender.clone(), Instant::now());
        let timer = Timer::new(delay, move || sender.send((delay, begin.elapsed())).unwrap());
        timer.start().unwrap();
    }
    for (delay, elapsed) in received(&receiver, 4) {
        assert!(elapsed >= delay, "{elapsed:?} after a start with {delay:?}");
    }
}

#[test]
fn a_timer_whose_handle_is_dropped_fires_on_the_thread_called_timers() {
    let (sender, receiver) = mpsc::channel();
    let name = move || sender.send(thread::current().name().map(str::to_owned)).unwrap();
    Timer::new(SHORT, name).start().unwrap();
    assert_eq!(received(&receiver, 1), [Some("timers".to_owned())]);
}

#[test]
fn a_cancelled_function_is_gone_when_cancel_returns() {
    let witness = Arc::new(());
    let held = Arc::clone(&witness);
    let timer = Timer::new(HOUR, move || panic!("cancelled, and ran with {held:?}")).start().unwrap();
    assert!(timer.is_pending());
    assert!(timer.cancel());
    assert_eq!(Arc::strong_count(&witness), 1);
    assert!(!timer.is_pending());
    assert!(!timer.cancel(), "it was cancelled already");
}

#[test]
fn a_timer_that_has_fired_cannot_be_cancelled() {
    let (sender, receiver) = mpsc::channel();
    let timer = sends(Duration::ZERO, "fired", &sender);
    assert_eq!(received(&receiver, 1), ["fired"]);
    assert!(!timer.is_pending());
    assert!(!timer.cancel());
}

#[test]
fn a_timer_cannot_be_cancelled_while_its_function_runs_not_even_by_itself() {
    let (give, given) = mpsc::channel::<Arc<TimerHandle>>();
    let (tell, told) = mpsc::channel();
    let (open, gate) = gate();
    let timer = Timer::new(Duration::ZERO, move || {
        let myself = given.recv_timeout(LONG).unwrap();
        tell.send((myself.is_pending(), myself.cancel())).unwrap();
        gate.pass();
        tell.send((myself.is_pending(), myself.cancel())).unwrap();
    });
    let timer = Arc::new(timer.start().unwrap());
    give.send(Arc::clone(&timer)).unwrap();
    assert_eq!(received(&told, 1), [(false, false)]);
    assert!(!timer.cancel());
    drop(open);
    assert_eq!(received(&told, 1), [(false, false)], "and runs to its end");
}

#[test]
fn a_function_may_start_timers_and_cancel_others() {
    let (sender, receiver) = mpsc::channel();
    let other = sends(HOUR, "cancelled", &sender);
    let outer = Timer::new(Duration::ZERO, move || {
        assert!(other.cancel());
        sends(Duration::ZERO, "from within", &sender);
    });
    outer.start().unwrap();
    assert_eq!(all_received(&receiver), ["from within"], "all else that could send is gone");
}

#[test]
fn what_a_function_captured_may_use_timers_in_its_drop() {
    struct Starts(mpsc::Sender<&'static str>);
    impl Drop for Starts {
        fn drop(&mut self) {
            assert!(sends(HOUR, "never", &self.0).cancel());
            sends(Duration::ZERO, "from a drop", &self.0);
        }
    }
    let (sender, receiver) = mpsc::channel();
    let starts = Starts(sender.clone());
    assert!(Timer::new(HOUR, move || drop(starts)).start().unwrap().cancel());
    let starts = Starts(sender);
    Timer::new(Duration::ZERO, move || drop(starts)).start().unwrap();
    assert_eq!(all_received(&receiver), ["from a drop"; 2]);
}

#[test]
fn a_panic_stops_no_other_timer() {
    let (sender, receiver) = mpsc::channel();
    let start = |function: Box<dyn FnOnce() + Send>| Timer::new(Duration::ZERO, function).start().unwrap();
    let bomb = Bomb("captured");
    start(Box::new(|| panic!("in a timer")));
    start(Box::new(|| panic_any(Bomb("payload"))));
    start(Box::new(move || drop(bomb)));
    sends(Duration::ZERO, "after them", &sender);
    assert_eq!(received(&receiver, 1), ["after them"]);
}

#[test]
fn a_cancel_hands_on_the_panic_of_a_drop_and_has_cancelled() {
    let bomb = Bomb("captured by what was cancelled");
    let timer = Timer::new(HOUR, move || drop(bomb)).start().unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| timer.cancel())).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "captured by what was cancelled");
    assert!(!timer.is_pending());
    all_due_are_done();
}

#[test]
fn a_delay_that_overflows_the_clock_is_never_over() {
    let (sender, receiver) = mpsc::channel();
    let never = [sends(Duration::MAX, "never", &sender), sends(Duration::MAX, "never", &sender)];
    sends(SHORT, "soon", &sender);
    assert_eq!(received(&receiver, 1), ["soon"]);
    assert!(never.iter().all(TimerHandle::is_pending));
    assert!(never.iter().all(TimerHandle::cancel));
}

#[test]
fn the_moment_of_a_cancelled_timer_fires_no_other() {
    alone("the_moment_of_a_cancelled_timer_fires_no_other", || {
        let (sender, receiver) = mpsc::channel();
        let later = sends(HOUR, "in an hour", &sender);
        let between = Duration::from_millis(20);
        while !sends(between, "too late to be cancelled", &sender).cancel() {
            received(&receiver, 1);
        }
        thread::sleep(2 * between);
        all_due_are_done();
        assert!(receiver.try_recv().is_err(), "nothing was due");
        assert!(later.cancel());
    });
}

#[test]
fn of_many_timers_of_four_threads_each_runs_or_is_cancelled() {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for thread in 0..4 {
            let sender = sender.clone();
            scope.spawn(move || {
                for number in 0..1000 {
                    // Moments that come while the others start and cancel.
                    let timer = sends(Duration::from_micros(number * 7919 % 500), (thread, number), &sender);
                    if number % 3 == 0 && timer.cancel() {
                        sender.send((thread, number)).unwrap();
                    }
                }
            });
        }
    });
    drop(sender);
    let mut once = all_received(&receiver);
    once.sort_unstable();
    assert_eq!(
        once,
        (0..4).flat_map(|thread| (0..1000).map(move |number| (thread, number))).collect::<Vec<_>>()
    );
}

#[test]
fn a_timer_and_a_thread_are_daemons_if_their_maker_is() {
    let (sender, receiver) = mpsc::channel();
    let kinds = move || {
        let timer = format!("{:?}", Timer::new(HOUR, || ()));
        sender
            .send((timer.contains("daemon: true"), Thread::new(|| ()).start().unwrap().is_daemon()))
            .unwrap();
    };
    for daemon in [true, false] {
        Timer::new(Duration::ZERO, kinds.clone()).daemon(daemon).start().unwrap();
        assert_eq!(received(&receiver, 1), [(daemon, daemon)]);
    }
    Timer::new(Duration::ZERO, kinds).start().unwrap();
    assert_eq!(received(&receiver, 1), [(false, false)], "the maker was no thread of this crate");
}

#[test]
fn a_timer_and_its_handle_show_what_they_know() {
    let timer = Timer::new(HOUR, || ());
    assert_eq!(format!("{timer:?}"), "Timer { delay: 3600s, daemon: false, .. }");
    let handle = timer.start().unwrap();
    assert_eq!(format!("{handle:?}"), "TimerHandle { is_pending: true, .. }");
    assert!(handle.cancel());
    assert_eq!(format!("{handle:?}"), "TimerHandle { is_pending: false, .. }");
}

#[test]
fn main_waits_for_a_timer_and_for_all_that_its_function_holds() {
    alone("main_waits_for_a_timer_and_for_all_that_its_function_holds", || {
        static RAN: AtomicBool = AtomicBool::new(false);
        let held: Weak<()> = threads::main(|| {
            let held = Arc::new(());
            let weak = Arc::downgrade(&held);
            let function = move || {
                RAN.store(true, Ordering::Release);
                drop(held);
            };
            Timer::new(Duration::from_millis(20), function).start().unwrap();
            weak
        });
        assert!(RAN.load(Ordering::Acquire));
        assert_eq!(held.strong_count(), 0);
    });
}

#[test]
fn a_timer_is_waited_for_until_it_has_run_or_is_cancelled_unless_it_is_a_daemon() {
    alone("a_timer_is_waited_for_until_it_has_run_or_is_cancelled_unless_it_is_a_daemon", || {
        let daemon = Timer::new(HOUR, || ()).daemon(true).start().unwrap();
        assert!(join_non_daemon(Duration::ZERO));
        assert!(daemon.is_pending());

        let waited_for = Timer::new(HOUR, || ()).start().unwrap();
        assert!(!join_non_daemon(SHORT));
        assert!(waited_for.cancel());
        assert!(join_non_daemon(Duration::ZERO));

        Timer::new(SHORT, || panic!("it leaves the count all the same")).start().unwrap();
        assert!(join_non_daemon(LONG));

        let bomb = Bomb("and so does what is cancelled with a panic");
        let timer = Timer::new(HOUR, move || drop(bomb)).start().unwrap();
        catch_unwind(AssertUnwindSafe(|| timer.cancel())).unwrap_err();
        assert!(join_non_daemon(Duration::ZERO));
    });
}

#[test]
fn a_function_that_waits_for_the_others_does_not_wait_for_itself() {
    alone("a_function_that_waits_for_the_others_does_not_wait_for_itself", || {
        let (sender, receiver) = mpsc::channel();
        Timer::new(Duration::ZERO, move || sender.send(join_non_daemon(LONG)).unwrap()).start().unwrap();
        assert_eq!(received(&receiver, 1), [true]);
    });
}

/// How many threads the process has.
#[cfg(target_os = "linux")]
fn threads_of_the_process() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_timers_have_one_thread() {
    alone("a_hundred_thousand_timers_have_one_thread", || {
        let before = threads_of_the_process();
        // In an order that is neither that of their moments nor its reverse.
        let delay = |number: u64| HOUR + Duration::from_millis(number * 7919 % 100_000);
        let timers: Vec<_> =
            (0..100_000).map(|number| Timer::new(delay(number), || ()).start().unwrap()).collect();
        assert_eq!(threads_of_the_process(), before + 1);
        assert!(!join_non_daemon(Duration::ZERO));
        assert!(timers.iter().all(TimerHandle::is_pending));
        assert!(timers.iter().all(TimerHandle::cancel));
        assert!(join_non_daemon(Duration::ZERO));
        assert_eq!(threads_of_the_process(), before + 1);
    });
}

/// Lets the process have `more` bytes of address space than it has now, or as many as there are.
#[cfg(target_os = "linux")]
fn allow(more: Option<u64>) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to an rlimit that lives until the call returns.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) }, 0);
    limit.rlim_cur = more.map_or(limit.rlim_max, |more| {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
        // SAFETY: sysconf takes any number.
        pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64 + more
    });
    // SAFETY: the pointer is to an rlimit that lives until the call returns; nothing here needs more memory than
    // is left.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_start_that_the_system_refuses_loses_nothing_and_the_next_asks_again() {
    alone("a_start_that_the_system_refuses_loses_nothing_and_the_next_asks_again", || {
        let witness = Arc::new(());
        let held = Arc::clone(&witness);
        // Too little for a thread's stack.
        allow(Some(1 << 20));
        let refused = Timer::new(Duration::ZERO, move || panic!("ran with {held:?}")).start();
        allow(None);
        let error = refused.unwrap_err();
        assert!(error.to_string().contains("os error"), "it is the system that refuses: {error}");
        assert_eq!(Arc::strong_count(&witness), 1, "what it captured is dropped");
        assert!(join_non_daemon(Duration::ZERO), "and not waited for");

        let (sender, receiver) = mpsc::channel();
        sends(Duration::ZERO, "fired", &sender);
        assert_eq!(received(&receiver, 1), ["fired"]);
    });
}
