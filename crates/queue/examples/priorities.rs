//! A surgery: who is worse off goes first, and of two who are as badly off, the one who came first.

use queue::PriorityQueue;
use std::cmp::{Ordering, Reverse};

#[derive(Debug)]
struct Patient {
    urgency: Reverse<u8>,
    name: &'static str,
}

/// Patients are compared by urgency alone: names do not matter.
impl Ord for Patient {
    fn cmp(&self, other: &Self) -> Ordering {
        self.urgency.cmp(&other.urgency)
    }
}

impl PartialOrd for Patient {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Patient {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Patient {}

fn main() {
    let room = PriorityQueue::unbounded();
    for (name, urgency) in
        [("a cough", 1), ("a broken arm", 3), ("a heart", 9), ("another cough", 1), ("a burn", 3)]
    {
        room.put(Patient { urgency: Reverse(urgency), name }).expect("the surgery is open");
    }
    let order: Vec<_> = room.try_iter().map(|patient| patient.name).collect();
    println!("{}", order.join(", "));
}
