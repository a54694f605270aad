//! Comparing every value of one source with every value of another, in far less than as many steps.
//!
//! The right side is gathered once. Then, for R values on the right and each value on the left:
//!
//! - equality is a search among the sorted values, log R steps, and order a look at the least or the
//!   greatest;
//! - `contains` looks for all of them at once with an automaton, in one pass over the value's bytes; for
//!   `all`, at each byte it may meet as many as have different lengths. The automaton holds [`GROUP`]
//!   bytes of them, and where they are more, the left side is visited again for each such group.

use crate::compiled::{Relation, contains_nothing};
use crate::eval::quantified;
use crate::gathered::Sorted;
use crate::gathered::visits;
use crate::item::Item;
use crate::pool::Pool;
use crate::source::Source;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use memchr::memmem;
use trace_fields::Decoded;

/// Most bytes that one automaton looks for: it takes some fifty times as much memory.
const GROUP: usize = 256 * 1024;

/// Up to here, looking for one after the other is quicker than building an automaton, and allocates nothing.
const FEW: usize = 16;

/// Whether all pairs of values of the two sources, or one, are in this relation.
pub(crate) fn related(
    all: bool,
    left: &Source,
    relation: Relation,
    right: &Source,
    pool: &mut Pool,
    decoded: &mut Decoded<'_, '_>,
) -> bool {
    pool.with_list(|pool, list| {
        if !list.fill(right, pool, decoded) {
            return false;
        }
        let right = list.sorted(decoded.data());
        if relation == Relation::Contains {
            return contain(all, left, right, GROUP, pool, decoded);
        }
        quantified(all, |decide| {
            left.visit(pool, decoded, &mut |item| decide(compares(all, &item, relation, right)))
        })
    })
}

/// Whether a value is in this relation to all values of the right side, or to one.
fn compares(all: bool, left: &Item<'_>, relation: Relation, right: Sorted<'_>) -> bool {
    visits::count();
    // With what cannot be compared, all are in every relation and none is in one.
    let right = right.comparable(left);
    let Some((least, greatest)) = right.bounds() else { return all };
    // Of the others, the one for which it is hardest to hold, or easiest.
    let (low, high) = if all { (least, greatest) } else { (greatest, least) };
    let holds = |relation: Relation, other: &Item<'_>| relation.holds(all, left.compare(other));
    match relation {
        Relation::Equal if all => holds(relation, &least) && holds(relation, &greatest),
        Relation::Equal => right.has(left),
        Relation::Unequal if all => !right.has(left),
        Relation::Unequal => holds(relation, &least) || holds(relation, &greatest),
        Relation::Less | Relation::LessOrEqual => holds(relation, &low),
        Relation::Greater | Relation::GreaterOrEqual => holds(relation, &high),
        Relation::Contains => false,
    }
}

/// Whether all values of the left side contain all of the right, or one contains one.
fn contain(
    all: bool,
    left: &Source,
    right: Sorted<'_>,
    group: usize,
    pool: &mut Pool,
    decoded: &mut Decoded<'_, '_>,
) -> bool {
    let needles = || right.iter().map(|item| item.searched()).filter(|needle| !needle.is_empty());
    let (values, count) = (right.iter().count(), needles().count());
    if count < values || count == 0 {
        let empty = quantified(all, |decide| {
            left.visit(pool, decoded, &mut |item| decide(contains_nothing(&item) || values == 0 && all))
        });
        if empty != all || count == 0 {
            return empty;
        }
    }
    if count <= FEW {
        return quantified(all, |decide| {
            left.visit(pool, decoded, &mut |item| {
                visits::count();
                let mut found = needles().map(|needle| memmem::find(item.searched(), needle).is_some());
                decide(if all { found.all(|found| found) } else { found.any(|found| found) })
            })
        });
    }
    let needles: Vec<&[u8]> = needles().collect();
    let mut rest = needles.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let fitting = rest.iter().take_while(|needle| {
            bytes = bytes.saturating_add(needle.len());
            bytes <= group
        });
        let (part, others) = rest.split_at_checked(fitting.count().max(1)).unwrap_or((rest, &[]));
        rest = others;
        let needles = Needles::new(part);
        let holds = quantified(all, |decide| {
            left.visit(pool, decoded, &mut |item| {
                visits::count();
                let bytes = item.searched();
                decide(if all { needles.all_in(bytes) } else { needles.one_in(bytes) })
            })
        });
        if holds != all {
            return holds;
        }
    }
    all
}

/// Byte strings to look for, each of them once and none empty.
struct Needles<'a> {
    needles: &'a [&'a [u8]],
    /// None where they are too many for one.
    automaton: Option<AhoCorasick>,
}

impl<'a> Needles<'a> {
    fn new(needles: &'a [&'a [u8]]) -> Self {
        // Of the kinds of automaton, a DFA would take a kilobyte for each byte.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        Self { needles, automaton: AhoCorasickBuilder::new().kind(kind).build(needles).ok() }
    }

    fn one_in(&self, bytes: &[u8]) -> bool {
        match &self.automaton {
            Some(automaton) => automaton.is_match(bytes),
            None => self.needles.iter().any(|needle| memmem::find(bytes, needle).is_some()),
        }
    }

    fn all_in(&self, bytes: &[u8]) -> bool {
        let Some(automaton) = &self.automaton else {
            return self.needles.iter().all(|needle| memmem::find(bytes, needle).is_some());
        };
        let mut found = vec![false; self.needles.len()];
        let mut missing = found.len();
        for place in automaton.find_overlapping_iter(bytes) {
            if let Some(found @ false) = found.get_mut(place.pattern().as_usize()) {
                *found = true;
                missing = missing.saturating_sub(1);
                if missing == 0 {
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiled::Test;
    use crate::gathered::Gathered;
    use crate::{Filter, Scratch};
    use mbuf_trace::{ByteOrder, Detector, Encoding, Revision};
    use proptest::prelude::*;
    use trace_fields::{PacketView, Repeated, Subject};

    /// A frame of revision 3 with these records: type and payload.
    fn frame(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut out = u16::try_from(records.len()).unwrap().to_be_bytes().to_vec();
        for (kind, payload) in records {
            out.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
            out.extend(kind.to_be_bytes());
            out.extend(payload);
        }
        out
    }

    fn with_subject<T>(data: &[u8], ask: impl FnOnce(&Subject<'_>) -> T) -> T {
        let encoding = Encoding { revision: Revision::Three, byte_order: ByteOrder::Big };
        let trace = Detector::forced(encoding).read(data, data.len()).unwrap();
        ask(&Subject::new(PacketView::of_bytes(data)).with_trace(&trace))
    }

    /// Thousands of snapshots, no two alike, each from 10.x.y.z to 11.x.y.z, and as many function calls.
    fn hostile(count: u16) -> Vec<u8> {
        let mut records = Vec::new();
        for number in 0..count {
            let [high, low] = number.to_be_bytes();
            let mut packet = vec![0x45, 0, 0, 20, high, low, 0, 0, 64, 253, 0, 0];
            packet.extend([10, 0, high, low, 11, 0, high, low]);
            let ethernet = [&[2, 0, 0, 1, high, low, 2, 0, 0, 0, high, low, 8, 0][..], &packet].concat();
            records.push((0, ethernet));
            records.push((1, format!("a{number:05}.c:{number}: b{number:05}(x)\0").into_bytes()));
        }
        frame(&records)
    }

    #[test]
    fn a_hostile_packet_takes_linear_time() {
        for count in [1_000, 8_000] {
            let data = hostile(count);
            with_subject(&data, |subject| {
                for (expression, expected) in [
                    ("ip.src == ip.dst", false),
                    ("ip.src != ip.dst", true),
                    ("ip.src === ip.dst", false),
                    ("ip.src !== ip.dst", true),
                    ("ip.src >= ip.dst", false),
                    ("ip.dst < ip.src", false),
                    ("all ip.src < ip.dst", true),
                    ("all ip.dst > ip.src", true),
                    ("ip.src[1:3] == ip.dst[1:3]", true),
                    ("ip.src[0:2] == ip.dst[0:2]", false),
                    ("eth.src == eth.dst", false),
                    ("eth.dst[1:] contains mbuf_trace.bytes[0:6]", false),
                    ("mbuf_trace.bytes[20:] contains mbuf_trace.bytes[0:6]", false),
                    ("ip.id == mbuf_trace.record_type", true),
                    ("mbuf_trace.file == mbuf_trace.function", false),
                    ("mbuf_trace.file contains mbuf_trace.function", false),
                    ("all mbuf_trace.text contains mbuf_trace.function", false),
                    ("upper(mbuf_trace.file) == lower(mbuf_trace.file)", false),
                ] {
                    let filter = Filter::compile(expression).unwrap_or_else(|error| panic!("{error}"));
                    visits::take();
                    assert_eq!(filter.matches(&mut Scratch::default(), subject), expected, "{expression}");
                    // Both sides once, and what sorting and searching take.
                    let (visits, values) = (visits::take(), 2 * u64::from(count));
                    let most = values * 4 * u64::from(values.ilog2());
                    assert!((1..most).contains(&visits), "{expression} of {count}: {visits} visits");
                }
            });
        }
    }

    /// Every value with every other, one by one.
    fn one_by_one(
        all: bool,
        left: &Source,
        relation: Relation,
        right: &Source,
        decoded: &mut Decoded<'_, '_>,
    ) -> bool {
        let mut pool = Pool::default();
        let mut list = Gathered::default();
        if !list.fill(right, &mut pool, decoded) {
            return false;
        }
        let packet = decoded.data();
        quantified(all, |decide| {
            left.visit(&mut pool, decoded, &mut |left| {
                list.items(packet).try_for_each(|right| {
                    decide(match relation {
                        Relation::Contains => {
                            let (bytes, part) = (left.searched(), right.searched());
                            let found =
                                !part.is_empty() && bytes.windows(part.len()).any(|window| window == part);
                            found || part.is_empty() && contains_nothing(&left)
                        }
                        _ => relation.holds(all, left.compare(&right)),
                    })
                })
            })
        })
    }

    fn sides(expression: &str) -> (bool, Source, Relation, Source) {
        use crate::{parse, resolve};
        match resolve::expression(&parse(expression).unwrap().unwrap()).unwrap() {
            Test::Pair { all, left, relation, right } => (all, left, relation, right),
            test => panic!("{expression}: {test:?}"),
        }
    }

    fn records() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
        let text = "[ab]{1,4}\\.[ab]:[1-3]: [+-]?[abc.]{0,4}(\\([ab]{0,5}\\))?\0";
        let one = prop_oneof![
            text.prop_map(|text| (1, text.into_bytes())),
            proptest::collection::vec(0_u8..3, 0..6).prop_map(|bytes| (0, bytes)),
        ];
        prop_oneof![proptest::collection::vec(one.clone(), 0..6), proptest::collection::vec(one, 0..60),]
    }

    proptest! {
        // Each case asks nearly 200 questions.
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_answer_is_that_of_all_pairs(records in records()) {
            let data = frame(&records);
            with_subject(&data, |subject| {
                let mut pool = Pool::default();
                let mut scratch = trace_fields::Scratch::default();
                let decoded = &mut Decoded::new(*subject, Repeated::default(), &mut scratch);
                for (left, right) in [
                    ("mbuf_trace.function", "mbuf_trace.args"),
                    ("mbuf_trace.text", "mbuf_trace.function"),
                    ("mbuf_trace.data", "mbuf_trace.kind"),
                    ("mbuf_trace.bytes", "mbuf_trace.bytes[1:2]"),
                    ("mbuf_trace.bytes[0:2,1:2]", "mbuf_trace.bytes"),
                    ("mbuf_trace.line", "mbuf_trace.length"),
                    ("mbuf_trace.step", "mbuf_trace.count"),
                    ("mbuf_trace.step", "mbuf_trace.line - 2"),
                    ("mbuf_trace.line - 2", "mbuf_trace.step"),
                    ("mbuf_trace.line - 2", "-mbuf_trace.length"),
                    ("mbuf_trace.length", "mbuf_trace.line / mbuf_trace.step - 1"),
                ] {
                    for relation in ["==", "!=", "===", "!==", "<", "<=", ">", ">=", "contains"] {
                        if relation == "contains" && Filter::compile(&format!("{left} contains {right}")).is_err() {
                            continue;
                        }
                        for quantifier in ["", "any ", "all "] {
                            let expression = format!("{quantifier}{left} {relation} {right}");
                            let (all, left, relation, right) = sides(&expression);
                            let expected = one_by_one(all, &left, relation, &right, decoded);
                            let found = related(all, &left, relation, &right, &mut pool, decoded);
                            assert_eq!(found, expected, "{expression}");
                            if relation == Relation::Contains {
                                // Groups of few bytes.
                                let mut list = Gathered::default();
                                if !list.fill(&right, &mut pool, decoded) {
                                    continue;
                                }
                                let right = list.sorted(decoded.data());
                                let found = contain(all, &left, right, 40, &mut pool, decoded);
                                assert_eq!(found, expected, "{expression} in groups");
                            }
                        }
                    }
                }
            });
        }
    }
}
