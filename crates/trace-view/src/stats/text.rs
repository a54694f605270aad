//! The answer as DTrace prints aggregations: a line a key, the highest result last.

use super::accumulator::Accumulator;
use super::answer::Line;
use super::distribution::Picture;
use super::key::{Shown, instant};
use super::plan::{Aggregate, Function, Key, KeySource};
use super::quantity::Unit;
use super::table::Table;
use super::{Statistics, Written};
use std::io::{self, Write};
use trace_fields::FieldType;

/// Empty intervals that are shown one by one; of more in a row, only how many.
const MOST_EMPTY: i128 = 1000;
/// How wide a column gets for long values.
const WIDEST: usize = 100;
/// How wide DTrace makes the column of its only text.
const ONLY_TEXT: usize = 50;

/// How the values of a key stand below each other.
#[derive(Debug, Clone, Copy)]
struct Column {
    width: usize,
    right: bool,
}

impl Statistics {
    /// Writes the answer, or what is left of it: for each function a line a key, or a distribution a key.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let mut written = self.written.clone();
        self.block(out, &self.table, &mut written, None)?;
        if self.late.len() > 0 {
            writeln!(out, "\nof packets that came after their interval was written:\n")?;
            let mut written = Written { heading: true, no_empty: true, ..Written::default() };
            self.block(out, &self.late, &mut written, None)?;
        }
        Ok(())
    }

    /// Writes the intervals before this one, and forgets them; see [`ends`](Self::ends).
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_ended_text(&mut self, out: &mut impl Write, until: i128) -> io::Result<()> {
        let mut written = std::mem::take(&mut self.written);
        let done = self.block(out, &self.table, &mut written, Some(until));
        self.written = written;
        self.forget(until);
        done
    }

    /// Writes what a table holds, function by function; with `until`, all intervals up to there have ended.
    fn block(
        &self,
        out: &mut impl Write,
        table: &Table,
        written: &mut Written,
        until: Option<i128>,
    ) -> io::Result<()> {
        if let (Some(interval), Some(start), false) =
            (self.plan.options.interval, self.start, std::mem::replace(&mut written.heading, true))
        {
            writeln!(out, "intervals of {interval}, in seconds from {start} on\n")?;
        }
        written.next.resize(self.plan.aggregates.len(), None);
        for (place, aggregate) in self.plan.aggregates.iter().enumerate() {
            let mut lines = self.lines(table, place);
            lines.retain(|line| line.cell(place).is_some());
            let next = written.next.get(place).copied().flatten();
            if lines.is_empty() && self.plan.options.as_they_end && (next.is_none() || until.is_none()) {
                continue;
            }
            let unit = if aggregate.unit == Unit::Nanoseconds { ", in nanoseconds" } else { "" };
            if self.plan.aggregates.len() > 1 || !unit.is_empty() {
                out.write_all(written.between.as_bytes())?;
                writeln!(out, "{}{unit}", aggregate.name)?;
            }
            let columns = self.columns(&lines, written);
            let shows_empty = self.plan.keys.is_empty() && !written.no_empty;
            let next = self.function(out, place, &lines, &columns, shows_empty.then_some(next), until)?;
            if let Some(at) = written.next.get_mut(place) {
                *at = next;
            }
            // A distribution has an empty line after it anyway.
            written.between = if aggregate.function.is_distribution() { "" } else { "\n" };
        }
        Ok(())
    }

    /// Writes the lines of a function, and gives the first interval that has not been written. `next` is that of the
    /// intervals before, where those in which there was nothing are shown.
    fn function(
        &self,
        out: &mut impl Write,
        place: usize,
        lines: &[Line<'_>],
        columns: &[Column],
        mut next: Option<Option<i128>>,
        until: Option<i128>,
    ) -> io::Result<Option<i128>> {
        let Some(aggregate) = self.plan.aggregates.get(place) else { return Ok(None) };
        for line in lines {
            if let (Some(interval), Some(next)) = (line.interval, &mut next) {
                self.empty(out, aggregate, next.replace(interval.saturating_add(1)), interval, columns)?;
            }
            let Some(cell) = line.cell(place) else { continue };
            write_line(out, &self.texts(line), columns, aggregate, cell)?;
        }
        if let (Some(until), Some(next @ Some(_))) = (until, &mut next) {
            self.empty(out, aggregate, next.replace(until), until, columns)?;
        }
        Ok(next.flatten())
    }

    /// The intervals from `next` to the one before `interval`, in which there was nothing.
    fn empty(
        &self,
        out: &mut impl Write,
        aggregate: &Aggregate,
        next: Option<i128>,
        interval: i128,
        columns: &[Column],
    ) -> io::Result<()> {
        let Some(next) = next.filter(|_| matches!(aggregate.function, Function::Count | Function::Sum))
        else {
            return Ok(());
        };
        let missing = interval.saturating_sub(next);
        if missing > MOST_EMPTY {
            return writeln!(out, "  ({missing} intervals with nothing)");
        }
        for empty in next..interval {
            let line = Line { interval: Some(empty), values: Vec::new(), cells: &[] };
            write_line(out, &self.texts(&line), columns, aggregate, &Accumulator::Count(0))?;
        }
        Ok(())
    }

    /// What stands in the columns of a line.
    fn texts(&self, line: &Line<'_>) -> Vec<String> {
        let interval = line.interval.zip(self.plan.options.interval);
        let interval = interval.map(|(number, interval)| interval.shown(number));
        let keys = self.plan.keys.iter().zip(&line.values);
        let keys = keys.map(|(key, value)| Shown { key, value: *value }.to_string());
        interval.into_iter().chain(keys).collect()
    }

    fn columns(&self, lines: &[Line<'_>], written: &mut Written) -> Vec<Column> {
        let interval = self.plan.options.interval;
        let interval = interval.map(|interval| Column { width: interval.width(), right: false });
        let only = self.plan.keys.len() == 1 && interval.is_none();
        let keys = self.plan.keys.iter().map(|key| column(key, only));
        let mut columns: Vec<Column> = interval.into_iter().chain(keys).collect();
        for line in lines {
            for (column, text) in columns.iter_mut().zip(self.texts(line)) {
                column.width = column.width.max(text.chars().count().min(WIDEST));
            }
        }
        if self.plan.options.as_they_end {
            // No narrower than in the intervals before.
            written.widths.resize(columns.len(), 0);
            for (column, width) in columns.iter_mut().zip(&mut written.widths) {
                column.width = column.width.max(*width);
                *width = column.width;
            }
        }
        columns
    }
}

/// A key's column at its narrowest: numbers as wide as DTrace prints their types.
fn column(key: &Key, only: bool) -> Column {
    let number = |width| Column { width, right: true };
    match key.source {
        KeySource::Quantity(_) => number(16),
        KeySource::Field(field) => match field.ty {
            FieldType::Boolean | FieldType::Uint8 => number(3),
            FieldType::Uint16 => number(5),
            FieldType::Uint24 | FieldType::Uint32 => number(8),
            FieldType::Uint64 => number(16),
            _ => Column { width: if only { ONLY_TEXT } else { 0 }, right: false },
        },
    }
}

fn write_line(
    out: &mut impl Write,
    texts: &[String],
    columns: &[Column],
    aggregate: &Aggregate,
    cell: &Accumulator,
) -> io::Result<()> {
    let mut keys = String::new();
    for (text, Column { width, right }) in texts.iter().zip(columns) {
        match right {
            true => keys.push_str(&format!(" {text:>width$}")),
            false => keys.push_str(&format!("  {text:<width$}")),
        }
    }
    if let Accumulator::Distribution(distribution) = cell {
        let picture = Picture { distribution, linear: aggregate.function.linear() };
        return writeln!(out, "{}{picture}", keys.trim_end());
    }
    writeln!(out, "{keys} {:>16}", result(cell, aggregate.unit))
}

/// A result that is one number.
fn result(cell: &Accumulator, unit: Unit) -> String {
    match cell {
        Accumulator::Count(count) => count.to_string(),
        Accumulator::Sum(sum) => sum.sum.to_string(),
        Accumulator::Average(sum) => thousandths(sum.average_in_thousandths()),
        Accumulator::Min(value) | Accumulator::Max(value) => match (value, unit) {
            (Some(value), Unit::Plain | Unit::Nanoseconds) => value.to_string(),
            (Some(value), Unit::Instant) => instant(*value).to_string(),
            (None, _) => String::new(),
        },
        Accumulator::Distribution(_) => String::new(),
    }
}

/// With the decimal places that it needs.
fn thousandths(number: i128) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (whole, part) = (number.unsigned_abs() / 1000, number.unsigned_abs() % 1000);
    let text = format!("{sign}{whole}.{part:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages() {
        for (number, text) in [
            (0, "0"),
            (1, "0.001"),
            (1500, "1.5"),
            (-1500, "-1.5"),
            (2000, "2"),
            (-1, "-0.001"),
            (10_000, "10"),
        ] {
            assert_eq!(thousandths(number), text);
        }
    }
}
