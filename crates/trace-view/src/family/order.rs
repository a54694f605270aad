//! The order in which a family is shown: parents before their children, however they came.

use std::collections::HashMap;

/// A packet of a family in the order of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its place among the packets that were given.
    pub place: usize,
    /// How many of its ancestors are shown above it.
    pub generation: usize,
}

/// Puts the packets of a family, given as their ids and their parents' ids, in order: each after its parent and before
/// its parent's next child, and otherwise as they were given. A parent that is not among them is passed over; its
/// children stay together. Where parents go round in a circle, the first of the circle comes first.
#[must_use]
pub fn order(packets: &[(u64, u64)]) -> Vec<Member> {
    let mut tree = Tree::new(packets);
    let mut members = Vec::with_capacity(packets.len());
    for top in tree.tops(packets.len()) {
        tree.walk(top, packets.len(), &mut members);
    }
    // What is left goes round in circles.
    for place in 0..packets.len() {
        tree.walk(place, packets.len(), &mut members);
    }
    members
}

/// Nodes are the packets by their places, then parents that are not among them.
struct Tree {
    parents: Vec<Option<usize>>,
    /// The first child and the last, and the next child of the same parent.
    first: Vec<Option<usize>>,
    last: Vec<Option<usize>>,
    next: Vec<Option<usize>>,
    shown: Vec<bool>,
}

impl Tree {
    fn new(packets: &[(u64, u64)]) -> Self {
        let mut places: HashMap<u64, usize> = HashMap::new();
        for (place, (id, _)) in packets.iter().enumerate().filter(|(_, (id, _))| *id != 0) {
            // An id belongs to the first that has it.
            places.entry(*id).or_insert(place);
        }
        let mut nodes = packets.len();
        let parents: Vec<Option<usize>> = packets
            .iter()
            .map(|(id, parent_id)| {
                (*parent_id != 0 && parent_id != id).then(|| {
                    *places.entry(*parent_id).or_insert_with(|| {
                        nodes = nodes.saturating_add(1);
                        nodes.saturating_sub(1)
                    })
                })
            })
            .collect();
        let none = || vec![None; nodes];
        let mut tree =
            Self { parents: none(), first: none(), last: none(), next: none(), shown: vec![false; nodes] };
        for (child, parent) in parents.into_iter().enumerate() {
            if let Some(parent) = parent {
                tree.adopt(parent, child);
            }
        }
        tree
    }

    fn adopt(&mut self, parent: usize, child: usize) {
        put(&mut self.parents, child, parent);
        match self.last.get(parent).copied().flatten() {
            Some(before) => put(&mut self.next, before, child),
            None => put(&mut self.first, parent, child),
        }
        put(&mut self.last, parent, child);
    }

    /// The nodes without a parent, in the order of the first packet of each.
    fn tops(&self, packets: usize) -> Vec<usize> {
        let of = |node: usize| match get(&self.parents, node) {
            None => Some(node),
            // A parent that is not there comes where its first child was given.
            Some(parent) if parent >= packets && get(&self.first, parent) == Some(node) => Some(parent),
            Some(_) => None,
        };
        (0..packets).filter_map(of).collect()
    }

    /// Appends the node and all below it that have not been appended.
    fn walk(&mut self, top: usize, packets: usize, members: &mut Vec<Member>) {
        let mut stack = vec![(top, 0_usize)];
        while let Some((node, generation)) = stack.pop() {
            let Some(shown) = self.shown.get_mut(node) else { continue };
            if std::mem::replace(shown, true) {
                continue;
            }
            let is_packet = node < packets;
            if is_packet {
                members.push(Member { place: node, generation });
            }
            let below = generation.saturating_add(usize::from(is_packet));
            let start = stack.len();
            let mut child = get(&self.first, node);
            while let Some(node) = child {
                stack.push((node, below));
                child = get(&self.next, node);
            }
            if let Some(children) = stack.get_mut(start..) {
                children.reverse();
            }
        }
    }
}

fn get(list: &[Option<usize>], at: usize) -> Option<usize> {
    list.get(at).copied().flatten()
}

fn put(list: &mut [Option<usize>], at: usize, value: usize) {
    if let Some(slot) = list.get_mut(at) {
        *slot = Some(value);
    }
}
