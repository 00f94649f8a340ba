//! The proofs of `queue`. Run them with `cargo xtask prove queue`.
//!
//! | file | claims |
//! |---|---|
//! | `asynchronous.rs` | a task that waits is woken; one that is dropped leaves its call to another |
//! | `bounded.rs` | the ring of slots: items are neither lost nor doubled, in order; nobody waits for ever; shutdowns and deadlines lose nothing |
//! | `cancel.rs` | a token that is cancelled ends a wait, which loses nothing |
//! | `unbounded.rs` | the list of blocks: the same, over the ends of blocks |
//! | `spare_twin.rs` | the twin of the place of its spare block |
//! | `rendezvous.rs` | an item goes from hand to hand, or is given back |
//! | `serve.rs` | who waits at a ring is served by those who come, and nobody is left in line |
//! | `serve_twin.rs` | the twin of a ring whose putters are served, with one flaw each |
//! | `several.rs` | batches, force, drain, discard and length of the ring of slots agree with single items |
//! | `stored.rs` | a lock around a store: the same, in the store's order |
//! | `tasks.rs` | `join` waits for all that is not done, and for nothing else |
//! | `select.rs` | of several cases one happens, and no call is lost |
//! | `channel.rs` | the last handle of a side ends a channel, and is seen with all that was before; no item is kept that nobody can receive |
//! | `history.rs` | what threads see of a queue, one alone could have seen |
//! | `moments.rs` | who looks while others are at work is told what was so at one moment |
//! | `parcel.rs` | the item of these models, with something written beside it |
//! | `peek.rs` | who looks at the next item sees it whole |
//! | `ring.rs` | what one side publishes the other gets once and in order; neither is left asleep; ends and deaths are told after the last item |
//! | `ring_twin.rs` | the ring's twin with one flaw each |
//! | `frames.rs` | a frame is read once, in order and whole, wherever it lies; who waits for the room of several is woken as often as it takes |
//! | `frame_ends.rs` | an end or a deadline of the ring of frames leaves no frame unread and none in part |
//! | `frame_twin.rs` | the frames' twin with one flaw each |
//!
//! What a proof here is, and what loom cannot show, is in the book: "Studying the proofs".
#![cfg(loom)]

mod asynchronous;
mod bounded;
mod cancel;
mod channel;
mod frame_ends;
mod frame_twin;
mod frames;
mod history;
mod moments;
mod parcel;
mod peek;
mod rendezvous;
mod ring;
mod ring_twin;
mod select;
mod serve;
mod serve_twin;
mod several;
mod spare_twin;
mod stored;
mod tasks;
mod unbounded;
#[path = "../witness/mod.rs"]
mod witness;
