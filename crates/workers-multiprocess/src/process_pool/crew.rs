//! The thread that stands behind each worker: it takes the answers, and sees to it that a dead worker is replaced.

use super::{board::Board, job::Wild, launch::Worker, seat::Seat};
use crate::{
    error::Death,
    link::{
        Ended, Incoming, Socket,
        message::{Answer, FromWorker, item},
    },
    shared_bytes,
    wire::{self, Reply},
};
use locks::Deadline;
use std::{sync::Arc, time::Duration};

/// How long is waited before a worker is started again that could not be started, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// The place of one worker.
pub(super) struct Crew {
    pub(super) board: Arc<Board>,
    pub(super) number: usize,
    pub(super) name: Arc<str>,
}

/// How the answers of a worker ended.
enum Ending {
    /// The worker ends, or has ended.
    Leaves,
    Wild(&'static str),
}

impl Crew {
    /// A worker is ready: it can be given jobs. They lie there until it is attended.
    pub(super) fn seat(&self, worker: &Worker) {
        self.board.seat_up(self.number, Seat::new(worker, self.board.options.max_tasks));
    }

    /// Until the pool is at its end and nothing waits. `first` has its [`seat`](Self::seat).
    pub(super) fn attend(self, first: Worker) {
        let mut next = Some(first);
        loop {
            let was_of_use = next.take().is_some_and(|worker| self.tend(worker).1);
            // Who did nothing is not replaced before there is something to do: else one that dies at once is started
            // again and again.
            next = match was_of_use {
                true => self.start_if_open(),
                false => None,
            };
            while next.is_none() {
                if !self.board.await_work(Deadline::NEVER) {
                    return;
                }
                next = self.start();
            }
        }
    }

    fn start_if_open(&self) -> Option<Worker> {
        if self.board.await_work(Duration::ZERO) { self.start() } else { None }
    }

    /// Starts a worker; where that fails, tells the board, and waits a moment.
    fn start(&self) -> Option<Worker> {
        let mut pause = PAUSES.0;
        loop {
            let options = &self.board.options.worker;
            let started = Worker::launch(options, &self.name).and_then(|mut worker| {
                self.board.starts(self.number, &worker.process);
                worker.greet(self.board.registry, options)?;
                self.seat(&worker);
                Ok(worker)
            });
            match started {
                Ok(worker) => return Some(worker),
                Err(error) => self.board.not_started(self.number, &error.to_string()),
            }
            if !self.board.await_work(Duration::ZERO) {
                return None;
            }
            self.board.pause(pause);
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Until the worker is dead, which is not replaced: what it has not begun ends with it.
    pub(super) fn attend_one(self, worker: Worker) -> Death {
        self.seat(&worker);
        let (death, _) = self.tend(worker);
        self.board.end_waiting(&Reply::Died(death.clone()));
        death
    }

    /// Until the worker is dead; says how it died, and whether it has done anything.
    fn tend(&self, mut worker: Worker) -> (Death, bool) {
        let mut replies = worker.region.replies();
        let ending = self.take_answers(&mut replies, &worker.socket);
        let death = match ending {
            Ending::Leaves => worker.leave(self.board.options.grace),
            Ending::Wild(_) => worker.end(),
        };
        let wild = match ending {
            Ending::Wild(text) => Some(text),
            Ending::Leaves => None,
        };
        let was_of_use = self.board.bereave(self.number, &death, wild);
        (death, was_of_use)
    }

    fn take_answers(&self, replies: &mut Incoming, socket: &Socket) -> Ending {
        let mut message = Vec::new();
        loop {
            message.clear();
            match replies.next(&mut message) {
                Ok(()) => {}
                Err(Ended::Closed | Ended::Dead) => return Ending::Leaves,
                Err(Ended::Corrupt) => {
                    return Ending::Wild("the worker has overwritten what it shares with the pool");
                }
            }
            let Ok((answer, body)) = wire::read_first::<Answer>(&message) else {
                return Ending::Wild("the worker has written what is no answer");
            };
            let taken = match answer.files {
                0 => self.board.answered(self.number, &answer, body, Vec::new()),
                _ => self.with_files(&answer, body, socket),
            };
            if taken.is_err() {
                return Ending::Wild("the worker has written an answer to what was not asked");
            }
        }
    }

    /// An answer that has files, which came by the socket before it. It is one item.
    fn with_files(&self, answer: &Answer, body: &[u8], socket: &Socket) -> Result<(), Wild> {
        let files = match socket.try_receive::<FromWorker>() {
            Ok(Some((FromWorker::Files { ticket }, files)))
                if ticket == answer.ticket && answer.items == 1 =>
            {
                files
            }
            _ => return Err(Wild),
        };
        let mut files = match shared_bytes::arrived(files, answer.files) {
            Ok(files) => files,
            Err(error) => {
                let text = format!("the result's files could not be received: {error}");
                let reply = item(&Reply::ArgumentRefused(text)).map_err(|_| Wild)?;
                return self.board.answered(self.number, answer, &reply, Vec::new());
            }
        };
        if !answer.body_in_file {
            return self.board.answered(self.number, answer, body, files);
        }
        let body = files.remove(0);
        self.board.answered(self.number, answer, &body, files)
    }
}
