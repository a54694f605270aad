//! The mbuf_trace record format: what FreeBSD's packet-path tracing writes, as events, and back.
//!
//! A packet captured on the pseudo-interface `mbuf_trace` is one *frame*: the notes that kernel code made
//! about one `struct mbuf`, from its first `mtrace_start` to its end. This crate turns the bytes of a frame
//! into [`Event`]s of one model, whatever the revision of the format, and events into bytes. It knows
//! nothing of files; `no_std` with `alloc`, and reading allocates nothing.
//!
//! ```
//! use mbuf_trace::{Detector, Kind, RecordedEvent};
//!
//! // Revision 3: two records, newest first.
//! let packet = b"\x00\x02\x00\x0e\x00\x01if.c:9: -send\x00\x00\x0e\x00\x01if.c:7: +send\x00";
//! let trace = Detector::default().read(packet, packet.len()).expect("a trace");
//! let events: Vec<_> = trace.events().map(RecordedEvent::read).collect();
//! assert_eq!(events[0].kind, Kind::Enter);
//! assert_eq!(events[0].function.unwrap().as_bytes(), b"send");
//! assert_eq!(events[1].position.unwrap().line, 9);
//! ```
//!
//! # What cannot happen
//!
//! No function of this crate panics, whatever the bytes. Every slice goes through `get` or a parser that
//! checks its length; the lints below hold the crate to it.
//!
//! # Where to find what
//!
//! | module | what |
//! |---|---|
//! | [`event`] | the model: one event, with position, function, text and snapshot taken apart |
//! | [`calls`] | which functions are handling the packet while its events go by |
//! | [`end`] | what became of the packet, where, and why |
//! | [`read`] | bytes to events: [`Detector`] gives a [`Trace`], which gives each [`RecordedEvent`] |
//! | [`mod@write`] | events to bytes: [`FrameWriter`](write::FrameWriter), [`convert`](write::convert()) between revisions |
//! | [`record`] | making traces: [`Recorder`] and the `mtrace_*!` macros |
//! | [`fault`] | what can be wrong with a frame, and where |

#![no_std]
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

extern crate alloc;

pub mod calls;
mod counted;
pub mod end;
pub mod event;
pub mod fault;
mod generated;
mod position;
pub mod read;
pub mod record;
pub mod revision;
pub mod snapshot;
mod stack;
pub mod text;
pub mod write;

pub use calls::Calls;
pub use counted::Counted;
pub use end::{End, Ends};
pub use event::{Event, EventHeader};
pub use fault::Fault;
pub use generated::{
    Errno, Fate, FaultKind, Kind, LINK_TYPE, MAX_PAYLOAD, MAX_RECORDS, Origin, SCHEMA, ether_type,
    frame_flag, layout, link_type, record_type,
};
pub use position::Position;
pub use read::{Certainty, Detector, FrameHeader, RecordedEvent, Trace};
pub use record::Recorder;
pub use revision::{ByteOrder, Encoding, Order, Revision};
pub use snapshot::{Link, Snapshot, is_ipv4_of_version_6};
pub use text::Text;
