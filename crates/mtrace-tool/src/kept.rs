//! What is said where a picture or a report is empty.

use crate::pipeline::FileReport;
use trace_view::Counted;

/// How many packets there were, of all files.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Before the filters.
    read: u64,
    /// After them.
    packets: u64,
    traces: u64,
}

impl Kept {
    /// Adds those of a file.
    pub(crate) fn add(&mut self, file: &FileReport) {
        self.read = self.read.saturating_add(file.read.packets);
        self.packets = self.packets.saturating_add(file.selected.packets);
        self.traces = self.traces.saturating_add(file.selected.traces);
    }

    /// Adds what was read of a file of which the sink kept so many packets itself.
    pub(crate) fn add_kept(&mut self, file: &FileReport, packets: u64) {
        self.read = self.read.saturating_add(file.read.packets);
        self.packets = self.packets.saturating_add(packets);
    }

    /// Why no packet was kept; none where one was.
    pub(crate) fn why_no_packet(&self) -> Option<String> {
        match self {
            Self { packets: 1.., .. } => None,
            Self { read: 0, .. } => Some("no packet was read".to_owned()),
            Self { read, .. } => Some(format!("the filter kept none of {}", Counted(*read, "packet"))),
        }
    }

    /// Why no trace was kept; none where one was.
    pub(crate) fn why_no_trace(&self) -> Option<String> {
        let no_trace = || match self.packets {
            1 => "the one packet kept is no trace".to_owned(),
            packets => format!("none of the {packets} packets kept is a trace"),
        };
        self.why_no_packet().or_else(|| (self.traces == 0).then(no_trace))
    }
}
