//! The captures are what they say they are, in the eyes of our own readers.

use capture_file::{Format, Item, Reader};
use mbuf_trace::{Certainty, Detector, Encoding, Kind, Revision};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use trace_fields::{Field, Scratch, Subject};
use trace_synth::{Amount, Protocol, Recipe, Route};

fn recipes() -> impl Iterator<Item = Recipe> {
    let encodings = ["1", "1le", "2", "3", "4"].map(|name| name.parse::<Encoding>().unwrap());
    encodings.into_iter().flat_map(|encoding| {
        [Format::Pcap, Format::Pcapng].map(|format| Recipe { encoding, format, ..Recipe::default() })
    })
}

#[test]
fn traces_say_what_they_were_made_of() {
    let presence = Protocol::ALL.map(|protocol| (protocol, Field::by_name(protocol.name()).unwrap()));
    for recipe in recipes() {
        let capture = recipe.capture(3000);
        let mut reader = Reader::new(capture.as_slice()).unwrap();
        let mut detector = Detector::default();
        let mut made = recipe.packets();
        let (mut routes, mut protocols) = (BTreeSet::new(), BTreeMap::<_, u32>::new());
        let (mut scratch, mut number) = (Scratch::default(), 0);
        while let Some(item) = reader.next_item().unwrap() {
            let Item::Packet(packet) = item else { continue };
            let (data, facts) = made.next_packet();
            number += 1;
            assert_eq!((packet.number, packet.time, packet.data), (facts.number, Some(facts.time), data));
            let trace = detector.read(packet.data, packet.data.len()).unwrap();
            assert_eq!(trace.encoding(), recipe.encoding, "packet {number}");
            assert_eq!(trace.faults().count(), 0, "packet {number} of revision {}", recipe.encoding);
            let of_kind =
                |wanted: fn(Kind) -> bool| trace.events().filter(|event| wanted(event.read().kind)).count();
            assert_eq!(of_kind(|kind| kind == Kind::Data), facts.snapshots, "packet {number}");
            assert_eq!(of_kind(|kind| !matches!(kind, Kind::Data | Kind::Start)), facts.texts);
            assert!((4..=12).contains(&facts.texts), "{:?}: {} texts", facts.route, facts.texts);
            assert!((1..=2).contains(&facts.snapshots), "{:?}: {} snapshots", facts.route, facts.snapshots);
            let subject = Subject::new(&packet).with_trace(&trace);
            for (protocol, field) in presence {
                let mut is_there = false;
                let _ = subject.visit(field.id, &mut scratch, &mut |_| {
                    is_there = true;
                    ControlFlow::Break(())
                });
                // A fragment alone shows no UDP; the datagram is a second snapshot.
                let hidden = facts.route == Route::Reassembled && facts.snapshots == 1;
                assert!(
                    is_there == (protocol == facts.protocol) || hidden,
                    "{} packet {number} {facts:?}: {}",
                    recipe.encoding,
                    protocol.name()
                );
            }
            if number > 100 && recipe.encoding.revision != Revision::Two {
                assert_eq!(
                    trace.certainty(),
                    Certainty::Certain,
                    "packet {number} of revision {}",
                    recipe.encoding
                );
            }
            routes.insert(facts.route);
            *protocols.entry(facts.protocol).or_default() += 1;
        }
        assert_eq!(number, 3000);
        assert_eq!(routes.len(), Route::ALL.len(), "{routes:?}");
        assert_eq!(protocols.len(), Protocol::ALL.len());
        assert!(protocols[&Protocol::Tcp] > protocols[&Protocol::Arp], "{protocols:?}");
    }
}

#[test]
fn the_same_recipe_gives_the_same_bytes() {
    for recipe in recipes() {
        let capture = recipe.capture(200);
        assert_eq!(recipe.capture(200), capture);
        assert!(capture.starts_with(&recipe.capture(100)));
        assert_ne!(Recipe { seed: 2, ..recipe }.capture(200), capture);
    }
}

#[test]
fn a_size_is_reached_and_not_passed_by_much() {
    for recipe in recipes() {
        let mut bytes = Vec::new();
        let packets = recipe.write(Amount::Bytes(100_000), &mut bytes).unwrap();
        assert!((100_000..105_000).contains(&bytes.len()), "{}", bytes.len());
        assert_eq!(recipe.capture(packets), bytes);
    }
}

#[test]
fn only_the_protocols_asked_for() {
    let recipe = Recipe { protocols: vec![Protocol::Icmp, Protocol::Arp], ..Recipe::default() };
    let mut packets = recipe.packets();
    let made: BTreeSet<_> = (0..500).map(|_| packets.next_packet().1.protocol).collect();
    assert_eq!(made, BTreeSet::from([Protocol::Icmp, Protocol::Arp]));
}
