//! Families: who came from whom, and how they are shown together.

use crate::support::{folder, run, run_with_input};
use mbuf_trace::write::FrameWriter;
use mbuf_trace::{Encoding, Event, FrameHeader, Kind, Revision, Text};
use std::path::Path;

/// A pcap of revision 4 traces with these ids and parents' ids, a packet a second.
pub(crate) fn capture(packets: &[(u64, u64)]) -> Vec<u8> {
    let mut pcap = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 147, 0, 0, 0];
    for ((packet_id, parent_id), second) in packets.iter().zip(1_767_225_600_u32..) {
        let header = FrameHeader { packet_id: *packet_id, parent_id: *parent_id, ..FrameHeader::default() };
        let mut frame = Vec::new();
        let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Four), Some(header));
        writer.push(&Event { function: Some(Text(b"ip_input")), ..Event::new(Kind::Enter) }).unwrap();
        assert!(writer.finish().is_empty());
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        pcap.extend_from_slice(&[&second.to_le_bytes()[..], &[0; 4], &length, &length, &frame].concat());
    }
    pcap
}

/// A capture in a folder, and what `command` of it prints, with its status.
fn of(packets: &[(u64, u64)], command: &str) -> (i32, String, String) {
    let folder = folder();
    let path = folder.path().join("t.pcap");
    std::fs::write(&path, capture(packets)).unwrap();
    let ran = run(&words(command, &[&path]));
    let hide = |text: &str| text.replace(folder.path().to_str().unwrap(), "DIR");
    (ran.code, hide(ran.text()), hide(&ran.stderr))
}

/// The words of a command, with a path for each `@`.
fn words(command: &str, paths: &[&Path]) -> Vec<String> {
    let mut paths = paths.iter();
    let word = |word: &str| match word {
        "@" => paths.next().unwrap().to_str().unwrap().to_owned(),
        word => word.to_owned(),
    };
    command.split(' ').map(word).collect()
}

/// Children before parents, as they are freed: 5 and 4 came from 3, 3 from 2, 6 too; 8 is alone, 9 came from 7, which
/// is not there.
const PACKETS: [(u64, u64); 8] = [(5, 3), (8, 0), (4, 3), (3, 2), (0, 5), (9, 7), (6, 2), (2, 0)];

#[test]
fn everything_that_a_packet_came_from_and_became() {
    let all = "1\n3\n4\n5\n7\n8\n";
    for (options, expected) in [
        ("--family 5", all),
        ("--family 0x2", all),
        ("--family 6", all),
        ("--family 8", "2\n"),
        ("--family 7", "6\n"),
        ("--family 9,8", "2\n6\n"),
        ("--family 9 --family 8", "2\n6\n"),
        // First the family, then the others.
        ("--family 5 --first 2", "1\n3\n"),
        ("--family 5 --last 2", "7\n8\n"),
        ("--family 5 --range 2..4", "3\n4\n"),
        ("--family 5 --last 3 -f frame.number<8", "5\n7\n"),
    ] {
        let ran = of(&PACKETS, &format!("print -e frame.number {options} @"));
        assert_eq!(ran, (0, expected.to_owned(), String::new()), "{options}");
    }
}

/// Every command that reads takes it; what it says of three packets is not what it says of eight.
#[test]
fn in_every_command() {
    let folder = folder();
    let path = folder.path().join("t.pcap");
    std::fs::write(&path, capture(&PACKETS)).unwrap();
    for command in [
        "print @",
        "print --json @",
        "filter frame @",
        "convert --to ndjson @",
        "convert --to csv @",
        "convert --to pcapng @",
        "convert --to text @",
        "convert --to folded @",
        "convert --to dot @",
        "stats @",
        "paths @",
        "drops --all @",
        "info @",
        "check @",
        "flamegraph @",
        "graph @",
    ] {
        let family = [words(command, &[&path]), words("--family 3", &[])].concat();
        let family = run(&family);
        assert_eq!((family.code, &family.stderr[..]), (0, ""), "{command}");
        let filter = "mbuf_trace.packet_id in {2..6} or mbuf_trace.parent_id == 5";
        let filtered = [words(command, &[&path]), vec!["-f".to_owned(), filter.to_owned()]].concat();
        assert_eq!(family.stdout, run(&filtered).stdout, "{command}");
        assert_ne!(family.stdout, run(&words(command, &[&path])).stdout, "{command}");
    }
}

#[test]
fn what_is_not_found_is_told() {
    for (packets, options, expected) in [
        (&PACKETS[..], "--family 77", "mtrace-tool: DIR/t.pcap: no packet has id 77\n"),
        (
            &[(0, 0)],
            "--family 77",
            "mtrace-tool: DIR/t.pcap: no packet has id 77; there are no ids at all, as in revisions 1 to 3\n",
        ),
    ] {
        assert_eq!(of(packets, &format!("print {options} @")), (1, String::new(), expected.to_owned()));
    }
    // What there is of several is shown.
    let (code, out, _) = of(&PACKETS, "print -e frame.number --family 77,8 @");
    assert_eq!((code, &out[..]), (1, "2\n"));
    for bad in ["0", "", "x", "-1", "18446744073709551616"] {
        assert_eq!(of(&PACKETS, &format!("print --family={bad} @")).0, 2, "{bad}");
    }
    let missing = run(&["print", "--family", "7", "nowhere.pcap"]);
    assert_eq!((missing.code, missing.stderr.lines().count()), (3, 1), "{}", missing.stderr);
}

#[test]
fn what_can_be_read_once_has_no_families() {
    for option in ["--family=3", "--by-family"] {
        let ran = run_with_input(&["print", option, "-"], &capture(&PACKETS));
        assert_eq!((ran.code, ran.text()), (2, ""), "{option}");
        assert!(ran.stderr.contains("save it to a file first"), "{}", ran.stderr);
        assert_eq!(of(&PACKETS, &format!("print {option} --follow @")).0, 2, "{option}");
    }
}

/// A run of the kernel in several files has one numbering; two that are compared are two runs.
#[test]
fn over_several_files() {
    let folder = folder();
    let (one, other) = (folder.path().join("1.pcap"), folder.path().join("2.pcap"));
    std::fs::write(&one, capture(&[(3, 2), (4, 0)])).unwrap();
    std::fs::write(&other, capture(&[(5, 0), (2, 1), (6, 3)])).unwrap();
    let columns = "-e frame.number -e mbuf_trace.packet_id";
    let ran = run(&words(&format!("print --family 6 --csv {columns} @ @"), &[&one, &other]));
    let rows = ran.text().replace(folder.path().to_str().unwrap(), "DIR");
    assert_eq!(
        rows,
        "file,frame.number,mbuf_trace.packet_id\nDIR/1.pcap,1,3\nDIR/2.pcap,2,2\nDIR/2.pcap,3,6\n"
    );
    let ran = run(&words(&format!("print --by-family --csv {columns} @ @"), &[&one, &other]));
    let rows: Vec<_> = ran.text().lines().skip(1).map(|row| row.rsplit('/').next().unwrap()).collect();
    assert_eq!(rows, ["1.pcap,2,4", "2.pcap,1,5", "2.pcap,2,2", "1.pcap,1,3", "2.pcap,3,6"]);
    let titles = run(&words("print --by-family --family 6 @ @", &[&one, &other]));
    let titles: Vec<_> = titles.text().lines().filter(|line| !line.contains(" +ip_input")).collect();
    insta::assert_snapshot!(titles.join("\n").replace(folder.path().to_str().unwrap(), "DIR"));
    let ran = run(&words("diff --family 6 @ @", &[&one, &other]));
    assert!(ran.stderr.contains("1.pcap: no packet has id 6"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("2.pcap: no packet"), "{}", ran.stderr);
}

#[test]
fn parents_before_their_children() {
    let packets = [(5, 3), (8, 0), (4, 3), (3, 2), (0, 5), (9, 7), (6, 2), (2, 0), (10, 7), (11, 0)];
    let (code, out, error) = of(&packets, "print --by-family --width 100 @");
    assert_eq!((code, &error[..]), (0, ""));
    insta::assert_snapshot!(out);
    let numbers = |command: &str| {
        let (_, out, _) = of(&packets, command);
        out.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["packet"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers("print --json --by-family @"), [2, 8, 4, 1, 5, 3, 7, 6, 9, 10]);
    assert_eq!(numbers("print --json --by-family --first 4 @"), [2, 4, 1, 3]);
    assert_eq!(numbers("print --json --by-family -f mbuf_trace.packet_id<5 @"), [8, 4, 3]);
    // With names on top even where there is nothing below.
    assert_eq!(of(&[], "print --by-family --csv -e frame.number @").1, "frame.number\n");
}

/// Parents in circles, ids that repeat, and a packet that is its own parent: each is shown once.
#[test]
fn nonsense_is_shown_once() {
    let packets = [(1, 2), (2, 3), (3, 1), (4, 4), (1, 2), (4, 4), (u64::MAX, 1), (1, u64::MAX)];
    let (code, out, _) = of(&packets, "print --by-family -e frame.number @");
    let mut numbers: Vec<&str> = out.lines().collect();
    numbers.sort_unstable();
    assert_eq!((code, &numbers[..]), (0, &["1", "2", "3", "4", "5", "6", "7", "8"][..]));
    assert_eq!(of(&packets, "print --family 18446744073709551615 -e frame.number @").1.lines().count(), 6);
}

/// What is held is bounded: then families are shown in parts, and that is reported.
#[test]
fn a_family_without_end_is_shown_in_parts() {
    let mut packets: Vec<(u64, u64)> = (2..120_000).map(|id| (id, 1)).collect();
    packets.push((1, 0));
    let (code, out, error) = of(&packets, "print --by-family -e frame.number @");
    assert_eq!((code, out.lines().count()), (1, packets.len()));
    assert!(error.contains("shown apart"), "{error}");
    // A line of descent as long as that is no deeper than the page.
    let line: Vec<(u64, u64)> = (1..3000).rev().map(|id| (id, id - 1)).collect();
    let (code, out, _) = of(&line, "print --by-family --width 60 @");
    assert_eq!(code, 0);
    assert!(out.lines().all(|line| line.chars().count() <= 60));
}

#[test]
fn ids_are_shown_where_they_are_known() {
    let large = u64::MAX;
    let packets = [(1, 0), (0, 1), (0, 0), (large, (1 << 53) + 1), (2, 1 << 53)];
    let (_, out, _) = of(&packets, "print @");
    let titles: Vec<_> = out.lines().filter(|line| line.contains("Z  ")).collect();
    let said = ["1 event, id 1)", "1 event, child of 1)", "1 event)"];
    for (title, said) in titles.iter().zip(said) {
        assert!(title.ends_with(said), "{title}");
    }
    assert!(titles[3].ends_with(", id 18446744073709551615, child of 9007199254740993)"), "{}", titles[3]);
    let (_, out, _) = of(&packets, "print --json @");
    let ids: Vec<_> = out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|packet| (packet["packet_id"].to_string(), packet["parent_id"].to_string()))
        .collect();
    let null = "null".to_owned();
    assert_eq!(
        ids[..3],
        [("1".to_owned(), null.clone()), (null.clone(), "1".to_owned()), (null.clone(), null)]
    );
    assert_eq!(ids[3], ("\"18446744073709551615\"".to_owned(), "\"9007199254740993\"".to_owned()));
    assert_eq!(ids[4], ("2".to_owned(), "9007199254740992".to_owned()));
    let (_, out, _) = of(&packets, "convert --to csv @");
    let mut rows = csv::Reader::from_reader(out.as_bytes());
    let names = rows.headers().unwrap().clone();
    let column = |name: &str| names.iter().position(|header| header == name).unwrap();
    let (id, parent) = (column("packet_id"), column("parent_id"));
    let cells: Vec<_> = rows.records().map(|row| row.unwrap()).collect();
    assert_eq!((&cells[1][id], &cells[1][parent]), ("", "1"));
    assert_eq!((&cells[3][id], &cells[3][parent]), ("18446744073709551615", "9007199254740993"));
}

/// However narrow, whose child it is may not be cut off.
#[test]
fn ids_are_shown_where_there_is_little_room() {
    for width in 40..140 {
        // The heading of a graph takes more than the narrowest.
        for style in ["timeline", "function-graph"].into_iter().take(if width < 50 { 1 } else { 2 }) {
            let command = format!("print --width {width} --style {style} @");
            let (_, out, _) = of(&[(u64::MAX - 1, u64::MAX)], &command);
            let flat = out.replace("\n#", "\n").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains("id 18446744073709551614, child of 18446744073709551615)"), "{out}");
            assert!(out.lines().all(|line| line.chars().count() <= width), "{width}\n{out}");
        }
    }
}
