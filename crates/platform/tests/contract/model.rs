//! The contract in the model world: proofs.

pub(crate) use platform::check::saw;
use platform::check::{Death, Fault, Proof};

const PROGRAM: &str = "crates/platform/tests/contract/main.rs";

pub(crate) fn explore(
    name: &'static str,
    threads: usize,
    floor: usize,
    outcomes: &'static [&'static str],
    model: impl Fn() + Send + Sync + 'static,
) {
    let claim = format!("the model's kernel keeps its contract: {}", name.replace('_', " "));
    let proof = Proof::new(name, claim).threads(threads).executions_at_least(floor).outcomes(outcomes);
    // Three threads and a kernel's lock are some hundred thousand executions, a minute: the outcomes are all
    // reached with two preemptions.
    let proof = if threads > 2 { proof.bounded(2) } else { proof };
    refuted(name, proof).check(model);
}

/// Where the program has a wake that somebody needs, it must die without it.
fn refuted(name: &str, proof: Proof) -> Proof {
    let (program, wake) = if name.starts_with("a_token_that_is_cancelled_ends_a_sleep") {
        ("crates/platform/src/cancel.rs", "futex::wake::<Private>")
    } else if name.starts_with("a_store_followed_by_a_wake_is_never_lost") {
        (PROGRAM, "let woken = wake::<S>")
    } else if name == "a_wake_for_memory_that_is_gone_is_harmless" {
        (PROGRAM, "wake::<Private>(&raw const")
    } else {
        return proof;
    };
    proof.refuted_by("nobody is woken", Fault::NoWake, program, wake, Death::Deadlock)
}
