//! The reader against a folder of public captures, when `CAPTURE_CORPUS` names one: its `index.tsv` says for each
//! file whether it `opens`, is `truncated` or an `error`, and how many packets it holds.

use capture_file::{CopyWriter, Item, PcapResolution, PcapWriter, PcapngWriter, Reader};
use std::io::Write as _;
use std::path::{Path, PathBuf};

struct Case {
    path: PathBuf,
    expected: String,
    packets: u64,
}

fn cases() -> Vec<Case> {
    let Some(folder) = std::env::var_os("CAPTURE_CORPUS") else {
        // Not println!, which the test harness keeps to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED corpus: CAPTURE_CORPUS names no folder of captures");
        return Vec::new();
    };
    let folder = Path::new(&folder);
    let index = std::fs::read_to_string(folder.join("index.tsv")).expect("an index.tsv in CAPTURE_CORPUS");
    let mut lines = index.lines();
    let titles: Vec<&str> = lines.next().expect("a title line").split('\t').collect();
    let column = |name: &str| titles.iter().position(|title| *title == name).expect("a column");
    let (file, expected, packets) = (column("file"), column("expected"), column("packets"));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Case {
                path: folder.join(fields[file]),
                expected: fields[expected].to_owned(),
                packets: fields[packets].parse().expect("a number of packets"),
            }
        })
        .collect()
}

/// What the reader makes of a file, its packets, and all raw bytes together.
fn read(bytes: &[u8]) -> (&'static str, u64, Vec<u8>) {
    let Ok(mut reader) = Reader::new(bytes) else {
        return ("error", 0, Vec::new());
    };
    let mut packets = 0;
    let mut raw = Vec::new();
    loop {
        match reader.next_item() {
            Ok(Some(item)) => {
                assert_eq!(item.offset(), raw.len() as u64);
                raw.extend_from_slice(item.raw());
                packets += u64::from(matches!(item, Item::Packet(_)));
            }
            Ok(None) => return ("opens", packets, raw),
            Err(error) => {
                assert_eq!(error.packet, packets + 1);
                assert_eq!(error.offset, raw.len() as u64);
                return ("truncated", packets, raw);
            }
        }
    }
}

/// Rewrites every packet with its own data, and converts a pcap of version 2.4 to pcapng and back.
#[test]
fn every_file_comes_back_from_the_writers() {
    for case in cases().into_iter().filter(|case| case.expected == "opens") {
        let bytes = std::fs::read(&case.path).expect("a readable file");
        let mut reader = Reader::new(bytes.as_slice()).expect("a capture");
        let mut copy = CopyWriter::new(Vec::new());
        let mut pcapng = PcapngWriter::new(Vec::new());
        while let Some(item) = reader.next_item().expect("no damage") {
            pcapng.write(&item).expect("room in memory");
            match &item {
                Item::Packet(packet) => copy.write_with(packet, packet.data, packet.original_len),
                item => copy.write(item),
            }
            .expect("room in memory");
        }
        let path = case.path.display();
        assert!(copy.finish().expect("room in memory") == bytes, "{path}");
        let (pcapng, losses) = pcapng.finish().expect("room in memory");
        assert_eq!(read(&pcapng).1, case.packets, "{path}");
        if reader.container().pcap.is_some() && losses.is_empty() {
            let mut reader = Reader::new(pcapng.as_slice()).expect("a capture");
            let mut pcap = PcapWriter::new(Vec::new(), PcapResolution::Auto);
            while let Some(item) = reader.next_item().expect("no damage") {
                pcap.write(&item).expect("a pcap again");
            }
            let (back, losses) = pcap.finish().expect("a pcap again");
            assert!(losses.is_empty(), "{path}: {losses}");
            assert!(back == bytes, "{path}");
        }
    }
}

#[test]
fn every_file_reads_as_the_index_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let bytes = std::fs::read(&case.path).expect("a readable file");
        let (outcome, packets, raw) = read(&bytes);
        if outcome != case.expected || packets != case.packets {
            wrong.push(format!("{}: {outcome}, {packets} packets", case.path.display()));
        }
        assert!(bytes.starts_with(&raw));
        assert!(outcome != "opens" || raw == bytes, "{}", case.path.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
