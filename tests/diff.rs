//! `diff`.

use crate::support::{Ran, capture_of, folder, run, run_with_input, tool};
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

/// A packet on a path; each step is at the line that its place in the path gives, moved by some lines.
fn packet(steps: &[&str], moved: u32) -> Vec<String> {
    (10..).zip(steps).map(|(line, step)| format!("/usr/src/sys/a.c:{}: +{step}", line * 10 + moved)).collect()
}

/// So many packets on each path.
fn traffic(paths: &[(&[&str], usize)], moved: u32) -> Vec<Vec<String>> {
    paths.iter().flat_map(|(steps, count)| std::iter::repeat_n(packet(steps, moved), *count)).collect()
}

/// Compares two captures; the first is a file, the second standard input.
fn diff(a: &[Vec<String>], b: &[Vec<String>], arguments: &[&str]) -> Ran {
    let folder = folder();
    std::fs::write(folder.path().join("a.pcap"), capture_of(a)).unwrap();
    let mut command = tool();
    command.current_dir(folder.path()).args(["diff", "a.pcap", "-"]).args(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool");
    child.stdin.take().expect("a pipe").write_all(&capture_of(b)).expect("the tool reads");
    child.wait_with_output().expect("the tool ends").into()
}

fn json(a: &[Vec<String>], b: &[Vec<String>], arguments: &[&str]) -> (i32, Value) {
    let ran = diff(a, b, &[&["--json"], arguments].concat());
    let value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran.code, value)
}

const PASS: &[&str] = &["ip_input", "pf_test", "ip_forward", "ether_output"];
const DROP: &[&str] = &["ip_input", "pf_test"];
const LOCAL: &[&str] = &["ip_input", "tcp_input"];

#[test]
fn text() {
    let before = traffic(&[(PASS, 300), (DROP, 30), (LOCAL, 100)], 0);
    let mut after = traffic(&[(PASS, 280), (DROP, 90), (LOCAL, 60)], 3);
    after.extend(traffic(&[(&["ip_input", "ip_reass"], 2)], 3));
    insta::assert_snapshot!("text", diff(&before, &after, &["--width", "80"]).all());
    insta::assert_snapshot!("steps", diff(&before, &after, &["--steps", "--top", "1"]).all());
    insta::assert_snapshot!("lines", diff(&before, &after, &["--lines"]).all());
    insta::assert_snapshot!("coloured", diff(&before, &after, &["--color", "always"]).all());
    insta::assert_snapshot!("same", run(&["diff", "fixtures/nat-rev2.pcap", "fixtures/nat-rev3.pcap"]).all());
}

#[test]
fn the_same_traffic_is_no_difference() {
    let before = traffic(&[(PASS, 300), (DROP, 30), (LOCAL, 100)], 0);
    // In another order, of another length, from another build, with a little noise.
    let mut after = traffic(&[(LOCAL, 205), (PASS, 590), (DROP, 61)], 7);
    after.rotate_left(99);
    for arguments in [&[][..], &["--steps"], &["--only-significant"]] {
        let (code, found) = json(&before, &after, arguments);
        assert_eq!((code, &found["differs"]), (0, &false.into()), "{arguments:?} {found}");
        assert_eq!(found["paths_same"], 3);
    }
    let moved = &json(&before, &after, &[]).1["moved"];
    assert_eq!(moved[0]["file"], "/usr/src/sys/a.c");
    assert_eq!((&moved[0]["least"], &moved[0]["most"]), (&7.into(), &7.into()));
    // Lines are a difference for whoever says so.
    let (code, found) = json(&before, &after, &["--lines"]);
    assert_eq!((code, found["positions_gone"].as_array().unwrap().len()), (1, 5));
    let (code, found) = json(&before, &after, &["--lines", "--steps"]);
    assert_eq!((code, found["paths_gone"].as_array().unwrap().len()), (1, 3));
}

#[test]
fn a_changed_share_is_news_and_noise_is_none() {
    let before = traffic(&[(PASS, 970), (DROP, 30)], 0);
    for (dropped, differs) in [(30, false), (40, false), (60, true), (5, true)] {
        let after = traffic(&[(PASS, 1000 - dropped), (DROP, dropped)], 0);
        let (code, found) = json(&before, &after, &[]);
        assert_eq!((code == 1, found["differs"].as_bool()), (differs, Some(differs)), "{dropped}");
        assert_eq!(found["paths_changed"].as_array().unwrap().len(), if differs { 2 } else { 0 });
    }
    // From Python: math.erfc(math.sqrt(g / 2)) with g = 2 * sum(o * log(o / e)).
    let (_, found) = json(&before, &traffic(&[(PASS, 940), (DROP, 60)], 0), &[]);
    let p = found["paths_changed"][0]["p"].as_f64().unwrap();
    assert!((p / 0.00109172067 - 1.0).abs() < 1e-6, "{p}");
}

#[test]
fn a_path_in_one_capture_only() {
    let before = traffic(&[(PASS, 200), (DROP, 1)], 0);
    let after = traffic(&[(PASS, 200)], 0);
    let (code, found) = json(&before, &after, &[]);
    assert_eq!((code, &found["paths_gone"][0]["path"]), (1, &"ip_input > pf_test".into()));
    assert_eq!(found["paths_gone"][0]["first"]["first"]["packet"], 201);
    // Once in 200 may be chance.
    assert_eq!(json(&before, &after, &["--only-significant"]).0, 0);
    let before = traffic(&[(PASS, 200), (DROP, 20)], 0);
    assert_eq!(json(&before, &after, &["--only-significant"]).0, 1);
}

/// A packet that leaves by an interface, and one that finds its queue full on the same path.
const SENT: &[&str] = &["+ip_output", "+if_transmit(em0)", "-if_transmit(0)", "-ip_output(0)"];
const FULL: &[&str] = &[
    "+ip_output",
    "+if_transmit(em0)",
    "drop: queue is full (errno 55)",
    "-if_transmit(55)",
    "-ip_output(0)",
];

fn sent_and_dropped(sent: usize, dropped: usize) -> Vec<Vec<String>> {
    let packet = |events: &[&str]| -> Vec<String> {
        (1..).zip(events).map(|(line, event)| format!("/usr/src/sys/net/if.c:{line}: {event}")).collect()
    };
    let packets = [(FULL, dropped), (SENT, sent)];
    packets.iter().flat_map(|(events, count)| std::iter::repeat_n(packet(events), *count)).collect()
}

#[test]
fn drops_on_the_same_path() {
    let (before, after) = (sent_and_dropped(49, 1), sent_and_dropped(5, 45));
    insta::assert_snapshot!("ends", diff(&before, &after, &["--width", "80"]).all());
    insta::assert_snapshot!(
        "returned",
        diff(&before, &after, &["--width", "80", "--steps", "--top", "1"]).all()
    );
    let (code, found) = json(&before, &after, &[]);
    assert_eq!((code, &found["differs"]), (1, &true.into()));
    let dropped = &found["reasons_changed"][0];
    assert_eq!((&dropped["fate"], &dropped["function"]), (&"dropped".into(), &"if_transmit".into()));
    assert_eq!((&dropped["reason"], &dropped["errno"]), (&"queue is full".into(), &55.into()));
    assert_eq!((&dropped["errno_name"], &dropped["second"]["share"]), (&"ENOBUFS".into(), &0.9.into()));
    assert_eq!((&dropped["first"]["first"]["packet"], &dropped["doubtful"]), (&1.into(), &false.into()));
    for arguments in [&["--only-significant"][..], &["--json", "--only-significant"], &["--steps", "--lines"]]
    {
        assert_eq!(diff(&before, &after, arguments).code, 1, "{arguments:?}");
    }
    // What chance does is none.
    assert_eq!(diff(&before, &sent_and_dropped(48, 2), &[]).code, 0);
}

/// Captures of the same traffic: one of them lost events, one is of another revision.
#[test]
fn ends_that_were_not_recorded_are_no_difference() {
    for (other, unrecorded, code) in [("short-rev4", 36, 1), ("interface-rev3", 0, 0)] {
        let other = format!("fixtures/real/{other}.pcap");
        let ran = run(&["diff", "--json", "fixtures/real/interface-rev4.pcap", &other]);
        let found: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!((ran.code, &found["second"]["ends_not_recorded"]), (code, &unrecorded.into()), "{other}");
        for sort in ["fates", "ends", "reasons"] {
            for list in ["gone", "added", "changed"] {
                let rows = found[format!("{sort}_{list}")].as_array().unwrap();
                assert!(rows.is_empty(), "{other}: {sort} {list} {rows:?}");
            }
        }
        assert!(found["undecided"].as_u64() > Some(0), "{other}");
    }
    let ran = run(&["diff", "fixtures/real/interface-rev4.pcap", "fixtures/real/short-rev4.pcap"]);
    let last: Vec<_> = ran.text().lines().rev().take(6).collect();
    insta::assert_snapshot!("incomplete", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

#[test]
fn trace_points_that_are_another_one_do_not_move() {
    let with = |texts: &[&str]| vec![texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(); 5];
    for (before, after, lone, moved) in [
        (["a.c:10: old check", "a.c:20: +f"], ["a.c:13: old check", "a.c:23: +f"], 0, 2),
        (["a.c:10: old check", "a.c:20: +f"], ["a.c:13: new check", "a.c:23: +f"], 2, 1),
        (["a.c:10: len 60", "a.c:20: +f"], ["a.c:13: len 1500", "a.c:23: +f"], 0, 2),
        // They changed places: one of them is where it was, but for the other one.
        (["a.c:10: a check", "a.c:20: +f"], ["a.c:13: +f", "a.c:23: a check"], 2, 1),
    ] {
        let (code, found) = json(&with(&before), &with(&after), &[]);
        let [gone, added] =
            ["gone", "added"].map(|list| found[format!("positions_{list}")].as_array().unwrap().len());
        assert_eq!(
            (gone + added, &found["moved"][0]["positions"]),
            (lone, &moved.into()),
            "{before:?} {after:?}"
        );
        assert_eq!(code == 1, lone > 0, "{before:?} {after:?}");
    }
}

#[test]
fn functions_and_positions_gone_and_added() {
    let with = |texts: &[&str]| vec![texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(); 5];
    let before = with(&["a.c:10: +ip_input", "a.c:15: old check", "a.c:20: gone", "a.c:30: -ip_input"]);
    let after =
        with(&["a.c:13: +ip_input", "a.c:18: old check", "a.c:28", "a.c:40: m_freem", "a.c:33: -ip_input"]);
    let (code, found) = json(&before, &after, &[]);
    assert_eq!(code, 1);
    assert_eq!(found["functions_gone"][0]["function"], "gone");
    assert_eq!(found["functions_added"][0]["function"], "m_freem");
    // The functions say that their positions are gone or new.
    assert_eq!(found["positions_gone"].as_array().unwrap().len(), 0);
    assert_eq!(found["positions_added"].as_array().unwrap().len(), 1);
    assert_eq!(found["positions_added"][0]["line"], 28);
    assert_eq!(found["moved"][0]["positions"], 3);
}

#[test]
fn the_order_of_packets_changes_nothing() {
    let before = traffic(&[(PASS, 100), (DROP, 30), (LOCAL, 10)], 0);
    let mut after = traffic(&[(PASS, 50), (DROP, 90), (&["ip_input", "ip_reass"], 4)], 0);
    let shares = |found: &Value| {
        let rows = ["paths_gone", "paths_added", "paths_changed"]
            .map(|sort| found[sort].as_array().unwrap().clone());
        rows.concat().iter().map(|row| (row["path"].clone(), row["p"].clone())).collect::<Vec<_>>()
    };
    let expected = shares(&json(&before, &after, &[]).1);
    assert_eq!(expected.len(), 4);
    after.reverse();
    assert_eq!(shares(&json(&before, &after, &[]).1), expected);
    after.rotate_left(41);
    assert_eq!(shares(&json(&before, &after, &[]).1), expected);
}

#[test]
fn all_revisions_are_the_same() {
    for scene in ["drop", "fragments", "ipv6", "nat", "ping", "tcp", "vnet"] {
        for revision in ["1", "1le", "2", "3"] {
            let ran = run(&[
                "diff",
                &format!("fixtures/{scene}-rev{revision}.pcap"),
                &format!("fixtures/{scene}-rev4.pcap"),
            ]);
            assert_eq!(ran.code, 0, "{scene}-rev{revision}: {}", ran.all());
        }
    }
}

#[test]
fn exit_status() {
    let ran = run(&["diff", "-", "-"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = run(&["diff", "fixtures/nat-rev3.pcap", "/nonexistent"]);
    assert_eq!((ran.code, ran.text()), (3, ""));
    let ran = run(&["diff", "--significance", "2", "a", "b"]);
    assert_eq!(ran.code, 2);
    let ran = run(&["diff", "fixtures/nat-rev3.pcap", "fixtures/nat-rev3.pcap"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let ran = run(&["diff", "--significance", "1", "fixtures/nat-rev3.pcap", "fixtures/nat-rev3.pcap"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    // Damage is not forgotten because the rest is the same.
    let damaged = "fixtures/malformed/count-too-high.pcap";
    assert_eq!(run(&["diff", damaged, damaged]).code, 1);
    let ran = run(&["diff", "-f", "udp", "fixtures/nat-rev3.pcap", "fixtures/nat-rev2.pcap"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let ran = run_with_input(&["diff", "-", "fixtures/nat-rev3.pcap"], &capture_of(&[packet(PASS, 0)]));
    assert_eq!(ran.code, 1, "{}", ran.all());
}

/// A filter with a typing error takes nothing on either side, which is not the same on both.
#[test]
fn what_was_not_compared_is_no_success() {
    let (before, after) = ("fixtures/forward-before.pcap", "fixtures/forward-after.pcap");
    let none = |file: &str| format!("mtrace-tool: {file}: the filter kept none of 5 packets\n");
    let filter = "mbuf_trace.function == \"ip_forwrd\"";
    let ran = run(&["diff", "-f", filter, before, after]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, (none(before) + &none(after)).as_str()));
    assert!(ran.text().ends_with("There is nothing to compare.\n"), "{}", ran.text());
    let ran = run(&["diff", "--json", "-f", filter, before, after]);
    let found: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((ran.code, &found["comparable"]), (1, &false.into()));
    // On one side only, and too few for the test.
    let one = "mbuf_trace.function == \"ip_forward\" and frame.number == 1";
    let ran = run(&["diff", "--only-significant", "-f", one, before, after]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, none(before).as_str()));
    assert!(ran.text().ends_with("There is nothing to compare.\n"), "{}", ran.text());
    let empty = run(&["filter", "tcp.port == 9", before]).stdout;
    let ran = run_with_input(&["diff", "-", before], &empty);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, "mtrace-tool: standard input: no packet was read\n"));
}

#[test]
fn hostile_names_are_harmless() {
    let a = vec![vec!["\x1b[2J.c:1: +f(\x1b[31m)".to_owned(), "a\u{202e}.c:3: \x07".to_owned()]];
    let b = vec![vec!["b\x1b.c:1: +g".to_owned()]];
    for arguments in [&[][..], &["--steps"], &["--json", "--steps"]] {
        let ran = diff(&a, &b, arguments);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let harmless = |letter: char| letter == '\n' || !mbuf_trace::text::is_unsafe(letter);
        assert!(ran.text().chars().all(harmless), "{:?}", ran.text());
    }
}

#[test]
fn lines_fit_whatever_the_names() {
    let long = "f".repeat(200);
    let ran = diff(&[packet(PASS, 0)], &[packet(&[&long, "ip_input"], 0)], &["--width", "80"]);
    let differences = ran.text().lines().filter(|line| !line.starts_with(['-', '+']) || line.contains("fff"));
    let too_long = differences.into_iter().find(|line| line.chars().count() > 80);
    assert_eq!(too_long, None, "{}", ran.text());
}
