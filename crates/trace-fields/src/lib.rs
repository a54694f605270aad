//! The display fields of an mbuf_trace capture: which there are, and their values in a packet.
//!
//! A [`Subject`] is one captured packet with its trace; [`Subject::visit`] gives the values of one field in
//! it, oldest first. Only what is asked for is decoded. Names, types and values are Wireshark's: what
//! `tshark -T fields -e NAME` prints, [`Field::show`] prints, and the tests compare the two.
//!
//! ```
//! use mbuf_trace::Detector;
//! use std::ops::ControlFlow;
//! use trace_fields::{FieldId, PacketView, Scratch, Subject, Value};
//!
//! // Revision 3: two records, newest first.
//! let data = b"\x00\x02\x00\x0e\x00\x01if.c:9: -send\x00\x00\x0e\x00\x01if.c:7: +send\x00";
//! let trace = Detector::default().read(data, data.len()).unwrap();
//! let subject = Subject::new(PacketView::of_bytes(data)).with_trace(&trace);
//!
//! let mut lines = Vec::new();
//! let _ = subject.visit(FieldId::MbufTraceLine, &mut Scratch::default(), &mut |value| {
//!     lines.push(value.to_string());
//!     ControlFlow::Continue(())
//! });
//! assert_eq!(lines, ["7", "9"]);
//! ```
//!
//! # What is not decoded
//!
//! Where a packet is looked into, it has the values that tshark 4.0 gives it; the tests compare the two on whole, cut,
//! damaged and random packets. Not looked into, and so without values:
//!
//! - what tshark knows only from other packets: relative numbers (`tcp.seq`, `tcp.ack`), streams, scaled windows,
//!   `tcp.analysis.*`, reassembled fragments and streams. A first fragment has the header that it carries, as in tshark
//!   with `-o ip.defragment:FALSE -o ipv6.defragment:FALSE`, with which the tests run it;
//! - tunnels behind UDP ports other than those of VXLAN (4789), Geneve (6081), GRE (4754) and MPLS (6635), and L2TP;
//!   behind 802.1ah, PPPoE discovery, LLC without SNAP, IPsec's encryption and compression;
//! - options of IPv4 headers and padding or trailers of Ethernet frames.
//!
//! What has version 6 behind the EtherType of IPv4, or an IPv4 header with version 6 in a raw IP packet, is not decoded:
//! tshark shows it as IPv6, with addresses that nobody had.
//!
//! Ethernet in MPLS is told by its EtherType, and not by manufacturers' addresses as in tshark. `frame.time` is shown in
//! UTC, whatever the time zone.
//!
//! # What cannot happen
//!
//! No function of this crate panics, whatever the bytes; the lints below hold it to that. No value is
//! invented: a header that was cut gives the fields that are there whole.

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

mod absent;
mod decoded;
mod dependence;
mod distinct;
mod extent;
mod generated;
mod header;
mod headers;
mod layers;
mod numbered;
mod recycle;
mod registry;
mod scratch;
mod short;
mod snapshot_link;
mod snapshots;
mod subject;
mod summary;
mod trace_values;
mod value;
mod verbatim;
mod visitor;

pub use absent::Absent;
pub use decoded::{Decoded, Repeated};
pub use dependence::HeaderBytes;
pub use generated::FieldId;
pub use header::{Header, cut_packet_headers, packet_headers};
pub use numbered::LayerVisitor;
pub use recycle::recycle;
pub use registry::{Base, Field, FieldType, Scope};
pub use scratch::Scratch;
pub use snapshot_link::SnapshotLink;
pub use subject::{PacketView, Subject};
pub use summary::{Summary, summary};
pub use value::{Shown, Value};
pub use verbatim::Verbatim;
pub use visitor::{StepVisitor, Visitor};
