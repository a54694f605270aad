//! What became of a packet: the question that most captures are made for.

mod drop;
mod rules;
mod search;

pub(crate) use rules::Rules;
pub use rules::{Ends, EndsError, Rule};

use crate::event::Event;
use crate::generated::Fate;
use crate::position::Position;
use crate::read::{RecordedEvent, Trace};
use crate::revision::Order;
use crate::text::Text;
use core::borrow::Borrow;
use search::Search;

/// What became of a packet, where, and why, as far as its trace tells.
///
/// The newest events decide, with what [`Ends`] says of their functions:
///
/// 1. A drop (an event of revision 4, or the text `drop: …` that older revisions have for it) is the end, unless the packet
///    goes on after it in a function that was not handling it then and shows that it lives: some answers are made in the packet
///    that is refused, and another socket may take what one refused.
/// 2. Otherwise the end is where the packet was last seen, or what a return says of it: an error, or a firewall's verdict. What
///    was called and has returned without saying anything is as if it had not been called.
/// 3. What the functions around a return note after it changes nothing.
///
/// Functions that only free are looked through. Where the newest events may be missing, the fate is unknown, unless a drop
/// was recorded.
///
/// ```
/// use mbuf_trace::{Detector, Fate};
///
/// // Revision 3: two records, newest first.
/// let packet = b"\x00\x02\x00\x10\x00\x01udp_append(em0)\x00\x00\x0e\x00\x01if.c:7: +send\x00";
/// let trace = Detector::default().read(packet, packet.len()).expect("a trace");
/// let end = trace.end();
/// assert_eq!(end.fate, Fate::Delivered);
/// assert_eq!(end.function.unwrap().as_bytes(), b"udp_append");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct End<'a> {
    /// What became of the packet.
    pub fate: Fate,
    /// Whether the newest events may be missing. The place is then only where the packet was last seen.
    pub is_missing: bool,
    /// Whether an event says that the packet was dropped. What became of a packet otherwise follows from where it was
    /// last seen.
    pub is_recorded: bool,
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
    /// Nanoseconds from the newest event to the end, where that event has a time: a packet that is freed from a queue
    /// was there for so long.
    pub freed_after: Option<u64>,
}

impl Default for End<'_> {
    fn default() -> Self {
        Self {
            fate: Fate::Unknown,
            is_missing: false,
            is_recorded: false,
            function: None,
            is_return: false,
            returned: None,
            position: None,
            reason: None,
            errno: None,
            freed_after: None,
        }
    }
}

impl<'a> End<'a> {
    /// The end of a trace whose events these are, oldest first, for who has read them already.
    pub fn of(trace: &Trace<'a>, oldest_first: impl Iterator<Item: Borrow<Event<'a>>>) -> Self {
        let mut search = Search::new(trace.ends(), trace.revision());
        let mut freed_after = None;
        for event in oldest_first {
            let event = event.borrow();
            freed_after = event.header.and_then(|header| header.age);
            search.take(event);
        }
        let is_missing = trace.lacks_newest();
        let freed_after = freed_after.filter(|_| !is_missing);
        let mut end = search.end(freed_after);
        if is_missing && !end.is_recorded {
            (end.fate, end.errno) = (Fate::Unknown, None);
        }
        Self { is_missing, freed_after, ..end }
    }

    /// Whether the place is that of the end: the newest events are not missing, or a drop was recorded.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !self.is_missing || self.is_recorded
    }

    /// The same without a place, where that is only where the packet was last seen.
    #[must_use]
    pub fn in_known_place(self) -> Self {
        let unplaced = Self { fate: self.fate, is_missing: true, ..Self::default() };
        if self.is_known() { self } else { unplaced }
    }
}

impl<'a> Trace<'a> {
    /// What became of the packet.
    #[must_use]
    pub fn end(&self) -> End<'a> {
        End::of(self, self.events().map(RecordedEvent::read))
    }

    /// Whether the newest events may be missing: events were lost, and nobody knows which, or the trace is cut at that
    /// end.
    #[must_use]
    pub fn lacks_newest(&self) -> bool {
        self.lost() > 0
            || self.frame_header().is_some_and(|header| header.incomplete())
            || self.order() == Order::OldestFirst && self.lacks_records()
    }
}
