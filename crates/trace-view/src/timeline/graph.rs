//! A packet's calls in the layout of ftrace's function_graph tracer.
//!
//! ```text
//! # CPU  DURATION                  FUNCTION CALLS
//! # |     |   |                     |   |   |   |
//!  2)               |  ip_input(em0) {
//!  2)   4.400 us    |    pf_test(in, em0); /* = PF_PASS */
//!  2) + 28.600 us   |  }
//! ```
//!
//! Where there are no times, the column of durations is empty, and a CPU that is not known is `-`. What ftrace
//! has no word for, snapshots and free text, is a comment, as its own events are. A call that ended without a leave has no
//! duration, and its closing brace says so.

use super::context::Context;
use super::fit::cut;
use super::palette::Colour;
use super::snapshots::{Snapshots, is_worth_a_line, only_follows};
use super::way::Way;
use super::words::words;
use super::{Options, spill, steps::DEEPEST};
use crate::changes::{self, Change, Differences};
use mbuf_trace::calls::Taken;
use mbuf_trace::{Calls, Event, Kind, Snapshot, Text};
use std::fmt::Write as _;
use std::io::{self, Write};

/// What stands above the first packet, as ftrace has it above the first call.
pub(super) const HEADING: &str = "\
# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |
";

/// Columns of the duration.
const DURATION: usize = 14;

/// A function that has not returned yet.
#[derive(Debug, Clone, Copy)]
struct Open<'a> {
    function: Option<Text<'a>>,
    age: Option<u64>,
}

/// Writes the calls of a packet, oldest first.
pub(super) struct Graph<'s, 'a> {
    way: &'s Way<'s, 'a>,
    options: &'s Options,
    page: &'s mut String,
    snapshots: Snapshots<'s, 'a>,
    /// The calls whose braces are open.
    open: Vec<Open<'a>>,
    /// Whether the innermost call was shown as a leaf, and its end is not to be shown.
    in_leaf: bool,
    buffer: Vec<u8>,
    text: String,
    differences: Differences<'a>,
    comparison: changes::Scratch,
}

/// The age of an event, in nanoseconds before the capture.
fn age(event: &Event<'_>) -> Option<u64> {
    event.header.and_then(|header| header.age)
}

impl<'s, 'a> Graph<'s, 'a> {
    pub(super) fn new(way: &'s Way<'s, 'a>, options: &'s Options, page: &'s mut String) -> Self {
        Self {
            way,
            options,
            page,
            snapshots: Snapshots::new(way, options.snapshot_link),
            open: Vec::new(),
            in_leaf: false,
            buffer: Vec::new(),
            text: String::new(),
            differences: Differences::default(),
            comparison: changes::Scratch::default(),
        }
    }

    /// Writes them onto the page, and what is too much for one to the output.
    pub(super) fn write(mut self, out: &mut impl Write) -> io::Result<()> {
        let mut before: Option<Snapshot<'a>> = None;
        let mut context: Option<Context> = None;
        let mut calls = Calls::new(self.way.trace.ends());
        let taken: Vec<Taken> = self.way.oldest_first().map(|event| calls.take(event)).collect();
        let mut events = self.way.oldest_first().zip(taken).zip(1..).peekable();
        while let Some(((event, taken), step)) = events.next() {
            self.end_without_leave(event, taken);
            self.context(event, &mut context);
            match event.kind {
                Kind::Enter => match events.peek().copied() {
                    Some(((leave, Taken { closes: 1, is_own: true, .. }), _)) => {
                        self.leaf(event, Some(leave));
                        events.next();
                    }
                    Some(((_, Taken { closes: 1.., .. }), _)) if taken.opens => {
                        self.leaf(event, None);
                        self.in_leaf = true;
                    }
                    _ => self.enter(event, taken),
                },
                Kind::Leave => self.leave(event, taken),
                Kind::Function => self.leaf(event, None),
                Kind::Data => {
                    self.snapshot(event, step, before);
                    before = event.snapshot.or(before);
                }
                Kind::Position => {
                    let position = event.position.map(|position| self.options.short(position).to_string());
                    self.comment(event, &position.unwrap_or_default());
                }
                _ => {
                    let mut said = String::new();
                    words(event, &mut self.buffer, &mut said);
                    self.comment(event, &said);
                }
            }
            spill(self.page, out)?;
        }
        Ok(())
    }

    /// A comment where the packet went to another virtual network stack or thread. The CPU is in each line.
    fn context(&mut self, event: &Event<'_>, last: &mut Option<Context>) {
        let Some(now) = Context::of(event) else { return };
        let before = last.replace(now);
        let new = before.map_or_else(|| now.all(), |before| now.since(&before)).without_cpu().to_string();
        if !new.is_empty() {
            self.comment(event, &new);
        }
    }

    fn call(event: &Event<'_>) -> String {
        let (function, args) = (event.function.unwrap_or_default(), event.args.unwrap_or_default());
        format!("{function}({args})")
    }

    fn enter(&mut self, event: &Event<'a>, taken: Taken) {
        self.line(event, None, &format!("{} {{", Self::call(event)));
        if taken.opens {
            self.open.push(Open { function: event.function, age: age(event) });
        }
    }

    /// A call that nothing was recorded in.
    fn leaf(&mut self, event: &Event<'a>, leave: Option<&Event<'a>>) {
        let spent = leave.and_then(|leave| age(event)?.checked_sub(age(leave)?));
        let mut text = format!("{};", Self::call(event));
        if let Some(result) = leave.and_then(|leave| leave.args) {
            let _ = write!(text, " /* = {} */", harmless(&result.to_string()));
        }
        self.line(event, spent, &text);
    }

    /// Closes the calls that this event shows to have ended, without a duration: when they did is not known.
    fn end_without_leave(&mut self, event: &Event<'_>, taken: Taken) {
        let shown = taken.closes.saturating_sub(usize::from(taken.is_own));
        let shown = shown.saturating_sub(usize::from(std::mem::take(&mut self.in_leaf)));
        for _ in 0..shown {
            let function = self.open.pop().and_then(|open| open.function).unwrap_or_default();
            self.line(
                event,
                None,
                &format!("}} /* {}, leave not recorded */", harmless(&function.to_string())),
            );
        }
    }

    /// The end of a call by its leave. ftrace names the function where its beginning is not known.
    fn leave(&mut self, event: &Event<'a>, taken: Taken) {
        let open = if taken.is_own { self.open.pop() } else { None };
        let spent = open.and_then(|open| open.age?.checked_sub(age(event)?));
        let mut remark = String::new();
        if open.is_none() {
            let _ = write!(remark, " {}", event.function.unwrap_or_default());
        }
        if let Some(result) = event.args {
            let _ = write!(remark, " = {result}");
        }
        let text = match remark.is_empty() {
            true => "}".to_owned(),
            false => format!("}} /*{} */", harmless(&remark)),
        };
        self.line(event, spent, &text);
    }

    fn snapshot(&mut self, event: &Event<'a>, step: usize, before: Option<Snapshot<'a>>) {
        let mut said = String::new();
        let earlier = event.snapshot.and_then(|now| self.snapshots.earlier(step, &now));
        match (earlier, event.snapshot) {
            (Some(step), _) => {
                let _ = write!(said, "data, as in step {step}");
            }
            (None, snapshot) => {
                words(event, &mut self.buffer, &mut said);
                if let Some(snapshot) = snapshot.filter(|_| before.is_none()) {
                    let _ = write!(said, ": {}", self.snapshots.summary(&snapshot));
                }
            }
        }
        self.comment(event, &said);
        let Some((before, now)) = before.zip(event.snapshot) else { return };
        let Self { snapshots, differences, comparison, .. } = self;
        snapshots.since(&before, &now, differences, comparison);
        let colours = &self.options.palette;
        let changes = std::mem::take(&mut self.differences.changes);
        for change in changes.iter().filter(|change| is_worth_a_line(change)) {
            let is_wrong = matches!(change, Change::Field(field) if field.wrong);
            let colour = if is_wrong { colours.fault } else { colours.reset };
            self.remark(event, &change.to_string(), colour);
        }
        for change in changes.iter().filter(|change| only_follows(change)) {
            self.remark(event, &change.to_string(), colours.dim);
        }
        self.differences.changes = changes;
    }

    fn comment(&mut self, event: &Event<'_>, text: &str) {
        self.remark(event, text, self.options.palette.of(Kind::String));
    }

    fn remark(&mut self, event: &Event<'_>, text: &str, colour: Colour) {
        self.coloured(event, None, &format!("/* {} */", harmless(text)), colour);
    }

    fn line(&mut self, event: &Event<'_>, spent: Option<u64>, text: &str) {
        self.coloured(event, spent, text, self.options.palette.of(event.kind));
    }

    fn coloured(&mut self, event: &Event<'_>, spent: Option<u64>, text: &str, colour: Colour) {
        let line = &mut self.text;
        line.clear();
        let _ = match event.header.and_then(|header| header.cpu) {
            Some(cpu) => write!(line, "{cpu:>2}) "),
            None => line.write_str(" -) "),
        };
        let duration = spent.map(duration).unwrap_or_default();
        let indent = self.open.len().min(DEEPEST).saturating_mul(2);
        let _ = write!(line, "{duration:DURATION$}|  {:indent$}{text}", "");
        colour.push(self.page);
        self.page.push_str(&cut(line, self.options.width()));
        self.options.palette.reset.push(self.page);
        self.page.push('\n');
    }
}

/// What would end the comment that it is in.
fn harmless(text: &str) -> String {
    text.replace("*/", "* /")
}

/// A duration in microseconds with three decimals, with a mark where it is long; seven digits at the most.
fn duration(nanos: u64) -> String {
    let mark = match nanos {
        1_000_000_001.. => '$',
        100_000_001.. => '@',
        10_000_001.. => '*',
        1_000_001.. => '#',
        100_001.. => '!',
        10_001.. => '+',
        _ => ' ',
    };
    let (whole, rest) = ((nanos / 1_000).to_string(), format!("{:03}", nanos % 1_000));
    let decimals = 7_usize.saturating_sub(whole.len()).min(3);
    let number = match rest.get(..decimals).filter(|rest| !rest.is_empty()) {
        Some(rest) => format!("{whole}.{rest}"),
        None => whole,
    };
    format!("{mark} {number} us")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `trace_print_graph_duration` in the kernel's `trace_functions_graph.c` prints them.
    #[test]
    fn durations() {
        for (nanos, expected) in [
            (0, "  0.000 us"),
            (382, "  0.382 us"),
            (10_000, "  10.000 us"),
            (10_001, "+ 10.001 us"),
            (109_880, "! 109.880 us"),
            (1_149_004, "# 1149.004 us"),
            (17_000_050, "* 17000.05 us"),
            (224_000_999, "@ 224000.9 us"),
            (1_000_000_001, "$ 1000000 us"),
            (u64::MAX, "$ 18446744073709551 us"),
        ] {
            assert_eq!(duration(nanos), expected);
            assert!(duration(nanos).len() <= DURATION || nanos == u64::MAX);
        }
    }

    #[test]
    fn a_comment_cannot_be_left() {
        assert_eq!(harmless("a */ b"), "a * / b");
    }
}
