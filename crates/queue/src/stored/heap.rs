//! The smallest goes first; of equals, the one that came first. Where one is forced in, the last of that
//! order makes room.
//!
//! # Promise
//! A comparison that panics leaves the heap as it was: all comparisons of an operation come before its first
//! move. That is why this is not `std`'s `BinaryHeap`, which loses the item that it is about to give out, and
//! its order.
//!
//! # Source
//! The binary heap of J. W. J. Williams (1964). `pop` goes down to a leaf along the smaller children and up
//! again from there (Floyd), as what was the last item mostly belongs near the bottom: half the comparisons.
//!
//! # State
//! A vector in which an item's children are at `2 i + 1` and `2 i + 2`, and not smaller than it. Each item
//! has the number of its arrival, which decides between equals.

use super::Store;

/// The store of a [`PriorityQueue`](crate::PriorityQueue).
#[derive(Debug)]
pub struct Heap<T> {
    entries: Vec<Entry<T>>,
    arrivals: u64,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    arrival: u64,
}

/// A path from the root to a leaf is no longer than an index has bits.
const DEPTH: usize = usize::BITS as usize;

impl<T: Ord> Entry<T> {
    fn is_before(&self, other: &Self) -> bool {
        // `Ord` is the user's: it may panic, or make no sense; then the order makes none.
        self.item.cmp(&other.item).then(self.arrival.cmp(&other.arrival)).is_lt()
    }
}

impl<T> Heap<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), arrivals: 0 }
    }

    /// Moves the entry at `at` up to `place`, which is above it or the same.
    fn move_up(&mut self, mut at: usize, place: usize) {
        while at > place {
            self.entries.swap(at, parent(at));
            at = parent(at);
        }
    }

    /// Undoes a pop: gives the first back, and what lies at `at` to its place at the end. No comparison.
    fn unpop(&mut self, first: Entry<T>, at: usize) {
        self.entries.push(first);
        let last = self.entries.len() - 1;
        if last > 0 {
            self.move_up(at, 0);
            self.entries.swap(0, last);
        }
    }
}

impl<T: Ord> Heap<T> {
    /// Where `entry` belongs on its way up from `at`.
    fn place_above(&self, entry: &Entry<T>, mut at: usize) -> usize {
        while at > 0 && entry.is_before(&self.entries[parent(at)]) {
            at = parent(at);
        }
        at
    }

    /// Takes the first out; says where its successor from the end came to lie.
    fn pop_entry(&mut self) -> Option<(Entry<T>, usize)> {
        let len = self.entries.len().checked_sub(1)?;
        let mut path = [0; DEPTH];
        let mut steps = self.path_down(len, &mut path);
        // Up from the leaf, to where what is last now belongs.
        while steps > 0 && self.entries[len].is_before(&self.entries[path[steps - 1]]) {
            steps -= 1;
        }
        let first = self.entries.swap_remove(0);
        let mut at = 0;
        for next in path.into_iter().take(steps) {
            self.entries.swap(at, next);
            at = next;
        }
        Some((first, at))
    }

    /// The way from the root to a leaf along the smaller children, among the first `len` entries.
    fn path_down(&self, len: usize, path: &mut [usize; DEPTH]) -> usize {
        let (mut at, mut steps) = (0, 0);
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= len {
                return steps;
            }
            at = if right < len && self.entries[right].is_before(&self.entries[left]) { right } else { left };
            path[steps] = at;
            steps += 1;
        }
    }
}

/// What is popped at one time; a panic undoes it.
struct Popped<'a, T> {
    heap: &'a mut Heap<T>,
    entries: Vec<(Entry<T>, usize)>,
}

impl<T> Drop for Popped<'_, T> {
    fn drop(&mut self) {
        while let Some((first, at)) = self.entries.pop() {
            self.heap.unpop(first, at);
        }
    }
}

fn parent(of: usize) -> usize {
    (of - 1) / 2
}

impl<T: Ord> Store for Heap<T> {
    type Item = T;

    fn push(&mut self, item: T) -> Result<(), T> {
        // Room first: then nothing can fail between the first move and the last.
        self.entries.reserve(1);
        let entry = Entry { item, arrival: self.arrivals };
        let at = self.entries.len();
        let place = self.place_above(&entry, at);
        self.arrivals += 1;
        self.entries.push(entry);
        self.move_up(at, place);
        Ok(())
    }

    fn pop(&mut self) -> Option<T> {
        self.pop_entry().map(|(first, _)| first.item)
    }

    fn peek(&self) -> Option<&T> {
        self.entries.first().map(|entry| &entry.item)
    }

    fn pop_many(&mut self, max: usize) -> Vec<T> {
        let mut popped = Popped { heap: self, entries: Vec::new() };
        while popped.entries.len() < max
            && let Some(entry) = popped.heap.pop_entry()
        {
            popped.entries.push(entry);
        }
        core::mem::take(&mut popped.entries).into_iter().map(|(entry, _)| entry.item).collect()
    }

    /// Looks at half of the items.
    fn exchange(&mut self, item: T) -> Result<T, T> {
        let entry = Entry { item, arrival: self.arrivals };
        // What comes last in the order has no children.
        let leaves = self.entries.len() / 2..self.entries.len();
        let last = leaves.reduce(|a, b| if self.entries[a].is_before(&self.entries[b]) { b } else { a });
        let Some(last) = last.filter(|&last| entry.is_before(&self.entries[last])) else {
            return Ok(entry.item);
        };
        let place = self.place_above(&entry, last);
        self.arrivals += 1;
        let out = core::mem::replace(&mut self.entries[last], entry);
        self.move_up(last, place);
        Ok(out.item)
    }

    fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order_and_equals_in_the_order_of_arrival() {
        let mut heap = Heap::new();
        let mut expected = Vec::new();
        for n in 0..500_u32 {
            // Compared by the first alone.
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            struct Job(u32, u32);
            impl Ord for Job {
                fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                    self.0.cmp(&other.0)
                }
            }
            impl PartialOrd for Job {
                fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                    Some(self.cmp(other))
                }
            }
            let job = Job(n.wrapping_mul(2_654_435_761) % 7, n);
            heap.push(job).unwrap();
            expected.push((job.0, job.1));
            if n % 3 == 0 {
                expected.sort_unstable();
                let first = heap.pop().unwrap();
                assert_eq!((first.0, first.1), expected.remove(0));
            }
        }
        assert_eq!(heap.len(), expected.len());
    }
}
