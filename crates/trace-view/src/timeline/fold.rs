//! Steps that repeat: one after another, or a few of them as a group.

use mbuf_trace::{Event, Kind};

/// Longest group that is looked for.
const LONGEST: usize = 8;
/// So often has it to occur to be worth a word.
const FEWEST: usize = 3;

/// Steps from here on that say the same, over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeat {
    /// How many steps a group has.
    pub(super) steps: usize,
    /// How often it occurs.
    pub(super) times: usize,
}

impl Repeat {
    /// How many steps are repetitions.
    pub(super) fn hidden(self) -> usize {
        self.steps.saturating_mul(self.times.saturating_sub(1))
    }
}

/// The repetition that these events begin with, if they begin with one: the one that hides most steps.
///
/// Looks at a bounded number of events, but for those that it then hides.
pub(super) fn first(events: &[Event<'_>]) -> Option<Repeat> {
    let (first, rest) = events.split_first()?;
    // There has to be room for enough of them.
    let longest = LONGEST.min(events.len() / FEWEST);
    let begin_alike = rest.iter().zip(1..=longest).filter(|(later, _)| is_same(first, later));
    let repeats = begin_alike.filter_map(|(_, steps)| {
        let later = events.get(steps..)?;
        let same = events.iter().zip(later).take_while(|(one, other)| is_same(one, other)).count();
        let times = same.checked_div(steps)?.saturating_add(1);
        (times >= FEWEST).then_some(Repeat { steps, times })
    });
    // Of those that hide as much, the shortest group; `max_by_key` would give the last.
    repeats.reduce(|best, other| if other.hidden() > best.hidden() { other } else { best })
}

/// Whether two events say the same but for their time and their place in the frame.
fn is_same(one: &Event<'_>, other: &Event<'_>) -> bool {
    // What tells most events apart comes first, and is quicker to compare than texts.
    let line = |event: &Event<'_>| event.position.map(|position| position.line);
    one.kind == other.kind && line(one) == line(other) && says_the_same(one, other)
}

fn says_the_same(one: &Event<'_>, other: &Event<'_>) -> bool {
    (one.kind, one.function, one.position, one.text)
        == (other.kind, other.function, other.position, other.text)
        && (one.args, one.origin, one.errno, one.missing, one.record_type)
            == (other.args, other.origin, other.errno, other.missing, other.record_type)
        && match (one.snapshot, other.snapshot) {
            (Some(one), Some(other)) => {
                (one.link_type, one.packet_length, one.bytes)
                    == (other.link_type, other.packet_length, other.bytes)
            }
            (None, None) => one.kind != Kind::Unknown || one.payload == other.payload,
            _ => false,
        }
        && where_it_ran(one) == where_it_ran(other)
}

/// What the header of an event says, but for its time.
fn where_it_ran(event: &Event<'_>) -> Option<(Option<u32>, u32, Option<u16>, u16)> {
    event.header.map(|header| (header.thread, header.vnet, header.cpu, header.flags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::Text;

    fn repeat(letters: &str, at: usize) -> Option<(usize, usize)> {
        let letters = letters.as_bytes().chunks(1);
        let events: Vec<Event<'_>> = letters
            .map(|letter| Event { function: Some(Text(letter)), ..Event::new(Kind::Function) })
            .collect();
        first(events.get(at..).unwrap_or_default()).map(|repeat| (repeat.steps, repeat.times))
    }

    #[test]
    fn groups() {
        for (letters, at, expected) in [
            ("abc", 0, None),
            ("aab", 0, None),
            ("aaa", 0, Some((1, 3))),
            ("baaa", 1, Some((1, 3))),
            ("ababa", 0, None),
            ("abababx", 0, Some((2, 3))),
            ("aaaaaaaaa", 0, Some((1, 9))),
            ("abcabcabcab", 0, Some((3, 3))),
            ("", 0, None),
            ("aaa", 7, None),
        ] {
            assert_eq!(repeat(letters, at), expected, "{letters}");
        }
    }
}
