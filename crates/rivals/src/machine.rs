//! On what machine, and against which versions?

use crate::cores;
use std::{fs, thread};

/// What a reader needs to know to compare the numbers with others.
pub(crate) struct Machine {
    pub(crate) cpu: String,
    /// Those that the process may use.
    pub(crate) cores: usize,
    /// Whether contending threads are spread over the cores by us; otherwise the scheduler places them.
    pub(crate) threads_bound: bool,
    pub(crate) versions: Vec<(&'static str, String)>,
}

const LOCK_FILE: &str = include_str!("../../../Cargo.lock");

const MEASURED: [&str; 11] = [
    "locks",
    "queue",
    "parking_lot",
    "usync",
    "tokio",
    "async-lock",
    "crossbeam-channel",
    "flume",
    "kanal",
    "crossfire",
    "async-channel",
];

pub(crate) fn read() -> Machine {
    Machine {
        cpu: cpu_model().unwrap_or_else(|| "unknown CPU".to_owned()),
        cores: thread::available_parallelism().map_or(1, usize::from),
        threads_bound: cores::can_be_chosen(),
        versions: MEASURED
            .map(|name| (name, version(LOCK_FILE, name).unwrap_or("unknown").to_owned()))
            .into(),
    }
}

/// Only Linux says it in a file.
fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The version of `name` that this crate depends on. Where the lock file has several, our own entry in it
/// says which.
fn version<'a>(lock_file: &'a str, name: &str) -> Option<&'a str> {
    let entry = |name: &str| {
        let mut entries = lock_file.split("[[package]]").map(str::trim);
        entries.find(|entry| entry.lines().next() == Some(&format!("name = \"{name}\"")))
    };
    let quoted = |line: &'a str| line.split('"').nth(1);
    let ours = entry(env!("CARGO_PKG_NAME"))?;
    let chosen = ours
        .lines()
        .filter_map(quoted)
        .find_map(|dependency| dependency.strip_prefix(name)?.strip_prefix(' '));
    chosen.or_else(|| entry(name)?.lines().find(|line| line.starts_with("version"))?.split('"').nth(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK_FILE: &str = r#"
[[package]]
name = "flume"
version = "0.11.0"

[[package]]
name = "flume"
version = "0.12.0"

[[package]]
name = "kanal"
version = "0.1.1"

[[package]]
name = "rivals"
version = "9.9.9"
dependencies = [
 "flume 0.12.0",
 "kanal",
]
"#;

    #[test]
    fn of_two_versions_the_one_that_is_measured_is_named() {
        assert_eq!(version(LOCK_FILE, "flume"), Some("0.12.0"));
        assert_eq!(version(LOCK_FILE, "kanal"), Some("0.1.1"));
        assert_eq!(version(LOCK_FILE, "loole"), None);
    }

    #[test]
    fn the_version_of_everything_measured_is_known() {
        for name in MEASURED {
            assert!(version(super::LOCK_FILE, name).is_some(), "{name}");
        }
    }
}
