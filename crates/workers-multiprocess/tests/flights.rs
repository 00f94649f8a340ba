//! Runs the example `flights` as a program: files of the right size, and never half of one.
#![cfg(not(loom))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SHIPPED: usize = 336_776;
const HEADER: &str =
    "year,month,day,dep_time,dep_delay,arr_delay,carrier,flight,origin,dest,air_time,distance";

fn flights() -> Command {
    let test = std::env::current_exe().expect("the test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    let program = profile.join("examples").join("flights").with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.is_file(), "{} is built by cargo test without --test", program.display());
    Command::new(program)
}

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("flights-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder for the test");
    folder
}

fn write(folder: &Path, rows: &str) -> Output {
    flights().args(["--json", "--rows", rows, "--folder"]).arg(folder).output().expect("it starts")
}

/// Runs it, and gives the document and the file that it says it wrote.
fn written(folder: &Path, rows: usize) -> (serde_json::Value, String) {
    let output = write(folder, &rows.to_string());
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let text = fs::read_to_string(document["path"].as_str().expect("a path")).expect("UTF-8");
    assert_eq!(document["bytes"], text.len());
    assert_eq!(document["rows"], rows);
    (document, text)
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8")).collect()
}

#[test]
fn a_file_has_one_header_and_as_many_rows_as_asked_for() {
    let folder = folder("rows");
    let (_, once) = written(&folder, SHIPPED);
    let shipped: Vec<&str> = once.lines().skip(1).collect();
    assert_eq!(shipped.len(), SHIPPED);
    for rows in [1, SHIPPED - 1, SHIPPED + 1, 2 * SHIPPED] {
        let (document, text) = written(&folder, rows);
        assert_eq!(document["written"], true);
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(HEADER));
        assert!(lines.eq(shipped.iter().copied().cycle().take(rows)), "{rows} rows");
        assert!(text.ends_with('\n'));
    }
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_file_of_the_right_size_is_left_and_any_other_is_written_again() {
    let folder = folder("again");
    let (_, text) = written(&folder, 3);
    let path = folder.join("flights-3.csv");
    let other = text.replace("2013", "2014");
    fs::write(&path, &other).expect("writable");
    let (document, found) = written(&folder, 3);
    assert_eq!((document["written"].as_bool(), found), (Some(false), other));

    fs::write(&path, "half").expect("writable");
    let (document, found) = written(&folder, 3);
    assert_eq!((document["written"].as_bool(), found), (Some(true), text));
    assert_eq!(names(&folder), ["flights-3.csv"]);
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn bad_arguments_are_refused_and_write_nothing() {
    let folder = folder("bad");
    for rows in ["0", "-1", "many", "1.5", "", "99999999999999999999", "18446744073709551615"] {
        let output = write(&folder, rows);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{rows}: {told}");
        assert!(told.starts_with("flights: ") && told.contains(rows) && told.lines().count() == 1, "{told}");
    }
    for arguments in [&["--lines", "3"][..], &["--rows"], &["3"]] {
        let output = flights().args(arguments).current_dir(&folder).output().expect("it starts");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
    assert_eq!(names(&folder), [""; 0]);
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_the_file() {
    let folder = folder("file");
    fs::write(folder.join("file"), "").expect("writable");
    let output = write(&folder.join("file"), "1");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("flights-1.csv: ") && told.lines().count() == 1, "{told}");
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
#[cfg(unix)]
fn a_disk_that_is_full_leaves_nothing_behind() {
    let folder = folder("full");
    // The limit of a file's size fails as a full disk does, once its signal is ignored.
    let mut shell = Command::new("sh");
    let limited = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\"";
    shell.args(["-c", limited]).arg(flights().get_program()).args(["--rows", "100000", "--folder"]);
    let output = shell.arg(&folder).output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("flights-100000.csv: ") && told.lines().count() == 1, "{told}");
    assert_eq!(names(&folder), [""; 0]);
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_file_that_another_run_is_writing_is_left_to_it() {
    let folder = folder("another");
    let unfinished = fs::File::create(folder.join("flights-1.csv.unfinished")).expect("a file");
    unfinished.lock().expect("locked");
    let output = write(&folder, "1");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.ends_with("flights-1.csv: another run is writing it\n"), "{told}");
    assert_eq!(names(&folder), ["flights-1.csv.unfinished"]);
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_run_that_is_killed_leaves_no_file_of_that_name_and_the_next_one_makes_it() {
    let folder = folder("killed");
    // Long enough never to be finished before it is killed; 1.3 TB in all.
    let rows = "30000000000";
    let mut command = flights();
    command.args(["--rows", rows, "--folder"]).arg(&folder).stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let unfinished = format!("flights-{rows}.csv.unfinished");
    while fs::metadata(folder.join(&unfinished)).map_or(0, |found| found.len()) == 0 {
        assert!(child.try_wait().expect("it can be waited for").is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it can be waited for");
    assert_eq!(names(&folder), [unfinished.as_str()]);

    fs::rename(folder.join(unfinished), folder.join("flights-3.csv.unfinished")).expect("renamed");
    let (_, text) = written(&folder, 3);
    assert_eq!(text.lines().count(), 4);
    assert_eq!(names(&folder), ["flights-3.csv"]);
    fs::remove_dir_all(folder).expect("removed");
}
