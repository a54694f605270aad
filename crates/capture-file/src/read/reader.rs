//! The reader: one loop of "how long is the next item", "is it all there", "what is it".

use super::buffer::Buffer;
use super::framing::{Framing, State, Whole};
use super::input::{Input, compression_of};
use super::item::Item;
use super::known::Known;
use super::pcap;
use super::pcapng::{self, BLOCK_HEADER};
use super::source::Source;
use crate::{ByteOrder, Container, Format, Interface, OpenError, Part, ReadError, ReadErrorKind, Warning};
use std::io::Read;

/// Reads a pcap or pcapng, plain or compressed, from any input, item by item.
///
/// It holds one buffer, which grows with the longest block and never beyond [`super::MAX_BLOCK`] and a bit, and the
/// interfaces of the current section. It never asks the input for more once the next item is there, so it follows a
/// live pipe. Damage is an error once, after all whole items before it; then the reader is at its end.
///
/// ```
/// use capture_file::{Item, Reader};
/// # let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
/// # file.extend([0; 8]);
/// # file.extend([0, 0, 4, 0, 147, 0, 0, 0]);
/// # file.extend([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 7, 8, 9]);
/// let mut reader = Reader::new(file.as_slice())?;
/// while let Some(item) = reader.next_item()? {
///     if let Item::Packet(packet) = item {
///         assert_eq!(packet.data, [7, 8, 9]);
///         assert_eq!(packet.time.unwrap().to_string(), "1970-01-01T00:00:01.000002Z");
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader<R: Read> {
    input: Input<R>,
    pub(super) buffer: Buffer,
    pub(super) framing: Framing,
    pub(super) state: State,
    /// Whether the records of a pcap are doubted before they are given out.
    expects_damage: bool,
    /// What the input failed with where it was read ahead: told when the reading comes to where the bytes are missing.
    pub(super) failure: Option<ReadErrorKind>,
    /// Where an item is known to begin behind the damage at hand, in bytes from `offset` on.
    pub(super) resume_at: Option<usize>,
    /// Zeros from `offset` on that were passed already, after an error that says so.
    pub(super) hole: u64,
    /// Of the next item.
    pub(super) offset: u64,
    pub(super) known: Known,
}

impl<R: Read> Reader<R> {
    /// Opens a capture: recognises compression and format, and reads the first header, no more.
    ///
    /// # Errors
    /// When the input is empty, no capture, of an unknown version, or damaged in its first header.
    pub fn new(input: R) -> Result<Self, OpenError> {
        Self::from_source(Source::new(input)?)
    }

    /// Opens a capture whose first bytes have been looked at.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn from_source(mut source: Source<R>) -> Result<Self, OpenError> {
        source.fill(4)?;
        let compression = source.compression();
        let first = source.buffer.available();
        if let (Some(outer), Some(inner)) = (compression, compression_of(first)) {
            return Err(OpenError::Nested { outer, inner });
        }
        let mut container = Container {
            format: Format::Pcap,
            byte_order: ByteOrder::Little,
            mixed_byte_orders: false,
            sections: 0,
            compression,
            pcap: None,
        };
        if let Some((variant, order)) = pcap::recognise(first) {
            source.fill(pcap::FILE_HEADER)?;
            let (header, records) = pcap::parse_header(source.buffer.available(), variant, order)?;
            container.byte_order = order;
            container.pcap = Some(header);
            let mut known = Known::new(container);
            known.interfaces.push(pcap::interface(&header, &records), &mut |_| {});
            return Ok(Self::of(source, Framing::Pcap(records), State::FileHeader, known));
        }
        if first.starts_with(&pcapng::SECTION_HEADER.to_be_bytes()) {
            container.format = Format::Pcapng;
            container.byte_order = open_pcapng(&mut source)?;
            return Ok(Self::of(source, Framing::Pcapng, State::Items, Known::new(container)));
        }
        match first.len() {
            0 => Err(OpenError::Empty),
            1..4 => Err(too_short(pcap::FILE_HEADER, &source)),
            _ => {
                // For the message only; whatever there is will do.
                let first = source.peek(8)?.to_vec();
                Err(OpenError::NotACapture { first })
            }
        }
    }

    fn of(source: Source<R>, framing: Framing, state: State, known: Known) -> Self {
        let Source { input, buffer } = source;
        Self {
            input,
            buffer,
            framing,
            state,
            expects_damage: false,
            failure: None,
            resume_at: None,
            hole: 0,
            offset: 0,
            known,
        }
    }

    /// Has the reader look at a pcap's record and at what follows before it gives it out, for callers of
    /// [`salvage`](Self::salvage). A record that got a wrong length swallows the beginning of the next one, and a hole
    /// of zeros is packets of no bytes from 1970; with this, both are damage. The reader then waits for the header of
    /// the next record, too.
    pub fn expect_damage(&mut self) {
        self.expects_damage = true;
    }

    /// The next item; `None` at the end of the file, and ever after an error.
    ///
    /// # Errors
    /// Once, where the file is damaged or cut off or cannot be read, after all whole items before.
    pub fn next_item(&mut self) -> Result<Option<Item<'_>>, ReadError> {
        if matches!(self.state, State::Ended | State::Damaged) {
            return Ok(None);
        }
        let (packet, offset) = (self.known.packets.saturating_add(1), self.offset);
        let whole = match self.whole_item() {
            Ok(Some(whole)) => whole,
            Ok(None) => {
                self.state = State::Ended;
                return Ok(None);
            }
            Err(kind) => {
                self.state = match kind {
                    ReadErrorKind::Io(_) | ReadErrorKind::Compressed { .. } => State::Ended,
                    _ => State::Damaged,
                };
                let offset = if let ReadErrorKind::Omitted(part) = &kind { part.offset } else { offset };
                return Err(ReadError { kind, packet, offset });
            }
        };
        // An item that is given out sets the state again.
        self.state = State::Damaged;
        self.item(whole).map(Some).map_err(|kind| ReadError { kind, packet, offset })
    }

    /// Waits for the next item to be in the buffer as a whole.
    fn whole_item(&mut self) -> Result<Option<Whole>, ReadErrorKind> {
        if self.state == State::FileHeader {
            return Ok(Some(Whole::FileHeader));
        }
        let (header_len, part) = self.framing.header();
        if !self.fill(header_len)? {
            return match self.buffer.available().len() {
                0 => Ok(None),
                _ => Err(self.short_rest(part, header_len)),
            };
        }
        if let Some(header) = self.another_capture()? {
            return Ok(Some(header));
        }
        if let Some(zeros) = self.zeros()? {
            return Err(zeros);
        }
        let (whole, len, part) = match self.framing {
            Framing::Pcap(records) => {
                let len = records.record_len(self.buffer.available());
                if let Some(at) = self.capture_within(records, len.as_ref().ok().copied()) {
                    self.resume_at = Some(at);
                    return Err(ReadErrorKind::CutByCapture { available: at as u64 });
                }
                let len = len?;
                (Whole::Record(len, records), len, Part::Packet)
            }
            Framing::Pcapng => {
                let frame = pcapng::frame(self.buffer.available(), self.known.container.byte_order)?;
                (Whole::Block(frame), frame.len, frame.part())
            }
        };
        if !self.fill(len)? {
            return Err(cut_off(part, len, self.buffer.available().len()));
        }
        if let (true, Whole::Record(len, records)) = (self.expects_damage, &whole)
            && let Some(kind) = self.doubt(*records, *len)?
        {
            return Err(kind);
        }
        Ok(Some(whole))
    }

    /// Waits for so many bytes to be there; `false` where the input ends before.
    pub(super) fn fill(&mut self, needed: usize) -> Result<bool, ReadErrorKind> {
        match self.look_ahead(needed) {
            false => self.failure.take().map_or(Ok(false), Err),
            true => Ok(true),
        }
    }

    /// The same for bytes of which it is only of use to know them: where the input fails, that is kept for later.
    pub(super) fn look_ahead(&mut self, needed: usize) -> bool {
        if self.failure.is_some() {
            return self.buffer.available().len() >= needed;
        }
        self.buffer.fill(&mut self.input, needed).unwrap_or_else(|source| {
            self.failure = Some(match self.input.broken_compression() {
                Some(compression) => ReadErrorKind::Compressed { compression, error: source },
                // A decompressor does not go on behind an error.
                None if self.input.compression().is_some() => ReadErrorKind::Io(source),
                None => source.downcast().map_or_else(ReadErrorKind::Io, ReadErrorKind::Omitted),
            });
            false
        })
    }

    /// Gives out an item that is in the buffer.
    fn item(&mut self, whole: Whole) -> Result<Item<'_>, ReadErrorKind> {
        let (offset, len) = (self.offset, whole.len());
        self.buffer.take(len);
        let raw = self.buffer.taken(len);
        let mut item = match whole {
            Whole::FileHeader => self.known.file_header(raw),
            Whole::Appended(header, records, order) => {
                let before = match self.framing {
                    Framing::Pcap(before) => Some(before),
                    Framing::Pcapng => None,
                };
                let (item, joined) = self.known.appended(raw, offset, before, (header, records, order));
                self.framing = Framing::Pcap(joined);
                item
            }
            Whole::Block(frame) if matches!(self.framing, Framing::Pcap(_)) => {
                self.framing = Framing::Pcapng;
                self.known.appended_section(raw, frame, offset)?
            }
            Whole::Record(_, records) => self.known.record(raw, records, offset)?,
            Whole::Block(frame) => self.known.block(raw, frame, offset)?,
        };
        if let Item::Packet(packet) = &mut item {
            packet.in_buffer = self.buffer.keepable(len);
        }
        self.offset = offset.saturating_add(len as u64);
        self.state = State::Items;
        Ok(item)
    }

    /// Whether the next call of [`next_item`](Self::next_item) has to read from the input, and so may wait: the
    /// moment to flush what was written.
    #[must_use]
    pub fn needs_input(&self) -> bool {
        if self.state != State::Items || self.buffer.ended() {
            return false;
        }
        let available = self.buffer.available();
        let (header_len, _) = self.framing.header();
        if available.len() < header_len.max(self.needed_to_tell()) {
            return true;
        }
        let len = match &self.framing {
            Framing::Pcap(records) => records.record_len(available),
            Framing::Pcapng => {
                pcapng::frame(available, self.known.container.byte_order).map(|frame| frame.len)
            }
        };
        let ahead =
            if self.expects_damage && matches!(self.framing, Framing::Pcap(_)) { header_len } else { 0 };
        // An impossible length is told without reading on.
        len.is_ok_and(|len| available.len() < len.saturating_add(ahead))
    }

    /// Whether bytes of the next item are there already.
    #[must_use]
    pub fn has_begun_next(&self) -> bool {
        !self.buffer.available().is_empty()
    }

    /// What the file is, as far as it has been read.
    #[must_use]
    pub fn container(&self) -> &Container {
        &self.known.container
    }

    /// The interfaces that the current section has described so far; a pcap has exactly one.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        self.known.interfaces.known()
    }

    /// Warnings since the last call: at most 64 and those of what is left out, then how many more there were.
    ///
    /// They concern section headers and interface descriptions. Options of packets are read, and their faults met,
    /// where the caller asks for them.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        self.known.warnings.take(self.offset)
    }

    /// Where the next item begins in the decompressed stream; after an error, where the damaged one does, or would.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Captures that were appended to the first, but for those that a [`Warning`] told of: it does so of the first one
    /// that goes on as the capture before it, and of the first one that differs.
    #[must_use]
    pub fn more_appended(&self) -> u64 {
        self.known.more_appended
    }

    /// Packets given out so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.known.packets
    }
}

pub(super) fn cut_off(part: Part, needed: usize, available: usize) -> ReadErrorKind {
    ReadErrorKind::CutOff { part, needed: needed as u64, available: available as u64 }
}

fn too_short<R: Read>(needed: usize, source: &Source<R>) -> OpenError {
    OpenError::TooShort { needed: needed as u64, available: source.buffer.available().len() as u64 }
}

/// Checks the first section header, and leaves it in the buffer.
fn open_pcapng<R: Read>(source: &mut Source<R>) -> Result<ByteOrder, OpenError> {
    if !source.fill(BLOCK_HEADER)? {
        return Err(too_short(BLOCK_HEADER, source));
    }
    let frame = pcapng::frame(source.buffer.available(), ByteOrder::Little).map_err(OpenError::Damaged)?;
    if !source.fill(frame.len)? {
        return Err(too_short(frame.len, source));
    }
    let raw = source.buffer.available().get(..frame.len).unwrap_or_default();
    frame.check_trailer(raw).map_err(OpenError::Damaged)?;
    let (version, _) = pcapng::parse_section(raw, frame.order);
    if !pcapng::supported(version) {
        let (major, minor) = version;
        return Err(OpenError::UnsupportedVersion {
            format: Format::Pcapng,
            major,
            minor,
            known: "1.0 (and 1.2)",
        });
    }
    Ok(frame.order)
}
