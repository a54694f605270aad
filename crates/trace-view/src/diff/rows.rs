//! What two captures have of one sort of thing - paths, fates, ends, reasons, returned values - and how many packets each.

use super::Options;
use super::significance::{self, Sample};
use crate::tally::{Count, Tally};
use std::cmp::{Ordering, Reverse};

/// The things of one sort in one capture.
pub(crate) struct Table<'a, 'w> {
    pub(crate) tally: &'a Tally,
    /// How many packets could have had such a key.
    pub(crate) whole: &'w dyn Fn(&[u8]) -> u64,
    /// Packets of which nobody knows what they had.
    pub(crate) unknown: u64,
    /// Packets whose trace lacks events, so that what they had may be something else than what was counted.
    pub(crate) incomplete: u64,
}

impl Table<'_, '_> {
    fn sample(&self, key: &[u8], count: Option<&Count>) -> Sample {
        let part = count.map_or(0, |count| count.packets);
        Sample { part, whole: (self.whole)(key), unknown: self.unknown }
    }

    /// What is certain of it where traces lack events.
    fn certain(&self, key: &[u8], count: Option<&Count>) -> Sample {
        let part = count.map_or(0, |count| count.packets.saturating_sub(count.incomplete));
        let unknown = self.unknown.saturating_add(self.incomplete);
        Sample { part, whole: (self.whole)(key), unknown }
    }
}

/// A thing in both captures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) counts: [Option<&'a Count>; 2],
    /// How many packets could have had it.
    pub(crate) whole: [u64; 2],
    pub(crate) probability: f64,
    /// Adjusted for the number of rows.
    pub(crate) adjusted: f64,
    /// Whether it could be no difference if no trace lacked events.
    pub(crate) is_doubtful: bool,
}

impl Row<'_> {
    pub(crate) fn packets(&self) -> [u64; 2] {
        self.counts.map(|count| count.map_or(0, |count| count.packets))
    }

    fn most(&self) -> u64 {
        self.packets().into_iter().fold(0, u64::max)
    }

    /// By how much its share changed.
    fn change(&self) -> f64 {
        let share = |packets: u64, whole: u64| packets as f64 / whole.max(1) as f64;
        let ([in_a, in_b], [of_a, of_b]) = (self.packets(), self.whole);
        (share(in_b, of_b) - share(in_a, of_a)).abs()
    }
}

/// All things of one sort, compared.
#[derive(Debug, Default)]
pub(crate) struct Rows<'a> {
    /// Those that only the first has, most packets first.
    pub(crate) gone: Vec<Row<'a>>,
    pub(crate) added: Vec<Row<'a>>,
    /// Those whose share changed, the largest change first.
    pub(crate) changed: Vec<Row<'a>>,
    /// Those that are the same as far as can be told.
    pub(crate) same: u64,
    /// Those of which it cannot be told, because it is not known what some packets had.
    pub(crate) undecided: u64,
}

impl<'a> Rows<'a> {
    /// Compares. Where one `alone` is a difference, what only one capture has need not pass the test. `order` is the
    /// order among equals.
    pub(crate) fn compare(
        [a, b]: [Table<'a, '_>; 2],
        options: &Options,
        alone: bool,
        order: impl Fn(&[u8], &[u8]) -> Ordering,
    ) -> Self {
        let row = |key: &'a [u8], counts: [Option<&'a Count>; 2]| {
            let samples = [a.sample(key, counts[0]), b.sample(key, counts[1])];
            let probability = significance::cautious(samples);
            let whole = samples.map(|sample| sample.whole);
            Row { key, counts, whole, probability, adjusted: 1.0, is_doubtful: false }
        };
        let of_a = a.tally.iter().map(|(key, count)| row(key, [Some(count), b.tally.get(key)]));
        let only_b = b.tally.iter().filter(|(key, _)| a.tally.get(key).is_none());
        let mut all: Vec<_> = of_a.chain(only_b.map(|(key, count)| row(key, [None, Some(count)]))).collect();
        let probabilities: Vec<f64> = all.iter().map(|row| row.probability).collect();
        for (row, adjusted) in all.iter_mut().zip(significance::adjusted(&probabilities)) {
            row.adjusted = adjusted;
        }
        let mut rows = Self::default();
        let alone = alone && !options.only_significant;
        for mut row in all {
            // What is alike is no difference, however much is taken for one.
            let is_significant = row.adjusted <= options.significance && row.change() > 0.0;
            // What only one seems to have may be what nobody knows of the other.
            let absent = match row.counts {
                [_, None] => Some(&b),
                [None, _] => Some(&a),
                _ => None,
            };
            let counts_alone = absent.filter(|_| alone);
            if !is_significant && counts_alone.is_none_or(|absent| absent.unknown > 0) {
                let plain =
                    |table: &Table<'_, '_>, count| Sample { unknown: 0, ..table.sample(row.key, count) };
                let plain = significance::cautious([plain(&a, row.counts[0]), plain(&b, row.counts[1])]);
                let is_undecided = a.unknown.saturating_add(b.unknown) > 0
                    && (plain <= options.significance || counts_alone.is_some());
                let count = if is_undecided { &mut rows.undecided } else { &mut rows.same };
                *count = count.saturating_add(1);
                continue;
            }
            let certain = [a.certain(row.key, row.counts[0]), b.certain(row.key, row.counts[1])];
            let survives = match counts_alone {
                Some(absent) => absent.incomplete == 0 && certain.iter().any(|sample| sample.part > 0),
                None => a.incomplete.saturating_add(b.incomplete) == 0,
            };
            row.is_doubtful = !survives && significance::cautious(certain) > options.significance;
            match row.counts {
                [_, None] => rows.gone.push(row),
                [None, _] => rows.added.push(row),
                _ => rows.changed.push(row),
            }
        }
        for list in [&mut rows.gone, &mut rows.added] {
            list.sort_by(|one, other| {
                Reverse(one.most()).cmp(&Reverse(other.most())).then_with(|| order(one.key, other.key))
            });
        }
        rows.changed.sort_by(|one, other| {
            other.change().total_cmp(&one.change()).then_with(|| order(one.key, other.key))
        });
        rows
    }

    /// Whether there is any difference.
    pub(crate) const fn differ(&self) -> bool {
        !(self.gone.is_empty() && self.added.is_empty() && self.changed.is_empty())
    }
}
