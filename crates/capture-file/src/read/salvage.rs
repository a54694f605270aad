//! Going on behind damage: where does the next item begin that makes sense?

use super::pcap::Records;
use super::pcapng;
use super::reader::{Framing, Reader, State};
use crate::{ReadError, ReadErrorKind};
use std::io::Read;

/// Longest item that is believed in behind damage. The bound keeps the search linear in the input: each place is
/// looked at with at most so much read ahead for each link of a chain, whatever length it claims.
const MAX_BELIEVED: usize = 1 << 20;

/// Bytes that are read ahead at most for one place.
const MAX_AHEAD: usize = 8 << 20;

/// Longest time between two packets that are believed to follow one another.
const MAX_PAUSE: u32 = 24 * 3600;

/// Records that have to follow one another where the first is within a day of the last good packet.
const NEAR_LINKS: usize = 3;
/// The same where it is not.
const FAR_LINKS: usize = 8;
/// 2001-09-09. A record of before is believed in only near another: tables of small numbers in a packet's data can look
/// like records for a while, and so can true records when the search sees them four bytes late and takes nanoseconds
/// for seconds.
const EARLIEST_FAR: u32 = 1_000_000_000;
/// Blocks that have to follow one another; each has its length twice.
const BLOCK_LINKS: usize = 2;

enum Place {
    Item,
    No,
    End,
}

impl<R: Read> Reader<R> {
    /// After an error about damage: looks for the next item that makes sense and goes on there. Returns how many
    /// bytes were skipped; `None` when there is nothing more, or when the last error left nothing to go on with: a
    /// failing input, a broken compressed stream. Where the search came to the end of the input,
    /// [`offset`](Self::offset) then tells where that is.
    ///
    /// A pcapng block makes sense when its type is a registered one, its two lengths agree and another block or the
    /// end follows. A pcap record makes sense when its fraction is below a second, its captured length not above the
    /// original one, and two more like it follow, or the end, each within a day of the one before; where the first is
    /// not within a day of the last good packet, more have to follow. Items of more than 1 MiB are not found
    /// again. Where an interface description was among what was skipped, packets behind it can be given to the wrong
    /// interface.
    ///
    /// ```
    /// use capture_file::{Item, Reader};
    /// # let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    /// # file.extend([0; 8]);
    /// # file.extend([0, 0, 4, 0, 147, 0, 0, 0]);
    /// # file.extend([1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3]);
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
    /// assert_eq!(found, [[1, 2, 3], [4, 5, 6]]);
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
        let mut skipped = 0_u64;
        loop {
            // There is a byte: damage has at least one, and a place that is none has a whole header behind it.
            self.buffer.take(1);
            skipped = skipped.saturating_add(1);
            let place = match self.framing {
                Framing::Pcap(records) => self.record_place(records),
                Framing::Pcapng => self.block_place(),
            };
            match place {
                Ok(Place::No) => {}
                Ok(Place::End) => {
                    let rest = self.buffer.available().len() as u64;
                    self.offset = self.offset.saturating_add(skipped).saturating_add(rest);
                    return Ok(None);
                }
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
        let mut order = self.known.container.byte_order;
        let mut at = 0_usize;
        for link in 0..BLOCK_LINKS {
            if !self.fill(at.saturating_add(pcapng::BLOCK_HEADER))? {
                // The end behind a whole block, with or without bytes of one that is not.
                return Ok(Place::Item);
            }
            let available = self.buffer.available().get(at..).unwrap_or_default();
            let Ok(frame) = pcapng::frame(available, order) else {
                return Ok(Place::No);
            };
            // A block of a type of its own can follow, but is not what to go on with.
            if (link == 0 && !pcapng::REGISTERED.contains(&frame.block_type)) || frame.len > MAX_BELIEVED {
                return Ok(Place::No);
            }
            let end = at.saturating_add(frame.len);
            if !self.fill(end)? {
                return Ok(if link > 0 { Place::Item } else { Place::No });
            }
            let raw = self.buffer.available().get(at..end).unwrap_or_default();
            if frame.check_trailer(raw).is_err() {
                return Ok(Place::No);
            }
            (at, order) = (end, frame.order);
        }
        Ok(Place::Item)
    }

    fn record_place(&mut self, records: Records) -> Result<Place, ReadErrorKind> {
        if !self.fill(records.header_len())? {
            return Ok(Place::End);
        }
        let mut budget = FAR_LINKS.saturating_add(1);
        Ok(if self.records_follow(records, 0, 0, &mut budget)? { Place::Item } else { Place::No })
    }

    /// Whether records follow one another from `at` in the buffer on: as many as it takes to believe in the first,
    /// and up to `past` at least. Each costs one of the `budget`; without any left, the answer is no.
    fn records_follow(
        &mut self,
        records: Records,
        mut at: usize,
        past: usize,
        budget: &mut usize,
    ) -> Result<bool, ReadErrorKind> {
        // Fewer do where the last of them ends with the file.
        let is_end = |links: usize, needed: usize| links >= if needed == NEAR_LINKS { 1 } else { 3 };
        let mut last = None;
        let mut links = 0_usize;
        let mut needed = NEAR_LINKS;
        loop {
            if links >= needed && at > past {
                return Ok(true);
            }
            let Some(left) = budget.checked_sub(1) else { return Ok(false) };
            *budget = left;
            if !self.fill(at.saturating_add(records.header_len()))? {
                return Ok(self.buffer.available().len() == at && is_end(links, needed));
            }
            let header = self.buffer.available().get(at..).unwrap_or_default();
            let Some((len, seconds)) = records.plausible(header) else { return Ok(false) };
            if len > MAX_BELIEVED || last.is_some_and(|last| !near(last, seconds)) {
                return Ok(false);
            }
            if links == 0 {
                let Some(links) = self.links_needed(seconds) else { return Ok(false) };
                needed = links;
            }
            last = Some(seconds);
            at = at.saturating_add(len);
            if at > MAX_AHEAD {
                return Ok(links >= NEAR_LINKS);
            }
            if !self.fill(at)? {
                // The last record of a file that was cut off.
                return Ok(is_end(links, needed) && links > 1);
            }
            links = links.saturating_add(1);
        }
    }

    /// How many records it takes to believe in the first of them, by its time; `None` where no number does.
    fn links_needed(&self, seconds: u32) -> Option<usize> {
        if self.known.clock.last.is_some() && !self.known.clock.is_odd(seconds) {
            return Some(NEAR_LINKS);
        }
        (seconds >= EARLIEST_FAR).then_some(FAR_LINKS)
    }

    /// What is wrong with the record of `len` bytes at hand, though it can be framed; `None` where it may be given out.
    /// A header of zeros is a hole in the file. A record of long before those before it is none, unless more of
    /// its time follow it, or more of theirs. A length is wrong where neither a record nor the end follows, but records
    /// follow one another from within the record to behind its end.
    pub(super) fn doubt(
        &mut self,
        records: Records,
        len: usize,
    ) -> Result<Option<ReadErrorKind>, ReadErrorKind> {
        let header_len = records.header_len();
        let header = self.buffer.available().get(..header_len).unwrap_or_default();
        if header.iter().all(|byte| *byte == 0) {
            return Ok(Some(ReadErrorKind::Hole));
        }
        if len > MAX_BELIEVED {
            return Ok(None);
        }
        let seconds = records.seconds(header).unwrap_or_default();
        let is_last = !self.fill(len.saturating_add(header_len))? && self.buffer.available().len() == len;
        let next = self.buffer.available().get(len..).and_then(|next| records.plausible(next));
        if self.known.clock.is_odd(seconds)
            && !((is_last || next.is_some()) && self.known.clock.may_jump(seconds))
        {
            let mut budget = FAR_LINKS.saturating_mul(3);
            let follows = self.records_follow(records, 0, 0, &mut budget)?
                || self.records_follow(records, len, 0, &mut budget)?;
            if !follows {
                return Ok(Some(ReadErrorKind::OddTime { seconds }));
            }
        }
        if is_last || next.is_some_and(|(_, next)| near(seconds, next)) {
            return Ok(None);
        }
        // Records of no length could make long chains from every place; so many steps in all are enough for any
        // chain of a file that is not made for this.
        let mut budget = len.saturating_mul(4);
        for at in 1..len {
            if self.records_follow(records, at, len, &mut budget)? {
                return Ok(Some(ReadErrorKind::Overlap { length: len as u64, after: at as u64 }));
            }
        }
        Ok(None)
    }
}

/// When the packets before were captured. One of another time does not count until the next is of that time, too.
#[derive(Default)]
pub(super) struct Clock {
    last: Option<u32>,
    odd: Option<u32>,
}

impl Clock {
    pub(super) fn note(&mut self, seconds: u32) {
        if self.is_odd(seconds) && self.odd.is_none_or(|odd| !near(odd, seconds)) {
            self.odd = Some(seconds);
        } else {
            *self = Self { last: Some(seconds), odd: None };
        }
    }

    /// Whether this is another time than that of the packets before.
    fn is_odd(&self, seconds: u32) -> bool {
        self.last.is_some_and(|last| !near(last, seconds))
    }

    /// Whether a capture can go on at this time after a pause, or after the system's clock was set.
    fn may_jump(&self, seconds: u32) -> bool {
        seconds >= EARLIEST_FAR || self.last.is_none_or(|last| last <= seconds)
    }
}

/// Whether two packets can follow one another.
fn near(a: u32, b: u32) -> bool {
    a.abs_diff(b) <= MAX_PAUSE
}
