//! The contract in the shuttled world: trials, which must see all that the model sees.

use platform::check::Trial;
pub(crate) use platform::check::saw;

pub(crate) fn explore(
    name: &'static str,
    threads: usize,
    _floor: usize,
    outcomes: &'static [&'static str],
    model: impl Fn() + Send + Sync + 'static,
) {
    let claim = format!("the shuttled kernel keeps its contract: {}", name.replace('_', " "));
    Trial::new(name, claim).threads(threads).schedules(1_000).outcomes(outcomes).check(model);
}
