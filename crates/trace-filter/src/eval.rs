//! Asking a packet.

use crate::compiled::{Test, ValueTest};
use crate::filter::Scratch;
use crate::pairs;
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
            Self::Exists(source) => source.exists(subject, &mut scratch.left),
            Self::Value(test) => test.matches(scratch, subject),
            Self::Pair { all, left, relation, right } => {
                pairs::related(*all, left, *relation, right, scratch, subject)
            }
        }
    }
}

/// One value that decides ends the search: the first that does it, or, where all have to, the first that
/// does not.
pub(crate) fn quantified(
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
