//! Whole programs that are killed: this one, started anew, with a pool whose tasks are busy and have started programs.

use crate::{
    belongings::{self, MARK},
    random::Random,
    tally::Watched,
    tasks,
};
use std::{
    env, io,
    process::{self, Command, Stdio},
    thread,
    time::Duration,
};
use workers_multiprocess::{Output, ProcessPool};

/// The variable that makes this program one that is to be killed.
pub(crate) const VARIABLE: &str = "SELVEDGE_CHAOS_PARENT";

/// What is left of it may take so long to end.
const LIMIT: Duration = Duration::from_secs(1);

/// The program that is killed. (If nobody does, it ends by itself.)
pub(crate) fn be_one() {
    let pool = ProcessPool::builder().workers(2).stderr(Output::Null).grace(Duration::ZERO).build();
    let Ok(pool) = pool else { return };
    let _busy: Vec<_> = (0..6).map(|_| pool.submit(tasks::be_busy, ())).collect();
    thread::sleep(Duration::from_secs(10));
    pool.terminate();
}

/// Starts one and kills it at a random moment. Then no process of it is left.
pub(crate) fn kill_one(random: &mut Random, watched: &Watched) -> io::Result<()> {
    watched.stage("the end of a program that was killed");
    let mark = format!("parent-{}-{}", process::id(), random.next());
    let mut command = Command::new(env::current_exe()?);
    command.env(VARIABLE, "1").env(MARK, &mark);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = command.spawn()?;
    thread::sleep(Duration::from_micros(random.below(80_000)));
    program.kill()?;
    program.wait()?;
    let left = belongings::wait_for_none(LIMIT, || belongings::marked(&mark).len());
    watched.with(|tally| {
        tally.parents += 1;
        if left > 0 {
            tally.left += left as u64;
            tally.fail(format!("{left} processes of a program are left a second after it was killed"));
        }
    });
    Ok(())
}
