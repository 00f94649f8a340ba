//! How long does an item take to another thread and back, by two channels?

use super::channel::{Ends, Get, Job, Put, get, one_each, put};
use super::transfer::{BETWEEN_LOOKS, LAST, Tally};
use crate::bench::{Contestant, Done, Load};
use crate::together::{Part, together};
use std::time::Instant;

/// An item is one round trip.
#[derive(Clone, Copy)]
pub(super) struct PingPong;

impl Job for PingPong {
    type Item = u64;
    fn contestant<P: Put<u64>, G: Get<u64>>(
        self,
        name: &'static str,
        open: impl Fn() -> Ends<P, G> + 'static,
    ) -> Contestant {
        Contestant::new(name, move |load| ping_pong(load, one_each(open()), one_each(open())))
    }
}

fn ping_pong<P: Put<u64>, G: Get<u64>>(load: Load, there: (P, G), back: (P, G)) -> Result<Done, String> {
    let ((put_there, get_there), (put_back, get_back)) = (there, back);
    let first: Part<(Tally, Tally)> = Box::new(move || {
        let begun = Instant::now();
        let (mut sent, mut returned) = (Tally::default(), Tally::default());
        for number in 0..load.items {
            if number.is_multiple_of(BETWEEN_LOOKS) && begun.elapsed() > load.limit {
                break;
            }
            put(&put_there, number);
            sent.add(number);
            returned.add(get(&get_back));
        }
        put(&put_there, LAST);
        (sent, returned)
    });
    let second: Part<(Tally, Tally)> = Box::new(move || {
        loop {
            match get(&get_there) {
                LAST => return Default::default(),
                number => put(&put_back, number),
            }
        }
    });
    let (time, tallies) = together(vec![first, second]);
    let (sent, returned) = tallies[0];
    Tally::verified(sent, returned).map(|()| Done::new(returned.count, time))
}
