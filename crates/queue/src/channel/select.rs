//! A channel's two sides as cases of a [`Select`].

use super::error::{RecvError, SendError};
use super::{Receiver, Sender};
use crate::error::ShutDown;
use crate::select::Select;

impl<'a, R> Select<'a, R> {
    /// Or: receive an item from a channel.
    ///
    /// ```
    /// use queue::{Select, channel};
    /// let ((to_left, left), (to_right, right)) = (channel::unbounded::<u8>(), channel::bounded(1));
    /// to_right.send("seven").unwrap();
    /// let got = Select::new()
    ///     .recv(&left, |number| format!("{number:?}"))
    ///     .recv(&right, |name| name.unwrap().to_owned())
    ///     .wait();
    /// assert_eq!(got, "seven");
    /// # drop(to_left);
    /// ```
    pub fn recv<T>(
        self,
        receiver: &'a Receiver<T>,
        then: impl FnOnce(Result<T, RecvError>) -> R + 'a,
    ) -> Self {
        self.get(receiver.queue(), |got| then(got.map_err(|ShutDown| RecvError)))
    }

    /// Or: send `item` into a channel; it stays where it is until then, also if there is no receiver any
    /// more.
    ///
    /// # Panics
    /// If there is no item.
    ///
    /// ```
    /// use queue::{Select, channel};
    /// let (sender, receiver) = channel::bounded(1);
    /// let mut item = Some(8);
    /// Select::new().send(&sender, &mut item, |sent| sent.unwrap()).wait();
    /// assert_eq!((item, receiver.recv()), (None, Ok(8)));
    /// ```
    pub fn send<T>(
        self,
        sender: &'a Sender<T>,
        item: &'a mut Option<T>,
        then: impl FnOnce(Result<(), SendError<()>>) -> R + 'a,
    ) -> Self {
        self.put(sender.queue(), item, |put| then(put.map_err(|_| SendError(()))))
    }
}
