//! How do a pool and its worker come together on Unix? By two pairs of sockets: one is the worker's standard input, and by
//! it come the other one, and standard output.

pub(super) use super::super::system::{kill_group, take_group};
use super::{
    super::{Out, Signal, system},
    Config, Process, Region,
    link::{Link, Links},
    socket::send_config,
};
use rustix::{
    io::{Errno, FdFlags, fcntl_setfd},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
        SendFlags, recvmsg, sendmsg,
    },
    process::{Pid, WaitId, WaitIdOptions, getppid, kill_process, waitid},
};
use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    process::{Child, Command},
    sync::Arc,
    thread,
    time::Duration,
};

pub(super) type Stream = UnixStream;

/// How often a process is looked at that is traced.
const LOOK: Duration = Duration::from_millis(1);

/// The pool's ends, for a worker that will be started.
pub(super) struct Door(Links);

impl Door {
    pub(super) fn new(command: &mut Command, stdout: Out) -> io::Result<Self> {
        let (control, theirs) = UnixStream::pair()?;
        let (messages, beside) = UnixStream::pair()?;
        send_files(&control, &[beside.as_fd(), stdout.as_fd()])?;
        system::give_socket(command, theirs.into())?;
        Ok(Self(Links { messages: Link::impatient(messages)?, control: Link::impatient(control)? }))
    }

    /// The worker was started.
    pub(super) fn open(self, region: &Arc<Region>, config: Config) -> io::Result<()> {
        region.connect(self.0);
        send_config(region, config)
    }
}

/// The worker's ends. Standard output is what the pool has sent.
pub(super) fn arrive() -> io::Result<Links> {
    let control = UnixStream::from(system::take_socket()?);
    let files = receive_files(&control)?;
    let [messages, output]: [OwnedFd; 2] =
        files.try_into().map_err(|_| io::Error::other("the pool's files have not come"))?;
    system::take_output(output)?;
    Ok(Links { messages: Link::new(messages.into()), control: Link::new(control) })
}

fn send_files(socket: &UnixStream, files: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let pushed = control.push(SendAncillaryMessage::ScmRights(files));
    debug_assert!(pushed, "there is space for two");
    // They need a byte to go with.
    sendmsg(socket, &[IoSlice::new(&[0])], &mut control, SendFlags::empty())?;
    Ok(())
}

fn receive_files(socket: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    while let Err(error) =
        recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::empty())
    {
        if error != Errno::INTR {
            return Err(error.into());
        }
    }
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    // Not every system can do so in one step; this process has one thread yet.
    files.iter().try_for_each(|file| fcntl_setfd(file, FdFlags::CLOEXEC))?;
    Ok(files)
}

/// Sends a signal to a child that was not waited for.
pub(super) fn signal(child: &mut Child, signal: Signal) -> io::Result<()> {
    Ok(kill_process(Pid::from_child(child), signal)?)
}

/// Waits until a process has ended, without taking the system's account of it. The end of its connection would not do: a
/// process that it has forked may have that too.
pub(super) fn await_end(process: &Process, _: &Region) {
    let Some(pid) = Pid::from_raw(process.pid as i32) else { return };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(pid), options) {
            Err(Errno::INTR) => {}
            // It is traced by its pool's own process, which is told of its stops without asking.
            Ok(Some(status)) if status.stopped() || status.trapped() => thread::sleep(LOOK),
            _ => return,
        }
    }
}

/// The process that has started this one.
pub(crate) struct Parent(Pid);

impl Parent {
    /// How often is looked: a process that the pool's has forked may keep the connection open.
    pub(super) const LOOK: Option<Duration> = Some(Duration::from_millis(500));

    /// `None` if it is no more.
    pub(crate) fn new(pid: u32) -> io::Result<Option<Self>> {
        let parent = Pid::from_raw(pid as i32).map(Self);
        Ok(parent.filter(Self::is_there))
    }

    pub(super) fn is_there(&self) -> bool {
        getppid() == Some(self.0)
    }
}

/// Both ends, in this process.
#[cfg(test)]
pub(super) fn links() -> io::Result<(Links, Links)> {
    let ((messages, theirs), (control, beside)) = (UnixStream::pair()?, UnixStream::pair()?);
    let ours = Links { messages: Link::impatient(messages)?, control: Link::impatient(control)? };
    Ok((ours, Links { messages: Link::new(theirs), control: Link::new(beside) }))
}
