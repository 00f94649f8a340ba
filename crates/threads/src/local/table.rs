//! What a thread has of all instances of `Local`: a table that only the thread itself looks at, and before it the
//! values that were looked for last.
//!
//! No access asks whether these thread-locals are there still: nothing of them is dropped by itself. A key stands
//! in them only with the value of its instance, as long as that lives; who is gone leaves a key that no instance
//! has, and a value that nobody asks for.

use super::face::AccessError;
use super::key::Key;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;

thread_local! {
    static RECENT: Recent = const { Recent::new() };
    static TABLE: ManuallyDrop<Cell<Vec<Slot>>> = const { ManuallyDrop::new(Cell::new(Vec::new())) };
    static END: End = const { End };
}

/// Values that were looked for, each where the lowest bits of its place say. It saves a look at the length of the
/// table and where it is, which is half of an access.
struct Recent {
    keys: [Cell<u64>; Self::LEN],
    values: [Cell<*const ()>; Self::LEN],
}

impl Recent {
    const LEN: usize = 16;

    const fn new() -> Self {
        let keys = [const { Cell::new(NOBODYS) }; Self::LEN];
        Self { keys, values: [const { Cell::new(ptr::null()) }; Self::LEN] }
    }
}

/// The thread's value of one instance.
pub(super) struct Slot {
    /// The instance's key as a word; with [`MAKING`] while the value is made; or [`NOBODYS`].
    key: u64,
    value: *const (),
    keeper: Option<Arc<dyn Keeper>>,
}

const MAKING: u64 = 1 << 63;
/// No key is zero.
const NOBODYS: u64 = 0;

/// Where the thread's value is kept.
pub(super) trait Keeper {
    /// The thread ends: drops the value, if it is still there. No panic comes out.
    fn let_go(&self, value: *const ());
}

/// The calling thread's value of the instance.
#[inline]
pub(super) fn find(key: Key) -> Option<*const ()> {
    RECENT.with(|recent| {
        let near = key.place() % Recent::LEN;
        if recent.keys[near].get() == key.word() {
            return Some(recent.values[near].get());
        }
        let value = look(key.place(), key.word())?;
        recent.keys[near].set(key.word());
        recent.values[near].set(value);
        Some(value)
    })
}

/// The value that stands in the table under this key.
#[cold]
fn look(place: usize, key: u64) -> Option<*const ()> {
    TABLE.with(|table| {
        // SAFETY: only this thread has the cell, and it takes the table out to change it, which it does not do
        // between here and the end of the borrow: nothing is called that could.
        let slots = unsafe { &*table.as_ptr() };
        slots.get(place).filter(|slot| slot.key == key).map(|slot| slot.value)
    })
}

/// Puts a slot in, and has the one that was there.
fn put(place: usize, slot: Slot) -> Option<Slot> {
    // Out of the cell while it may grow: an allocator is somebody else's code.
    let mut slots = TABLE.with(|table| table.take());
    if slots.len() <= place {
        slots.resize_with(place + 1, Slot::nobodys);
    }
    let before = slots.get_mut(place).map(|there| std::mem::replace(there, slot));
    TABLE.with(|table| table.set(slots));
    before
}

impl Slot {
    const fn nobodys() -> Self {
        Self { key: NOBODYS, value: ptr::null(), keeper: None }
    }
}

/// That the thread's value of an instance is being made; dropped before it is there, as by a panic, it is not.
pub(super) struct Making(Key);

impl Making {
    /// # Errors
    /// If the thread has begun to drop its values.
    ///
    /// # Panics
    /// If this thread is making the value already.
    pub(super) fn begin(key: Key) -> Result<Self, AccessError> {
        // From now on the thread drops its values when it ends.
        END.try_with(|_| ()).map_err(|_| AccessError)?;
        let (place, making) = (key.place(), key.word() | MAKING);
        assert!(look(place, making).is_none(), "the initialiser of a `Local` uses the same `Local`");
        drop(put(place, Slot { key: making, ..Slot::nobodys() }));
        Ok(Self(key))
    }

    /// It is there.
    pub(super) fn done(self, value: *const (), keeper: Arc<dyn Keeper>) {
        let key = ManuallyDrop::new(self).0;
        drop(put(key.place(), Slot { key: key.word(), value, keeper: Some(keeper) }));
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        drop(put(self.0.place(), Slot::nobodys()));
    }
}

/// Dropped with the thread's thread-locals; registered with the system by its first use.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        // Who looks for a value from now on, as the `drop` of another does, finds none and can make none.
        RECENT.with(|recent| recent.keys.each_ref().map(|key| key.set(NOBODYS)));
        for slot in TABLE.with(|table| table.take()) {
            if let Some(keeper) = slot.keeper {
                keeper.let_go(slot.value);
            }
        }
    }
}
