//! When the events of a trace were, where it says so.

use mbuf_trace::{Event, Trace};

/// The times of one trace's events, in nanoseconds since the oldest of them, or their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// The age of the oldest event: none where an event has no age, so that there is no clock.
    oldest: Option<u64>,
    /// The last time given: time does not run backwards, whatever the ages say.
    last: u64,
}

impl Clock {
    /// The clock of a trace. It is one only if each of its events says its age.
    pub(super) fn of(trace: &Trace<'_>) -> Self {
        let mut ages = trace.events().map(|event| event.header().and_then(|header| header.age));
        let oldest =
            ages.try_fold(None, |oldest: Option<u64>, age| age.map(|age| Some(oldest.unwrap_or(0).max(age))));
        Self { oldest: oldest.flatten(), last: 0 }
    }

    /// The order of the events, whatever they say.
    pub(super) const fn ordinal() -> Self {
        Self { oldest: None, last: 0 }
    }

    /// From the oldest event to the capture of the trace, in nanoseconds; none without a clock.
    pub(super) const fn span(&self) -> Option<u64> {
        self.oldest
    }

    /// When an event was: nanoseconds after the oldest, or its step.
    pub(super) fn at(&mut self, event: &Event<'_>, step: usize) -> u64 {
        let at = match self.oldest {
            Some(oldest) => oldest.saturating_sub(age(event).unwrap_or(0)),
            None => step as u64,
        };
        self.last = self.last.max(at);
        self.last
    }

    /// The end of what only the last event so far is known of: that event, or the step behind it.
    pub(super) const fn last_seen(&self) -> u64 {
        if self.oldest.is_some() { self.last } else { self.last.saturating_add(1) }
    }

    /// The end of the trace: its capture, or the step behind its last.
    pub(super) fn end(&self, count: usize) -> u64 {
        self.oldest.unwrap_or(count as u64).max(self.last)
    }
}

/// Nanoseconds before the capture.
pub(super) fn age(event: &Event<'_>) -> Option<u64> {
    event.header.and_then(|header| header.age)
}
