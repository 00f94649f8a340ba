//! Which steps run at the same time?
//!
//! Two lanes. In one, the steps of the real world, one after the other; beside it those that are
//! [apart](super::Step::apart), in the same way. A build keeps one core busy at its beginning and at its end, and many
//! tests wait: what is apart takes the time that is left over, so that the tests have the machine nearly to themselves.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::report::Outcome;
use super::steps::Step;
use crate::failure::Failure;

/// Hands each of `steps` to `perform`, and its outcome to `tell` as soon as it is there, one at a time; returns the
/// outcomes in the order of the steps. An `Err` is not the failure of a step; it ends its lane.
pub(super) fn walk(
    steps: &[&'static Step],
    perform: impl Fn(&'static Step) -> Result<Outcome, Failure> + Sync,
    tell: impl Fn(&'static Step, &Outcome) -> Result<(), Failure> + Sync,
) -> Result<Vec<Outcome>, Failure> {
    let outcomes = Mutex::new(Vec::new());
    let lane = |apart: bool| -> Result<(), Failure> {
        for (place, step) in (0..).zip(steps).filter(|(_, step)| step.apart == apart) {
            let outcome = perform(step)?;
            // What a panic in `tell` leaves is whole.
            let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
            tell(step, &outcome)?;
            outcomes.push((place, outcome));
        }
        Ok(())
    };
    thread::scope(|scope| {
        let apart = scope.spawn(|| {
            give_way();
            lane(true)
        });
        let ended = lane(false);
        ended.and(apart.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(place, _): &(usize, Outcome)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Lets this thread, and what it will start, run when others do not. On Linux it is the thread that is meant, elsewhere
/// the process: then nobody gives way to anybody, and all is as right as it was.
#[cfg(unix)]
fn give_way() {
    // SAFETY: the C library's function, as POSIX has it; it takes any number.
    unsafe extern "C" {
        safe fn nice(by: std::ffi::c_int) -> std::ffi::c_int;
    }
    // Where it is refused, the lanes have the same right to the cores.
    let _ = nice(10);
}

#[cfg(not(unix))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::super::steps::STEPS;
    use super::*;

    fn outcome(step: &'static Step) -> Outcome {
        Outcome { name: step.name, status: Status::Passed, seconds: 0.0, detail: String::new() }
    }

    fn all() -> Vec<&'static Step> {
        STEPS.iter().collect()
    }

    #[test]
    fn outcomes_come_in_the_order_of_the_steps_and_each_is_told_once() {
        let told = Mutex::new(Vec::new());
        let tell = |step: &'static Step, outcome: &Outcome| {
            assert_eq!(step.name, outcome.name);
            told.lock().unwrap().push(step.name);
            Ok(())
        };
        let outcomes = walk(&all(), |step| Ok(outcome(step)), tell).unwrap();
        assert!(outcomes.iter().map(|outcome| outcome.name).eq(STEPS.iter().map(|step| step.name)));

        let told = told.into_inner().unwrap();
        assert_eq!(told.len(), STEPS.len());
        for apart in [false, true] {
            let of_lane = |name: &&str| STEPS.iter().any(|step| step.name == *name && step.apart == apart);
            let in_order = STEPS.iter().filter(|step| step.apart == apart).map(|step| step.name);
            assert!(told.iter().copied().filter(of_lane).eq(in_order), "{told:?}");
        }
    }

    #[test]
    fn both_lanes_are_under_way_at_once() {
        let meeting = std::sync::Barrier::new(2);
        let steps = [STEPS.iter().find(|step| step.apart), STEPS.iter().find(|step| !step.apart)];
        let perform = |step| {
            meeting.wait();
            Ok(outcome(step))
        };
        assert_eq!(walk(&steps.map(Option::unwrap), perform, |_, _| Ok(())).unwrap().len(), 2);
    }

    #[test]
    fn a_failure_in_either_lane_is_returned() {
        for apart in [false, true] {
            let perform = |step: &'static Step| match step.apart == apart {
                true => Err(Failure::Failed(step.name.to_owned())),
                false => Ok(outcome(step)),
            };
            let first = STEPS.iter().find(|step| step.apart == apart).unwrap().name;
            let ended = walk(&all(), perform, |_, _| Ok(()));
            assert!(matches!(ended, Err(Failure::Failed(name)) if name == first));
        }
    }
}
