//! How two captures differ: what became of their packets and why, which paths only one has, whose share changed by more
//! than chance, and which functions and source positions are gone or new.

mod ends;
mod json;
mod moves;
mod places;
mod returns;
mod rows;
mod significance;
#[cfg(test)]
mod tests;
mod text;

use crate::paths::{Path, Paths, Steps};
use crate::tally::{Count, GroupBy, Items, Look, MOST_BYTES, Moment, Tally};
use ends::Ends;
use mbuf_trace::{Revision, Text};
use moves::Positions;
use places::Places;
use returns::Returns;
use rows::{Rows, Table};
use std::cmp::Ordering;
use std::io::{self, Write};
use trace_fields::Subject;

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The share of chance among the changed shares that are reported (false discovery rate): 0.01.
    pub significance: f64,
    /// Whether a source line that moved is a difference.
    pub lines: bool,
    /// Whether a path, fate, end or reason that only one capture has must pass the test, too. Functions and positions are
    /// then reported, but are no difference.
    pub only_significant: bool,
}

/// One of the captures.
#[derive(Debug)]
pub struct Side {
    paths: Paths,
    ends: Ends,
    /// Only where paths are made of events.
    returns: Option<Returns>,
    places: Places,
    /// Those of its traces.
    revisions: Vec<Revision>,
}

impl Side {
    /// A capture of which nothing was seen yet.
    #[must_use]
    pub fn new(steps: Steps) -> Self {
        // Half of the memory for either side; of that, so many sixteenths for each sort.
        let room = |sixteenths| (MOST_BYTES / 32).saturating_mul(sixteenths);
        Self {
            paths: Paths::new(steps, GroupBy::default()).in_room(room(5)),
            ends: Ends::in_room(room(4)),
            returns: (steps != Steps::Functions).then(|| Returns::in_room(room(2))),
            places: Places::in_room(room(5)),
            revisions: Vec::new(),
        }
    }

    /// Counts a packet.
    pub fn add(&mut self, subject: &Subject<'_>, at: Moment) {
        self.paths.add(subject, at);
        let Some(trace) = subject.trace() else { return };
        let revision = trace.revision();
        if !self.revisions.contains(&revision) {
            self.revisions.push(revision);
        }
        self.ends.add(trace, at);
        if let Some(returns) = &mut self.returns {
            returns.add(trace, at);
        }
        trace.events_in_wire_order().for_each(|event| self.places.add(&event.read(), revision, at));
    }

    fn packets(&self) -> u64 {
        self.paths.tally().packets()
    }

    /// Traces that lack events.
    const fn incomplete(&self) -> u64 {
        self.paths.incomplete().traces
    }

    fn overflowed(&self) -> bool {
        let returns = self.returns.as_ref().is_some_and(Returns::overflowed);
        self.paths.tally().others() > 0 || self.ends.overflowed() || self.places.overflowed() || returns
    }
}

/// Two captures compared.
#[derive(Debug)]
pub struct Difference<'a> {
    sides: [&'a Side; 2],
    options: Options,
    /// Whether only what every revision records was compared, because the captures have different ones.
    is_common: bool,
    fates: Rows<'a>,
    ends: Rows<'a>,
    reasons: Rows<'a>,
    returned: Rows<'a>,
    paths: Rows<'a>,
    functions_gone: Vec<(Text<'a>, &'a Count)>,
    functions_added: Vec<(Text<'a>, &'a Count)>,
    positions: Positions<'a>,
}

impl<'a> Difference<'a> {
    /// Compares two captures.
    #[must_use]
    pub fn new(a: &'a Side, b: &'a Side, options: Options) -> Self {
        let revisions = || a.revisions.iter().chain(&b.revisions);
        let is_common = revisions().any(|revision| Some(revision) != revisions().next());
        // The earlier ones record the same of ends.
        let are_ends_common = is_common && revisions().any(|revision| *revision == Revision::Four);
        let tables = [a, b].map(|side| side.ends.tables(are_ends_common));
        let wholes = [a, b].map(|side| move |_: &[u8]| side.packets());
        let [whole_a, whole_b] = &wholes;
        let of_ends = |tallies: [&'a Tally; 2]| {
            let table = |tally, whole, unknown| Table { tally, whole, unknown, incomplete: 0 };
            let [in_a, in_b] = tallies;
            let [of_a, of_b] = tables.map(|table| table.unrecorded);
            let sides = [table(in_a, whole_a as _, of_a), table(in_b, whole_b as _, of_b)];
            Rows::compare(sides, &options, true, items)
        };
        let path = |side: &'a Side, whole| Table {
            tally: side.paths.tally(),
            whole,
            unknown: 0,
            incomplete: side.incomplete(),
        };
        let steps = a.paths.steps();
        let by_steps =
            |one: &[u8], other: &[u8]| Path::new(one).steps(steps).cmp(Path::new(other).steps(steps));
        let returned = match (&a.returns, &b.returns) {
            (Some(in_a), Some(in_b)) => {
                let wholes = [in_a, in_b].map(|returns| move |key: &[u8]| returns.of(key));
                let table = |returns: &'a Returns, whole, side: &Side| Table {
                    tally: returns.values(),
                    whole,
                    unknown: 0,
                    incomplete: side.incomplete(),
                };
                let [of_a, of_b] = &wholes;
                // A value may be of one packet only, as a length is: it has to pass the test.
                Rows::compare([table(in_a, of_a, a), table(in_b, of_b, b)], &options, false, items)
            }
            _ => Rows::default(),
        };
        Self {
            sides: [a, b],
            options,
            is_common,
            fates: of_ends(tables.map(|table| &table.fates)),
            ends: of_ends(tables.map(|table| &table.ends)),
            reasons: of_ends(tables.map(|table| &table.reasons)),
            returned,
            paths: Rows::compare([path(a, whole_a), path(b, whole_b)], &options, true, by_steps),
            functions_gone: a.places.functions_only_here(&b.places),
            functions_added: b.places.functions_only_here(&a.places),
            positions: Positions::compare(&a.places, &b.places, options.lines, is_common),
        }
    }

    /// All that is compared by shares.
    fn compared(&self) -> [&Rows<'a>; 5] {
        [&self.fates, &self.ends, &self.reasons, &self.returned, &self.paths]
    }

    /// Whether there is any difference.
    #[must_use]
    pub fn differs(&self) -> bool {
        let functions = !(self.functions_gone.is_empty() && self.functions_added.is_empty());
        let positions = !(self.positions.gone.is_empty() && self.positions.added.is_empty());
        let shares = self.compared().iter().any(|rows| rows.differ());
        shares || !self.options.only_significant && (functions || positions)
    }

    /// How many fates, ends and reasons may differ, which cannot be told because not all ends were recorded.
    fn undecided(&self) -> u64 {
        self.compared().iter().map(|rows| rows.undecided).fold(0, u64::saturating_add)
    }

    /// Whether fates, ends or reasons may differ, which cannot be told because too many traces lack their ends.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.undecided() > 0
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
        self.sides.iter().any(|side| side.overflowed())
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

/// The order of keys by their items.
fn items(one: &[u8], other: &[u8]) -> Ordering {
    Items::new(one).cmp(Items::new(other))
}
