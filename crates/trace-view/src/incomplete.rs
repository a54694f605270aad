//! How many of the counted traces lack events: every report that concludes something from traces says so.

use crate::counted::{Counted, PartOf};
use mbuf_trace::Trace;

/// Counts incomplete traces. In JSON, `incomplete` of them and their `lost_events`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Incomplete {
    /// Traces that lack events for any reason.
    #[serde(rename = "incomplete")]
    pub traces: u64,
    /// Events that kernels could not record, in all.
    #[serde(rename = "lost_events")]
    pub lost: u64,
    /// Traces that the capture cut.
    #[serde(skip)]
    pub cut: u64,
    /// Traces that were looked at; what the others are of.
    #[serde(skip)]
    pub of: u64,
}

impl Incomplete {
    /// Looks at a trace.
    pub fn add(&mut self, trace: &Trace<'_>) {
        self.of = self.of.saturating_add(1);
        self.traces = self.traces.saturating_add(u64::from(trace.is_incomplete()));
        self.lost = self.lost.saturating_add(u64::from(trace.lost()));
        self.cut = self.cut.saturating_add(u64::from(trace.is_cut()));
    }

    /// Adds what was counted of other traces.
    pub fn merge(&mut self, more: &Self) {
        self.traces = self.traces.saturating_add(more.traces);
        self.lost = self.lost.saturating_add(more.lost);
        self.cut = self.cut.saturating_add(more.cut);
        self.of = self.of.saturating_add(more.of);
    }

    /// How many traces are incomplete, and why: `2 of 50 traces are incomplete: 7 events lost, 1 trace cut by the capture`.
    /// None where every trace is complete.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        if self.traces == 0 {
            return None;
        }
        let are = PartOf(self.traces, self.of, "trace", ["is", "are"]);
        let mut words = format!("{are} incomplete");
        let mut between = ": ";
        if self.lost > 0 {
            words.push_str(&format!("{between}{} lost", Counted(self.lost, "event")));
            between = ", ";
        }
        if self.cut > 0 {
            words.push_str(&format!("{between}{} cut by the capture", Counted(self.cut, "trace")));
        }
        Some(words)
    }
}
