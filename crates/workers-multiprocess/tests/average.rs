//! Runs the example `average` as a program: the same figures from every pool, and bad input refused in one
//! line.
#![cfg(not(loom))]

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const POOLS: [&str; 3] = ["threads", "processes", "rayon"];

/// How long a run may take at most: it takes a second.
const BOUND: Duration = Duration::from_secs(120);

/// How long a part of a file is that one task reads: as in the example.
const PART_SIZE: usize = if cfg!(debug_assertions) { 256 << 10 } else { 4 << 20 };

/// What the program did.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    let program = profile.join("examples").join("average").with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        program.is_file(),
        "{} is not built: cargo test builds examples; run it without target filters such as --test, \
         or build this one with cargo build --example average",
        program.display()
    );
    program
}

/// Runs the program until it has ended, and until everyone who inherited its standard output and error has.
fn run(command: &mut Command) -> Run {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let stdout = read(child.stdout.take().expect("a pipe"));
    let stderr = read(child.stderr.take().expect("a pipe"));
    let code = wait(&mut child);
    let end =
        |pipe: mpsc::Receiver<String>| pipe.recv_timeout(BOUND).expect("nobody holds the pipe any more");
    Run { code, stdout: end(stdout), stderr: end(stderr) }
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            return status.code();
        }
        if start.elapsed() > BOUND {
            child.kill().expect("the program can be ended");
            panic!("the program did not end within {BOUND:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn read(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("UTF-8");
        let _ = sender.send(text);
    });
    receiver
}

fn average(arguments: &[&str]) -> Run {
    run(Command::new(program()).args(arguments))
}

/// A file with this content; its name is unique among the tests.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("average-{name}"));
    fs::write(&path, content).expect("the file can be written");
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// Asserts that the run failed as bad input does, and gives the line it told the user.
fn refusal(run: &Run) -> &str {
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
    let line = run.stderr.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains(['\n', '\r']), "more than one line: {line:?}");
    line.strip_prefix("average: ").expect("the line names the program")
}

/// Asserts that every pool refuses `column` by `by` of the file with `problem`.
fn assert_refused(path: &str, columns: &[&str], problem: &str) {
    for pool in POOLS {
        for workers in ["1", "3"] {
            let run = average(&[&[path, "--pool", pool, "--workers", workers], columns].concat());
            assert_eq!(refusal(&run), format!("{path}: {problem}"), "{pool}, {workers}");
        }
    }
}

/// The figures of a JSON answer, as text: all behind the number of workers.
fn figures(run: &Run) -> &str {
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let document: serde_json::Value =
        serde_json::from_str(&run.stdout).expect("one JSON document and nothing else");
    assert!(document.is_object());
    &run.stdout[run.stdout.find("\"rows\"").expect("rows")..]
}

#[test]
fn the_flights_have_the_same_figures_from_every_pool_and_any_number_of_workers() {
    for pool in POOLS {
        for workers in ["1", "2", "7"] {
            let run = average(&["--json", "--pool", pool, "--workers", workers]);
            let expected = r#""rows":336776,"overall":{"count":328521,"missing":8255,"sum":4152200.0,"mean":12.639070257304708,"min":-43.0,"max":1301.0},"groups":{}}"#;
            assert_eq!(figures(&run), format!("{expected}\n"));
            let asked = format!(r#"{{"column":"dep_delay","by":null,"pool":"{pool}","workers":{workers},"#);
            assert!(run.stdout.starts_with(&asked), "{}", run.stdout);
        }
    }
}

#[test]
fn sums_that_rounding_would_change_are_the_same_to_the_last_bit_by_group() {
    // Three parts; large numbers that cancel each other hide small ones from a sum that rounds.
    let mut content = String::from("\u{feff}\"key, quoted\",value\r\n");
    let mut row = 0u32;
    while content.len() < 5 * PART_SIZE / 2 {
        let sign = if row.is_multiple_of(2) { "" } else { "-" };
        content += &format!("\"a \"\"{}\"\"\",{sign}1e{}\r\n\r\n", row % 5, row / 10 % 17);
        content += &format!("small,0.{}\r\n", row % 9973);
        row += 1;
    }
    let path = file("exact.csv", content.trim_end());
    let mut first = None;
    for pool in POOLS {
        for workers in ["1", "3"] {
            let options =
                ["--column", "value", "--by", "key, quoted", "--json", "--pool", pool, "--workers", workers];
            let run = average(&[&[path.as_str()], &options[..]].concat());
            let figures = figures(&run).to_owned();
            assert_eq!(figures.matches("a \\\"").count(), 5, "{figures}");
            assert_eq!(first.get_or_insert_with(|| figures.clone()), &figures, "{pool}, {workers}");
        }
    }
}

#[test]
fn people_get_a_table_with_two_decimals() {
    let run = average(&["--by", "origin", "--workers", "2"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let lines: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["origin", "mean", "count", "missing", "sum", "min", "max"]);
    assert_eq!(lines[1], ["EWR", "15.11", "117596", "3239", "1776635", "-25", "1126"]);
    assert_eq!(lines[5], ["all", "12.64", "328521", "8255", "4152200", "-43", "1301"]);
    assert!(run.stdout.contains("336776 rows in "), "{}", run.stdout);
    assert!(run.stdout.ends_with(" s (pool: processes, workers: 2)\n"), "{}", run.stdout);
}

#[test]
fn watching_leaves_standard_output_to_the_answer() {
    for pool in POOLS {
        let watched = average(&["--watch", "--json", "--pool", pool, "--workers", "2"]);
        assert_eq!(watched.code, Some(0), "{watched:?}");
        // How many lines there are depends on the machine: one a second at most.
        for line in watched.stderr.lines() {
            // Of processes it says what each has; a first line may come before they have said so.
            let of_processes =
                pool == "processes" && line.contains("; workers: ") && line.contains(" waiting; ");
            assert!(
                line.contains(" of 4 tasks, ")
                    && (of_processes || line.ends_with(&format!("; 2 workers ({pool})"))),
                "{line}"
            );
        }
        let unwatched = average(&["--json", "--pool", pool, "--workers", "2"]);
        let answer = |run: &Run| run.stdout[run.stdout.find("\"rows\"").expect("rows")..].to_owned();
        assert_eq!(answer(&watched), answer(&unwatched));
    }
}

#[test]
fn a_header_without_rows_is_no_error() {
    let path = file("header.csv", "x,y");
    for pool in POOLS {
        let run = average(&[&path, "--column", "y", "--pool", pool, "--json"]);
        let none = r#"{"count":0,"missing":0,"sum":0.0,"mean":null,"min":null,"max":null}"#;
        assert_eq!(figures(&run), format!("\"rows\":0,\"overall\":{none},\"groups\":{{}}}}\n"));
    }
}

#[test]
#[cfg(unix)]
fn a_file_on_standard_input_is_the_same_file_for_every_worker() {
    let path = file("input.csv", "x\n1\n2\n");
    for pool in POOLS {
        let mut command = Command::new(program());
        command.args(["/dev/stdin", "--column", "x", "--json", "--pool", pool]);
        let mut child = command
            .stdin(fs::File::open(&path).expect("readable"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = read(child.stdout.take().expect("a pipe"));
        assert_eq!(wait(&mut child), Some(0), "{pool}");
        let answer = stdout.recv_timeout(BOUND).expect("the pipe is closed");
        assert!(answer.contains(r#""sum":3.0,"mean":1.5,"#), "{pool}: {answer}");
    }
}

#[test]
fn bad_rows_are_refused_with_line_and_content() {
    let x = ["--column", "x"];
    let path = file("no-number.csv", "k,x\na,1\n\na,abc\na,worse\n");
    assert_refused(&path, &x, "line 4: column 'x': 'abc' is not a finite number");
    let path = file("control.csv", b"k,x\na,\x1b[2J\x07\n");
    assert_refused(&path, &x, r"line 2: column 'x': '\u{1b}[2J\u{7}' is not a finite number");
    let path = file("long.csv", format!("k,x\na,{}\n", "9x".repeat(5000)));
    assert_refused(&path, &x, &format!("line 2: column 'x': '{}…' is not a finite number", "9x".repeat(20)));
    for cell in ["inf", "-nan", "NaN", "1e999", " 1"] {
        let path = file("infinite.csv", format!("k,x\r\na,{cell}\r\n"));
        assert_refused(&path, &x, &format!("line 2: column 'x': '{cell}' is not a finite number"));
    }
    let path = file("narrow.csv", "k,x\na,1\na\n");
    assert_refused(&path, &x, "line 3: the row has 1 cell, the header has 2");
    let path = file("wide.csv", "k,x\na,1\na,1,2");
    assert_refused(&path, &x, "line 3: the row has 3 cells, the header has 2");
    let path = file("key.csv", b"k,x\na,1\n\xe9,1\n");
    assert_refused(
        &path,
        &["--column", "x", "--by", "k"],
        "line 3: column 'k': '\u{fffd}' is not UTF-8 text",
    );
    let path = file("overflow.csv", "k,x\na,1e308\na,1e308\n");
    assert_refused(&path, &x, "column 'x': the sum leaves the range of a 64-bit float");
    let path = file("carriage.csv", "k,x\na,1\rb,2\n");
    assert_refused(&path, &x, "line 2: a carriage return without a line feed");
}

#[test]
fn a_quoted_line_break_is_refused_wherever_the_parts_are_cut() {
    let problem = "quotes are open at the end of the line; a line break inside a cell is not supported";
    let path = file("break-header.csv", "\"k\nk\",x\na,1\n");
    assert_refused(&path, &["--column", "x"], &format!("line 1: {problem}"));
    // The line feed inside the quotes is the last byte of the first part, or the first of the second, or
    // near.
    for shift in 0..4 {
        let row = "a,1\n";
        let mut content = "k,x\n".to_owned() + &row.repeat(PART_SIZE / row.len() - 1);
        content += &format!("{:->shift$},1\n\"b\nb\",2\n", "");
        let line = content.matches('\n').count() - 1;
        let path = file("break.csv", content);
        assert_refused(&path, &["--column", "x"], &format!("line {line}: {problem}"));
    }
}

#[test]
fn of_many_bad_lines_the_first_in_the_file_is_reported() {
    // Bad lines in the third part and in the fourth, the first at the end of the third, where a worker finds it late.
    let (good, bad) = ("group,12345", "group,bad");
    let a_part = PART_SIZE / (good.len() + 2);
    let first = 3 * a_part - a_part / 30;
    let mut lines = vec![good; first];
    lines[0] = "group,x";
    lines.resize(3 * a_part + a_part / 10, bad);
    let path = file("many-bad.csv", lines.join("\r\n"));
    let problem = format!("line {}: column 'x': 'bad' is not a finite number", first + 1);
    assert_refused(&path, &["--column", "x"], &problem);
}

#[test]
fn files_that_cannot_be_used_are_refused() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    assert_refused(folder, &["--column", "x"], "is a directory");
    for (name, content) in [("empty.csv", ""), ("blank.csv", "\r\n\n"), ("mark.csv", "\u{feff}")] {
        assert_refused(&file(name, content), &["--column", "x"], "is empty: it has no header");
    }
    let path = file("columns.csv", "a,\"b, c\",d,d\n1,2,3,4\n");
    assert_refused(&path, &["--column", "x"], "no column is named 'x'; the columns are: a, b, c, d, d");
    assert_refused(
        &path,
        &["--column", "a", "--by", "y"],
        "no column is named 'y'; the columns are: a, b, c, d, d",
    );
    assert_refused(&path, &["--column", "d"], "more than one column is named 'd'");
    assert_eq!(
        average(&[&path, "--column", "a"]).code,
        Some(0),
        "a doubled name that nobody asks for does no harm"
    );

    let absent = average(&["not\nthere.csv", "--column", "x"]);
    assert!(refusal(&absent).starts_with(r"not\nthere.csv: "), "{absent:?}");
}

#[test]
fn bad_arguments_are_refused() {
    for (arguments, named) in [
        (&["--workers", "0"][..], "--workers takes a whole number from 1 on, not '0'"),
        (&["--workers", "many"], "'many'"),
        (&["--pool", "fork"], "--pool takes threads, processes or rayon, not 'fork'"),
        (&["--colour"], "'--colour'"),
        (&["--two\nlines"], r"--two\nlines"),
        (&["a.csv"], "--column NAME is missing"),
        (&["a.csv", "b.csv", "--column", "x"], "b.csv"),
        (&["--column"], "'--column'"),
    ] {
        let run = average(arguments);
        assert!(refusal(&run).contains(named), "{arguments:?}: {run:?}");
    }
}

#[test]
fn help_is_printed_on_standard_output() {
    let run = average(&["--help"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(run.stdout.contains("Usage: average [FILE] --column NAME"), "{}", run.stdout);
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    for arguments in [&["--json"][..], &["--by", "dest"], &["--help"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(program());
        let mut child =
            command.args(arguments).stdout(writer).stderr(Stdio::piped()).spawn().expect("it starts");
        let stderr = read(child.stderr.take().expect("a pipe"));
        drop(command);
        assert_eq!(wait(&mut child), Some(0));
        assert_eq!(stderr.recv_timeout(BOUND).expect("the pipe is closed"), "");
    }
}

/// The processes that inherited this environment variable.
#[cfg(target_os = "linux")]
fn processes_with(variable: &str) -> Vec<String> {
    let folders = fs::read_dir("/proc").expect("/proc is mounted").flatten().map(|entry| entry.path());
    let marked = folders.filter(|folder| {
        let environment = fs::read(folder.join("environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|entry| entry == variable.as_bytes())
    });
    marked.map(|folder| folder.display().to_string()).collect()
}

/// Runs the program with four worker processes, and asserts that none outlives it. True if all four were
/// seen.
#[cfg(target_os = "linux")]
fn leaves_no_worker(path: &str, code: i32) -> bool {
    let marker = format!("AVERAGE_TEST={}-{code}", std::process::id());
    let (name, value) = marker.split_once('=').expect("a variable");
    let mut command = Command::new(program());
    command.args([path, "--column", "x", "--pool", "processes", "--workers", "4"]).env(name, value);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let stderr = read(child.stderr.take().expect("a pipe"));

    let (start, mut most) = (Instant::now(), 0);
    while start.elapsed() < BOUND && child.try_wait().expect("it can be waited for").is_none() {
        most = most.max(processes_with(&marker).len());
    }
    assert_eq!(wait(&mut child), Some(code));
    assert_eq!(processes_with(&marker), [""; 0], "a worker outlived the program");
    stderr.recv_timeout(BOUND).expect("nobody holds the pipe any more");
    assert!(most <= 5, "more than the program and its four workers");
    most == 5
}

#[test]
#[cfg(target_os = "linux")]
fn no_worker_process_is_left_behind_by_good_or_bad_input() {
    // The first bad line ends the run while the workers still have parts to fold.
    let rows = "k,12345678\n".repeat(2 << 20);
    let good = file("left-good.csv", format!("k,x\n{rows}"));
    let bad = file("left-bad.csv", format!("k,x\n{rows}k,bad\n{rows}"));
    // A check that can see no worker would pass: it counts only if all workers were seen, and a run may be
    // too short for that.
    for (path, code) in [(good, 0), (bad, 2)] {
        assert!((0..50).any(|_| leaves_no_worker(&path, code)), "the workers were never seen");
    }
}
