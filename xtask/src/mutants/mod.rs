//! `cargo xtask mutants`: is every ordering, fence and wake needed, and would a proof notice its loss?
//!
//! The ordering audit. [`source`] reads what the text says could be weakened, [`sites`] adds what the proofs
//! came by, [`run`] weakens one place at a time and runs the proofs, and [`report`] shows the score. Nothing
//! is rebuilt: the model makes the place that `SELVEDGE_FAULT` names misbehave.

mod report;
mod run;
mod sites;
mod source;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use lexopt::prelude::*;

use crate::Verb;
use crate::cargo::Workspace;
use crate::failure::{Failure, verdict};
use crate::out::{self, Sink};
use crate::prove::{Folder, Program};
use run::Fate;
use sites::{Mutant, Passed};

pub(crate) const VERB: Verb = Verb {
    name: "mutants",
    what: "weaken every ordering, fence and wake in turn, and see whether a proof notices",
    help: "\
Usage: cargo xtask mutants [-p locks|threads|queue|workers-multiprocess] [FILTER] [--json]

The ordering audit. In the sources of the package, makes one Acquire, Release or AcqRel Relaxed (an AcqRel
also by halves, and the ordering of a refused exchange by itself), takes one fence away, or skips one wake,
and runs the loom proofs that come by, up to the first that fails: that one killed the mutant. First come those
with a refutation that died of this very change, and the quickest. Nothing is rebuilt. A mutant that no proof kills
fails the audit, unless a comment above its line says why:

  // waiver(relaxed): REASON; covered by: OTHER RUN

and so does a waiver that is not needed; for that, `test-all` looks no further than executions with one
preemption. A proof fails by a deadlock, a livelock, unordered accesses, an assertion, or an outcome that it does not
state; not by exploring less than it states. All operations of one line are weakened together, which is said where it
occurs.

  -p PACKAGE   only the sites of this package, killed by its proofs; without it all four
  FILTER       only the mutants whose name, as in `crates/locks/src/lock/raw.rs:132=relaxed`, contains it
  --json       {\"mutants\": [{\"package\", \"file\", \"line\", \"fault\", \"operations\",
                \"status\": \"killed\"|\"survived\"|\"unreached\"|\"waived\"|\"timeout\"|\"unclear\",
                \"killed_by\", \"reason\", \"seconds\", \"waiver\"}], \"idle_waivers\": [texts],
                \"score\": {\"killed\", \"sites\"}, \"ok\"}

survived: every proof that comes by holds. unreached: no proof comes by. timeout: no answer within 120 s.
unclear: a proof ended in a way that says nothing of the mutant; run it alone with SELVEDGE_FAULT.
",
    run: mutants,
};

/// The packages whose algorithms stand on `platform`.
const PACKAGES: [&str; 4] = ["locks", "threads", "queue", "workers-multiprocess"];

/// Which mutants.
#[derive(Debug, Default, PartialEq)]
struct Options {
    package: Option<&'static str>,
    filter: Option<String>,
    json: bool,
    /// How many preemptions the proofs explore for what is waived, instead of their own bounds.
    waived_bound: Option<&'static str>,
}

/// A mutant and what became of it.
struct Audited {
    mutant: Mutant,
    fate: Fate,
    seconds: f64,
}

/// What an audit found.
#[derive(Default)]
struct Audit {
    audited: Vec<Audited>,
    /// What is wrong with waivers that no mutant has.
    idle: Vec<String>,
    /// The packages that have nothing to weaken.
    bare: Vec<String>,
}

fn mutants(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let options = parse(arguments)?;
    let audit = audit(&Workspace::read()?, &options, None, &mut Sink::Stderr)?;
    if options.json {
        out::json(&audit.to_json())?;
    } else {
        audit.lines().into_iter().try_for_each(out::say)?;
        out::say(audit.verdict())?;
    }
    Ok(verdict(audit.ok()))
}

/// How many preemptions are enough for a look at what is waived, in the audit for another verb. Most of the
/// audit's time would go into searches that nothing is expected of: what they could find is a waiver too many, not a fault.
const WAIVED_BOUND: &str = "1";

/// Makes the audit for another verb, with everything in its log. `records` are those of all proofs, if they have just
/// been run.
pub(crate) fn check(
    workspace: &Workspace,
    records: Option<&Folder>,
    sink: &mut Sink,
) -> Result<String, Failure> {
    let options = Options { waived_bound: Some(WAIVED_BOUND), ..Options::default() };
    let audit = audit(workspace, &options, records, sink)?;
    audit.lines().into_iter().try_for_each(|line| sink.line(line))?;
    match audit.ok() {
        true => Ok(audit.totals()),
        false => Err(Failure::Failed(audit.verdict())),
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Options, Failure> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => options.json = true,
            Short('p') | Long("package") if options.package.is_none() => {
                options.package = Some(package(&parser.value()?.string()?)?);
            }
            Value(filter) if options.filter.is_none() => options.filter = Some(filter.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(options)
}

fn package(name: &str) -> Result<&'static str, Failure> {
    let known = PACKAGES.into_iter().find(|known| *known == name);
    known.ok_or_else(|| Failure::Usage(format!("-p is {}, not '{name}'", PACKAGES.join(" or "))))
}

fn audit(
    workspace: &Workspace,
    options: &Options,
    records: Option<&Folder>,
    sink: &mut Sink,
) -> Result<Audit, Failure> {
    let mut audit = Audit::default();
    for package in PACKAGES.into_iter().filter(|name| options.package.is_none_or(|only| only == *name)) {
        audit_package(workspace, package, options, records, &mut audit, sink)?;
    }
    match &options.filter {
        Some(filter) if audit.audited.is_empty() => {
            Err(Failure::Input(format!("no mutant's name contains '{filter}'")))
        }
        _ => Ok(audit),
    }
}

fn audit_package(
    workspace: &Workspace,
    package: &str,
    options: &Options,
    records: Option<&Folder>,
    audit: &mut Audit,
    sink: &mut Sink,
) -> Result<(), Failure> {
    let texts = sites::read(&workspace.root, package)?;
    let proofs = match texts.are_inert() {
        true => None,
        false => Some(proofs(workspace, package, records, sink)?),
    };
    let passed = proofs.as_ref().map_or(&[][..], |(_, passed)| passed);
    let mut sites = sites::find(&texts, passed);
    if sites.mutants.is_empty() {
        audit.bare.push(package.to_owned());
    }
    if let Some(filter) = options.filter.as_deref() {
        sites.mutants.retain(|mutant| mutant.name().contains(filter));
        sites.idle.retain(|waiver| waiver.contains(filter));
    }
    audit.idle.append(&mut sites.idle);
    match proofs {
        None => Ok(()),
        Some((program, _)) => attack(workspace, &program, sites.mutants, options.waived_bound, audit, sink),
    }
}

/// Builds the proofs of a package, and runs them without a fault to see what they come by, unless their records
/// say it.
fn proofs(
    workspace: &Workspace,
    package: &str,
    records: Option<&Folder>,
    sink: &mut Sink,
) -> Result<(Program, Vec<Passed>), Failure> {
    let program = run::build(workspace, package, sink)?;
    if let Some(records) = records {
        let passed = sites::passed(records.path(), package, &program.tests)?;
        return Ok((program, passed));
    }
    sink.line(format_args!("{package}: its proofs without a fault, to see what they come by"))?;
    let folder = Folder::create(workspace)?;
    run::baseline(workspace, &program, folder.path())?;
    let passed = sites::passed(folder.path(), package, &program.tests)?;
    Ok((program, passed))
}

/// Attacks the mutants of a package; they are audited in the order of their places.
fn attack(
    workspace: &Workspace,
    program: &Program,
    mut mutants: Vec<Mutant>,
    waived_bound: Option<&str>,
    audit: &mut Audit,
    sink: &mut Sink,
) -> Result<(), Failure> {
    // Those that all proofs are expected to survive take longest, and are begun first.
    mutants.sort_by_key(|mutant| mutant.waiver.is_none());
    let weaken = |mutant: &Mutant| {
        let started = Instant::now();
        let bound = waived_bound.filter(|_| mutant.waiver.is_some());
        let fate = run::attack(workspace, program, mutant, bound)?;
        Ok(Audited { mutant: mutant.clone(), fate, seconds: started.elapsed().as_secs_f64() })
    };
    let begun = audit.audited.len();
    run::at_once(&mutants, weaken, |_, one| {
        sink.line(one.line())?;
        audit.audited.push(one);
        Ok(())
    })?;
    audit.audited[begun..].sort_by(|one, other| one.mutant.place().cmp(&other.mutant.place()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, Failure> {
        parse(arguments.iter().map(OsString::from).collect())
    }

    #[test]
    fn a_package_and_a_filter_are_taken() {
        let expected =
            Options { package: Some("queue"), filter: Some("raw.rs".into()), json: true, waived_bound: None };
        assert_eq!(parsed(&["-p", "queue", "raw.rs", "--json"]).unwrap(), expected);
    }

    #[test]
    fn a_strange_package_and_a_second_filter_are_usage_errors() {
        for wrong in [&["-p", "platform"][..], &["-p"], &["a", "b"], &["-p", "locks", "-p", "queue"]] {
            assert!(matches!(parsed(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
