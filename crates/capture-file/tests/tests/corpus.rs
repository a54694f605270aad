//! The reader against a folder of public captures, when `CAPTURE_CORPUS` names one: its `index.tsv` says for each
//! file whether it `opens`, is `truncated` or an `error`, and how many packets it holds.

use capture_file::{Item, Reader};
use std::path::{Path, PathBuf};

struct Case {
    path: PathBuf,
    expected: String,
    packets: u64,
}

fn cases() -> Vec<Case> {
    let Some(folder) = std::env::var_os("CAPTURE_CORPUS") else {
        println!("skipped: CAPTURE_CORPUS names no folder of captures");
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
