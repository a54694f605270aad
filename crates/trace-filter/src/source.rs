//! Where the values of a comparison come from: a field, or what is made from one.

use crate::ast::Range;
use crate::compiled::Constant;
use mbuf_trace::Text;
use std::ops::ControlFlow;
use trace_fields::{Field, FieldId, FieldType, Scope, Scratch, Subject, Value};

/// What values are, as far as comparisons care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Bool,
    /// An unsigned number up to this one.
    Uint(u64),
    Text,
    /// Bytes, those of a protocol, or a slice.
    Bytes,
    Protocol,
    Ether,
    Ipv4,
    Ipv6,
    Time,
}

impl Class {
    pub(crate) fn of(ty: FieldType) -> Self {
        match ty {
            FieldType::Protocol => Self::Protocol,
            FieldType::Boolean => Self::Bool,
            FieldType::Uint8
            | FieldType::Uint16
            | FieldType::Uint24
            | FieldType::Uint32
            | FieldType::Uint64 => Self::Uint(ty.max().unwrap_or(u64::MAX)),
            FieldType::String => Self::Text,
            FieldType::Bytes => Self::Bytes,
            FieldType::Ipv4 => Self::Ipv4,
            FieldType::Ipv6 => Self::Ipv6,
            FieldType::Ether => Self::Ether,
            FieldType::AbsoluteTime | FieldType::RelativeTime => Self::Time,
        }
    }

    /// The name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bool => FieldType::Boolean.name(),
            Self::Uint(0xff) => FieldType::Uint8.name(),
            Self::Uint(0xffff) => FieldType::Uint16.name(),
            Self::Uint(0xffff_ffff) => FieldType::Uint32.name(),
            Self::Uint(_) => FieldType::Uint64.name(),
            Self::Text => FieldType::String.name(),
            Self::Bytes => FieldType::Bytes.name(),
            Self::Protocol => FieldType::Protocol.name(),
            Self::Ether => FieldType::Ether.name(),
            Self::Ipv4 => FieldType::Ipv4.name(),
            Self::Ipv6 => FieldType::Ipv6.name(),
            Self::Time => FieldType::AbsoluteTime.name(),
        }
    }

    /// Whether values of the two can be compared with each other, as Wireshark has it.
    pub(crate) fn goes_with(self, other: Self) -> bool {
        use Class::{Bytes, Ether, Uint};
        match (self, other) {
            (Uint(_), Uint(_)) | (Bytes | Ether, Bytes | Ether) => true,
            (left, right) => left == right,
        }
    }

    /// Whether the values have bytes that can be sliced.
    pub(crate) fn has_bytes(self) -> bool {
        !matches!(self, Self::Bool | Self::Uint(_) | Self::Time)
    }
}

/// Where values come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Field(FieldId),
    /// Some bytes of each value that has all of them.
    Slice(Box<Source>, Box<[Range]>),
    /// The bits that the mask has too.
    Masked(Box<Source>, Constant),
    /// The length of each value in bytes.
    Length(FieldId),
    /// How many values there are, if there are any.
    Count(FieldId),
    /// Each value with its ASCII letters in upper case, or else lower case.
    Case(Box<Source>, bool),
}

impl Source {
    /// What the values are.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Field(field) => Class::of(field.field().ty),
            Self::Slice(..) => Class::Bytes,
            Self::Masked(of, _) => of.class(),
            Self::Length(_) | Self::Count(_) => Class::Uint(u64::from(u32::MAX)),
            Self::Case(..) => Class::Text,
        }
    }

    /// The field that all comes from.
    pub(crate) fn field(&self) -> &'static Field {
        match self {
            Self::Field(field) | Self::Length(field) | Self::Count(field) => field.field(),
            Self::Slice(of, _) | Self::Masked(of, _) | Self::Case(of, _) => of.field(),
        }
    }

    /// How much work the values are: a guess, to ask the cheap ones first.
    pub(crate) fn cost(&self) -> u32 {
        match self.field().scope {
            Scope::Packet => 1,
            Scope::Trace if self.field().id == FieldId::MbufTracePath => 30,
            Scope::Trace => 2,
            Scope::Event => 20,
            Scope::Snapshot => 25,
        }
    }

    /// Calls `visit` with every value, until it breaks.
    pub(crate) fn visit(
        &self,
        subject: &Subject<'_>,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(Value<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match self {
            Self::Field(field) => subject.visit(*field, scratch, visit),
            Self::Slice(of, ranges) => of.visit(subject, scratch, &mut |value| {
                with_bytes(&value, |bytes| match ranges.as_ref() {
                    [range] => slice(bytes, *range)
                        .map_or(ControlFlow::Continue(()), |part| visit(Value::Bytes(part))),
                    ranges => {
                        let parts: Option<Vec<&[u8]>> =
                            ranges.iter().map(|range| slice(bytes, *range)).collect();
                        match parts {
                            Some(parts) => visit(Value::Bytes(&parts.concat())),
                            None => ControlFlow::Continue(()),
                        }
                    }
                })
            }),
            Self::Masked(of, mask) => of.visit(subject, scratch, &mut |value| match (value, mask) {
                (Value::Uint(value), Constant::Uint(mask)) => visit(Value::Uint(value & mask)),
                (Value::Ipv4(value), Constant::Ipv4 { net, .. }) => {
                    visit(Value::Ipv4((value.to_bits() & net).into()))
                }
                _ => ControlFlow::Continue(()),
            }),
            Self::Length(field) => subject
                .visit(*field, scratch, &mut |value| visit(Value::Uint(length(&value, field.field().ty)))),
            Self::Count(field) => {
                let mut count = 0_u64;
                let _ = subject.visit(*field, scratch, &mut |_| {
                    count = count.saturating_add(1);
                    ControlFlow::Continue(())
                });
                if count > 0 { visit(Value::Uint(count)) } else { ControlFlow::Continue(()) }
            }
            Self::Case(of, upper) => of.visit(subject, scratch, &mut |value| match value {
                Value::Text(text) if *upper => {
                    visit(Value::Text(Text(&text.as_bytes().to_ascii_uppercase())))
                }
                Value::Text(text) => visit(Value::Text(Text(&text.as_bytes().to_ascii_lowercase()))),
                _ => ControlFlow::Continue(()),
            }),
        }
    }

    /// Whether there is a value; of a mask, one that is not zero.
    pub(crate) fn exists(&self, subject: &Subject<'_>, scratch: &mut Scratch) -> bool {
        let masked = matches!(self, Self::Masked(..));
        let mut found = |value: Value<'_>| {
            let zero = match value {
                Value::Uint(value) => value == 0,
                Value::Ipv4(value) => value.is_unspecified(),
                _ => false,
            };
            if masked && zero { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        self.visit(subject, scratch, &mut found).is_break()
    }
}

/// The bytes that a value is made of; none of numbers and times.
pub(crate) fn with_bytes<T>(value: &Value<'_>, then: impl FnOnce(&[u8]) -> T) -> T {
    match value {
        Value::Text(text) => then(text.as_bytes()),
        Value::Bytes(bytes) | Value::Protocol(bytes) => then(bytes),
        Value::Ether(address) => then(address),
        Value::Ipv4(address) => then(&address.octets()),
        Value::Ipv6(address) => then(&address.octets()),
        Value::Bool(_) | Value::Uint(_) | Value::Time(_) => then(&[]),
    }
}

/// Length of a value in bytes; of a number, what its type takes.
fn length(value: &Value<'_>, ty: FieldType) -> u64 {
    match ty {
        FieldType::Boolean | FieldType::Uint8 => 1,
        FieldType::Uint16 => 2,
        FieldType::Uint24 => 3,
        FieldType::Uint32 => 4,
        FieldType::Uint64 => 8,
        _ => with_bytes(value, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
    }
}

/// The bytes of a range, if all of them are there.
fn slice(bytes: &[u8], range: Range) -> Option<&[u8]> {
    let at = |position: i32| {
        let magnitude = usize::try_from(position.unsigned_abs()).ok()?;
        if position < 0 { bytes.len().checked_sub(magnitude) } else { Some(magnitude) }
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
        Range::From(position) => (at(position)?, bytes.len()),
    };
    bytes.get(start..end).filter(|part| !part.is_empty())
}

/// The order of byte strings in Wireshark: the shorter first, and only then what is in them.
pub(crate) fn compare_bytes(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
