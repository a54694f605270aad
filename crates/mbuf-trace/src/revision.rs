//! Which revision of the format a frame has, and the order of its bytes and records.

use core::fmt;
use core::str::FromStr;

/// A revision of the record format. Nothing in the frames of revisions 1 to 3 tells it;
/// [`Detector`](crate::Detector) finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// Length-prefixed strings, then one Ethernet frame.
    One,
    /// Typed records: data, static string, dynamic string.
    Two,
    /// Typed records: data, string.
    Three,
    /// Typed events with a frame header.
    Four,
}

impl Revision {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [Self::One, Self::Two, Self::Three, Self::Four];

    /// 1 to 4.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
        }
    }

    /// The revision of this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.number() == number)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// Byte order of the integers in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ByteOrder {
    /// Most significant byte first: what every kernel whose captures are known writes.
    #[default]
    Big,
    /// Least significant byte first: what the code printed with revision 1 writes.
    Little,
}

/// How the records of a frame lie on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Order {
    /// The kernel prepends each tag to a list, so the last record is the first thing that happened.
    #[default]
    NewestFirst,
    /// Revision 4 with the flag set.
    OldestFirst,
}

impl Order {
    /// The name in filters and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewestFirst => "newest_first",
            Self::OldestFirst => "oldest_first",
        }
    }
}

/// Revision and byte order: all that has to be known to read a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Encoding {
    /// The revision.
    pub revision: Revision,
    /// The byte order. [`ByteOrder::Little`] is right for revision 1 only; in a later one it is a fault.
    pub byte_order: ByteOrder,
}

impl Encoding {
    /// A revision in big-endian byte order.
    #[must_use]
    pub const fn new(revision: Revision) -> Self {
        Self { revision, byte_order: ByteOrder::Big }
    }

    /// Whether the byte order is not the revision's own, which makes it a fault.
    #[must_use]
    pub const fn is_reversed(self) -> bool {
        matches!(self.byte_order, ByteOrder::Little) && !matches!(self.revision, Revision::One)
    }
}

/// `1` to `4`, or `1le` for little-endian.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.byte_order {
            ByteOrder::Big => "",
            ByteOrder::Little => "le",
        };
        write!(f, "{}{order}", self.revision)
    }
}

/// The text is no encoding: neither `1` to `4` nor `1le`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a revision is 1, 2, 3 or 4, or 1le for revision 1 in little-endian byte order")]
pub struct UnknownEncoding;

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(text: &str) -> Result<Self, UnknownEncoding> {
        let number = match text {
            "1" | "1le" => Revision::One,
            "2" => Revision::Two,
            "3" => Revision::Three,
            "4" => Revision::Four,
            _ => return Err(UnknownEncoding),
        };
        let byte_order = if text == "1le" { ByteOrder::Little } else { ByteOrder::Big };
        Ok(Self { revision: number, byte_order })
    }
}
