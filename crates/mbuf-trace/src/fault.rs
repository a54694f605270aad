//! What can be wrong with a frame: kind, place, what was needed and what was there.

use crate::Counted;
use crate::generated::FaultKind;
use core::fmt;

/// One thing that is wrong with a frame, or, where [`FaultKind::is_malformed`] is false, worth a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// Where, in bytes from the start of the packet.
    pub offset: usize,
    /// Place of the record on the wire, from 0, where one record is at fault.
    pub record: Option<u32>,
    /// How many were needed: records for [`FaultKind::RecordsMissing`] and [`FaultKind::LittleEndian`] of a
    /// count, otherwise bytes (or the value that was expected, for a magic or a version).
    pub needed: u64,
    /// How many there were, in the unit of `needed`.
    pub available: u64,
}

impl Fault {
    pub(crate) const fn new(kind: FaultKind, offset: usize, needed: usize, available: usize) -> Self {
        Self { kind, offset, record: None, needed: needed as u64, available: available as u64 }
    }

    pub(crate) const fn in_record(mut self, record: u32) -> Self {
        self.record = Some(record);
        self
    }
}

/// A sentence without a full stop: what, where, how much.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, offset, record, needed, available } = *self;
        let record = record.unwrap_or(0);
        match kind {
            FaultKind::NoCount => {
                write!(f, "no count field: {} needed, {available} available", bytes(needed))
            }
            FaultKind::RecordsMissing => {
                let missing = needed.saturating_sub(available);
                write!(f, "{missing} of {} missing at offset {offset}", Counted(needed, "record"))
            }
            FaultKind::RecordHeaderCut => write!(
                f,
                "record {record} at offset {offset}: header needs {}, {available} available",
                bytes(needed)
            ),
            FaultKind::RecordCut => {
                let needed = bytes(needed);
                write!(f, "record {record} at offset {offset}: {needed} needed, {available} available")
            }
            FaultKind::LengthWrapped => write!(
                f,
                "record {record} at offset {offset}: its length {available} may have wrapped at 65536 \
                 (really {needed}, as a large TSO snapshot makes it)"
            ),
            FaultKind::RecordsUncounted => {
                let (available, more) = (bytes(available), Counted(needed, "more record"));
                write!(f, "the {available} at offset {offset} parse as {more} than counted")
            }
            FaultKind::TrailingBytes => {
                write!(f, "{} at offset {offset}", Counted(available, "trailing byte"))
            }
            FaultKind::LittleEndian if needed == 0 => {
                write!(f, "looks little-endian: record headers in reversed byte order")
            }
            FaultKind::LittleEndian => {
                write!(f, "looks little-endian: the count reads {available}, reversed {needed}")
            }
            FaultKind::FrameHeaderCut => {
                let needed = bytes(needed);
                write!(f, "frame header at offset {offset}: {needed} needed, {available} available")
            }
            FaultKind::BadMagic => {
                write!(f, "no frame header at offset {offset}: magic {available:#010x}, not {needed:#010x}")
            }
            FaultKind::UnsupportedMajor => {
                write!(f, "frame of major revision {available} at offset {offset}: only {needed} can be read")
            }
            FaultKind::RepeatedFrameHeader => {
                write!(f, "record {record} at offset {offset}: a second frame header")
            }
            FaultKind::EventHeaderCut => write!(
                f,
                "record {record} at offset {offset}: event header needs {}, {available} available",
                bytes(needed)
            ),
            FaultKind::EventBodyCut => write!(
                f,
                "record {record} at offset {offset}: header and body need {}, {available} available",
                bytes(needed)
            ),
            FaultKind::NotATrace => {
                write!(f, "not mbuf_trace: no record can be found in its {}", bytes(available))
            }
            FaultKind::CutByCapture => {
                write!(f, "cut by the capture at offset {offset}: {available} of {} kept", bytes(needed))
            }
        }
    }
}

const fn bytes(count: u64) -> Counted<u64> {
    Counted(count, "byte")
}

impl core::error::Error for Fault {}
