//! The proofs of `queue`. Run them with `cargo xtask prove queue`.
//!
//! | file | claims |
//! |---|---|
//! | `queue.rs` | items are neither lost nor doubled, in order; nobody waits for ever; shutdown, deadlines and `join` lose nothing |
//! | `ring.rs` | what one side publishes the other gets once and in order; neither is left asleep; ends and deaths are told after the last item |
//! | `ring_twin.rs` | the ring's twin with one flaw each |
//! | `twin.rs` | the queue's twins with one flaw each, for the refutations |
//!
//! What a proof here is, and what loom cannot show, is in the book: "Studying the proofs".
#![cfg(loom)]

mod queue;
mod ring;
mod ring_twin;
mod twin;
