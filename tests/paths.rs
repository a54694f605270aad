//! `paths`.

use crate::support::{capture_of, fixtures, folder, run, run_with_input};
use serde_json::Value;
use std::collections::BTreeMap;

fn json(arguments: &[&str]) -> Value {
    let ran = run(&[&["paths", "--json"], arguments].concat());
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {}", ran.stderr))
}

fn of(pcap: &[u8], arguments: &[&str]) -> Value {
    let ran = run_with_input(&[&["paths", "--json"], arguments].concat(), pcap);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

/// What the report counts: group and path, with its packets.
fn counts(report: &Value) -> BTreeMap<(String, String), u64> {
    let groups = report["groups"].as_array().unwrap();
    let rows = report["paths"].as_array().unwrap().iter().map(|path| {
        let group = &groups[usize::try_from(path["group"].as_u64().unwrap()).unwrap()];
        let values = group["values"].as_array().unwrap().iter().map(|value| value.as_str().unwrap_or(""));
        let shown = mbuf_trace::Text(path["path"].as_str().unwrap().as_bytes()).to_string();
        let key = (values.collect::<Vec<_>>().join(";"), shown);
        (key, path["packets"].as_u64().unwrap())
    });
    rows.collect()
}

/// `print -e mbuf_trace.path | sort | uniq -c` over the traces, with another field before it.
fn uniq(name: &str, by: Option<&str>) -> BTreeMap<(String, String), u64> {
    let file = format!("fixtures/{name}");
    let mut arguments = vec!["print", "-f", "mbuf_trace", "-e", "mbuf_trace.path"];
    arguments.extend(by.iter().flat_map(|by| ["-e", *by]));
    arguments.push(&file);
    let mut counts = BTreeMap::new();
    for line in run(&arguments).text().lines() {
        let (path, value) = line.split_once('\t').unwrap_or((line, ""));
        *counts.entry((value.to_owned(), path.to_owned())).or_default() += 1;
    }
    counts
}

#[test]
fn text() {
    for (name, arguments) in [
        ("tcp", &["--width", "80", "fixtures/tcp-rev4.pcap"][..]),
        ("tcp-pipe", &["fixtures/tcp-rev4.pcap"]),
        ("top", &["--top", "2", "fixtures/tcp-rev4.pcap"]),
        ("by-vnet", &["--width", "80", "--by", "mbuf_trace.vnet", "fixtures/vnet-rev4.pcap"]),
        ("steps", &["--width", "100", "--steps", "fixtures/fragments-rev3.pcap"]),
        ("coloured", &["--color", "always", "--width", "80", "fixtures/drop-rev4.pcap"]),
        ("several-files", &["fixtures/drop-rev3.pcap", "fixtures/drop-rev4.pcap", "fixtures/mixed.pcapng"]),
        ("cut", &["fixtures/malformed/cut-by-capture.pcap"]),
    ] {
        let ran = run(&[&["paths"], arguments].concat());
        insta::assert_snapshot!(name, ran.all());
    }
}

#[test]
fn counts_are_those_of_sort_and_uniq() {
    for name in fixtures() {
        let file = format!("fixtures/{name}");
        let read = run(&["paths", "--json", &file]);
        if read.code > 1 {
            continue;
        }
        assert_eq!(counts(&json(&[&file])), uniq(&name, None), "{name}");
    }
    // A packet is in one group: that of its values that differ.
    for name in ["ping-rev3.pcap", "nat-rev3.pcap", "tcp-rev4.pcap", "fragments-rev3.pcap"] {
        let mut expected = BTreeMap::new();
        for ((values, path), packets) in uniq(name, Some("ip.src")) {
            let mut differ: Vec<&str> = Vec::new();
            for value in values.split(',') {
                if !differ.contains(&value) {
                    differ.push(value);
                }
            }
            *expected.entry((differ.join(","), path)).or_default() += packets;
        }
        assert_eq!(counts(&json(&["--by", "ip.src", &format!("fixtures/{name}")])), expected, "{name}");
    }
}

/// Packets on a few paths, from a small generator of numbers.
fn packets(count: u64) -> Vec<Vec<String>> {
    let mut state = 12345_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let names = ["ether_input", "ip_input", "pf_test", "ip_forward", "tcp_input"];
    let mut packets = Vec::new();
    for _ in 0..count {
        let steps = next(5);
        let step = |_| format!("a.c:{}: +{}", 1 + next(3), names[usize::try_from(next(5)).unwrap()]);
        packets.push((0..steps).map(step).collect());
    }
    packets
}

#[test]
fn the_order_of_packets_changes_nothing_but_first_and_last() {
    let mut packets = packets(400);
    let without_moments = |mut report: Value| {
        for path in report["paths"].as_array_mut().unwrap() {
            let path = path.as_object_mut().unwrap();
            path.remove("first").unwrap();
            path.remove("last").unwrap();
        }
        report
    };
    for steps in [&[][..], &["--steps"]] {
        let forwards = without_moments(of(&capture_of(&packets), steps));
        packets.reverse();
        assert_eq!(forwards, without_moments(of(&capture_of(&packets), steps)));
        packets.rotate_left(123);
        assert_eq!(forwards, without_moments(of(&capture_of(&packets), steps)));
    }
}

#[test]
fn first_and_last_are_packets_that_took_the_path() {
    let packets = packets(300);
    let report = of(&capture_of(&packets), &[]);
    let path = |number: u64| {
        let texts = &packets[usize::try_from(number).unwrap() - 1];
        texts.iter().map(|text| text.split_once('+').unwrap().1).collect::<Vec<_>>().join(" > ")
    };
    for row in report["paths"].as_array().unwrap() {
        let numbers: Vec<u64> = (1..=300).filter(|number| path(*number) == row["path"]).collect();
        assert_eq!(row["packets"], numbers.len());
        assert_eq!(row["first"]["packet"], numbers[0]);
        assert_eq!(row["last"]["packet"], *numbers.last().unwrap());
    }
}

#[test]
fn the_tree_adds_up() {
    let report = of(&capture_of(&packets(500)), &[]);
    let nodes = report["tree"].as_array().unwrap();
    let paths = report["paths"].as_array().unwrap();
    let mut ended = 0;
    for node in nodes {
        let below: u64 = nodes
            .iter()
            .filter(|child| child["parent"] == node["node"])
            .map(|child| child["packets"].as_u64().unwrap())
            .sum();
        let ends = paths.iter().find(|path| path["id"] == node["path"]);
        let ends = ends.map_or(0, |path| path["packets"].as_u64().unwrap());
        assert_eq!(node["packets"], below + ends, "{node}");
        // The steps from the root are those of the path that ends here.
        if let Some(path) = paths.iter().find(|path| path["id"] == node["path"]) {
            ended += 1;
            let mut steps = Vec::new();
            let mut at = node;
            loop {
                steps.splice(0..0, at["steps"].as_array().unwrap().iter().cloned());
                let Some(parent) = at["parent"].as_u64() else { break };
                at = &nodes[usize::try_from(parent).unwrap()];
            }
            assert_eq!(&Value::from(steps), &path["steps"]);
        }
    }
    assert_eq!(ended, paths.len());
    assert_eq!(nodes[0]["packets"], report["packets"]);
}

#[test]
fn hostile_names_are_harmless() {
    let hostile = b"if.c:1: +f(\x1b[31m)\x00\x9b\xff\xe2\x80\xae".to_vec();
    let odd = b"\x1b]0;x\x07 odd\\".to_vec();
    let pcap = capture_of(&[vec![hostile.clone(), odd.clone()], vec![odd], vec![hostile]]);
    for arguments in [&[][..], &["--steps"], &["--steps", "--json"], &["--by", "mbuf_trace.data"]] {
        let ran = run_with_input(&[&["paths"], arguments].concat(), &pcap);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let text = std::str::from_utf8(&ran.stdout).expect("UTF-8");
        let harmless = |letter: char| letter == '\n' || !mbuf_trace::text::is_unsafe(letter);
        assert!(text.chars().all(harmless), "{text:?}");
    }
}

#[test]
fn a_field_with_many_values_gives_the_first_few_that_differ() {
    let texts = (1..12_000).map(|line| format!("a.c:{line}: x")).collect::<Vec<_>>();
    let report = of(&capture_of(&[texts]), &["--by", "mbuf_trace.line"]);
    assert_eq!(report["groups"][0]["values"][0], "1,2,3,4,5,6,7,8…");
}

#[test]
fn different_paths_without_end_take_bounded_memory() {
    // 200 bytes a path or so, more than there is room for; the last packet takes the first path again.
    let mut packets: Vec<Vec<String>> =
        (0..150_000).map(|number| vec![format!("+f{number:0>200}")]).collect();
    packets.push(packets[0].clone());
    let ran = run_with_input(&["paths", "--json"], &capture_of(&packets));
    assert_eq!(ran.code, 1, "not all of the answer is there");
    let report: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let (kept, others) =
        (report["paths"].as_array().unwrap().len(), report["other_packets"].as_u64().unwrap());
    assert_eq!(report["packets"], 150_001);
    assert_eq!(u64::try_from(kept).unwrap() + 1 + others, 150_001);
    assert!(others > 10_000, "{others}");
    assert_eq!(report["paths"][0]["packets"], 2);
}

#[test]
fn groups_have_the_values_as_they_were_recorded() {
    let text = "caf\u{e9}\u{1b}[31m \"odd\\\"";
    let report = of(&capture_of(&[vec![text]]), &["--by", "mbuf_trace.text"]);
    assert_eq!(report["groups"][0]["values"][0], text);
    let long = format!("x{}", "\u{e9}".repeat(1000));
    let report = of(&capture_of(&[vec![long]]), &["--by", "mbuf_trace.text"]);
    assert_eq!(report["groups"][0]["values"][0], format!("x{}…", "\u{e9}".repeat(255)));
}

#[test]
fn fields_may_stand_in_one_option() {
    let apart = json(&["--by", "ip.src", "--by", "ip.dst", "fixtures/nat-rev3.pcap"]);
    assert_eq!(apart, json(&["--by", "ip.src,ip.dst", "fixtures/nat-rev3.pcap"]));
}

#[test]
fn lines_fit_whatever_the_names() {
    let packets = vec![
        vec![format!("/usr/src/{}/if.c:12: +{}", "deep/".repeat(40), "f".repeat(200))],
        vec!["+ip_input".to_owned(), format!("drop: {}", "because ".repeat(60))],
        vec!["+ip_input".to_owned(), format!("drop: {}", "x".repeat(600))],
    ];
    for command in ["paths", "drops"] {
        for by in [&[][..], &["--by", "mbuf_trace.text"]] {
            let arguments = [&[command, "--width", "80"], by].concat();
            let ran = run_with_input(&arguments, &capture_of(&packets));
            let long = ran.text().lines().find(|line| line.chars().count() > 80);
            assert_eq!(long, None, "{arguments:?}\n{}", ran.text());
        }
    }
}

#[test]
fn of_many_groups_the_largest_are_shown() {
    let packets: Vec<_> = (0..150).map(|number| vec![format!("a.c:{number}: +f")]).collect();
    let pcap = capture_of(&packets);
    let shown = |arguments: &[&str]| {
        let ran = run_with_input(&[&["paths", "--by", "mbuf_trace.line"], arguments].concat(), &pcap);
        let headings = ran.text().lines().filter(|line| line.starts_with("mbuf_trace.line")).count();
        (headings, ran.text().contains("50 groups more with 50 packets; --top 0 shows all"))
    };
    assert_eq!((shown(&[]), shown(&["--top", "0"])), ((100, true), (150, false)));
}

#[test]
fn a_path_is_shown_with_a_packet_that_took_it() {
    let ran = run(&["paths", "--show", "2", "fixtures/fragments-rev3.pcap"]);
    let (path, packet) = ran.text().split_once("\n\n").expect("a path and a packet");
    insta::assert_snapshot!("show", path);
    assert_eq!(packet, run(&["print", "--range", "6..6", "fixtures/fragments-rev3.pcap"]).text());
}

#[test]
fn paths_within_one_another_take_linear_time() {
    // Each path goes one step further than the one before, so the tree is as deep as there are paths.
    let packets: Vec<Vec<&str>> = (0..1500).map(|length| vec!["f"; length]).collect();
    let pcap = capture_of(&packets);
    let ran = run_with_input(&["paths", "--top", "0"], &pcap);
    assert_eq!((ran.code, ran.text().lines().count()), (0, 3 + 2 * 1500 + 2 + 2 * 1500 - 2));
    assert!(ran.text().lines().all(|line| line.chars().count() < 120));
    let report = of(&pcap, &[]);
    assert_eq!(report["paths"].as_array().unwrap().len(), 1500);
    assert_eq!(report["paths"][1499]["length"], 1499);
}

#[test]
fn a_path_that_is_not_there() {
    let ran = run(&["paths", "--show", "9", "fixtures/tcp-rev4.pcap"]);
    assert_eq!((ran.code, ran.text()), (2, ""));
    assert!(ran.stderr.contains("there is no path 9; the last one is 5"), "{}", ran.stderr);
    let ran = run(&["paths", "--show", "1", "-"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = run(&["paths", "--by", "ip.scr", "fixtures/tcp-rev4.pcap"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("ip.src"), "{}", ran.stderr);
}

#[test]
fn the_filter_that_show_tells_selects_the_packets_of_the_path() {
    let folder = folder();
    let pcap = folder.path().join("x.pcap");
    std::fs::write(&pcap, capture_of(&packets(300))).unwrap();
    let pcap = pcap.to_str().unwrap();
    let report = json(&[pcap]);
    for row in report["paths"].as_array().unwrap().iter().filter(|row| row["length"] != 0).take(20) {
        let shown = run(&["paths", "--show", &row["id"].to_string(), pcap]);
        let line = shown.text().lines().find_map(|line| line.strip_prefix("  -f '")).expect("an expression");
        let expression = line.split_once('\'').unwrap().0;
        let printed = run(&["print", "-f", expression, "-e", "frame.number", pcap]);
        assert_eq!(row["packets"], printed.text().lines().count());
    }
}
