//! A semaphore's word: how many permits there are, and three flags about those who wait.

/// Somebody who waits for one permit may sleep on the word.
const WAITING: u32 = 1;
/// Somebody may sleep until the next round.
const GATHERING: u32 = 2;
/// One waiter has waited too long: until it has its permits, nobody else gets any.
const RESERVED: u32 = 1 << 31;
const FLAGS: u32 = WAITING | GATHERING | RESERVED;
/// One permit; the value is counted in these.
pub(super) const ONE: u32 = 4;
/// Where the value is from this on, there are more than `MAX_PERMITS`: for as many threads as are about to take back
/// the one that they added. The room above it is for 2²⁸ of them.
const EXCESS: u32 = 1 << 30;

/// The most permits that a semaphore can have: 2²⁸ - 1, about a quarter of a billion.
pub const MAX_PERMITS: u32 = EXCESS / ONE - 1;

/// What the word says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State(u32);

impl State {
    /// So many permits, at most `MAX_PERMITS`, and nobody who waits.
    pub(super) const fn of_value(value: u32) -> Self {
        Self(value * ONE)
    }

    #[inline]
    pub(super) const fn of_word(word: u32) -> Self {
        Self(word)
    }

    #[inline]
    pub(super) const fn word(self) -> u32 {
        self.0
    }

    /// How many permits there are; what somebody is about to take back does not count.
    #[inline]
    pub(super) const fn value(self) -> u32 {
        let counted = (self.0 & !FLAGS) / ONE;
        if counted > MAX_PERMITS { MAX_PERMITS } else { counted }
    }

    pub(super) const fn is_reserved(self) -> bool {
        self.0 & RESERVED != 0
    }

    #[inline]
    pub(super) const fn somebody_waits(self) -> bool {
        self.0 & FLAGS != 0
    }

    /// Whether `n` permits are there for everybody.
    #[inline]
    pub(super) const fn offers(self, n: u32) -> bool {
        self.value() >= n && !self.is_reserved()
    }

    /// What is left without `n` permits, if they are there for everybody.
    #[inline]
    pub(super) const fn less(self, n: u32) -> Option<Self> {
        // One comparison for what is common: there are enough, nothing is reserved, and there is no excess.
        let rest = self.0.wrapping_sub(n * ONE);
        if rest < EXCESS - n * ONE {
            Some(Self(rest))
        } else if self.offers(n) {
            Some(self.minus(n))
        } else {
            None
        }
    }

    /// `n` permits, which are there, are taken; of what somebody is about to take back nothing is left.
    pub(super) const fn minus(self, n: u32) -> Self {
        Self(((self.value() - n) * ONE) | (self.0 & FLAGS))
    }

    /// `n` permits come back, and those who can use them are to be woken: under a reservation those who gather.
    #[inline]
    pub(super) const fn plus(self, n: u32) -> Self {
        let spent = if self.is_reserved() { GATHERING } else { FLAGS };
        Self((self.0 + n * ONE) & !spent)
    }

    /// One permit has come back blindly.
    #[inline]
    pub(super) const fn plus_one(self) -> Self {
        Self(self.0 + ONE)
    }

    /// Whether there are permits, and nothing else to be said.
    #[inline]
    pub(super) const fn is_plain(self) -> bool {
        self.0 & (FLAGS | EXCESS) == 0
    }

    /// Whether one permit more would be too many.
    pub(super) const fn is_full(self) -> bool {
        self.value() == MAX_PERMITS
    }

    /// Permits have come back blindly, and those who can use them, if there are any left, are to be woken.
    pub(super) const fn announced(self) -> Self {
        if self.value() > 0 { self.plus(0) } else { self }
    }

    /// One permit too many is taken back, unless somebody has seen to it.
    pub(super) const fn without_one_too_many(self) -> Self {
        if self.0 & EXCESS != 0 { Self(self.0 - ONE) } else { self }
    }

    /// Somebody may sleep on the word.
    pub(super) const fn waited_on(self) -> Self {
        Self(self.0 | WAITING)
    }

    /// Somebody may sleep until the next round.
    pub(super) const fn gathered(self) -> Self {
        Self(self.0 | GATHERING)
    }

    /// What comes back is for one waiter, who sleeps until the next round. Others may sleep on the word.
    pub(super) const fn reserved(self) -> Self {
        Self(self.0 | FLAGS)
    }

    /// The reservation ends; what is left is for everybody, and everybody is to be woken for it.
    pub(super) const fn unreserved(self) -> Self {
        let spent = if self.value() > 0 { FLAGS } else { RESERVED };
        Self(self.0 & !spent)
    }

    /// Whether those who sleep on the word are to be woken when `next` takes our place.
    pub(super) const fn wakes_waiting(self, next: Self) -> bool {
        self.0 & !next.0 & WAITING != 0
    }

    /// Whether a new round is to start when `next` takes our place.
    pub(super) const fn wakes_gathering(self, next: Self) -> bool {
        self.0 & !next.0 & GATHERING != 0
    }

    /// What the flags say, in words.
    pub(super) const fn waiters(self) -> &'static str {
        if self.is_reserved() {
            "one has waited too long"
        } else if self.somebody_waits() {
            "there may be some"
        } else {
            "none"
        }
    }
}
