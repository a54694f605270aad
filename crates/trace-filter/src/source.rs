//! Where the values of a comparison come from: a field, or what is made from one.
//!
//! A source can have no values at all, because a field in it has none: then whatever is asked of it is false.
//! Or it can have an empty list of them, because no result could be reckoned: then `all` of it is true.

use crate::ast::Range;
use crate::compiled::Constant;
use crate::item::Item;
use crate::number::{Number, Operation};
use crate::pool::Pool;
use crate::types::Class;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;
use trace_fields::{Decoded, Field, FieldId, Scope, Value};

/// What is called with each value; breaks off by [`ControlFlow::Break`].
pub(crate) type Visitor<'v> = dyn FnMut(Item<'_>) -> ControlFlow<()> + 'v;

/// Either broken off, or whether there are values, be it an empty list of them.
pub(crate) type Visited = ControlFlow<(), bool>;

/// Where values come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A field, perhaps only in some of the layers of its protocol.
    Field { id: FieldId, layers: Option<Box<[Range]>> },
    /// Some bytes of each value, as far as they are there.
    Slice(Box<Source>, Box<[Range]>),
    /// Each value's negative.
    Negative(Box<Source>),
    /// Each value of the left side with each of the right.
    Binary { operation: Operation, left: Box<Operand>, right: Box<Operand> },
    /// The length of each value in bytes.
    Length(Box<Source>),
    /// How many values there are, if there are any.
    Count(Box<Source>),
    /// Each value with its ASCII letters in upper case, or else lower case.
    Case(Box<Source>, bool),
    /// Each value as text.
    Shown(Box<Source>),
    /// The greatest value of all, or else the least.
    Extreme { greatest: bool, of: Box<[Operand]> },
    /// Each value without its sign.
    Absolute(Box<Source>),
}

/// A source, or one value that is the same for every packet.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Source(Source),
    Constant(Constant),
}

/// Most results of an operation between two fields that are looked at in one packet, one for each sixteen
/// bytes where they are bytes: what is behind them would take quadratic time.
const MOST_RESULTS: usize = 1 << 18;

/// Most bytes that the ranges of a slice put together.
const MOST_BYTES: usize = 1 << 22;

impl Source {
    /// All values of a field.
    pub(crate) const fn field(id: FieldId) -> Self {
        Self::Field { id, layers: None }
    }

    /// The bytes of all values.
    pub(crate) fn into_bytes(self) -> Self {
        Self::Slice(Box::new(self), Box::new([Range::From(0)]))
    }

    /// Calls `found` with every field that it is made of.
    pub(crate) fn fields(&self, found: &mut dyn FnMut(&'static Field)) {
        let operands = |operands: &[&Operand], found: &mut dyn FnMut(&'static Field)| {
            for operand in operands {
                if let Operand::Source(source) = operand {
                    source.fields(found);
                }
            }
        };
        match self {
            Self::Field { id, .. } => found(id.field()),
            Self::Slice(of, _)
            | Self::Negative(of)
            | Self::Length(of)
            | Self::Count(of)
            | Self::Case(of, _)
            | Self::Shown(of)
            | Self::Absolute(of) => of.fields(found),
            Self::Binary { left, right, .. } => operands(&[left, right], found),
            Self::Extreme { of, .. } => operands(&of.iter().collect::<Vec<_>>(), found),
        }
    }

    /// How much work the values are: a guess, to ask the cheap ones first.
    pub(crate) fn cost(&self) -> u32 {
        let mut cost = 0_u32;
        self.fields(&mut |field| {
            cost = cost.saturating_add(match field.scope {
                Scope::Packet => 1,
                Scope::Trace if field.id == FieldId::MbufTracePath => 30,
                Scope::Trace => 2,
                Scope::Snapshot => 15,
                Scope::Event => 20,
            });
        });
        cost
    }

    /// Calls `visit` with every value, until it breaks.
    pub(crate) fn visit(
        &self,
        pool: &mut Pool,
        decoded: &mut Decoded<'_, '_>,
        visit: &mut Visitor<'_>,
    ) -> Visited {
        match self {
            Self::Field { id, layers: None } => {
                let mut present = false;
                decoded.visit(*id, &mut |value| {
                    present = true;
                    visit(Item::of(&value, *id))
                })?;
                ControlFlow::Continue(present)
            }
            Self::Field { id, layers: Some(layers) } => {
                let mut present = false;
                in_layers(*id, layers, decoded, &mut |item| {
                    present = true;
                    visit(item)
                })?;
                ControlFlow::Continue(present)
            }
            Self::Slice(of, ranges) => pool.with_buffer(|pool, buffer| {
                of.visit(pool, decoded, &mut |item| {
                    let len = item.len();
                    item.bytes(|bytes| match ranges.as_ref() {
                        [range] => visit(Item::Bytes(part(bytes, len, *range).unwrap_or_default())),
                        ranges => {
                            collect(bytes, len, ranges, buffer);
                            visit(Item::Bytes(buffer))
                        }
                    })
                })
            }),
            Self::Negative(of) => of.visit(pool, decoded, &mut |item| maybe(item.negative(), visit)),
            Self::Absolute(of) => {
                let mut any = false;
                of.visit(pool, decoded, &mut |item| {
                    any = true;
                    maybe(item.absolute(), visit)
                })?;
                ControlFlow::Continue(any)
            }
            Self::Binary { operation, left, right } => binary(*operation, left, right, pool, decoded, visit),
            Self::Length(of) => {
                let class = of.class_of_field();
                of.visit(pool, decoded, &mut |item| {
                    visit(Item::Number(Number::unsigned(length(&item, class), false)))
                })
            }
            Self::Count(of) => {
                let mut count = 0_u64;
                let _ = of.visit(pool, decoded, &mut |_| {
                    count = count.saturating_add(1);
                    ControlFlow::Continue(())
                });
                if count > 0 {
                    visit(Item::Number(Number::unsigned(count, false)))?;
                }
                ControlFlow::Continue(count > 0)
            }
            Self::Case(of, upper) => pool.with_buffer(|pool, buffer| {
                of.visit(pool, decoded, &mut |item| {
                    buffer.clear();
                    buffer.extend_from_slice(item.searched());
                    if *upper {
                        buffer.make_ascii_uppercase();
                    } else {
                        buffer.make_ascii_lowercase();
                    }
                    visit(Item::Text(buffer))
                })
            }),
            Self::Shown(of) => pool.with_buffer(|pool, buffer| {
                of.visit(pool, decoded, &mut |item| {
                    buffer.clear();
                    show(&item, buffer);
                    visit(Item::Text(buffer))
                })
            }),
            Self::Extreme { greatest, of } => pool.with_list(|pool, best| {
                let packet = decoded.data();
                // The last argument first, as Wireshark does it: it decides where two cannot be compared.
                for operand in of.iter().rev() {
                    let _ = operand.visit(pool, decoded, &mut |item| {
                        best.keep_extreme(&item, *greatest, packet);
                        ControlFlow::Continue(())
                    });
                }
                let Some(best) = best.items(packet).next() else { return ControlFlow::Continue(false) };
                visit(best)?;
                ControlFlow::Continue(true)
            }),
        }
    }

    /// What the values of a field are.
    fn class_of_field(&self) -> Class {
        match self {
            Self::Field { id, .. } => Class::of(id.field().ty),
            _ => Class::Bytes,
        }
    }

    /// Whether a condition that is nothing but this is true: a field that has a value, a slice that has bytes,
    /// arithmetic with a result that is not zero.
    pub(crate) fn exists(&self, pool: &mut Pool, decoded: &mut Decoded<'_, '_>) -> bool {
        let counts = |item: &Item<'_>| match self {
            Self::Slice(..) => item.bytes(|bytes| !bytes.is_empty()),
            Self::Binary { .. } | Self::Negative(_) => !item.is_zero(),
            _ => true,
        };
        let found = self.visit(pool, decoded, &mut |item| {
            if counts(&item) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found.is_break()
    }
}

impl Operand {
    pub(crate) fn visit(
        &self,
        pool: &mut Pool,
        decoded: &mut Decoded<'_, '_>,
        visit: &mut Visitor<'_>,
    ) -> Visited {
        match self {
            Self::Source(source) => source.visit(pool, decoded, visit),
            Self::Constant(constant) => {
                visit(constant.item())?;
                ControlFlow::Continue(true)
            }
        }
    }
}

fn maybe(item: Option<Item<'_>>, visit: &mut Visitor<'_>) -> ControlFlow<()> {
    item.map_or(ControlFlow::Continue(()), visit)
}

/// The values of a field that are in one of these layers of its protocol. Negative numbers count from the last
/// layer that has a value.
fn in_layers(
    id: FieldId,
    layers: &[Range],
    decoded: &mut Decoded<'_, '_>,
    visit: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let mut last = 0_i64;
    let _ = decoded.visit_layers(id, &mut |layer, _| {
        last = last.max(i64::from(layer));
        ControlFlow::Continue(())
    });
    decoded.visit_layers(id, &mut |layer, value| {
        if layers.iter().any(|range| has_layer(*range, i64::from(layer), last)) {
            visit(Item::of(&value, id))
        } else {
            ControlFlow::Continue(())
        }
    })
}

/// Whether the layer is in the range, as Wireshark reads ranges here: only a start is counted from the end.
fn has_layer(range: Range, layer: i64, last: i64) -> bool {
    let start = |start: i32| {
        let start = i64::from(start);
        if start < 0 { start.saturating_add(last).saturating_add(1) } else { start }
    };
    let (low, high) = match range {
        Range::At(at) => (start(at), start(at)),
        Range::Length(at, length) => {
            (start(at), start(at).saturating_add(i64::from(length)).saturating_sub(1))
        }
        Range::First(length) => (0, i64::from(length).saturating_sub(1)),
        Range::Between(first, end) => (start(first), i64::from(end)),
        Range::From(at) => (start(at), i64::MAX),
    };
    (low..=high).contains(&layer)
}

fn binary(
    operation: Operation,
    left: &Operand,
    right: &Operand,
    pool: &mut Pool,
    decoded: &mut Decoded<'_, '_>,
    visit: &mut Visitor<'_>,
) -> Visited {
    pool.with_buffer(|pool, buffer| {
        let right = match right {
            Operand::Constant(right) => {
                return left.visit(pool, decoded, &mut |item| {
                    maybe(item.reckon(operation, &right.item(), buffer), visit)
                });
            }
            Operand::Source(right) => right,
        };
        pool.with_list(|pool, list| {
            if !list.fill(right, pool, decoded) {
                return ControlFlow::Continue(false);
            }
            let packet = decoded.data();
            let mut left_to_do = MOST_RESULTS;
            left.visit(pool, decoded, &mut |item| {
                for other in list.items(packet) {
                    let cost = item.bytes(<[u8]>::len).checked_div(16).unwrap_or(0).saturating_add(1);
                    let Some(rest) = left_to_do.checked_sub(cost) else { break };
                    left_to_do = rest;
                    maybe(item.reckon(operation, &other, buffer), visit)?;
                }
                ControlFlow::Continue(())
            })
        })
    })
}

/// Length of a value in bytes, as Wireshark counts it: of a number, what its type takes; booleans and times
/// have none.
fn length(item: &Item<'_>, class: Class) -> u64 {
    match class {
        Class::Uint(max) => u64::from(u64::BITS.saturating_sub(max.leading_zeros()).div_ceil(8)),
        _ => u64::try_from(item.len()).unwrap_or(u64::MAX),
    }
}

fn show(item: &Item<'_>, out: &mut Vec<u8>) {
    let _ = match item {
        Item::Number(number) => write!(out, "{}", number.value()),
        Item::Ipv4(address) => write!(out, "{}", Ipv4Addr::from_bits(*address)),
        Item::Ipv6(address) => write!(out, "{}", Value::Ipv6(Ipv6Addr::from_bits(*address))),
        other => other.bytes(|bytes| {
            bytes.iter().enumerate().try_for_each(|(place, byte)| {
                let separator = if place > 0 { ":" } else { "" };
                write!(out, "{separator}{byte:02x}")
            })
        }),
    };
}

/// The bytes of the ranges up to the first that is not there whole.
fn collect(bytes: &[u8], len: usize, ranges: &[Range], out: &mut Vec<u8>) {
    out.clear();
    for range in ranges {
        match part(bytes, len, *range) {
            Some(part) if out.len().saturating_add(part.len()) <= MOST_BYTES => out.extend_from_slice(part),
            _ => break,
        }
    }
}

/// The bytes of a range of a value of this length, if the value has all of them; of a header that was cut, none
/// unless all of them are there.
fn part(bytes: &[u8], len: usize, range: Range) -> Option<&[u8]> {
    let at = |position: i32| {
        let magnitude = usize::try_from(position.unsigned_abs()).ok()?;
        if position < 0 { len.checked_sub(magnitude) } else { Some(magnitude) }
    };
    let (start, end) = match range {
        Range::At(position) => {
            let start = at(position)?;
            (start, start.checked_add(1)?)
        }
        Range::Length(position, length) => {
            let start = at(position)?;
            (start, start.checked_add(usize::try_from(length).ok()?)?)
        }
        Range::Between(first, last) => (at(first)?, at(last)?.checked_add(1)?),
        Range::First(length) => (0, usize::try_from(length).ok()?),
        Range::From(position) => (at(position)?, len),
    };
    (start < end && end <= len).then(|| bytes.get(start..end).unwrap_or_default())
}
