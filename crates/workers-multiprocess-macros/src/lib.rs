//! The `#[task]` attribute of `workers-multiprocess`, which re-exports it; see there for what a task is.

mod expand;

use proc_macro::TokenStream;

/// Registers a function by its path, so that a `ProcessPool` can run it in another process.
///
/// The function itself is left as it is: it can still be called, tested and documented. It takes up to eight
/// arguments by value, of owned types that implement serde's `Deserialize`, and returns an owned type that
/// implements `Serialize`; it has no type parameters, and is neither `async` nor `unsafe` nor `extern`. A pool
/// is given several arguments as a tuple, `pool.submit(area, (2, 3))`; see `Callable`.
///
/// ```ignore
/// #[workers_multiprocess::task]
/// fn area(width: u32, height: u32) -> u32 {
///     width * height
/// }
/// ```
///
/// The function must be a free one (an associated function cannot be registered), and the crate must be known
/// by the name `workers_multiprocess`. Two tasks of one module must not have the same name, even when each is
/// inside a function of its own: the pool refuses to start.
#[proc_macro_attribute]
pub fn task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::task(attribute.into(), item.into()).into()
}
