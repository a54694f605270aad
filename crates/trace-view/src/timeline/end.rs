//! How the way of a packet ended.

use super::words::reason;
use super::{Options, names_function};
use mbuf_trace::{Kind, Trace};
use std::fmt::Write as _;

/// The end of a packet's way.
pub(super) struct End {
    /// It was dropped, and the trace says so.
    pub(super) dropped: bool,
    /// In words: `ends in ip_input, sys/netinet/ip_input.c:839`.
    pub(super) text: String,
}

/// How the packet ended: with a drop, if the trace has one, otherwise in the last function that it was seen in.
pub(super) fn of(trace: &Trace<'_>, options: &Options) -> Option<End> {
    let mut text = String::new();
    let drop = trace.events_newest_first().find(|event| event.kind == Kind::Drop);
    let (dropped, last) = match drop {
        Some(event) => (true, event),
        None => (false, trace.events_newest_first().find(names_function)?),
    };
    text.push_str(if dropped { "dropped" } else { "ends" });
    // A drop without a function was recorded within the one before it.
    let function = match last.function {
        Some(function) => Some(function),
        None => trace
            .events_newest_first()
            .skip_while(|event| event.wire_index != last.wire_index)
            .find_map(|event| event.function),
    };
    // Writing to a String cannot fail.
    if let Some(function) = function {
        let _ = write!(text, " in {function}");
    }
    if let Some(position) = last.position {
        let _ = write!(text, ", {}", options.short(position));
    }
    if dropped {
        let mut why = String::new();
        reason(&last, &mut Vec::new(), &mut why);
        if !why.is_empty() {
            let _ = write!(text, ": {why}");
        }
    }
    Some(End { dropped, text })
}
