//! The barrier's word as a value: which states there are, and how one becomes the next. Nothing here waits.

/// What becomes of the threads inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// They wait for the rest. The only phase in which a thread may come in, and the only one that lasts with
    /// nobody inside.
    Filling = 0,
    /// All have come; the last runs its action, the others wait for it.
    Acting = 1,
    /// They pass.
    Passing = 2,
    /// They are told that the barrier broke.
    Failing = 3,
}

const PHASE: u32 = 3;
/// Who comes is refused.
const BROKEN: u32 = 4;
/// Somebody may sleep.
const SLEEPERS: u32 = 8;
/// One thread inside; the rest of the word counts them.
const ONE: u32 = 16;

pub(super) const MAX_PARTIES: usize = (u32::MAX / ONE) as usize;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State(pub(super) u32);

impl State {
    /// Nobody is inside, nobody is refused.
    pub(super) const NEW: Self = Self(Phase::Filling as u32);

    pub(super) fn phase(self) -> Phase {
        match self.0 & PHASE {
            0 => Phase::Filling,
            1 => Phase::Acting,
            2 => Phase::Passing,
            _ => Phase::Failing,
        }
    }

    pub(super) fn inside(self) -> u32 {
        self.0 / ONE
    }

    pub(super) fn is_broken(self) -> bool {
        self.0 & BROKEN != 0
    }

    pub(super) fn has_sleepers(self) -> bool {
        self.0 & SLEEPERS != 0
    }

    /// Whether the threads inside wait to hear what becomes of them.
    pub(super) fn is_undecided(self) -> bool {
        matches!(self.phase(), Phase::Filling | Phase::Acting)
    }

    /// One more inside; the last of `parties` is to act.
    pub(super) fn entered(self, parties: u32) -> Self {
        let fuller = Self(self.0 + ONE);
        if fuller.inside() == parties { fuller.with(Phase::Acting) } else { fuller }
    }

    /// One less inside. The last to leave opens the barrier for the next cycle, and whoever waits for that is
    /// woken.
    ///
    /// Nobody is inside only where the barrier was made as new after a fork, and a token from before is
    /// dropped.
    pub(super) fn left(self) -> Self {
        if self.inside() == 0 {
            return self;
        }
        let emptier = Self(self.0 - ONE);
        if emptier.inside() == 0 { emptier.with(Phase::Filling).waking() } else { emptier }
    }

    /// The action is done: those inside pass.
    pub(super) fn passing(self) -> Self {
        self.with(Phase::Passing).waking()
    }

    /// Those inside fail, unless they were let go already.
    pub(super) fn failing(self) -> Self {
        if self.is_undecided() && self.inside() > 0 { self.with(Phase::Failing).waking() } else { self }
    }

    /// Who comes is refused from now on, and so is who waits to come in.
    pub(super) fn refusing(self) -> Self {
        Self(self.0 | BROKEN).waking()
    }

    /// Who comes is not refused any more.
    pub(super) fn admitting(self) -> Self {
        Self(self.0 & !BROKEN)
    }

    /// Somebody is about to sleep.
    pub(super) fn sleeping(self) -> Self {
        Self(self.0 | SLEEPERS)
    }

    fn waking(self) -> Self {
        Self(self.0 & !SLEEPERS)
    }

    fn with(self, phase: Phase) -> Self {
        Self(self.0 & !PHASE | phase as u32)
    }
}
