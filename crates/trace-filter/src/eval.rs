//! Asking a packet.

use crate::compiled::{Relation, Test, ValueTest};
use crate::filter::Scratch;
use crate::source::{Source, compare_values, with_bytes};
use std::ops::ControlFlow;
use trace_fields::{Subject, Value};

impl Test {
    /// The answer for this packet.
    pub(crate) fn matches(&self, scratch: &mut Scratch, subject: &Subject<'_>) -> bool {
        match self {
            Self::Always(answer) => *answer,
            Self::And(parts) => parts.iter().all(|part| part.matches(scratch, subject)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(scratch, subject)),
            Self::Xor(parts) => parts.iter().fold(false, |odd, part| odd ^ part.matches(scratch, subject)),
            Self::Not(part) => !part.matches(scratch, subject),
            Self::Exists(source) => source.exists(subject, &mut scratch.left),
            Self::Value(test) => test.matches(scratch, subject),
            Self::Pair { all, left, relation, right } => {
                pairs(*all, left, *relation, right, scratch, subject)
            }
        }
    }
}

/// One value that decides ends the search: the first that does it, or, where all have to, the first that
/// does not.
fn quantified(
    all: bool,
    visit_all: impl FnOnce(&mut dyn FnMut(bool) -> ControlFlow<()>) -> ControlFlow<()>,
) -> bool {
    let mut any_value = false;
    let decided = visit_all(&mut |holds| {
        any_value = true;
        if holds == all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    match decided {
        ControlFlow::Break(()) => !all,
        ControlFlow::Continue(()) => all && any_value,
    }
}

impl ValueTest {
    fn matches(&self, scratch: &mut Scratch, subject: &Subject<'_>) -> bool {
        quantified(self.all, |decide| {
            self.source.visit(subject, &mut scratch.left, &mut |value| decide(self.check.holds(&value)))
        })
    }
}

fn pairs(
    all: bool,
    left: &Source,
    relation: Relation,
    right: &Source,
    scratch: &mut Scratch,
    subject: &Subject<'_>,
) -> bool {
    let Scratch { left: left_scratch, right: right_scratch } = scratch;
    quantified(all, |decide| {
        left.visit(subject, left_scratch, &mut |left| {
            right.visit(subject, right_scratch, &mut |right| decide(related(&left, relation, &right)))
        })
    })
}

fn related(left: &Value<'_>, relation: Relation, right: &Value<'_>) -> bool {
    if relation == Relation::Contains {
        return with_bytes(left, |left| {
            with_bytes(right, |right| !right.is_empty() && memchr::memmem::find(left, right).is_some())
        });
    }
    compare_values(left, right).is_some_and(|order| relation.holds(order))
}
