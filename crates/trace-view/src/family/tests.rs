use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

/// The members that are asked for by ids, of packets by id and parent.
fn members(links: &[(u64, u64)], ids: &[u64]) -> Vec<(u64, u64)> {
    let mut gathered = Links::default();
    links.iter().for_each(|(id, parent)| gathered.add(*id, *parent));
    let members = gathered.families().members(ids);
    links.iter().copied().filter(|(id, parent)| members.contain(*id, *parent)).collect()
}

#[test]
fn any_number_of_generations_in_any_order() {
    // 4 and 5 came from 2, 2 and 3 from 1; 6 is alone, 7 and 8 are another family.
    let packets = [(4, 2), (6, 0), (2, 1), (8, 7), (5, 2), (1, 0), (7, 0), (3, 1)];
    for id in 1..=5 {
        assert_eq!(members(&packets, &[id]), [(4, 2), (2, 1), (5, 2), (1, 0), (3, 1)], "{id}");
    }
    assert_eq!(members(&packets, &[6]), [(6, 0)]);
    assert_eq!(members(&packets, &[8, 6]), [(6, 0), (8, 7), (7, 0)]);
    assert_eq!(members(&packets, &[9]), []);
}

#[test]
fn a_parent_that_is_not_there_and_a_child_without_an_id() {
    assert_eq!(members(&[(2, 1), (3, 1), (0, 1), (0, 0)], &[3]), [(2, 1), (3, 1), (0, 1)]);
    assert_eq!(members(&[(0, 5), (5, 0), (0, 0)], &[5]), [(0, 5), (5, 0)]);
    assert_eq!(members(&[(0, 5), (0, 6)], &[5]), [(0, 5)]);
}

#[test]
fn circles_and_own_parents_end() {
    assert_eq!(members(&[(1, 2), (2, 3), (3, 1), (4, 4)], &[2]), [(1, 2), (2, 3), (3, 1)]);
    assert_eq!(members(&[(1, 2), (4, 4)], &[4]), [(4, 4)]);
}

#[test]
fn links_without_room_are_counted() {
    let mut links = Links::with_room(3);
    for (id, parent) in [(1, 2), (3, 1), (4, 1), (1, 3), (5, 6)] {
        links.add(id, parent);
    }
    assert_eq!(links.left_out(), 2);
    let members = links.families().members(&[3]);
    assert!(members.contain(2, 0) && !members.contain(5, 6));
    // Its own link says it, although there was no room to remember it.
    assert!(members.contain(4, 1));
}

/// A generation for each id, a million of them: neither slow nor deep.
#[test]
fn a_long_line() {
    for reversed in [false, true] {
        let mut links = Links::with_room(usize::MAX);
        for id in 1..1_000_000 {
            match reversed {
                false => links.add(id + 1, id),
                true => links.add(1_000_001 - id, 1_000_000 - id),
            }
        }
        let members = links.families().members(&[500_000]);
        assert!((1..=1_000_000).all(|id| members.contain(id, 0)));
    }
    let line: Vec<(u64, u64)> = (1..=100_000).rev().map(|id| (id, id - 1)).collect();
    let members = order(&line);
    assert_eq!(members.first(), Some(&Member { place: 99_999, generation: 0 }));
    assert_eq!(members.last(), Some(&Member { place: 0, generation: 99_999 }));
}

/// Generation and id of each.
fn ordered(packets: &[(u64, u64)]) -> Vec<(usize, u64)> {
    order(packets).iter().map(|member| (member.generation, packets[member.place].0)).collect()
}

#[test]
fn parents_before_children() {
    assert_eq!(
        ordered(&[(4, 2), (2, 1), (5, 2), (1, 0), (3, 1), (6, 0)]),
        [(0, 1), (1, 2), (2, 4), (2, 5), (1, 3), (0, 6)]
    );
    // The children of one that is not there stay together.
    assert_eq!(ordered(&[(2, 9), (7, 0), (3, 9)]), [(0, 2), (0, 3), (0, 7)]);
    // The first of two with the same id is the parent.
    assert_eq!(ordered(&[(2, 1), (1, 0), (1, 0)]), [(0, 1), (1, 2), (0, 1)]);
    assert_eq!(ordered(&[(1, 2), (2, 1), (3, 3)]), [(0, 3), (0, 1), (1, 2)]);
}

proptest! {
    #[test]
    fn each_once_and_after_its_parent(packets in prop::collection::vec((0..9_u64, 0..9_u64), 0..40)) {
        let members = order(&packets);
        let places: HashSet<usize> = members.iter().map(|member| member.place).collect();
        prop_assert_eq!((members.len(), places.len()), (packets.len(), packets.len()));
        for member in members.iter().filter(|member| member.generation > 0) {
            let parent = packets[member.place].1;
            let before = members.iter().take_while(|other| other.place != member.place);
            prop_assert!(before.map(|other| packets[other.place].0).any(|id| id == parent));
        }
    }

    /// As the simplest search finds them.
    #[test]
    fn families_as_found_by_searching(
        links in prop::collection::vec((0..30_u64, 0..30_u64), 0..30), asked in 1..30_u64
    ) {
        let mut found = HashSet::from([asked]);
        loop {
            let size = found.len();
            for (id, parent) in links.iter().filter(|(id, parent)| *id != 0 && *parent != 0) {
                if found.contains(id) || found.contains(parent) {
                    found.extend([*id, *parent]);
                }
            }
            if found.len() == size { break; }
        }
        let expected: Vec<(u64, u64)> = links.iter().copied()
            .filter(|(id, parent)| found.contains(if *id == 0 { parent } else { id })).collect();
        let of_own_parent = |link: &(u64, u64)| link.0 != link.1 || found.contains(&link.0);
        prop_assert_eq!(members(&links, &[asked]), expected.into_iter().filter(of_own_parent).collect::<Vec<_>>());
    }
}
