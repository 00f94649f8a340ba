//! How is another program run, and how does it end?

use std::fmt;
use std::io::{self, BufRead, BufReader, PipeReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::out::Sink;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ended {
    /// With exit code 0.
    Well,
    /// With another exit status.
    Badly(ExitStatus),
    /// It was killed at the end of its time.
    TimedOut(Duration),
    /// It ended, but at the end of its time something that it started still held its output.
    LeftProcess(Duration),
}

impl Ended {
    pub(crate) fn is_well(self) -> bool {
        self == Self::Well
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        if status.success() { Self::Well } else { Self::Badly(status) }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well => write!(f, "exit status: 0"),
            Self::Badly(status) => write!(f, "{status}"),
            Self::TimedOut(limit) => write!(f, "killed after {} s", limit.as_secs_f64()),
            Self::LeftProcess(limit) => {
                write!(f, "left a process behind, still there after {} s", limit.as_secs_f64())
            }
        }
    }
}

/// What a program said and how it ended.
pub(crate) struct Captured {
    pub(crate) lines: Vec<String>,
    pub(crate) ended: Ended,
    pub(crate) seconds: f64,
}

/// Where the stderr of a captured program goes.
pub(crate) enum Errors {
    /// Among the captured lines, in the order in which they were written.
    Merged,
    Apart(Stdio),
}

/// Runs `command` without input and collects its lines; kills it when `limit` has passed.
pub(crate) fn capture(mut command: Command, errors: Errors, limit: Duration) -> io::Result<Captured> {
    let (reader, writer) = io::pipe()?;
    let errors = match errors {
        Errors::Merged => writer.try_clone()?.into(),
        Errors::Apart(stdio) => stdio,
    };
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn()?;
    // The command holds our writing ends of the pipe; with them open the reader would never see the end.
    drop(command);

    let arriving = lines_of(reader);
    let mut lines = Vec::new();
    let end = started + limit;
    let ended = match each_until(&arriving, end, |line| lines.push(line)) {
        // Nobody holds the pipe any more, but the program may go on with its output closed.
        Open::No => wait_until(&mut child, end, limit)?,
        Open::Yes if child.try_wait()?.is_some() => Ended::LeftProcess(limit),
        Open::Yes => {
            let ended = kill(&mut child, limit)?;
            each_until(&arriving, Instant::now() + GRACE, |line| lines.push(line));
            ended
        }
    };
    Ok(Captured { lines, ended, seconds: started.elapsed().as_secs_f64() })
}

/// How long the output of a program that has ended is still read: a process that it left behind may hold the
/// pipe for ever.
const GRACE: Duration = Duration::from_secs(1);

/// Whether anybody still holds the writing end.
enum Open {
    Yes,
    No,
}

/// The lines that come through a pipe, read by a thread that ends with the pipe or with the receiver.
fn lines_of(reader: PipeReader) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line);
            if sender.send(text.trim_end_matches(['\n', '\r']).to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    lines
}

/// Hands over each line that arrives before `end`.
fn each_until(arriving: &Receiver<String>, end: Instant, mut use_line: impl FnMut(String)) -> Open {
    loop {
        match arriving.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => use_line(line),
            Err(mpsc::RecvTimeoutError::Timeout) => return Open::Yes,
            Err(mpsc::RecvTimeoutError::Disconnected) => return Open::No,
        }
    }
}

fn wait_until(child: &mut Child, end: Instant, limit: Duration) -> io::Result<Ended> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.into());
        }
        if Instant::now() >= end {
            return kill(child, limit);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn kill(child: &mut Child, limit: Duration) -> io::Result<Ended> {
    child.kill()?;
    child.wait()?;
    Ok(Ended::TimedOut(limit))
}

/// Runs `command` with both its outputs shown in `sink`, and shows each line to `watch` as well.
pub(crate) fn watched(
    mut command: Command,
    sink: &mut Sink,
    mut watch: impl FnMut(&str),
) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    let mut child = command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).spawn()?;
    drop(command);
    let arriving = lines_of(reader);
    let mut shown = Ok(());
    let mut show = |line: String| {
        watch(&line);
        if shown.is_ok() {
            shown = sink.line(&line);
        }
        // The program is read to its end even if its output can no longer be shown: it must not be stopped
        // half-way.
    };
    let status = loop {
        if let Open::No = each_until(&arriving, Instant::now() + Duration::from_millis(100), &mut show) {
            break child.wait()?;
        }
        if let Some(status) = child.try_wait()? {
            each_until(&arriving, Instant::now() + GRACE, &mut show);
            break status;
        }
    };
    shown?;
    Ok(status.into())
}

/// Runs `command` in our place: our stdin, stdout and stderr are its own, and its exit code will be ours.
pub(crate) fn pass_through(command: &mut Command) -> io::Result<u8> {
    let status = command.status()?;
    Ok(exit_code(status))
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    // What a shell reports for a program that a signal ended.
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Long enough for a shell to start on a busy machine.
    const LIMIT: Duration = Duration::from_secs(2);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_outputs_are_captured_in_the_order_written() {
        let script = "echo one; echo two >&2; printf three; exit 3";
        let captured = capture(shell(script), Errors::Merged, Duration::from_secs(60)).unwrap();
        assert_eq!(captured.lines, ["one", "two", "three"]);
        assert_eq!(captured.ended.to_string(), "exit status: 3");
    }

    #[test]
    fn a_program_that_outlives_its_limit_is_killed_and_its_lines_are_kept() {
        let captured = capture(shell("echo begun; exec sleep 600"), Errors::Merged, LIMIT).unwrap();
        assert_eq!(captured.ended, Ended::TimedOut(LIMIT));
        assert_eq!(captured.lines, ["begun"]);
    }

    #[test]
    fn a_program_that_closes_its_output_and_goes_on_is_killed_too() {
        let script = "exec >&- 2>&-; exec sleep 600";
        let captured = capture(shell(script), Errors::Merged, LIMIT).unwrap();
        assert_eq!(captured.ended, Ended::TimedOut(LIMIT));
    }

    #[test]
    fn a_process_left_behind_is_noticed_and_does_not_hold_us() {
        let script = "sleep 600 & echo $!";
        let end = |pid: &str| assert!(shell(&format!("kill {pid}")).status().unwrap().success());

        let captured = capture(shell(script), Errors::Merged, LIMIT).unwrap();
        assert_eq!(captured.ended, Ended::LeftProcess(LIMIT));
        end(&captured.lines[0]);

        let mut lines = Vec::new();
        let mut sink = Sink::Log(std::fs::File::create("/dev/null").unwrap());
        let ended = watched(shell(script), &mut sink, |line| lines.push(line.to_owned())).unwrap();
        assert_eq!((ended, lines.len()), (Ended::Well, 1));
        end(&lines[0]);
    }

    #[test]
    fn exit_codes_and_signals_pass_through() {
        assert_eq!(pass_through(&mut shell("exit 2")).unwrap(), 2);
        assert_eq!(pass_through(&mut shell("kill -9 $$")).unwrap(), 137);
    }
}
