//! What is a function called with?

/// A function that can be called with `Given`: as it is if it has one parameter, as a tuple if it has none, or two to
/// eight.
///
/// `Parameters` is the tuple of the parameters, which the compiler finds. Implemented for functions, and for nothing
/// else.
///
/// ```no_run
/// use workers_multiprocess::{ProcessPool, task};
///
/// #[task]
/// fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// #[task]
/// fn divide(a: u32, b: u32) -> u32 {
///     a / b
/// }
///
/// #[task]
/// fn answer() -> u8 {
///     42
/// }
///
/// # fn run(pool: &ProcessPool) {
/// assert_eq!(pool.submit(square, 3).result(), Ok(9));
/// assert_eq!(pool.submit(divide, (42, 6)).result(), Ok(7));
/// assert_eq!(pool.submit(answer, ()).result(), Ok(42));
/// # }
/// ```
///
/// What does not fit does not compile:
///
/// ```compile_fail,E0308
/// # use workers_multiprocess::{ProcessPool, task};
/// # #[task] fn divide(a: u32, b: u32) -> u32 { a / b }
/// # fn run(pool: &ProcessPool) {
/// pool.submit(divide, (42, "six"));
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "the task cannot be called with `{Given}`",
    label = "it takes other arguments",
    note = "a task of one parameter is called with its argument: `submit(f, a)`; one of two to eight with a tuple: \
            `submit(f, (a, b))`; one of none with `()`: `submit(f, ())`"
)]
pub trait Callable<Given, Parameters> {
    /// What it returns.
    type Output;
}

impl<F, A, R> Callable<A, (A,)> for F
where
    F: Fn(A) -> R,
{
    type Output = R;
}

macro_rules! callable_with_a_tuple {
    ($($parameter:ident)*) => {
        impl<F, $($parameter,)* R> Callable<($($parameter,)*), ($($parameter,)*)> for F
        where
            F: Fn($($parameter),*) -> R,
        {
            type Output = R;
        }
    };
}

callable_with_a_tuple!();
callable_with_a_tuple!(A B);
callable_with_a_tuple!(A B C);
callable_with_a_tuple!(A B C D);
callable_with_a_tuple!(A B C D E);
callable_with_a_tuple!(A B C D E G);
callable_with_a_tuple!(A B C D E G H);
callable_with_a_tuple!(A B C D E G H I);
