//! Processes for one task each: how they end, and what comes back.
//!
//! `cargo run -p workers-multiprocess --example process`

#[cfg(target_os = "linux")]
use workers_multiprocess::{Process, TaskError, active_children, task};

#[cfg(target_os = "linux")]
#[task]
fn divide(a: u32, b: u32) -> u32 {
    a / b
}

#[cfg(target_os = "linux")]
#[task]
fn sleep_for_ever() {
    std::thread::sleep(std::time::Duration::MAX);
}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In a process that was started here, this does its task and does not return.
    workers_multiprocess::init();

    let quotient = Process::new(divide, (42, 6)).name("divider").start()?;
    quotient.join();
    println!("{} has ended with exit code {:?}", quotient.name(), quotient.exit_code());
    assert_eq!(quotient.exit_code(), Some(0));
    assert_eq!(quotient.result()?, 7);

    let fault = Process::new(divide, (1, 0)).start()?;
    fault.join();
    assert_eq!(fault.exit_code(), Some(1));
    assert!(matches!(fault.result(), Err(TaskError::Panicked { .. })));

    let sleeper = Process::new(sleep_for_ever, ()).name("sleeper").start()?;
    assert_eq!(active_children().len(), 1);
    sleeper.terminate();
    sleeper.join();
    assert_eq!(sleeper.exit_code(), Some(-15), "ended by SIGTERM, as Python says it");
    println!("{}", sleeper.result().unwrap_err());

    // A daemon ends with its handle.
    drop(Process::new(sleep_for_ever, ()).daemon(true).start()?);
    assert!(active_children().is_empty());
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("there are processes on Linux only");
}
