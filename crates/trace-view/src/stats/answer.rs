//! The rows of an answer in the order in which they are shown.

use super::Statistics;
use super::accumulator::Accumulator;
use super::key::KeyValue;
use super::table::Table;
use std::cmp::Ordering;

/// The results for one key.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// The number of its interval.
    pub(super) interval: Option<i128>,
    /// The value of each key.
    pub(super) values: Vec<KeyValue<'a>>,
    /// The result of each function.
    pub(super) cells: &'a [Accumulator],
}

impl Line<'_> {
    pub(super) fn cell(&self, function: usize) -> Option<&Accumulator> {
        self.cells.get(function).filter(|cell| !cell.is_empty())
    }

    /// By time, then by the function's result, then by key.
    fn compare(&self, other: &Self, function: usize) -> Ordering {
        let cells = || match (self.cell(function), other.cell(function)) {
            (Some(left), Some(right)) => left.compare(right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        self.interval.cmp(&other.interval).then_with(cells).then_with(|| self.values.cmp(&other.values))
    }
}

impl Statistics {
    /// Lines with results, those of one interval sorted by this function, the highest last, and of those only the
    /// top ones.
    pub(super) fn lines<'a>(&self, table: &'a Table, function: usize) -> Vec<Line<'a>> {
        let mut lines: Vec<Line<'_>> = table
            .rows()
            .map(|(key, cells)| {
                let mut values = KeyValue::read_all(key);
                let has_interval = self.plan.options.interval.is_some() && !values.is_empty();
                let interval = match has_interval.then(|| values.remove(0)) {
                    Some(KeyValue::Number(interval)) => Some(interval),
                    _ => None,
                };
                Line { interval, values, cells }
            })
            .collect();
        lines.sort_unstable_by(|left, right| left.compare(right, function));
        if let Some(top) = self.plan.options.top {
            let mut kept = 0_usize;
            let mut behind = None;
            lines.reverse();
            lines.retain(|line| {
                kept = if behind == Some(line.interval) { kept.saturating_add(1) } else { 1 };
                behind = Some(line.interval);
                kept <= top
            });
            lines.reverse();
        }
        lines
    }
}
