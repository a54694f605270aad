//! What was met while a file was read.

use super::sink::Seen;
use capture_file::{LinkType, ReadError, Timestamp};
use trace_view::Incomplete;

/// What was met in one file.
#[derive(Debug, Default)]
pub(crate) struct FileReport {
    /// The packets that the sink was given.
    pub(crate) selected: Counts,
    /// All packets in range, whether a filter kept them or not: damage may be why it did not.
    pub(crate) read: Counts,
    /// How many of them are of the families that are asked for.
    pub(super) members: u64,
    /// Packets read on the trace's link type, in range or not.
    pub(super) on_link: u64,
    /// The link type of the first packet on another one.
    pub(super) other_link: Option<LinkType>,
    /// What ended the file early.
    pub(crate) damage: Option<ReadError>,
    /// How often the reading went on behind damage.
    pub(crate) gaps: u64,
    /// Whether names of interfaces were left out: fields and filters do not see them.
    pub(super) names_left_out: bool,
    /// Whether a capture was appended that is not like the one before it.
    pub(super) has_other_capture: bool,
    /// Whether a signal ended the reading of a file that goes on.
    pub(super) is_interrupted: bool,
    /// Bytes that are part of nothing that was read: those of the gaps, and behind what ended the file.
    pub(crate) skipped: u64,
}

impl FileReport {
    /// Whether nothing of the file was missed.
    pub(crate) const fn is_complete(&self) -> bool {
        self.damage.is_none() && self.gaps == 0 && !self.names_left_out && !self.is_interrupted
    }
}

/// How many packets there were.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Of any kind.
    pub(crate) packets: u64,
    /// Those that are traces.
    pub(crate) traces: u64,
    /// Those that are malformed, or no traces at all.
    pub(crate) malformed: u64,
    /// Those that are nothing like traces.
    pub(super) not_traces: u64,
    /// How many traces lack events, and how many of these the capture cut.
    pub(crate) incomplete: Incomplete,
}

impl Counts {
    pub(super) fn add(&mut self, seen: &Seen<'_>) {
        let more = |count: &mut u64, by: bool| *count = count.saturating_add(u64::from(by));
        more(&mut self.packets, true);
        match seen {
            Seen::Trace(trace) => {
                more(&mut self.traces, true);
                more(&mut self.malformed, trace.is_malformed());
                self.incomplete.add(trace);
            }
            Seen::NoTrace(_) => {
                more(&mut self.malformed, true);
                more(&mut self.not_traces, true);
            }
            Seen::OtherLink => {}
        }
    }
}

/// Packets of all files, for where none of them was in the range.
#[derive(Debug, Default)]
pub(super) struct Met {
    pub(super) in_range: u64,
    /// Of the file that has most.
    pub(super) packets: u64,
    pub(super) times: Option<(Timestamp, Timestamp)>,
}

impl Met {
    pub(super) fn add(&mut self, times: Option<(Timestamp, Timestamp)>) {
        self.times = match (self.times, times) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (known, other) => known.or(other),
        };
    }
}
