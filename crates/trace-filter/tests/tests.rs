//! The crate from outside, as its callers use it. One program, since each is linked anew for every change.

mod allocation;
mod answers;
mod errors;
mod language;
mod limits;
#[path = "../../trace-fields/tests/packets/mod.rs"]
mod packets;
mod parity;
mod traces;
mod tshark;
