//! `print`.

use crate::support::{fixture, fixtures, run, run_with_input, tool};
use std::collections::BTreeSet;

fn print(name: &str, more: &[&str]) -> String {
    let path = fixture(name);
    let mut arguments = vec!["print", path.to_str().unwrap()];
    arguments.extend(more);
    run(&arguments).all()
}

#[test]
fn the_scenes() {
    for name in ["ping-rev3.pcap", "tcp-rev3.pcap", "nat-rev4.pcap", "drop-rev4.pcapng", "vnet-rev4.pcapng"] {
        insta::assert_snapshot!(name, print(name, &[]));
    }
}

#[test]
fn narrow_and_wide() {
    for name in ["nat-rev4.pcap", "drop-rev4.pcap", "ipv6-rev3.pcap", "malformed/odd-text-typed.pcap"] {
        for width in ["80", "200"] {
            insta::assert_snapshot!(format!("{name}-{width}"), print(name, &["--width", width]));
        }
    }
}

/// Of every fixture, at widths that cut in all places.
#[test]
fn no_line_is_wider_than_asked_for() {
    use unicode_width::UnicodeWidthStr;
    for name in fixtures() {
        let path = fixture(&name);
        for width in [40, 57, 80] {
            for more in [&[][..], &["--hex"], &["--wire-order"]] {
                let wanted = width.to_string();
                let arguments = [&["print", "--width", &wanted, path.to_str().unwrap()], more].concat();
                for line in run(&arguments).text().lines() {
                    // The dump of a deep step may need more than the narrowest.
                    let most = if more == ["--hex"] { width.max(90) } else { width };
                    assert!(line.width() <= most, "{name} {width} {more:?}: {line:?}");
                }
            }
        }
    }
}

#[test]
fn hex() {
    insta::assert_snapshot!(print("nat-rev4.pcap", &["--hex", "--first", "1"]));
    let coloured = print("nat-rev4.pcap", &["--hex", "--first", "1", "--color", "always", "--width", "80"]);
    insta::assert_snapshot!("hex-in-colours", coloured.replace('\x1b', "␛"));
}

#[test]
fn calls_as_ftrace_lays_them_out() {
    for name in
        ["nat-rev4.pcap", "tcp-rev3.pcap", "malformed/unbalanced.pcap", "malformed/odd-text-typed.pcap"]
    {
        let graph = print(name, &["--style", "function-graph", "--no-fold"]);
        // Five thousand calls that never return say little.
        let cut = graph.lines().filter(|line| !line.ends_with("f() {")).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(format!("graph-{name}"), cut);
        for line in graph.lines().filter(|line| line.contains('|') && !line.starts_with('#')) {
            let columns: Vec<char> = line.chars().collect();
            assert_eq!((columns[2], columns[18]), (')', '|'), "{line}");
        }
    }
}

#[test]
fn explained_in_json() {
    let text = print("nat-rev4.pcap", &["--json", "--first", "1"]);
    insta::assert_snapshot!(text.replace("},{", "},\n{"));
    let drop = run(&["print", "--json", "--first", "1", "fixtures/drop-rev4.pcap"]);
    let packet: serde_json::Value = serde_json::from_str(drop.text()).unwrap();
    assert_eq!(packet["end"]["errno"], 13);
    assert_eq!(packet["end"]["dropped"], true);
    assert_eq!(packet["end"]["function"], "pf_test");
    for name in fixtures() {
        let path = fixture(&name);
        let ran = run(&["print", "--json", path.to_str().unwrap()]);
        for line in ran.text().lines() {
            let packet: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(packet["packet"].is_u64(), "{name}: {line}");
            let steps = packet["steps"].as_array().into_iter().flatten();
            for (step, number) in steps.zip(1..) {
                assert_eq!(step["step"], number, "{name}");
            }
        }
    }
}

/// Every key that JSON has is in the page about it, and every key of the page is there.
#[test]
fn json_is_documented() {
    fn keys(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                found.extend(map.keys().cloned());
                // Addresses have names of fields.
                let values = map.iter().filter(|(key, _)| *key != "addresses");
                values.for_each(|(_, value)| keys(value, found));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for name in fixtures()
        .into_iter()
        .chain(["real/short-rev4.pcap".to_owned(), "real/interface-rev4.pcap".to_owned()])
    {
        let path = format!("fixtures/{name}");
        let ran = run(&["print", "--json", "--hex", &path, "fixtures/ping-rev1.pcap"]);
        for line in ran.text().lines() {
            let packet: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(packet["schema"], "mbuf_trace.print/1", "{name}");
            assert!(packet["file"].as_str().unwrap().starts_with("fixtures"), "{name}");
            keys(&packet, &mut found);
        }
    }
    let page = include_str!("../docs/print.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let documented: BTreeSet<String> =
        rows.flat_map(|(names, _)| names.split("`, `").map(str::to_owned)).collect();
    let missing: Vec<_> = found.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/print.md does not tell of {missing:?}");
    // Rare enough that no fixture has them.
    let rare = ["wrong", "count", "occurrence", "returned", "place"].map(str::to_owned);
    let unknown: Vec<_> = documented.difference(&found).filter(|key| !rare.contains(key)).collect();
    assert!(unknown.is_empty(), "nothing has {unknown:?}");
}

#[test]
fn bytes_have_no_place_in_a_graph() {
    let ran = run(&["print", "--hex", "--style", "function-graph", "fixtures/ping-rev3.pcap"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn repetitions_are_folded() {
    let folded = print("malformed/unbalanced.pcap", &["--range", "3..3"]);
    assert!(folded.contains(" 1  +f ×5000\n"), "{folded}");
    let all = print("malformed/unbalanced.pcap", &["--range", "3..3", "--no-fold"]);
    assert_eq!(all.matches("+f\n").count(), 5000);
}

#[test]
fn prefixes_are_left_out() {
    let whole = print("ping-rev3.pcap", &["--strip-prefix", "", "--first", "1"]);
    assert!(whole.contains("  /usr/src/sys/net/if.c:3982\n"), "{whole}");
    let short = print("ping-rev3.pcap", &["--strip-prefix", "/usr/src/sys/", "--first", "1"]);
    assert!(short.contains("  net/if.c:3982\n"), "{short}");
}

#[test]
fn what_is_malformed() {
    for name in
        ["malformed/count-too-high.pcap", "malformed/odd-text.pcap", "malformed/unknown-type-rev3.pcap"]
    {
        insta::assert_snapshot!(name, print(name, &[]));
    }
}

#[test]
fn wire_order_is_the_other_way_round() {
    insta::assert_snapshot!(print("tcp-rev3.pcap", &["--wire-order", "--first", "1"]));
}

#[test]
fn fields() {
    let fields = ["-e", "frame.number", "-e", "ip.src", "-e", "tcp.dstport", "-e", "mbuf_trace.line"];
    insta::assert_snapshot!(print("tcp-rev3.pcap", &fields));
}

#[test]
fn an_unknown_field_is_suggested() {
    let ran = run(&["print", "-e", "mbuf_trace.functon", "fixtures/ping-rev3.pcap"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("mbuf_trace.function"), "{}", ran.stderr);
}

#[test]
fn all_revisions_tell_the_same_story() {
    let story = |name: &str| {
        let path = fixture(name);
        let fields = ["mbuf_trace.path", "mbuf_trace.args", "ip.src", "ip.ttl", "tcp.srcport"];
        let mut arguments = vec!["print", path.to_str().unwrap()];
        arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
        let ran = run(&arguments);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        ran.text().to_owned()
    };
    for scene in ["ping", "tcp", "ipv6"] {
        let expected = story(&format!("{scene}-rev3.pcap"));
        for other in ["rev2.pcap", "rev4.pcap"] {
            assert_eq!(story(&format!("{scene}-{other}")), expected, "{scene} {other}");
        }
    }
}

#[test]
fn colours_and_links_where_they_are_asked_for() {
    let mut command = tool();
    command.env_remove("NO_COLOR").args([
        "print",
        "--color",
        "always",
        "--first",
        "1",
        "fixtures/ping-rev3.pcap",
    ]);
    command.args(["--link-template", "vscode://file{path}:{line}"]);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\x1b]8;;vscode://file/usr/src/sys/net/if.c:"), "{text:?}");
    assert!(text.contains("\x1b[1m"));
    let plain = run(&["print", "--first", "1", "fixtures/ping-rev3.pcap"]);
    assert!(!plain.text().contains('\x1b'));
}

#[test]
fn nothing_of_a_capture_reaches_the_terminal_raw() {
    let harmless = |text: &str| {
        text.chars().all(|letter| matches!(letter, '\n' | '\t') || !mbuf_trace::text::is_unsafe(letter))
    };
    for name in fixtures() {
        let path = fixture(&name);
        let path = path.to_str().unwrap();
        let commands: [&[&str]; 9] = [
            &["print"],
            &["print", "--hex", "--wire-order"],
            &["print", "--style", "function-graph"],
            &["print", "--json"],
            &["print", "-e", "mbuf_trace.data", "-e", "mbuf_trace.bytes", "-e", "frame.interface_name"],
            &["info"],
            &["info", "--json"],
            &["check"],
            &["convert", "--to", "ndjson"],
        ];
        for command in commands {
            let ran = run(&[command, &[path]].concat());
            assert!((0..=3).contains(&ran.code), "{name} {command:?}: {}", ran.stderr);
            assert!(harmless(ran.text()), "{name} {command:?}");
            assert!(harmless(&ran.stderr), "{name} {command:?}");
        }
    }
}

#[test]
fn a_hostile_file_name_is_escaped() {
    let ran = run(&["print", "no\x1b[31msuch\nfile"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.stderr.lines().count(), 1, "{:?}", ran.stderr);
    assert!(!ran.stderr.contains('\x1b'));
}

#[test]
fn several_files_and_standard_input() {
    let ran = run(&["print", "-e", "frame.number", "fixtures/ping-rev3.pcap", "fixtures/ping-rev4.pcap"]);
    assert_eq!(ran.text(), "1\n2\n3\n4\n5\n1\n2\n3\n4\n5\n");
    let input = crate::support::fixture_bytes("ping-rev3.pcap");
    let piped = run_with_input(&["print", "-e", "frame.number"], &input);
    assert_eq!(piped.text(), "1\n2\n3\n4\n5\n");
    let missing = run(&["print", "-e", "frame.number", "no-such-file", "fixtures/ping-rev3.pcap"]);
    assert_eq!((missing.code, missing.text()), (3, "1\n2\n3\n4\n5\n"));
    assert!(missing.stderr.contains("no-such-file"));
}
