//! The answer as JSON: an object a key, each on a line of its own, and one at the end that tells what was met.

use super::accumulator::Accumulator;
use super::answer::Line;
use super::distribution::Distribution;
use super::key::{Shown, instant};
use super::plan::Aggregate;
use super::quantity::Unit;
use super::table::Table;
use super::{Counts, Statistics};
use crate::json;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use std::io::{self, Write};

/// What a file of these objects is.
const SCHEMA: &str = "mbuf_trace.stats/1";

#[derive(Serialize)]
struct RowJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<IntervalJson>,
    /// Whether its packets came after the interval was written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
    by: Keys<'a>,
    results: Results<'a>,
}

/// The interval of a row: its number, and its first instant.
#[derive(Serialize)]
struct IntervalJson {
    number: i128,
    begin: String,
}

#[derive(Serialize)]
struct Last {
    schema: &'static str,
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    keys: usize,
    #[serde(flatten)]
    counts: Counts,
}

struct Keys<'a>(&'a Statistics, &'a Line<'a>);
struct Results<'a>(&'a Statistics, &'a Line<'a>);
struct ResultJson<'a>(&'a Aggregate, Option<&'a Accumulator>);
struct Buckets<'a>(&'a Aggregate, &'a Distribution);

/// The values of a bucket: `from` ≤ value ≤ `to`; without one, there is no bound.
#[derive(Serialize)]
struct Bucket {
    from: Option<i128>,
    to: Option<i128>,
    count: u64,
}

impl Statistics {
    /// Writes the answer, or what is left of it, sorted by the first function.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        self.rows(out, &self.table, false)?;
        self.rows(out, &self.late, true)?;
        let rows = self.table.len().saturating_add(self.late.len());
        let summary = Summary { keys: self.written.keys.saturating_add(rows), counts: self.counts() };
        json::write(out, &Last { schema: SCHEMA, summary })?;
        out.write_all(b"\n")
    }

    /// Writes the intervals before this one, and forgets them; see [`ends`](Self::ends).
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_ended_json(&mut self, out: &mut impl Write, until: i128) -> io::Result<()> {
        self.rows(out, &self.table, false)?;
        self.forget(until);
        Ok(())
    }

    fn rows(&self, out: &mut impl Write, table: &Table, late: bool) -> io::Result<()> {
        for line in &self.lines(table, 0) {
            let interval = line.interval.zip(self.plan.options.interval).map(|(number, interval)| {
                let start = self.start.map_or(0, |start| start.nanoseconds().0);
                let begin = instant(start.saturating_add(interval.begin(number))).to_string();
                IntervalJson { number, begin }
            });
            let row = RowJson { interval, late, by: Keys(self, line), results: Results(self, line) };
            json::write(out, &row)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(statistics, line) = self;
        let mut map = serializer.serialize_map(Some(line.values.len()))?;
        for (key, value) in statistics.plan.keys.iter().zip(&line.values) {
            map.serialize_entry(&key.name, &Shown { key, value: *value })?;
        }
        map.end()
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(statistics, line) = self;
        let aggregates = &statistics.plan.aggregates;
        let mut map = serializer.serialize_map(Some(aggregates.len()))?;
        for (place, aggregate) in aggregates.iter().enumerate() {
            map.serialize_entry(&aggregate.name, &ResultJson(aggregate, line.cell(place)))?;
        }
        map.end()
    }
}

impl Serialize for ResultJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(aggregate, cell) = self;
        match cell {
            Some(Accumulator::Count(count)) => serializer.serialize_u64(*count),
            Some(Accumulator::Sum(sum)) => serializer.serialize_i128(sum.sum),
            Some(Accumulator::Average(sum)) => serializer.serialize_f64(sum.average()),
            Some(Accumulator::Min(Some(value)) | Accumulator::Max(Some(value))) => match aggregate.unit {
                Unit::Plain | Unit::Nanoseconds => serializer.serialize_i128(*value),
                Unit::Instant => serializer.collect_str(&instant(*value)),
            },
            Some(Accumulator::Distribution(distribution)) => {
                Buckets(aggregate, distribution).serialize(serializer)
            }
            // A count of nothing is known, a smallest value of nothing is not.
            None if matches!(aggregate.function, super::plan::Function::Count) => serializer.serialize_u64(0),
            Some(Accumulator::Min(None) | Accumulator::Max(None)) | None => serializer.serialize_none(),
        }
    }
}

impl Serialize for Buckets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(aggregate, distribution) = self;
        let mut list = serializer.serialize_seq(None)?;
        for (bucket, count) in distribution.buckets() {
            let (from, to) = match aggregate.function.linear() {
                Some(linear) => linear.bounds(bucket),
                None => Distribution::power_of_two_bounds(bucket),
            };
            list.serialize_element(&Bucket { from, to, count })?;
        }
        list.end()
    }
}
