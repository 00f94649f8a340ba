//! A service that can do with three requests at once and no more, and twelve clients that do not know it.
//!
//! Two limits, one semaphore each. How many requests are under way *at once*: who asks takes a permit and gives it
//! back when the answer is there. How many begin *in an interval*: who asks takes a permit and keeps it, and a clock
//! gives all permits of the interval back, whoever took them. A lock could do neither.

use locks::{BoundedSemaphore, Event};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{iter, thread};

const CLIENTS: usize = 12;
const AT_ONCE: u32 = 3;
const INTERVAL: Duration = Duration::from_millis(20);

/// Counts who is being served.
#[derive(Default)]
struct Service {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Service {
    fn serve(&self) {
        // Relaxed, here and below: numbers that are read when all clients have been joined.
        let now = self.now.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(now, Relaxed);
        thread::sleep(Duration::from_millis(2));
        self.now.fetch_sub(1, Relaxed);
    }
}

/// All clients ask at the same moment; how many were served at once.
fn most_at_once(ask: impl Fn(&Service) + Sync) -> usize {
    let (service, start) = (Service::default(), Event::new());
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                start.wait();
                ask(&service);
            });
        }
        start.set();
    });
    service.most.into_inner()
}

/// The moments at which the clients were let in, when so many may begin in an interval.
fn begun(each: u32) -> Vec<Duration> {
    let (permits, over) = (BoundedSemaphore::new(each), Event::new());
    let start = Instant::now();
    thread::scope(|scope| {
        let clock = scope.spawn(|| {
            // What nobody used in an interval is not saved up: it is not more than `each` that comes back.
            while !over.wait_timeout(INTERVAL) {
                let unused = permits.value();
                permits.release_many(each - unused).expect("only the clock gives permits back");
            }
        });
        let clients: Vec<_> = iter::repeat_with(|| {
            scope.spawn(|| {
                permits.acquire();
                start.elapsed()
            })
        })
        .take(CLIENTS)
        .collect();
        let moments = clients.into_iter().map(|client| client.join().unwrap()).collect();
        over.set();
        clock.join().unwrap();
        moments
    })
}

fn main() {
    let free_for_all = most_at_once(Service::serve);
    println!("fault: {free_for_all} requests at once, where the service can do with {AT_ONCE}");

    let seats = BoundedSemaphore::new(AT_ONCE);
    let limited = most_at_once(|service| {
        let _seat = seats.permit();
        service.serve();
    });
    assert!(limited <= AT_ONCE as usize, "no more at once than there are seats");
    assert_eq!(seats.value(), AT_ONCE, "all seats are free again");
    println!("cure: {limited} requests at once, and each of {CLIENTS} was served");

    let mut moments = begun(AT_ONCE);
    moments.sort();
    for (interval, &first) in moments.iter().step_by(AT_ONCE as usize).enumerate() {
        assert!(first >= INTERVAL * interval as u32, "as many as have begun, so many intervals were needed");
    }
    println!("cure: {CLIENTS} requests began in {:?}, {AT_ONCE} in each {INTERVAL:?}", moments[CLIENTS - 1]);
}
