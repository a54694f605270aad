//! How the way of a packet ended.

use super::Options;
use super::way::Way;
use crate::push;
use mbuf_trace::{Kind, Position, Text};
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
pub(super) fn of<'a>(way: &Way<'_, 'a>) -> Option<End<'a>> {
    if let Some(drop) = way.newest_first().find(|event| event.kind == Kind::Drop) {
        // A drop without a function was recorded in the one before it.
        let around = way.newest_first().skip_while(|event| event.wire_index != drop.wire_index);
        return Some(End {
            dropped: true,
            function: around.map(|event| event.function).find(Option::is_some).flatten(),
            position: drop.position,
            reason: drop.text.filter(|text| !text.is_empty()),
            errno: drop.errno,
        });
    }
    let last =
        way.newest_first().find(|event| event.function.is_some_and(|function| !function.is_empty()))?;
    let position = last.position;
    Some(End { dropped: false, function: last.function, position, reason: None, errno: None })
}

impl End<'_> {
    /// Appends it in words: `ends in ip_input, sys/netinet/ip_input.c:839`.
    pub(super) fn words(&self, options: &Options, out: &mut String) {
        out.push_str(if self.dropped { "dropped" } else { "ends" });
        if let Some(function) = self.function {
            out.push_str(" in ");
            push::text(function, out);
        }
        if let Some(position) = self.position {
            out.push_str(", ");
            push::position(options.short(position), out);
        }
        if let Some(reason) = self.reason {
            out.push_str(": ");
            push::text(reason, out);
        }
        if let Some(errno) = self.errno {
            // Writing to a String cannot fail.
            let _ = write!(out, " (errno {errno})");
        }
    }
}
