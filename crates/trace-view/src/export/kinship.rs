//! Which traces come from which, as revision 4 tells it: a packet's id, and the id of the packet that it was made of.
//!
//! Parent and child come in any order: a fragment may be freed before or after its datagram.

use std::collections::{HashMap, VecDeque};

/// Most traces that are remembered; of older ones, relatives are not found any more.
const MOST: usize = 4096;

/// Traces by their ids; `P` is where a trace stands.
#[derive(Debug)]
pub(super) struct Kinship<P> {
    /// The traces with an id, oldest first, and the same by that id.
    order: VecDeque<u64>,
    traces: HashMap<u64, P>,
    /// Children whose parents have not come, by the parent's id, and those ids as the children came.
    waiting: HashMap<u64, VecDeque<P>>,
    awaited: VecDeque<u64>,
}

impl<P> Default for Kinship<P> {
    fn default() -> Self {
        let (order, awaited) = (VecDeque::new(), VecDeque::new());
        Self { order, traces: HashMap::new(), waiting: HashMap::new(), awaited }
    }
}

impl<P: Copy> Kinship<P> {
    /// Takes a trace; gives the pairs of parent and child that are complete with it. An id of 0 is none.
    pub(super) fn add(&mut self, id: u64, parent_id: u64, place: P) -> Vec<(P, P)> {
        let mut pairs = Vec::new();
        if parent_id != 0 && parent_id != id {
            match self.traces.get(&parent_id) {
                Some(parent) => pairs.push((*parent, place)),
                None => self.wait(parent_id, place),
            }
        }
        if id != 0 && !self.traces.contains_key(&id) {
            if self.order.len() == MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.traces.remove(&oldest);
            }
            self.order.push_back(id);
            self.traces.insert(id, place);
            let children = self.waiting.remove(&id).into_iter().flatten();
            pairs.extend(children.map(|child| (place, child)));
        }
        pairs
    }

    fn wait(&mut self, parent_id: u64, place: P) {
        if self.awaited.len() == MOST
            && let Some(oldest) = self.awaited.pop_front()
            && let Some(children) = self.waiting.get_mut(&oldest)
        {
            children.pop_front();
            if children.is_empty() {
                self.waiting.remove(&oldest);
            }
        }
        self.awaited.push_back(parent_id);
        self.waiting.entry(parent_id).or_default().push_back(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_before_and_after_their_children() {
        let mut kinship = Kinship::default();
        assert_eq!(kinship.add(1, 0, 'p'), []);
        assert_eq!(kinship.add(0, 1, 'a'), [('p', 'a')]);
        assert_eq!(kinship.add(2, 9, 'b'), []);
        assert_eq!(kinship.add(3, 9, 'c'), []);
        assert_eq!(kinship.add(9, 0, 'q'), [('q', 'b'), ('q', 'c')]);
        assert_eq!(kinship.add(9, 0, 'r'), [], "an id belongs to the first that has it");
        assert_eq!(kinship.add(4, 4, 's'), [], "nobody is their own parent");
    }

    #[test]
    fn few_are_remembered() {
        let mut kinship = Kinship::default();
        for id in 1..=3 * MOST as u64 {
            kinship.add(id, 1 << 40 | id, id);
        }
        assert_eq!(
            [kinship.traces.len(), kinship.order.len(), kinship.waiting.len(), kinship.awaited.len()],
            [MOST; 4]
        );
        assert_eq!(kinship.add(0, 1, 0), []);
    }
}
