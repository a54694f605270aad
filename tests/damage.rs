//! Files cut short and bits turned over: no panic, the promised status, a message where there is a fault.

use crate::support::{fixture_bytes, fixtures, run_with_input};
use capture_file::{Item, LinkType, Reader};
use mbuf_trace::Detector;
use std::sync::atomic::{AtomicUsize, Ordering};
use trace_view::timeline::{Options, Timeline};

/// What the commands do with a capture, without starting a process: read it all, show it, export it.
/// Gives whether it opened, and whether anything was wrong.
fn read_all(bytes: &[u8]) -> (bool, bool) {
    let Ok(mut reader) = Reader::new(bytes) else { return (false, false) };
    let mut timeline = Timeline::new(Options::default());
    let mut export = trace_view::ndjson::Writer::new(Vec::new());
    let mut shown = Vec::new();
    let mut faulty = false;
    let mut detector = Detector::new(None);
    loop {
        let item = match reader.next_item() {
            Ok(Some(item)) => item,
            Ok(None) => break,
            Err(_) => {
                faulty = true;
                break;
            }
        };
        let Item::Packet(packet) = &item else {
            if matches!(item, Item::Header(_)) {
                detector = Detector::new(None);
            }
            export.write(&item, None).unwrap();
            continue;
        };
        let original = usize::try_from(packet.original_len).unwrap();
        let read = (packet.link_type == LinkType::USER0).then(|| detector.read(packet.data, original));
        let trace = read.as_ref().and_then(|read| read.as_ref().ok());
        faulty |= match &read {
            Some(Ok((trace, _))) => trace.is_malformed(),
            Some(Err(_)) => true,
            None => false,
        };
        let trace = trace.map(|(trace, certainty)| (trace, *certainty));
        shown.clear();
        timeline.write(&mut shown, &packet.into(), trace).unwrap();
        export.write(&item, trace).unwrap();
    }
    let json = export.finish().unwrap();
    // The export of whatever was read gives it back.
    if !faulty && reader.packets() > 0 {
        let mut back = Vec::new();
        std::io::Read::read_to_end(&mut trace_view::ndjson::Capture::new(json.as_slice()), &mut back)
            .unwrap();
        assert!(back == bytes, "not the same after NDJSON");
    }
    (true, faulty)
}

/// Calls `each` with all fixtures, on as many threads as there are processors.
fn in_parallel(names: &[String], each: impl Fn(&str) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    each(name);
                }
            });
        }
    });
}

#[test]
fn every_prefix_of_every_fixture() {
    in_parallel(&fixtures(), |name| {
        let bytes = fixture_bytes(name);
        // Of the few large ones, every length near the ends and some between.
        let lengths =
            (0..=bytes.len()).filter(|at| bytes.len() < 3000 || at % 97 == 0 || at + 50 > bytes.len());
        for length in lengths {
            let (opened, _) = read_all(&bytes[..length]);
            assert!(opened || length < 300, "{name} cut to {length}");
        }
    });
}

#[test]
fn every_bit_of_the_small_fixtures() {
    in_parallel(&fixtures(), |name| {
        let mut bytes = fixture_bytes(name);
        if bytes.len() > 1100 {
            return;
        }
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            read_all(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    });
}

#[test]
fn the_tool_keeps_its_promises_on_damage() {
    let bytes = fixture_bytes("ping-rev3.pcap");
    for length in (0..bytes.len()).step_by(41) {
        let (opened, faulty) = read_all(&bytes[..length]);
        let expected = if !opened { 3 } else { i32::from(faulty) };
        for arguments in
            [&["print"][..], &["check"], &["info"], &["filter", "frame"], &["convert", "--to", "ndjson"]]
        {
            let ran = run_with_input(arguments, &bytes[..length]);
            assert_eq!(ran.code, expected, "{arguments:?} cut to {length}: {}", ran.stderr);
            assert_eq!(ran.stderr.is_empty(), expected == 0, "{arguments:?} cut to {length}: {}", ran.stderr);
        }
    }
    for bit in (0..bytes.len() * 8).step_by(331) {
        let mut turned = bytes.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        let (opened, faulty) = read_all(&turned);
        let ran = run_with_input(&["check"], &turned);
        if opened && ran.code != 3 {
            assert_eq!(ran.code, i32::from(faulty), "bit {bit}: {}{}", ran.text(), ran.stderr);
        }
        assert!((0..=3).contains(&ran.code), "bit {bit}");
    }
}

#[test]
fn a_cut_file_gives_all_whole_packets_and_one_warning() {
    let bytes = fixture_bytes("ping-rev3.pcap");
    let ran = run_with_input(&["filter", "frame"], &bytes[..bytes.len() - 1]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("cut off") && ran.stderr.contains("packet 5"), "{}", ran.stderr);
    let mut reader = Reader::new(ran.stdout.as_slice()).unwrap();
    while reader.next_item().unwrap().is_some() {}
    assert_eq!(reader.packets(), 4);
}

#[test]
fn many_records_take_linear_time() {
    // 65,535 strings, then as many snapshots, in 262,142 bytes each.
    let mut pcap = fixture_bytes("ping-rev3.pcap")[..24].to_vec();
    for code in [1, 0] {
        let mut frame = vec![0xff, 0xff];
        for _ in 0..65_535 {
            frame.extend_from_slice(&[0, 0, 0, code]);
        }
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        pcap.extend_from_slice(&[&[0; 8][..], &length, &length, &frame].concat());
    }
    for (arguments, lines) in [
        (&["print"][..], 2 * 65_536),
        (&["print", "-e", "mbuf_trace.path", "-e", "ip.src", "-e", "mbuf_trace.snapshot.changed"], 2),
        (&["convert", "--to", "ndjson"], 2),
        (&["info", "--json"], 1),
    ] {
        let ran = run_with_input(arguments, &pcap);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.text().lines().count(), lines, "{arguments:?}");
    }
}
