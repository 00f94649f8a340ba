//! One access that misbehaves, chosen by its place in the source: a mutant without a rebuild.
//!
//! Every modelled operation knows its `Location`. While a fault is set, the operation at that place, and only
//! that one, is weaker than written.

use super::check;
use core::cell::RefCell;
use core::fmt;
use core::panic::Location;
use std::path::Path;

/// What a place in the source may do instead of what is written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Its Acquire, Release or AcqRel is Relaxed; an exchange that is refused is as written.
    Relaxed,
    /// Its AcqRel is Release.
    NoAcquire,
    /// Its AcqRel is Acquire.
    NoRelease,
    /// It is Relaxed where the exchange fails, and as written where it does not.
    RelaxedFailure,
    /// Its fence is not there.
    NoFence,
    /// Its wake wakes nobody.
    NoWake,
    /// Its deadline does not come.
    NoDeadline,
    /// It stores this value instead.
    Writes(u32),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relaxed => f.write_str("relaxed"),
            Self::NoAcquire => f.write_str("no-acquire"),
            Self::NoRelease => f.write_str("no-release"),
            Self::RelaxedFailure => f.write_str("relaxed-failure"),
            Self::NoFence => f.write_str("no-fence"),
            Self::NoWake => f.write_str("no-wake"),
            Self::NoDeadline => f.write_str("no-deadline"),
            Self::Writes(value) => write!(f, "writes-{value}"),
        }
    }
}

/// A fault and where it is.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    file: String,
    line: u32,
    fault: Fault,
}

struct Active {
    mutant: Mutant,
    met: bool,
}

std::thread_local! {
    static ACTIVE: RefCell<Option<Active>> = const { RefCell::new(None) };
}

impl Mutant {
    /// The mutant at the one line of `file` (from the workspace's root) that contains `text`.
    pub(super) fn at(file: &str, text: &str, fault: Fault) -> Self {
        let path = workspace().join(file);
        let source = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("a refutation names {}: {error}", path.display()));
        let lines: Vec<_> = source.lines().zip(1..).filter(|(line, _)| line.contains(text)).collect();
        let &[(_, line)] = lines.as_slice() else {
            panic!("a refutation names `{text}`, which is on {} lines of {file}, not on one", lines.len());
        };
        Self { file: file.into(), line, fault }
    }

    /// The mutant that the environment variable `SELVEDGE_FAULT` asks for, as `FILE:LINE=FAULT`.
    pub(super) fn of_environment() -> Option<Self> {
        let asked = std::env::var("SELVEDGE_FAULT").ok()?;
        let parsed = Self::parse(&asked);
        assert!(
            parsed.is_some(),
            "SELVEDGE_FAULT is `{asked}`, not FILE:LINE=FAULT with relaxed, no-acquire, no-release, relaxed-failure, no-fence, no-wake, no-deadline or writes-N"
        );
        parsed
    }

    fn parse(text: &str) -> Option<Self> {
        let (place, fault) = text.rsplit_once('=')?;
        let (file, line) = place.rsplit_once(':')?;
        let fault = match fault {
            "relaxed" => Fault::Relaxed,
            "no-acquire" => Fault::NoAcquire,
            "no-release" => Fault::NoRelease,
            "relaxed-failure" => Fault::RelaxedFailure,
            "no-fence" => Fault::NoFence,
            "no-wake" => Fault::NoWake,
            "no-deadline" => Fault::NoDeadline,
            other => Fault::Writes(other.strip_prefix("writes-")?.parse().ok()?),
        };
        Some(Self { file: file.into(), line: line.parse().ok()?, fault })
    }

    /// Sets the fault for the length of `f`; says whether the place was met.
    pub(super) fn during<R>(self, f: impl FnOnce() -> R) -> (R, bool) {
        ACTIVE.set(Some(Active { mutant: self, met: false }));
        let result = f();
        let met = ACTIVE.take().is_some_and(|active| active.met);
        (result, met)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}={}", self.file, self.line, self.fault)
    }
}

/// Whether the operation at `site`, which has this to lose, lacks its ordering, its fence or its wake.
pub(super) fn omits(site: &'static Location<'static>, what: Fault) -> bool {
    check::came_by(site, what);
    met(site, |fault| (fault == what).then_some(())).is_some()
}

/// Whether the deadline that is made at `site` does not come.
pub(super) fn takes_the_deadline(site: &Location<'_>) -> bool {
    met(site, |fault| (fault == Fault::NoDeadline).then_some(())).is_some()
}

/// What the operation at `site` writes instead of `value`.
pub(super) fn written(site: &Location<'_>) -> Option<u64> {
    met(site, |fault| if let Fault::Writes(value) = fault { Some(value.into()) } else { None })
}

fn met<R>(site: &Location<'_>, applies: impl FnOnce(Fault) -> Option<R>) -> Option<R> {
    ACTIVE.with_borrow_mut(|active| {
        let active = active.as_mut()?;
        let mutant = &active.mutant;
        if mutant.line != site.line() || mutant.file != site.file() {
            return None;
        }
        let result = applies(mutant.fault);
        active.met |= result.is_some();
        result
    })
}

/// The folder that `Location`s are relative to: the nearest one above the tested crate that has a lock file.
fn workspace() -> &'static Path {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells tests where their crate is");
    let manifest: &'static Path = Path::new(Box::leak(manifest.into_boxed_os_str()));
    manifest.ancestors().find(|folder| folder.join("Cargo.lock").exists()).unwrap_or(manifest)
}
