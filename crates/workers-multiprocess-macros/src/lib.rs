//! The attributes `#[task]` and `#[test]` of `workers-multiprocess`, which re-exports them; see there for what they are for.

mod expand;
mod test;

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

/// A test that may start processes: as the standard `#[test]`, and with nothing to call in a `main`, which a test has
/// not.
///
/// `cargo test` and `cargo nextest` run it as any other test; it may return a `Result`, and be marked
/// `#[should_panic]` and `#[ignore]`. A worker is the test executable, started anew and told to run one such test,
/// where it turns into a worker before the test's first line. So it must not be inside another function, and a plain
/// `#[test]` of the same executable can start processes only after one of these has begun: mark all that do.
///
/// What tasks print goes to the test executable's standard error, uncaptured.
///
/// ```ignore
/// #[workers_multiprocess::test]
/// fn a_square_is_right() -> std::io::Result<()> {
///     let pool = ProcessPool::new(2)?;
///     assert_eq!(pool.submit(square, 3).result(), Ok(9));
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    test::test(attribute.into(), item.into()).into()
}
