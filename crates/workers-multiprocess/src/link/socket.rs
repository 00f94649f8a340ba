//! The socket between a pool and one worker, for what is rare: the greeting, files, and "stop this task".
//!
//! Messages keep their bounds (`SOCK_SEQPACKET`). The worker has it as its standard input, so that no number of a
//! descriptor has to be passed on; it reads its end as a sign that the pool's process is no more.

use crate::wire;
use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
        SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg,
        socketpair,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, ErrorKind, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// The files that go with one message; Linux takes 253.
pub(crate) const MAX_FILES: usize = 250;
/// The longest message.
const MAX_LEN: usize = 64 << 10;

/// One end.
#[derive(Debug)]
pub(crate) struct Socket(OwnedFd);

impl Socket {
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok((Self(one), Self(other)))
    }

    pub(crate) fn from_fd(fd: OwnedFd) -> Self {
        Self(fd)
    }

    pub(crate) fn into_fd(self) -> OwnedFd {
        self.0
    }

    /// Sends a message, waiting for room.
    pub(crate) fn send<T: Serialize>(&self, message: &T, files: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.send_with(message, files, SendFlags::NOSIGNAL)
    }

    /// Sends a message if there is room at this moment; else it is an error as any other.
    pub(crate) fn try_send<T: Serialize>(&self, message: &T, files: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.send_with(message, files, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)
    }

    fn send_with<T: Serialize>(
        &self,
        message: &T,
        files: &[BorrowedFd<'_>],
        flags: SendFlags,
    ) -> io::Result<()> {
        let bytes = wire::encode(message).map_err(io::Error::other)?;
        if bytes.len() > MAX_LEN || files.len() > MAX_FILES {
            return Err(io::Error::new(ErrorKind::InvalidInput, "a message to a worker is too long"));
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !files.is_empty() {
            let pushed = control.push(SendAncillaryMessage::ScmRights(files));
            debug_assert!(pushed, "there is space for MAX_FILES");
        }
        loop {
            match sendmsg(&self.0, &[IoSlice::new(&bytes)], &mut control, flags) {
                Err(Errno::INTR) => {}
                sent => return Ok(sent.map(drop)?),
            }
        }
    }

    /// The next message and the files that came with it; waits for one. `None` at the end. A process that lacks
    /// descriptors gets fewer files than were sent, and the message all the same.
    pub(crate) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        self.receive_with(RecvFlags::empty())
    }

    /// The next message, if it is there; if not, it is an error as any other.
    pub(crate) fn try_receive<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        self.receive_with(RecvFlags::DONTWAIT)
    }

    fn receive_with<T: DeserializeOwned>(&self, flags: RecvFlags) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        let mut bytes = vec![0; MAX_LEN];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut room = [IoSliceMut::new(&mut bytes)];
            match recvmsg(&self.0, &mut room, &mut control, flags | RecvFlags::CMSG_CLOEXEC) {
                // Linux tells once, before all that the other end has sent, that it ended without having read all.
                Err(Errno::INTR | Errno::CONNRESET) => {}
                received => break received?,
            }
        };
        let mut files = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = message {
                files.extend(received);
            }
        }
        if received.flags.contains(ReturnFlags::TRUNC) {
            return Err(io::Error::other("a message arrived cut off"));
        }
        if received.bytes == 0 {
            return Ok(None);
        }
        let message = wire::read_last(&bytes[..received.bytes]).map_err(io::Error::other)?;
        Ok(Some((message, files)))
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write, pipe};

    #[test]
    fn a_message_arrives_whole_and_with_its_files() {
        let (one, other) = Socket::pair().unwrap();
        let (mut reader, writer) = pipe().unwrap();
        one.send(&"first", &[]).unwrap();
        one.send(&7_u64, &[writer.as_fd()]).unwrap();
        drop(writer);
        assert_eq!(other.receive::<String>().unwrap().unwrap().0, "first");
        let (number, mut files) = other.receive::<u64>().unwrap().unwrap();
        assert_eq!((number, files.len()), (7, 1));
        let mut writer = std::fs::File::from(files.remove(0));
        writer.write_all(b"through").unwrap();
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
    }

    #[test]
    fn the_end_is_no_message() {
        let (one, other) = Socket::pair().unwrap();
        assert_eq!(other.try_receive::<u8>().unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(one);
        assert!(other.receive::<u8>().unwrap().is_none());
    }

    #[test]
    fn what_was_sent_before_the_end_arrives_though_the_other_end_had_not_read_all() {
        let (one, other) = Socket::pair().unwrap();
        one.send(&7_u8, &[]).unwrap();
        other.send(&8_u8, &[]).unwrap();
        drop(one);
        assert_eq!(other.try_receive::<u8>().unwrap().unwrap().0, 7);
        assert!(other.try_receive::<u8>().unwrap().is_none());
    }

    #[test]
    fn a_message_of_another_type_is_an_error() {
        let (one, other) = Socket::pair().unwrap();
        one.send(&(1_u8, 2_u8), &[]).unwrap();
        assert!(other.receive::<u8>().is_err());
    }

    #[test]
    fn nobody_is_made_to_wait_by_who_does_not_read() {
        let (one, _other) = Socket::pair().unwrap();
        let refused = (0..1_000_000).find_map(|_| one.try_send(&0_u64, &[]).err());
        assert_eq!(refused.expect("there is an end to the room").kind(), ErrorKind::WouldBlock);
    }
}
