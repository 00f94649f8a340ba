//! What our locks add to those of `lock_api` around which they are: a `Debug` that says how the lock is, and the
//! methods that go by value or by `Arc`, which cannot be reached through a reference.

/// For `$name`, around `$inner`, whose data is looked at by `$try_look`.
macro_rules! face {
    ($name:ident, $inner:ty, $try_look:ident) => {
        impl<T> $name<T> {
            /// A lock that nobody holds, around `value`.
            pub const fn new(value: T) -> Self {
                Self(<$inner>::new(value))
            }

            /// The data, out of its lock.
            pub fn into_inner(self) -> T {
                self.0.into_inner()
            }
        }

        impl<T: ?Sized> core::ops::Deref for $name<T> {
            type Target = $inner;

            #[inline]
            fn deref(&self) -> &$inner {
                &self.0
            }
        }

        impl<T: ?Sized> core::ops::DerefMut for $name<T> {
            #[inline]
            fn deref_mut(&mut self) -> &mut $inner {
                &mut self.0
            }
        }

        impl<T: Default> Default for $name<T> {
            fn default() -> Self {
                Self::new(T::default())
            }
        }

        impl<T> From<T> for $name<T> {
            fn from(value: T) -> Self {
                Self::new(value)
            }
        }

        impl<T: ?Sized + core::fmt::Debug> core::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let mut lock = f.debug_struct(stringify!($name));
                // SAFETY: raw() asks that guards stay valid: a look changes nothing about who holds the lock.
                lock.field("state", &unsafe { self.raw() }.shown());
                match self.$try_look() {
                    Some(guard) => lock.field("data", &&*guard),
                    None => lock.field("data", &format_args!("<locked>")),
                };
                lock.finish()
            }
        }

        impl<T: ?Sized> crate::Watch for $name<T> {
            fn set_name(&self, name: &str) {
                self.0.set_name(name);
            }

            #[cfg(feature = "counters")]
            fn counters(&self) -> crate::Counters {
                self.0.counters()
            }

            #[cfg(feature = "counters")]
            fn state(&self) -> crate::State<'_> {
                self.0.state()
            }
        }

        #[cfg(feature = "serde")]
        impl<T: ?Sized + serde::Serialize> serde::Serialize for $name<T> {
            /// As the data is, waiting for the lock.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for $name<T> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::deserialize(deserializer).map(Self::new)
            }
        }
    };
}

/// Gives `$name` the methods of `$inner` that take an `Arc` of it; `$inner` is all there is in it.
#[cfg(feature = "arc_lock")]
macro_rules! shares {
    ($name:ident, $inner:ty, $($method:ident($($argument:ident: $type:ty)?) -> $guard:ty;)+) => {
        impl<T: ?Sized> $name<T> {
            $(
                /// `lock_api`'s, with a guard that has a share in the lock.
                #[inline]
                #[track_caller]
                pub fn $method(self: &std::sync::Arc<Self>, $($argument: $type)?) -> $guard {
                    Self::share(self).$method($($argument)?)
                }
            )+

            /// The same share, as one in the lock of `lock_api`; it is not counted, and not to be dropped.
            fn share(this: &std::sync::Arc<Self>) -> core::mem::ManuallyDrop<std::sync::Arc<$inner>> {
                let inner = std::sync::Arc::as_ptr(this) as *const $inner;
                // SAFETY: from_raw() asks for an Arc's pointer, to a type of the same size and alignment (`repr(transparent)`)
                // and, where it is unsized, with the same metadata, which the cast keeps; and that the share that it
                // stands for be given up once: it is never given up, and `this` outlives every use of the result.
                core::mem::ManuallyDrop::new(unsafe { std::sync::Arc::from_raw(inner) })
            }
        }
    };
}

pub(crate) use face;
#[cfg(feature = "arc_lock")]
pub(crate) use shares;
