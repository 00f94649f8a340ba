//! How is the audit shown?

use serde_json::{Value, json};

use super::run::Fate;
use super::sites::Mutant;
use super::{Audit, Audited};
use crate::table::{self, Align};

impl Audited {
    fn status(&self) -> &'static str {
        match (&self.fate, &self.mutant.waiver) {
            (Fate::Killed { .. }, _) => "killed",
            (Fate::Survived | Fate::Unreached, Some(_)) => "waived",
            (Fate::Survived, None) => "survived",
            (Fate::Unreached, None) => "unreached",
            (Fate::TimedOut, _) => "timeout",
            (Fate::Unclear { .. }, _) => "unclear",
        }
    }

    fn is_killed(&self) -> bool {
        matches!(self.fate, Fate::Killed { .. })
    }

    /// Who killed it and why.
    fn death(&self) -> Option<(&str, &str)> {
        match &self.fate {
            Fate::Killed { by, reason } => Some((by, reason)),
            _ => None,
        }
    }

    /// One line, as soon as it is known.
    pub(super) fn line(&self) -> String {
        let Self { mutant, seconds, .. } = self;
        let by = self.death().map(|(by, reason)| format!(" by {by} ({reason})")).unwrap_or_default();
        format!("{:<9} {}{by}, {}", self.status(), mutant.name(), table::seconds(*seconds))
    }

    fn to_json(&self) -> Value {
        let Self { mutant: Mutant { package, file, line, fault, operations, waiver, .. }, seconds, .. } =
            self;
        let (killed_by, reason) = self.death().unzip();
        json!({
            "package": package,
            "file": file,
            "line": line,
            "fault": fault,
            "operations": operations,
            "status": self.status(),
            "killed_by": killed_by,
            "reason": reason,
            "seconds": seconds,
            "waiver": waiver,
        })
    }
}

impl Audit {
    /// Whether every mutant is killed or waived, and every waiver needed.
    pub(super) fn ok(&self) -> bool {
        self.living() == 0 && self.idle_waivers().is_empty()
    }

    fn count(&self, status: &str) -> usize {
        self.audited.iter().filter(|audited| audited.status() == status).count()
    }

    fn living(&self) -> usize {
        self.audited.len() - self.count("killed") - self.count("waived")
    }

    /// Waivers above nothing, and above what is killed.
    fn idle_waivers(&self) -> Vec<String> {
        let killed = self.audited.iter().filter(|audited| audited.is_killed());
        let needless = killed.filter(|audited| audited.mutant.waiver.is_some()).map(|audited| {
            let Mutant { file, line, fault, .. } = &audited.mutant;
            format!("{file}:{line}: the waiver for {fault} is not needed: the mutant is killed")
        });
        self.idle.iter().cloned().chain(needless).collect()
    }

    /// `9 of 10 killed, 1 waived`
    pub(super) fn totals(&self) -> String {
        let mut totals = format!("{} of {} killed", self.count("killed"), self.audited.len());
        for (status, shown) in [
            ("waived", "waived"),
            ("survived", "survived"),
            ("unreached", "unreached"),
            ("timeout", "timed out"),
            ("unclear", "unclear"),
        ] {
            match self.count(status) {
                0 => {}
                count => totals.push_str(&format!(", {count} {shown}")),
            }
        }
        totals
    }

    /// One sentence on the whole audit.
    pub(super) fn verdict(&self) -> String {
        match (self.living(), self.idle_waivers().len()) {
            (0, 0) if self.audited.is_empty() => "There is nothing to weaken.".to_owned(),
            (0, 0) if self.count("waived") > 0 => "Every mutant is killed or waived.".to_owned(),
            (0, 0) => "Every mutant is killed.".to_owned(),
            (0, idle) => format!("Too many waivers: {} of them without a mutant that needs it.", idle),
            (living, _) => format!(
                "{} not killed: a missing proof, an ordering stronger than it need be, or a limit of the model, \
                 which a waiver would have to say.",
                table::counted(living, "mutant")
            ),
        }
    }

    /// The table, what is to be said of some of its rows, and the totals.
    pub(super) fn lines(&self) -> Vec<String> {
        let columns = [
            ("site", Align::Left),
            ("fault", Align::Left),
            ("killed by", Align::Left),
            ("reason", Align::Left),
            ("seconds", Align::Right),
        ];
        let rows: Vec<[String; 5]> = self.audited.iter().map(row).collect();
        let mut lines = if rows.is_empty() { Vec::new() } else { table::render(columns, &rows) };
        lines.push(String::new());
        lines.extend(
            self.bare.iter().map(|package| format!("{package}: no ordering, fence or wake of its own")),
        );
        for Audited { mutant, .. } in &self.audited {
            if mutant.operations > 1 {
                let unreached = mutant.unreached;
                lines.push(format!(
                    "{}: {} operations on this line are weakened together, of which {unreached} unreached",
                    mutant.name(),
                    mutant.operations
                ));
            }
            if let Some(waiver) = &mutant.waiver {
                lines.push(format!("{}: waiver: {waiver}", mutant.name()));
            }
        }
        lines.extend(self.idle_waivers());
        lines.push(self.totals());
        lines
    }

    pub(super) fn to_json(&self) -> Value {
        let mutants: Vec<Value> = self.audited.iter().map(Audited::to_json).collect();
        json!({
            "mutants": mutants,
            "idle_waivers": self.idle_waivers(),
            "score": {"killed": self.count("killed"), "sites": self.audited.len()},
            "ok": self.ok(),
        })
    }
}

fn row(audited: &Audited) -> [String; 5] {
    let Mutant { file, line, fault, .. } = &audited.mutant;
    let (by, reason) = match (audited.death(), &audited.fate) {
        (Some(death), _) => death,
        (None, Fate::TimedOut) => ("NO ANSWER", "out of time"),
        (None, Fate::Unclear { by, ended }) => (by.as_str(), ended.as_str()),
        (None, _) if audited.mutant.waiver.is_some() => ("nobody", "waived"),
        (None, Fate::Unreached) => ("NOBODY", "no proof comes by"),
        (None, _) => ("NOBODY", "every proof that comes by holds"),
    };
    [
        format!("{file}:{line}"),
        (*fault).to_owned(),
        by.to_owned(),
        reason.to_owned(),
        format!("{:.2}", audited.seconds),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::source::RELAXED;
    use super::*;

    fn audited(fate: Fate, waiver: Option<&str>) -> Audited {
        let mutant = Mutant {
            package: "locks".to_owned(),
            file: "raw.rs".to_owned(),
            line: 7,
            fault: RELAXED,
            operations: 1,
            waiver: waiver.map(str::to_owned),
            ..Mutant::default()
        };
        Audited { mutant, fate, seconds: 0.25 }
    }

    fn killed() -> Fate {
        Fate::Killed { by: "lock::a".to_owned(), reason: "deadlock".to_owned() }
    }

    fn unclear() -> Fate {
        Fate::Unclear { by: "lock::a".to_owned(), ended: "signal: 6".to_owned() }
    }

    fn audit(audited: Vec<Audited>) -> Audit {
        Audit { audited, ..Audit::default() }
    }

    #[test]
    fn only_killed_and_waived_mutants_are_well() {
        let waiver = Some("why; covered by: stress");
        for (fate, waiver, status, ok) in [
            (killed(), None, "killed", true),
            (killed(), waiver, "killed", false),
            (Fate::Survived, None, "survived", false),
            (Fate::Survived, waiver, "waived", true),
            (Fate::Unreached, None, "unreached", false),
            (Fate::Unreached, waiver, "waived", true),
            (Fate::TimedOut, None, "timeout", false),
            (Fate::TimedOut, waiver, "timeout", false),
            (unclear(), None, "unclear", false),
            (unclear(), waiver, "unclear", false),
        ] {
            let audit = audit(vec![audited(fate.clone(), waiver)]);
            assert_eq!((audit.audited[0].status(), audit.ok()), (status, ok), "{fate:?} with {waiver:?}");
        }
    }

    #[test]
    fn an_idle_waiver_fails_an_audit_without_survivors() {
        let mut audit = audit(vec![audited(killed(), None)]);
        assert!(audit.ok());
        audit.idle.push("raw.rs:9: a waiver, but …".to_owned());
        assert!(!audit.ok());
        assert_eq!(audit.verdict(), "Too many waivers: 1 of them without a mutant that needs it.");
        assert!(audit.lines().contains(&"raw.rs:9: a waiver, but …".to_owned()));
    }

    #[test]
    fn the_score_counts_waived_mutants_as_not_killed() {
        let mutants = vec![
            audited(killed(), None),
            audited(Fate::Survived, Some("why; covered by: stress")),
            audited(Fate::TimedOut, None),
        ];
        let audit = audit(mutants);
        assert_eq!(audit.totals(), "1 of 3 killed, 1 waived, 1 timed out");
        assert_eq!(audit.to_json()["score"], json!({"killed": 1, "sites": 3}));
        assert!(audit.verdict().starts_with("1 mutant not killed"), "{}", audit.verdict());
    }

    #[test]
    fn a_row_names_the_proof_and_the_reason() {
        let lines = audit(vec![audited(killed(), None)]).lines();
        assert_eq!(lines[2], "raw.rs:7  relaxed  lock::a    deadlock     0.25");
        assert_eq!(lines.last().unwrap(), "1 of 1 killed");
    }

    #[test]
    fn a_package_without_operations_is_said_to_have_none() {
        let audit = Audit { bare: vec!["queue".to_owned()], ..Audit::default() };
        assert!(audit.ok());
        assert!(
            audit.lines().iter().any(|line| line.starts_with("queue: no ordering")),
            "{:?}",
            audit.lines()
        );
        assert_eq!(audit.verdict(), "There is nothing to weaken.");
    }
}
