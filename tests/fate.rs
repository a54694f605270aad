//! What became of the packets of a real network stack, against the truth about each of them.

use crate::support::{at, run, run_with_input};
use serde_json::Value;
use std::collections::BTreeMap;

const CAPTURES: [&str; 3] = ["interface-rev4", "interface-rev3", "short-rev4"];

/// What is known of one packet.
struct Truth {
    fate: String,
    packet_id: u64,
    parent_id: u64,
    lost: u64,
}

/// By the packet's number.
fn truth(capture: &str) -> BTreeMap<u64, Truth> {
    let text =
        std::fs::read_to_string(at(format!("fixtures/real/{capture}.truth.tsv"))).expect("a truth table");
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let names = lines.next().expect("names of columns");
    let column = |row: &[&str], name: &str| {
        let place = names.iter().position(|known| *known == name);
        place.and_then(|place| row.get(place)).copied().unwrap_or_default().to_owned()
    };
    let number = |text: String| text.parse().unwrap_or(0);
    let packet = |row: Vec<&str>| {
        let truth = Truth {
            fate: column(&row, "fate"),
            packet_id: number(column(&row, "packet_id")),
            parent_id: number(column(&row, "parent_id")),
            lost: number(column(&row, "lost")),
        };
        (number(column(&row, "frame")), truth)
    };
    lines.map(packet).collect()
}

fn explained(capture: &str) -> Vec<Value> {
    let ran = run(&["print", "--json", &format!("fixtures/real/{capture}.pcap")]);
    let packets = serde_json::Deserializer::from_slice(&ran.stdout).into_iter();
    packets.map(|packet| packet.expect("JSON")).collect()
}

#[test]
fn fates_are_the_true_ones() {
    for capture in CAPTURES {
        let truth = truth(capture);
        let file = format!("fixtures/real/{capture}.pcap");
        let ran = run(&["print", "-e", "frame.number", "-e", "mbuf_trace.fate", &file]);
        let (mut right, mut all) = (0, 0);
        for line in ran.text().lines() {
            let (number, fate) = line.split_once('\t').expect("two fields");
            let truth = &truth[&number.parse().unwrap()];
            all += 1;
            // Nobody can tell what became of a packet whose newest events are lost.
            let is_right = match truth.fate.as_str() {
                _ if truth.lost > 0 => fate == "unknown",
                "freed" => fate != "transmitted",
                known => fate == known,
            };
            right += u32::from(is_right);
            let (is_lost, is_sent) = (truth.fate == "dropped", truth.fate == "transmitted");
            assert!(is_right || !is_sent, "{capture}, packet {number}: {fate}, not transmitted");
            assert!(!is_lost || matches!(fate, "dropped" | "unknown"), "{capture}, packet {number}: {fate}");
            assert!(
                is_lost || truth.fate == "freed" || fate != "dropped",
                "{capture}, packet {number}: dropped"
            );
        }
        assert_eq!(all, truth.len());
        assert!(right * 100 >= all as u32 * 98, "{capture}: {right} of {all}");
    }
}

#[test]
fn every_command_says_the_same() {
    for capture in CAPTURES {
        let file = format!("fixtures/real/{capture}.pcap");
        let fields = run(&["print", "-e", "mbuf_trace.fate", &file]);
        let fates: Vec<&str> = fields.text().lines().collect();
        let json: Vec<String> = explained(capture)
            .iter()
            .map(|packet| packet["end"]["fate"].as_str().expect("a fate").to_owned())
            .collect();
        assert_eq!(json, fates, "{capture}");
        let count = |fate: &str| fates.iter().filter(|known| **known == fate).count();
        let report: Value = serde_json::from_slice(&run(&["drops", "--json", &file]).stdout).unwrap();
        let csv = run(&["convert", "--to", "csv", &file]);
        let mut rows = csv::Reader::from_reader(csv.stdout.as_slice());
        let column = rows.headers().unwrap().iter().position(|name| name == "fate").expect("a column");
        let mut of_packets = BTreeMap::new();
        for row in rows.records() {
            let row = row.unwrap();
            of_packets.insert(row[0].parse::<usize>().unwrap(), row[column].to_owned());
        }
        assert_eq!(of_packets.into_values().collect::<Vec<_>>(), fates, "{capture}");
        let graph = run(&["convert", "--to", "dot", &file]);
        let in_graph = |fate: &str| -> u64 {
            let counts = graph.text().split([' ', '(', ',', ')']).collect::<Vec<_>>();
            counts
                .windows(2)
                .filter(|pair| pair[1] == fate)
                .filter_map(|pair| pair[0].parse::<u64>().ok())
                .sum()
        };
        for fate in ["delivered", "transmitted", "absorbed", "dropped", "unknown"] {
            assert_eq!(report["fates"][fate], count(fate), "{capture}: {fate}");
            let shown = if fate == "unknown" { 0 } else { count(fate) };
            assert_eq!(in_graph(fate), shown as u64, "{capture}: {fate}");
            let kept =
                run(&["print", "-e", "frame.number", "-f", &format!("mbuf_trace.fate == \"{fate}\""), &file]);
            assert_eq!(kept.text().lines().count(), count(fate), "{capture}: {fate}");
        }
    }
}

#[test]
fn incomplete_traces_are_counted_everywhere() {
    let truth = truth("short-rev4");
    let incomplete = truth.values().filter(|packet| packet.lost > 0).count();
    let lost: u64 = truth.values().map(|packet| packet.lost).sum();
    let file = "fixtures/real/short-rev4.pcap";
    for command in ["info", "paths", "drops"] {
        let report: Value = serde_json::from_slice(&run(&[command, "--json", file]).stdout).unwrap();
        assert_eq!(report["incomplete"], incomplete, "{command}");
        assert_eq!(report["lost_events"], lost, "{command}");
    }
    let words = format!("{incomplete} of {} traces are incomplete: {lost} events lost", truth.len());
    for command in ["info", "check", "paths", "drops"] {
        let text = run(&[command, file]).text().to_owned();
        assert!(text.contains(&words), "{command}: {text}");
    }
    for arguments in
        [&["stats", "--by", "ip.src", file][..], &["flamegraph", file], &["convert", "--to", "dot", file]]
    {
        let ran = run(arguments);
        assert!(
            ran.stderr.contains(&format!("{incomplete} of {}", truth.len())),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    for packet in explained("short-rev4") {
        let truth = &truth[&packet["packet"].as_u64().unwrap()];
        let lost = packet.get("lost").map_or(0, |lost| lost.as_u64().unwrap());
        assert_eq!((lost, packet.get("incomplete").is_some()), (truth.lost, truth.lost > 0));
        assert_eq!(packet["end"].get("missing").is_some(), truth.lost > 0);
    }
    let text = run(&["print", "--range", "2", file]).text().to_owned();
    assert!(
        text.contains("11 events lost") && text.contains("end not recorded; last seen in icmp_input"),
        "{text}"
    );
}

#[test]
fn identities_are_the_true_ones() {
    for capture in ["interface-rev4", "short-rev4"] {
        let truth = truth(capture);
        for packet in explained(capture) {
            let truth = &truth[&packet["packet"].as_u64().unwrap()];
            let id = |name: &str| packet.get(name).map_or(0, |id| id.as_u64().unwrap());
            assert_eq!((id("packet_id"), id("parent_id")), (truth.packet_id, truth.parent_id), "{capture}");
        }
    }
}

#[test]
fn a_packet_that_became_its_own_answer_shows_both() {
    let ran = run(&["print", "--range", "2", "fixtures/real/interface-rev4.pcap"]);
    let title = ran.text().lines().next().unwrap();
    assert!(
        title.contains(
            "10.0.1.2 → 10.0.1.1 ICMP echo request, turned into 10.0.1.1 → 10.0.1.2 ICMP echo reply"
        )
    );
    let both: Vec<u64> = explained("interface-rev4")
        .iter()
        .filter(|packet| packet.get("turned_from").is_some())
        .map(|packet| packet["packet"].as_u64().unwrap())
        .collect();
    // ARP, two pings and one with record route, a reset, two errors of ICMPv6.
    assert_eq!(both, [1, 2, 7, 28, 45, 57, 58]);
}

#[test]
fn a_packet_that_was_held_looks_like_it() {
    let ran = run(&["print", "--range", "94", "fixtures/real/interface-rev4.pcap"]);
    let last = ran.text().lines().last().unwrap().trim();
    assert_eq!(
        last,
        "dropped in arpresolve_full, sys/netinet/if_ether.c:576: inferred, no drop was recorded, freed 20.341 s later"
    );
    // What sends it later is not in the function that held it, nor in a call of its own function.
    for number in [17, 60] {
        let packet = &explained("interface-rev4")[number - 1];
        let steps = packet["steps"].as_array().unwrap().iter();
        let enters: Vec<u64> = steps
            .filter(|step| step["kind"] == "enter" && step["function"] == "ether_output")
            .map(|step| step["depth"].as_u64().unwrap())
            .collect();
        assert!(enters.len() == 2 && enters[0] > 0 && enters[1] == 0, "{number}: {enters:?}");
    }
}

#[test]
fn the_list_of_ends_is_the_same_for_every_command() {
    let folder = crate::support::folder();
    let list = folder.path().join("ends");
    std::fs::write(&list, "ether_input_internal dropped\n").unwrap();
    let (list, file) = (list.to_str().unwrap(), "fixtures/real/interface-rev4.pcap");
    let fate = |arguments: &[&str]| {
        run(&[arguments, &["--ends", list, "--range", "50", file]].concat()).text().to_owned()
    };
    assert_eq!(fate(&["print", "-e", "mbuf_trace.fate"]), "dropped\n");
    assert!(fate(&["print"]).contains("dropped in ether_input_internal"));
    assert!(fate(&["drops"]).contains("1 dropped"));
    assert!(fate(&["paths", "--by", "mbuf_trace.fate"]).contains("dropped"));
    assert!(fate(&["stats", "--by", "mbuf_trace.fate"]).contains("dropped"));
    let piped = run_with_input(&["print", "--ends", list, "-f", "mbuf_trace.fate == \"dropped\""], b"");
    assert_ne!(piped.code, 0, "an empty input is no capture");
}

/// What revision 3 tells in words, revision 4 has an event for.
#[test]
fn a_conversion_keeps_the_fates() {
    let folder = crate::support::folder();
    for file in ["fixtures/real/interface-rev3.pcap", "fixtures/drop-rev3.pcap", "fixtures/tcp-rev3.pcap"] {
        let converted = folder.path().join("rev4.pcap");
        let converted = converted.to_str().unwrap();
        let ran = run(&["convert", "--revision", "4", "--to", "pcap", file, "--force", "-o", converted]);
        assert!(ran.code <= 1, "{}", ran.stderr);
        let fields = ["-e", "frame.number", "-e", "mbuf_trace.fate", "-e", "mbuf_trace.drop"];
        let before = run(&[&["print"], &fields[..], &[file]].concat());
        let after = run(&[&["print"], &fields[..], &[converted]].concat());
        assert_eq!(before.text(), after.text(), "{file}");
    }
}

/// The field is what the JSON has: where the kernel says so, where events were lost, and where the capture cut them.
#[test]
fn incomplete_is_the_same_everywhere() {
    let folder = crate::support::folder();
    let cut = folder.path().join("cut.pcap");
    let cut = cut.to_str().unwrap();
    let whole = std::fs::read(at("fixtures/real/interface-rev3.pcap")).unwrap();
    // Each record keeps 200 bytes, as with `tcpdump -s 200`.
    let mut bytes = whole[..24].to_vec();
    let mut at = 24;
    while at < whole.len() {
        let length = u32::from_le_bytes(whole[at + 8..at + 12].try_into().unwrap());
        bytes.extend(&whole[at..at + 8]);
        bytes.extend(length.min(200).to_le_bytes());
        bytes.extend(&whole[at + 12..at + 16]);
        let data = at + 16;
        bytes.extend(&whole[data..data + length.min(200) as usize]);
        at = data + length as usize;
    }
    std::fs::write(cut, bytes).unwrap();
    for file in ["fixtures/real/short-rev4.pcap", "fixtures/real/interface-rev3.pcap", cut] {
        let packets = run(&["print", "--json", file]);
        let packets = serde_json::Deserializer::from_slice(&packets.stdout).into_iter::<Value>();
        let expected: Vec<String> = packets
            .map(Result::unwrap)
            .filter(|packet| packet["incomplete"] == true)
            .map(|packet| packet["packet"].to_string())
            .collect();
        let ran = run(&["print", "-e", "frame.number", "-f", "mbuf_trace.incomplete == 1", file]);
        let found: Vec<&str> = ran.text().lines().collect();
        assert_eq!(found, expected, "{file}");
        assert_eq!(found.is_empty(), file.contains("interface"), "{file}");
    }
}
