//! Functions and source positions that only one capture has, and positions whose line moved.
//!
//! A kernel that was built again has the same calls at other lines. So positions are compared by what is done
//! there and in which file; of those, a line that only one capture has is a moved one where the other capture
//! has one to go with it.

use crate::paths::write_words;
use crate::tally::{Count, Items, Moment, Tally, push};
use mbuf_trace::{Event, Kind, Position, Text};
use std::collections::BTreeMap;

/// Lines of one function, in one file, of which the shift is looked for one by one.
const MOST_LINES: usize = 24;

/// Functions and positions of one capture.
#[derive(Debug)]
pub(crate) struct Places {
    functions: Tally,
    positions: Tally,
    key: Vec<u8>,
    words: Vec<u8>,
}

impl Places {
    /// No places yet, and no more of them than fit into so many bytes.
    pub(crate) fn in_room(room: usize) -> Self {
        let (functions, positions) = (Tally::with_room(room / 2), Tally::with_room(room / 2));
        Self { functions, positions, key: Vec::new(), words: Vec::new() }
    }

    /// Counts an event. Snapshots are left out: where they are taken is a matter of how one traces.
    ///
    /// What only revision 4 tells is left out, too, so that captures of different revisions can be compared: the
    /// function of what is no call, and whether a text is static.
    pub(crate) fn add(&mut self, event: &Event<'_>, at: Moment) {
        let is_call = matches!(event.kind, Kind::Enter | Kind::Leave | Kind::Function);
        let function = event.function.filter(|_| is_call);
        if let Some(function) = function {
            self.functions.add(function.as_bytes(), at);
        }
        let Some(Position { file, line }) = event.position.filter(|_| event.kind != Kind::Data) else {
            return;
        };
        let words: &[u8] = match event.kind {
            Kind::Position => b"",
            _ if is_call => {
                self.words.clear();
                write_words(event, &mut self.words);
                &self.words
            }
            _ => b"(text)",
        };
        self.key.clear();
        push(&mut self.key, Some(file.as_bytes()));
        push(&mut self.key, function.map(Text::as_bytes));
        push(&mut self.key, Some(words));
        push(&mut self.key, Some(&line.to_le_bytes()));
        self.positions.add(&self.key, at);
    }

    /// Whether there were more than are kept, so that what seems to be absent may not be.
    pub(crate) const fn overflowed(&self) -> bool {
        self.functions.others() > 0 || self.positions.others() > 0
    }

    /// Functions of this capture that the other one does not have, by name.
    pub(crate) fn functions_only_here<'a>(&'a self, other: &Self) -> Vec<(Text<'a>, &'a Count)> {
        let mut only: Vec<_> = self
            .functions
            .iter()
            .filter(|(name, _)| other.functions.get(name).is_none())
            .map(|(name, count)| (Text(name), count))
            .collect();
        only.sort_by_key(|(name, _)| *name);
        only
    }

    /// Positions by what is done there, with their lines.
    fn by_site(&self) -> BTreeMap<Site<'_>, BTreeMap<u32, &Count>> {
        let mut sites: BTreeMap<Site<'_>, BTreeMap<u32, &Count>> = BTreeMap::new();
        for (key, count) in self.positions.iter() {
            let mut items = Items::new(key);
            let mut item = || items.next().flatten().map(Text);
            let site = Site {
                file: item().unwrap_or_default(),
                function: item(),
                words: item().unwrap_or_default(),
            };
            let line = item().and_then(|line| line.as_bytes().try_into().ok()).map_or(0, u32::from_le_bytes);
            sites.entry(site).or_default().insert(line, count);
        }
        sites
    }
}

/// What a position is but for its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site<'a> {
    pub(crate) file: Text<'a>,
    pub(crate) function: Option<Text<'a>>,
    pub(crate) words: Text<'a>,
}

/// A position that only one capture has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lone<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) line: u32,
    pub(crate) count: &'a Count,
}

/// Positions of one file whose line moved: how many, and by how many lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Moved {
    pub(crate) positions: u64,
    pub(crate) least: i64,
    pub(crate) most: i64,
}

/// The positions of two captures compared.
#[derive(Debug, Default)]
pub(crate) struct Positions<'a> {
    pub(crate) gone: Vec<Lone<'a>>,
    pub(crate) added: Vec<Lone<'a>>,
    pub(crate) moved: BTreeMap<Text<'a>, Moved>,
}

impl<'a> Positions<'a> {
    /// Compares. Where `lines` count, none is taken for a moved one. Positions in functions that only one
    /// capture has are left out: the functions say it.
    pub(crate) fn compare(a: &'a Places, b: &'a Places, lines: bool) -> Self {
        let mut positions = Self::default();
        let (old, mut new) = (a.by_site(), b.by_site());
        for (site, old_lines) in old {
            let new_lines = new.remove(&site).unwrap_or_default();
            let known = |places: &Places| {
                site.function.is_none_or(|function| places.functions.get(function.as_bytes()).is_some())
            };
            let (left_old, left_new, pairs) =
                if lines { without_common(&old_lines, &new_lines) } else { pair(&old_lines, &new_lines) };
            for (before, after) in pairs.into_iter().filter(|(before, after)| before != after) {
                positions
                    .moved
                    .entry(site.file)
                    .or_default()
                    .add(i64::from(after).saturating_sub(before.into()));
            }
            let lone = |line: &u32, lines: &BTreeMap<u32, &'a Count>| {
                lines.get(line).map(|count| Lone { site, line: *line, count })
            };
            if known(b) {
                positions.gone.extend(left_old.iter().filter_map(|line| lone(line, &old_lines)));
            }
            positions.added.extend(left_new.iter().filter_map(|line| lone(line, &new_lines)));
        }
        for (site, lines) in new {
            let known = site.function.is_none_or(|function| a.functions.get(function.as_bytes()).is_some());
            if known {
                positions.added.extend(lines.into_iter().map(|(line, count)| Lone { site, line, count }));
            }
        }
        for lone in [&mut positions.gone, &mut positions.added] {
            lone.sort_by_key(|lone| (lone.site.file, lone.line, lone.site));
        }
        positions
    }
}

impl Moved {
    fn add(&mut self, shift: i64) {
        if self.positions == 0 {
            (self.least, self.most) = (shift, shift);
        }
        self.positions = self.positions.saturating_add(1);
        self.least = self.least.min(shift);
        self.most = self.most.max(shift);
    }
}

type Split = (Vec<u32>, Vec<u32>, Vec<(u32, u32)>);

/// Lines that only one has, without a thought of moving.
fn without_common(old: &BTreeMap<u32, &Count>, new: &BTreeMap<u32, &Count>) -> Split {
    let only = |here: &BTreeMap<u32, &Count>, there: &BTreeMap<u32, &Count>| {
        here.keys().filter(|line| !there.contains_key(line)).copied().collect()
    };
    (only(old, new), only(new, old), Vec::new())
}

/// The lines that go with one another, and those that are left. As many lines on both sides go together in
/// their order; otherwise those that one shift brings together, the one that does so with most of them.
fn pair(old: &BTreeMap<u32, &Count>, new: &BTreeMap<u32, &Count>) -> Split {
    if old.len() == new.len() {
        return (Vec::new(), Vec::new(), old.keys().copied().zip(new.keys().copied()).collect());
    }
    if old.len() > MOST_LINES || new.len() > MOST_LINES {
        return without_common(old, new);
    }
    let shifted = |line: u32, by: i64| u32::try_from(i64::from(line).saturating_add(by)).ok();
    let matches = |by: i64| {
        old.keys().filter(|line| shifted(**line, by).is_some_and(|line| new.contains_key(&line))).count()
    };
    let shifts = old
        .keys()
        .flat_map(|before| new.keys().map(move |after| i64::from(*after).saturating_sub(i64::from(*before))));
    // The smallest of the best, so that nothing moves that need not.
    let best = shifts.max_by_key(|by| (matches(*by), std::cmp::Reverse(by.unsigned_abs()), *by));
    let Some(best) = best else { return without_common(old, new) };
    let mut left_new: Vec<u32> = new.keys().copied().collect();
    let (mut left_old, mut pairs) = (Vec::new(), Vec::new());
    for before in old.keys() {
        match shifted(*before, best).filter(|after| new.contains_key(after)) {
            Some(after) => {
                left_new.retain(|line| *line != after);
                pairs.push((*before, after));
            }
            None => left_old.push(*before),
        }
    }
    (left_old, left_new, pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_with_one_another() {
        let at = Moment { file: 0, packet: 1, time: None };
        let count = Count { packets: 1, first: at, last: at };
        for (old, new, left_old, left_new, pairs) in [
            (&[5][..], &[5][..], &[][..], &[][..], &[(5, 5)][..]),
            (&[5], &[8], &[], &[], &[(5, 8)]),
            // The shift of 3 makes a line fall on another one's old place.
            (&[100, 103], &[103, 106], &[], &[], &[(100, 103), (103, 106)]),
            // A new line among moved ones.
            (&[10, 20, 30], &[13, 23, 28, 33], &[], &[28], &[(10, 13), (20, 23), (30, 33)]),
            (&[10, 20, 30], &[10, 30], &[20], &[], &[(10, 10), (30, 30)]),
            (&[10], &[], &[10], &[], &[]),
            // Of equally good shifts the smallest.
            (&[10], &[4, 11], &[], &[4], &[(10, 11)]),
        ] {
            let map = |lines: &[u32]| lines.iter().map(|line| (*line, &count)).collect::<BTreeMap<_, _>>();
            let expected = (left_old.to_vec(), left_new.to_vec(), pairs.to_vec());
            assert_eq!(pair(&map(old), &map(new)), expected, "{old:?} {new:?}");
        }
    }
}
