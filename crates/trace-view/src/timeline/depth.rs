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
    /// The functions around, as many as levels are shown, and how many of them are known.
    around: [Option<Text<'a>>; DEEPEST],
    known: usize,
}

impl<'a> Depth<'a> {
    /// `backwards` is for events newest first; `deepest` bounds the levels.
    pub(super) fn new(backwards: bool, deepest: usize) -> Self {
        let (opens, closes) = if backwards { (Kind::Leave, Kind::Enter) } else { (Kind::Enter, Kind::Leave) };
        Self { opens, closes, depth: 0, deepest: deepest.min(DEEPEST), around: [None; DEEPEST], known: 0 }
    }

    /// The depth at which this event stands. A close without its opening stands at the margin.
    pub(super) fn step(&mut self, event: &Event<'a>) -> usize {
        if event.kind == self.closes {
            self.depth = self.depth.saturating_sub(1);
            self.known = self.known.min(self.depth);
        }
        let here = self.depth.min(self.deepest);
        if event.kind == self.opens {
            if self.depth == self.known
                && let Some(place) = self.around.get_mut(self.depth)
            {
                *place = event.function;
                self.known = self.known.saturating_add(1);
            }
            self.depth = self.depth.saturating_add(1);
        }
        here
    }

    /// Whether the function that the event names is the one that it is shown in.
    pub(super) fn is_within(&self, event: &Event<'_>) -> bool {
        let innermost =
            self.depth.checked_sub(1).filter(|at| *at < self.known).and_then(|at| self.around.get(at));
        innermost.is_some_and(|function| *function == event.function)
    }
}
