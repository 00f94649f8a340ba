//! What is fuzzed: there is no other use for it.

use crate::{
    link::message::{Answer, Items},
    wire,
};

/// Reads an answer, and its results, as a pool does whose worker may have written anything.
pub fn answer(message: &[u8]) {
    let Ok((_, body)) = wire::read_first::<Answer>(message) else { return };
    let mut len = 0;
    for item in Items(body) {
        len += item.len();
        let _ = wire::result::<(Vec<String>, Option<i64>)>(item);
    }
    assert!(len <= body.len(), "no item is longer than the bytes that there are");
}
