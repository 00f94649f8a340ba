//! Which functions are tasks, and by what name does a worker know them?

use crate::{
    TaskError,
    link::message::Items,
    panic, wire,
    worker::calls::{Aside, Calls, Room},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    any::{TypeId, type_name},
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::OnceLock,
};

/// What `#[task]` registers. The function's own type tells it from every other function; its path tells it to
/// another process.
#[derive(Debug)]
pub struct Entry {
    /// `crate::module::function`.
    pub path: &'static str,
    /// The type of the function.
    pub id: fn() -> TypeId,
    /// Of what it takes and returns: [`signature`].
    pub signature: fn() -> [&'static str; 2],
    /// Makes the calls, one after the other: [`Calls::run`].
    pub run: fn(&mut Calls<'_>),
    /// Decodes the argument and shows it.
    pub show: fn(&[u8]) -> Result<String, Refused>,
}

/// The result was written, or why not.
pub(crate) type Replied = Result<(), Refused>;

inventory::collect!(Entry);

/// Why a task was not run, or was run in vain.
#[derive(Debug)]
pub enum Refused {
    /// The argument could not be decoded.
    Argument(String),
    /// The result could not be encoded.
    Result(String),
}

/// The type of a function, as a key.
pub fn id_of<F: 'static>(_: F) -> TypeId {
    TypeId::of::<F>()
}

/// The names of the types of a function's argument and result.
#[must_use]
pub fn signature<A, R>() -> [&'static str; 2] {
    [type_name::<A>(), type_name::<R>()]
}

/// Makes the argument from the bytes that arrived.
///
/// # Errors
/// [`Refused::Argument`].
#[inline]
pub fn decode<A: DeserializeOwned>(argument: &[u8]) -> Result<A, Refused> {
    wire::read_last(argument).map_err(Refused::Argument)
}

/// Writes the result.
///
/// # Errors
/// [`Refused::Result`].
#[inline]
pub fn encode<R: Serialize>(result: &R, room: &mut Room) -> Replied {
    wire::write(result, room).map_err(Refused::Result)
}

/// An argument that is to be shown, whether it has a `Debug` or not: `(&Shown(&argument)).show()` finds the better of
/// the two traits.
#[derive(Debug)]
pub struct Shown<'a, A>(pub &'a A);

/// By its `Debug`.
pub trait ShowDebug {
    /// As text.
    fn show(&self) -> String;
}

impl<A: fmt::Debug> ShowDebug for Shown<'_, A> {
    fn show(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// By its type, for want of a `Debug`.
pub trait ShowType {
    /// As text.
    fn show(&self) -> String;
}

impl<A> ShowType for &Shown<'_, A> {
    fn show(&self) -> String {
        format!("(a {} that has no `Debug`)", type_name::<A>())
    }
}

/// All tasks of the executable.
#[derive(Debug)]
pub(crate) struct Registry {
    /// By path: the same order in every process of the program.
    entries: Vec<&'static Entry>,
    numbers: HashMap<TypeId, u32>,
}

impl Registry {
    /// The tasks of this executable; an error if two of them have the same path.
    pub(crate) fn get() -> Result<&'static Self, &'static str> {
        static REGISTRY: OnceLock<Result<Registry, String>> = OnceLock::new();
        REGISTRY.get_or_init(|| Self::new(inventory::iter::<Entry>)).as_ref().map_err(String::as_str)
    }

    fn new(entries: impl IntoIterator<Item = &'static Entry>) -> Result<Self, String> {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_unstable_by_key(|entry| entry.path);
        if let Some([one, _]) = entries.array_windows().find(|[one, other]| one.path == other.path) {
            return Err(format!("two functions are marked #[task] under the same path `{}`", one.path));
        }
        let numbers = entries.iter().zip(0..).map(|(entry, number)| ((entry.id)(), number)).collect();
        Ok(Self { entries, numbers })
    }

    /// The number of a function, by its type.
    pub(crate) fn number_of(&self, id: TypeId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    pub(crate) fn by_number(&self, number: u32) -> Option<&'static Entry> {
        self.entries.get(number as usize).copied()
    }

    /// Differs, but for chance, between executables whose tasks have different names, or types of other names, or that use
    /// different versions of this crate.
    pub(crate) fn build_id(&self) -> u64 {
        let tasks: Vec<_> = self.entries.iter().map(|entry| (entry.path, (entry.signature)())).collect();
        let mut hasher = DefaultHasher::new();
        (env!("CARGO_PKG_VERSION"), tasks).hash(&mut hasher);
        hasher.finish()
    }
}

impl Entry {
    /// Runs the task once, for its own sake; its argument is an item. Panics of the task and of its values' serde
    /// implementations are caught.
    pub(crate) fn call(&self, argument: &[u8]) -> Result<Replied, TaskError> {
        let mut calls = Calls::new(Items(argument), 1, None);
        panic::catch(|| (self.run)(&mut calls))?;
        Ok(match calls.take_aside() {
            Some(Aside::Refused(refused)) => Err(refused),
            _ => Ok(()),
        })
    }

    /// The argument as text, whatever its own code does.
    pub(crate) fn show(&self, argument: &[u8]) -> String {
        match panic::catch(|| (self.show)(argument)) {
            Ok(Ok(text)) => text,
            Ok(Err(Refused::Argument(text) | Refused::Result(text))) => format!("(not shown: {text})"),
            Err(error) => format!("(not shown: {error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(x: u8) -> u8 {
        x
    }

    fn other(x: u8) -> u8 {
        x + 1
    }

    /// The entry of a function of one `u8`.
    macro_rules! entry {
        ($path:literal, $function:ident) => {
            Entry {
                path: $path,
                id: || id_of($function),
                signature: signature::<u8, u8>,
                run: |calls| calls.run(decode, $function, encode),
                show: |a| Ok(Shown(&decode::<u8>(a)?).show()),
            }
        };
    }

    static ONE: Entry = entry!("m::one", one);
    static OTHER: Entry = entry!("m::other", other);
    static SAME_PATH: Entry = entry!("m::one", other);

    #[test]
    fn functions_of_one_signature_are_different_tasks() {
        let registry = Registry::new([&ONE, &OTHER]).unwrap();
        let path = |id| registry.by_number(registry.number_of(id)?).map(|entry| entry.path);
        assert_eq!(path(id_of(one)), Some("m::one"));
        assert_eq!(path(id_of(other)), Some("m::other"));
        assert_eq!(path(id_of(u8::count_ones)), None);
        let mut calls = Calls::new(Items(&[1, 7]), 1, None);
        (OTHER.run)(&mut calls);
        let Some(Aside::Result(item, _)) = calls.take_aside() else { panic!("it has returned") };
        assert_eq!(Items(&item).next(), Some([wire::RETURNED, 8].as_slice()));
    }

    #[test]
    fn an_argument_is_shown_by_its_debug_or_by_its_type() {
        struct Plain;
        assert_eq!(Shown(&"text").show(), "\"text\"");
        assert!((&Shown(&Plain)).show().contains("Plain that has no `Debug`"));
        assert_eq!(ONE.show(&[7]), "7");
        assert!(ONE.show(&[]).starts_with("(not shown: "));
    }

    #[test]
    fn two_tasks_of_one_path_are_refused() {
        let error = Registry::new([&ONE, &OTHER, &SAME_PATH]).unwrap_err();
        assert_eq!(error, "two functions are marked #[task] under the same path `m::one`");
    }

    #[test]
    fn the_build_id_depends_on_the_paths_and_types_and_not_on_their_order() {
        static OTHER_TYPE: Entry = Entry { signature: signature::<u8, u16>, ..entry!("m::one", one) };
        let id = |entries: &[&'static Entry]| Registry::new(entries.iter().copied()).unwrap().build_id();
        assert_eq!(id(&[&ONE, &OTHER]), id(&[&OTHER, &ONE]));
        assert_ne!(id(&[&ONE, &OTHER]), id(&[&ONE]));
        assert_ne!(id(&[&ONE]), id(&[&OTHER_TYPE]));
    }

    #[test]
    fn an_argument_of_another_type_is_refused_and_nothing_is_run() {
        assert!(matches!(ONE.call(&[0]), Ok(Err(Refused::Argument(_)))));
        assert!(matches!(ONE.call(&[2, 1, 2]), Ok(Err(Refused::Argument(_)))));
    }
}
