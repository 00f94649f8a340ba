//! What Ctrl-C does: the signal is sent to the program alone, as its workers are in process groups of their own.

use crate::tools::{is_running, scenario, send_signal, wait_until};
use std::{
    io::{BufRead, BufReader, Lines},
    os::unix::process::ExitStatusExt,
    process::{Child, ChildStdout, Stdio},
};

type Output = Lines<BufReader<ChildStdout>>;

/// A scenario that prints the processes of its workers, and "end".
fn start(name: &str) -> (Child, Output, Vec<u32>) {
    let mut program = scenario(name).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let workers: Vec<u32> = lines.by_ref().map_while(|line| line.unwrap().parse().ok()).collect();
    assert_eq!(workers.len(), 2);
    (program, lines, workers)
}

fn rest(lines: Output) -> Vec<String> {
    lines.map(Result::unwrap).collect()
}

pub(crate) fn the_first_signal_ends_the_pool_and_the_program_goes_on() {
    for signal in ["INT", "TERM"] {
        let (mut program, lines, workers) = start("interrupted");
        send_signal(program.id(), signal);
        let cancelled = "Err(Cancelled)";
        let expected =
            [cancelled, cancelled, cancelled, cancelled, "Err(Closed)", "no children", "the program goes on"];
        assert_eq!(rest(lines), expected);
        assert_eq!(program.wait().unwrap().code(), Some(0));
        assert!(!workers.iter().any(|pid| is_running(*pid)));
    }
}

pub(crate) fn the_second_signal_has_its_default_effect() {
    let (mut program, mut lines, workers) = start("interrupted twice");
    send_signal(program.id(), "INT");
    assert_eq!(lines.next().unwrap().unwrap(), "the first has ended the pool");
    send_signal(program.id(), "INT");
    assert_eq!(program.wait().unwrap().signal(), Some(2));
    assert!(!workers.iter().any(|pid| is_running(*pid)));
}

pub(crate) fn a_signal_has_its_default_effect_when_no_pool_is_left_that_asked_for_it() {
    let (mut program, mut lines, _) = start("interrupted without a pool");
    assert_eq!(lines.next().unwrap().unwrap(), "no pool is left");
    send_signal(program.id(), "INT");
    assert_eq!(program.wait().unwrap().signal(), Some(2));
}

pub(crate) fn without_the_option_a_signal_ends_the_program_and_its_workers_end_too() {
    let (mut program, _lines, workers) = start("worker pids");
    send_signal(program.id(), "INT");
    assert_eq!(program.wait().unwrap().signal(), Some(2));
    wait_until("the workers have ended", || !workers.iter().any(|pid| is_running(*pid)));
}
