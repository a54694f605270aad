//! Steps that repeat: one after another, or a few of them as a group.

use mbuf_trace::{Event, Kind};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// Longest group that is looked for.
const LONGEST: usize = 8;
/// So often has it to occur to be worth a word.
const FEWEST: usize = 3;

/// Finds repetitions among the events of a packet. The memory is used again for the next one.
#[derive(Debug, Clone, Default)]
pub(super) struct Folds {
    hasher: RandomState,
    hashes: Vec<u64>,
}

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

impl Folds {
    /// Takes the events of a packet, in the order in which they are shown.
    ///
    /// What they say is kept as a hash with a secret key: two events that differ look the same once in 2⁶⁴.
    pub(super) fn read<'a>(&mut self, events: impl Iterator<Item = Event<'a>>) {
        self.hashes.clear();
        let hasher = &self.hasher;
        self.hashes.extend(events.map(|event| hash(hasher, &event)));
    }

    /// The repetition that begins with this event, if one does: the one that hides most steps.
    ///
    /// Looks at a bounded number of events ahead, but for those that it then hides.
    pub(super) fn at(&self, index: usize) -> Option<Repeat> {
        let rest = self.hashes.get(index..)?;
        let repeats = (1..=LONGEST).filter_map(|steps| {
            let later = rest.get(steps..)?;
            let same = rest.iter().zip(later).take_while(|(one, other)| one == other).count();
            let times = same.checked_div(steps)?.saturating_add(1);
            (times >= FEWEST).then_some(Repeat { steps, times })
        });
        // Of those that hide as much, the shortest group; `max_by_key` would give the last.
        repeats.reduce(|best, other| if other.hidden() > best.hidden() { other } else { best })
    }
}

/// All that an event says but its time and its place in the frame.
fn hash(hasher: &RandomState, event: &Event<'_>) -> u64 {
    let mut state = hasher.build_hasher();
    (event.kind, event.position, event.function, event.args, event.text).hash(&mut state);
    (event.origin, event.errno, event.missing, event.record_type).hash(&mut state);
    match event.snapshot {
        Some(snapshot) => (snapshot.link_type, snapshot.packet_length, snapshot.bytes).hash(&mut state),
        None if event.kind == Kind::Unknown => event.payload.hash(&mut state),
        None => {}
    }
    event.header.map(|header| (header.thread, header.vnet, header.cpu, header.flags)).hash(&mut state);
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::Text;

    fn repeat(letters: &str, at: usize) -> Option<(usize, usize)> {
        let events = letters
            .as_bytes()
            .chunks(1)
            .map(|letter| Event { function: Some(Text(letter)), ..Event::new(Kind::Function) });
        let mut folds = Folds::default();
        folds.read(events);
        folds.at(at).map(|repeat| (repeat.steps, repeat.times))
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
