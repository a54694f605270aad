//! What became of a packet, in words.

use super::Options;
use super::time::Nanos;
use crate::push;
use mbuf_trace::{End, Fate, Trace};
use std::fmt::Write as _;

/// Nanoseconds between the newest event and the end that are worth a word: less passes between any two events.
const WORTH_A_WORD: u64 = 100_000;

/// Appends it: `transmitted in ether_output_frame, sys/net/if_ethersubr.c:477`. Appends nothing where there is nothing to
/// say.
pub(super) fn words(end: &End<'_>, options: &Options, out: &mut String) {
    let function = end.function.filter(|function| !function.is_empty());
    let between = match (end.fate, end.is_known(), end.is_recorded) {
        (Fate::Unknown, false, _) => "end not recorded; last seen in ",
        (Fate::Unknown, true, _) => "last seen in ",
        (fate, ..) => {
            out.push_str(fate.name());
            " in "
        }
    };
    match function {
        Some(function) => {
            out.push_str(between);
            push::text(function, out);
        }
        None if end.fate == Fate::Unknown => {
            out.push_str(if end.is_known() { "" } else { "end not recorded" });
            return;
        }
        None => {}
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
        let _ = write!(out, " ({})", push::ErrorName(errno));
    }
    if end.fate == Fate::Dropped && !end.is_recorded {
        out.push_str(": inferred, no drop was recorded");
    }
    if let Some(after) = end.freed_after.filter(|after| *after >= WORTH_A_WORD) {
        out.push_str(", freed ");
        Nanos(i128::from(after)).push(out);
        out.push_str(" later");
    }
}

/// The same of a trace, and what the trace lacks, for where it is a line of its own.
pub(crate) fn of_trace(trace: &Trace<'_>) -> String {
    let mut out = String::new();
    words(&trace.end(), &Options::default(), &mut out);
    let mut missing = String::new();
    lacks(trace, &mut missing);
    if !missing.is_empty() {
        out.push_str(if out.is_empty() { "" } else { "; " });
        out.push_str(&missing);
    }
    out
}

/// Appends what the trace lacks: `5 events lost`. Appends nothing where it is complete.
pub(super) fn lacks(trace: &Trace<'_>, out: &mut String) {
    if trace.lost() > 0 {
        push::counted(usize::try_from(trace.lost()).unwrap_or(usize::MAX), "event", out);
        out.push_str(" lost");
    } else if trace.is_cut() {
        out.push_str("cut by the capture");
    } else if trace.is_incomplete() {
        out.push_str("incomplete");
    }
}
