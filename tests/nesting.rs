//! What a call is in, of a real network stack: the same everywhere, and no call longer than a call can be.

use crate::support::run;
use serde_json::Value;

const CAPTURES: [&str; 3] = ["interface-rev4", "interface-rev3", "short-rev4"];

fn file(capture: &str) -> String {
    format!("fixtures/real/{capture}.pcap")
}

#[test]
fn csv_and_json_nest_alike() {
    for capture in CAPTURES {
        let json = run(&["print", "--json", &file(capture)]);
        let packets = serde_json::Deserializer::from_slice(&json.stdout).into_iter();
        let packets: Vec<Value> = packets.map(Result::unwrap).collect();
        let steps = packets.iter().flat_map(|packet| packet["steps"].as_array().unwrap());
        let json: Vec<u64> = steps.map(|step| step["depth"].as_u64().unwrap()).collect();
        let csv = run(&["convert", "--to", "csv", &file(capture), "-o", "-"]);
        let mut csv = csv::Reader::from_reader(csv.stdout.as_slice());
        let depth = csv.headers().unwrap().iter().position(|name| name == "depth").unwrap();
        let csv: Vec<u64> = csv.records().map(|row| row.unwrap()[depth].parse().unwrap()).collect();
        assert_eq!(json, csv, "{capture}");
    }
}

/// Packets wait in ARP's and ND's queues for seconds here, and no call does.
#[test]
fn no_call_lasts_as_long_as_a_wait() {
    let ran = run(&["convert", "--to", "chrome", &file("interface-rev4"), "-o", "-"]);
    let chrome: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let mut open: Vec<(u64, f64, String)> = Vec::new();
    let (mut calls, mut waits) = (0, 0);
    for event in chrome["traceEvents"].as_array().unwrap() {
        let lane = event["pid"].as_u64().unwrap() << 32 | event["tid"].as_u64().unwrap_or(0);
        let name = || event["name"].as_str().unwrap().to_owned();
        match event["ph"].as_str().unwrap() {
            "B" => open.push((lane, event["ts"].as_f64().unwrap(), name())),
            "E" => {
                let place = open.iter().rposition(|(other, ..)| *other == lane).unwrap();
                let (_, begin, begun) = open.remove(place);
                assert_eq!(begun, name());
                let is_long = event["ts"].as_f64().unwrap() - begin >= 10_000.0;
                match event["cat"].as_str().unwrap() {
                    "call" => {
                        calls += 1;
                        assert!(!is_long, "{begun} from {begin}");
                    }
                    _ => waits += u32::from(is_long),
                }
            }
            _ => {}
        }
    }
    assert!(open.is_empty() && calls > 400 && waits > 5, "{calls} calls, {waits} waits");
}

#[test]
fn charts_name_both_roles() {
    for form in ["chrome", "speedscope"] {
        let ran = run(&["convert", "--to", form, &file("interface-rev4"), "-o", "-"]);
        let text = String::from_utf8(ran.stdout).unwrap();
        let both = "packet 2: 10.0.1.2 → 10.0.1.1 ICMP echo request, turned into \
                    10.0.1.1 → 10.0.1.2 ICMP echo reply, transmitted";
        assert!(text.contains(both), "{form}");
    }
}

/// Whoever resumes a packet is not called by whoever queued it, and braces close what they open.
#[test]
fn a_function_graph_closes_what_has_ended() {
    let graph = |number: &str| {
        let ran = run(&["print", "--style", "function-graph", "--range", number, &file("interface-rev4")]);
        let lines = ran.text().lines().filter(|line| !line.starts_with('#'));
        let lines = lines.filter_map(|line| line.split_once("|  "));
        lines.map(|(_, call)| call.to_owned()).collect::<Vec<_>>()
    };
    let held = graph("17");
    let outputs: Vec<&String> =
        held.iter().filter(|line| line.trim_start().starts_with("ether_output(")).collect();
    assert!(outputs.len() == 2 && outputs[0].starts_with("  ") && !outputs[1].starts_with(' '), "{held:#?}");
    assert!(
        held.iter().any(|line| line.trim() == "} /* arpresolve_full, leave not recorded */"),
        "{held:#?}"
    );
    for number in ["1", "2", "17", "38", "60", "97"] {
        let mut depth = 0_usize;
        for line in graph(number) {
            let indent = line.chars().take_while(|letter| *letter == ' ').count() / 2;
            if line.trim_start().starts_with('}') {
                depth -= 1;
            }
            assert_eq!(indent, depth, "{number}: {line}");
            if line.ends_with(" {") {
                depth += 1;
            }
        }
    }
}
