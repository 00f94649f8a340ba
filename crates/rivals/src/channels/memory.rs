//! How many bytes does a channel take: empty, for an item, and after a burst of them?

use super::channel::{Ends, Get, Job, Put, get, one_each, put};
use crate::bench::Contestant;
use crate::heap;

/// At which moment the bytes are counted.
#[derive(Clone, Copy)]
pub(super) enum Memory {
    /// Just opened.
    Empty,
    /// With so many items in it: all its bytes, divided by the items.
    Holding(u64),
    /// After so many have gone in, and then come out.
    After(u64),
}

impl Job for Memory {
    type Item = u64;
    fn contestant<P: Put<u64>, G: Get<u64>>(
        self,
        name: &'static str,
        open: impl Fn() -> Ends<P, G> + 'static,
    ) -> Contestant {
        Contestant::counted(name, move || self.bytes(|| one_each(open())))
    }
}

impl Memory {
    /// On the heap, where the ends refer to.
    fn bytes<P: Put<u64>, G: Get<u64>>(self, open: impl Fn() -> (P, G)) -> Result<f64, String> {
        let before = heap::held();
        let (putter, getter) = open();
        let held = || (heap::held() - before) as f64;
        match self {
            Self::Empty => Ok(held()),
            Self::Holding(items) => {
                (0..items).for_each(|number| put(&putter, number));
                Ok(held() / items as f64)
            }
            Self::After(items) => {
                (0..items).for_each(|number| put(&putter, number));
                match (0..items).find(|&number| get(&getter) != number) {
                    None => Ok(held()),
                    Some(number) => Err(format!("item {number} was not where it belongs")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::by_hand;
    use crate::channels::channel::Shape;
    use crate::{bench::Entry, channels};

    fn counted(contestant: &Contestant) -> f64 {
        let Entry::Count(count) = &contestant.entry else { unreachable!("{} is not there", contestant.name) };
        count().unwrap()
    }

    #[test]
    fn a_ring_buffer_keeps_the_room_of_its_largest_moment() {
        const ITEMS: u64 = 1 << 12;
        let unbounded = Shape::one_to_one(None);
        let empty = counted(&by_hand::contestant(unbounded, Memory::Empty));
        let holding = counted(&by_hand::contestant(unbounded, Memory::Holding(ITEMS))) * ITEMS as f64;
        let after = counted(&by_hand::contestant(unbounded, Memory::After(ITEMS)));
        assert_eq!(holding, empty + (ITEMS * 8) as f64);
        assert_eq!(after, holding);
    }

    #[test]
    fn everybody_holds_something() {
        for contestant in channels::contestants(Shape::one_to_one(None), Memory::After(1000)) {
            assert!(counted(&contestant) > 0.0, "{}", contestant.name);
        }
    }
}
