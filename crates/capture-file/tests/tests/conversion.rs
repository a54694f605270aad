//! From pcap to pcapng and back.

use super::build::*;
use capture_file::{Loss, Losses, PcapResolution, PcapWriter, PcapngWriter, Reader, WriteError};
use proptest::prelude::*;

fn to_pcapng(file: &[u8]) -> (Vec<u8>, Losses) {
    let mut reader = Reader::new(file).unwrap();
    let mut writer = PcapngWriter::new(Vec::new());
    while let Some(item) = reader.next_item().unwrap() {
        writer.write(&item).unwrap();
    }
    writer.finish().unwrap()
}

fn to_pcap(file: &[u8], resolution: PcapResolution) -> Result<(Vec<u8>, Losses), WriteError> {
    let mut reader = Reader::new(file).unwrap();
    let mut writer = PcapWriter::new(Vec::new(), resolution);
    while let Some(item) = reader.next_item().unwrap() {
        writer.write(&item)?;
    }
    writer.finish()
}

proptest! {
    #[test]
    fn a_pcap_comes_back_as_the_same_bytes(
        big in any::<bool>(),
        nano in any::<bool>(),
        snaplen in any::<u32>(),
        link_type in any::<u16>(),
        fcs in proptest::option::of(0..16_u32),
        records in proptest::collection::vec(
            (any::<u32>(), 0..1_000_000_u32, any::<u32>(), proptest::collection::vec(any::<u8>(), 0..50)),
            0..10,
        ),
    ) {
        let network = u32::from(link_type) | fcs.map_or(0, |units| 0x0400_0000 | units << 28);
        let (order, magic) = (if big { Big } else { Little }, if nano { NANO } else { MICRO });
        let mut pcap = Pcap::new(order, magic, snaplen, network);
        for (seconds, fraction, original, data) in &records {
            pcap = pcap.record(*seconds, *fraction, *original, data);
        }
        let bytes = pcap.bytes();
        let (pcapng, losses) = to_pcapng(&bytes);
        prop_assert!(losses.is_empty(), "{}", losses);
        let before = items(&bytes);
        let after = items(&pcapng);
        prop_assert_eq!(times(&before), times(&after));
        let (back, losses) = to_pcap(&pcapng, PcapResolution::Auto).unwrap();
        prop_assert!(losses.is_empty(), "{}", losses);
        prop_assert_eq!(&back, &bytes);
        let (same, _) = to_pcap(&bytes, PcapResolution::Auto).unwrap();
        prop_assert_eq!(same, bytes);
    }
}

#[test]
fn every_link_type_survives_the_library() {
    for link_type in 0..=u16::MAX {
        let bytes = Pcap::new(Little, MICRO, 1, link_type.into()).bytes();
        let (pcapng, _) = to_pcapng(&bytes);
        assert_eq!(to_pcap(&pcapng, PcapResolution::Auto).unwrap().0, bytes);
    }
}

#[test]
fn a_pcapng_passes_as_it_is() {
    let bytes = rich_pcapng();
    let (copy, losses) = to_pcapng(&bytes);
    assert_eq!(copy, bytes);
    assert!(losses.is_empty());
}

#[test]
fn pcap_files_one_after_the_other_become_sections() {
    let files = [
        Pcap::new(Big, NANO, 7, 147).record(1, 2, 3, b"a").bytes(),
        Pcap::new(Little, MICRO, 0, 1).record(4, 5, 6, b"bc").bytes(),
    ];
    let mut writer = PcapngWriter::new(Vec::new());
    for file in &files {
        let mut reader = Reader::new(file.as_slice()).unwrap();
        while let Some(item) = reader.next_item().unwrap() {
            writer.write(&item).unwrap();
        }
    }
    let (pcapng, _) = writer.finish().unwrap();
    let expected = [Some("1970-01-01T00:00:01.000000002Z"), Some("1970-01-01T00:00:04.000005Z")];
    assert_eq!(times(&items(&pcapng)), expected);
}

#[test]
fn what_a_pcap_cannot_hold_is_counted() {
    let file = Pcapng::default()
        .section_with(Big, (1, 0), |options| options.option(4, b"us").option(3, b"os"))
        .interface(147, 10, |options| {
            options.option(2, b"em0").option(3, b"first").option(9, &[12]).option(8, &[0; 8])
        })
        .interface(147, 500, |options| options.option(13, &[17]))
        .enhanced(0, 1_500_000_000_001, b"abc", |options| {
            options.option(1, b"a").option(2, &[0; 4]).option(1, b"b")
        })
        .simple(3, b"xyz")
        .obsolete(1, 4, 9, b"")
        .block(5, |body| body.u32(0).u64(0))
        .section(Little)
        .interface(147, 0, |options| options)
        .bytes;
    let (pcap, losses) = to_pcap(&file, PcapResolution::Auto).unwrap();
    let counted: Vec<_> = losses.iter().collect();
    assert_eq!(
        counted,
        [
            (Loss::FinerTimes, 1),
            (Loss::MissingTimes, 1),
            (Loss::Comments, 2),
            (Loss::PacketOptions, 1),
            (Loss::DropCounts, 1),
            (Loss::Interfaces, 2),
            (Loss::InterfaceNames, 2),
            (Loss::InterfaceOptions, 1),
            (Loss::FcsLengths, 1),
            (Loss::SectionOptions, 2),
            (Loss::Sections, 1),
            (Loss::OtherBlocks, 1),
        ]
    );
    assert_eq!(losses.to_string().lines().count(), 12);
    assert!(losses.to_string().contains("not kept: 2 packet comments\n"));
    let zero = "1970-01-01T00:00:00.000000000Z";
    let expected = ["1970-01-01T00:00:01.500000000Z", zero, "1970-01-01T00:00:00.000009000Z"].map(Some);
    assert_eq!(times(&items(&pcap)), expected);
    let reader = Reader::new(pcap.as_slice()).unwrap();
    let header = reader.container().pcap.unwrap();
    assert_eq!((header.snaplen, reader.container().byte_order), (500, Big));
}

#[test]
fn the_resolution_can_be_chosen() {
    let file = Pcap::new(Little, NANO, 0, 1).record(1, 1999, 0, b"").bytes();
    let (micro, losses) = to_pcap(&file, PcapResolution::Micro).unwrap();
    assert_eq!(times(&items(&micro)), [Some("1970-01-01T00:00:01.000001Z")]);
    assert_eq!(losses.count(Loss::FinerTimes), 1);
    let file = Pcap::new(Little, MICRO, 0, 1).record(1, 7, 0, b"").bytes();
    let (nano, losses) = to_pcap(&file, PcapResolution::Nano).unwrap();
    assert_eq!(times(&items(&nano)), [Some("1970-01-01T00:00:01.000007000Z")]);
    assert!(losses.is_empty());
}

#[test]
fn odd_pcap_headers_are_counted() {
    let header = Bytes::new(Little).u32(MODIFIED).u16(2).u16(5).u32(3600).u32(9).u32(0).u32(0x3800_0001);
    let file = header.u32(1).u32(2).u32(1).u32(1).raw(&[0; 8]).raw(b"x").bytes;
    let expected = [(Loss::Version, 1), (Loss::NetworkBits, 1), (Loss::ModifiedHeaders, 1)];
    let (pcap, losses) = to_pcap(&file, PcapResolution::Auto).unwrap();
    assert_eq!(losses.iter().collect::<Vec<_>>(), expected);
    assert_eq!(&pcap[8..16], [0x10, 0x0e, 0, 0, 9, 0, 0, 0]);
    let (_, losses) = to_pcapng(&file);
    let expected = [(Loss::Timezone, 1), (Loss::Accuracy, 1)].into_iter().chain(expected).collect::<Vec<_>>();
    assert_eq!(losses.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn frame_check_sequences_that_a_pcap_cannot_say_are_counted() {
    for (interfaces, lost, network) in [
        (vec![Some(32)], 0, 0x2400_0001),
        (vec![Some(0)], 0, 0x0400_0001),
        (vec![Some(17)], 1, 1),
        (vec![None, Some(16)], 1, 1),
        (vec![Some(16), Some(16), None], 1, 0x1400_0001),
    ] {
        let mut file = Pcapng::default().section(Little);
        for bits in &interfaces {
            file = file.interface(1, 0, |o| bits.map_or(o.clone(), |bits| o.option(13, &[bits])));
        }
        let (pcap, losses) = to_pcap(&file.bytes, PcapResolution::Auto).unwrap();
        assert_eq!(losses.count(Loss::FcsLengths), lost, "{interfaces:?}");
        assert_eq!(Reader::new(pcap.as_slice()).unwrap().container().pcap.unwrap().network, network);
    }
}

#[test]
fn only_bits_that_say_nothing_are_lost() {
    for (network, lost) in [(1, 0), (0x2400_0001, 0), (0x0800_0001, 1), (0x3000_0001, 1), (0x0c00_0001, 1)] {
        let (_, losses) = to_pcapng(&Pcap::new(Big, MICRO, 0, network).bytes());
        assert_eq!(losses.count(Loss::NetworkBits), lost, "{network:#x}");
    }
}

#[test]
fn the_largest_snaplen_is_kept_and_none_is_larger_than_all() {
    for (snaplens, kept) in
        [(&[96][..], 96), (&[96, 500], 500), (&[500, 96], 500), (&[0, 96], 0), (&[96, 0, 7], 0)]
    {
        let file = snaplens
            .iter()
            .fold(Pcapng::default().section(Big), |file, snaplen| file.interface(1, *snaplen, |o| o));
        let (pcap, _) = to_pcap(&file.bytes, PcapResolution::Auto).unwrap();
        let reader = Reader::new(pcap.as_slice()).unwrap();
        assert_eq!(reader.container().pcap.unwrap().snaplen, kept, "{snaplens:?}");
    }
}

#[test]
fn a_record_needs_a_header_before_it() {
    let bytes = Pcap::new(Little, MICRO, 0, 1).record(1, 2, 3, b"abc").bytes();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    reader.next_item().unwrap();
    let record = reader.next_item().unwrap().unwrap();
    let mut out = Vec::new();
    let error = PcapngWriter::new(&mut out).write(&record).unwrap_err().to_string();
    assert!(error.ends_with("an error came before, or no header"), "{error}");
    assert!(out.is_empty());
}

#[test]
fn every_loss_is_told_in_words_of_its_own() {
    let header = Bytes::new(Little).u32(MODIFIED).u16(2).u16(5).u32(3600).u32(9).u32(0).u32(0x3800_0001);
    let (_, losses) = to_pcapng(&header.bytes);
    let expected = "not kept: 1 pcap time zone correction\n\
                    not kept: 1 pcap timestamp accuracy\n\
                    not kept: 1 pcap version other than 2.4\n\
                    not kept: 1 pcap link type field with unassigned bits\n\
                    not kept: 1 modified pcap format (its record headers' extra fields)";
    assert_eq!(losses.to_string(), expected);
}

#[test]
fn what_cannot_be_a_pcap_is_an_error() {
    let base = || Pcapng::default().section(Little);
    let offset = |offset: i64| move |options: Bytes| options.option(14, &offset.to_le_bytes());
    for (file, message) in [
        (
            rich_pcapng(),
            "packet 2 is Ethernet (1), those before it are USER0 (147): a pcap holds one link type, so write a pcapng or filter by interface first",
        ),
        (base().bytes, "the capture describes no interface, and a pcap cannot say that: write a pcapng"),
        (
            base().interface(1, 0, offset(-5)).enhanced(0, 250_000, b"", |o| o).bytes,
            "packet 1 is of -4.750000, and a pcap holds times from 1970 to 2106: write a pcapng",
        ),
        (
            base().interface(1, 0, offset(1 << 32)).enhanced(0, 0, b"", |o| o).bytes,
            "packet 1 is of 4294967296.000000, and a pcap holds times from 1970 to 2106: write a pcapng",
        ),
        (
            base().interface(1, 0, |o| o).enhanced(0, 0, &vec![0; 262_145], |o| o).bytes,
            "packet 1 would be 262145 bytes long, more than the 262144 that readers accept in this file",
        ),
    ] {
        assert_eq!(to_pcap(&file, PcapResolution::Auto).unwrap_err().to_string(), message);
    }
}

#[test]
fn an_interface_of_another_link_type_without_packets_does_not_matter() {
    let file = Pcapng::default().section(Little).interface(147, 0, |o| o).interface(1, 0, |o| o);
    let (pcap, losses) = to_pcap(&file.enhanced(1, 0, b"x", |o| o).bytes, PcapResolution::Auto).unwrap();
    assert_eq!(Reader::new(pcap.as_slice()).unwrap().interfaces()[0].link_type.0, 1);
    assert_eq!(losses.count(Loss::Interfaces), 1);
}
