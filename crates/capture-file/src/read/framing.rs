//! How items are framed, and where the reading is.

use super::pcap::{self, Records};
use super::pcapng::{BLOCK_HEADER, Frame};
use crate::container::PcapHeader;
use crate::{ByteOrder, Part};

#[derive(Clone, Copy)]
pub(super) enum Framing {
    Pcap(Records),
    Pcapng,
}

impl Framing {
    /// Bytes that tell how long an item is, and what they are called.
    pub(super) fn header(&self) -> (usize, Part) {
        match self {
            Self::Pcap(records) => (records.header_len(), Part::RecordHeader),
            Self::Pcapng => (BLOCK_HEADER, Part::BlockHeader),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The pcap's file header has not been given out.
    FileHeader,
    Items,
    /// At the end, but [`Reader::salvage`] may find more.
    Damaged,
    Ended,
}

/// An item that is in the buffer as a whole.
pub(super) enum Whole {
    FileHeader,
    /// The file header of a pcap that was appended.
    Appended(PcapHeader, Records, ByteOrder),
    Record(usize, Records),
    Block(Frame),
}

impl Whole {
    /// Its bytes.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::FileHeader | Self::Appended(..) => pcap::FILE_HEADER,
            Self::Record(len, _) => *len,
            Self::Block(frame) => frame.len,
        }
    }
}
