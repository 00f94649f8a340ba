//! How do a pool and its worker come together where there is nothing but TCP? The pool waits at a port of the loopback
//! interface, which nobody else can guess the token for.

use super::{
    super::{Out, Signal, system},
    Config, Process, Region,
    link::{Link, Links},
    socket::send_config,
};
use std::{
    hash::{BuildHasher, RandomState},
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command},
    sync::Arc,
    thread,
    time::Duration,
};

pub(super) type Stream = TcpStream;

/// How long somebody who has connected may take to show the token.
const HELLO: Duration = Duration::from_millis(500);
/// How often is looked whether somebody has come, or a process has ended.
const LOOK: Duration = Duration::from_millis(1);

const MESSAGES: u8 = 0;
const CONTROL: u8 = 1;

/// Where a worker is waited for that will be started.
pub(super) struct Door {
    listener: TcpListener,
    token: String,
}

impl Door {
    pub(super) fn new(command: &mut Command, stdout: Out) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        // Each has keys of its own, which nobody knows.
        let random = || RandomState::new().hash_one(0);
        let token = format!("{:016x}{:016x}", random(), random());
        let invitation = format!("{}:{token}", listener.local_addr()?.port());
        system::invite(command, &invitation, stdout);
        Ok(Self { listener, token })
    }

    /// The worker was started: a thread waits for it.
    pub(super) fn open(self, region: &Arc<Region>, config: Config) -> io::Result<()> {
        let region = Arc::clone(region);
        let wait = move || {
            if let Ok(Some(links)) = self.await_both(&region) {
                region.connect(links);
                let _ = send_config(&region, config);
            }
            region.has_come.set();
        };
        thread::Builder::new().name("pool-door".into()).spawn(wait).map(drop)
    }

    /// `None` if the worker is dead before.
    fn await_both(&self, region: &Region) -> io::Result<Option<Links>> {
        let (mut messages, mut control) = (None, None);
        while messages.is_none() || control.is_none() {
            match self.listener.accept() {
                Ok((stream, _)) => match self.check(stream) {
                    Ok((MESSAGES, stream)) => messages = Some(stream),
                    Ok((_, stream)) => control = Some(stream),
                    // It was somebody else.
                    Err(_) => {}
                },
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if region.has_died.wait_timeout(LOOK) {
                        return Ok(None);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let both = messages.zip(control);
        both.map(|(messages, control)| {
            Ok(Links { messages: Link::impatient(messages)?, control: Link::impatient(control)? })
        })
        .transpose()
    }

    fn check(&self, mut stream: TcpStream) -> io::Result<(u8, TcpStream)> {
        // On some systems it is as the listener is.
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HELLO))?;
        let mut hello = vec![0; self.token.len() + 1];
        stream.read_exact(&mut hello)?;
        stream.set_read_timeout(None)?;
        match hello.split_last() {
            Some((which, token)) if token == self.token.as_bytes() => Ok((*which, stream)),
            _ => Err(ErrorKind::PermissionDenied.into()),
        }
    }
}

/// The worker's ends.
pub(super) fn arrive() -> io::Result<Links> {
    let invitation = system::invitation().unwrap_or_default();
    let parts = invitation.split_once(':').and_then(|(port, token)| Some((port.parse::<u16>().ok()?, token)));
    let (port, token) = parts.ok_or_else(|| io::Error::other("nobody waits for this worker"))?;
    let connect = |which| {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.write_all(&[token.as_bytes(), &[which]].concat())?;
        Ok::<_, io::Error>(Link::new(stream))
    };
    Ok(Links { messages: connect(MESSAGES)?, control: connect(CONTROL)? })
}

/// There is one way to end a child.
pub(super) fn signal(child: &mut Child, _: Signal) -> io::Result<()> {
    child.kill()
}

/// What a process has started is not known here.
pub(super) fn kill_group(_: u32) {}

/// So nobody takes the account of its end.
pub(super) fn take_group(_: u32) {}

/// Waits until a process has ended. Its connection ends with it, as nobody else has that.
pub(super) fn await_end(process: &Process, region: &Region) {
    let mut pause = LOOK;
    loop {
        let has_ended = process.running.lock().child.try_wait();
        if !matches!(has_ended, Ok(None)) {
            return;
        }
        match region.links() {
            // It has not come yet.
            None => thread::sleep(10 * LOOK),
            Some(_) if !region.is_deaf.is_set() => region.is_deaf.wait(),
            Some(_) => {
                thread::sleep(pause);
                pause = (2 * pause).min(50 * LOOK);
            }
        }
    }
}

/// The process that has started this one: its end is the connection's.
pub(crate) struct Parent;

impl Parent {
    pub(super) const LOOK: Option<Duration> = None;

    pub(crate) fn new(_: u32) -> io::Result<Option<Self>> {
        Ok(Some(Self))
    }

    pub(super) fn is_there(&self) -> bool {
        true
    }
}

/// Both ends, in this process.
#[cfg(test)]
pub(super) fn links() -> io::Result<(Links, Links)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let pair = || {
        let ours = TcpStream::connect(listener.local_addr()?)?;
        Ok::<_, io::Error>((Link::impatient(ours)?, Link::new(listener.accept()?.0)))
    };
    let ((messages, theirs), (control, beside)) = (pair()?, pair()?);
    Ok((Links { messages, control }, Links { messages: theirs, control: beside }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_know_the_token_is_not_let_in() {
        let door = Door::new(&mut Command::new("true"), system::nowhere().unwrap()).unwrap();
        let address = door.listener.local_addr().unwrap();
        let connect = |token: &str, which| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(&[token.as_bytes(), &[which]].concat()).unwrap();
            stream
        };
        let wrong = connect(&"0".repeat(door.token.len()), MESSAGES);
        let _silent = TcpStream::connect(address).unwrap();
        let right = [CONTROL, MESSAGES].map(|which| connect(&door.token, which));
        let links = door.await_both(&Region::new()).unwrap().unwrap();
        let peer = |link: &Link| link.stream.peer_addr().unwrap();
        assert_eq!([peer(&links.control), peer(&links.messages)], right.map(|end| end.local_addr().unwrap()));
        assert_ne!(peer(&links.messages), wrong.local_addr().unwrap());
    }

    #[test]
    fn nobody_is_waited_for_who_is_dead() {
        let door = Door::new(&mut Command::new("true"), system::nowhere().unwrap()).unwrap();
        let region = Region::new();
        region.has_died.set();
        assert!(door.await_both(&region).unwrap().is_none());
    }
}
