//! What values are, and which operators they take, as Wireshark 4.0 has it for its types of fields.

use crate::ast::BinaryOp;
use trace_fields::FieldType;

/// What values are, as far as operators care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Bool,
    /// An unsigned number up to this one.
    Uint(u64),
    Text,
    /// Bytes, or a slice.
    Bytes,
    Protocol,
    Ether,
    Ipv4,
    Ipv6,
    /// A length of time, or the time since 1970.
    Duration,
    /// A point in time.
    Date,
}

/// An operator that not every type takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// `==` and its like.
    Compare,
    Contains,
    Matches,
    /// A sign in front.
    Minus,
    Binary(BinaryOp),
}

impl Class {
    /// What functions and lengths give.
    pub(crate) const COUNT: Self = Self::Uint(u32::MAX as u64);

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
            FieldType::AbsoluteTime => Self::Date,
            FieldType::RelativeTime => Self::Duration,
        }
    }

    /// The name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bool => FieldType::Boolean.name(),
            Self::Uint(0xff) => FieldType::Uint8.name(),
            Self::Uint(0xffff) => FieldType::Uint16.name(),
            Self::Uint(0xff_ffff) => FieldType::Uint24.name(),
            Self::Uint(0xffff_ffff) => FieldType::Uint32.name(),
            Self::Uint(_) => FieldType::Uint64.name(),
            Self::Text => FieldType::String.name(),
            Self::Bytes => FieldType::Bytes.name(),
            Self::Protocol => FieldType::Protocol.name(),
            Self::Ether => FieldType::Ether.name(),
            Self::Ipv4 => FieldType::Ipv4.name(),
            Self::Ipv6 => FieldType::Ipv6.name(),
            Self::Duration => FieldType::RelativeTime.name(),
            Self::Date => FieldType::AbsoluteTime.name(),
        }
    }

    /// The name with an article.
    pub(crate) fn with_article(self) -> String {
        let name = self.name();
        let article = if name.starts_with(['u', 'I', 'E']) { "an" } else { "a" };
        match self {
            Self::Bytes => name.into(),
            _ => format!("{article} {name}"),
        }
    }

    /// Whether values of this type can be compared with values of the other on the right side.
    pub(crate) fn goes_with(self, other: Self) -> bool {
        use Class::{Bool, Bytes, Ether, Uint};
        match (self, other) {
            (Uint(_), Uint(_) | Bool) | (Bytes | Ether, Bytes | Ether) => true,
            (left, right) => left == right,
        }
    }

    /// Whether the values have bytes that can be sliced.
    pub(crate) fn has_bytes(self) -> bool {
        !matches!(self, Self::Bool | Self::Uint(_) | Self::Duration | Self::Date)
    }

    /// Whether numbers of it are 64 bits wide.
    pub(crate) fn is_wide(self) -> bool {
        match self {
            Self::Uint(max) => max > u64::from(u32::MAX),
            // As in Wireshark.
            Self::Bool => true,
            _ => false,
        }
    }

    /// Whether `abs` takes it.
    pub(crate) fn has_sign(self) -> bool {
        matches!(self, Self::Uint(_) | Self::Bool | Self::Duration)
    }

    /// Whether `string` takes it.
    pub(crate) fn has_text(self) -> bool {
        matches!(self, Self::Uint(_) | Self::Ether | Self::Ipv4 | Self::Ipv6)
    }

    pub(crate) fn takes(self, operator: Use) -> bool {
        match operator {
            Use::Compare => true,
            Use::Contains | Use::Matches => {
                matches!(self, Self::Text | Self::Bytes | Self::Protocol | Self::Ether)
            }
            Use::Minus | Use::Binary(BinaryOp::Add | BinaryOp::Subtract) => {
                matches!(self, Self::Uint(_) | Self::Duration)
            }
            Use::Binary(BinaryOp::And) => {
                matches!(self, Self::Uint(_) | Self::Bytes | Self::Ether | Self::Ipv4 | Self::Ipv6)
            }
            Use::Binary(_) => matches!(self, Self::Uint(_)),
        }
    }
}
