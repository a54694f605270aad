//! Streaming readers and writers of pcap and pcapng.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

mod byte_order;
mod container;
mod error;
mod link_type;
mod read;
mod time;
mod write;

pub use byte_order::ByteOrder;
pub use container::{Compression, Container, Format, Interface, PcapHeader, PcapVariant};
pub use error::{OpenError, OptionError, Part, ReadError, ReadErrorKind, Warning, WarningKind};
pub use link_type::LinkType;
pub use read::{
    Block, BlockOption, EPB_PACKETID, Header, InterfaceBlock, Item, MAX_BLOCK, MAX_INTERFACE_NAMES,
    MAX_INTERFACES, MAX_RECORD, OPT_COMMENT, Options, Packet, Reader,
};
pub use time::{Epoch, ParseTimestampError, Resolution, Timestamp};
pub use write::{
    Compressor, Loss, Losses, PcapResolution, PcapWriter, PcapngWriter, WriteError, write_item,
    write_packet_with,
};
