//! When an event happened, counted from the first one.

use crate::push;
use mbuf_trace::Event;

/// Tells times of events that have an age, from the first event on that has one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    first: Option<u64>,
    last: Option<u64>,
}

impl Clock {
    /// Takes note of an event; the oldest has to come first.
    pub(super) fn see(&mut self, event: &Event<'_>) {
        if let Some(age) = event.header.and_then(|header| header.age) {
            self.first.get_or_insert(age);
            self.last = Some(age);
        }
    }

    /// From the first to the last event, if there is a time between them.
    pub(super) fn span(&self) -> Option<Nanos> {
        let span = i128::from(self.first?).saturating_sub(i128::from(self.last?));
        (span > 0).then_some(Nanos(span))
    }

    /// When the event happened.
    pub(super) fn time(&self, event: &Event<'_>) -> Option<Since> {
        let age = event.header?.age?;
        Some(Since(i128::from(self.first?).saturating_sub(i128::from(age))))
    }
}

/// A time in nanoseconds since another: `+31.500 µs`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since(i128);

impl Since {
    /// In nanoseconds.
    pub(super) const fn nanos(self) -> i128 {
        self.0
    }

    /// Appends it: `+31.500 µs`.
    pub(super) fn push(self, out: &mut String) {
        out.push(if self.0 < 0 { '-' } else { '+' });
        Nanos(self.0.saturating_abs()).push(out);
    }
}

/// A duration in nanoseconds, in the unit that suits it: `31.500 µs`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nanos(pub(super) i128);

impl Nanos {
    /// Appends it.
    pub(super) fn push(self, out: &mut String) {
        let (thousandths, unit) = match self.0 {
            ..1_000_000 => (self.0, " µs"),
            1_000_000..1_000_000_000 => (self.0 / 1_000, " ms"),
            _ => (self.0 / 1_000_000, " s"),
        };
        // A span of time between two ages has far less than the bits of a u64 in its unit.
        let thousandths = u64::try_from(thousandths).unwrap_or_default();
        push::number(thousandths / 1_000, out);
        out.push('.');
        push::three_digits(thousandths % 1_000, out);
        out.push_str(unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::{EventHeader, Kind};

    #[test]
    fn counted_from_the_first() {
        let aged = |age| Event {
            header: Some(EventHeader { age: Some(age), ..EventHeader::default() }),
            ..Event::new(Kind::Enter)
        };
        let mut clock = Clock::default();
        clock.see(&Event::new(Kind::Enter));
        assert!(clock.span().is_none());
        clock.see(&aged(5_000_000));
        clock.see(&aged(0));
        let shown = |age| {
            let mut out = String::new();
            clock.time(&aged(age)).unwrap().push(&mut out);
            out
        };
        assert_eq!(shown(5_000_000), "+0.000 µs");
        assert_eq!(shown(4_999_999), "+0.001 µs");
        assert_eq!(shown(0), "+5.000 ms");
        // Clocks of CPUs may disagree; and a capture may say anything.
        assert_eq!(shown(5_000_300), "-0.300 µs");
        assert_eq!(shown(u64::MAX - 1), "-18446744073.704 s");
        let mut span = String::new();
        clock.span().unwrap().push(&mut span);
        assert_eq!(span, "5.000 ms");
    }
}
