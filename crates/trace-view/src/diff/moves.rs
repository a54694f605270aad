//! Trace points that only one capture has, and those whose line moved.
//!
//! A kernel that was built again has the same trace points at other lines, and in the same order. So the points of a file
//! are aligned: those that go with one another are the same but for the line, and no pair crosses another. Of all such
//! alignments, the one with the most pairs counts; of those, the one in which the fewest pairs move by another number of
//! lines than the pair before; of those, the one that moves by the fewest lines in all.

use super::places::{Places, Point, is_call};
use crate::tally::Count;
use mbuf_trace::Text;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// Points of a file that are the same but for their lines, of which each may go with each. Of more, a point goes only with
/// those that are nearly at its place among them.
const MOST_ALIKE: usize = 16;
/// How near.
const NEAR: usize = 4;

/// A trace point that only one capture has.
#[derive(Debug, Clone)]
pub(crate) struct Lone<'a> {
    pub(crate) file: Text<'a>,
    pub(crate) line: u32,
    pub(crate) function: Option<Text<'a>>,
    /// Whether the words name the function.
    pub(crate) is_call: bool,
    pub(crate) words: Cow<'a, [u8]>,
    pub(crate) count: Count,
}

/// Trace points of one file whose line moved: how many, and by how many lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Moved {
    pub(crate) positions: u64,
    pub(crate) least: i64,
    pub(crate) most: i64,
}

/// The trace points of two captures compared.
#[derive(Debug, Default)]
pub(crate) struct Positions<'a> {
    pub(crate) gone: Vec<Lone<'a>>,
    pub(crate) added: Vec<Lone<'a>>,
    pub(crate) moved: BTreeMap<Text<'a>, Moved>,
}

impl<'a> Positions<'a> {
    /// Compares. Where `lines` count, none is taken for a moved one; of `common`, only what every revision records is
    /// compared. Points in functions that only one capture has are left out: the functions say it.
    pub(crate) fn compare(a: &'a Places, b: &'a Places, lines: bool, common: bool) -> Self {
        let mut positions = Self::default();
        let (old, mut new) = (a.by_file(common), b.by_file(common));
        let lone = |file, point: &Point<'a>| Lone {
            file,
            line: point.line,
            function: point.site.function,
            is_call: is_call(point.site.kind),
            words: Cow::Owned(point.site.words()),
            count: point.count,
        };
        let alone = |file, points: &[Point<'a>], paired: &[bool], here: &Places, there: &Places| {
            let left = points.iter().zip(paired).filter(|(_, is_paired)| !**is_paired);
            let left = left
                .map(|(point, _)| point)
                .filter(|point| point.site.function.is_none_or(|function| !here.has_alone(function, there)));
            left.map(|point| lone(file, point)).collect::<Vec<_>>()
        };
        for (file, old_points) in old {
            let new_points = new.remove(&file).unwrap_or_default();
            let (mut in_old, mut in_new) = (vec![false; old_points.len()], vec![false; new_points.len()]);
            for (before, after) in align(&old_points, &new_points, lines) {
                let paired = [in_old.get_mut(before), in_new.get_mut(after)];
                paired.into_iter().flatten().for_each(|is_paired| *is_paired = true);
                let shift = shift(&old_points, &new_points, before, after);
                if shift != 0 {
                    positions.moved.entry(file).or_default().add(shift);
                }
            }
            positions.gone.extend(alone(file, &old_points, &in_old, a, b));
            positions.added.extend(alone(file, &new_points, &in_new, b, a));
        }
        for (file, points) in new {
            positions.added.extend(alone(file, &points, &vec![false; points.len()], b, a));
        }
        positions.added.sort_by_key(|lone| lone.file);
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

fn shift(old: &[Point<'_>], new: &[Point<'_>], before: usize, after: usize) -> i64 {
    let line = |points: &[Point<'_>], at: usize| points.get(at).map_or(0, |point| i64::from(point.line));
    line(new, after).saturating_sub(line(old, before))
}

/// How good an alignment is: how many pairs it has, how many of them moved like the pair before, and by how many lines
/// all of them moved.
type Score = (u32, u32, Reverse<u64>);

/// A pair that ends an alignment.
#[derive(Debug, Clone, Copy)]
struct Pair {
    before: usize,
    after: usize,
    score: Score,
    /// The pair that comes before it.
    previous: Option<usize>,
}

/// The pairs of the best alignment of the points of a file, which are in the order of their lines.
fn align(old: &[Point<'_>], new: &[Point<'_>], lines: bool) -> Vec<(usize, usize)> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut best = PrefixBest::new(new.len());
    // The newest pair of each shift.
    let mut by_shift: HashMap<i64, usize> = HashMap::new();
    for (before, mut candidates) in candidates(old, new, lines).into_iter().enumerate() {
        candidates.sort_unstable();
        candidates.dedup();
        let first = pairs.len();
        for after in candidates {
            let shift = shift(old, new, before, after);
            let score = |previous: Option<usize>, is_alike: bool| -> Score {
                let (pairs, alike, Reverse(distance)) = previous
                    .and_then(|previous| pairs.get(previous))
                    .map_or((0, 0, Reverse(0)), |previous| previous.score);
                let distance = distance.saturating_add(shift.unsigned_abs());
                (pairs.saturating_add(1), alike.saturating_add(is_alike.into()), Reverse(distance))
            };
            let is_before = |pair: &usize| pairs.get(*pair).is_some_and(|pair| pair.after < after);
            let alike = by_shift.get(&shift).copied().filter(is_before);
            let any = best.before(after);
            let is_alike = any.is_some_and(|any| Some(any) == alike);
            // What comes first moves like nothing before it if it does not move.
            let any = (score(any, is_alike || any.is_none() && shift == 0), any);
            let alike = alike.map(|alike| (score(Some(alike), true), Some(alike)));
            let (score, previous) = alike.into_iter().fold(any, Ord::max);
            pairs.push(Pair { before, after, score, previous });
        }
        for place in first..pairs.len() {
            if let Some(pair) = pairs.get(place) {
                best.add(pair.after, place, &pairs);
                by_shift.insert(shift(old, new, pair.before, pair.after), place);
            }
        }
    }
    let mut aligned = Vec::new();
    let mut next = best.before(new.len());
    while let Some(pair) = next.and_then(|place| pairs.get(place)) {
        aligned.push((pair.before, pair.after));
        next = pair.previous;
    }
    aligned.reverse();
    aligned
}

/// Of each old point, the new ones that may be the same.
fn candidates(old: &[Point<'_>], new: &[Point<'_>], lines: bool) -> Vec<Vec<usize>> {
    let mut candidates = vec![Vec::new(); old.len()];
    // What is at the same line is the same whatever its text.
    let here: HashMap<_, _> =
        new.iter().enumerate().map(|(place, point)| ((point.line, point.site.at_a_line()), place)).collect();
    for (point, candidates) in old.iter().zip(&mut candidates) {
        candidates.extend(here.get(&(point.line, point.site.at_a_line())));
    }
    if lines {
        return candidates;
    }
    let mut alike: HashMap<_, [Vec<usize>; 2]> = HashMap::new();
    for (side, points) in [old, new].into_iter().enumerate() {
        for (place, point) in points.iter().enumerate() {
            let sides = alike.entry(point.site.label()).or_default();
            sides.get_mut(side).into_iter().for_each(|places| places.push(place));
        }
    }
    for [here, there] in alike.values() {
        for (rank, before) in here.iter().enumerate() {
            let Some(candidates) = candidates.get_mut(*before) else { continue };
            if here.len() <= MOST_ALIKE && there.len() <= MOST_ALIKE {
                candidates.extend(there);
                continue;
            }
            // Counted from the first, and from the last.
            let from_last = rank.saturating_add(there.len()).checked_sub(here.len());
            for rank in [Some(rank), from_last].into_iter().flatten() {
                let near = there.iter().take(rank.saturating_add(NEAR).saturating_add(1));
                candidates.extend(near.skip(rank.saturating_sub(NEAR)));
            }
        }
    }
    candidates
}

/// The best pair of those whose new point is before some place: a Fenwick tree of maxima.
#[derive(Debug)]
struct PrefixBest {
    tree: Vec<Option<(Score, usize)>>,
}

impl PrefixBest {
    fn new(places: usize) -> Self {
        Self { tree: vec![None; places.saturating_add(1)] }
    }

    /// The best of those before this place.
    fn before(&self, mut place: usize) -> Option<usize> {
        let mut best = None;
        while place > 0 {
            best = best.max(self.tree.get(place).copied().flatten());
            place &= place.saturating_sub(1);
        }
        best.map(|(_, pair)| pair)
    }

    fn add(&mut self, place: usize, pair: usize, pairs: &[Pair]) {
        let Some(score) = pairs.get(pair).map(|pair| pair.score) else { return };
        let mut place = place.saturating_add(1);
        while let Some(best) = self.tree.get_mut(place) {
            // Of equal ones the first.
            if best.is_none_or(|(known, _)| known < score) {
                *best = Some((score, pair));
            }
            place = place.saturating_add(place & place.wrapping_neg());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::places::Site;
    use super::*;
    use crate::tally::Moment;
    use mbuf_trace::Kind;

    type Lines<'a> = &'a [(u32, &'a str)];
    type Pairs<'a> = &'a [(u32, u32)];

    /// Points of one file: a line and what is recorded there; `+f` is a call, `"words"` a constant text, anything else a
    /// text that may change, and nothing at all a position.
    fn points<'a>(lines: &'a [(u32, &'a str)], count: Count) -> Vec<Point<'a>> {
        let point = |(line, words): &(u32, &'a str)| {
            let text = |text: &'a str| Some(Text(text.as_bytes()));
            let (kind, function, text) = match (words.strip_prefix('+'), words.strip_prefix('"')) {
                (Some(function), _) => (Kind::Enter, text(function), None),
                (_, Some(words)) => (Kind::Static, None, text(words.trim_end_matches('"'))),
                _ if words.is_empty() => (Kind::Position, None, None),
                _ => (Kind::String, None, text(words)),
            };
            Point { line: *line, site: Site { kind, function, text }, count }
        };
        lines.iter().map(point).collect()
    }

    fn aligned(old: &[(u32, &str)], new: &[(u32, &str)]) -> Vec<(u32, u32)> {
        let at = Moment { file: 0, packet: 1, time: None };
        let count = Count { packets: 1, incomplete: 0, first: at, last: at };
        let pairs = align(&points(old, count), &points(new, count), false);
        pairs.into_iter().map(|(before, after)| (old[before].0, new[after].0)).collect()
    }

    #[test]
    fn lines_go_with_one_another() {
        for (old, new, pairs) in [
            (&[5][..], &[5][..], &[(5, 5)][..]),
            (&[5], &[8], &[(5, 8)]),
            // The shift of 3 makes a line fall on another one's old place.
            (&[100, 103], &[103, 106], &[(100, 103), (103, 106)]),
            // A new line among moved ones.
            (&[10, 20, 30], &[13, 23, 28, 33], &[(10, 13), (20, 23), (30, 33)]),
            (&[10, 20, 30], &[10, 30], &[(10, 10), (30, 30)]),
            (&[10], &[], &[]),
            // Of equally good shifts the smallest.
            (&[10], &[4, 11], &[(10, 11)]),
            (&[10, 20], &[5, 13, 23], &[(10, 13), (20, 23)]),
        ] {
            let points = |lines: &[u32]| lines.iter().map(|line| (*line, "+f")).collect::<Vec<_>>();
            assert_eq!(aligned(&points(old), &points(new)), pairs, "{old:?} {new:?}");
        }
    }

    #[test]
    fn only_what_is_the_same_moves_and_nothing_crosses() {
        let table: [(Lines<'_>, Lines<'_>, Pairs<'_>); 12] = [
            // Two trace points.
            (&[(10, "+f")], &[(12, "+g")], &[]),
            (&[(10, "\"old check\"")], &[(12, "\"new check\"")], &[]),
            (&[(10, "old check")], &[(12, "new check")], &[]),
            (&[(10, "\"48\"")], &[(12, "\"60\"")], &[]),
            // A constant that is another one at the same line is another trace point; a text may have been made.
            (&[(10, "\"old check\"")], &[(10, "\"new check\"")], &[]),
            (&[(10, "state NEW")], &[(10, "state OLD")], &[(10, 10)]),
            (&[(10, "len 48")], &[(12, "len 60")], &[(10, 12)]),
            // What changed places is no move, and what stayed is none either.
            (&[(10, "+f"), (20, "+g")], &[(10, "+g"), (20, "+f")], &[(10, 20)]),
            (
                &[(10, "+f"), (20, "+g"), (30, "+h")],
                &[(5, "+g"), (10, "+f"), (30, "+h")],
                &[(10, 10), (30, 30)],
            ),
            // A position that would cross a function.
            (
                &[(10, ""), (300, "+f"), (500, ""), (900, "")],
                &[(10, ""), (200, ""), (300, "+f"), (900, "")],
                &[(10, 10), (300, 300), (900, 900)],
            ),
            (
                &[(10, "+f"), (15, "\"a\""), (20, "\"b\"")],
                &[(13, "+f"), (17, "\"b\""), (18, "\"a\"")],
                &[(10, 13), (15, 18)],
            ),
            // One that is gone at the beginning, and one that is new at the end.
            (
                &[(10, ""), (20, ""), (25, "+f"), (30, "")],
                &[(20, ""), (25, "+f"), (30, ""), (40, "")],
                &[(20, 20), (25, 25), (30, 30)],
            ),
        ];
        for (old, new, pairs) in table {
            assert_eq!(aligned(old, new), pairs, "{old:?} {new:?}");
        }
    }

    #[test]
    fn more_alike_than_are_tried_with_each_other() {
        let lines =
            |range: std::ops::Range<u32>, by: u32| range.map(|n| (n * 10 + by, "")).collect::<Vec<_>>();
        let moved = aligned(&lines(0..1000, 0), &lines(0..1000, 7));
        assert_eq!(moved, (0..1000).map(|n| (n * 10, n * 10 + 7)).collect::<Vec<_>>());
        // Some are gone somewhere.
        let mut fewer = lines(0..1000, 7);
        fewer.drain(500..503);
        let moved = aligned(&lines(0..1000, 0), &fewer);
        assert_eq!(moved.len(), 997);
        assert!(moved.iter().all(|(before, after)| before + 7 == *after));
    }
}
