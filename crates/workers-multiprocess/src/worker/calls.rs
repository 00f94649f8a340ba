//! How does a function come by its arguments, and its results to where they are kept?
//!
//! The loop over the calls of a request is here, and generic, so that it is made anew for each function: what lies around a
//! tiny task costs more than the task, and most of it where one piece of code hands over to the next. It does what each
//! call needs; all that is rare is set aside for who runs the loop, and ends it.

pub(crate) use super::room::Room;

use crate::{
    link::{Progress, Unsent, message::Items},
    panic,
    registry::{Refused, Replied},
    shared_bytes::{self, SharedBytes},
    wire,
};
use platform::spans::{What, span};

/// The calls of a request, and where they stand.
#[derive(Debug)]
pub struct Calls<'a> {
    /// Of those that have not begun.
    arguments: Items<'a>,
    /// Of the one that runs, or comes next; and of the one behind the last.
    pub(super) number: u32,
    items: u32,
    /// Where results are kept; `None` where none are.
    progress: Option<&'a Progress>,
    pub(super) unsent: Unsent,
    room: Room,
    /// Of the result in the room.
    files: Vec<SharedBytes>,
    aside: Option<Aside>,
}

/// How the last call has ended, if that was not kept.
#[derive(Debug)]
pub(crate) enum Aside {
    /// As an item, and its files.
    Result(Vec<u8>, Vec<SharedBytes>),
    Refused(Refused),
}

impl<'a> Calls<'a> {
    /// Of so many items. Results are kept by `progress`, if there is one, from the first item on.
    pub(crate) fn new(arguments: Items<'a>, items: u32, progress: Option<&'a Progress>) -> Self {
        Self {
            arguments,
            number: 0,
            items,
            progress,
            unsent: Unsent::default(),
            room: Room::new(),
            files: Vec::new(),
            aside: None,
        }
    }

    pub(super) fn are_over(&self) -> bool {
        self.number == self.items
    }

    /// Makes the calls that are left, up to one whose end is not kept. A panic of the task, or of its values, is not caught:
    /// then the call has no result, and is still the one that runs.
    #[inline]
    pub fn run<A, R>(
        &mut self,
        decode: impl Fn(&[u8]) -> Result<A, Refused>,
        call: impl Fn(A) -> R,
        encode: impl Fn(&R, &mut Room) -> Replied,
    ) {
        while let Some(argument) = self.next() {
            let _task = span(What::Task);
            let written = decode(argument).and_then(|argument| {
                let result = call(argument);
                self.write(|room| encode(&result, room))
                // Dropped before it is kept: that may panic, too.
            });
            if !self.keep(&written) {
                return self.set_aside(written);
            }
        }
    }

    /// The argument of the next call.
    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.are_over() {
            return None;
        }
        panic::next_task();
        self.arguments.next()
    }

    /// Has `encode` write a result.
    #[inline]
    fn write(&mut self, encode: impl FnOnce(&mut Room) -> Replied) -> Replied {
        let (start, capacity) = self.progress.map_or((std::ptr::null_mut(), 0), |to| to.room(self.unsent));
        // SAFETY: what `room` returns is there as long as the progress, which is borrowed for longer than we live, and is
        // this thread's alone until something is kept there: after that, and after a panic, the result is neither written to
        // nor taken before the room begins anew.
        unsafe { self.room.begin(start, capacity) };
        self.room.push(wire::RETURNED);
        shared_bytes::outgoing(&mut self.files, || encode(&mut self.room))
    }

    /// Keeps the result in the room, if it is one that can be kept; says whether.
    #[inline]
    fn keep(&mut self, written: &Replied) -> bool {
        if let Some(progress) = self.progress
            && let Some(len) = self.room.stayed()
            && written.is_ok()
            && self.files.is_empty()
            && progress.keep_room(&mut self.unsent, len)
        {
            self.number += 1;
            return true;
        }
        false
    }

    #[cold]
    fn set_aside(&mut self, written: Replied) {
        let item = written.and_then(|()| self.room.take().map_err(Refused::Result));
        let files = std::mem::take(&mut self.files);
        self.aside = Some(item.map_or_else(Aside::Refused, |item| Aside::Result(item, files)));
    }

    /// How the call that runs has ended, if that was not kept; files of one that has panicked are dropped.
    pub(crate) fn take_aside(&mut self) -> Option<Aside> {
        self.files.clear();
        self.aside.take()
    }
}
