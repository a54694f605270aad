//! A capture in the forms that other programs open.
//!
//! | module | what | opens in |
//! |---|---|---|
//! | [`packets`] | the snapshots as packets, pcapng or pcap | Wireshark; the pcap in tcpdump |
//! | [`csv`] | a row an event | spreadsheets |
//! | [`folded`] | a line a stack | flame graph programs |
//! | [`speedscope`] | a profile a trace | speedscope |
//! | [`chrome`] | a slice a call | Perfetto, `chrome://tracing` |
//! | [`dot`] | functions and the steps between them | Graphviz |
//! | [`flamegraph`], [`graph`] | the same two as SVG pictures | browsers |
//!
//! Each is an [`Export`]: it takes packet after packet and is finished once. Most write as they go; those that add up
//! hold no more than [`tree::MAX_BYTES`] or [`graph::MAX_BYTES`] of names, and say what did not fit. Whatever comes from
//! a capture is escaped by the rules of the format, and never makes a control character.
//!
//! # Calls
//!
//! Enters and leaves nest (`calls`). A call that is still open at the end of a trace ends there; one that is left
//! without having been entered began before the trace did. All exports agree on that, so every opening has its
//! closing.
//!
//! # Time
//!
//! Only revision 4 tells when an event was. Where a format wants a clock and a trace has none, the place of the event
//! in its trace stands in, and the file says so.

mod calls;
pub mod chrome;
mod clock;
pub mod csv;
pub mod dot;
pub mod flamegraph;
pub mod folded;
pub mod graph;
mod graph_picture;
mod interface;
mod kinship;
mod label;
mod names;
pub mod packets;
pub mod speedscope;
mod svg;
pub mod tree;

use capture_file::WriteError;
use mbuf_trace::Trace;
use trace_fields::PacketView;

/// What an export makes of packets; `W` is where it goes.
pub trait Export<W> {
    /// Takes the next packet, and what it was read as; none where it carries no trace.
    ///
    /// # Errors
    ///
    /// When the output fails.
    fn packet(&mut self, packet: &PacketView<'_>, trace: Option<&Trace<'_>>) -> Result<(), WriteError> {
        match trace {
            Some(trace) => self.trace(packet, trace),
            None => self.no_trace(packet),
        }
    }

    /// Takes a packet that is a trace.
    ///
    /// # Errors
    ///
    /// When the output fails.
    fn trace(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError>;

    /// Takes a packet that carries no trace. Most exports show traces only.
    ///
    /// # Errors
    ///
    /// When the output fails.
    fn no_trace(&mut self, _packet: &PacketView<'_>) -> Result<(), WriteError> {
        Ok(())
    }

    /// Hands over what is written so far: the next packet may be long in coming. Exports that only gather until the
    /// end have nothing to hand over.
    ///
    /// # Errors
    ///
    /// When the output fails.
    fn flush(&mut self) -> Result<(), WriteError> {
        Ok(())
    }

    /// Writes the rest and gives back the output, with what the user should know.
    ///
    /// # Errors
    ///
    /// When the output fails.
    fn finish(self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError>;
}

/// Something to know about an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// A sentence without a full stop.
    pub text: String,
    /// Whether the export lacks something that its format could have had.
    pub is_loss: bool,
}

impl Remark {
    fn loss(text: String) -> Self {
        Self { text, is_loss: true }
    }

    fn note(text: String) -> Self {
        Self { text, is_loss: false }
    }
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
