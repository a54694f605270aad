//! A compiled expression: names are fields, literals are values, patterns are compiled.

use crate::source::{Source, compare_bytes, with_bytes};
use capture_file::Timestamp;
use memchr::memmem::Finder;
use regex::bytes::Regex;
use std::cmp::Ordering;
use trace_fields::Value;

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
    Value(Box<ValueTest>),
    /// Every pair of values of the two sources, or one, is in this relation.
    Pair {
        all: bool,
        left: Source,
        relation: Relation,
        right: Source,
    },
}

/// All values of a source, or one, do something. No value, and it is false.
#[derive(Debug, Clone)]
pub(crate) struct ValueTest {
    pub(crate) all: bool,
    pub(crate) source: Source,
    pub(crate) check: Check,
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
    pub(crate) fn holds(self, order: Ordering) -> bool {
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
    Bool(bool),
    Uint(u64),
    /// Text and bytes.
    Bytes(Vec<u8>),
    Ether([u8; 6]),
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
    /// How a value stands to this. An address is compared as far as the mask reaches.
    pub(crate) fn compare(&self, value: &Value<'_>) -> Option<Ordering> {
        Some(match (value, self) {
            (Value::Bool(value), Self::Bool(constant)) => value.cmp(constant),
            (Value::Uint(value), Self::Uint(constant)) => value.cmp(constant),
            (Value::Text(value), Self::Bytes(constant)) => value.as_bytes().cmp(constant.as_slice()),
            (Value::Ipv4(value), Self::Ipv4 { net, mask }) => (value.to_bits() & mask).cmp(net),
            (Value::Ipv6(value), Self::Ipv6 { net, mask }) => (value.to_bits() & mask).cmp(net),
            (Value::Time(value), Self::Time(constant)) => value.cmp(constant),
            (Value::Ether(value), Self::Ether(constant)) => value.cmp(constant),
            (value, Self::Bytes(constant)) => with_bytes(value, |value| compare_bytes(value, constant)),
            _ => return None,
        })
    }
}

impl Check {
    /// Whether the value does it.
    pub(crate) fn holds(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Compare(relation, constant) => {
                constant.compare(value).is_some_and(|order| relation.holds(order))
            }
            // Nothing contains the empty string, in Wireshark.
            Self::Contains(finder) => {
                !finder.needle().is_empty() && with_bytes(value, |bytes| finder.find(bytes).is_some())
            }
            Self::Matches(regex) => with_bytes(value, |bytes| regex.is_match(bytes)),
            Self::In(members) => members.iter().any(|member| match member {
                Member::One(constant) => constant.compare(value).is_some_and(Ordering::is_eq),
                Member::Range(first, last) => {
                    first.compare(value).is_some_and(Ordering::is_ge)
                        && last.compare(value).is_some_and(Ordering::is_le)
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
            Self::Value(test) => test.source.cost().saturating_add(test.check.cost()),
            Self::Pair { left, right, .. } => left.cost().saturating_add(right.cost()).saturating_mul(2),
        }
    }

    /// Calls `found` with every source.
    pub(crate) fn sources(&self, found: &mut dyn FnMut(&Source)) {
        match self {
            Self::Always(_) => {}
            Self::And(parts) | Self::Or(parts) | Self::Xor(parts) => {
                parts.iter().for_each(|part| part.sources(found));
            }
            Self::Not(part) => part.sources(found),
            Self::Exists(source) => found(source),
            Self::Value(test) => found(&test.source),
            Self::Pair { left, right, .. } => {
                found(left);
                found(right);
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

    /// All of the parts, the cheapest first: no part has an effect, so their order is free.
    pub(crate) fn and(parts: Vec<Self>) -> Self {
        Self::joined(parts, true, Self::And)
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
