//! Asking a packet.

use crate::compiled::{Relation, Test, ValueTest};
use crate::gathered::Gathered;
use crate::item::Item;
use crate::pairs;
use crate::pool::Pool;
use crate::source::{Operand, Source, Visited};
use std::ops::ControlFlow;
use trace_fields::Decoded;

impl Test {
    /// The answer for this packet.
    pub(crate) fn matches(&self, pool: &mut Pool, decoded: &mut Decoded<'_, '_>) -> bool {
        match self {
            Self::Always(answer) => *answer,
            Self::And(parts) => parts.iter().all(|part| part.matches(pool, decoded)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(pool, decoded)),
            Self::Xor(parts) => parts.iter().fold(false, |odd, part| odd ^ part.matches(pool, decoded)),
            Self::Not(part) => !part.matches(pool, decoded),
            Self::Exists(source) => source.exists(pool, decoded),
            Self::Mentions(mention) => mention.may_be_in(decoded.subject().bytes(), decoded.subject()),
            Self::Value(test) => test.matches(pool, decoded),
            Self::Pair { all, left, relation, right } => {
                pairs::related(*all, left, *relation, right, pool, decoded)
            }
            Self::Between { all, source, low, high } => pool.with_list(|pool, lows| {
                pool.with_list(|pool, highs| {
                    let bounds = lows.bound(low, pool, decoded) && highs.bound(high, pool, decoded);
                    bounds && between(*all, source, lows, highs, pool, decoded)
                })
            }),
        }
    }
}

impl Gathered {
    /// Takes the values of one end of a range; false where it has none.
    fn bound(&mut self, end: &Operand, pool: &mut Pool, decoded: &mut Decoded<'_, '_>) -> bool {
        match end {
            Operand::Source(source) => self.fill(source, pool, decoded),
            Operand::Constant(constant) => {
                self.keep_extreme(&constant.item(), true, decoded.data());
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
    pool: &mut Pool,
    decoded: &mut Decoded<'_, '_>,
) -> bool {
    let packet = decoded.data();
    let (lows, highs) = (lows.sorted(packet), highs.sorted(packet));
    quantified(all, |decide| {
        source.visit(pool, decoded, &mut |item| {
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
    fn matches(&self, pool: &mut Pool, decoded: &mut Decoded<'_, '_>) -> bool {
        if let (false, Source::Field { id, layers: None }, Some(mention)) =
            (self.all, &self.source, &self.mention)
        {
            // One value is enough, so those that cannot be it do not matter.
            let subject = *decoded.subject();
            let found = decoded.visit_holding(
                *id,
                |bytes| mention.may_be_in(bytes, &subject),
                &mut |value| match self.check.holds(false, &Item::of(&value, *id)) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                },
            );
            return found.is_break();
        }
        quantified(self.all, |decide| {
            self.source.visit(pool, decoded, &mut |item| decide(self.check.holds(self.all, &item)))
        })
    }
}
