//! The jobs that no worker has yet, in the order of their submission.

use super::job::Job;
use std::collections::VecDeque;

/// A queue out of which one can be taken by its number.
///
/// A job that comes back from a worker goes to its old place. One that is taken out of the middle leaves a hole, so
/// that taking out costs O(log n), however many wait.
#[derive(Default)]
pub(super) struct Waiting {
    /// By rising number.
    jobs: VecDeque<(u64, Option<Job>)>,
    /// Without the holes.
    len: usize,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// A new job, or one that comes back.
    pub(super) fn put(&mut self, job: Job) {
        let id = job.id;
        let place = match self.jobs.back() {
            Some((last, _)) if *last >= id => self.jobs.partition_point(|(other, _)| *other < id),
            _ => self.jobs.len(),
        };
        self.len += 1;
        match self.jobs.get_mut(place) {
            // Its own hole.
            Some((hole, nothing)) if *hole == id => *nothing = Some(job),
            _ => self.jobs.insert(place, (id, Some(job))),
        }
    }

    /// The first.
    pub(super) fn pop(&mut self) -> Option<Job> {
        loop {
            if let Some(job) = self.jobs.pop_front()?.1 {
                self.len -= 1;
                return Some(job);
            }
        }
    }

    /// The one of this number.
    pub(super) fn remove(&mut self, id: u64) -> Option<Job> {
        let place = self.jobs.binary_search_by_key(&id, |(other, _)| *other).ok()?;
        let job = self.jobs[place].1.take()?;
        self.len -= 1;
        Some(job)
    }

    /// All of them.
    pub(super) fn take(&mut self) -> Vec<Job> {
        self.len = 0;
        std::mem::take(&mut self.jobs).into_iter().filter_map(|(_, job)| job).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process_pool::{
        call::Terms,
        job::{Replies, Sink},
    };
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    struct Nowhere;

    impl Sink for Nowhere {
        fn deliver(self: Box<Self>, _: Replies) {}
    }

    fn job(id: u64) -> Job {
        let terms = Terms { retries: 0, time_limit: None, chunk_size: None };
        Job::new(id, 0, Vec::new(), Vec::new(), 1, &terms, Box::new(Nowhere))
    }

    proptest! {
        #[test]
        fn jobs_leave_in_the_order_of_their_numbers_whoever_was_taken_out_or_came_back(
            steps in prop::collection::vec((0..4_u8, 0..40_u64), 0..200),
        ) {
            let (mut waiting, mut reference) = (Waiting::default(), BTreeSet::new());
            for (step, id) in steps {
                match step {
                    0 => if reference.insert(id) {
                        waiting.put(job(id));
                    },
                    1 => prop_assert_eq!(waiting.remove(id).map(|job| job.id), reference.take(&id)),
                    _ => prop_assert_eq!(waiting.pop().map(|job| job.id), reference.pop_first()),
                }
                prop_assert_eq!(waiting.len(), reference.len());
            }
            let rest: Vec<_> = waiting.take().iter().map(|job| job.id).collect();
            prop_assert_eq!(rest, reference.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(waiting.len(), 0);
        }
    }
}
