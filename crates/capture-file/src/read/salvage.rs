//! Going on behind damage: where does the next item begin that makes sense?

use super::pcap::Records;
use super::pcapng;
use super::reader::{Framing, Reader, State};
use crate::{ReadError, ReadErrorKind};
use std::io::Read;

/// Longest item that is believed in behind damage. The bound keeps the search linear in the input: each place is
/// looked at with at most so much read ahead, whatever length it claims.
const MAX_BELIEVED: usize = 1 << 20;

/// Longest time between two packets that are believed to follow one another.
const MAX_PAUSE: u32 = 24 * 3600;

enum Place {
    Item,
    No,
    End,
}

impl<R: Read> Reader<R> {
    /// After an error about damage: looks for the next item that makes sense and goes on there. Returns how many
    /// bytes were skipped; `None` when there is nothing more, or when the last error left nothing to go on with: a
    /// failing input, a broken compressed stream.
    ///
    /// A pcapng block makes sense when its type is a registered one and its two lengths agree; a pcap record when it
    /// is within a day of the packet before it and of the one after it, with fractions below a second. Items of more
    /// than 1 MiB are not found again. Where an interface description was among what was skipped, packets behind it
    /// can be given to the wrong interface.
    ///
    /// ```
    /// use capture_file::{Item, Reader};
    /// # let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    /// # file.extend([0; 8]);
    /// # file.extend([0, 0, 4, 0, 147, 0, 0, 0]);
    /// # file.extend([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0xff, 3, 0, 0, 0, 7, 8, 9]);
    /// # file.extend([2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 4, 5, 6]);
    /// let mut reader = Reader::new(file.as_slice())?;
    /// let mut found = Vec::new();
    /// loop {
    ///     match reader.next_item() {
    ///         Ok(Some(Item::Packet(packet))) => found.push(packet.data.to_vec()),
    ///         Ok(Some(_)) => {}
    ///         Ok(None) => break,
    ///         Err(error) => {
    ///             eprintln!("{error}");
    ///             if reader.salvage()?.is_none() {
    ///                 break;
    ///             }
    ///         }
    ///     }
    /// }
    /// assert_eq!(found, [[4, 5, 6]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the input fails or a compressed stream is broken.
    pub fn salvage(&mut self) -> Result<Option<u64>, ReadError> {
        if self.state != State::Damaged {
            return Ok(None);
        }
        self.state = State::Ended;
        self.buffer.give_back_to(self.offset);
        let step = if matches!(self.framing, Framing::Pcapng) { 4 } else { 1 };
        let mut skipped = 0_u64;
        loop {
            if self.buffer.take(step).len() < step {
                return Ok(None);
            }
            skipped = skipped.saturating_add(step as u64);
            let place = match self.framing {
                Framing::Pcap(records) => self.record_place(records),
                Framing::Pcapng => self.block_place(),
            };
            match place {
                Ok(Place::No) => {}
                Ok(Place::End) => return Ok(None),
                Ok(Place::Item) => {
                    self.offset = self.offset.saturating_add(skipped);
                    self.state = State::Items;
                    return Ok(Some(skipped));
                }
                Err(kind) => {
                    let (packet, offset) = (self.known.packets.saturating_add(1), self.offset);
                    return Err(ReadError { kind, packet, offset });
                }
            }
        }
    }

    fn block_place(&mut self) -> Result<Place, ReadErrorKind> {
        if !self.fill(pcapng::BLOCK_HEADER)? {
            return Ok(Place::End);
        }
        let Ok(frame) = pcapng::frame(self.buffer.available(), self.known.container.byte_order) else {
            return Ok(Place::No);
        };
        if !pcapng::REGISTERED.contains(&frame.block_type)
            || frame.len > MAX_BELIEVED
            || !self.fill(frame.len)?
        {
            return Ok(Place::No);
        }
        let raw = self.buffer.available().get(..frame.len).unwrap_or_default();
        Ok(if frame.check_trailer(raw).is_ok() { Place::Item } else { Place::No })
    }

    fn record_place(&mut self, records: Records) -> Result<Place, ReadErrorKind> {
        let header_len = records.header_len();
        if !self.fill(header_len)? {
            return Ok(Place::End);
        }
        let Some((len, seconds)) = records.plausible(self.buffer.available()) else {
            return Ok(Place::No);
        };
        let near = |a: u32, b: u32| a.abs_diff(b) <= MAX_PAUSE;
        if len > MAX_BELIEVED || self.known.last_seconds.is_some_and(|last| !near(last, seconds)) {
            return Ok(Place::No);
        }
        let with_next = len.saturating_add(header_len);
        let good = if self.fill(with_next)? {
            let next = self.buffer.available().get(len..).unwrap_or_default();
            records.plausible(next).is_some_and(|(_, next)| near(seconds, next))
        } else {
            self.buffer.available().len() == len
        };
        Ok(if good { Place::Item } else { Place::No })
    }
}
