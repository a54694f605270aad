//! The steps of a path: what of a trace makes it one path and not another.

use crate::tally::{Items, Look, push};
use mbuf_trace::{Event, Kind, Order, Text, Trace};
use std::fmt::{self, Display};
use std::ops::Range;

/// What counts as a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Steps {
    /// The functions that handled the packet, as `mbuf_trace.path` lists them.
    #[default]
    Functions,
    /// Every event that says where it was recorded or what was done, with its source position. Arguments and
    /// text that was made while the packet was handled are left out, as they tell packets apart, not paths.
    Events,
    /// The same, with the source file but without the line, which changes with every build.
    EventsWithoutLines,
}

/// Makes the part of a key that says which path a packet took. Its buffers are used again.
#[derive(Debug, Default)]
pub(crate) struct PathWriter {
    /// Steps as the records lie, which is backwards as a rule.
    wire: Vec<u8>,
    parts: Vec<Range<usize>>,
    text: Vec<u8>,
}

impl PathWriter {
    /// Appends the steps of a trace, oldest first.
    pub(crate) fn write(&mut self, steps: Steps, trace: &Trace<'_>, key: &mut Vec<u8>) {
        self.wire.clear();
        self.parts.clear();
        // Walking the records as they lie costs half of walking them backwards.
        for event in trace.events_in_wire_order() {
            let event = event.read();
            let start = self.wire.len();
            match steps {
                Steps::Functions => {
                    let Some(function) = event.on_path() else { continue };
                    push(&mut self.wire, Some(function.as_bytes()));
                }
                Steps::Events | Steps::EventsWithoutLines => {
                    if !self.push_event(&event, steps == Steps::Events) {
                        continue;
                    }
                }
            }
            self.parts.push(start..self.wire.len());
        }
        let mut copy = |part: &Range<usize>| {
            key.extend_from_slice(self.wire.get(part.clone()).unwrap_or_default());
        };
        match trace.order() {
            Order::NewestFirst => self.parts.iter().rev().for_each(&mut copy),
            Order::OldestFirst => self.parts.iter().for_each(&mut copy),
        }
    }

    /// Appends an event as three items: words, file, line. Gives false where it is no step.
    fn push_event(&mut self, event: &Event<'_>, lines: bool) -> bool {
        if event.position.is_none() && matches!(event.kind, Kind::Data | Kind::Unknown) {
            return false;
        }
        self.text.clear();
        write_words(event, &mut self.text);
        push(&mut self.wire, Some(&self.text));
        push(&mut self.wire, event.position.map(|position| position.file.as_bytes()));
        let line = event.position.filter(|_| lines).map(|position| position.line.to_le_bytes());
        push(&mut self.wire, line.as_ref().map(<[u8; 4]>::as_slice));
        true
    }
}

/// What an event does, without what is different from packet to packet.
pub(crate) fn write_words(event: &Event<'_>, out: &mut Vec<u8>) {
    let sign: &[u8] = match event.kind {
        Kind::Enter => b"+",
        Kind::Leave => b"-",
        _ => b"",
    };
    match event.kind {
        Kind::Enter | Kind::Leave | Kind::Function => {
            out.extend_from_slice(sign);
            out.extend_from_slice(event.function.unwrap_or_default().as_bytes());
        }
        // The kernel's own words, and a string whose words are all there is.
        Kind::Static => out.extend_from_slice(event.text.unwrap_or_default().as_bytes()),
        Kind::String if event.position.is_none() => {
            out.extend_from_slice(event.text.unwrap_or_default().as_bytes());
        }
        Kind::Position => {}
        kind => {
            out.push(b'(');
            out.extend_from_slice(kind.name().as_bytes());
            out.push(b')');
        }
    }
}

/// A path: its steps, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path<'a> {
    key: &'a [u8],
}

impl<'a> Path<'a> {
    /// The path that this part of a key says.
    pub(crate) const fn new(key: &'a [u8]) -> Self {
        Self { key }
    }

    /// The bytes of the key.
    pub(crate) const fn key(&self) -> &'a [u8] {
        self.key
    }

    /// All its steps.
    pub(crate) const fn steps(&self, kind: Steps) -> StepIter<'a> {
        StepIter { items: Items::new(self.key), kind }
    }

    /// The path between two bytes of the key.
    pub(crate) fn part(&self, start: usize, end: usize) -> Self {
        Self { key: self.key.get(start..end).unwrap_or_default() }
    }

    /// Bytes of the key that are steps common to both paths.
    pub(crate) fn common(&self, other: &Self, kind: Steps) -> usize {
        let (mut here, mut there) = (self.steps(kind), other.steps(kind));
        let mut common = 0;
        while let (Some(step), Some(same)) = (here.next(), there.next()) {
            if step != same {
                break;
            }
            common = self.key.len().saturating_sub(here.items.rest().len());
        }
        common
    }
}

/// The steps of a path.
#[derive(Debug, Clone)]
pub(crate) struct StepIter<'a> {
    items: Items<'a>,
    kind: Steps,
}

impl<'a> Iterator for StepIter<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        let words = Text(self.items.next()?.unwrap_or_default());
        if self.kind == Steps::Functions {
            return Some(Step { words, file: None, line: None });
        }
        let file = self.items.next()?.map(Text);
        let line = self.items.next()?.and_then(|line| line.try_into().ok()).map(u32::from_le_bytes);
        Some(Step { words, file, line })
    }
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step<'a> {
    /// A function, with `+` or `-` where steps are events; or words of the kernel.
    pub(crate) words: Text<'a>,
    pub(crate) file: Option<Text<'a>>,
    pub(crate) line: Option<u32>,
}

impl<'a> Step<'a> {
    /// As people see it, on one line: `+ip_input (sys/netinet/ip_input.c:456)`.
    pub(crate) fn show(self, look: &'a Look) -> impl Display + 'a {
        ShownStep { step: self, look }
    }
}

struct ShownStep<'a> {
    step: Step<'a>,
    look: &'a Look,
}

impl Display for ShownStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step { words, file, line } = self.step;
        let Some(file) = file else { return words.fmt(f) };
        let file = self.look.short(file);
        match (words.is_empty(), line) {
            (true, Some(line)) => write!(f, "{file}:{line}"),
            (true, None) => file.fmt(f),
            (false, Some(line)) => write!(f, "{words} ({file}:{line})"),
            (false, None) => write!(f, "{words} ({file})"),
        }
    }
}
