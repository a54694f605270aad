//! Asking a packet.

use crate::compiled::{Relation, Test, ValueTest};
use crate::filter::Scratch;
use crate::gathered::Gathered;
use crate::pairs;
use crate::source::{Operand, Source, Visited};
use std::ops::ControlFlow;
use trace_fields::Subject;

impl Test {
    /// The answer for this packet.
    pub(crate) fn matches(&self, scratch: &mut Scratch, subject: &Subject<'_>) -> bool {
        match self {
            Self::Always(answer) => *answer,
            Self::And(parts) => parts.iter().all(|part| part.matches(scratch, subject)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(scratch, subject)),
            Self::Xor(parts) => parts.iter().fold(false, |odd, part| odd ^ part.matches(scratch, subject)),
            Self::Not(part) => !part.matches(scratch, subject),
            Self::Exists(source) => source.exists(scratch, subject),
            Self::Value(test) => test.matches(scratch, subject),
            Self::Pair { all, left, relation, right } => {
                pairs::related(*all, left, *relation, right, scratch, subject)
            }
            Self::Between { all, source, low, high } => scratch.with_list(|scratch, lows| {
                scratch.with_list(|scratch, highs| {
                    let bounds = lows.bound(low, scratch, subject) && highs.bound(high, scratch, subject);
                    bounds && between(*all, source, lows, highs, scratch, subject)
                })
            }),
        }
    }
}

impl Gathered {
    /// Takes the values of one end of a range; false where it has none.
    fn bound(&mut self, end: &Operand, scratch: &mut Scratch, subject: &Subject<'_>) -> bool {
        match end {
            Operand::Source(source) => self.fill(source, scratch, subject),
            Operand::Constant(constant) => {
                self.keep_extreme(&constant.item(), true, subject);
                true
            }
        }
    }
}

/// Wireshark gives up where an end of a range has several values; here the widest range counts.
fn between(
    all: bool,
    source: &Source,
    lows: &mut Gathered,
    highs: &mut Gathered,
    scratch: &mut Scratch,
    subject: &Subject<'_>,
) -> bool {
    let (lows, highs) = (lows.sorted(subject), highs.sorted(subject));
    quantified(all, |decide| {
        source.visit(scratch, subject, &mut |item| {
            let low = lows.bounds().and_then(|(least, _)| item.compare(&least));
            let high = highs.bounds().and_then(|(_, greatest)| item.compare(&greatest));
            decide(Relation::GreaterOrEqual.holds(all, low) && Relation::LessOrEqual.holds(all, high))
        })
    })
}

/// One value that decides ends the search: the first that does it, or, where all have to, the first that
/// does not. All of an empty list do it; where there is not even a list, none does.
pub(crate) fn quantified(
    all: bool,
    visit_all: impl FnOnce(&mut dyn FnMut(bool) -> ControlFlow<()>) -> Visited,
) -> bool {
    let decided = visit_all(&mut |holds| {
        if holds == all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    match decided {
        ControlFlow::Break(()) => !all,
        ControlFlow::Continue(present) => all && present,
    }
}

impl ValueTest {
    fn matches(&self, scratch: &mut Scratch, subject: &Subject<'_>) -> bool {
        quantified(self.all, |decide| {
            self.source.visit(scratch, subject, &mut |item| decide(self.check.holds(self.all, &item)))
        })
    }
}
