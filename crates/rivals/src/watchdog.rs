//! What if a contestant hangs?

use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// Ends the process, with an error that says who hangs, unless it is dropped in time.
pub(crate) struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    pub(crate) fn new(limit: Duration, who: String) -> Self {
        let (alive, ended) = mpsc::channel();
        thread::spawn(move || {
            if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                eprintln!("rivals: {who} was not done after {} s", limit.as_secs());
                process::exit(1);
            }
        });
        Self { _alive: alive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;
    use std::process::Command;

    #[test]
    fn a_contestant_that_hangs_is_named_and_ends_the_process() {
        const HANGING: &str = "RIVALS_TEST_HANGS";
        if env::var_os(HANGING).is_some() {
            let _watchdog = Watchdog::new(Duration::from_millis(10), "the sleeper".to_owned());
            thread::sleep(Duration::from_secs(60));
            return;
        }
        let name = "watchdog::tests::a_contestant_that_hangs_is_named_and_ends_the_process";
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", name, "--nocapture"]).env(HANGING, "1");
        let output = child.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("rivals: the sleeper was not done after 0 s"), "{errors}");
    }
}
