//! Going on behind damage: where does the next item begin that makes sense?

use super::clock::{Clock, EARLIEST_FAR, near};
use super::framing::{Framing, State};
use super::pcap::Records;
use super::pcapng;
use super::reader::Reader;
use crate::ReadErrorKind;
use std::io::Read;

/// Longest item that is believed in behind damage. The bound keeps the search linear in the input: each place is
/// looked at with at most so much read ahead for each link of a chain, whatever length it claims.
const MAX_BELIEVED: usize = 1 << 20;

/// Bytes that are read ahead at most for one place.
const MAX_AHEAD: usize = 8 << 20;

/// Records that have to follow one another where the first is within a day of the last good packet.
const NEAR_LINKS: usize = 3;
/// The same where it is not.
const FAR_LINKS: usize = 8;
/// Blocks that have to follow one another; each has its length twice.
const BLOCK_LINKS: usize = 2;

enum Place {
    /// So many bytes behind it.
    Item(usize),
    No,
    End,
}

impl<R: Read> Reader<R> {
    /// After an error about damage: looks for the next item that makes sense and goes on there. Returns how many
    /// bytes were skipped; `None` when there is nothing more, or when the last error left nothing to go on with: a
    /// failing input, a broken compressed stream. Where the search came to the end of the input,
    /// [`offset`](Self::offset) then tells where that is; where the input failed before, the next call of
    /// [`next_item`](Self::next_item) tells that. After an [`Omission`](crate::Omission) it goes on behind what was left
    /// out.
    ///
    /// A pcapng block makes sense when its type is a registered one, its two lengths agree and another block or the
    /// end follows. A pcap record makes sense when its fraction is below a second, its captured length not above the
    /// original one, and two more like it follow, or the end, each within a day of the one before; where the first is
    /// not within a day of the last good packet, more have to follow. Of records that reach over more and smaller ones
    /// which make as much sense, the smaller ones are right. Items of more than 1 MiB are not found again. Where an
    /// interface description was among what was skipped, packets behind it can be given to the wrong interface.
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
    ///             if reader.salvage().is_none() {
    ///                 break;
    ///             }
    ///         }
    ///     }
    /// }
    /// assert_eq!(found, [[1, 2, 3], [4, 5, 6]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn salvage(&mut self) -> Option<u64> {
        if self.state != State::Damaged {
            return None;
        }
        self.state = State::Items;
        if let Some(at) = self.resume_at.take() {
            self.buffer.take(at);
            self.offset = self.offset.saturating_add(at as u64);
            return Some(at as u64);
        }
        // Zeros have been passed, and what follows them may be an item. Of other damage, the first byte is none.
        if self.hole > 0
            && let Err(failure) = self.pass_zeros_up_to(u64::MAX)
        {
            self.failure = Some(failure);
        }
        let hole = std::mem::take(&mut self.hole);
        let mut is_damage = hole == 0;
        if is_damage {
            self.buffer.give_back_to(self.offset);
            if self.buffer.available().is_empty() {
                // What the input left out ended where an item does. Damage has a byte at least.
                return Some(0);
            }
        }
        let mut skipped = 0_usize;
        loop {
            if std::mem::replace(&mut is_damage, true) {
                // There is a byte: a place that is none has a whole header after it.
                self.buffer.take(1);
                skipped = skipped.saturating_add(1);
            }
            let place = match self.framing {
                Framing::Pcap(records) => self.record_place(records),
                Framing::Pcapng => self.block_place(),
            };
            let more = match place {
                Place::No => continue,
                Place::Item(behind) => behind,
                Place::End => self.buffer.available().len(),
            };
            self.buffer.take(more);
            let skipped = hole.saturating_add(skipped.saturating_add(more) as u64);
            self.offset = self.offset.saturating_add(skipped);
            if matches!(place, Place::End) && self.failure.is_none() {
                self.state = State::Ended;
                return None;
            }
            return Some(skipped);
        }
    }

    fn block_place(&mut self) -> Place {
        if !self.look_ahead(pcapng::BLOCK_HEADER) {
            return Place::End;
        }
        let mut order = self.known.container.byte_order;
        let mut at = 0_usize;
        for link in 0..BLOCK_LINKS {
            work::count(1);
            if !self.look_ahead(at.saturating_add(pcapng::BLOCK_HEADER)) {
                // The end behind a whole block, with or without bytes of one that is not.
                return Place::Item(0);
            }
            let available = self.buffer.available().get(at..).unwrap_or_default();
            let Ok(frame) = pcapng::frame(available, order) else {
                return Place::No;
            };
            // A block of a type of its own can follow, but is not what to go on with.
            if (link == 0 && !pcapng::REGISTERED.contains(&frame.block_type)) || frame.len > MAX_BELIEVED {
                return Place::No;
            }
            let end = at.saturating_add(frame.len);
            if !self.look_ahead(end) {
                return if link > 0 { Place::Item(0) } else { Place::No };
            }
            let raw = self.buffer.available().get(at..end).unwrap_or_default();
            if frame.check_trailer(raw).is_err() {
                return Place::No;
            }
            (at, order) = (end, frame.order);
        }
        Place::Item(0)
    }

    fn record_place(&mut self, records: Records) -> Place {
        if !self.look_ahead(records.header_len()) {
            return Place::End;
        }
        match self.chain(records, 0, 0, &mut FAR_LINKS.saturating_add(1)) {
            Some(chain) => Place::Item(self.smaller(records, chain).map_or(0, |chain| chain.start)),
            None => Place::No,
        }
    }

    /// Records that follow one another from `start` in the buffer on: as many as it takes to believe in the first,
    /// and up to `past` at least. Each costs one of the `budget`; without any left, there are none.
    fn chain(&mut self, records: Records, start: usize, past: usize, budget: &mut usize) -> Option<Chain> {
        match self.follow(records, start, past, budget) {
            Follow::Yes(chain) => Some(chain),
            Follow::No | Follow::Ends => None,
        }
    }

    fn follow(&mut self, records: Records, start: usize, past: usize, budget: &mut usize) -> Follow {
        // Fewer do where the last of them ends with the file.
        let is_end = |links: usize, needed: usize| links >= if needed == NEAR_LINKS { 1 } else { 3 };
        let mut chain = Chain { start, ends: [0; FAR_LINKS], links: 0 };
        let mut at = start;
        let mut last = None;
        let mut needed = NEAR_LINKS;
        loop {
            if chain.links >= needed && at > past {
                return Follow::Yes(chain);
            }
            work::count(1);
            let Some(left) = budget.checked_sub(1) else { return Follow::No };
            *budget = left;
            if !self.look_ahead(at.saturating_add(records.header_len())) {
                let is_end = self.buffer.available().len() == at && is_end(chain.links, needed);
                return if is_end { Follow::Yes(chain) } else { Follow::Ends };
            }
            let header = self.buffer.available().get(at..).unwrap_or_default();
            let Some((len, seconds)) = records.plausible(header) else { return Follow::No };
            if len > MAX_BELIEVED || last.is_some_and(|last| !near(last, seconds)) {
                return Follow::No;
            }
            if chain.links == 0 {
                let Some(links) = self.links_needed(seconds) else { return Follow::No };
                needed = links;
            }
            last = Some(seconds);
            at = at.saturating_add(len);
            if at > MAX_AHEAD {
                return if chain.links >= NEAR_LINKS { Follow::Yes(chain) } else { Follow::No };
            }
            if !self.look_ahead(at) {
                // The last record of a file that was cut off.
                let is_end = is_end(chain.links, needed) && chain.links > 1;
                return if is_end { Follow::Yes(chain) } else { Follow::Ends };
            }
            chain.push(at);
        }
    }

    /// Where the records of a chain reach over more and smaller ones: those. Seen a byte early, a length is 256 times
    /// what it is, so that one record seems to cover as many small ones, and another to follow where they all have the
    /// same length. The smaller ones run from within the first of the chain to behind its last, and none begins where
    /// one of the chain does: a record that has a capture in it would be of both.
    fn smaller(&mut self, records: Records, chain: Chain) -> Option<Chain> {
        let first = chain.first_end();
        let mut budget = first.saturating_sub(chain.start).saturating_mul(4);
        let mut best = None;
        let mut larger = chain;
        let mut start = chain.start.saturating_add(1);
        while start < larger.first_end() && budget > 0 {
            if let Some(smaller) = self.chain(records, start, larger.last_end(), &mut budget)
                && self.outnumbers(records, start, &larger)
            {
                best = Some(smaller);
                larger = smaller;
            }
            start = start.saturating_add(1);
        }
        best
    }

    /// Whether the records that follow one another from `at` on are more than those of the chain in the same bytes, and
    /// none of them begins where one of the chain ends.
    fn outnumbers(&self, records: Records, mut at: usize, chain: &Chain) -> bool {
        let mut links = 0_usize;
        while at < chain.last_end() {
            work::count(1);
            let header = self.buffer.available().get(at..).unwrap_or_default();
            let Some((len, _)) = records.plausible(header) else { break };
            at = at.saturating_add(len);
            links = links.saturating_add(1);
            if chain.ends().contains(&at) {
                return false;
            }
        }
        links > chain.ends().len()
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
    /// follow one another from within the record to behind its end; and where records of another time follow, but more
    /// and smaller ones of the time of those before make as much sense. Where the input ends or fails too early to
    /// tell, nothing is.
    pub(super) fn doubt(
        &mut self,
        records: Records,
        len: usize,
    ) -> Result<Option<ReadErrorKind>, ReadErrorKind> {
        let header_len = records.header_len();
        let header = self.buffer.available().get(..header_len).unwrap_or_default();
        if header.iter().all(|byte| *byte == 0) {
            // A packet of no bytes at the beginning of 1970 has another one after it.
            self.look_ahead(len.saturating_add(header_len));
            let next = self.buffer.available().get(len..).and_then(|next| records.plausible(next));
            return if next.is_some() { Ok(None) } else { self.pass_zeros().map(Some) };
        }
        Ok(self.doubt_record(records, len))
    }

    /// The same of a record whose header has something in it.
    fn doubt_record(&mut self, records: Records, len: usize) -> Option<ReadErrorKind> {
        let header_len = records.header_len();
        let header = self.buffer.available().get(..header_len).unwrap_or_default();
        if len > MAX_BELIEVED {
            return None;
        }
        let seconds = records.seconds(header).unwrap_or_default();
        let ends = !self.look_ahead(len.saturating_add(header_len));
        if self.capture_begins_at(len) {
            return None;
        }
        let next = self.buffer.available().get(len..).and_then(|next| records.plausible(next));
        let is_odd = self.known.clock.is_odd(seconds);
        let goes_on =
            |clock: &Clock| next.is_some_and(|(_, next)| !clock.is_odd(next) || clock.may_jump(seconds));
        if is_odd && !goes_on(&self.known.clock) {
            let mut budget = FAR_LINKS.saturating_mul(3);
            let follows = !matches!(self.follow(records, 0, 0, &mut budget), Follow::No)
                || !matches!(self.follow(records, len, 0, &mut budget), Follow::No);
            if !follows {
                return Some(ReadErrorKind::OddTime { seconds });
            }
        }
        let overlap = |after: usize| ReadErrorKind::Overlap { length: len as u64, after: after as u64 };
        let is_last = ends && self.buffer.available().len() == len;
        if is_last || next.is_some_and(|(_, next)| near(seconds, next)) {
            if !is_odd {
                return None;
            }
            let chain = self.chain(records, 0, 0, &mut FAR_LINKS.saturating_add(1))?;
            return self.smaller(records, chain).map(|smaller| overlap(smaller.start));
        }
        // Records of no length could make long chains from every place; so many steps in all are enough for any
        // chain of a file that is not made for this.
        let mut budget = len.saturating_mul(4);
        (1..len).find(|at| self.chain(records, *at, len, &mut budget).is_some()).map(overlap)
    }
}

/// Whether enough records follow one another.
enum Follow {
    Yes(Chain),
    No,
    /// As far as there is something to be seen.
    Ends,
}

/// Records that follow one another, as places in the buffer.
#[derive(Clone, Copy)]
struct Chain {
    start: usize,
    /// Where each ends, up to as many as it takes to believe in the first.
    ends: [usize; FAR_LINKS],
    links: usize,
}

impl Chain {
    fn push(&mut self, end: usize) {
        if let Some(place) = self.ends.get_mut(self.links) {
            *place = end;
        }
        self.links = self.links.saturating_add(1);
    }

    fn ends(&self) -> &[usize] {
        self.ends.get(..self.links.min(FAR_LINKS)).unwrap_or_default()
    }

    /// At its beginning, where there is none.
    fn first_end(&self) -> usize {
        self.ends().first().copied().unwrap_or(self.start)
    }

    fn last_end(&self) -> usize {
        self.ends().last().copied().unwrap_or(self.start)
    }
}

/// What a test allows the search to cost, without a clock: places looked at, and bytes moved.
pub(super) mod work {
    #[cfg(test)]
    thread_local! {
        static LEFT: std::cell::Cell<usize> = const { std::cell::Cell::new(usize::MAX) };
    }

    pub(in super::super) fn count(_cost: usize) {
        #[cfg(test)]
        LEFT.set(LEFT.get().checked_sub(_cost).expect("less work"));
    }

    /// From now on.
    #[cfg(test)]
    pub(in super::super) fn allow(cost: usize) {
        LEFT.set(cost);
    }

    #[cfg(test)]
    pub(in super::super) fn left() -> usize {
        LEFT.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Salvages a file, with so much work for each of its bytes.
    fn salvage(file: &[u8], work_per_byte: usize) {
        let most = work_per_byte * file.len();
        work::allow(most);
        let mut reader = Reader::new(file).unwrap();
        reader.expect_damage();
        while match reader.next_item() {
            Ok(item) => item.is_some(),
            Err(_) => reader.salvage().is_some(),
        } {}
        let spent = most - work::left();
        assert!(spent > file.len() / 16, "{spent} counted for {} bytes", file.len());
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn the_search_is_linear_whatever_lengths_are_claimed() {
        for length in [1 << 20, (1 << 20) - 4, super::super::MAX_BLOCK] {
            let mut file = words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28]);
            file.extend(words(&[1, 20, 147, 0, 20]));
            file.extend(words(&[6, length]).repeat(2_500_000));
            salvage(&file, 3);
        }
    }

    /// Records of a megabyte each, full of places where records seem to begin and none that leads anywhere.
    #[test]
    fn the_search_is_linear_in_records_that_are_full_of_beginnings() {
        for (captured, original) in [(0, 1), (16, 16), (1 << 19, 1 << 20)] {
            let head = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 1 << 20, 147]);
            let mut record = words(&[1_768_377_600, 7, (1 << 20) - 32, 1 << 20]);
            record.extend(words(&[1_768_377_600, 7, captured, original]).repeat((1 << 16) - 2));
            salvage(&[&head[..], &[&record[..], &[0xff; 40]].concat().repeat(12)].concat(), 3);
            // One damage, and nothing but records after it.
            salvage(&[&head[..], &[0xff; 40], &record.repeat(12)].concat(), 3);
        }
    }
}
