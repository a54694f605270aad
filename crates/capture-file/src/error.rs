//! What can be wrong with a capture. Offsets count in the decompressed stream. What an error prints includes its cause, so
//! that none has a [`source`](std::error::Error::source): a chain of errors would print it twice.

use crate::Compression;
use crate::counted::{Counted, bytes};
use std::fmt;
use std::io;

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No byte at all.
    #[error("the file is empty")]
    Empty,
    /// It ends within its first header.
    #[error("cut off in its first header: {} needed, {available} there", bytes(*needed))]
    TooShort {
        /// Bytes the header has.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
    /// It begins like nothing that we read.
    #[error("neither pcap nor pcapng: it begins with {}{}", Hex(first), hint(first))]
    NotACapture {
        /// The first bytes, up to eight.
        first: Vec<u8>,
    },
    /// A capture of a version that we do not know.
    #[error("{format} version {major}.{minor} is not supported; {known} is")]
    UnsupportedVersion {
        /// Which format.
        format: crate::Format,
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
        /// What we read.
        known: &'static str,
    },
    /// A pcap's network field has bits set that have no meaning; libpcap and Wireshark refuse it too.
    #[error(
        "reserved bits are set in the link type field {network:#010x} of the pcap header: damaged, or not a capture"
    )]
    ReservedLinkTypeBits {
        /// The whole field.
        network: u32,
    },
    /// Compressed twice.
    #[error("{inner} inside {outer}: decompress it once before")]
    Nested {
        /// The outer compression.
        outer: Compression,
        /// What was found within.
        inner: Compression,
    },
    /// Compressed in a way that this build cannot undo.
    #[error("{compression}: this program was built without the feature `{compression}` of capture-file")]
    LeftOut {
        /// The compression.
        compression: Compression,
    },
    /// The first section header of a pcapng is damaged.
    #[error("its first block is damaged: {0}")]
    Damaged(ReadErrorKind),
    /// The compressed stream is broken before the first header is out.
    #[error("broken {compression} stream: {error}")]
    Compressed {
        /// The compression.
        compression: Compression,
        /// What the decompressor says.
        error: io::Error,
    },
    /// The input failed.
    #[error("cannot read: {0}")]
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{byte:02x}")?;
        }
        Ok(())
    }
}

fn hint(first: &[u8]) -> &'static str {
    const HINTS: [(&[u8], &str); 8] = [
        (b"\xfd7zXZ\0", " (xz: run `xz -d` first)"),
        (b"BZh", " (bzip2: run `bzip2 -d` first)"),
        (b"PK\x03\x04", " (zip: run `unzip` first)"),
        (b"snoop\0", " (snoop: convert it with `editcap -F pcapng`)"),
        (b"\x7fELF", " (a program)"),
        (b"\xa1\xb2", " (close to a pcap, but of no variant known)"),
        (b"\x0a\x0d\x0d\x0a", " (close to pcapng, but without its byte-order magic)"),
        (b"\xd4\xc3", " (close to a pcap, but of no variant known)"),
    ];
    HINTS.iter().find(|(magic, _)| first.starts_with(magic)).map_or("", |(_, hint)| hint)
}

/// Damage that ends a file: everything before it has been given out.
#[derive(Debug, thiserror::Error)]
#[error("{kind} (packet {packet}, byte offset {offset})")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Number of the packet that would have come next, from 1.
    pub packet: u64,
    /// Where the damaged item begins, in the decompressed stream; of what the input left out, where that is in the
    /// input's own.
    pub offset: u64,
}

impl ReadError {
    /// Bytes that the input left out, of its own.
    #[must_use]
    pub const fn omitted(&self) -> u64 {
        if let ReadErrorKind::Omitted(part) = &self.kind { part.length } else { 0 }
    }

    /// Whether the input ended within an item: it is still being written, or was cut off.
    #[must_use]
    pub const fn is_cut_off(&self) -> bool {
        matches!(self.kind, ReadErrorKind::CutOff { .. })
    }

    /// Whether the input ended before what it holds does: within an item, a compressed stream, or a part that it makes
    /// its bytes of.
    #[must_use]
    pub fn is_end_of_input(&self) -> bool {
        let ends = |source: &io::Error| source.kind() == io::ErrorKind::UnexpectedEof;
        match &self.kind {
            ReadErrorKind::CutOff { .. } => true,
            ReadErrorKind::Compressed { error, .. } => ends(error),
            ReadErrorKind::Omitted(part) => part.ends_input,
            _ => false,
        }
    }

    /// Whether it is known for sure where the capture goes on: [`Reader::salvage`](crate::Reader::salvage) does so without
    /// searching.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        matches!(self.kind, ReadErrorKind::CutByCapture { .. })
    }

    /// Whether there are bytes behind the damage that [`Reader::salvage`](crate::Reader::salvage) could look into: the
    /// input neither ended nor failed.
    #[must_use]
    pub fn leaves_more(&self) -> bool {
        use ReadErrorKind as Kind;
        !matches!(
            self.kind,
            Kind::CutOff { .. } | Kind::Compressed { .. } | Kind::Io(_) | Kind::Zeros { to_end: true, .. }
        )
    }
}

/// What is wrong where a file ends early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The file ends within an item: still being written, or cut off.
    #[error("cut off in the middle of a {part}: {} needed, {available} there", bytes(*needed))]
    CutOff {
        /// What it ends in.
        part: Part,
        /// Bytes the part has, from its beginning.
        needed: u64,
        /// Bytes there are of it.
        available: u64,
    },
    /// A record ends where another capture begins: it was cut off, and then the other one appended.
    #[error("cut off in the middle of a packet after {}, where another capture begins", bytes(*available))]
    CutByCapture {
        /// Bytes there are of the record, its header included.
        available: u64,
    },
    /// A length that cannot be.
    #[error("impossible {what} of {}: it has to be {}", bytes(*length), Bounds(*minimum, *maximum))]
    ImpossibleLength {
        /// Which length.
        what: &'static str,
        /// Its value.
        length: u64,
        /// Least that would do.
        minimum: u64,
        /// Most that would do.
        maximum: u64,
    },
    /// A block length not divisible by four.
    #[error("impossible block length of {}: not a multiple of four", bytes(*length))]
    UnalignedLength {
        /// The length.
        length: u64,
    },
    /// A block's two lengths differ.
    #[error("the block's lengths differ: {first} before it, {second} after it")]
    LengthsDiffer {
        /// The leading length.
        first: u32,
        /// The trailing length.
        second: u32,
    },
    /// Zeros where an item should begin: what was to be written there never was.
    #[error("{length} zeros{} where a packet should begin{}", up_to_end(*to_end).0, up_to_end(*to_end).1)]
    Zeros {
        /// How many.
        length: u64,
        /// Whether nothing follows them.
        to_end: bool,
    },
    /// Another capture begins, of a kind that is not read.
    #[error(
        "another capture begins here, a variant of pcap that is not read: its magic number is {magic:#010x}; `mergecap -a` may join the two"
    )]
    UnreadCapture {
        /// What it begins with.
        magic: u32,
    },
    /// A record of another time than those around it, which nothing confirms; told only where damage is expected.
    #[error(
        "a record of another time than those before it, {} after 1970, and no record after it",
        Counted(*seconds, "second")
    )]
    OddTime {
        /// Its seconds since 1970.
        seconds: u32,
    },
    /// A record that reaches into others; told only where damage is expected.
    #[error(
        "a record of {}, but {} after its beginning others begin that make more sense",
        bytes(*length), bytes(*after)
    )]
    Overlap {
        /// Its length, header included.
        length: u64,
        /// Where the first of the others begins.
        after: u64,
    },
    /// A packet of an interface that its section does not describe.
    #[error("a packet of interface {interface}, but the section has described {described} so far{}", limit(*described))]
    UnknownInterface {
        /// What the packet says.
        interface: u32,
        /// How many there are.
        described: u32,
    },
    /// A section of a version that we do not know.
    #[error("a section of pcapng version {major}.{minor}; 1.0 and 1.2 are supported")]
    UnsupportedVersion {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A section header without byte-order magic.
    #[error("a section header whose byte-order magic is {magic:#010x}")]
    ByteOrderMagic {
        /// What stands in its place.
        magic: u32,
    },
    /// The compressed stream around the capture is broken or cut off.
    #[error("broken {compression} stream: {error}")]
    Compressed {
        /// The compression.
        compression: Compression,
        /// What the decompressor says.
        error: io::Error,
    },
    /// The input left out a part that it can make no bytes of, and goes on behind it.
    #[error("cannot read: {0}")]
    Omitted(Omission),
    /// The input failed.
    #[error("cannot read: {0}")]
    Io(io::Error),
}

/// A part of something else that a [`Read`](io::Read) makes its bytes of, and could not make any of: a line, say. As the
/// error within an [`io::Error`], it says that the next read goes on behind that part, so that
/// [`Reader::salvage`](crate::Reader::salvage) can.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Omission {
    /// Where the part begins, in bytes of what it is a part of.
    pub offset: u64,
    /// Its bytes.
    pub length: u64,
    /// Whether it is what the input ends in the middle of.
    pub ends_input: bool,
    /// What is wrong with it.
    pub reason: Box<dyn std::error::Error + Send + Sync>,
}

/// What a file can end in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The fixed header of a pcap record.
    RecordHeader,
    /// The record or block of a packet.
    Packet,
    /// The type and length of a pcapng block.
    BlockHeader,
    /// Another pcapng block.
    Block,
    /// The file's first header.
    FileHeader,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RecordHeader => "record header",
            Self::Packet => "packet",
            Self::BlockHeader => "block header",
            Self::Block => "block",
            Self::FileHeader => "file header",
        })
    }
}

struct Bounds(u64, u64);

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(0, maximum) => write!(f, "at most {maximum}"),
            Self(minimum, maximum) => write!(f, "{minimum} to {maximum}"),
        }
    }
}

fn up_to_end(to_end: bool) -> (&'static str, &'static str) {
    if to_end {
        (", up to the end of the file,", ": never written, as after a loss of power")
    } else {
        ("", "")
    }
}

fn limit(described: u32) -> &'static str {
    if u64::from(described) >= crate::read::MAX_INTERFACES { " (no more are remembered)" } else { "" }
}

/// Something odd that does not stop the reading and changes no byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (byte offset {offset})")]
pub struct Warning {
    /// What it is.
    pub kind: WarningKind,
    /// Where the block begins, in the decompressed stream.
    pub offset: u64,
}

/// What a [`Warning`] is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningKind {
    /// The options of a section header or interface description cannot be read to their end.
    #[error("options ignored from here on: {0}")]
    Options(OptionError),
    /// An option's value has not the length it must have; the option is ignored.
    #[error("option {name} ignored: {} long instead of {expected}", bytes(*length))]
    OptionLength {
        /// The option's name in the specification.
        name: &'static str,
        /// Its length.
        length: usize,
        /// The length it must have.
        expected: usize,
    },
    /// An option that may be there once is there again; the first one counts.
    #[error("option {name} is repeated: the first one counts")]
    Repeated {
        /// The option's name in the specification.
        name: &'static str,
    },
    /// More interfaces in a section than are remembered.
    #[error(
        "over {limit} interfaces in one section: the others are not remembered, a packet of theirs ends the reading"
    )]
    TooManyInterfaces {
        /// The bound.
        limit: u64,
    },
    /// More interface names and descriptions in a section than are remembered.
    #[error("over {limit} bytes of interface names in one section: the others are not remembered")]
    TooManyNames {
        /// The bound.
        limit: usize,
    },
    /// A nonzero reserved field in an interface description; ignored, as the specification asks.
    #[error("the reserved field of an interface description is {0:#06x}")]
    Reserved(u16),
    /// Another capture begins, as `cat` appends one, and goes on as the one before it.
    #[error("another capture begins here, as `cat` appends one, and is read as well")]
    AppendedCapture,
    /// The same, but what follows is something else.
    #[error(
        "another capture begins here, as `cat` appends one, with another {0}: it is read as its own header says; `mergecap -a` joins captures into one that all programs read"
    )]
    OtherCapture(Differences),
    /// More warnings than are kept.
    #[error("{}", Counted(*_0, "more warning"))]
    More(u64),
}

impl WarningKind {
    /// Whether something of the capture is not in the items that the reader gives, but for their raw bytes.
    #[must_use]
    pub const fn leaves_out(&self) -> bool {
        matches!(self, Self::TooManyNames { .. })
    }
}

/// In what a capture differs from the one that it was appended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differences {
    /// One is a pcap, the other a pcapng.
    pub format: bool,
    /// The byte order.
    pub byte_order: bool,
    /// The resolution of timestamps.
    pub resolution: bool,
    /// The layout of record headers.
    pub layout: bool,
    /// The link type, or the length of frame check sequences.
    pub link_type: bool,
}

impl Differences {
    pub(crate) const fn of_format() -> Self {
        Self { format: true, byte_order: false, resolution: false, layout: false, link_type: false }
    }

    /// Whether there is any.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.format || self.byte_order || self.resolution || self.layout || self.link_type
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.format, "format"),
            (self.byte_order, "byte order"),
            (self.resolution, "resolution of times"),
            (self.layout, "layout of records"),
            (self.link_type, "link type"),
        ];
        for (index, (_, word)) in words.iter().filter(|(differs, _)| *differs).enumerate() {
            write!(f, "{}{word}", if index == 0 { "" } else { " and another " })?;
        }
        Ok(())
    }
}

/// Options that cannot be read to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("option {code} at byte {at} of the options says {}, {available} there", bytes(*length))]
pub struct OptionError {
    /// Its code; 0 when not even that is there.
    pub code: u16,
    /// Where it begins, from the first option.
    pub at: usize,
    /// Its length and padding, or the four bytes of its header.
    pub length: usize,
    /// What there is of that.
    pub available: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn a_cause_is_printed_once() {
        let io = || io::Error::other("the cable is out");
        let compression = Compression::Gzip;
        let reason = Box::new(io());
        let errors: [Box<dyn Error>; 5] = [
            Box::new(OpenError::from(io())),
            Box::new(OpenError::Compressed { compression, error: io() }),
            Box::new(ReadError { kind: ReadErrorKind::Io(io()), packet: 1, offset: 0 }),
            Box::new(ReadErrorKind::Compressed { compression, error: io() }),
            Box::new(ReadErrorKind::Omitted(Omission { offset: 0, length: 0, ends_input: true, reason })),
        ];
        for error in errors {
            assert!(error.to_string().contains("the cable is out") && error.source().is_none(), "{error:?}");
        }
    }
}
