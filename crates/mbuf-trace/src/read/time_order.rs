//! Events forwards and backwards.
//!
//! The kernel writes newest first and people read oldest first, so a frame has to be walked from its end,
//! and a record tells only where the next one begins. Two tables of 256 offsets make that linear without
//! allocating: one holds where every 256th record begins (65,536 records at the most, as the count has 16
//! bits), the other where each record of the page at hand begins.

use super::records::Records;
use super::trace::Trace;
use crate::event::Event;
use crate::revision::Order;

const PAGE: u32 = 256;
/// [`PAGE`], for array lengths.
const PAGE_LEN: usize = 256;

/// The events of a trace, in the order that it was made for.
#[derive(Debug, Clone)]
pub struct Events<'a> {
    trace: Trace<'a>,
    /// Records still to be given: from `next` to `last`, the latter not included.
    next: u32,
    last: u32,
    /// The walk to the next record; forwards only.
    walk: Records<'a>,
    backwards: Option<Pages>,
}

/// The two tables.
#[derive(Debug, Clone)]
struct Pages {
    first_of_page: [usize; PAGE_LEN],
    /// The page that `offsets` holds.
    page: u32,
    offsets: [usize; PAGE_LEN],
}

impl<'a> Events<'a> {
    pub(super) fn new(trace: &Trace<'a>, order: Order) -> Self {
        let (next, last) = (trace.first_event(), trace.given());
        let mut events = Self { trace: trace.clone(), next, last, walk: trace.records(), backwards: None };
        match order {
            Order::OldestFirst => {
                let skipped = usize::try_from(next).unwrap_or_default();
                events.walk.by_ref().take(skipped).for_each(drop);
            }
            Order::NewestFirst => events.backwards = Some(Pages::new(trace, last)),
        }
        events
    }

    fn forwards(&mut self) -> Option<Event<'a>> {
        let event = self.trace.event_at(self.next, self.walk.offset())?;
        self.next = self.next.saturating_add(1);
        self.walk.next();
        Some(event)
    }
}

impl Pages {
    fn new(trace: &Trace<'_>, count: u32) -> Self {
        let mut pages = Self { first_of_page: [0; PAGE_LEN], page: u32::MAX, offsets: [0; PAGE_LEN] };
        let mut records = trace.records();
        for place in &mut pages.first_of_page {
            if records.index() >= count {
                break;
            }
            *place = records.offset();
            records.by_ref().take(PAGE_LEN).for_each(drop);
        }
        pages
    }

    /// Where the record of this index begins.
    fn offset(&mut self, trace: &Trace<'_>, index: u32) -> Option<usize> {
        let page = index / PAGE;
        if page != self.page {
            let first = *self.first_of_page.get(usize::try_from(page).ok()?)?;
            let mut records = trace.records().at(page.saturating_mul(PAGE), first);
            for place in &mut self.offsets {
                *place = records.offset();
                if records.next().is_none() {
                    break;
                }
            }
            self.page = page;
        }
        self.offsets.get(usize::try_from(index % PAGE).ok()?).copied()
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        if self.next >= self.last {
            return None;
        }
        let Some(pages) = &mut self.backwards else {
            return self.forwards();
        };
        self.last = self.last.saturating_sub(1);
        let offset = pages.offset(&self.trace, self.last)?;
        self.trace.event_at(self.last, offset)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.last.saturating_sub(self.next)).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}
