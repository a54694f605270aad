//! Files cut short and bits turned over: no panic, the promised status, a message where there is a fault.

use crate::support::{at, fixture_bytes, fixtures, run, run_with_input};
use capture_file::{Item, LinkType, OpenError, ReadError, ReadErrorKind, Reader};
use mbuf_trace::{Detector, Fault};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use trace_view::timeline::{Options, Timeline};

/// What was found in a capture.
struct Found {
    /// Where each item ended and whether it was a packet.
    items: Vec<(usize, bool)>,
    /// Numbers of the packets with something wrong in them.
    malformed: Vec<u64>,
    /// What ended the reading.
    error: Option<ReadError>,
}

impl Found {
    fn is_faulty(&self) -> bool {
        self.error.is_some() || !self.malformed.is_empty()
    }
}

/// What the commands do with a capture, without starting a process: read it all, show it, export it. Whatever
/// is wrong has to be said in words, and whatever was read has to come back from the export.
fn read_all(bytes: &[u8]) -> Result<Found, OpenError> {
    let mut reader =
        Reader::new(bytes).inspect_err(|error| assert!(!error.to_string().is_empty(), "{error:?}"))?;
    let mut timeline = Timeline::new(Options::default());
    let mut export = trace_view::ndjson::Writer::new(Vec::new());
    let mut shown = Vec::new();
    let mut found = Found { items: Vec::new(), malformed: Vec::new(), error: None };
    let mut detectors: HashMap<u32, Detector> = HashMap::new();
    loop {
        let item = match reader.next_item() {
            Ok(Some(item)) => item,
            Ok(None) => break,
            Err(error) => {
                found.error = Some(error);
                break;
            }
        };
        let end = usize::try_from(item.offset()).unwrap() + item.raw().len();
        found.items.push((end, matches!(item, Item::Packet(_))));
        let Item::Packet(packet) = &item else {
            if matches!(item, Item::Header(_)) {
                detectors.clear();
            }
            export.write(&item, None).unwrap();
            continue;
        };
        let original = usize::try_from(packet.original_len).unwrap();
        let detector = detectors.entry(packet.interface).or_default();
        let read = (packet.link_type == LinkType::USER0).then(|| detector.read(packet.data, original));
        let faults: Vec<Fault> = match &read {
            Some(Ok(trace)) => trace.faults().collect(),
            Some(Err(fault)) => vec![*fault],
            None => Vec::new(),
        };
        let is_malformed = match &read {
            Some(Ok(trace)) => trace.is_malformed(),
            Some(Err(_)) => true,
            None => false,
        };
        assert!(faults.iter().all(|fault| !fault.to_string().is_empty()), "{faults:?}");
        assert_eq!(is_malformed, faults.iter().any(|fault| fault.kind.is_malformed()), "{faults:?}");
        if is_malformed {
            found.malformed.push(packet.number);
        }
        let trace = read.as_ref().and_then(|read| read.as_ref().ok());
        shown.clear();
        timeline.write(&mut shown, &packet.into(), trace).unwrap();
        assert!(!shown.is_empty());
        export.write(&item, trace).unwrap();
    }
    let end = found.items.last().map_or(0, |(end, _)| *end);
    if let Some(error) = &found.error {
        let sentence = error.to_string();
        let place = format!("(packet {}, byte offset {end})", reader.packets() + 1);
        assert!(sentence.ends_with(&place) && sentence.len() > place.len(), "{sentence}: not {place}");
        assert!(end < bytes.len(), "{sentence}: there is nothing");
        assert!(matches!(reader.next_item(), Ok(None)), "{sentence}: told twice");
    } else {
        assert_eq!(end, bytes.len(), "not read to the end");
    }
    let json = export.finish().unwrap();
    let mut back = Vec::new();
    let mut capture = trace_view::ndjson::Capture::new(json.as_slice());
    std::io::Read::read_to_end(&mut capture, &mut back).unwrap();
    assert!(back == bytes[..end], "not the same after NDJSON");
    Ok(found)
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
        // Malformed or not, as captures they are all sound.
        let whole = read_all(&bytes).unwrap();
        assert!(whole.error.is_none(), "{name}: {:?}", whole.error);
        let header = whole.items[0].0;
        // Of the few large ones, every length near the ends and some between.
        let lengths =
            (0..=bytes.len()).filter(|at| bytes.len() < 3000 || at % 97 == 0 || at + 50 > bytes.len());
        for length in lengths {
            let found = read_all(&bytes[..length]);
            assert_eq!(found.is_ok(), length >= header, "{name} cut to {length}");
            let Ok(found) = found else { continue };
            let expected: Vec<_> = whole.items.iter().copied().filter(|(end, _)| *end <= length).collect();
            assert_eq!(found.items, expected, "{name} cut to {length}");
            let packets = expected.iter().filter(|(_, is_packet)| *is_packet).count() as u64;
            let malformed: Vec<_> =
                whole.malformed.iter().copied().filter(|number| *number <= packets).collect();
            assert_eq!(found.malformed, malformed, "{name} cut to {length}");
            let end = expected.last().unwrap().0;
            match found.error.map(|error| error.kind) {
                None => assert_eq!(end, length, "{name} cut to {length}: no error"),
                Some(ReadErrorKind::CutOff { needed, available, .. }) => {
                    assert_eq!(available, (length - end) as u64, "{name} cut to {length}");
                    assert!(needed > available && available > 0, "{name} cut to {length}: {needed}");
                }
                Some(other) => panic!("{name} cut to {length}: {other}"),
            }
        }
    });
}

#[test]
fn every_bit_of_the_small_fixtures() {
    let tried = AtomicUsize::new(0);
    in_parallel(&fixtures(), |name| {
        let mut bytes = fixture_bytes(name);
        if bytes.len() > 1100 {
            return;
        }
        tried.fetch_add(1, Ordering::Relaxed);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let read = std::panic::catch_unwind(|| drop(read_all(&bytes)));
            assert!(read.is_ok(), "{name} with bit {bit} turned over");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    });
    let tried = tried.into_inner();
    assert!(tried > 20, "only {tried} fixtures are small");
}

/// The source of a malformed fixture, and what follows `key = ` in it, line by line.
fn source_of(name: &str) -> String {
    let folder = at("fixtures/malformed");
    let file = format!("file = \"{}\"", name.strip_prefix("malformed/").unwrap());
    let sources = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sources = sources.filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let mut texts = sources.map(|path| std::fs::read_to_string(path).unwrap());
    texts.find(|text| text.contains(&file)).unwrap_or_else(|| panic!("{name} has no source"))
}

fn values<'a>(source: &'a str, key: &str) -> Vec<&'a str> {
    let lines = source.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    lines.map(|value| value.trim_matches('"')).collect()
}

#[test]
fn every_command_on_every_malformed_fixture() {
    for name in fixtures().iter().filter(|name| name.starts_with("malformed/")) {
        let source = source_of(name);
        let (_, expected) = source.split_once("[expect]").unwrap();
        let [exit] = values(expected, "exit")[..] else { panic!("{name}: not one exit status") };
        let exit: i32 = exit.parse().unwrap();
        let path = format!("fixtures/{name}");

        let check = run(&["check", &path]);
        assert_eq!(check.code, exit, "{name}: {}{}", check.text(), check.stderr);
        let (packets, says) = (values(expected, "packet"), values(expected, "says"));
        assert_eq!(packets.len(), says.len(), "{name}");
        let faults: Vec<&str> = check.text().lines().filter(|line| line.contains(": packet ")).collect();
        assert_eq!(faults.len(), says.len(), "{name}: {faults:#?}");
        for ((packet, sentence), line) in packets.iter().zip(says).zip(faults) {
            let begin = format!("{path}: packet {packet} at byte ");
            assert!(line.starts_with(&begin) && line.ends_with(sentence), "{line}: not {sentence}");
        }

        for command in [&["print"][..], &["filter", "frame"], &["convert", "--to", "ndjson"]] {
            let ran = run(&[command, &[path.as_str()]].concat());
            assert_eq!(ran.code, exit, "{command:?} {name}: {}", ran.stderr);
            assert_eq!(ran.stderr.is_empty(), exit == 0, "{command:?} {name}: {}", ran.stderr);
        }
    }
}

#[test]
fn the_tool_keeps_its_promises_on_damage() {
    let bytes = fixture_bytes("ping-rev3.pcap");
    let status = |bytes: &[u8]| read_all(bytes).map_or(3, |found| i32::from(found.is_faulty()));
    for length in (0..bytes.len()).step_by(41) {
        let expected = status(&bytes[..length]);
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
        let ran = run_with_input(&["check"], &turned);
        // A turned link type is another one.
        let expected = if (20 * 8..24 * 8).contains(&bit) { 3 } else { status(&turned) };
        assert_eq!(ran.code, expected, "bit {bit}: {}{}", ran.text(), ran.stderr);
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
        // A header, a step or as many, what the empty snapshot is.
        (&["print"][..], 5),
        (&["print", "--no-fold"], 2 * 65_536 + 1),
        (&["print", "-e", "mbuf_trace.path", "-e", "ip.src", "-e", "mbuf_trace.snapshot.changed"], 2),
        (&["convert", "--to", "ndjson"], 2),
        (&["info", "--json"], 1),
    ] {
        let ran = run_with_input(arguments, &pcap);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.text().lines().count(), lines, "{arguments:?}");
    }
}
