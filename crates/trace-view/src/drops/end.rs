//! Where one trace ends.

use super::normal::{Fate, NormalEnds};
use mbuf_trace::{Event, Kind, Order, Position, RecordedEvent, Revision, Text, Trace};

/// The end of a trace.
///
/// - Where there is a drop, the newest one is it: an event of revision 4, or the text `drop: …` that older
///   revisions have for it.
/// - Otherwise, where functions return one after another up to the newest event, the innermost of them is it:
///   that its callers return as well says nothing of where the packet ended.
/// - Otherwise it is the newest event that has a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct End<'a> {
    pub(crate) function: Option<Text<'a>>,
    /// What the function returned, where that is its end.
    pub(crate) returned: Option<Text<'a>>,
    pub(crate) position: Option<Position<'a>>,
    /// Why the packet was dropped.
    pub(crate) reason: Option<Text<'a>>,
    pub(crate) errno: Option<u16>,
}

/// What older revisions write where revision 4 has an event.
const DROP: &[u8] = b"drop: ";

impl<'a> End<'a> {
    /// The end of this trace, and what became of the packet.
    pub(crate) fn of(trace: &Trace<'a>, normal: &NormalEnds) -> (Self, Fate) {
        match trace.order() {
            Order::NewestFirst => Self::of_events(trace.revision(), trace.events_in_wire_order(), normal),
            Order::OldestFirst => Self::of_events(trace.revision(), trace.events_newest_first(), normal),
        }
    }

    fn of_events(
        revision: Revision,
        events: impl Iterator<Item = RecordedEvent<'a>>,
        normal: &NormalEnds,
    ) -> (Self, Fate) {
        let mut search = Search::default();
        let mut dropped: Option<Self> = None;
        for event in events {
            let event = event.read();
            if let Some(drop) = &mut dropped {
                // Older revisions say in which function only by the call before.
                drop.function = drop.function.or(event.function);
                if drop.function.is_some() {
                    break;
                }
            } else if let Some(mut drop) = drop_of(revision, &event) {
                drop.function = event.function;
                dropped = Some(drop);
                if event.function.is_some() {
                    break;
                }
            } else {
                search.step(&event);
            }
        }
        match dropped {
            Some(drop) => (drop, Fate::Dropped),
            None => (
                search.end.unwrap_or(Self { position: search.position, ..Self::default() }),
                search.fate(normal),
            ),
        }
    }
}

/// Looks for the end where there is no drop, from the newest event on.
#[derive(Debug, Default)]
struct Search<'a> {
    end: Option<End<'a>>,
    /// Whether the end is that a function returned.
    is_return: bool,
    /// Whether an older return may still be further inside.
    settled: bool,
    /// The newest position, until there is a function that it belongs to.
    position: Option<Position<'a>>,
    /// Functions that returned after the end did, the outermost few.
    callers: [Option<Text<'a>>; 16],
    /// The function that noted something last before the innermost returned.
    noted: Option<Text<'a>>,
}

impl<'a> Search<'a> {
    fn step(&mut self, event: &Event<'a>) {
        if self.settled {
            return;
        }
        let is_return = event.kind == Kind::Leave;
        match (event.function, self.end) {
            (None, None) => self.position = self.position.or(event.position),
            // What is noted between two returns was done by the outer function, so that one is the end.
            (None, Some(_)) => self.settled = !matches!(event.kind, Kind::Data | Kind::Unknown),
            (Some(function), None) => {
                let position = self.position.or(event.position);
                self.take(function, event, position);
                self.settled = !is_return;
            }
            (Some(_), Some(_)) if event.kind == Kind::Data => {}
            (Some(function), Some(end)) if is_return => {
                if let Some(place) = self.callers.iter_mut().find(|place| place.is_none()) {
                    *place = end.function;
                }
                self.take(function, event, event.position);
            }
            (Some(function), Some(_)) => {
                self.noted = Some(function);
                self.settled = true;
            }
        }
    }

    fn take(&mut self, function: Text<'a>, event: &Event<'a>, position: Option<Position<'a>>) {
        self.is_return = event.kind == Kind::Leave;
        let returned = event.args.filter(|_| self.is_return);
        self.end = Some(End { function: Some(function), returned, position, ..End::default() });
    }

    /// What became of the packet: what is known of the end, else of what was noted in it, else of its callers.
    fn fate(&self, normal: &NormalEnds) -> Fate {
        let Some(end) = self.end.and_then(|end| end.function) else { return Fate::Dropped };
        let inside = self.noted.into_iter().chain(self.callers.into_iter().flatten());
        normal
            .fate(end.as_bytes(), self.is_return)
            .or_else(|| inside.into_iter().find_map(|function| normal.fate(function.as_bytes(), false)))
            .unwrap_or(Fate::Dropped)
    }
}

/// The drop that an event says.
fn drop_of<'a>(revision: Revision, event: &Event<'a>) -> Option<End<'a>> {
    let reason = match event.kind {
        Kind::Drop => event.text,
        // Revision 4 has an event for it, so there it is only a text.
        Kind::String | Kind::Static | Kind::Dynamic if revision != Revision::Four => {
            Some(Text(event.text?.as_bytes().strip_prefix(DROP)?))
        }
        _ => return None,
    };
    Some(End { position: event.position, reason, errno: event.errno, ..End::default() })
}
