//! `info`.

use crate::support::{fixture_bytes, fixtures, run, run_with_input};
use serde_json::Value;
use std::collections::BTreeSet;

fn info(name: &str) -> (i32, Value) {
    let ran = run(&["info", "--json", &format!("fixtures/{name}")]);
    let value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{name}: {}", ran.stderr));
    (ran.code, value)
}

#[test]
fn text() {
    for name in ["ping-rev3.pcap", "mixed.pcapng", "malformed/count-too-high.pcap"] {
        insta::assert_snapshot!(name, run(&["info", &format!("fixtures/{name}")]).all());
    }
}

#[test]
fn json_has_what_is_promised() {
    let (code, info) = info("ping-rev3.pcap");
    assert_eq!(code, 0);
    assert_eq!(info["container"], "pcap");
    assert_eq!(info["byte_order"], "little");
    assert_eq!(info["interfaces"][0]["link_type"], 147);
    assert_eq!((&info["packets"], &info["traces"]), (&5.into(), &5.into()));
    assert_eq!((&info["malformed"], &info["truncated"]), (&0.into(), &0.into()));
    assert_eq!(info["revisions"]["3"], 5);
    assert!(info["first_time"].as_str() < info["last_time"].as_str());
    assert!(info["functions"]["IFQ_ENQUEUE"].as_u64() > Some(0));
    assert!(info["events"].as_u64() > Some(20));
}

/// The table of keys in docs/info.md, and the keys that there are.
#[test]
fn every_key_is_documented() {
    let mut written = BTreeSet::new();
    let mut add = |prefix: &str, value: &Value| {
        written.extend(value.as_object().expect("an object").keys().map(|key| format!("{prefix}{key}")));
    };
    let cut = &fixture_bytes("ping-rev3.pcap")[..500];
    let salvaged = [cut, &fixture_bytes("ping-rev3.pcap")[24..]].concat();
    for ran in [
        run(&["info", "--json", "fixtures/ping-rev3.pcap"]),
        run_with_input(&["info", "--json", "--salvage"], &salvaged),
    ] {
        assert!(ran.text().starts_with("{\"schema\":\"mbuf_trace.info/1\","), "{}", ran.text());
        let info: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        add("", &info);
        info["interfaces"].as_array().expect("a list").iter().for_each(|one| add("interfaces[].", one));
        info["gaps"].as_array().expect("a list").iter().for_each(|one| add("gaps[].", one));
    }
    assert!(written.contains("gaps[].offset"), "a capture with damage has a gap: {written:?}");
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/info.md")).expect("docs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let keys = rows.flat_map(|(keys, _)| keys.split(", "));
    let documented: BTreeSet<String> =
        keys.filter_map(|key| Some(key.strip_prefix('`')?.strip_suffix('`')?.to_owned())).collect();
    assert_eq!(written, documented);
}

#[test]
fn every_capture_is_described() {
    for name in fixtures() {
        let (code, info) = info(&name);
        let faulty = info["malformed"].as_u64() > Some(0) || info["complete"] == false;
        assert_eq!(code, i32::from(faulty), "{name}");
    }
}

#[test]
fn another_link_type_is_described_too() {
    let (code, info) = info("malformed/other-link-type.pcap");
    assert_eq!(code, 0);
    assert_eq!((&info["packets"], &info["traces"]), (&2.into(), &0.into()));
}

#[test]
fn hostile_function_names_take_bounded_memory() {
    // Many long names: counted, not all remembered.
    let mut frame = vec![0, 60];
    let mut pcap = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 147, 0, 0, 0];
    for packet in 0..40_u32 {
        frame.truncate(2);
        for record in 0..60_u32 {
            let name = format!("{:a<4000}_{packet}_{record}\0", "f");
            frame.extend_from_slice(&u16::try_from(name.len()).unwrap().to_be_bytes());
            frame.extend_from_slice(&[0, 1]);
            frame.extend_from_slice(name.as_bytes());
        }
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        pcap.extend_from_slice(&[&[0; 8][..], &length, &length, &frame].concat());
    }
    let ran = run_with_input(&["info", "--json"], &pcap);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let info: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(info["events"], 2400);
    assert!(info["other_functions"].as_u64() > Some(1000), "{}", info["other_functions"]);
    assert_eq!(info["complete"], false);
}
