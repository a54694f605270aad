//! The way of a packet: its events, taken apart once for all that is shown of them.

use super::time::Clock;
use mbuf_trace::{Event, Trace};

/// The events of a trace.
pub(super) struct Way<'s, 'a> {
    pub(super) trace: &'s Trace<'a>,
    /// In the order in which they are shown.
    pub(super) events: &'s [Event<'a>],
    /// Whether that is newest first.
    pub(super) backwards: bool,
    pub(super) clock: Clock,
}

impl<'s, 'a> Way<'s, 'a> {
    pub(super) fn new(trace: &'s Trace<'a>, events: &'s [Event<'a>], backwards: bool) -> Self {
        let mut way = Self { trace, events, backwards, clock: Clock::default() };
        let mut clock = Clock::default();
        way.oldest_first().for_each(|event| clock.see(event));
        way.clock = clock;
        way
    }

    /// The number of the step that is shown in this place. Steps are numbered oldest first, whichever way they are
    /// shown.
    pub(super) const fn step_at(&self, place: usize) -> usize {
        if self.backwards { self.events.len().saturating_sub(place) } else { place.saturating_add(1) }
    }

    /// The event of this step.
    pub(super) fn step(&self, step: usize) -> Option<&'s Event<'a>> {
        let place = if self.backwards { self.events.len().checked_sub(step) } else { step.checked_sub(1) };
        self.events.get(place?)
    }

    pub(super) fn oldest_first(&self) -> impl Iterator<Item = &'s Event<'a>> + use<'s, 'a> {
        in_order(self.events, self.backwards)
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &'s Event<'a>> + use<'s, 'a> {
        in_order(self.events, !self.backwards)
    }
}

/// Items from the first or, reversed, from the last on.
fn in_order<T>(items: &[T], reversed: bool) -> impl Iterator<Item = &T> {
    let mut items = items.iter();
    std::iter::from_fn(move || if reversed { items.next_back() } else { items.next() })
}
