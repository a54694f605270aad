//! Families of packets: a packet, everything that it came from, and everything that these became.
//!
//! Revision 4 says of a packet which packet it was made of. These links, followed in both directions over any number of
//! generations, join packets into families: a datagram and its fragments, a packet and the ICMP error about it, a
//! broadcast and its copies. Siblings and cousins are of one family. Packets come in any order, children mostly before
//! their parents, so the links of a whole capture are gathered first, and then asked for.
//!
//! Memory is bounded: only ids that a link names are kept, and a link that there is no room for is counted.

mod order;

pub use order::{Member, order};

use std::collections::HashMap;

/// Bytes that the ids may take together.
const MOST_BYTES: usize = 32 << 20;
/// What an id costs: its place in the table, of which there are three and a half for each id when the table has just
/// grown, and its link, of which there are three when the list has just grown.
const ID_COST: usize = 7 * (size_of::<(u64, u32)>() + 1) / 2 + 3 * size_of::<u32>();
/// How many ids there is room for.
const MOST_IDS: usize = MOST_BYTES / ID_COST;

/// Links between packets, gathered in any order.
#[derive(Debug)]
pub struct Links {
    places: HashMap<u64, u32>,
    /// For each place an earlier place of the same family, or itself.
    towards: Vec<u32>,
    most: usize,
    left_out: u64,
}

impl Default for Links {
    fn default() -> Self {
        Self::with_room(MOST_IDS)
    }
}

impl Links {
    /// No links yet, and room for so many ids.
    fn with_room(most: usize) -> Self {
        Self { places: HashMap::new(), towards: Vec::new(), most, left_out: 0 }
    }

    /// Adds that the packet `id` was made of the packet `parent_id`. An id of 0 is unknown, and links nothing.
    pub fn add(&mut self, id: u64, parent_id: u64) {
        if id == 0 || parent_id == 0 || id == parent_id {
            return;
        }
        let new = [id, parent_id].iter().filter(|id| !self.places.contains_key(id)).count();
        if self.towards.len().saturating_add(new) > self.most {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        let (one, other) = (self.place(id), self.place(parent_id));
        let (one, other) = (self.root(one), self.root(other));
        // Later ones lead to earlier ones, so that no walk can go round in circles.
        if let Some(towards) = self.towards.get_mut(at(one.max(other))) {
            *towards = one.min(other);
        }
    }

    fn place(&mut self, id: u64) -> u32 {
        let next = u32::try_from(self.towards.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(id).or_insert(next);
        if place == next {
            self.towards.push(next);
        }
        place
    }

    /// The first place of the family; halves the walk for the next time.
    fn root(&mut self, mut place: u32) -> u32 {
        loop {
            let next = self.towards.get(at(place)).copied().unwrap_or(place);
            if next == place {
                return place;
            }
            let after = self.towards.get(at(next)).copied().unwrap_or(next);
            if let Some(towards) = self.towards.get_mut(at(place)) {
                *towards = after;
            }
            place = after;
        }
    }

    /// How many links there was no room for.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The families, now that all links are there.
    #[must_use]
    pub fn families(mut self) -> Families {
        for place in 0..self.towards.len() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let root = self.root(place);
            if let Some(towards) = self.towards.get_mut(at(place)) {
                *towards = root;
            }
        }
        Families { places: self.places, of: self.towards }
    }
}

fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// Which packets are of one family.
#[derive(Debug, Default)]
pub struct Families {
    places: HashMap<u64, u32>,
    of: Vec<u32>,
}

impl Families {
    /// The family of the packet with this id and this parent: a number that is the same for all of one family. None
    /// where no link leads to the packet or from it.
    #[must_use]
    pub fn of(&self, id: u64, parent_id: u64) -> Option<u32> {
        let known = |id: u64| Some(id).filter(|id| *id != 0).and_then(|id| self.places.get(&id));
        // A packet without an id of its own is of its parent's family.
        let place = known(id).or_else(|| known(parent_id))?;
        self.of.get(at(*place)).copied()
    }

    /// The families of these ids together.
    #[must_use]
    pub fn members(self, ids: &[u64]) -> Members {
        let mut wanted: Vec<u32> = ids.iter().filter_map(|id| self.of(*id, 0)).collect();
        wanted.sort_unstable();
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        Members { families: self, wanted, ids }
    }
}

/// The packets of some families.
#[derive(Debug, Default)]
pub struct Members {
    families: Families,
    wanted: Vec<u32>,
    /// A packet that nothing links to is a family of its own.
    ids: Vec<u64>,
}

impl Members {
    /// Whether the packet with this id and this parent is one of them.
    #[must_use]
    pub fn contain(&self, id: u64, parent_id: u64) -> bool {
        let asked = |id: u64| id != 0 && self.ids.binary_search(&id).is_ok();
        asked(id)
            || asked(parent_id)
            || self
                .families
                .of(id, parent_id)
                .is_some_and(|family| self.wanted.binary_search(&family).is_ok())
    }
}

#[cfg(test)]
mod tests;
