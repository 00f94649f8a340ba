//! A barrier's history against a count and two flags. Those who come are threads of their own, whose action
//! waits to be told how to end; after each operation the barrier must come to look like the reference, and
//! everybody must have been told what the reference says.

use locks::{ActionError, Barrier};
use proptest::prelude::*;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Scope, scope, yield_now};
use std::time::{Duration, Instant};

/// How long a test waits for what must happen, before it says that it did not.
const HANGS: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
enum Op {
    /// Another thread comes.
    Come,
    /// The action that runs, if one does, ends like this.
    End(Result<(), ()>),
    Abort,
    Reset,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => Just(Op::Come),
        3 => Just(Op::End(Ok(()))),
        1 => Just(Op::End(Err(()))),
        1 => Just(Op::Abort),
        2 => Just(Op::Reset),
    ]
}

type Told = Result<usize, ActionError<()>>;
/// Tells an action that runs how to end.
type Ender = Sender<Result<(), ()>>;

/// What a barrier should do, in the plainest words.
#[derive(Debug, Default)]
struct Reference {
    parties: usize,
    inside: usize,
    /// Those who came while an action ran.
    outside: usize,
    broken: bool,
    acting: bool,
    /// The cycle has failed, but its action still runs.
    doomed: bool,
    actions: usize,
    told: Vec<Told>,
}

impl Reference {
    fn come(&mut self) {
        if self.broken {
            self.tell(1, Err(ActionError::Broken));
        } else if self.acting {
            self.outside += 1;
        } else {
            self.inside += 1;
            self.acting = self.inside == self.parties;
            self.actions += usize::from(self.acting);
        }
    }

    fn end(&mut self, how: Result<(), ()>) {
        if !self.acting {
            return;
        }
        match how {
            Ok(()) if self.doomed => self.tell(1, Err(ActionError::Broken)),
            Ok(()) => self.told.extend((0..self.parties).map(Ok)),
            Err(()) => {
                self.tell(1, Err(ActionError::Failed(())));
                if !self.doomed {
                    self.tell(self.parties - 1, Err(ActionError::Broken));
                    self.refuse();
                }
            }
        }
        (self.inside, self.acting, self.doomed) = (0, false, false);
        for _ in 0..std::mem::take(&mut self.outside) {
            self.come();
        }
    }

    /// Those inside fail; one who acts is told later.
    fn fail(&mut self) {
        if !self.doomed {
            self.tell(self.inside - usize::from(self.acting), Err(ActionError::Broken));
            self.inside = usize::from(self.acting);
            self.doomed = self.acting;
        }
    }

    fn refuse(&mut self) {
        self.broken = true;
        let outside = std::mem::take(&mut self.outside);
        self.tell(outside, Err(ActionError::Broken));
    }

    fn tell(&mut self, count: usize, what: Told) {
        self.told.extend(std::iter::repeat_n(what, count));
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Come => self.come(),
            Op::End(how) => self.end(how),
            Op::Abort => {
                self.fail();
                self.refuse();
            }
            Op::Reset => {
                self.fail();
                self.broken = false;
            }
        }
    }

    fn n_waiting(&self) -> usize {
        if self.doomed { 0 } else { self.inside }
    }
}

/// The real barrier, with what its threads report.
struct Real<'a> {
    barrier: &'a Barrier,
    told: (Sender<Told>, Receiver<Told>),
    actions: (Sender<Ender>, Receiver<Ender>),
    all_told: Vec<Told>,
    all_actions: Vec<Ender>,
}

impl<'a> Real<'a> {
    fn new(barrier: &'a Barrier) -> Self {
        Self { barrier, told: channel(), actions: channel(), all_told: Vec::new(), all_actions: Vec::new() }
    }

    fn come<'scope>(&self, scope: &'scope Scope<'scope, '_>)
    where
        'a: 'scope,
    {
        let (barrier, told, actions) = (self.barrier, self.told.0.clone(), self.actions.0.clone());
        scope.spawn(move || {
            let result = barrier.wait_with(|| {
                let (end, ends) = channel();
                actions.send(end).unwrap();
                ends.recv().unwrap()
            });
            told.send(result).unwrap();
        });
    }

    /// Waits until it looks like the reference.
    fn settle(&mut self, reference: &Reference) -> Result<(), TestCaseError> {
        let start = Instant::now();
        loop {
            self.all_told.extend(self.told.1.try_iter());
            self.all_actions.extend(self.actions.1.try_iter());
            if self.all_told.len() >= reference.told.len()
                && self.all_actions.len() >= reference.actions
                && self.barrier.n_waiting() == reference.n_waiting()
            {
                break;
            }
            prop_assert!(start.elapsed() < HANGS, "{:?}, {:?}, {:?}", self.barrier, self.all_told, reference);
            yield_now();
        }
        prop_assert_eq!(sorted(&self.all_told), sorted(&reference.told));
        prop_assert_eq!(self.all_actions.len(), reference.actions, "one action a cycle");
        prop_assert_eq!(self.barrier.broken(), reference.broken);
        Ok(())
    }
}

fn sorted(told: &[Told]) -> Vec<String> {
    let mut texts: Vec<_> = told.iter().map(|told| format!("{told:?}")).collect();
    texts.sort();
    texts
}

fn history(parties: usize, ops: &[Op]) -> Result<(), TestCaseError> {
    let barrier = Barrier::new(parties);
    let mut reference = Reference { parties, ..Reference::default() };
    scope(|scope| {
        let mut real = Real::new(&barrier);
        // In the end nobody is left waiting.
        let end = [Op::Abort, Op::End(Ok(()))];
        let result = ops.iter().chain(&end).try_for_each(|op| {
            match *op {
                Op::Come => real.come(scope),
                Op::Abort => barrier.abort(),
                Op::Reset => barrier.reset(),
                Op::End(how) if reference.acting => {
                    real.all_actions[reference.actions - 1].send(how).unwrap()
                }
                Op::End(_) => {}
            }
            reference.step(*op);
            real.settle(&reference)
        });
        // Also after a failure, or the scope would wait for ever.
        barrier.abort();
        result
    })
}

proptest! {
    // A history that hangs takes its time: few are tried again shorter.
    #![proptest_config(ProptestConfig {
        cases: 200,
        max_shrink_iters: 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_history_is_that_of_the_reference(parties in 1..4_usize, ops in prop::collection::vec(op(), 1..40)) {
        history(parties, &ops)?;
    }
}
