//! How deep in functions an event is.

use mbuf_trace::{Event, Kind, Text};

/// Levels of indentation that are shown; deeper ones look like the last.
pub(super) const DEEPEST: usize = 32;

/// How deep in functions the next event is.
#[derive(Debug)]
pub(super) struct Depth<'a> {
    opens: Kind,
    closes: Kind,
    depth: usize,
    deepest: usize,
    /// The functions around, as many as levels are shown.
    around: Vec<Option<Text<'a>>>,
}

impl<'a> Depth<'a> {
    /// `backwards` is for events newest first; `deepest` bounds the levels.
    pub(super) fn new(backwards: bool, deepest: usize) -> Self {
        let (opens, closes) = if backwards { (Kind::Leave, Kind::Enter) } else { (Kind::Enter, Kind::Leave) };
        Self { opens, closes, depth: 0, deepest: deepest.min(DEEPEST), around: Vec::new() }
    }

    /// The depth at which this event stands. A close without its opening stands at the margin.
    pub(super) fn step(&mut self, event: &Event<'a>) -> usize {
        if event.kind == self.closes {
            self.depth = self.depth.saturating_sub(1);
            self.around.truncate(self.depth);
        }
        let here = self.depth.min(self.deepest);
        if event.kind == self.opens {
            if self.depth == self.around.len() && self.depth < DEEPEST {
                self.around.push(event.function);
            }
            self.depth = self.depth.saturating_add(1);
        }
        here
    }

    /// Whether the function that the event names is the one that it is shown in.
    pub(super) fn is_within(&self, event: &Event<'_>) -> bool {
        let innermost = self.depth.checked_sub(1).and_then(|at| self.around.get(at));
        innermost.is_some_and(|function| *function == event.function)
    }
}
