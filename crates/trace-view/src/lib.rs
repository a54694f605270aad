//! What people look at: the timeline of a packet, and exports that open elsewhere.
//!
//! | module | what |
//! |---|---|
//! | [`changes`] | what happened to a packet between two snapshots, field by field |
//! | [`timeline`] | the way of one packet, as a terminal shows it |
//! | [`stats`] | counts, sums and distributions of fields by fields |
//! | [`export`] | the forms that other programs open |
//! | [`family`] | which packets came from which, over any number of generations |
//! | [`ndjson`] | one JSON object a packet, without loss, and the way back to the capture |
//! | [`paths`] | the ways that packets took, how many took each, and where they part |
//! | [`drops`] | what became of packets, where, and how many each |
//! | [`diff`] | how fates, ends, reasons of drops and paths of two captures differ |
//! | [`tally`] | counting packets by what they have in common, in bounded memory |
//! | [`json`] | JSON whose strings do no harm on a terminal |

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

pub mod changes;
mod counted;
pub mod diff;
pub mod drops;
pub mod export;
pub mod family;
mod hex;
mod incomplete;
pub mod json;
mod members;
pub mod ndjson;
pub mod paths;
mod push;
mod role;
pub mod stats;
pub mod tally;
pub mod timeline;

pub use counted::{Counted, PartOf};
pub use incomplete::Incomplete;
