//! One JSON object a packet, without loss, and the way back to the capture.
//!
//! [`Writer`] turns the items of a capture into lines, [`Capture`] turns lines into the bytes of the capture
//! that they came from, so that every command can read NDJSON as any other capture.
//!
//! What events say is not said twice: a packet whose bytes follow from its events carries no bytes of its
//! own, a pcap record whose header follows from time and lengths no header. What does not follow is given in
//! hexadecimal. The JSON Schema stands beside the format specification.

mod frame;
mod line;
mod model;
mod read;
mod write;

/// Most bytes of a line that is read: the object of the largest packet that libpcap captures (262,144 bytes) has
/// several times room in it.
pub const MAX_LINE: usize = 8 << 20;

/// Most bytes of a capture that a line makes, packet and blocks together.
pub const MAX_BYTES: usize = 2 << 20;

pub use read::{Capture, is_recognised};
pub use write::{Lines, Writer};

#[cfg(test)]
mod tests;
