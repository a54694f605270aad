//! Events forwards and backwards.
//!
//! The kernel writes newest first and people read oldest first, so a frame has to be walked from its end, and a
//! record tells only where the next one begins. In nearly every frame that is known since the frame was checked. In a
//! longer one, three short tables of offsets make it linear without allocating: of every 1,681st record, of every 41st
//! of those at hand, and of each of the 41 at hand. That reaches further than the count's 16 bits.

use super::ending::Ending;
use super::event::RecordedEvent;
use super::records::{Records, Short};
use super::starts::Starts;
use crate::revision::{Encoding, Order, Revision};
use crate::snapshot::Snapshot;

/// Places in a table of offsets; its cube is more than a frame's records and the snapshot of revision 1.
const PLACES: u32 = 41;
/// [`PLACES`], for array lengths.
const PLACES_LEN: usize = 41;

/// Which records of a packet there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) packet: &'a [u8],
    /// Bytes behind these that the capture cut off.
    pub(super) missing: usize,
    pub(super) encoding: Encoding,
    /// How many records the frame announces.
    pub(super) announced: u32,
    /// 1 where the first record is a frame header, readable or not, and so no event; otherwise 0.
    pub(super) first_event: u32,
    /// Whole records, the frame header of revision 4 included.
    pub(super) whole: u32,
    /// Where the whole records end.
    pub(super) end: usize,
    /// Whether the record at `end` is given too, although the capture cut it.
    pub(super) partial: bool,
    /// Where the first records begin.
    pub(super) starts: Starts,
}

impl<'a> Frame<'a> {
    /// A frame of which no record is known yet.
    pub(super) fn empty(packet: &'a [u8], original_len: usize, encoding: Encoding) -> Self {
        Self {
            packet,
            missing: original_len.saturating_sub(packet.len()),
            encoding,
            announced: Records::new(packet, encoding).announced(),
            first_event: 0,
            whole: 0,
            end: packet.len(),
            partial: false,
            starts: Starts::default(),
        }
    }

    /// The same frame with the records up to this ending.
    pub(super) const fn end_at(&mut self, ending: &Ending) {
        (self.whole, self.end, self.partial) = (ending.whole, ending.end, ending.partial);
    }

    /// The walk over the records, from the start.
    pub(super) fn records(&self) -> Records<'a> {
        Records::new(self.packet, self.encoding)
    }

    /// How many events there are.
    pub(super) fn events(&self) -> u32 {
        self.given().saturating_sub(self.first_event)
    }

    /// Records that events come from, the cut one and the snapshot of revision 1 included.
    fn given(&self) -> u32 {
        let extra = self.partial || self.rev1_snapshot().is_some();
        self.whole.saturating_add(u32::from(extra))
    }

    /// What follows the strings of revision 1. Where strings are missing, nobody knows where it would begin.
    fn rev1_snapshot(&self) -> Option<&'a [u8]> {
        if self.encoding.revision != Revision::One || self.whole < self.announced {
            return None;
        }
        self.packet.get(self.end..).filter(|rest| !rest.is_empty())
    }

    /// What is given at this place. `index` is below [`Frame::given`].
    #[inline]
    fn at(&self, index: u32, offset: usize) -> Option<RecordedEvent<'a>> {
        if index < self.whole {
            let record = self.records().whole(index, offset)?;
            return Some(RecordedEvent::new(record, self.encoding.revision));
        }
        self.behind_whole(index, offset)
    }

    /// What is given behind the whole records: the cut one, or the snapshot of revision 1.
    #[cold]
    fn behind_whole(&self, index: u32, offset: usize) -> Option<RecordedEvent<'a>> {
        if let Some(bytes) = self.rev1_snapshot() {
            return Some(RecordedEvent::rev1_snapshot(bytes, self.missing, index, offset));
        }
        match self.records().at(index, offset).step()? {
            Ok(record) | Err(Short::Payload(record, _)) => {
                Some(RecordedEvent::new(record, self.encoding.revision))
            }
            Err(_) => None,
        }
    }
}

/// The events of a trace, in the order that it was made for.
#[derive(Debug, Clone)]
pub struct Events<'a>(pub(super) Walk<'a>);

impl<'a> Iterator for Events<'a> {
    type Item = RecordedEvent<'a>;

    #[inline]
    fn next(&mut self) -> Option<RecordedEvent<'a>> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.0.last.saturating_sub(self.0.next)).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

/// The snapshots of a trace, oldest first. See [`Trace::snapshots`](super::Trace::snapshots).
#[derive(Debug, Clone)]
pub struct Snapshots<'a>(pub(super) Walk<'a>);

impl<'a> Iterator for Snapshots<'a> {
    type Item = Snapshot<'a>;

    fn next(&mut self) -> Option<Snapshot<'a>> {
        self.0.find_map(|event| event.snapshot())
    }
}

/// A way through the events of a trace.
#[derive(Debug, Clone)]
pub(super) struct Walk<'a> {
    frame: Frame<'a>,
    /// Records still to be given: from `next` to `last`, the latter not included.
    next: u32,
    last: u32,
    way: Way,
}

/// How the walk finds where the next record begins.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack; a box would be one a packet")]
enum Way {
    /// From the first to the last: each begins where the one before it ends, here.
    Forwards(usize),
    /// From the last to the first, all of which are known.
    Known,
    /// From the last to the first, found again and again.
    Backwards(Pages),
}

impl<'a> Walk<'a> {
    #[inline]
    pub(super) fn new(frame: Frame<'a>, order: Order) -> Self {
        let (next, last) = (frame.first_event, frame.given());
        // The rarer ways are put in afterwards: tables are large to move, and nearly no frame needs them.
        let mut walk = Self { frame, next, last, way: Way::Known };
        if order == Order::OldestFirst {
            let mut records = frame.records();
            let skipped = usize::try_from(next).unwrap_or_default();
            records.by_ref().take(skipped).for_each(drop);
            walk.way = Way::Forwards(records.offset());
        } else if !Starts::hold_all(frame.whole, frame.end) {
            walk.way = Way::Backwards(Pages::new(&frame, last));
        }
        walk
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = RecordedEvent<'a>;

    #[inline]
    fn next(&mut self) -> Option<RecordedEvent<'a>> {
        if self.next >= self.last {
            return None;
        }
        if let Way::Forwards(offset) = &mut self.way {
            let event = self.frame.at(self.next, *offset)?;
            self.next = self.next.saturating_add(1);
            *offset = event.record.end();
            return Some(event);
        }
        self.last = self.last.saturating_sub(1);
        let offset = match &mut self.way {
            // What is given behind the whole records begins where they end.
            _ if self.last == self.frame.whole => self.frame.end,
            Way::Backwards(pages) => pages.offset(&self.frame, self.last)?,
            Way::Known | Way::Forwards(_) => self.frame.starts.get(self.last)?,
        };
        self.frame.at(self.last, offset)
    }
}

/// The three tables.
#[derive(Debug, Clone)]
struct Pages {
    chapters: Table,
    pages: Table,
    records: Table,
}

impl Pages {
    fn new(frame: &Frame<'_>, count: u32) -> Self {
        let step = PLACES.saturating_mul(PLACES);
        let chapters = Table::new(&frame.records(), step, count);
        Self { chapters, pages: Table::EMPTY, records: Table::EMPTY }
    }

    /// Where the record of this index begins.
    fn offset(&mut self, frame: &Frame<'_>, index: u32) -> Option<usize> {
        if !self.records.holds(index) {
            if !self.pages.holds(index) {
                let (first, offset) = self.chapters.before(index)?;
                self.pages = Table::new(&frame.records().at(first, offset), PLACES, index.saturating_add(1));
            }
            let (first, offset) = self.pages.before(index)?;
            self.records = Table::new(&frame.records().at(first, offset), 1, index.saturating_add(1));
        }
        self.records.before(index).map(|(_, offset)| offset)
    }
}

/// Where every `step`th record begins, from the `first` on.
#[derive(Debug, Clone)]
struct Table {
    first: u32,
    step: u32,
    places: u32,
    offsets: [usize; PLACES_LEN],
}

impl Table {
    const EMPTY: Self = Self { first: 0, step: 1, places: 0, offsets: [0; PLACES_LEN] };

    /// Begins where the walk stands and ends before the record `end`, or when it is full.
    fn new(walk: &Records<'_>, step: u32, end: u32) -> Self {
        let mut walk = walk.clone();
        let mut table = Self { first: walk.index(), step, ..Self::EMPTY };
        for (place, index) in table.offsets.iter_mut().zip((table.first..end).step_by(steps(step))) {
            *place = walk.offset();
            table.places = table.places.saturating_add(1);
            if index.saturating_add(step) < end {
                walk.by_ref().take(steps(step)).for_each(drop);
            }
        }
        table
    }

    /// Whether the record lies among those of the table.
    fn holds(&self, index: u32) -> bool {
        index
            .checked_sub(self.first)
            .and_then(|past| past.checked_div(self.step))
            .is_some_and(|place| place < self.places)
    }

    /// The last record of the table that is not behind this one: its index and where it begins.
    fn before(&self, index: u32) -> Option<(u32, usize)> {
        let place = index.checked_sub(self.first)?.checked_div(self.step)?;
        let offset = *self.offsets.get(usize::try_from(place).ok()?)?;
        Some((self.first.saturating_add(place.saturating_mul(self.step)), offset))
    }
}

/// A step as a number of items.
fn steps(step: u32) -> usize {
    usize::try_from(step).unwrap_or(usize::MAX)
}
