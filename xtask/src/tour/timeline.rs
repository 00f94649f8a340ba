//! What the programs wrote of their threads, as one file that Perfetto and `chrome://tracing` open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::{Value, json};

/// The variable that names the file into which a program writes its events.
pub(super) const VARIABLE: &str = "SELVEDGE_TIMELINE";

/// The timeline of the tour, while it is put together.
pub(super) struct Timeline {
    to: PathBuf,
    events: Vec<Value>,
}

impl Timeline {
    /// # Errors
    /// If nothing can be written to the file, which is empty then.
    pub(super) fn create(to: PathBuf) -> io::Result<Self> {
        fs::write(&to, "")?;
        Ok(Self { to, events: Vec::new() })
    }

    /// Where the program of this number writes, beside the file; nothing is there.
    pub(super) fn part(&self, number: usize) -> io::Result<PathBuf> {
        let mut name = self.to.clone().into_os_string();
        name.push(format!(".{number}"));
        let part = PathBuf::from(name);
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(part),
        }
    }

    /// Takes what a program has written, and the file with it. One that had nothing to write has made none.
    pub(super) fn take(&mut self, part: &Path, title: &str) -> io::Result<()> {
        let text = match fs::read_to_string(part) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read?,
        };
        fs::remove_file(part)?;
        self.events.extend(whole(parse(&text)?, title));
        Ok(())
    }

    /// Writes the file.
    pub(super) fn write(mut self) -> io::Result<PathBuf> {
        from_zero(&mut self.events);
        let document = json!({"traceEvents": self.events, "displayTimeUnit": "ns"});
        fs::write(&self.to, serde_json::to_vec(&document)?)?;
        Ok(self.to)
    }
}

/// The events of an array whose end is not there, as a program may end at any moment.
fn parse(text: &str) -> io::Result<Vec<Value>> {
    let text = text.trim_end();
    let whole = format!("{}]", text.strip_suffix(',').unwrap_or(text));
    Ok(serde_json::from_str(&whole)?)
}

/// The events with a name for each process, and with ends for what had not ended when the program did.
fn whole(mut events: Vec<Value>, title: &str) -> Vec<Value> {
    let row = |event: &Value| (event["pid"].as_u64(), event["tid"].as_u64());
    let mut open: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    let mut last = 0.0_f64;
    for event in &events {
        last = event["ts"].as_f64().unwrap_or(0.0).max(last);
        match event["ph"].as_str() {
            Some("B") => open.entry(row(event)).or_default().push(event.clone()),
            Some("E") => drop(open.entry(row(event)).or_default().pop()),
            _ => {}
        }
    }
    let processes: BTreeMap<_, _> =
        events.iter().map(|event| (event["pid"].as_u64(), &event["pid"])).collect();
    let named = |process: &&Value| json!({"ph": "M", "pid": process, "tid": 0, "ts": 0, "name": "process_name", "args": {"name": title}});
    let names: Vec<Value> = processes.values().map(named).collect();
    let ends = open.into_values().flat_map(|row| row.into_iter().rev()).map(|mut event| {
        event["ph"] = "E".into();
        event["args"] = json!({});
        event["ts"] = last.into();
        event
    });
    events.extend(ends);
    events.extend(names);
    events
}

/// Counts the time from the first event on.
fn from_zero(events: &mut [Value]) {
    let times = events.iter().filter(|event| event["ph"] != "M").filter_map(|event| event["ts"].as_f64());
    let first = times.fold(f64::INFINITY, f64::min);
    for event in events.iter_mut() {
        if let Some(time) = event["ts"].as_f64() {
            event["ts"] = (time - first).max(0.0).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUT_OFF: &str = r#"[
{"ph":"M","pid":7,"tid":1,"ts":1000.5,"name":"thread_name","cat":"","args":{"name":"main"}},
{"ph":"B","pid":7,"tid":1,"ts":1001.5,"name":"thread","cat":"threads","args":{}},
{"ph":"B","pid":7,"tid":1,"ts":1002.5,"name":"lock hold","cat":"locks","args":{"at":"a.rs:1"}},
"#;

    #[test]
    fn what_a_program_left_open_ends_with_it() {
        let mut events = whole(parse(CUT_OFF).unwrap(), "a program");
        from_zero(&mut events);
        let shown: Vec<_> = events
            .iter()
            .map(|event| (event["ph"].as_str().unwrap(), event["name"].as_str().unwrap()))
            .collect();
        let expected = [
            ("M", "thread_name"),
            ("B", "thread"),
            ("B", "lock hold"),
            ("E", "lock hold"),
            ("E", "thread"),
            ("M", "process_name"),
        ];
        assert_eq!(shown, expected);
        assert_eq!((&events[1]["ts"], &events[4]["ts"]), (&json!(0.0), &json!(1.0)));
        assert_eq!(events[5]["args"]["name"], "a program");
        // Perfetto and chrome://tracing want the arguments once.
        assert_eq!((&events[2]["args"], &events[3]["args"]), (&json!({"at": "a.rs:1"}), &json!({})));
    }

    #[test]
    fn a_program_that_wrote_only_the_beginning_has_no_events() {
        assert!(parse("[\n").unwrap().is_empty());
        assert!(parse("[\n{\"ph\":").is_err());
    }
}
