//! Streaming readers and writers of pcap and pcapng.
//!
//! [`Reader`] takes any [`std::io::Read`], recognises gzip, zstd and lz4 and both formats by content, and lends out
//! one [`Item`] after the other: headers, interface descriptions, packets, other blocks. Each has its raw bytes, and
//! all raw bytes one after the other are the (decompressed) file. An item borrows the reader's buffer: it is good
//! until the next call. Times are exact, whatever the resolution: [`Timestamp`].
//!
//! A file to which another capture was appended, as `cat` does it, is read as a whole: a [`Header`] in the middle says how
//! it goes on ([`Appended`]), and a warning tells where.
//!
//! Of the writers, [`Joined`] copies the items of one file so that they stay one capture, [`CopyWriter`] copies
//! items as they stand ([`write_item`]) or with other data in a packet's own
//! record ([`write_packet_with`]), and [`PcapWriter`] and [`PcapngWriter`] make one format of the other, counting in [`Losses`] what the
//! target has no place for. [`PlainRecords`] and [`resize_enhanced_packet`] serve who has the parts of a record and no item.
//! [`FreshPcapng`] makes a pcapng of packets that come from no capture. [`Compressor`] goes below any of them.
//!
//! # What is promised
//!
//! - No input makes the reader panic, hang or take more memory than a block of [`MAX_BLOCK`] with some room, the
//!   interfaces of one section up to [`MAX_INTERFACES`], and a decompressor with a window of at most 32 MiB.
//! - Damage is an error once, with packet number and offset, after every whole item before it; [`Reader::salvage`] finds
//!   the next item behind it.
//! - The answer is the same however the bytes arrive, and no call waits for more of them than its item needs.
//!
//! The crate leaves the file header of a pcap to `pcap-parser`, and reads the rest itself: of a pcapng, `pcap-parser`
//! 0.17 misreads lengths on big-endian machines and `if_tsresol` and `if_tsoffset` on all, and it parses every option of
//! a packet, which here is done when it is asked for.
//!
//! # Where programs differ
//!
//! Measured with tcpdump on libpcap 1.10.3 and tshark and capinfos 4.0.17; `cargo xtask mutants` does it again, and fails
//! at a difference that is not here.
//!
//! | input | here | libpcap | Wireshark | why |
//! |---|---|---|---|---|
//! | pcap of version 2.5 | read: any 2.x is | refused | read | a minor version promises the same layout |
//! | pcap of version 543.0 | refused | read | read | a mistake of one old program; nothing says that its layout is that of 2.4 |
//! | pcap of any other version | refused | refused | read | its layout is not known |
//! | pcap of Red Hat 6.1, SuSE 6.3, AIX or Nokia | as its magic says | as its magic says | guessed, and wrongly so of some damaged ones | no magic tells them apart |
//! | pcap with reserved link type bits set | refused | refused | refused | what the bits mean is not known |
//! | `thiszone` of a pcap | kept and shown, not applied | same | same | nobody sets it |
//! | pcap with more captured than snaplen or original length | read | read | read | the record's own length frames it |
//! | the same in a pcapng | read | refused where it exceeds the snaplen | read | as in a pcap |
//! | pcap with microseconds of a second and more | carried over into the seconds | printed as they are | printed wrongly | it is the time that the fields add up to |
//! | times more than 2^31 seconds apart | in order | in order | capinfos takes the wrong ones for first and last | it subtracts in 32 bits |
//! | times beyond 2106 | kept | cut to 32 bits when written as pcap | kept up to 2^63 seconds | a pcap's seconds have 32 bits |
//! | resolutions finer than 10^-10 s | exact | to 10^-19 s, then refused | a wrong fraction | its product overflows 64 bits |
//! | pcapng with several link types, snaplens | read | refused | read | libpcap's interface has one of each |
//! | link types that nobody knows | read | refused by tcpdump | the end | a packet's framing does not need its link type |
//! | packets shorter than the pseudo-header of their link type | read | read | the end | the same |
//! | custom blocks of pcapng | other blocks | skipped | a packet each | only their maker knows what is in them |
//! | damage within options, and within blocks of names, statistics and secrets | kept as it is | the end where it is an interface's options, else kept | the end | the packets are sound |
//! | `if_tsresol`, `if_tsoffset` or `if_fcslen` twice in one interface | the first one, with a warning | refused, but for `if_fcslen`, which it does not heed | the first one, without a word | as Wireshark, which most will compare with |
//! | simple packet block of another length than its packet | as much of the packet as the block holds | the same | the end: its second length is sought behind the packet | the block's length frames it |
//! | packet of an interface not described | the end, as damage | same | same | its link type is not known |
//! | pcap before 2.3 | lengths change places | same | same | so they did then |
//! | another capture's header where a pcap's record or a pcapng's block should begin | read on by it, with a warning | the end, or packets made up of it | the same | people append captures with `cat` |
//! | zeros up to the end of the file | the end, as damage | as many packets of no bytes | the same | a machine that loses power leaves them |
//! | two and more records of zeros within a pcap | the end, as damage | packets of no bytes | the same | a hole in the file is no packet |
//! | a later section of a version other than 1.0 and 1.2 | the end, with the version | read | the end | its layout is not known |
//! | section length in a pcapng | not heeded | not heeded | not heeded | most writers do not know it |
//! | block whose second length differs | the end, as damage | same, but for the first section header | same, but for the first section header and the interfaces behind it | one of the lengths is wrong |
//! | block whose length is no multiple of four | the end, as damage | same | rounded up | the same |
//! | pcapng blocks larger than the snaplen calls for | read up to [`MAX_BLOCK`] | refused | read up to 16 MiB | options and comments have no bound but the block's |
//!
//! # Absent on purpose
//!
//! Seeking and writing in place; recomputing `epb_hash` options; writing `epb_verdict` options and custom blocks,
//! which Wireshark 4.0 misreads (those of the input are copied); legacy lz4 frames, which do not say where they end.

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
mod counted;
mod error;
mod link_type;
mod read;
mod time;
mod write;

pub use byte_order::ByteOrder;
pub use container::{Compression, Container, Format, Interface, PcapHeader, PcapVariant};
pub use error::{
    Differences, Omission, OpenError, OptionError, Part, ReadError, ReadErrorKind, Warning, WarningKind,
};
pub use link_type::LinkType;
pub use read::{
    Appended, Block, BlockOption, EPB_PACKETID, Earlier, Header, InterfaceBlock, InterfaceStatistics, Item,
    MAX_BLOCK, MAX_INTERFACE_NAMES, MAX_INTERFACES, MAX_RECORD, OPT_COMMENT, Options, Packet, PacketBatch,
    Reader, SHB_HARDWARE, SHB_OS, SHB_USERAPPL, Source,
};
pub use time::{Civil, Epoch, ParseTimestampError, Resolution, Timestamp};
pub use write::{
    Compressor, CopyWriter, Fit, FreshPacket, FreshPcapng, Joined, Loss, Losses, PcapResolution, PcapWriter,
    PcapngWriter, PlainRecords, WriteError, resize_enhanced_packet, rewrite_packet, write_item,
    write_packet_with,
};
