//! Keys and what was gathered for each, in bounded memory.

use super::accumulator::Accumulator;
use std::collections::HashMap;

/// Most memory, in bytes, as far as it can be told from sizes: with the program and its buffers, less than 64 MiB.
pub(super) const MOST_BYTES: usize = 48 << 20;

/// What a key costs besides its bytes: its place in the table, of which there are three and a half for each key when the
/// table has just grown; what an allocation takes; and its line in the answer.
const KEY_BYTES: usize = 7 * (size_of::<(Box<[u8]>, usize)>() + 1) / 2 + 16 + LINE_BYTES;
/// A line, the values of its keys, and what sorting takes.
const LINE_BYTES: usize = 160;

/// Rows of accumulators, one for each function, by key.
#[derive(Debug)]
pub(super) struct Table {
    places: HashMap<Box<[u8]>, usize>,
    cells: Vec<Accumulator>,
    new_row: Vec<Accumulator>,
    room: usize,
    whole_room: usize,
}

impl Table {
    /// An empty table, each of whose rows begins as `new_row`.
    pub(super) fn new(new_row: Vec<Accumulator>, room: usize) -> Self {
        Self { places: HashMap::new(), cells: Vec::new(), new_row, room, whole_room: room }
    }

    /// The row of a key, and the memory that is left for it; none if the key is new and there is no room.
    pub(super) fn row(&mut self, key: &[u8]) -> Option<(&mut [Accumulator], &mut usize)> {
        let width = self.new_row.len();
        let place = match self.places.get(key) {
            Some(place) => *place,
            None => {
                // The vector of cells doubles when it grows.
                let cells = width.saturating_mul(size_of::<Accumulator>()).saturating_mul(2);
                let needed = key.len().saturating_add(KEY_BYTES).saturating_add(cells);
                self.room = self.room.checked_sub(needed)?;
                let place = self.cells.len();
                self.cells.extend_from_slice(&self.new_row);
                self.places.insert(key.into(), place);
                place
            }
        };
        let row = self.cells.get_mut(place..place.saturating_add(width))?;
        Some((row, &mut self.room))
    }

    /// Forgets all keys.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.cells.clear();
        self.room = self.whole_room;
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// All keys with their rows, in no order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[u8], &[Accumulator])> {
        let width = self.new_row.len();
        self.places.iter().filter_map(move |(key, place)| {
            Some((&**key, self.cells.get(*place..place.saturating_add(width))?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_keeps_counting_what_it_knows() {
        let mut table = Table::new(vec![Accumulator::Count(0)], 4000);
        let mut kept = 0;
        for round in 0..2 {
            let before = kept;
            kept = 0;
            for key in 0..100_u8 {
                if let Some((row, room)) = table.row(&[key]) {
                    row[0].add(1, None, room).unwrap();
                    kept += 1;
                }
            }
            assert!(round == 0 || kept == before);
        }
        assert!((3..20).contains(&kept), "{kept}");
        assert_eq!(table.len(), kept);
        assert!(table.rows().all(|(_, row)| matches!(row[0], Accumulator::Count(2))));
    }
}
