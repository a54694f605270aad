//! Where one trace ends, and which ends are normal.

pub(crate) mod drop;
mod normal;

pub use normal::{Fate, NormalEnds, NormalEndsError};

use mbuf_trace::{Event, Kind, Order, Position, Revision, Text, Trace};

/// The end of a trace.
///
/// - Where there is a drop, the newest one is it: an event of revision 4, or the text `drop: …` that older
///   revisions have for it.
/// - Otherwise, where functions return one after another up to the newest event, the innermost of them is it:
///   that its callers return as well says nothing of where the packet ended.
/// - Otherwise it is the newest event that has a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct End<'a> {
    /// Whether the trace says that the packet was dropped.
    pub(crate) is_drop: bool,
    pub(crate) function: Option<Text<'a>>,
    /// What the function returned, where that is its end.
    pub(crate) returned: Option<Text<'a>>,
    pub(crate) position: Option<Position<'a>>,
    /// Why the packet was dropped.
    pub(crate) reason: Option<Text<'a>>,
    pub(crate) errno: Option<u16>,
    /// Whether the end is that the function returned.
    is_return: bool,
    /// The function that noted something last before the innermost returned.
    noted: Option<Text<'a>>,
    /// Functions that returned after this one did, the outermost few.
    callers: [Option<Text<'a>>; 16],
}

impl<'a> End<'a> {
    /// The end of a trace with these events, newest first. There is none where the capture cut it off.
    pub(crate) fn of(trace: &Trace<'a>, newest_first: impl Iterator<Item = Event<'a>>) -> Option<Self> {
        if trace.is_cut() && trace.order() == Order::OldestFirst {
            return None;
        }
        let mut search = Search::default();
        let mut dropped: Option<Self> = None;
        for event in newest_first {
            if let Some(drop) = &mut dropped {
                // Older revisions say in which function only by the call before.
                drop.function = drop.function.or(event.function);
            } else if let Some(drop) = drop_of(trace.revision(), &event) {
                dropped = Some(drop);
            } else {
                search.step(&event);
            }
            if dropped.as_ref().is_some_and(|drop| drop.function.is_some()) {
                break;
            }
        }
        Some(dropped.unwrap_or(search.end))
    }

    /// This event is the end, as far as is known.
    fn take(&mut self, event: &Event<'a>) {
        self.function = event.function;
        self.is_return = event.kind == Kind::Leave;
        self.returned = event.args.filter(|_| self.is_return);
    }

    /// What became of the packet: by its end, else by what was noted in it, else by its callers.
    pub(crate) fn fate(&self, normal: &NormalEnds) -> Fate {
        if self.is_drop {
            return Fate::Dropped;
        }
        let end = self.function.and_then(|function| normal.fate(function.as_bytes(), self.is_return));
        let inside = self.noted.into_iter().chain(self.callers.into_iter().flatten());
        end.or_else(|| inside.into_iter().find_map(|function| normal.fate(function.as_bytes(), false)))
            .unwrap_or(Fate::Unknown)
    }
}

/// Looks for the end where there is no drop, from the newest event on.
#[derive(Debug, Default)]
struct Search<'a> {
    /// Without a function until there is one; its position is then the newest one.
    end: End<'a>,
    /// Whether no older event can change it.
    is_settled: bool,
}

impl<'a> Search<'a> {
    fn step(&mut self, event: &Event<'a>) {
        if self.is_settled {
            return;
        }
        let Self { end, is_settled } = self;
        let is_return = event.kind == Kind::Leave;
        match (event.function, end.function) {
            (None, None) => end.position = end.position.or(event.position),
            // What is noted between two returns was done by the outer function, so that one is the end.
            (None, Some(_)) => *is_settled = !matches!(event.kind, Kind::Data | Kind::Unknown),
            (Some(_), None) => {
                end.position = end.position.or(event.position);
                end.take(event);
                *is_settled = !is_return;
            }
            (Some(_), Some(_)) if event.kind == Kind::Data => {}
            (Some(_), Some(caller)) if is_return => {
                if let Some(place) = end.callers.iter_mut().find(|place| place.is_none()) {
                    *place = Some(caller);
                }
                end.position = event.position;
                end.take(event);
            }
            (Some(function), Some(_)) => {
                end.noted = Some(function);
                *is_settled = true;
            }
        }
    }
}

/// The drop that an event says.
fn drop_of<'a>(revision: Revision, event: &Event<'a>) -> Option<End<'a>> {
    let Event { kind, function, position, text: reason, errno, .. } = drop::read(revision, *event);
    (kind == Kind::Drop).then(|| End { is_drop: true, function, position, reason, errno, ..End::default() })
}
