//! What can be wrong with a frame: kind, place, what was needed and what was there.

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
                write!(f, "no count field: {needed} bytes needed, {available} available")
            }
            FaultKind::RecordsMissing => {
                let missing = needed.saturating_sub(available);
                write!(f, "{missing} of {needed} records missing at offset {offset}")
            }
            FaultKind::RecordHeaderCut => write!(
                f,
                "record {record} at offset {offset}: header needs {needed} bytes, {available} available"
            ),
            FaultKind::RecordCut => {
                write!(f, "record {record} at offset {offset}: {needed} bytes needed, {available} available")
            }
            FaultKind::LengthWrapped => write!(
                f,
                "record {record} at offset {offset}: its length {available} may have wrapped at 65536 \
                 (really {needed}, as a large TSO snapshot makes it)"
            ),
            FaultKind::RecordsUncounted => {
                let plural = if needed == 1 { "" } else { "s" };
                write!(
                    f,
                    "the {available} bytes at offset {offset} parse as {needed} more record{plural} than counted"
                )
            }
            FaultKind::TrailingBytes => write!(f, "{available} trailing bytes at offset {offset}"),
            FaultKind::LittleEndian if needed == 0 => {
                write!(f, "looks little-endian: record headers in reversed byte order")
            }
            FaultKind::LittleEndian => {
                write!(f, "looks little-endian: the count reads {available}, reversed {needed}")
            }
            FaultKind::FrameHeaderCut => {
                write!(f, "frame header at offset {offset}: {needed} bytes needed, {available} available")
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
                "record {record} at offset {offset}: event header needs {needed} bytes, {available} available"
            ),
            FaultKind::EventBodyCut => write!(
                f,
                "record {record} at offset {offset}: header and body need {needed} bytes, {available} available"
            ),
            FaultKind::NotATrace => {
                write!(f, "not mbuf_trace: no record can be found in its {available} bytes")
            }
            FaultKind::CutByCapture => {
                write!(f, "cut by the capture at offset {offset}: {available} of {needed} bytes kept")
            }
        }
    }
}

impl core::error::Error for Fault {}
