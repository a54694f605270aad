//! Why a capture cannot be written.

use crate::counted::bytes;
use crate::{Format, LinkType};
use std::io;

/// Why a capture cannot be written, or not in the format asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The output failed.
    #[error("cannot write: {0}")]
    Io(io::Error),
    /// Packets of two link types for a pcap, which has one.
    #[error(
        "packet {packet} is {second}, those before it are {first}: a pcap holds one link type, so write a pcapng or filter by interface first"
    )]
    LinkTypes {
        /// The packet.
        packet: u64,
        /// Link type of the packets before it.
        first: LinkType,
        /// Its link type.
        second: LinkType,
    },
    /// A pcap after a pcapng in one output, or the other way round.
    #[error("a {second} cannot follow a {first} in one file: convert one of them first")]
    Formats {
        /// What was written before.
        first: Format,
        /// What was to follow.
        second: Format,
    },
    /// Two pcaps of different byte orders, resolutions, versions or link types in one output.
    #[error(
        "the header of this pcap differs from that of the first in more than the snaplen, and one pcap cannot hold both: convert them to pcapng first"
    )]
    PcapHeaders,
    /// No interface, so no link type for a pcap's header.
    #[error("the capture describes no interface, and a pcap cannot say that: write a pcapng")]
    NoInterface,
    /// A time that a pcap's 32 bits of seconds cannot hold.
    #[error("packet {packet} is of {time}, and a pcap holds times from 1970 to 2106: write a pcapng")]
    TimeOutOfRange {
        /// The packet.
        packet: u64,
        /// Its time as seconds since the epoch.
        time: String,
    },
    /// A packet longer than any reader accepts in the file.
    #[error(
        "packet {packet} would be {} long, more than the {maximum} that readers accept in this file",
        bytes(*length)
    )]
    TooLong {
        /// The packet.
        packet: u64,
        /// Its length.
        length: u64,
        /// The most there may be.
        maximum: u64,
    },
    /// Data that a simple packet block cannot say the length of.
    #[error(
        "packet {packet} stands in a simple packet block, which holds {} of a packet of that original length and not {length}: its block type has no field for the captured length",
        bytes(*expected)
    )]
    SimplePacketLength {
        /// The packet.
        packet: u64,
        /// Bytes to write.
        length: u64,
        /// Bytes that readers would take.
        expected: u64,
    },
    /// The library beneath refused a field.
    #[error("cannot write the {what}: {why}")]
    Refused {
        /// What was to be written.
        what: &'static str,
        /// What the library says.
        why: String,
    },
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<pcap_file::pcap::PcapWriteError> for WriteError {
    fn from(error: pcap_file::pcap::PcapWriteError) -> Self {
        use pcap_file::pcap::PcapWriteError as E;
        match error {
            E::Io(source) | E::FieldWriteFailed(_, source) => Self::Io(source),
            E::Validation(why) => Self::Refused { what: "pcap", why: why.to_string() },
        }
    }
}

impl From<pcap_file::pcapng::PcapNgWriteError> for WriteError {
    fn from(error: pcap_file::pcapng::PcapNgWriteError) -> Self {
        match error {
            pcap_file::pcapng::PcapNgWriteError::Io(source) => Self::Io(source),
            other => Self::Refused { what: "pcapng", why: other.to_string() },
        }
    }
}
