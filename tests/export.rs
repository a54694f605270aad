//! `convert --to`, `flamegraph` and `graph`: what comes out is read by the programs that it is for.

use crate::support::{at, fixture_bytes, fixtures, folder, is_there, listing, run, run_with_input};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::Command;

/// Standard output of a program that has to succeed.
fn read(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env("TZ", "UTC").output().expect("the program runs");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Converts a fixture into a file of this name; what was said on standard error.
fn convert(folder: &Path, fixture: &str, arguments: &[&str], name: &str) -> (String, String) {
    let out = folder.join(name).to_str().unwrap().to_owned();
    let input = format!("fixtures/{fixture}");
    let ran = run(&[&["convert", &input, "-o", &out, "--force"], arguments].concat());
    assert!(ran.code < 2, "{fixture} {arguments:?}: {}", ran.stderr);
    (out, ran.stderr)
}

/// The packets of each trace, a snapshot twice counted once: link type and bytes in hexadecimal.
fn snapshots(fixture: &str) -> BTreeMap<u64, Vec<(u64, String)>> {
    let ran = run(&["convert", "--to", "ndjson", &format!("fixtures/{fixture}")]);
    let mut packets = BTreeMap::new();
    for line in ran.text().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut seen = HashSet::new();
        for event in line["events"].as_array().into_iter().flatten().filter(|event| event["kind"] == "data") {
            let snapshot =
                (event["link_type"].as_u64().unwrap(), event["bytes"].as_str().unwrap().to_owned());
            if !snapshot.1.is_empty() && seen.insert(snapshot.clone()) {
                packets.entry(line["packet"].as_u64().unwrap()).or_insert_with(Vec::new).push(snapshot);
            }
        }
    }
    packets
}

#[test]
fn wireshark_reads_each_snapshot_as_a_packet() {
    if !is_there("tshark", "--version", "MTRACE_TEST_REQUIRE_TSHARK") {
        return;
    }
    let folder = folder();
    for name in fixtures().iter().filter(|name| !name.contains("other-link-type")) {
        let (out, _) = convert(folder.path(), name, &["--to", "ethernet"], "x.pcapng");
        let fields = ["frame.packet_id", "frame.encap_type", "frame.cap_len", "frame.interface_name"];
        let fields: Vec<&str> = fields.iter().flat_map(|field| ["-e", *field]).collect();
        let shown = read("tshark", &[&["-n", "-r", &out, "-T", "fields"], &fields[..]].concat());
        let mut found: Vec<(u64, u64, usize)> = Vec::new();
        for line in shown.lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            // Wireshark's own numbers of Ethernet and raw IP.
            let link = match cells[1] {
                "1" => 1,
                "7" => 101,
                other => panic!("{name}: {other}"),
            };
            let id = cells[0].trim_start_matches("0x");
            let id = if cells[0].starts_with("0x") { u64::from_str_radix(id, 16) } else { id.parse() };
            assert!(!cells[3].is_empty(), "{name}: no interface");
            found.push((id.unwrap(), link, cells[2].parse().unwrap()));
        }
        let expected: Vec<(u64, u64, usize)> = snapshots(name)
            .into_iter()
            .flat_map(|(packet, all)| all.into_iter().map(move |(link, hex)| (packet, link, hex.len() / 2)))
            // What begins with no known header has no link type for Wireshark.
            .filter(|(_, link, _)| *link != u64::from(mbuf_trace::link_type::NO_HEADER))
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn wireshark_finds_the_addresses_that_our_fields_have() {
    if !is_there("tshark", "--version", "MTRACE_TEST_REQUIRE_TSHARK") {
        return;
    }
    let folder = folder();
    for name in ["nat-rev4.pcapng", "tcp-rev3.pcap", "ipv6-rev2.pcap"] {
        let (out, _) = convert(folder.path(), name, &["--to", "ethernet"], "x.pcapng");
        for field in ["ip.src", "ip.ttl", "tcp.flags", "udp.dstport", "ipv6.dst"] {
            let shown = read("tshark", &["-n", "-r", &out, "-T", "fields", "-e", field]);
            let theirs: Vec<&str> = shown.lines().filter(|line| !line.is_empty()).collect();
            let ours = run(&["print", "-e", field, &format!("fixtures/{name}")]);
            let ours: Vec<&str> = ours
                .text()
                .lines()
                .flat_map(|line| line.split(','))
                .filter(|value| !value.is_empty())
                .collect();
            assert_eq!(theirs, ours, "{name}: {field}");
        }
    }
    let (out, _) = convert(folder.path(), "nat-rev4.pcapng", &["--to", "ethernet"], "x.pcapng");
    let comments = read("tshark", &["-r", &out, "-T", "fields", "-e", "frame.comment", "-c", "1"]);
    assert!(comments.starts_with("trace of packet 1, step 3 of 19"), "{comments}");
    assert!(comments.contains("end of the trace: transmitted in "), "{comments}");
    assert!(comments.contains("+ether_input(em0)  /usr/src/sys/net/if_ethersubr.c:817"), "{comments}");
    let times = read("tshark", &["-r", &out, "-T", "fields", "-e", "frame.time_epoch", "-c", "2"]);
    assert_eq!(times, "1768378300.250001817\n1768378300.250003017\n", "the times of the events");
    let names = read("tshark", &["-r", &out, "-T", "fields", "-e", "frame.interface_name", "-Y", "eth"]);
    assert!(names.contains("em0") && names.contains("em1"), "{names}");
}

#[test]
fn one_packet_a_trace_with_primary() {
    let folder = folder();
    let (out, _) = convert(folder.path(), "nat-rev3.pcap", &["--to", "ethernet", "--primary"], "x.pcapng");
    let info = run(&["info", "--json", "--linktype", "1", &out]);
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    assert_eq!(info["packets"], 4);
}

#[test]
fn a_pcap_has_the_ethernet_snapshots_and_tells_of_the_others() {
    let folder = folder();
    let (out, said) = convert(folder.path(), "tcp-rev3.pcap", &["--to", "ethernet"], "x.pcap");
    assert!(said.contains("begin with no Ethernet header and are left out"), "{said}");
    let all: Vec<(u64, String)> = snapshots("tcp-rev3.pcap").into_values().flatten().collect();
    let ethernet = all.iter().filter(|(link, _)| *link == 1).count();
    if is_there("tcpdump", "--version", "MTRACE_TEST_REQUIRE_TCPDUMP") {
        assert_eq!(read("tcpdump", &["-n", "-r", &out]).lines().count(), ethernet);
    }
    let mixed = run(&["convert", "fixtures/tcp-rev3.pcap", "--to", "mixed", "-o", "x.pcap"]);
    assert_eq!(mixed.code, 2, "{}", mixed.stderr);
}

/// tcpdump reads no pcapng with interfaces of two link types.
#[test]
fn a_pcapng_of_two_link_types_is_told_of() {
    let folder = folder();
    let has_tcpdump = is_there("tcpdump", "--version", "MTRACE_TEST_REQUIRE_TCPDUMP");
    for (fixture, of_two) in [("tcp-rev3.pcap", true), ("ping-rev3.pcap", false)] {
        let (out, said) = convert(folder.path(), fixture, &["--to", "ethernet"], "x.pcapng");
        assert_eq!(said.contains("which Wireshark reads and tcpdump does not"), of_two, "{fixture}: {said}");
        if has_tcpdump {
            let read = Command::new("tcpdump").args(["-n", "-r", &out]).output().expect("it runs");
            assert_eq!(read.status.success(), !of_two, "{fixture}");
        }
    }
}

#[test]
fn packets_left_out_are_lost() {
    let folder = folder();
    for name in ["x.pcap", "x.pcapng"] {
        let out = folder.path().join(name).to_str().unwrap().to_owned();
        let ran = run(&["convert", "fixtures/mixed.pcapng", "--to", "ethernet", "-o", &out]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("3 packets that carry no trace are left out"), "{}", ran.stderr);
        let ran = run(&["convert", "fixtures/mixed.pcapng", "-f", "mbuf_trace", "--to", "ethernet"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "what a filter leaves out is not lost");
    }
}

#[test]
fn an_empty_picture_is_told_of() {
    let none = "it shows nothing: the filter kept none of 4 packets";
    let empty = run(&["filter", "tcp.port == 9", "fixtures/nat-rev3.pcap"]).stdout;
    for command in [
        &["graph"][..],
        &["flamegraph"],
        &["convert", "--to", "dot"],
        &["convert", "--to", "folded"],
        &["convert", "--to", "speedscope"],
        &["convert", "--to", "chrome"],
    ] {
        let ran = run(&[command, &["-f", "tcp.port == 9", "fixtures/nat-rev3.pcap"]].concat());
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(none), "{command:?}: {}", ran.stderr);
        let ran = run(&[command, &["-f", "not mbuf_trace", "fixtures/mixed.pcapng"]].concat());
        assert!(ran.stderr.contains("none of the 3 packets kept is a trace"), "{command:?}: {}", ran.stderr);
        let ran = run_with_input(&[command, &["-"]].concat(), &empty);
        assert!(ran.stderr.contains("no packet was read"), "{command:?}: {}", ran.stderr);
    }
}

#[test]
fn mixed_has_the_traces_as_they_were() {
    let folder = folder();
    for name in ["nat-rev3.pcap", "mixed.pcapng", "two-revisions.pcapng"] {
        let (out, _) = convert(folder.path(), name, &["--to", "mixed"], "x.pcapng");
        let arguments = ["print", "-e", "mbuf_trace.path", "-e", "mbuf_trace.revision", "-f", "mbuf_trace"];
        let before = run(&[&arguments[..], &[&format!("fixtures/{name}")]].concat());
        let after = run(&[&arguments[..], &[&out]].concat());
        assert_eq!(before.text(), after.text(), "{name}");
    }
}

#[test]
fn graphviz_reads_the_graph() {
    if !is_there("dot", "-V", "MTRACE_TEST_REQUIRE_GRAPHVIZ") {
        return;
    }
    let folder = folder();
    for name in fixtures().iter().filter(|name| !name.contains("other-link-type")) {
        let (out, _) = convert(folder.path(), name, &[], "x.dot");
        let svg = read("dot", &["-Tsvg", &out]);
        assert!(svg.contains("</svg>"), "{name}");
    }
}

#[test]
fn a_drop_is_one_in_every_revision() {
    // Revision 4 alone records that events were lost.
    let as_before = |text: &str| {
        let is_about_loss = |line: &&str| line.contains("is incomplete: 3 events lost");
        text.split_inclusive('\n').filter(|line| !is_about_loss(line)).collect::<String>()
    };
    let of = |revision: &str, format: &[&str]| {
        let name = format!("fixtures/drop-{revision}.pcap");
        as_before(run(&[&["convert", &name, "--to"], format].concat()).text())
    };
    let reason = "drop: output queue of vtnet0 is full";
    for revision in ["rev1", "rev1le", "rev2", "rev3"] {
        for format in [&["folded"][..], &["folded", "--stacks", "path"], &["dot"]] {
            assert_eq!(of(revision, format), of("rev4", format), "{revision} {format:?}");
        }
        let frame = format!(r#"{{"name":"{reason}","file":"#);
        assert!(of(revision, &["speedscope"]).contains(&frame), "{revision}");
        let instant = format!(r#"{{"name":"{reason}","cat":"drop","ph":"i""#);
        assert!(of(revision, &["chrome"]).contains(&instant), "{revision}");
        let drawn = run(&["graph", &format!("fixtures/drop-{revision}.pcap")]);
        let typed = run(&["graph", "fixtures/drop-rev4.pcap"]);
        assert_eq!(as_before(drawn.text()), as_before(typed.text()), "{revision}");
    }
}

#[test]
fn what_each_format_looks_like() {
    for (format, fixture) in [
        ("folded", "nat-rev3.pcap"),
        ("dot", "drop-rev4.pcap"),
        ("csv", "ping-rev4.pcap"),
        ("speedscope", "vnet-rev4.pcap"),
        ("chrome", "vnet-rev4.pcap"),
        ("chrome", "ping-rev3.pcap"),
        ("chrome", "fragments-rev4.pcap"),
    ] {
        let ran = run(&["convert", &format!("fixtures/{fixture}"), "--to", format, "--first", "2"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
        insta::assert_snapshot!(format!("{format}_{fixture}"), ran.text());
    }
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let input = "fixtures/nat-rev3.pcap";
    for (arguments, said) in [
        (&["--to", "csv", "--revision", "4"][..], "leave out --revision"),
        (&["--to", "csv", "--primary"], "it goes with `--to ethernet`"),
        (&["--to", "dot", "--weight", "time"], "go with `--to folded`"),
        (&["-o", "picture.svg"], "use `mtrace-tool flamegraph` or `mtrace-tool graph`"),
        (&["-o", "picture.svg", "--revision", "4"], "use `mtrace-tool flamegraph` or `mtrace-tool graph`"),
    ] {
        let ran = run(&[&["convert", input], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn outputs_are_whole_or_not_there() {
    let folder = folder();
    let out = folder.path().join("x.svg").to_str().unwrap().to_owned();
    let missing = run(&["flamegraph", "fixtures/none.pcap", "-o", &out]);
    assert_eq!(missing.code, 3, "{}", missing.stderr);
    assert_eq!(listing(folder.path()), Vec::<String>::new());
    for command in ["flamegraph", "graph"] {
        let ran = run(&[command, "-f", "udp", "fixtures/nat-rev3.pcap", "-o", &out, "--force"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
        let svg = std::fs::read_to_string(&out).unwrap();
        assert!(svg.starts_with("<?xml") && svg.ends_with("</svg>\n"), "{command}");
        assert!(svg.contains(">ip_tryforward</text>"), "{command}");
    }
    assert_eq!(run(&["graph", "fixtures/nat-rev3.pcap", "-o", &out]).code, 2, "no file is replaced unasked");
    let packed = folder.path().join("x.svg.gz").to_str().unwrap().to_owned();
    assert_eq!(run(&["graph", "fixtures/nat-rev3.pcap", "-o", &packed]).code, 0);
    assert!(std::fs::read(&packed).unwrap().starts_with(b"\x1f\x8b"), "compressed as its name says");
}

#[test]
fn time_needs_a_clock() {
    let ran = run(&["convert", "--to", "folded", "--weight", "time", "fixtures/nat-rev3.pcap"]);
    assert_eq!((ran.code, ran.text()), (1, ""));
    assert!(ran.stderr.contains("4 traces left out"), "{}", ran.stderr);
    let ran = run(&["convert", "--to", "folded", "--weight", "time", "fixtures/nat-rev4.pcap"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.text().contains("ether_input;ip_input;pf_test "), "{}", ran.text());
}

/// The pictures of the documentation. `UPDATE_DOCS=1` draws them anew.
#[test]
fn the_pictures_of_the_documentation_are_what_the_tool_draws() {
    let lost = "mtrace-tool: standard output: 1 of 3 traces is incomplete: 3 events lost\n";
    for (command, fixture, name, note) in [
        ("flamegraph", "nat-rev4.pcap", "flamegraph.svg", ""),
        ("graph", "drop-rev4.pcap", "graph.svg", lost),
    ] {
        let ran = run(&[command, &format!("fixtures/{fixture}")]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, note), "{command}");
        let path = at("docs/images").join(name);
        if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &ran.stdout).unwrap();
        }
        let there = std::fs::read(&path).unwrap_or_default();
        assert!(
            there == ran.stdout,
            "docs/images/{name} is not what the tool draws; UPDATE_DOCS=1 draws it anew"
        );
    }
}

/// Packets of revision 4 that were captured at these seconds.
fn captured_at(seconds: &[u32]) -> Vec<u8> {
    let mut pcap = fixture_bytes("ping-rev4.pcap");
    let order = if pcap[0] == 0xa1 { u32::from_be_bytes } else { u32::from_le_bytes };
    let to_bytes = if pcap[0] == 0xa1 { u32::to_be_bytes } else { u32::to_le_bytes };
    let length = usize::try_from(order(pcap[32..36].try_into().unwrap())).unwrap();
    let first = pcap[24..40 + length].to_vec();
    pcap.truncate(24);
    for second in seconds {
        pcap.extend([&to_bytes(*second)[..], &first[4..]].concat());
    }
    pcap
}

#[test]
fn a_clock_that_was_set_back_loses_no_times() {
    const HOUR: u32 = 3600;
    const YEAR: u32 = 365 * 86_400;
    let begin = 1_768_210_215;
    for seconds in [
        [begin, begin - HOUR, begin - HOUR + 5],
        [begin, begin - 20 * HOUR, begin + HOUR],
        [begin, begin - 40 * YEAR, begin + YEAR],
    ] {
        let ran = run_with_input(&["convert", "--to", "chrome"], &captured_at(&seconds));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let file: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
        let events = file["traceEvents"].as_array().unwrap();
        let since = |pid: &serde_json::Value| {
            let is_name =
                |event: &&serde_json::Value| event["name"] == "process_name" && event["pid"] == *pid;
            let name = events.iter().find(is_name).unwrap()["args"]["name"].as_str().unwrap();
            let base = file["otherData"]["base_time"].as_str().unwrap();
            match name {
                "traces, at their times" => base.to_owned(),
                name => name.strip_prefix("traces, at their times since ").unwrap().to_owned(),
            }
        };
        let ends = events.iter().filter(|event| event["ph"] == "E" && event["cat"] == "trace");
        let found: Vec<i128> = ends
            .map(|event| {
                let ts = event["ts"].as_f64().unwrap();
                assert!(ts >= 0.0, "Perfetto drops negative times");
                let base = capture_file::Timestamp::parse_rfc3339(&since(&event["pid"])).unwrap();
                #[expect(clippy::cast_possible_truncation, reason = "some days")]
                let seconds = (ts / 1e6) as i128;
                base.seconds() + seconds
            })
            .collect();
        assert_eq!(found, seconds.map(i128::from));
    }
}

#[test]
fn traces_that_find_no_place_at_their_times_are_told() {
    // Each a hundred days after the one before.
    let seconds: Vec<u32> = (0..20).map(|number| 1_500_000_000 + number * 8_640_000).collect();
    let ran = run_with_input(&["convert", "--to", "chrome"], &captured_at(&seconds));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("4 traces in order, not at times"), "{}", ran.stderr);
    assert!(ran.text().contains("\"traces in order, not at times: 1 µs stands for 1 event\""));
}
