//! The contract in the model world: proofs.

use platform::check::Proof;
pub(crate) use platform::check::saw;

pub(crate) fn explore(
    name: &'static str,
    threads: usize,
    floor: usize,
    outcomes: &'static [&'static str],
    model: impl Fn() + Send + Sync + 'static,
) {
    let proof = Proof::new(name, "the model keeps the contract of the real world");
    // Three threads and a kernel's lock are some hundred thousand executions, a minute: the outcomes are all reached with two preemptions.
    let proof = if threads > 2 { proof.bounded(2) } else { proof };
    proof.threads(threads).executions_at_least(floor).outcomes(outcomes).check(model);
}
