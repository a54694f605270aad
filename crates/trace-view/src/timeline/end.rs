//! How the way of a packet ended, in words.

use super::Options;
use super::way::Way;
use crate::push;
use mbuf_trace::End;
use std::fmt::Write as _;

/// Where it ended, as far as the trace tells. Whether that is an end to be expected is not decided here.
pub(super) fn of<'a>(way: &Way<'_, 'a>) -> Option<End<'a>> {
    End::of(way.trace, way.newest_first())
        .filter(|end| end.is_drop || end.function.is_some_and(|function| !function.is_empty()))
}

/// Appends it: `ends in ip_input, sys/netinet/ip_input.c:839`.
pub(super) fn words(end: &End<'_>, options: &Options, out: &mut String) {
    out.push_str(if end.is_drop { "dropped" } else { "ends" });
    if let Some(function) = end.function {
        out.push_str(" in ");
        push::text(function, out);
    }
    if let Some(returned) = end.returned {
        out.push('(');
        push::text(returned, out);
        out.push(')');
    }
    if let Some(position) = end.position {
        out.push_str(", ");
        push::position(options.short(position), out);
    }
    if let Some(reason) = end.reason.filter(|reason| !reason.is_empty()) {
        out.push_str(": ");
        push::text(reason, out);
    }
    if let Some(errno) = end.errno {
        // Writing to a String cannot fail.
        let _ = write!(out, " (errno {errno})");
    }
}
