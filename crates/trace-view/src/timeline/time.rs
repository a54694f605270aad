//! When an event happened, counted from the first one.

use mbuf_trace::Event;
use std::fmt;

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

    /// Whether there are any times.
    pub(super) const fn runs(&self) -> bool {
        self.first.is_some()
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
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        f.pad(&format!("{sign}{}", Nanos(self.0.saturating_abs())))
    }
}

/// A duration in nanoseconds, in the unit that suits it: `31.500 µs`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nanos(i128);

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0;
        match nanos {
            ..1_000_000 => write!(f, "{}.{:03} µs", nanos / 1_000, nanos % 1_000),
            1_000_000..1_000_000_000 => {
                write!(f, "{}.{:03} ms", nanos / 1_000_000, nanos / 1_000 % 1_000)
            }
            _ => write!(f, "{}.{:03} s", nanos / 1_000_000_000, nanos / 1_000_000 % 1_000),
        }
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
        assert!(!clock.runs());
        clock.see(&aged(5_000_000));
        clock.see(&aged(0));
        let shown = |age| clock.time(&aged(age)).unwrap().to_string();
        assert_eq!(shown(5_000_000), "+0.000 µs");
        assert_eq!(shown(4_999_999), "+0.001 µs");
        assert_eq!(shown(0), "+5.000 ms");
        // Clocks of CPUs may disagree; and a capture may say anything.
        assert_eq!(shown(5_000_300), "-0.300 µs");
        assert_eq!(shown(u64::MAX - 1), "-18446744073.704 s");
        assert_eq!(clock.span().unwrap().to_string(), "5.000 ms");
    }
}
