//! The timeline in a file: what `print` shows, without colours.

use super::{Export, Remark};
use crate::timeline::{Options, Timeline};
use capture_file::WriteError;
use mbuf_trace::{Certainty, Trace};
use std::io::Write;
use trace_fields::{PacketView, SnapshotLink};

/// Writes packet after packet.
#[derive(Debug)]
pub struct TextFile<W> {
    out: W,
    timeline: Timeline,
}

impl<W: Write> TextFile<W> {
    /// A timeline onto `out`, which should be buffered.
    pub fn new(out: W, snapshot_link: SnapshotLink) -> Self {
        Self { out, timeline: Timeline::new(Options { snapshot_link, ..Options::default() }) }
    }
}

impl<W: Write> Export<W> for TextFile<W> {
    fn packet(
        &mut self,
        packet: &PacketView<'_>,
        trace: Option<(&Trace<'_>, Certainty)>,
    ) -> Result<(), WriteError> {
        Ok(self.timeline.write(&mut self.out, packet, trace)?)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        self.out.flush()?;
        Ok((self.out, Vec::new()))
    }
}
