//! Where a trace ends: the question that most captures are made for.

mod drop;

use crate::event::{Event, Position};
use crate::generated::Kind;
use crate::read::{RecordedEvent, Trace};
use crate::revision::{Order, Revision};
use crate::text::Text;
use core::borrow::Borrow;

/// The end of a trace.
///
/// - Where there is a drop, the newest one is it: an event of revision 4, or the text `drop: …` that older
///   revisions have for it.
/// - Otherwise, where functions return one after another up to the newest event, the innermost of them is it:
///   that its callers return as well says nothing of where the packet ended.
/// - Otherwise it is the newest event that has a function.
///
/// ```
/// use mbuf_trace::Detector;
///
/// // Revision 3: three records, newest first.
/// let packet = b"\x00\x03\x00\x11\x00\x01if.c:12: -output\x00\
///     \x00\x12\x00\x01if.c:9: -send(55)\x00\x00\x0e\x00\x01if.c:7: +send\x00";
/// let (trace, _) = Detector::new(None).read(packet, packet.len()).expect("a trace");
/// let end = trace.end().expect("not cut");
/// assert_eq!(end.function.unwrap().as_bytes(), b"send");
/// assert_eq!(end.returned.unwrap().as_bytes(), b"55");
/// assert!(!end.is_drop);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct End<'a> {
    /// Whether the trace says that the packet was dropped.
    pub is_drop: bool,
    /// The function where it ended.
    pub function: Option<Text<'a>>,
    /// Whether the end is that this function returned.
    pub is_return: bool,
    /// What it returned, where that is the end.
    pub returned: Option<Text<'a>>,
    /// Where in the source that was recorded.
    pub position: Option<Position<'a>>,
    /// Why the packet was dropped; empty where the drop gives no reason.
    pub reason: Option<Text<'a>>,
    /// The error number that goes with the drop.
    pub errno: Option<u16>,
    /// The function that noted something last before the innermost returned.
    noted: Option<Text<'a>>,
    /// Functions that returned after this one did, the outermost few.
    callers: [Option<Text<'a>>; 16],
}

impl<'a> End<'a> {
    /// The end of a trace whose events these are, newest first, for who has read them already. There is none
    /// where the capture cut it off.
    pub fn of(trace: &Trace<'a>, newest_first: impl Iterator<Item: Borrow<Event<'a>>>) -> Option<Self> {
        if trace.is_cut() && trace.order() == Order::OldestFirst {
            return None;
        }
        let mut search = Search::default();
        let mut dropped: Option<Self> = None;
        for event in newest_first {
            let event = event.borrow();
            if let Some(drop) = &mut dropped {
                // Older revisions say in which function only by the call before.
                drop.function = drop.function.or(event.function);
            } else if let Some(drop) = drop_of(trace.revision(), event) {
                dropped = Some(drop);
            } else {
                search.step(event);
            }
            if dropped.as_ref().is_some_and(|drop| drop.function.is_some()) {
                break;
            }
        }
        Some(dropped.unwrap_or(search.end))
    }

    /// Functions around the end, where it is no drop: the one that noted something last before the innermost
    /// returned, then those that returned behind it, the outermost few.
    pub fn around(&self) -> impl Iterator<Item = Text<'a>> + use<'a> {
        self.noted.into_iter().chain(self.callers.into_iter().flatten())
    }

    /// This event is the end, as far as is known.
    fn take(&mut self, event: &Event<'a>) {
        self.function = event.function;
        self.is_return = event.kind == Kind::Leave;
        self.returned = event.args.filter(|_| self.is_return);
    }
}

impl<'a> Trace<'a> {
    /// Where the packet's way ended. None where the capture cut off the end of the trace.
    #[must_use]
    pub fn end(&self) -> Option<End<'a>> {
        End::of(self, self.events_newest_first().map(RecordedEvent::read))
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
    let (reason, errno) = match event.kind {
        Kind::Drop => (event.text, event.errno),
        _ => event.drop_in_words(revision).map(|(reason, errno)| (Some(reason), errno))?,
    };
    let (function, position) = (event.function, event.position);
    Some(End { is_drop: true, function, position, reason, errno, ..End::default() })
}
