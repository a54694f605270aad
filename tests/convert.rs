//! `convert`: containers, revisions and JSON, there and back.

use crate::support::{at, fixture_bytes, fixtures, folder, run, run_with_input};

/// Converts the bytes, and gives what came out. Malformed packets are no obstacle.
fn convert(bytes: &[u8], arguments: &[&str]) -> Vec<u8> {
    let ran = run_with_input(&[&["convert"], arguments].concat(), bytes);
    assert!(ran.code < 2, "{arguments:?}: {}", ran.stderr);
    ran.stdout
}

#[test]
fn ndjson_and_back_is_the_same_file() {
    for name in fixtures().iter().filter(|name| !name.ends_with("other-link-type.pcap")) {
        let bytes = fixture_bytes(name);
        let json = convert(&bytes, &["--to", "ndjson"]);
        let target = if name.ends_with("pcapng") { "pcapng" } else { "pcap" };
        assert_eq!(convert(&json, &["--to", target]), bytes, "{name}");
    }
}

#[test]
fn pcap_to_pcapng_to_ndjson_to_pcap_is_the_same_file() {
    for name in
        fixtures().iter().filter(|name| name.ends_with(".pcap") && !name.ends_with("other-link-type.pcap"))
    {
        let bytes = fixture_bytes(name);
        let pcapng = convert(&bytes, &["--to", "pcapng"]);
        let json = convert(&pcapng, &["--to", "ndjson"]);
        assert_eq!(convert(&json, &["--to", "pcap"]), bytes, "{name}");
    }
}

#[test]
fn lines_are_of_the_schema() {
    let schema = std::fs::read(at("format-spec/mbuf_trace.schema.json"));
    let schema: serde_json::Value = serde_json::from_slice(&schema.unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in fixtures().iter().filter(|name| !name.ends_with("other-link-type.pcap")) {
        let json = convert(&fixture_bytes(name), &["--to", "ndjson"]);
        let mut packets = 0;
        for line in json.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: serde_json::Value = serde_json::from_slice(line).unwrap();
            let problems: Vec<String> = validator
                .iter_errors(&line)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(problems, Vec::<String>::new(), "{name}");
            packets += 1;
            assert_eq!(line["packet"], packets, "{name}");
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({ "schema": "mbuf_trace/1", "packet": 0 })));
}

#[test]
fn lines_are_whole_where_reading_fails() {
    let mut pcapng = convert(&fixture_bytes("ping-rev3.pcap"), &["--to", "pcapng"]);
    // The link type in the interface description, behind the section header.
    let description = usize::try_from(u32::from_le_bytes(pcapng[4..8].try_into().unwrap())).unwrap();
    pcapng[description + 8] = 1;
    let folder = folder();
    let path = folder.path().join("ethernet.pcapng");
    std::fs::write(&path, pcapng).unwrap();
    let ran = run(&["convert", "--to", "ndjson", path.to_str().unwrap()]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let mut lines = ran.text().split_inclusive('\n').peekable();
    assert!(lines.peek().is_some());
    for line in lines {
        assert!(line.ends_with('\n') && serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line:?}");
    }
}

#[test]
fn revision_3_to_4_to_3_is_the_same_file() {
    for name in fixtures().iter().filter(|name| name.ends_with("-rev3.pcap")) {
        let bytes = fixture_bytes(name);
        let later = convert(&bytes, &["--revision", "4"]);
        assert_ne!(later, bytes, "{name}");
        assert_eq!(convert(&later, &["--revision", "3"]), bytes, "{name}");
    }
}

#[test]
fn what_cannot_be_converted_is_kept_and_told() {
    for name in fixtures().iter().filter(|name| name.starts_with("malformed/")) {
        let bytes = fixture_bytes(name);
        if name.ends_with("other-link-type.pcap") {
            continue;
        }
        let ran = run_with_input(&["convert", "--revision", "4"], &bytes);
        assert!(ran.code < 2, "{name}: {}", ran.stderr);
        let kept = ran.stderr.contains("kept as it was");
        assert!(!kept || ran.code == 1, "{name}: {}", ran.stderr);
        let count = |bytes: &[u8]| {
            let info = run_with_input(&["info", "--json"], bytes);
            let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
            info["packets"].as_u64().unwrap()
        };
        assert_eq!(count(&ran.stdout), count(&bytes), "{name}: no packet is lost");
    }
}

#[test]
fn a_downgrade_tells_what_it_loses() {
    let ran = run(&["convert", "--revision", "3", "fixtures/drop-rev4.pcap"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr);
}

#[test]
fn a_container_that_holds_less_tells_what_is_lost() {
    let folder = folder();
    let out = folder.path().join("x.pcap");
    let ran = run(&["convert", "fixtures/nat-rev4.pcapng", "-o", out.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("not kept: 1 interface name or description"), "{}", ran.stderr);
    let mixed =
        run(&["convert", "fixtures/mixed.pcapng", "-o", folder.path().join("y.pcap").to_str().unwrap()]);
    assert_eq!(mixed.code, 2, "{}", mixed.stderr);
    assert!(mixed.stderr.contains("link type"), "{}", mixed.stderr);
    assert_eq!(crate::support::listing(folder.path()), ["x.pcap"], "nothing half made is left");
}

#[test]
fn ndjson_that_a_program_wrote() {
    let line = r#"{"schema":"mbuf_trace/1","packet":1,"time":"2026-01-01T00:00:00.5Z","interface":null,
        "captured_len":0,"original_len":0,"revision":3,"order":"newest_first","path":"","events":[
        {"kind":"enter","wire_index":1,"file":"a.c","line":7,"function":"f","text":"+f"},
        {"kind":"leave","wire_index":0,"file":"a.c","line":9,"function":"f","text":"-f"}]}"#;
    let line = line.replace('\n', "");
    let ran = run_with_input(&["print"], line.as_bytes());
    assert_eq!(ran.stderr, "");
    insta::assert_snapshot!(ran.text());
}

#[test]
fn edited_ndjson_gets_its_lengths_anew() {
    for name in ["ping-rev3.pcap", "ping-rev4.pcapng"] {
        let json = convert(&fixture_bytes(name), &["--to", "ndjson"]);
        let edited = String::from_utf8(json).unwrap().replace("IFQ_ENQUEUE", "IFQ_ENQUEUE_RENAMED");
        let ran = run_with_input(&["print", "-e", "mbuf_trace.path"], edited.as_bytes());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
        assert!(ran.text().contains("IFQ_ENQUEUE_RENAMED"), "{name}: {}", ran.text());
    }
}

#[test]
fn bad_ndjson_is_told_with_its_line() {
    for (text, code) in [("{", 3), ("{\"schema\":\"other/1\"}", 3), ("{}", 3)] {
        let ran = run_with_input(&["print"], text.as_bytes());
        assert_eq!(ran.code, code, "{text}");
        assert!(ran.stderr.contains("line 1"), "{text}: {}", ran.stderr);
    }
    let mut json = convert(&fixture_bytes("ping-rev3.pcap"), &["--to", "ndjson"]);
    json.extend_from_slice(b"{\"schema\":\"mbuf_trace/1\",\"packet\":6}\n");
    let ran = run_with_input(&["print", "-e", "frame.number"], &json);
    assert_eq!((ran.code, ran.text()), (1, "1\n2\n3\n4\n5\n"));
    assert!(ran.stderr.contains("line 6"), "{}", ran.stderr);
}

#[test]
fn ndjson_of_two_captures_is_read_as_they_are() {
    let json = convert(&fixture_bytes("ping-rev3.pcap"), &["--to", "ndjson"]);
    let lines = json.iter().filter(|byte| **byte == b'\n').count();
    let ran = run_with_input(&["print", "-e", "frame.number"], &json.repeat(2));
    assert_eq!((ran.code, ran.text().lines().count()), (0, 2 * lines), "{}", ran.stderr);
    assert!(ran.stderr.contains("another capture begins here"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn ndjson_without_its_events_is_refused() {
    let line = r#"{"schema":"mbuf_trace/1","packet":1,"time":"2026-01-01T00:00:00Z","revision":3}"#;
    let ran = run_with_input(&["print"], line.as_bytes());
    assert!(ran.stderr.contains("line 1: `events` is missing"), "{}", ran.stderr);
}

#[test]
fn compressed_ndjson_is_read_as_any_capture() {
    let folder = folder();
    for (name, end) in [("ping-rev3.pcap", "gz"), ("ping-rev4.pcapng", "zst"), ("ping-rev4.pcapng", "lz4")] {
        let path = folder.path().join(format!("{name}.ndjson.{end}"));
        let path = path.to_str().unwrap();
        let written = run(&["convert", &format!("fixtures/{name}"), "-o", path]);
        assert_eq!((written.code, written.stderr.as_str()), (0, ""), "{name}.{end}");
        assert_ne!(std::fs::read(path).unwrap().first(), Some(&b'{'), "{name}.{end}");
        let ran = run(&["print", path]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}.{end}");
        assert_eq!(ran.stdout, run(&["print", &format!("fixtures/{name}")]).stdout, "{name}.{end}");
    }
}

#[test]
fn the_format_follows_the_name() {
    let folder = folder();
    let magic = |name: &str| {
        let path = folder.path().join(name);
        let ran = run(&["convert", "fixtures/ping-rev3.pcap", "-o", path.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        std::fs::read(path).unwrap()[..4].to_vec()
    };
    assert_eq!(magic("a.pcapng"), [0x0a, 0x0d, 0x0d, 0x0a]);
    assert_eq!(magic("a.PCAP"), [0xd4, 0xc3, 0xb2, 0xa1]);
    assert_eq!(magic("a.jsonl"), b"{\"sc");
    assert_eq!(magic("a.pcapng.gz")[..2], [0x1f, 0x8b]);
    let unknown =
        run(&["convert", "fixtures/ping-rev3.pcap", "-o", folder.path().join("a.unknown").to_str().unwrap()]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("--to"));
}

/// Two packets, each of which names the other as its parent.
fn with_ids(ids: [u64; 2]) -> Vec<u8> {
    let lines = [0, 1].map(|at| {
        format!(
            "{{\"schema\":\"mbuf_trace/1\",\"packet\":{},\"time\":\"2026-01-01T00:00:0{at}Z\",\"revision\":4,\
             \"order\":\"oldest_first\",\"packet_id\":\"{}\",\"parent_id\":\"{}\",\"events\":[{{\"kind\":\"function\",\
             \"wire_index\":0,\"function\":\"f\",\"file\":\"a.c\",\"line\":1,\"text\":\"f\",\"age\":\"{}\",\"vnet\":0}}]}}\n",
            at + 1,
            ids[at],
            ids[1 - at],
            ids[at]
        )
    });
    let ran = run_with_input(&["convert", "-", "--to", "pcap"], lines.concat().as_bytes());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

#[test]
fn large_identities_survive_programs_that_read_numbers_as_doubles() {
    let fields = ["mbuf_trace.packet_id", "mbuf_trace.parent_id", "mbuf_trace.age"];
    let print = |bytes: &[u8]| {
        let arguments = fields.iter().flat_map(|field| ["-e", field]);
        let ran = run_with_input(&["print"].into_iter().chain(arguments).collect::<Vec<_>>(), bytes);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.text().to_owned()
    };
    for ids in
        [[1, 2], [(1 << 53) - 1, 1 << 53], [(1 << 53) + 1, (5 << 56) + 3], [u64::MAX - 2, u64::MAX - 1]]
    {
        let capture = with_ids(ids);
        let [a, b] = ids;
        assert_eq!(print(&capture), format!("{a}\t{b}\t{a}\n{b}\t{a}\t{b}\n"));
        let ndjson = convert(&capture, &["--to", "ndjson"]);
        for line in ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: serde_json::Value = serde_json::from_slice(line).unwrap();
            for id in [&line["packet_id"], &line["parent_id"], &line["events"][0]["age"]] {
                assert_eq!(id.is_string(), id.as_u64().is_none_or(|id| id > 1 << 53), "{line}");
            }
        }
        // As a program does that knows no other numbers: serde_json with every number as a double.
        let doubles = String::from_utf8(ndjson.clone()).unwrap();
        let doubles: Vec<String> = doubles.lines().map(|line| as_doubles(line).to_string()).collect();
        assert_eq!(print(doubles.join("\n").as_bytes()), print(&capture));
        // Numbers are read, too, as older versions wrote them.
        let numbers = String::from_utf8(ndjson).unwrap();
        let numbers =
            ids.iter().fold(numbers, |text, id| text.replace(&format!("\"{id}\""), &id.to_string()));
        assert_eq!(print(numbers.as_bytes()), print(&capture));
        let stats = ["stats", "--json", "--by", "mbuf_trace.packet_id", "max(mbuf_trace.age)"];
        let rows = run_with_input(&stats, &capture);
        for row in rows.text().lines().filter(|row| row.starts_with("{\"by\"")) {
            let row = as_doubles(row);
            let (by, max) = (&row["by"]["mbuf_trace.packet_id"], &row["results"]["max(mbuf_trace.age)"]);
            assert!(ids.iter().any(|id| by.to_string().trim_matches('"') == id.to_string()), "{row}");
            assert!(max.is_null() || by == max, "{row}");
        }
    }
}

/// The same with every number read as a double and written as a program does that knows no other ones.
fn as_doubles(text: &str) -> serde_json::Value {
    fn of(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Number(number) => {
                let double = number.as_f64().unwrap();
                let whole = double.fract() == 0.0 && double.abs() < 1e17;
                // Seventeen digits, as jq 1.6 writes them.
                *value = if whole {
                    serde_json::from_str(&format!("{double:.0}")).unwrap()
                } else {
                    double.into()
                };
            }
            serde_json::Value::Array(list) => list.iter_mut().for_each(of),
            serde_json::Value::Object(members) => members.values_mut().for_each(of),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(text).unwrap();
    of(&mut value);
    value
}

#[test]
fn what_is_no_identity_is_refused() {
    for bad in [
        "\"\"",
        "\"-1\"",
        "\"1.5\"",
        "\"18446744073709551616\"",
        "\"x\"",
        "1.8446744073709552e19",
        "-1",
        "[]",
    ] {
        let line = format!(
            "{{\"schema\":\"mbuf_trace/1\",\"packet\":1,\"time\":\"2026-01-01T00:00:00Z\",\"revision\":4,\
             \"packet_id\":{bad},\"events\":[]}}\n"
        );
        let ran = run_with_input(&["print"], line.as_bytes());
        assert_eq!(ran.code, 3, "{bad}: {}", ran.stderr);
        assert!(ran.stderr.contains("line 1"), "{bad}: {}", ran.stderr);
    }
}
