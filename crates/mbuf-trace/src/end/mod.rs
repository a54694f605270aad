//! What became of a packet: the question that most captures are made for.

mod drop;
mod rules;

pub use rules::{Ends, EndsError, Rule};

use crate::calls::Calls;
use crate::event::{Event, Position};
use crate::generated::{Fate, Kind};
use crate::read::{RecordedEvent, Trace};
use crate::revision::{Order, Revision};
use crate::text::Text;
use core::borrow::Borrow;

/// What became of a packet, where, and why, as far as its trace tells.
///
/// The newest events decide, with what [`Ends`] says of their functions:
///
/// 1. A drop (an event of revision 4, or the text `drop: …` that older revisions have for it) is the end, unless the
///    packet was handed to a driver after it, by a function that began after it: some answers are made in the packet that
///    is refused.
/// 2. Otherwise, where functions return one after another up to the newest event, the innermost of them is the end, if
///    its return says what became of the packet; or one of its callers, or what was seen in it, by being seen. If none
///    does, the function that is still open around them is the end: a function that has returned is not.
/// 3. Otherwise the function of the newest event is the end.
///
/// Functions that only free are looked through. Where the newest events may be missing, the fate is unknown, unless a drop
/// was recorded.
///
/// ```
/// use mbuf_trace::{Detector, Fate};
///
/// // Revision 3: two records, newest first.
/// let packet = b"\x00\x02\x00\x10\x00\x01udp_append(em0)\x00\x00\x0e\x00\x01if.c:7: +send\x00";
/// let (trace, _) = Detector::new(None).read(packet, packet.len()).expect("a trace");
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
    /// The end of a trace whose events these are, newest first, for who has read them already.
    pub fn of(trace: &Trace<'a>, newest_first: impl Iterator<Item: Borrow<Event<'a>>>) -> Self {
        let mut search = Search::new(trace.ends());
        let mut dropped: Option<Self> = None;
        let mut newest = true;
        let mut freed_after = None;
        for event in newest_first {
            let event = event.borrow();
            if core::mem::take(&mut newest) {
                freed_after = event.header.and_then(|header| header.age);
            }
            dropped = drop_of(trace.revision(), event);
            if dropped.is_some() {
                break;
            }
            search.step(event);
        }
        let is_missing = trace.lacks_newest();
        let freed_after = freed_after.filter(|_| !is_missing);
        let mut end = search.decide(freed_after);
        match dropped {
            Some(drop) if is_missing || end.fate != Fate::Transmitted || !is_sent_after_drop(trace) => {
                end = Self::dropped(trace, drop);
            }
            _ if is_missing => end.fate = Fate::Unknown,
            _ if end.fate == Fate::Unknown && search.has_returned() => {
                search.open(trace, &mut end, freed_after);
            }
            _ => {}
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

    /// Completes the end that a drop is.
    fn dropped(trace: &Trace<'a>, mut end: Self) -> Self {
        if end.function.is_none() {
            end.function = function_of_drop(trace);
        }
        if let (Some(function), Some(reason)) = (end.function, end.reason)
            && let Some(fate) = trace.ends().drop(function.as_bytes(), reason.as_bytes())
        {
            end.fate = fate;
        }
        end
    }
}

impl<'a> Trace<'a> {
    /// What became of the packet.
    #[must_use]
    pub fn end(&self) -> End<'a> {
        End::of(self, self.events_newest_first().map(RecordedEvent::read))
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

/// Whether a function that hands packets to drivers began with it after the newest drop of a trace. That such a function
/// returned says nothing: the packet may have been dropped in it.
fn is_sent_after_drop(trace: &Trace<'_>) -> bool {
    let events = trace.events_newest_first().map(RecordedEvent::read);
    let mut events = events.take_while(|event| drop_of(trace.revision(), event).is_none());
    events.any(|event| {
        let begins = matches!(event.kind, Kind::Enter | Kind::Function);
        let function = event.function.filter(|_| begins);
        function.is_some_and(|function| trace.ends().transmits(function.as_bytes()))
    })
}

/// The function that the newest drop of a trace belongs to, where the drop does not say it.
fn function_of_drop<'a>(trace: &Trace<'a>) -> Option<Text<'a>> {
    let mut calls = Calls::new(trace.ends());
    let mut function = None;
    for event in trace.events() {
        let event = event.read();
        calls.take(&event);
        if drop_of(trace.revision(), &event).is_some() {
            function = calls.function_at(event.position);
        }
    }
    function
}

/// Looks for the end where there is no drop, from the newest event on.
#[derive(Debug)]
struct Search<'a> {
    ends: &'a Ends,
    /// Without a function until there is one; its position is then the newest one.
    end: End<'a>,
    /// Whether something was recorded after the newest event that names a function.
    is_followed: bool,
    /// Whether all events so far are those of a driver.
    is_driver: bool,
    /// Whether no older event can change it.
    is_settled: bool,
    /// The fate of the outermost function that returned after the innermost did, where being seen there says it.
    callers: Option<Fate>,
    /// The same of what was seen last before the innermost returned; or that a driver was handed the packet.
    before: Option<Fate>,
}

impl<'a> Search<'a> {
    fn new(ends: &'a Ends) -> Self {
        let end = End::default();
        Self {
            ends,
            end,
            is_followed: false,
            is_driver: false,
            is_settled: false,
            callers: None,
            before: None,
        }
    }

    /// Whether the newest event of a function is that it returned.
    const fn has_returned(&self) -> bool {
        self.end.is_return
    }

    fn step(&mut self, event: &Event<'a>) {
        if self.is_settled || event.function.is_some_and(|function| self.ends.only_frees(function.as_bytes()))
        {
            return;
        }
        let is_return = event.kind == Kind::Leave;
        match (event.function, self.end.function) {
            (None, None) => {
                self.end.position = self.end.position.or(event.position);
                self.is_followed |= !matches!(event.kind, Kind::Data | Kind::Unknown);
            }
            (Some(_), None) => {
                self.end.position = self.end.position.or(event.position);
                self.take(event);
                self.is_driver = event.position.is_some_and(is_of_driver);
                self.is_settled = !self.is_driver && (!is_return || self.is_followed);
            }
            (_, Some(_)) if self.is_driver => self.look_before_driver(event),
            // What is noted between two returns was done by the outer function, so that one is the end.
            (None, Some(_)) => self.is_settled = !matches!(event.kind, Kind::Data | Kind::Unknown),
            (Some(_), Some(_)) if event.kind == Kind::Data => {}
            (Some(_), Some(caller)) if is_return => {
                self.callers = self.callers.or(self.ends.handed(caller.as_bytes()));
                self.end.position = event.position;
                self.take(event);
            }
            (Some(function), Some(_)) => {
                self.before = self.ends.handed(function.as_bytes());
                self.is_settled = true;
            }
        }
    }

    /// What a driver does after it was handed the packet changes nothing.
    fn look_before_driver(&mut self, event: &Event<'a>) {
        let Some(function) = event.function.filter(|_| !event.position.is_some_and(is_of_driver)) else {
            return;
        };
        self.before = self.ends.handed(function.as_bytes()).filter(|fate| *fate == Fate::Transmitted);
        self.is_settled = true;
    }

    /// This event is the end, as far as is known.
    fn take(&mut self, event: &Event<'a>) {
        self.end.function = event.function;
        self.end.is_return = event.kind == Kind::Leave;
        self.end.returned = event.args.filter(|_| self.end.is_return);
    }

    /// The end with its fate.
    fn decide(&self, freed_after: Option<u64>) -> End<'a> {
        let end = self.end;
        let Some(function) = end.function.map(Text::as_bytes) else { return end };
        let fate = match end.is_return {
            true if self.is_followed => None,
            true => self.ends.returned(function, end.returned.map(Text::as_bytes)),
            false => self.ends.seen(function, freed_after),
        };
        let around = self.before.or(self.callers).filter(|_| !self.is_followed);
        End { fate: fate.or(around).unwrap_or(Fate::Unknown), ..end }
    }

    /// Makes the innermost call that is still open the end, if there is one.
    fn open(&self, trace: &Trace<'a>, end: &mut End<'a>, freed_after: Option<u64>) {
        let mut calls = Calls::new(trace.ends());
        for event in trace.events() {
            calls.take(&event.read());
        }
        let Some((call, function)) = calls.innermost().and_then(|call| Some((call, call.function?))) else {
            return;
        };
        let fate = self.ends.seen(function.as_bytes(), freed_after).unwrap_or(Fate::Unknown);
        *end = End { fate, function: Some(function), position: call.position, ..End::default() };
    }
}

/// Whether a position is in the sources of a driver, `sys/dev` in FreeBSD.
fn is_of_driver(position: Position<'_>) -> bool {
    let file = position.file.as_bytes();
    file.starts_with(b"dev/") || file.windows(5).any(|part| part == b"/dev/")
}

/// The drop that an event says.
fn drop_of<'a>(revision: Revision, event: &Event<'a>) -> Option<End<'a>> {
    let (reason, errno) = match event.kind {
        Kind::Drop => (event.text, event.errno),
        _ => event.drop_in_words(revision).map(|(reason, errno)| (Some(reason), errno))?,
    };
    let (function, position) = (event.function, event.position);
    let fate = Fate::Dropped;
    Some(End { fate, is_recorded: true, function, position, reason, errno, ..End::default() })
}
