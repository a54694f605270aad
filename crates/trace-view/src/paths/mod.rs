//! The ways that packets took: which there are, how many packets took each, and where they part.
//!
//! Memory grows with the number of different paths, not with that of packets, up to a bound behind which new
//! paths are only counted together.

mod json;
mod step;
mod text;
mod tree;

pub use step::Steps;

pub(crate) use json::{StepList, joined};
use step::PathWriter;
pub(crate) use step::{Path, write_words};

use crate::incomplete::Incomplete;
use crate::tally::{Count, GroupBy, Groups, Look, Moment, Tally};
use std::io::{self, Write};
use trace_fields::{Field, Subject};

/// Gathers paths, packet after packet.
#[derive(Debug, Default)]
pub struct Paths {
    steps: Steps,
    by: GroupBy,
    writer: PathWriter,
    key: Vec<u8>,
    tally: Tally,
    incomplete: Incomplete,
    without_trace: u64,
}

impl Paths {
    /// Paths made of these steps, apart by these fields.
    #[must_use]
    pub fn new(steps: Steps, by: GroupBy) -> Self {
        Self { steps, by, ..Self::default() }
    }

    /// Keeps no more of them than fit into so many bytes.
    pub(crate) fn in_room(self, room: usize) -> Self {
        Self { tally: Tally::with_room(room), ..self }
    }

    /// Counts a packet. One that is no trace has no path.
    pub fn add(&mut self, subject: &Subject<'_>, at: Moment) {
        let Some(trace) = subject.trace() else {
            self.without_trace = self.without_trace.saturating_add(1);
            return;
        };
        self.key.clear();
        self.by.write(subject, &mut self.key);
        self.writer.write(self.steps, trace, &mut self.key);
        self.tally.add_trace(&self.key, at, trace.is_incomplete());
        self.incomplete.add(trace);
    }

    /// What was gathered, in order: groups and paths with more packets first.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        let steps = self.steps;
        let ranked = |key, count| Ranked { id: 0, path: Path::new(key), count };
        let mut groups = Groups::new(&self.tally, self.by.fields().len(), ranked);
        let mut id = 0_usize;
        for group in &mut groups.0 {
            // By their words among equals, so that the order of the packets changes nothing.
            group.members.sort_by(|a, b| {
                b.count
                    .packets
                    .cmp(&a.count.packets)
                    .then_with(|| a.path.steps(steps).cmp(b.path.steps(steps)))
            });
            for ranked in &mut group.members {
                id = id.saturating_add(1);
                ranked.id = id;
            }
        }
        Report { gathered: self, groups, paths: id }
    }

    pub(crate) const fn steps(&self) -> Steps {
        self.steps
    }

    pub(crate) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many traces lack events.
    pub(crate) const fn incomplete(&self) -> &Incomplete {
        &self.incomplete
    }
}

/// A path with its place in the order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked<'a> {
    /// Its number, from 1.
    pub(crate) id: usize,
    pub(crate) path: Path<'a>,
    pub(crate) count: &'a Count,
}

/// What was gathered, to be shown.
#[derive(Debug)]
pub struct Report<'a> {
    gathered: &'a Paths,
    groups: Groups<'a, Ranked<'a>>,
    paths: usize,
}

impl Report<'_> {
    /// How many different paths are in it.
    #[must_use]
    pub const fn paths(&self) -> usize {
        self.paths
    }

    /// Packets that are only in the sum: the memory set aside was full when their path came up first.
    #[must_use]
    pub const fn others(&self) -> u64 {
        self.gathered.tally.others()
    }

    /// The first packet that took the path of this number.
    #[must_use]
    pub fn example(&self, id: usize) -> Option<Moment> {
        self.ranked(id).map(|(_, ranked)| ranked.count.first)
    }

    fn ranked(&self, id: usize) -> Option<(u64, &Ranked<'_>)> {
        let mut before = 0_usize;
        for group in &self.groups.0 {
            let place = id.checked_sub(before)?.checked_sub(1)?;
            if let Some(ranked) = group.members.get(place) {
                return Some((group.packets, ranked));
            }
            before = before.saturating_add(group.members.len());
        }
        None
    }

    fn fields(&self) -> &[&'static Field] {
        self.gathered.by.fields()
    }

    /// Writes the `top` most frequent paths of each group, and where they part.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_text(&self, out: &mut impl Write, look: &Look, top: usize) -> io::Result<()> {
        text::write(out, self, look, top)
    }

    /// Writes one path step by step; nothing if there is none of this number.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_path(&self, out: &mut impl Write, look: &Look, id: usize) -> io::Result<()> {
        text::write_path(out, self, look, id)
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
