//! How the way of a packet ended.

use super::Options;
use mbuf_trace::{Event, Kind, Position, Text, Trace};
use std::fmt::Write as _;

/// The end of a packet's way. Whether it is one that is to be expected is not decided here.
pub(super) struct End<'a> {
    /// It was dropped, and the trace says so.
    pub(super) dropped: bool,
    /// The last function that the packet was seen in.
    pub(super) function: Option<Text<'a>>,
    /// Where in the source that was recorded.
    pub(super) position: Option<Position<'a>>,
    /// Why it was dropped.
    pub(super) reason: Option<Text<'a>>,
    /// The error number that goes with it.
    pub(super) errno: Option<u16>,
}

/// How the packet ended: with a drop, if the trace has one, otherwise in the last function that it was seen in.
pub(super) fn of<'a>(trace: &Trace<'a>) -> Option<End<'a>> {
    let newest = |wanted: &dyn Fn(&Event<'a>) -> bool| trace.events_newest_first().find(wanted);
    if let Some(drop) = newest(&|event| event.kind == Kind::Drop) {
        // A drop without a function was recorded in the one before it.
        let around = trace.events_newest_first().skip_while(|event| event.wire_index != drop.wire_index);
        return Some(End {
            dropped: true,
            function: around.map(|event| event.function).find(Option::is_some).flatten(),
            position: drop.position,
            reason: drop.text.filter(|text| !text.is_empty()),
            errno: drop.errno,
        });
    }
    let last = newest(&|event| event.function.is_some_and(|function| !function.is_empty()))?;
    let position = last.position;
    Some(End { dropped: false, function: last.function, position, reason: None, errno: None })
}

impl End<'_> {
    /// In words: `ends in ip_input, sys/netinet/ip_input.c:839`.
    pub(super) fn words(&self, options: &Options) -> String {
        let mut text = if self.dropped { "dropped" } else { "ends" }.to_owned();
        // Writing to a String cannot fail.
        if let Some(function) = self.function {
            let _ = write!(text, " in {function}");
        }
        if let Some(position) = self.position {
            let _ = write!(text, ", {}", options.short(position));
        }
        if let Some(reason) = self.reason {
            let _ = write!(text, ": {reason}");
        }
        if let Some(errno) = self.errno {
            let _ = write!(text, " (errno {errno})");
        }
        text
    }
}
