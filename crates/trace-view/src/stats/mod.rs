//! Counts, sums and distributions of fields by fields, as DTrace's aggregations have them.
//!
//! | DTrace | here |
//! |---|---|
//! | `@[args[2]->ip_saddr] = count()` | by `ip.src`, `count` |
//! | `@[args[2]->ip_daddr] = quantize(args[2]->ip_plength)` | by `ip.dst`, `quantize(ip.len - ip.hdr_len)` |
//!
//! # What a row is
//!
//! A packet makes one row; with a field of events among the keys, each event that has all of them makes one, as
//! a probe fires. Fields of snapshots are those of the newest snapshot, and in it of the outermost header that
//! has them; with [`Options::all_snapshots`], each snapshot that repeats no earlier one makes a row. A key with
//! several values in a row, like `ip.addr`, makes a row of each different one. A row without a value for one
//! of the keys does not count.
//!
//! A function takes the number that its argument has in the row. In a row of a whole packet, an argument of
//! events gives the number of each event.
//!
//! # Intervals
//!
//! With [`Options::as_they_end`], an interval is written when a packet of a later one comes, or when the clock says that
//! it is over ([`Statistics::ends_by_clock`]), and forgotten: what a live capture is watched with. A packet of an interval that has been written makes rows that are written at the end, apart.
//!
//! # Bounds
//!
//! Numbers have 128 bits; what does not fit is left out and told. Keys are kept in at most 48 MiB; what needs
//! more is left out and told, and the keys that are there go on counting.

mod accumulator;
mod answer;
mod distribution;
mod gather;
mod interval;
mod json;
mod key;
mod plan;
mod quantity;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use interval::Interval;
pub use plan::{Options, Plan};

use crate::incomplete::Incomplete;
use accumulator::{Accumulator, NotTaken};
use capture_file::{LinkType, Timestamp};
use gather::{Gathered, Row, Snapshot};
use key::KeyValue;
use mbuf_trace::Link;
use quantity::OutOfRange;
use std::ops::ControlFlow;
use std::time::Duration;
use table::Table;
use thiserror::Error;
use trace_fields::{PacketView, Scratch, Subject};
use trace_filter::FilterError;

/// Why a plan cannot be made.
#[derive(Debug, Error)]
pub enum StatsError {
    /// A text does not follow the grammar of filters, or names a field that does not exist.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// Things that do not go together, in words.
    #[error("{0}")]
    Type(String),
}

/// The answer to a [`Plan`], packet by packet.
#[derive(Debug)]
pub struct Statistics {
    plan: Plan,
    table: Table,
    /// Rows of intervals that were written before.
    late: Table,
    /// The interval that is being gathered, where each is written as it ends.
    current: Option<i128>,
    /// The latest time of a packet, where each interval is written as it ends.
    latest: Option<Timestamp>,
    written: Written,
    /// When the capture's first packet with a time was captured.
    start: Option<Timestamp>,
    counts: Counts,
    gathered: Gathered,
    scratch: Scratch,
}

/// What has been written of an answer that is written interval by interval.
#[derive(Debug, Clone, Default)]
struct Written {
    /// Whether the line above all others was.
    heading: bool,
    /// What stands between the last function and the next one.
    between: &'static str,
    /// Of each function the first interval that has not been, once one was.
    next: Vec<Option<i128>>,
    /// How wide the columns were.
    widths: Vec<usize>,
    /// How many rows.
    keys: usize,
    /// Whether intervals in which there was nothing are left out.
    no_empty: bool,
}

/// What was met, and what was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Packets that were looked at.
    pub packets: u64,
    /// Rows that they made.
    pub rows: u64,
    /// Packets that made no row, because they have no value for one of the keys.
    pub packets_without_keys: u64,
    /// Packets that belong to no interval, because they have no time.
    pub packets_without_time: u64,
    /// Packets that came after their interval was written; their rows are at the end.
    #[serde(skip_serializing_if = "is_none")]
    pub packets_late: u64,
    /// Values that are divisions by zero, or too large for 128 bits, and sums that are.
    pub values_out_of_range: u64,
    /// Rows, or values of distributions, for which there was no memory.
    pub left_out: u64,
    /// Packets of which only the first rows were taken, because they have so many.
    pub packets_with_too_many_rows: u64,
    /// Traces that lack events: what is counted of these may be too little.
    #[serde(flatten)]
    pub incomplete: Incomplete,
}

impl Statistics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self::with_room(plan, table::MOST_BYTES)
    }

    fn with_room(plan: Plan, room: usize) -> Self {
        let new_row: Vec<Accumulator> =
            plan.aggregates.iter().map(|aggregate| aggregate.function.accumulator()).collect();
        let late = if plan.options.as_they_end { room / 4 } else { 0 };
        Self {
            plan,
            table: Table::new(new_row.clone(), room.saturating_sub(late)),
            late: Table::new(new_row, late),
            current: None,
            latest: None,
            written: Written::default(),
            start: None,
            counts: Counts::default(),
            gathered: Gathered::default(),
            scratch: Scratch::default(),
        }
    }

    /// What was met, and what was left out.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            values_out_of_range: self.counts.values_out_of_range.saturating_add(self.gathered.out_of_range),
            ..self.counts
        }
    }

    /// The interval that a packet is in, if it ends the ones before, which are then to be written: with
    /// [`write_ended_text`](Self::write_ended_text) or [`write_ended_json`](Self::write_ended_json), before the packet
    /// is counted. It may be one that is not counted at all.
    pub fn ends(&mut self, packet: &PacketView<'_>) -> Option<i128> {
        if !self.plan.options.as_they_end {
            return None;
        }
        let number = self.interval(packet)?;
        self.latest = self.latest.max(packet.time);
        let current = *self.current.get_or_insert(number);
        (number > current).then_some(number)
    }

    /// The same by the clock: the interval that it is now, so long after the latest packet came.
    #[must_use]
    pub fn ends_by_clock(&self, since: Duration) -> Option<i128> {
        let (interval, start) = self.plan.options.interval.zip(self.start)?;
        let (latest, current) = self.latest.zip(self.current)?;
        let behind = latest.nanoseconds().0.saturating_sub(start.nanoseconds().0);
        let now = behind.saturating_add_unsigned(since.as_nanos());
        Some(interval.number(now)).filter(|number| *number > current)
    }

    /// The number of a packet's interval.
    fn interval(&mut self, packet: &PacketView<'_>) -> Option<i128> {
        let (interval, time) = self.plan.options.interval.zip(packet.time)?;
        // From the first packet of the capture on, whether it is looked at or not.
        let first = packet.earlier.first.unwrap_or(time);
        let start = self.start.get_or_insert(first).nanoseconds().0;
        Some(interval.number(time.nanoseconds().0.saturating_sub(start)))
    }

    /// Forgets the intervals before this one, which have been written.
    fn forget(&mut self, until: i128) {
        self.written.keys = self.written.keys.saturating_add(self.table.len());
        self.table.clear();
        self.current = Some(until);
    }

    /// Counts a packet.
    pub fn add(&mut self, subject: &Subject<'_>) {
        increase(&mut self.counts.packets);
        if let Some(trace) = subject.trace() {
            self.counts.incomplete.add(trace);
        }
        let mut prefix = Vec::new();
        let mut is_late = false;
        if self.plan.options.interval.is_some() {
            let Some(number) = self.interval(subject.packet()) else {
                increase(&mut self.counts.packets_without_time);
                return;
            };
            is_late = self.current.is_some_and(|current| number < current);
            KeyValue::Number(number).write(&mut prefix);
        }
        let before = self.counts.rows;
        self.gathered.packet(&self.plan, subject, &mut self.scratch);
        if self.plan.options.all_snapshots && self.plan.asks_snapshots() && subject.trace().is_some() {
            let mut scratch = std::mem::take(&mut self.scratch);
            let _ = subject.visit_packets(&mut scratch, &mut |bytes, link| {
                self.snapshot(Some(Snapshot::whole(bytes, link)), &prefix, is_late);
                ControlFlow::Continue(())
            });
            self.scratch = scratch;
        } else {
            self.snapshot(primary(subject), &prefix, is_late);
        }
        if self.counts.rows == before {
            increase(&mut self.counts.packets_without_keys);
        } else if is_late {
            increase(&mut self.counts.packets_late);
        }
    }

    /// Counts the rows that a snapshot makes, or the packet if nothing is asked of snapshots.
    fn snapshot(&mut self, snapshot: Option<Snapshot<'_>>, prefix: &[u8], is_late: bool) {
        let Self { plan, table, late, counts, gathered, .. } = self;
        let table = if is_late { late } else { table };
        gathered.snapshot(plan, snapshot);
        let complete = gathered.rows(plan, prefix, &mut |gathered, row| {
            increase(&mut counts.rows);
            add_row(plan, table, counts, gathered, &row);
        });
        if !complete {
            increase(&mut counts.packets_with_too_many_rows);
        }
    }
}

/// What Wireshark dissects as the packet: the newest snapshot, or the packet itself where it is no trace.
fn primary<'a>(subject: &Subject<'a>) -> Option<Snapshot<'a>> {
    if let Some(trace) = subject.trace() {
        return gather::newest_snapshot(trace, subject);
    }
    let packet = subject.packet();
    let link = match packet.link_type {
        LinkType::ETHERNET => Link::Ethernet,
        LinkType::RAW => Link::Ip,
        _ => return None,
    };
    let length = usize::try_from(packet.original_len).unwrap_or(packet.data.len());
    Some(Snapshot { bytes: packet.data, length, link })
}

fn add_row(plan: &Plan, table: &mut Table, counts: &mut Counts, gathered: &Gathered, row: &Row<'_>) {
    let Some((cells, room)) = table.row(row.key) else {
        increase(&mut counts.left_out);
        return;
    };
    for (aggregate, cell) in plan.aggregates.iter().zip(cells) {
        let linear = aggregate.function.linear();
        let mut add = |cell: &mut Accumulator, value: Result<Option<i128>, OutOfRange>| {
            let taken = match value {
                Ok(Some(value)) => cell.add(value, linear, room),
                Ok(None) => Ok(()),
                Err(OutOfRange) => Err(NotTaken::Overflow),
            };
            match taken {
                Ok(()) => {}
                Err(NotTaken::Overflow) => increase(&mut counts.values_out_of_range),
                Err(NotTaken::NoRoom) => increase(&mut counts.left_out),
            }
        };
        match &aggregate.argument {
            None => add(cell, Ok(Some(1))),
            Some(argument) if aggregate.is_of_event && row.step.is_none() => {
                for step in gathered.steps(argument) {
                    add(cell, gathered.value(argument, Some(step)));
                }
            }
            Some(argument) => add(cell, gathered.value(argument, row.step)),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

fn increase(count: &mut u64) {
    *count = count.saturating_add(1);
}
