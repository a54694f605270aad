//! A capture of the same format, with fewer packets or other data in them.

use super::{BUFFER, WriteError, write_item, write_packet_with};
use crate::{Format, Item, Packet};
use std::io::{BufWriter, Write};

/// Writes the items of one or more captures as they stand, into one capture of their format. Pass it every item that
/// is to stay, in file order, all headers and interfaces among them.
///
/// Several pcapng files become sections of one. Of several pcaps the first header is written, and the others have to
/// say the same but for the snaplen.
pub struct CopyWriter<W: Write> {
    out: BufWriter<W>,
    first: Option<(Format, Vec<u8>)>,
}

/// Where a pcap header says its snaplen.
const SNAPLEN: std::ops::Range<usize> = 16..20;

impl<W: Write> CopyWriter<W> {
    /// Begins a capture on `out`, which needs no buffer of its own.
    pub fn new(out: W) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER, out), first: None }
    }

    /// Writes an item as it stands.
    ///
    /// # Errors
    /// When the output fails, and on the header of a capture that cannot follow the one before it.
    pub fn write(&mut self, item: &Item<'_>) -> Result<(), WriteError> {
        if let Item::Header(header) = item {
            if header.is_continuation() {
                return Ok(());
            }
            let format = if header.pcap.is_some() { Format::Pcap } else { Format::Pcapng };
            match &self.first {
                None => self.first = Some((format, header.raw.to_vec())),
                Some((first, _)) if *first != format => {
                    return Err(WriteError::Formats { first: *first, second: format });
                }
                Some((Format::Pcapng, _)) => {}
                Some((Format::Pcap, raw)) => {
                    let differ = |(at, (a, b)): (usize, (&u8, &u8))| a != b && !SNAPLEN.contains(&at);
                    if raw.iter().zip(header.raw).enumerate().any(differ) {
                        return Err(WriteError::PcapHeaders);
                    }
                    return Ok(());
                }
            }
        }
        Ok(write_item(item, &mut self.out)?)
    }

    /// Writes a packet with other data; see [`write_packet_with`].
    ///
    /// # Errors
    /// As [`write_packet_with`].
    pub fn write_with(
        &mut self,
        packet: &Packet<'_>,
        data: &[u8],
        original_len: u32,
    ) -> Result<(), WriteError> {
        write_packet_with(packet, data, original_len, &mut self.out)
    }

    /// Hands everything written so far to the output, and flushes that.
    ///
    /// # Errors
    /// When the output fails.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }

    /// Writes the rest, flushes, and gives back the output.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.flush()?;
        Ok(self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?)
    }
}
