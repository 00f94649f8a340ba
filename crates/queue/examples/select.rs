//! A clerk with two counters, an out-tray and a closing time: one thread waits for whichever comes first.

use queue::{PriorityQueue, Queue, Select, ShutDown, Shutdown};
use std::thread;

enum Event {
    Letter(&'static str),
    Parcel(u32),
    Sent,
    Closed,
}

fn main() {
    let (letters, parcels, closing) =
        (Queue::unbounded(), PriorityQueue::unbounded(), Queue::<()>::rendezvous());
    let out = Queue::bounded(1);
    thread::scope(|scope| {
        scope.spawn(|| {
            ["a bill", "a card"].into_iter().for_each(|letter| letters.put(letter).expect("open"));
            parcels.put_many([7, 3]).expect("open");
            let sent = (0..4).map(|_| out.get().expect("the clerk sends all")).collect::<Vec<_>>();
            println!("sent {}", sent.len());
            closing.shutdown(Shutdown::Drain);
        });
        let (mut tray, mut seen) = (None, (0, 0, 0));
        loop {
            let full = tray.is_some();
            let closed =
                |end: Result<(), ShutDown>| end.map_or(Event::Closed, |()| unreachable!("nobody puts"));
            let mut select = Select::new().get(&closing, closed);
            // What is in the tray has to go out before anything else is taken on.
            if full {
                select = select.put(&out, &mut tray, |sent| sent.map_or(Event::Closed, |()| Event::Sent));
            } else {
                select = select
                    .get(&letters, |letter| letter.map_or(Event::Closed, Event::Letter))
                    .get(&parcels, |parcel| parcel.map_or(Event::Closed, Event::Parcel));
            }
            match select.wait() {
                Event::Letter(letter) => (tray, seen.0) = (Some(letter.to_owned()), seen.0 + 1),
                Event::Parcel(number) => (tray, seen.1) = (Some(format!("parcel {number}")), seen.1 + 1),
                Event::Sent => seen.2 += 1,
                Event::Closed => break,
            }
        }
        println!("{} letters and {} parcels taken, {} sent, then closed", seen.0, seen.1, seen.2);
    });
}
