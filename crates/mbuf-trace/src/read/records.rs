//! The framing: count, then records one behind the other.

use crate::fault::Fault;
use crate::generated::{FaultKind, layout};
use crate::revision::{ByteOrder, Encoding, Revision};

/// One record as it lies in the frame: header read, payload untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Place in the frame, from 0.
    pub index: u32,
    /// Where its header begins, in bytes from the start of the packet.
    pub offset: usize,
    /// Its type; none in revision 1.
    pub record_type: Option<u16>,
    /// Its payload, as much as there is.
    pub payload: &'a [u8],
    /// How much of the payload is not there.
    pub missing: usize,
}

impl Record<'_> {
    /// The length that the record's header gives, in bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.payload.len().saturating_add(self.missing)
    }

    /// Where it ends, as far as it is there, in bytes from the start of the packet.
    pub(super) const fn end(&self) -> usize {
        let header = match self.record_type {
            Some(_) => layout::typed_record::LEN,
            None => layout::untyped_record::LEN,
        };
        // A place in the packet, or next to it, so no sum is too large.
        self.offset.wrapping_add(header).wrapping_add(self.payload.len())
    }
}

/// The records of a frame in wire order, up to the first one that is not whole.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    packet: &'a [u8],
    byte_order: ByteOrder,
    typed: bool,
    count: u32,
    index: u32,
    offset: usize,
}

/// How a record failed to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short<'a> {
    /// Nothing is left.
    Nothing,
    /// Less is left than a header.
    Header(Fault),
    /// Less is left than the header promises; the record is given as far as it goes.
    Payload(Record<'a>, Fault),
}

impl<'a> Records<'a> {
    /// The records of a packet; none where it is too short for the count.
    pub(super) fn new(packet: &'a [u8], encoding: Encoding) -> Self {
        let mut records = Self {
            packet,
            byte_order: encoding.byte_order,
            typed: encoding.revision != Revision::One,
            count: 0,
            index: 0,
            offset: packet.len(),
        };
        if let Some(count) = packet.first_chunk() {
            records.count = u32::from(records.number(*count));
            records.offset = layout::frame::LEN;
        }
        records
    }

    /// How many records the frame announces.
    pub(super) const fn announced(&self) -> u32 {
        self.count
    }

    /// Records given so far.
    pub(super) const fn index(&self) -> u32 {
        self.index
    }

    /// Where the next record begins.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// Everything from the next record on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.packet.get(self.offset..).unwrap_or_default()
    }

    /// Where the headers' end is, from a record's start.
    const fn header_len(&self) -> usize {
        if self.typed { layout::typed_record::LEN } else { layout::untyped_record::LEN }
    }

    /// The same walk, continued at another place: for the way back through a frame.
    pub(super) const fn at(mut self, index: u32, offset: usize) -> Self {
        self.index = index;
        self.offset = offset;
        self
    }

    /// The same walk without an end but that of the bytes: what follows the last counted record.
    pub(super) const fn beyond_count(mut self) -> Self {
        self.count = u32::MAX;
        self
    }

    /// The next record, or how it fails to be one. None once the count is reached.
    #[inline]
    pub(super) fn step(&mut self) -> Option<Result<Record<'a>, Short<'a>>> {
        if self.index >= self.count {
            return None;
        }
        Some(self.next().ok_or_else(|| self.short()))
    }

    /// How the record that begins here, and is not whole, fails to be one.
    #[cold]
    fn short(&self) -> Short<'a> {
        let offset = self.offset;
        let available = self.packet.len().saturating_sub(offset);
        if available == 0 {
            return Short::Nothing;
        }
        let Some((length, record_type, payload)) = self.header(offset) else {
            let fault = Fault::new(FaultKind::RecordHeaderCut, offset, self.header_len(), available);
            return Short::Header(fault.in_record(self.index));
        };
        let fault = Fault::new(FaultKind::RecordCut, offset, length, payload.len()).in_record(self.index);
        let missing = length.saturating_sub(payload.len());
        Short::Payload(Record { index: self.index, offset, record_type, payload, missing }, fault)
    }

    /// Goes on behind the last whole record, and tells of each its index and where it begins. Nothing else of a record
    /// is looked at but its length, so this is the fastest walk.
    #[inline]
    pub(super) fn pass_whole(&mut self, mut each: impl FnMut(u32, usize)) {
        while self.index < self.count
            && let Some((length, _, rest)) = self.header(self.offset)
            && length <= rest.len()
        {
            each(self.index, self.offset);
            self.index = self.index.saturating_add(1);
            // The next header waits for this sum and for nothing else. It is a place in the packet.
            self.offset = self.offset.wrapping_add(self.header_len()).wrapping_add(length);
        }
    }

    /// A record that is known to be whole and to begin here.
    #[inline]
    pub(super) fn whole(&self, index: u32, offset: usize) -> Option<Record<'a>> {
        let (length, record_type, rest) = self.header(offset)?;
        Some(Record { index, offset, record_type, payload: rest.get(..length)?, missing: 0 })
    }

    /// Length, type and everything behind the header. By hand and not by a combinator: every record of a capture passes
    /// here several times.
    #[inline]
    fn header(&self, offset: usize) -> Option<(usize, Option<u16>, &'a [u8])> {
        let record = self.packet.get(offset..)?;
        if self.typed {
            let ([a, b, c, d], rest) = record.split_first_chunk::<{ layout::typed_record::LEN }>()?;
            return Some((self.number([*a, *b]).into(), Some(self.number([*c, *d])), rest));
        }
        let (length, rest) = record.split_first_chunk::<{ layout::untyped_record::LEN }>()?;
        Some((self.number(*length).into(), None, rest))
    }

    #[inline]
    const fn number(&self, bytes: [u8; 2]) -> u16 {
        match self.byte_order {
            ByteOrder::Big => u16::from_be_bytes(bytes),
            ByteOrder::Little => u16::from_le_bytes(bytes),
        }
    }
}

/// Whole records only.
impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    #[inline]
    fn next(&mut self) -> Option<Record<'a>> {
        if self.index >= self.count {
            return None;
        }
        let record = self.whole(self.index, self.offset)?;
        self.index = self.index.saturating_add(1);
        self.offset = record.end();
        Some(record)
    }
}
