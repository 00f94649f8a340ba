//! What do reading and writing cost, alone and with others about?

use crate::alone::alone;
use crate::bench::{Bench, Contestant, Done, Load, Unit};
use crate::goal::Goal;
use crate::together::{Part, together};
use std::hint::black_box;
use std::sync::Arc;

/// A number that is read and added to.
trait Shelf: Send + Sync + 'static {
    fn new() -> Self;
    fn look(&self) -> u64;
    fn add(&self);
}

macro_rules! shelf {
    ($lock:ty, $read:ident $($unwrap:ident)?) => {
        impl Shelf for $lock {
            fn new() -> Self {
                Self::new(0)
            }
            #[inline]
            fn look(&self) -> u64 {
                *self.$read()$(.$unwrap())?
            }
            #[inline]
            fn add(&self) {
                *self.write()$(.$unwrap())? += 1;
            }
        }
    };
}

shelf!(locks::RwLock<u64>, read);
shelf!(std::sync::RwLock<u64>, read unwrap);
shelf!(parking_lot::RwLock<u64>, read);
shelf!(usync::RwLock<u64>, read);

macro_rules! contestants {
    ($function:ident $(, $argument:expr)*) => {
        vec![
            Contestant::new("selvedge", move |load| $function::<locks::RwLock<u64>>($($argument,)* load)),
            Contestant::new("std::sync::RwLock", move |load| $function::<std::sync::RwLock<u64>>($($argument,)* load)),
            Contestant::new("parking_lot", move |load| $function::<parking_lot::RwLock<u64>>($($argument,)* load)),
            Contestant::new("usync", move |load| $function::<usync::RwLock<u64>>($($argument,)* load)),
        ]
    };
}

pub(super) fn benches() -> Vec<Bench> {
    let bench = |name: &str, contestants| Bench::new(name, Unit::Nanoseconds, contestants);
    const BOTH: &[&str] = &["std::sync::RwLock", "parking_lot"];
    vec![
        bench("sync rwlock read uncontended", contestants!(reads)).goal(Goal::Times(1.0, BOTH)),
        bench("sync rwlock write uncontended", contestants!(writes)).goal(Goal::Times(1.0, BOTH)),
        bench("sync rwlock 4 threads, one in 16 writes", contestants!(mixed, 4, 16)),
        bench("sync rwlock 4 threads, one in 2 writes", contestants!(mixed, 4, 2)),
    ]
}

fn reads<S: Shelf>(Load { items, .. }: Load) -> Result<Done, String> {
    let shelf = S::new();
    alone(items, || _ = black_box(black_box(&shelf).look()))
}

fn writes<S: Shelf>(Load { items, .. }: Load) -> Result<Done, String> {
    let shelf = S::new();
    let done = alone(items, || black_box(&shelf).add());
    if shelf.look() == items { done } else { Err("it does not exclude".to_owned()) }
}

fn mixed<S: Shelf>(threads: u64, one_in: u64, Load { items, .. }: Load) -> Result<Done, String> {
    let shelf = Arc::new(S::new());
    let part = |number: u64| -> Part<u64> {
        let shelf = Arc::clone(&shelf);
        Box::new(move || {
            let mut written = 0;
            for turn in 0..items / threads {
                if (turn + number).is_multiple_of(one_in) {
                    shelf.add();
                    written += 1;
                } else {
                    black_box(shelf.look());
                }
            }
            written
        })
    };
    let (time, written) = together((0..threads).map(part).collect());
    if shelf.look() == written.into_iter().sum::<u64>() {
        Ok(Done::new(items / threads * threads, time))
    } else {
        Err("it does not exclude".to_owned())
    }
}
