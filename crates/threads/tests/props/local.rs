//! Random histories of instances that come and go, of threads that do, and of what each thread keeps in each
//! instance: every access finds what a plain map says, and no value is there that the map has not.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestCaseResult, TestRunner};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use threads::{Handle, Local, Thread};

const THREADS: usize = 3;

#[derive(Clone, Debug)]
enum Op {
    /// A new instance.
    New,
    /// An instance is dropped, by a thread.
    Drop(Index, usize),
    /// A thread writes into an instance, and says what it found there.
    Write(Index, usize, u32),
    /// A thread ends, and another takes its place.
    End(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::New),
        2 => (any::<Index>(), 0..THREADS).prop_map(|(instance, thread)| Op::Drop(instance, thread)),
        8 => (any::<Index>(), 0..THREADS, 1..u32::MAX)
            .prop_map(|(instance, thread, number)| Op::Write(instance, thread, number)),
        2 => (0..THREADS).prop_map(Op::End),
    ]
}

/// A value that counts while it is there. Relaxed: who looks has the answer, or the end, of who counted.
struct Value {
    number: Cell<u32>,
    there: Arc<AtomicUsize>,
}

impl Value {
    fn new(there: Arc<AtomicUsize>) -> Self {
        there.fetch_add(1, Relaxed);
        Self { number: Cell::new(0), there }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.there.fetch_sub(1, Relaxed);
    }
}

type Instance = Arc<Local<Value, Box<dyn Fn() -> Value + Send + Sync>>>;
type Job = Box<dyn FnOnce() -> u32 + Send>;

/// A thread that does one job after the other.
struct Worker {
    jobs: mpsc::Sender<Job>,
    answers: mpsc::Receiver<u32>,
    thread: Handle<()>,
}

impl Worker {
    fn new() -> Self {
        let ((jobs, todo), (answer, answers)) = (mpsc::channel::<Job>(), mpsc::channel());
        let work = move || todo.iter().for_each(|job| answer.send(job()).unwrap());
        Self { jobs, answers, thread: Thread::new(work).start().unwrap() }
    }

    fn ask(&self, job: impl FnOnce() -> u32 + Send + 'static) -> u32 {
        self.jobs.send(Box::new(job)).unwrap();
        self.answers.recv().unwrap()
    }

    fn end(self) {
        drop(self.jobs);
        self.thread.join().unwrap();
    }
}

fn history(ops: Vec<Op>) -> TestCaseResult {
    let there = Arc::new(AtomicUsize::new(0));
    let mut workers: [Worker; THREADS] = std::array::from_fn(|_| Worker::new());
    let mut instances: Vec<(usize, Instance)> = Vec::new();
    let mut expected = BTreeMap::new();
    for (step, op) in ops.into_iter().enumerate() {
        match op {
            Op::New => {
                let there = Arc::clone(&there);
                let init = Box::new(move || Value::new(Arc::clone(&there)));
                instances.push((step, Arc::new(Local::new(init))));
            }
            Op::End(thread) => {
                std::mem::replace(&mut workers[thread], Worker::new()).end();
                expected.retain(|&(_, of), _| of != thread);
            }
            _ if instances.is_empty() => {}
            Op::Drop(index, thread) => {
                let (name, instance) = instances.remove(index.index(instances.len()));
                workers[thread].ask(move || {
                    drop(instance);
                    0
                });
                expected.retain(|&(of, _), _| of != name);
            }
            Op::Write(index, thread, number) => {
                let (name, instance) = index.get(&instances).clone();
                let found = workers[thread].ask(move || instance.with(|value| value.number.replace(number)));
                let before = expected.insert((name, thread), number).unwrap_or(0);
                prop_assert_eq!(found, before);
            }
        }
        prop_assert_eq!(there.load(Relaxed), expected.len());
    }
    workers.into_iter().for_each(Worker::end);
    prop_assert_eq!(there.load(Relaxed), 0);
    Ok(())
}

#[test]
fn a_thread_finds_in_each_instance_what_it_left_there_and_nothing_stays() {
    let mut runner = TestRunner::default();
    runner.run(&prop::collection::vec(op(), 1..120), history).unwrap();
}
