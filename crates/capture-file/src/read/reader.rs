//! The reader: one loop of "how long is the next item", "is it all there", "what is it".

use super::buffer::Buffer;
use super::input::{Input, compression_of};
use super::interfaces::Interfaces;
use super::item::{Block, Header, InterfaceBlock, Item};
use super::pcap::{self, Records};
use super::pcapng::{self, BLOCK_HEADER, Frame};
use crate::error::{Warning, WarningKind};
use crate::{ByteOrder, Container, Format, Interface, OpenError, Part, ReadError, ReadErrorKind};
use std::io::Read;

/// Warnings kept until they are taken; of the rest only the number.
const MAX_WARNINGS: usize = 64;

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
    buffer: Buffer,
    container: Container,
    interfaces: Interfaces,
    warnings: Vec<Warning>,
    more_warnings: u64,
    framing: Framing,
    state: State,
    offset: u64,
    packets: u64,
}

#[derive(Clone, Copy)]
enum Framing {
    Pcap(Records),
    Pcapng,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The pcap's file header has not been given out.
    FileHeader,
    Items,
    Ended,
}

/// An item that is in the buffer as a whole.
enum Whole {
    FileHeader,
    Record(usize),
    Block(Frame),
}

impl<R: Read> Reader<R> {
    /// Opens a capture: recognises compression and format, and reads the first header, no more.
    ///
    /// # Errors
    /// When the input is empty, no capture, of an unknown version, or damaged in its first header.
    pub fn new(input: R) -> Result<Self, OpenError> {
        let mut input = Input::new(input)?;
        let mut buffer = Buffer::new();
        fill_first(&mut buffer, &mut input, 4)?;
        let compression = input.compression();
        if let (Some(outer), Some(inner)) = (compression, compression_of(buffer.available())) {
            return Err(OpenError::Nested { outer, inner });
        }
        let mut interfaces = Interfaces::default();
        let (format, byte_order, framing, header) =
            if let Some((variant, order)) = pcap::recognise(buffer.available()) {
                fill_first(&mut buffer, &mut input, pcap::FILE_HEADER)?;
                let (header, records) = pcap::parse_header(buffer.available(), variant, order)?;
                interfaces.push(pcap::interface(&header, &records), &mut |_| {});
                (Format::Pcap, order, Framing::Pcap(records), Some(header))
            } else if buffer
                .available()
                .starts_with(&pcapng::SECTION_HEADER.to_be_bytes())
            {
                (
                    Format::Pcapng,
                    open_pcapng(&mut buffer, &mut input)?,
                    Framing::Pcapng,
                    None,
                )
            } else if buffer.available().is_empty() {
                return Err(OpenError::Empty);
            } else {
                // For the message only; whatever there is will do.
                let _ = buffer.fill(&mut input, 8);
                return Err(OpenError::NotACapture {
                    first: buffer.available().iter().take(8).copied().collect(),
                });
            };
        Ok(Self {
            input,
            buffer,
            container: Container {
                format,
                byte_order,
                mixed_byte_orders: false,
                sections: 0,
                compression,
                pcap: header,
            },
            interfaces,
            warnings: Vec::new(),
            more_warnings: 0,
            framing,
            state: if format == Format::Pcap {
                State::FileHeader
            } else {
                State::Items
            },
            offset: 0,
            packets: 0,
        })
    }

    /// The next item; `None` at the end of the file, and ever after an error.
    ///
    /// # Errors
    /// Once, where the file is damaged or cut off or cannot be read, after all whole items before.
    pub fn next_item(&mut self) -> Result<Option<Item<'_>>, ReadError> {
        if self.state == State::Ended {
            return Ok(None);
        }
        // A failure in `item` happens with the buffer borrowed; all that it needs for the message is copied before.
        let (packet, offset) = (self.packets.saturating_add(1), self.offset);
        let whole = match self.whole_item() {
            Ok(Some(whole)) => whole,
            Ok(None) => {
                self.state = State::Ended;
                return Ok(None);
            }
            Err(kind) => {
                self.state = State::Ended;
                return Err(ReadError { kind, packet, offset });
            }
        };
        self.item(whole)
            .map(Some)
            .map_err(|kind| ReadError { kind, packet, offset })
    }

    /// Waits for the next item to be in the buffer as a whole.
    fn whole_item(&mut self) -> Result<Option<Whole>, ReadErrorKind> {
        let (header_len, part) = match &self.framing {
            _ if self.state == State::FileHeader => return Ok(Some(Whole::FileHeader)),
            Framing::Pcap(records) => (records.header_len(), Part::RecordHeader),
            Framing::Pcapng => (BLOCK_HEADER, Part::BlockHeader),
        };
        if !self.fill(header_len)? {
            let available = self.buffer.available().len();
            if available == 0 {
                return Ok(None);
            }
            return Err(cut_off(part, header_len, available));
        }
        let (whole, len, part) = match &self.framing {
            Framing::Pcap(records) => {
                let len = records.record_len(self.buffer.available())?;
                (Whole::Record(len), len, Part::Packet)
            }
            Framing::Pcapng => {
                let frame = pcapng::frame(self.buffer.available(), self.container.byte_order)?;
                (Whole::Block(frame), frame.len, frame.part())
            }
        };
        if !self.fill(len)? {
            return Err(cut_off(part, len, self.buffer.available().len()));
        }
        Ok(Some(whole))
    }

    fn fill(&mut self, needed: usize) -> Result<bool, ReadErrorKind> {
        self.buffer
            .fill(&mut self.input, needed)
            .map_err(|source| match self.input.broken_compression() {
                Some(compression) => ReadErrorKind::Compressed { compression, source },
                None => ReadErrorKind::Io(source),
            })
    }

    /// Gives out an item that is in the buffer.
    fn item(&mut self, whole: Whole) -> Result<Item<'_>, ReadErrorKind> {
        let offset = self.offset;
        let len = match &whole {
            Whole::FileHeader => pcap::FILE_HEADER,
            Whole::Record(len) => *len,
            Whole::Block(frame) => frame.len,
        };
        self.offset = offset.saturating_add(len as u64);
        // Whatever fails below is the end; every way out that is none sets the state back.
        let state = std::mem::replace(&mut self.state, State::Ended);
        let raw = self.buffer.take(len);
        let mut warn = Warn {
            warnings: &mut self.warnings,
            more: &mut self.more_warnings,
            offset,
        };
        let item = match (whole, &self.framing) {
            (Whole::FileHeader, _) => {
                self.container.sections = 1;
                let Container { byte_order, pcap, .. } = self.container;
                Item::Header(pcap::header(raw, byte_order, pcap, self.interfaces.last()))
            }
            (Whole::Record(_), Framing::Pcap(records)) => {
                let too_short = ReadErrorKind::CutOff {
                    part: Part::Packet,
                    needed: len as u64,
                    available: raw.len() as u64,
                };
                let interface = self.interfaces.known().first();
                self.packets = self.packets.saturating_add(1);
                Item::Packet(
                    interface
                        .and_then(|interface| records.packet(raw, self.packets, offset, interface))
                        .ok_or(too_short)?,
                )
            }
            (Whole::Record(_), Framing::Pcapng) => return Err(cut_off(Part::Packet, len, 0)),
            (Whole::Block(frame), _) => {
                frame.check_trailer(raw)?;
                match frame.block_type {
                    pcapng::SECTION_HEADER => {
                        let (version, options) = pcapng::parse_section(raw)?;
                        if !pcapng::supported(version) {
                            let (major, minor) = version;
                            return Err(ReadErrorKind::UnsupportedVersion { major, minor });
                        }
                        let header = Header {
                            offset,
                            raw,
                            byte_order: frame.order,
                            pcap: None,
                            interface: None,
                            options,
                        };
                        if let Some(Err(error)) = header.options().find(Result::is_err) {
                            warn.push(WarningKind::Options(error));
                        }
                        let container = &mut self.container;
                        container.mixed_byte_orders |= container.byte_order != frame.order;
                        container.byte_order = frame.order;
                        container.sections = container.sections.saturating_add(1);
                        self.interfaces.clear();
                        Item::Header(header)
                    }
                    pcapng::INTERFACE => {
                        let (mut interface, options) =
                            pcapng::parse_interface(raw, frame.order, &mut |kind| warn.push(kind))?;
                        interface.section = self.container.sections.saturating_sub(1);
                        self.interfaces.push(interface, &mut |kind| warn.push(kind));
                        let info = self
                            .interfaces
                            .last()
                            .ok_or_else(|| cut_off(Part::Block, len, 0))?;
                        Item::Interface(InterfaceBlock {
                            offset,
                            raw,
                            info,
                            order: frame.order,
                            options,
                        })
                    }
                    pcapng::ENHANCED_PACKET | pcapng::SIMPLE_PACKET | pcapng::OBSOLETE_PACKET => {
                        let number = self.packets.saturating_add(1);
                        let packet =
                            pcapng::parse_packet(raw, frame, (number, offset), self.interfaces.known())?;
                        self.packets = number;
                        Item::Packet(packet)
                    }
                    block_type => Item::Other(Block {
                        offset,
                        raw,
                        block_type,
                        byte_order: frame.order,
                    }),
                }
            }
        };
        self.state = match state {
            State::FileHeader | State::Items => State::Items,
            State::Ended => State::Ended,
        };
        Ok(item)
    }

    /// Whether the next call of [`next_item`](Self::next_item) has to read from the input, and so may wait: the
    /// moment to flush what was written.
    #[must_use]
    pub fn needs_input(&self) -> bool {
        let available = self.buffer.available();
        let header_len = match (self.state, &self.framing) {
            (State::FileHeader | State::Ended, _) => return false,
            (State::Items, Framing::Pcap(records)) => records.header_len(),
            (State::Items, Framing::Pcapng) => BLOCK_HEADER,
        };
        if self.buffer.ended() {
            return false;
        }
        if available.len() < header_len {
            return true;
        }
        let len = match &self.framing {
            Framing::Pcap(records) => records.record_len(available),
            Framing::Pcapng => pcapng::frame(available, self.container.byte_order).map(|frame| frame.len),
        };
        // An impossible length is told without reading on.
        len.is_ok_and(|len| available.len() < len)
    }

    /// What the file is, as far as it has been read.
    #[must_use]
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// The interfaces that the current section has described so far; a pcap has exactly one.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        self.interfaces.known()
    }

    /// Warnings since the last call: at most 64, then how many more there were.
    ///
    /// They concern section headers and interface descriptions. Options of packets are read, and their faults met,
    /// where the caller asks for them.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        let mut warnings = std::mem::take(&mut self.warnings);
        let more = std::mem::take(&mut self.more_warnings);
        if more > 0 {
            warnings.push(Warning {
                kind: WarningKind::More(more),
                offset: self.offset,
            });
        }
        warnings
    }

    /// Where the next item begins in the decompressed stream; after an error, where the damaged one ended or begins.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Packets given out so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets
    }
}

struct Warn<'a> {
    warnings: &'a mut Vec<Warning>,
    more: &'a mut u64,
    offset: u64,
}

impl Warn<'_> {
    fn push(&mut self, kind: WarningKind) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning {
                kind,
                offset: self.offset,
            });
        } else {
            *self.more = self.more.saturating_add(1);
        }
    }
}

fn cut_off(part: Part, needed: usize, available: usize) -> ReadErrorKind {
    ReadErrorKind::CutOff {
        part,
        needed: needed as u64,
        available: available as u64,
    }
}

/// Reads up to `needed` bytes of the first header.
fn fill_first<R: Read>(buffer: &mut Buffer, input: &mut Input<R>, needed: usize) -> Result<bool, OpenError> {
    buffer
        .fill(input, needed)
        .map_err(|source| match input.broken_compression() {
            Some(compression) => OpenError::Compressed { compression, source },
            None => OpenError::Io(source),
        })
}

/// Checks the first section header, and leaves it in the buffer.
fn open_pcapng<R: Read>(buffer: &mut Buffer, input: &mut Input<R>) -> Result<ByteOrder, OpenError> {
    let short = |needed: usize, buffer: &Buffer| OpenError::TooShort {
        needed: needed as u64,
        available: buffer.available().len() as u64,
    };
    if !fill_first(buffer, input, BLOCK_HEADER)? {
        return Err(short(BLOCK_HEADER, buffer));
    }
    let frame = pcapng::frame(buffer.available(), ByteOrder::Little).map_err(OpenError::Damaged)?;
    if !fill_first(buffer, input, frame.len)? {
        return Err(short(frame.len, buffer));
    }
    let raw = buffer.available().get(..frame.len).unwrap_or_default();
    frame.check_trailer(raw).map_err(OpenError::Damaged)?;
    let (version, _) = pcapng::parse_section(raw).map_err(OpenError::Damaged)?;
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
