//! Where a file goes on with something else than the next item: with another capture, as `cat a.pcap b.pcap` appends
//! one, or with zeros that were never overwritten.

use super::clock::near;
use super::framing::{Framing, Whole};
use super::pcap::{self, FILE_HEADER, Records};
use super::pcapng;
use super::reader::{Reader, cut_off};
use crate::container::PcapHeader;
use crate::{ByteOrder, Part, ReadErrorKind};
use std::io::Read;

/// Bytes of a capture's header and the first record's that tell it from a record or block which begins like one.
const ENOUGH: usize = FILE_HEADER + 24;

/// Zeros that are counted at once, a second's worth: a file may claim a hole of any size.
const MOST_ZEROS: u64 = 1 << 30;

/// Zeros that an item can begin with: a big-endian block, or a record whose seconds end in zeros.
const LEADING: usize = 3;

/// A zone that a pcap header can name, in seconds.
const MAX_ZONE: u32 = 24 * 3600;
/// Digits of a timestamp that a pcap header can claim to be right.
const MAX_SIGFIGS: u32 = 32;

/// What magic numbers begin with.
const FIRST: [u8; 10] = [0x0a, 0xd4, 0x4d, 0x34, 0xa1, 0xcd, 0x12, 0x1c, 0xac, 0xab];

/// Whether another capture may begin with these bytes, as far as the first few of them tell.
fn may_begin(available: &[u8]) -> bool {
    // Asked of every item: most begin with none of these bytes.
    if !available.first().is_some_and(|first| FIRST.contains(first)) {
        return false;
    }
    let magic = available.get(..4).unwrap_or_default();
    magic == pcapng::SECTION_HEADER.to_be_bytes()
        || pcap::recognise(magic).is_some()
        || pcap::unread_variant(magic).is_some()
}

/// The header of an appended pcap: all of its fields make sense.
fn pcap_header(available: &[u8]) -> Option<(PcapHeader, Records, ByteOrder)> {
    let (variant, order) = pcap::recognise(available)?;
    let (header, records) = pcap::parse_header(available, variant, order).ok()?;
    is_sane(&header).then_some((header, records, order))
}

fn is_sane(header: &PcapHeader) -> bool {
    // "No limit" is written as all bits, too.
    let snaplen = i32::try_from(header.snaplen).is_ok() || header.snaplen == u32::MAX;
    snaplen && header.thiszone.unsigned_abs() <= MAX_ZONE && header.sigfigs <= MAX_SIGFIGS
}

impl<R: Read> Reader<R> {
    /// The header of another capture, where one begins with the next item.
    pub(super) fn another_capture(&mut self) -> Result<Option<Whole>, ReadErrorKind> {
        if !may_begin(self.buffer.available()) {
            return Ok(None);
        }
        if let Framing::Pcap(_) = self.framing
            && self.begins_section()
        {
            let frame = pcapng::frame(self.buffer.available(), self.known.container.byte_order)?;
            if !self.fill(frame.len)? {
                return Err(cut_off(Part::Block, frame.len, self.buffer.available().len()));
            }
            return Ok(Some(Whole::Block(frame)));
        }
        if !self.look_ahead(FILE_HEADER) {
            let is_cut = self.failure.is_none() && pcap::is_known_version(self.buffer.available());
            return if is_cut { Err(self.cut_off_header()) } else { Ok(None) };
        }
        if let Some(magic) = pcap::unread_variant(self.buffer.available())
            && !self.goes_on_as_before()
        {
            return Err(ReadErrorKind::UnreadCapture { magic });
        }
        let Some((header, records, order)) = pcap_header(self.buffer.available()) else { return Ok(None) };
        if !self.goes_on_as_pcap(records) && self.goes_on_as_before() {
            return Ok(None);
        }
        Ok(Some(Whole::Appended(header, records, order)))
    }

    fn cut_off_header(&self) -> ReadErrorKind {
        cut_off(Part::FileHeader, FILE_HEADER, self.buffer.available().len())
    }

    /// What is wrong with the rest of the input, which is too short for the header of an item.
    pub(super) fn short_rest(&self, part: Part, header_len: usize) -> ReadErrorKind {
        let available = self.buffer.available();
        if may_begin(available) && pcap::is_known_version(available) {
            return self.cut_off_header();
        }
        // As many as a time takes. Fewer can be the beginning of one.
        if available.len() > LEADING && available.iter().all(|byte| *byte == 0) {
            return ReadErrorKind::Zeros { length: available.len() as u64, to_end: true };
        }
        cut_off(part, header_len, available.len())
    }

    /// Whether the section header of a pcapng begins with the next item of a pcap.
    fn begins_section(&self) -> bool {
        let available = self.buffer.available();
        available.starts_with(&pcapng::SECTION_HEADER.to_be_bytes())
            && pcapng::section_order(available).is_ok()
    }

    /// Whether the records of a pcap follow its header, or nothing does.
    fn goes_on_as_pcap(&mut self, records: Records) -> bool {
        if !self.look_ahead(FILE_HEADER.saturating_add(records.header_len())) {
            return self.buffer.available().len() == FILE_HEADER;
        }
        let after = self.buffer.available().get(FILE_HEADER..).unwrap_or_default();
        may_begin(after) || records.plausible(after).is_some()
    }

    /// Whether an item of the capture so far makes sense here, and what follows it, too.
    fn goes_on_as_before(&mut self) -> bool {
        let (len, header_len) = match self.framing {
            Framing::Pcap(records) => {
                let plausible = records.plausible(self.buffer.available());
                (plausible.map(|(len, _)| len), records.header_len())
            }
            Framing::Pcapng => {
                let frame = pcapng::frame(self.buffer.available(), self.known.container.byte_order).ok();
                let frame = frame.filter(|frame| self.look_ahead(frame.len));
                let raw = frame.and_then(|frame| self.buffer.available().get(..frame.len));
                return frame.zip(raw).is_some_and(|(frame, raw)| frame.check_trailer(raw).is_ok());
            }
        };
        let Some(len) = len else { return false };
        if !self.look_ahead(len.saturating_add(header_len)) {
            return self.buffer.available().len() == len;
        }
        let Framing::Pcap(records) = self.framing else { return false };
        let after = self.buffer.available().get(len..).unwrap_or_default();
        records.plausible(after).is_some()
    }

    /// Whether another capture begins this many bytes after the beginning of the next item.
    pub(super) fn capture_begins_at(&mut self, at: usize) -> bool {
        if !may_begin(self.buffer.available().get(at..).unwrap_or_default()) {
            return false;
        }
        self.look_ahead(at.saturating_add(FILE_HEADER));
        let after = self.buffer.available().get(at..).unwrap_or_default();
        let is_section = after.starts_with(&pcapng::SECTION_HEADER.to_be_bytes());
        pcap_header(after).is_some() || is_section && pcapng::section_order(after).is_ok()
    }

    /// Where another capture begins within the record at hand, in bytes from its beginning: the record was cut off and
    /// the capture appended, so that the record's length reaches into it. Only where no record follows this one; a
    /// packet may well hold a capture. `len` is that of the record, unless it is an impossible one.
    ///
    /// Whether this waits for more input depends on what the record holds, and never on how its bytes come.
    pub(super) fn capture_within(&mut self, records: Records, len: Option<usize>) -> Option<usize> {
        let header_len = records.header_len();
        if let Some(len) = len {
            self.look_ahead(len);
            if self.is_followed(records, len) == Some(true) {
                return None;
            }
        }
        let end = len.unwrap_or(header_len);
        let mut at = 1_usize;
        loop {
            let available = self.buffer.available();
            let rest = available.get(at..end.min(available.len()))?;
            at = at.saturating_add(rest.iter().position(|byte| FIRST.contains(byte))?);
            if self.capture_begins_at(at) && self.capture_reaches(at, end) {
                break;
            }
            at = at.saturating_add(1);
        }
        let Some(len) = len else { return Some(at) };
        if self.look_ahead(len) && !self.look_ahead(len.saturating_add(1)) {
            return None;
        }
        self.look_ahead(len.saturating_add(header_len));
        (self.is_followed(records, len) != Some(true)).then_some(at)
    }

    /// Whether a record of about the same time follows the one at hand, as far as its header is there.
    fn is_followed(&self, records: Records, len: usize) -> Option<bool> {
        let available = self.buffer.available();
        let next = available.get(len..)?.get(..records.header_len())?;
        let near = |next| records.seconds(available).is_some_and(|seconds| near(seconds, next));
        Some(records.plausible(next).is_some_and(|(_, seconds)| near(seconds)) || may_begin(next))
    }

    /// Whether the capture that begins at `at` goes on to `end` and beyond, or as far as there is something.
    fn capture_reaches(&mut self, at: usize, end: usize) -> bool {
        let available = self.buffer.available().get(at..).unwrap_or_default();
        let Some((_, records, _)) = pcap_header(available) else {
            // A section's header holds its length twice.
            let frame = pcapng::frame(available, self.known.container.byte_order).ok();
            let frame = frame.filter(|frame| self.look_ahead(at.saturating_add(frame.len)));
            let raw = self.buffer.available().get(at..).unwrap_or_default();
            let raw = frame.and_then(|frame| raw.get(..frame.len));
            return frame.zip(raw).is_some_and(|(frame, raw)| frame.check_trailer(raw).is_ok());
        };
        let mut next = at.saturating_add(FILE_HEADER);
        loop {
            if !self.look_ahead(next.saturating_add(records.header_len())) {
                // Cut off itself, or at its end.
                return true;
            }
            let header = self.buffer.available().get(next..).unwrap_or_default();
            let Some((len, _)) = records.plausible(header) else { return false };
            if next > end {
                return true;
            }
            next = next.saturating_add(len);
        }
    }

    /// Zeros where an item should begin, if those are no packet. A record of zeros is one if something else follows:
    /// of no bytes, at the beginning of 1970. A block of zeros is none.
    pub(super) fn zeros(&mut self) -> Result<Option<ReadErrorKind>, ReadErrorKind> {
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        let (header_len, _) = self.framing.header();
        let needed = match self.framing {
            Framing::Pcap(records) => records.header_len().saturating_mul(2),
            Framing::Pcapng => 8,
        };
        if !is_zero(self.buffer.available().get(..needed.min(header_len)).unwrap_or_default()) {
            return Ok(None);
        }
        // Where the input failed, that is reported when the reading comes there.
        if !self.look_ahead(needed) && self.failure.is_some() {
            return Ok(None);
        }
        let available = self.buffer.available();
        if !is_zero(available.get(..needed).unwrap_or(available)) {
            return Ok(None);
        }
        self.pass_zeros().map(Some)
    }

    /// Goes on to the first byte that is not zero, and says how far it was; so far, where it is very far.
    pub(super) fn pass_zeros(&mut self) -> Result<ReadErrorKind, ReadErrorKind> {
        self.pass_zeros_up_to(MOST_ZEROS)
    }

    /// The same, looking at so many bytes and the rest of the buffer.
    pub(super) fn pass_zeros_up_to(&mut self, most: u64) -> Result<ReadErrorKind, ReadErrorKind> {
        loop {
            let available = self.buffer.available();
            let (count, all) = (leading_zeros(available), available.len());
            // The last of them can be of the item that follows.
            let passed = count.saturating_sub(LEADING);
            self.buffer.take(passed);
            self.hole = self.hole.saturating_add(passed as u64);
            let left = count.saturating_sub(passed);
            if count < all || self.hole > most {
                let length = self.hole.saturating_add(left as u64);
                return Ok(ReadErrorKind::Zeros { length, to_end: false });
            }
            if !self.fill(left.saturating_add(1))? {
                self.buffer.take(left);
                self.hole = self.hole.saturating_add(left as u64);
                return Ok(ReadErrorKind::Zeros { length: self.hole, to_end: true });
            }
        }
    }

    /// Bytes that the next item may need before it is known what it is, beside those of its header: 0 as a rule.
    pub(super) fn needed_to_tell(&self) -> usize {
        let available = self.buffer.available();
        if may_begin(available) {
            return ENOUGH;
        }
        match self.framing {
            Framing::Pcap(records) => {
                let header = available.get(..records.header_len()).unwrap_or_default();
                let is_zero = !header.is_empty() && header.iter().all(|byte| *byte == 0);
                if is_zero { records.header_len().saturating_mul(2) } else { 0 }
            }
            Framing::Pcapng => 0,
        }
    }
}

/// How many zeros there are before the first other byte. Large steps first: they may be a gigabyte.
fn leading_zeros(bytes: &[u8]) -> usize {
    const STEP: usize = 256;
    let is_zero = |step: &&[u8]| step.iter().fold(0, |all, byte| all | byte) == 0;
    let steps = bytes.chunks_exact(STEP).take_while(is_zero).count().saturating_mul(STEP);
    let rest = bytes.get(steps..).unwrap_or_default();
    steps.saturating_add(rest.iter().take_while(|byte| **byte == 0).count())
}
