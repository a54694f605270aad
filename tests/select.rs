//! `--first`, `--last`, `--range`, `--revision`, `--linktype`, `--snapshot-link`.

use crate::support::{at, fixture_bytes, run, run_with_input, tool};

fn numbers(arguments: &[&str]) -> String {
    let ran = run(&[&["print", "-e", "frame.number", "fixtures/ping-rev3.pcap"], arguments].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    ran.text().replace('\n', " ").trim().to_owned()
}

/// A file on standard input can be read twice as any other.
#[test]
fn standard_input_that_is_a_file() {
    for options in [&["print", "--last", "2"][..], &["paths", "--show", "1"], &["print", "--by-family"]] {
        let named = run(&[options, &["fixtures/fragments-rev4.pcap"]].concat());
        let mut command = tool();
        command
            .args(options)
            .arg("-")
            .stdin(std::fs::File::open(at("fixtures/fragments-rev4.pcap")).unwrap());
        let piped = command.output().unwrap();
        assert_eq!(piped.status.code(), Some(0), "{options:?}: {}", String::from_utf8_lossy(&piped.stderr));
        assert_eq!(String::from_utf8(piped.stdout).unwrap(), named.text(), "{options:?}");
    }
    let piped = run_with_input(
        &["print", "--last", "2"],
        &std::fs::read(at("fixtures/fragments-rev4.pcap")).unwrap(),
    );
    assert!(piped.code == 2 && piped.stderr.contains("can be read only once"), "{}", piped.stderr);
}

#[test]
fn packets_by_number_and_time() {
    let times = run(&["print", "-e", "frame.time_epoch", "fixtures/ping-rev3.pcap"]);
    let info = run(&["info", "--json", "fixtures/ping-rev3.pcap"]);
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    let (first, last) = (info["first_time"].as_str().unwrap(), info["last_time"].as_str().unwrap());
    assert_eq!(times.text().lines().count(), 5);
    for (arguments, expected) in [
        (&["--first", "2"][..], "1 2"),
        (&["--last", "1"], "5"),
        (&["--last", "9"], "1 2 3 4 5"),
        (&["--first", "0"], ""),
        (&["--range", "2..3"], "2 3"),
        (&["--range", "3.."], "3 4 5"),
        (&["--range", "..1"], "1"),
        (&["--range", "4"], "4"),
        (&["--range", &format!("{last}..")], "5"),
        (&["--range", &format!("..{first}")], "1"),
        (&["--first", "3", "-f", "icmp"], "3"),
    ] {
        assert_eq!(numbers(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn the_last_of_a_pipe_cannot_be_known() {
    let ran = run_with_input(&["print", "--last", "1"], &fixture_bytes("ping-rev3.pcap"));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--last"), "{}", ran.stderr);
}

#[test]
fn a_revision_can_be_forced() {
    let forced = run(&["print", "-e", "mbuf_trace.revision", "--revision", "2", "fixtures/ping-rev3.pcap"]);
    assert_eq!(forced.text(), "2\n2\n2\n2\n2\n");
    let bad = run(&["print", "--revision", "5", "fixtures/ping-rev3.pcap"]);
    assert_eq!(bad.code, 2);
}

#[test]
fn another_link_type_can_carry_traces() {
    let mut bytes = fixture_bytes("ping-rev3.pcap");
    bytes[20] = 148;
    assert_eq!(run_with_input(&["print"], &bytes).code, 3);
    let ran = run_with_input(&["print", "--linktype", "148", "-e", "mbuf_trace.revision"], &bytes);
    assert_eq!((ran.code, ran.text()), (0, "3\n3\n3\n3\n3\n"));
}

#[test]
fn snapshots_can_be_told_what_they_begin_with() {
    let addresses = |link: &str| {
        let path = "fixtures/malformed/raw-ip-rev3.pcap";
        run(&["print", "--snapshot-link", link, "-e", "ip.src", "-e", "eth.src", path]).text().to_owned()
    };
    assert_ne!(addresses("auto"), addresses("ethernet"));
    assert!(!addresses("ip").contains(':'), "{}", addresses("ip"));
}

#[test]
fn the_first_packets_of_a_pipe_are_enough() {
    use std::io::{Read, Write};
    // Header and one packet: it ends without waiting for another.
    let bytes = fixture_bytes("ping-rev3.pcap");
    let length = u32::from_le_bytes(bytes[32..36].try_into().unwrap());
    let end = 24 + 16 + usize::try_from(length).unwrap();
    for arguments in
        [&["print", "--first", "1", "-e", "frame.number"][..], &["filter", "frame", "--first", "1"]]
    {
        let mut command = crate::support::tool();
        command.args(arguments).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&bytes[..end]).unwrap();
        let mut out = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}");
        assert!(!out.is_empty());
        drop(stdin);
    }
}

#[test]
fn a_filter_may_begin_with_a_sign() {
    let with = run(&["print", "-f", "-ip.ttl == -64", "fixtures/ping-rev3.pcap"]);
    let without = run(&["print", "-f", "ip.ttl == 64", "fixtures/ping-rev3.pcap"]);
    assert_eq!((with.code, with.text()), (0, without.text()), "{}", with.stderr);
    assert!(!with.stdout.is_empty());
}

#[test]
fn times_without_a_zone_are_utc() {
    for range in ["2026-01-12 09:30:16..", "2026-01-12T09:30:16..", "2026-01-12T10:30:16+01:00.."] {
        assert_eq!(numbers(&["--range", range]), numbers(&["--range", "2026-01-12T09:30:16Z.."]), "{range}");
    }
    assert_eq!(numbers(&["--range", "2025-12-31T23:59:60Z.."]), "1 2 3 4 5");
}

#[test]
fn a_range_without_packets_is_told() {
    for (range, words) in [
        (
            "1768210215..",
            "a number is a packet's number: those seconds since 1970 are `2026-01-12T09:30:15Z`",
        ),
        (
            "..2020-01-01T00:00:00Z",
            "captured from 2026-01-12T09:30:15.547657Z to 2026-01-12T09:30:18.000000Z",
        ),
        ("6..", "no packet is in the range 6..: there are packets 1 to 5"),
    ] {
        for command in
            [&["print"][..], &["info"], &["filter", "frame"], &["stats"], &["convert", "--to", "csv"]]
        {
            let ran = run(&[command, &["fixtures/ping-rev3.pcap", "--range", range]].concat());
            assert_eq!(ran.code, 0, "{command:?} {range}: {}", ran.stderr);
            assert!(ran.stderr.contains(words), "{command:?} {range}: {}", ran.stderr);
        }
    }
    let both = run(&["print", "--range", "5", "fixtures/ping-rev3.pcap", "fixtures/drop-rev4.pcap"]);
    assert_eq!(both.stderr, "", "one of the files has packets in it");
    let bad = run(&["print", "--range", "1768210215.5..", "fixtures/ping-rev3.pcap"]);
    assert_eq!(bad.code, 2);
    assert!(
        bad.stderr.contains("seconds since 1970 are written as 2026-01-12T09:30:15.5Z"),
        "{}",
        bad.stderr
    );
}
