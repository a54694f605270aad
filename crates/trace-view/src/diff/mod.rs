//! How the paths of two captures differ: which only one has, whose share changed by more than chance, and
//! which functions and source positions are gone or new.

mod json;
mod places;
mod significance;
mod text;

use crate::paths::{Path, Paths, Steps};
use crate::tally::{Count, GroupBy, Look, MOST_BYTES, Moment};
use mbuf_trace::Text;
use places::{Places, Positions};
use std::io::{self, Write};
use trace_fields::Subject;

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The share of chance among the changed shares that are reported (false discovery rate): 0.01.
    pub significance: f64,
    /// Whether a source line that moved is a difference.
    pub lines: bool,
    /// Whether a path that only one capture has must pass the test, too. Functions and positions are then told,
    /// but are no difference.
    pub only_significant: bool,
}

/// One of the captures.
#[derive(Debug)]
pub struct Side {
    paths: Paths,
    places: Places,
}

impl Side {
    /// A capture of which nothing was seen yet.
    #[must_use]
    pub fn new(steps: Steps) -> Self {
        // Half of the memory for either side; of that, half for paths.
        let paths = Paths::new(steps, GroupBy::default()).in_room(MOST_BYTES / 4);
        Self { paths, places: Places::in_room(MOST_BYTES / 4) }
    }

    /// Counts a packet.
    pub fn add(&mut self, subject: &Subject<'_>, at: Moment) {
        self.paths.add(subject, at);
        let events = subject.trace().into_iter().flat_map(mbuf_trace::Trace::events_in_wire_order);
        events.for_each(|event| self.places.add(&event.read(), at));
    }

    fn packets(&self) -> u64 {
        self.paths.tally().packets()
    }
}

/// A path in both captures.
#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    path: Path<'a>,
    a: Option<&'a Count>,
    b: Option<&'a Count>,
    probability: f64,
    /// Adjusted for the number of paths.
    adjusted: f64,
}

impl Row<'_> {
    fn packets(&self) -> (u64, u64) {
        (self.a.map_or(0, |count| count.packets), self.b.map_or(0, |count| count.packets))
    }
}

/// Two captures compared.
#[derive(Debug)]
pub struct Difference<'a> {
    sides: [&'a Side; 2],
    options: Options,
    /// Paths that only the first has, most packets first.
    gone: Vec<Row<'a>>,
    added: Vec<Row<'a>>,
    /// Paths whose share changed, the largest change first.
    changed: Vec<Row<'a>>,
    /// Paths that are the same as far as can be told.
    same: u64,
    functions_gone: Vec<(Text<'a>, &'a Count)>,
    functions_added: Vec<(Text<'a>, &'a Count)>,
    positions: Positions<'a>,
}

impl<'a> Difference<'a> {
    /// Compares two captures.
    #[must_use]
    pub fn new(a: &'a Side, b: &'a Side, options: Options) -> Self {
        let (mut gone, mut added, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        let mut same = 0_u64;
        let total = (a.packets(), b.packets());
        for row in rows(a, b) {
            let is_significant = row.adjusted <= options.significance;
            let list = match (row.a, row.b) {
                (_, None) if is_significant || !options.only_significant => &mut gone,
                (None, _) if is_significant || !options.only_significant => &mut added,
                (Some(_), Some(_)) if is_significant => &mut changed,
                _ => {
                    same = same.saturating_add(1);
                    continue;
                }
            };
            list.push(row);
        }
        let steps = a.paths.steps();
        let by_words = |one: &Row<'_>, other: &Row<'_>| one.path.steps(steps).cmp(other.path.steps(steps));
        let most = |row: &Row<'_>| std::cmp::Reverse(row.packets().0.max(row.packets().1));
        for list in [&mut gone, &mut added] {
            list.sort_by(|one, other| most(one).cmp(&most(other)).then_with(|| by_words(one, other)));
        }
        let change = |row: &Row<'_>| {
            let (in_a, in_b) = row.packets();
            (in_b as f64 / total.1 as f64 - in_a as f64 / total.0 as f64).abs()
        };
        changed
            .sort_by(|one, other| change(other).total_cmp(&change(one)).then_with(|| by_words(one, other)));
        Self {
            sides: [a, b],
            options,
            gone,
            added,
            changed,
            same,
            functions_gone: a.places.functions_only_here(&b.places),
            functions_added: b.places.functions_only_here(&a.places),
            positions: Positions::compare(&a.places, &b.places, options.lines),
        }
    }

    /// Whether there is any difference.
    #[must_use]
    pub fn differs(&self) -> bool {
        let paths = !(self.gone.is_empty() && self.added.is_empty() && self.changed.is_empty());
        let functions = !(self.functions_gone.is_empty() && self.functions_added.is_empty());
        let positions = !(self.positions.gone.is_empty() && self.positions.added.is_empty());
        paths || !self.options.only_significant && (functions || positions)
    }

    /// Whether both have a trace. Otherwise it says nothing that there is no difference.
    #[must_use]
    pub fn is_comparable(&self) -> bool {
        self.sides.iter().all(|side| side.packets() > 0)
    }

    /// Whether something was more than there was room for, so that what seems to be only in one capture may
    /// be in the other one, too, and what differs may have been left out.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.sides.iter().any(|side| side.paths.tally().others() > 0 || side.places.overflowed())
    }

    /// Writes at most `top` paths, functions and positions of each sort.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_text(&self, out: &mut impl Write, look: &Look, top: usize) -> io::Result<()> {
        text::write(out, self, look, top)
    }

    /// Writes everything as one JSON object on one line.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_json(&self, out: &mut impl Write, files: &[String], top: usize) -> io::Result<()> {
        json::write(out, self, files, top)
    }
}

/// All paths of both captures, tested.
fn rows<'a>(a: &'a Side, b: &'a Side) -> Vec<Row<'a>> {
    let (here, there) = (a.paths.tally(), b.paths.tally());
    let row = |key: &'a [u8], a: Option<&'a Count>, b: Option<&'a Count>| {
        let mut row = Row { path: Path::new(key), a, b, probability: 1.0, adjusted: 1.0 };
        let (in_a, in_b) = row.packets();
        row.probability = significance::probability(in_a, here.packets(), in_b, there.packets());
        row
    };
    let of_a = here.iter().map(|(key, count)| row(key, Some(count), there.get(key)));
    let only_b = there.iter().filter(|(key, _)| here.get(key).is_none());
    let mut rows: Vec<_> = of_a.chain(only_b.map(|(key, count)| row(key, None, Some(count)))).collect();
    let probabilities: Vec<f64> = rows.iter().map(|row| row.probability).collect();
    for (row, adjusted) in rows.iter_mut().zip(significance::adjusted(&probabilities)) {
        row.adjusted = adjusted;
    }
    rows
}
