//! Captures that were appended to one another with `cat`, and zeros where packets should be.

use crate::support::{Ran, capture_of, fixture_bytes, folder, run, run_with_input};

fn pcap(texts: &[&str]) -> Vec<u8> {
    capture_of(&texts.iter().map(|text| vec![*text]).collect::<Vec<_>>())
}

/// The same with its link type, or as nanoseconds, or in the other byte order.
fn other_link(mut pcap: Vec<u8>) -> Vec<u8> {
    pcap[20] = 1;
    pcap
}

fn nano(mut pcap: Vec<u8>) -> Vec<u8> {
    pcap[..4].copy_from_slice(&0xa1b2_3c4d_u32.to_le_bytes());
    pcap
}

fn big(pcap: &[u8]) -> Vec<u8> {
    let mut big = pcap.to_vec();
    let swap = |bytes: &mut [u8]| bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    swap(&mut big[..4]);
    big[4..8].copy_from_slice(&[0, 2, 0, 4]);
    swap(&mut big[8..24]);
    let mut at = 24;
    while at < big.len() {
        let length = u32::from_le_bytes(big[at + 8..at + 12].try_into().unwrap());
        swap(&mut big[at..at + 16]);
        at += 16 + usize::try_from(length).unwrap();
    }
    big
}

fn texts(ran: &Ran) -> Vec<&str> {
    ran.text().lines().collect()
}

#[test]
fn captures_of_one_kind_are_read_as_one() {
    let file = [pcap(&["one", "two"]), pcap(&["three"]), pcap(&[]), pcap(&["four"])].concat();
    let ran = run_with_input(&["print", "-e", "mbuf_trace.text"], &file);
    assert_eq!((texts(&ran), ran.code), (vec!["one", "two", "three", "four"], 0), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 2, "one says where, one how many more: {}", ran.stderr);
    assert!(ran.stderr.contains("another capture begins here"), "{}", ran.stderr);
    let info = run_with_input(&["info", "--json"], &file);
    let info: serde_json::Value = serde_json::from_str(info.text()).unwrap();
    assert_eq!((&info["packets"], &info["sections"]), (&4.into(), &1.into()));
    assert_eq!(info["last_time"], "2026-01-01T00:00:01.000000Z");
    let one =
        [pcap(&["one", "two"]), pcap(&["three"])[24..].to_vec(), pcap(&["four"])[24..].to_vec()].concat();
    assert_eq!(run_with_input(&["filter", "frame"], &file).stdout, one);
}

/// Where the packets of a pcap end.
fn ends(pcap: &[u8]) -> Vec<usize> {
    let mut ends = vec![24];
    while let Some(header) = pcap.get(ends[ends.len() - 1]..).and_then(|rest| rest.get(8..12)) {
        let little = u32::from_le_bytes(header.try_into().unwrap());
        let length = little.min(u32::from_be_bytes(header.try_into().unwrap()));
        ends.push(ends[ends.len() - 1] + 16 + usize::try_from(length).unwrap());
    }
    ends
}

/// Wherever the first one was cut: the record that is not whole is no packet, and no other is made up.
#[test]
fn a_capture_that_was_cut_is_left_where_another_begins() {
    let first =
        pcap(&["one", "two", "a text that is long enough to have another capture's header in its record"]);
    let whole = pcap(&["one", "two"]).len();
    for second in
        [pcap(&["three"]), pcap(&["three", "four", "five"]), big(&pcap(&["three"])), nano(pcap(&["three"]))]
    {
        let print = |bytes: &[u8]| run_with_input(&["print", "-e", "mbuf_trace.text"], bytes);
        let after = print(&second);
        for cut in whole + 1..first.len() {
            // Where the record's length ends with a packet of the other capture, nothing tells it from one that holds
            // a capture.
            if ends(&second).contains(&(first.len() - cut)) {
                continue;
            }
            let file = [&first[..cut], &second].concat();
            let ran = print(&file);
            let texts = [vec!["one", "two"], texts(&after)].concat();
            assert_eq!((self::texts(&ran), ran.code), (texts, 1), "{cut}: {}", ran.stderr);
            let said = format!("after {} byte", cut - whole);
            assert!(
                ran.stderr.contains(&said) && ran.stderr.contains("another capture begins"),
                "{cut}: {}",
                ran.stderr
            );
        }
    }
}

/// A packet may hold a capture, as one that was sent over the network.
#[test]
fn a_packet_that_holds_a_capture_is_one_packet() {
    let held = pcap(&["within", "it"]);
    let bytes: Vec<u8> = [vec![b'x'; 40], held].concat();
    let file = pcap(&["one"]);
    let seconds = file[24..32].to_vec();
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    for after in [pcap(&["last"])[24..].to_vec(), vec![], pcap(&["appended"])] {
        let record = [&seconds, &length[..], &length, &bytes].concat();
        let all = [&file[..], &record, &after].concat();
        let ran = run_with_input(&["info", "--json"], &all);
        let info: serde_json::Value = serde_json::from_str(ran.text()).unwrap();
        assert_eq!(info["packets"], 2 + u64::from(!after.is_empty()), "{}", ran.stderr);
    }
}

#[test]
fn captures_that_differ_are_read_by_their_own_headers() {
    for (second, is_left_out) in [
        (nano(pcap(&["two"])), false),
        (big(&pcap(&["two"])), false),
        (other_link(pcap(&["two"])), true),
        (fixture_bytes("ping-rev4.pcapng"), false),
    ] {
        let file = [pcap(&["one"]), second.clone()].concat();
        let ran = run_with_input(&["check"], &file);
        assert_eq!(ran.code, 1, "{}", ran.text());
        let offset = format!("(byte offset {})", pcap(&["one"]).len());
        for words in ["another capture begins here", "`mergecap -a`", &offset] {
            assert!(ran.text().contains(words), "{words}: {}", ran.text());
        }
        let both = ["-e", "frame.time_epoch", "-e", "frame.len"];
        let print = |bytes: &[u8]| {
            let ran = run_with_input(&[&["print"], &both[..]].concat(), bytes);
            ran.text().lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let apart = [print(&pcap(&["one"])), if is_left_out { vec![] } else { print(&second) }].concat();
        for command in [&["filter", "frame"][..], &["convert", "--to", "pcap"]] {
            let written = run_with_input(command, &file);
            assert_eq!(written.code, 1, "{}", written.stderr);
            assert!(written.stdout.starts_with(&pcap(&[])), "one header");
            assert_eq!(written.stderr.contains("left out"), is_left_out, "{}", written.stderr);
            let again = run_with_input(&["check"], &written.stdout);
            assert_eq!(again.code, 0, "{}", again.text());
            let shown: Vec<_> = print(&written.stdout).iter().map(|line| digits(line)).collect();
            assert_eq!(shown, apart.iter().map(|line| digits(line)).collect::<Vec<_>>());
        }
        for to in ["pcapng", "ndjson"] {
            let written = run_with_input(&["convert", "--to", to], &file);
            let again = run_with_input(&["info", "--json"], &written.stdout);
            let info: serde_json::Value = serde_json::from_str(again.text()).unwrap();
            assert_eq!(info["packets"], 1 + if second.len() > 1000 { 5 } else { 1 }, "{to}");
        }
    }
}

/// A line without digits of a time that microseconds have no place for.
fn digits(line: &str) -> String {
    let (time, rest) = line.split_once('\t').unwrap();
    let (seconds, fraction) = time.split_once('.').unwrap();
    format!("{seconds}.{}\t{rest}", &fraction[..6.min(fraction.len())])
}

#[test]
fn a_pcap_behind_a_pcapng_is_another_section() {
    let file = [fixture_bytes("ping-rev4.pcapng"), pcap(&["last"])].concat();
    let written = run_with_input(&["filter", "mbuf_trace.text == last"], &file);
    let again = run_with_input(&["print", "-e", "mbuf_trace.text", "-e", "frame.time"], &written.stdout);
    assert_eq!(
        (again.code, texts(&again)),
        (0, vec!["last\tJan  1, 2026 00:00:00.000000000 UTC"]),
        "{}",
        again.stderr
    );
}

#[test]
fn long_captures_go_the_same_way() {
    // Beyond what one thread does alone.
    let many: Vec<String> = (0..20_000).map(|number| format!("packet {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let file = [pcap(&many), big(&pcap(&many)), pcap(&many)].concat();
    let written = run_with_input(&["filter", "frame"], &file);
    let packets = &pcap(&many)[24..];
    assert!(written.stdout == [&pcap(&many)[..], packets, packets].concat(), "{}", written.stderr);
}

#[test]
fn zeros_are_one_line_and_no_packets() {
    for (file, packets) in [(pcap(&["one", "two"]), 2), (fixture_bytes("ping-rev4.pcapng"), 5)] {
        for length in [16, 4096, 4103, 5_000_000] {
            let zeros = [&file[..], &vec![0; length]].concat();
            let ran = run_with_input(&["check"], &zeros);
            let at = format!("byte offset {}", file.len());
            assert_eq!((ran.code, ran.text().lines().count()), (1, 2), "{}", ran.text());
            assert!(
                ran.text().contains(&format!("{length} zeros")) && ran.text().contains(&at),
                "{}",
                ran.text()
            );
            let info = run_with_input(&["info", "--json"], &zeros);
            let info: serde_json::Value = serde_json::from_str(info.text()).unwrap();
            assert_eq!((&info["packets"], &info["complete"]), (&packets.into(), &false.into()));
            assert!(info["first_time"].as_str().unwrap().starts_with("2026-"));
        }
    }
}

#[test]
fn a_gigabyte_of_zeros_takes_one_line() {
    let folder = folder();
    let path = folder.path().join("zeros.pcap");
    std::fs::write(&path, pcap(&["one"])).unwrap();
    // A hole: it takes no place on the disk, and reads as zeros.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    let length = (1_usize << 30) - pcap(&["one"]).len();
    for options in [&[][..], &["--salvage"]] {
        let ran = run(&[&["check", path.to_str().unwrap()], options].concat());
        assert_eq!(ran.code, 1);
        assert!(ran.text().contains(&format!("{length} zeros")), "{}", ran.text());
        assert!(
            ran.text().lines().count() <= 3 && ran.stderr.lines().count() == 1,
            "{}{}",
            ran.text(),
            ran.stderr
        );
    }
}

#[test]
fn packets_behind_zeros_are_salvaged() {
    let begin = pcap(&["one"]);
    let rest = pcap(&["two", "three", "four"]);
    let file = [&begin[..], &vec![0; 8192], &rest[24..]].concat();
    let ran = run_with_input(&["print", "-e", "mbuf_trace.text"], &file);
    assert_eq!((ran.code, texts(&ran)), (1, vec!["one"]));
    assert!(ran.stderr.contains(" zeros where a packet should begin"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--salvage"), "{}", ran.stderr);
    let ran = run_with_input(&["print", "--salvage", "-e", "mbuf_trace.text"], &file);
    assert_eq!((ran.code, texts(&ran)), (1, vec!["one", "two", "three", "four"]), "{}", ran.stderr);
}
