//! What events are called on charts and in comments: one line, escaped, of bounded length.

use crate::{push, role};
use mbuf_trace::{Event, Fate, Kind, Origin, Snapshot, Text, Trace};
use std::fmt::Write as _;
use trace_fields::SnapshotLink;

/// Most characters of a label; a cut is shown by an ellipsis.
pub(super) const LONGEST: usize = 200;

/// What a trace is about: its newest snapshot in a line, what it was before it was turned into its own answer, and what
/// became of the packet.
pub(super) fn packet(trace: &Trace<'_>, link: SnapshotLink) -> String {
    let has_bytes = |snapshot: &Snapshot<'_>| !snapshot.bytes.is_empty();
    let newest = trace.events_newest_first().filter_map(|event| event.snapshot()).find(has_bytes);
    let oldest = trace.events().filter_map(|event| event.snapshot()).find(has_bytes);
    let mut label = String::new();
    if let Some((oldest, newest)) = oldest.zip(newest)
        && let Some(asked) = role::turned_from(&oldest, &newest, link)
    {
        let _ = write!(label, "{asked}, turned into ");
    }
    match newest {
        Some(newest) => drop(write!(label, "{}", role::summary_of(&newest, link))),
        None => label.push_str("no snapshot"),
    }
    let fate = trace.end().fate;
    if fate != Fate::Unknown {
        let _ = write!(label, ", {}", fate.name());
    }
    if trace.is_incomplete() {
        label.push_str(", incomplete");
    }
    label
}

/// A text, escaped, and no longer than a label.
pub(super) fn bounded(text: Text<'_>) -> String {
    let mut label = Label::default();
    label.push(text);
    label.cut();
    label.text
}

/// A label in the making; its buffers are used again.
#[derive(Debug, Default)]
pub(super) struct Label {
    bytes: Vec<u8>,
    text: String,
}

impl Label {
    /// What a call or another event is called where the same ones are put together: a function without its arguments,
    /// a snapshot without its bytes.
    pub(super) fn name(&mut self, event: &Event<'_>) -> &str {
        self.text.clear();
        match (event.kind, event.function) {
            (Kind::Enter | Kind::Leave | Kind::Function, function) => self.function(function),
            (Kind::Position, _) => {
                let file = event.position.map(|position| position.file).unwrap_or_default();
                let file = file.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                self.push(Text(file));
                let line = event.position.map_or(0, |position| position.line);
                let _ = write!(self.text, ":{line}");
            }
            (Kind::Data, _) => self.text.push_str("data"),
            (Kind::Unknown, _) => {
                let _ = write!(self.text, "unknown type {:#06x}", event.record_type.unwrap_or_default());
            }
            (Kind::Start, _) => {
                let origin = event.origin.filter(|origin| *origin != Origin::UNSPECIFIED);
                match origin.map(|origin| (origin.name(), origin.0)) {
                    Some((Some(name), _)) => self.words(event, &format!("start: {name}"), " "),
                    Some((None, number)) => self.words(event, &format!("start: origin {number}"), " "),
                    None => self.words(event, "start", ": "),
                }
            }
            (Kind::Drop, _) => self.words(event, "drop", ": "),
            _ => self.words(event, "", ""),
        }
        self.cut()
    }

    /// The whole event in words: sign, arguments, size, and its position behind.
    pub(super) fn line(&mut self, event: &Event<'_>) -> &str {
        self.text.clear();
        match event.kind {
            Kind::Enter | Kind::Leave | Kind::Function => self.words(event, "", ""),
            Kind::Data => push::data(&event.snapshot.unwrap_or(Snapshot::ethernet(&[])), &mut self.text),
            Kind::Position => {}
            _ => {
                self.name(event);
            }
        }
        self.cut();
        if let Some(position) = event.position {
            let gap = if self.text.is_empty() { "" } else { "  " };
            let _ = write!(self.text, "{gap}");
            self.push(position.file);
            let _ = write!(self.text, ":{}", position.line);
        }
        self.cut()
    }

    fn function(&mut self, function: Option<Text<'_>>) {
        match function {
            Some(function) if !function.is_empty() => self.push(function),
            _ => self.text.push_str("(no function)"),
        }
    }

    /// The event's own words, behind what they are.
    fn words(&mut self, event: &Event<'_>, what: &str, gap: &str) {
        self.bytes.clear();
        event.write_text(&mut self.bytes);
        self.text.push_str(what);
        if !self.bytes.is_empty() {
            self.text.push_str(gap);
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.push(Text(&bytes));
        self.bytes = bytes;
        if self.text.is_empty() {
            self.text.push_str("\"\"");
        }
    }

    /// As much of a text as a label can use.
    fn push(&mut self, text: Text<'_>) {
        // A character has at most 4 bytes.
        let most = LONGEST.saturating_add(1).saturating_mul(4);
        let bytes = text.as_bytes();
        let _ = write!(self.text, "{}", Text(bytes.get(..most).unwrap_or(bytes)));
    }

    fn cut(&mut self) -> &str {
        if let Some((at, _)) = self.text.char_indices().nth(LONGEST) {
            self.text.truncate(at);
            self.text.push('…');
        }
        &self.text
    }
}
