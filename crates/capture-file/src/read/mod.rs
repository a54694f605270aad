//! The reading side.

mod batch;
mod buffer;
mod clock;
mod framing;
#[cfg(feature = "gzip")]
mod gzip;
mod input;
mod interfaces;
pub(crate) mod item;
mod known;
#[cfg(feature = "lz4")]
mod lz4;
pub(crate) mod options;
pub(crate) mod pcap;
pub(crate) mod pcapng;
mod reader;
mod salvage;
mod seam;
mod source;
#[cfg(feature = "zstd")]
mod zstd;

pub use batch::PacketBatch;
pub use item::{Appended, Block, Earlier, Header, InterfaceBlock, InterfaceStatistics, Item, Packet};
pub use options::{BlockOption, EPB_PACKETID, OPT_COMMENT, Options, SHB_HARDWARE, SHB_OS, SHB_USERAPPL};
pub use reader::Reader;
pub use source::Source;

/// Largest block of a pcapng, and largest record of a pcap whatever its snaplen: 16 MiB, as in libpcap's
/// `sf-pcapng.c`. Anything longer is damage.
pub const MAX_BLOCK: u32 = 16 * 1024 * 1024;

/// Largest packet of a pcap whose snaplen is less: libpcap's `MAXIMUM_SNAPLEN`.
pub const MAX_RECORD: u32 = 262_144;

/// Most interfaces remembered of a section.
pub const MAX_INTERFACES: u64 = 65_536;

/// Most bytes of interface names and descriptions remembered of a section.
pub const MAX_INTERFACE_NAMES: usize = 1 << 20;
