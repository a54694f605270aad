//! A compiled expression: names are fields, literals are values, patterns are compiled.

use crate::item::{Item, Protocol};
use crate::mention::Mention;
use crate::number::Number;
use crate::source::{Operand, Source};
use capture_file::Timestamp;
use memchr::memmem::Finder;
use regex::bytes::Regex;
use std::cmp::Ordering;
use trace_fields::Field;

/// Something to ask of a packet.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// True or false of every packet.
    Always(bool),
    And(Box<[Test]>),
    Or(Box<[Test]>),
    Xor(Box<[Test]>),
    Not(Box<Test>),
    Exists(Source),
    /// The packet has bytes without which another test is false.
    Mentions(Mention),
    Value(Box<ValueTest>),
    /// Every pair of values of the two sources, or one, is in this relation.
    Pair {
        all: bool,
        left: Source,
        relation: Relation,
        right: Source,
    },
    /// Every value of the source, or one, lies between two others, of which at least one is no constant.
    Between {
        all: bool,
        source: Source,
        low: Operand,
        high: Operand,
    },
}

/// All values of a source, or one, do something. No value, and it is false.
#[derive(Debug, Clone)]
pub(crate) struct ValueTest {
    pub(crate) all: bool,
    pub(crate) source: Source,
    pub(crate) check: Check,
    /// What the packet has to mention if a value is to do it.
    pub(crate) mention: Option<Mention>,
}

/// What a value has to do.
#[derive(Debug, Clone)]
pub(crate) enum Check {
    Compare(Relation, Constant),
    Contains(Box<Finder<'static>>),
    Matches(Regex),
    In(Box<[Member]>),
}

/// One element of a set.
#[derive(Debug, Clone)]
pub(crate) enum Member {
    One(Constant),
    Range(Constant, Constant),
}

/// How two values stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The right one is part of the left one.
    Contains,
}

impl Relation {
    /// Whether values that stand so are in this relation. Where they cannot be compared, it holds for `all`
    /// and for no other.
    pub(crate) fn holds(self, all: bool, order: Option<Ordering>) -> bool {
        let Some(order) = order else { return all };
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Contains => false,
        }
    }
}

/// A literal as a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Number(Number),
    Text(Vec<u8>),
    /// Also Ethernet addresses.
    Bytes(Vec<u8>),
    Protocol(Vec<u8>),
    /// A network, its address masked.
    Ipv4 {
        net: u32,
        mask: u32,
    },
    Ipv6 {
        net: u128,
        mask: u128,
    },
    Time(Timestamp),
}

impl Constant {
    /// The same as a value of a packet; of a network, its address.
    pub(crate) fn item(&self) -> Item<'_> {
        match self {
            Self::Number(number) => Item::Number(*number),
            Self::Text(bytes) => Item::Text(bytes),
            Self::Bytes(bytes) => Item::Bytes(bytes),
            Self::Protocol(bytes) => Item::Protocol(Protocol { whole: bytes, len: bytes.len() }),
            Self::Ipv4 { net, .. } => Item::Ipv4(*net),
            Self::Ipv6 { net, .. } => Item::Ipv6(*net),
            Self::Time(time) => Item::Time(*time),
        }
    }

    /// The constant that is this value.
    pub(crate) fn of(item: &Item<'_>) -> Self {
        match item {
            Item::Number(number) => Self::Number(*number),
            Item::Text(bytes) => Self::Text(bytes.to_vec()),
            Item::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Item::Protocol(protocol) => Self::Protocol(protocol.whole.to_vec()),
            Item::Ipv4(address) => Self::Ipv4 { net: *address, mask: u32::MAX },
            Item::Ipv6(address) => Self::Ipv6 { net: *address, mask: u128::MAX },
            Item::Time(time) => Self::Time(*time),
        }
    }

    /// Whether it is a network of more than one address.
    pub(crate) fn is_network(&self) -> bool {
        matches!(self, Self::Ipv4 { mask, .. } if *mask != u32::MAX)
            || matches!(self, Self::Ipv6 { mask, .. } if *mask != u128::MAX)
    }

    /// How a value stands to this. An address is compared as far as the mask reaches.
    pub(crate) fn compare(&self, value: &Item<'_>) -> Option<Ordering> {
        match (value, self) {
            (Item::Ipv4(value), Self::Ipv4 { net, mask }) => Some((value & mask).cmp(net)),
            (Item::Ipv6(value), Self::Ipv6 { net, mask }) => Some((value & mask).cmp(net)),
            _ => value.compare(&self.item()),
        }
    }
}

/// Whether these bytes contain the empty string: for Wireshark bytes do, if there are any; texts and protocols
/// do not.
pub(crate) fn contains_nothing(item: &Item<'_>) -> bool {
    matches!(item, Item::Bytes(bytes) if !bytes.is_empty())
}

impl Check {
    /// Whether the value does it; `all` says what happens to a value that cannot be compared.
    pub(crate) fn holds(&self, all: bool, value: &Item<'_>) -> bool {
        match self {
            Self::Compare(relation, constant) => relation.holds(all, constant.compare(value)),
            Self::Contains(finder) if finder.needle().is_empty() => contains_nothing(value),
            Self::Contains(finder) => finder.find(value.searched()).is_some(),
            // Where there are no bytes, not even the empty pattern matches; of an empty text it does.
            Self::Matches(regex) => {
                let bytes = value.searched();
                (!bytes.is_empty() || matches!(value, Item::Text(_))) && regex.is_match(bytes)
            }
            Self::In(members) => members.iter().any(|member| match member {
                Member::One(constant) => Relation::Equal.holds(all, constant.compare(value)),
                Member::Range(first, last) => {
                    Relation::GreaterOrEqual.holds(all, first.compare(value))
                        && Relation::LessOrEqual.holds(all, last.compare(value))
                }
            }),
        }
    }

    fn cost(&self) -> u32 {
        match self {
            Self::Compare(..) => 0,
            Self::In(members) => u32::try_from(members.len()).unwrap_or(u32::MAX).min(20),
            Self::Contains(_) => 3,
            Self::Matches(_) => 10,
        }
    }
}

impl Test {
    /// How much work the answer is: a guess, to ask the cheap ones first.
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Always(_) => 0,
            Self::And(parts) | Self::Or(parts) | Self::Xor(parts) => {
                parts.iter().fold(1, |sum, part| part.cost().saturating_add(sum))
            }
            Self::Not(part) => part.cost(),
            Self::Exists(source) => source.cost(),
            Self::Mentions(_) => 3,
            Self::Value(test) => test.source.cost().saturating_add(test.check.cost()),
            Self::Pair { left, right, .. } => left.cost().saturating_add(right.cost()).saturating_mul(2),
            Self::Between { source, low, high, .. } => {
                let bounds = [low, high].into_iter().map(|operand| match operand {
                    Operand::Source(source) => source.cost(),
                    Operand::Constant(_) => 0,
                });
                bounds.fold(source.cost(), u32::saturating_add)
            }
        }
    }

    /// Calls `found` with every field that is asked for.
    pub(crate) fn fields(&self, found: &mut dyn FnMut(&'static Field)) {
        match self {
            Self::Always(_) | Self::Mentions(_) => {}
            Self::And(parts) | Self::Or(parts) | Self::Xor(parts) => {
                parts.iter().for_each(|part| part.fields(found));
            }
            Self::Not(part) => part.fields(found),
            Self::Exists(source) => source.fields(found),
            Self::Value(test) => test.source.fields(found),
            Self::Pair { left, right, .. } => {
                left.fields(found);
                right.fields(found);
            }
            Self::Between { source, low, high, .. } => {
                source.fields(found);
                for operand in [low, high] {
                    if let Operand::Source(source) = operand {
                        source.fields(found);
                    }
                }
            }
        }
    }

    /// Whether the answer is known without a packet.
    fn known(&self) -> Option<bool> {
        match self {
            Self::Always(answer) => Some(*answer),
            _ => None,
        }
    }

    pub(crate) fn not(part: Self) -> Self {
        match part {
            Self::Always(answer) => Self::Always(!answer),
            Self::Not(inner) => *inner,
            part => Self::Not(Box::new(part)),
        }
    }

    /// All values of the source, or one, do it. The packet is looked through first, where that can tell.
    pub(crate) fn value(all: bool, source: Source, check: Check) -> Self {
        let mention = Mention::of(&source, &check);
        let value = Self::Value(Box::new(ValueTest { all, source, check, mention: mention.clone() }));
        match mention {
            Some(mention) => Self::and(vec![Self::Mentions(mention), value]),
            None => value,
        }
    }

    /// All of the parts, and of the parts that are such themselves, the cheapest first: no part has an effect, so
    /// their order is free.
    pub(crate) fn and(parts: Vec<Self>) -> Self {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::And(inner) => all.extend(inner),
                part => all.push(part),
            }
        }
        Self::joined(all, true, Self::And)
    }

    /// One of the parts, the cheapest first.
    pub(crate) fn or(parts: Vec<Self>) -> Self {
        Self::joined(parts, false, Self::Or)
    }

    /// `neutral` is the answer that changes nothing; the other one decides.
    fn joined(mut parts: Vec<Self>, neutral: bool, make: fn(Box<[Self]>) -> Self) -> Self {
        if parts.iter().any(|part| part.known() == Some(!neutral)) {
            return Self::Always(!neutral);
        }
        parts.retain(|part| part.known().is_none());
        parts.sort_by_key(Self::cost);
        match parts.len() {
            0 => Self::Always(neutral),
            1 => parts.pop().unwrap_or(Self::Always(neutral)),
            _ => make(parts.into()),
        }
    }
}
