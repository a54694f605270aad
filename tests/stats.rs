//! `stats`: what it prints, and that it counts what tshark counts.

use crate::dissector::tshark::{Shell, is_here};
use crate::support::{at, capture_of, fixtures, folder, run, run_with_input, tool};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn stats(arguments: &[&str]) -> String {
    run(&[&["stats"], arguments].concat()).all()
}

#[test]
fn the_layout() {
    let tcp = "fixtures/tcp-rev4.pcap";
    let runs: [(&str, &[&str]); 8] = [
        ("by-address", &["--by", "ip.src", "fixtures/mixed.pcapng"]),
        ("by-port-and-address", &["--by", "ip.dst,tcp.dstport", "--by", "tcp.srcport", tcp]),
        ("top-functions", &["--by", "mbuf_trace.function", "--top", "3", tcp]),
        ("distribution", &["--by", "ip.dst", "-a", "quantize(ip.len)", tcp]),
        ("several", &["--by", "ip.dst", "-a", "avg(ip.len)", "-a", "lquantize(ip.ttl, 60, 66, 2)", tcp]),
        ("everything", &["-a", "count", "-a", "quantize(ip.len - 20)", "-a", "max(frame.time_epoch)", tcp]),
        ("intervals", &["--interval", "500us", "-a", "count", "-a", "sum(ip.len)", tcp]),
        ("json", &["--json", "--by", "ip.dst", "-a", "quantize(ip.len)", "-a", "avg(ip.len)", tcp]),
    ];
    for (name, arguments) in runs {
        insta::assert_snapshot!(name, stats(arguments));
    }
}

#[test]
fn what_cannot_be_asked() {
    let file = "fixtures/tcp-rev4.pcap";
    for arguments in [
        &["--by", "ip.scr"][..],
        &["-a", "sum(ip.src)"],
        &["-a", "quantise(ip.len)"],
        &["-a", "quantize(ip.len"],
        &["--interval", "0s"],
        &["--all-snapshots", "--by", "mbuf_trace.line,ip.src"],
        &["--top", "-1"],
    ] {
        let ran = run(&[&["stats"], arguments, &[file]].concat());
        assert_eq!((ran.code, ran.text()), (2, ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
    let ran = run(&["stats", "--by", "ip.scr", file]);
    assert!(ran.stderr.contains("did you mean `ip.src`?"), "{}", ran.stderr);
}

#[test]
fn what_does_not_count_is_told() {
    let none = run(&["stats", "-f", "tcp.port == 9", "fixtures/nat-rev4.pcap"]);
    assert_eq!((none.code, none.text()), (0, ""));
    assert_eq!(none.stderr, "mtrace-tool: 0 packets: the filter kept none of 4 packets\n");
    let ran = run(&["stats", "--by", "udp.dstport", "fixtures/mixed.pcapng"]);
    assert!(ran.stderr.contains("packets do not count: a field of --by has no value"), "{}", ran.stderr);
    let ran = run(&["stats", "-a", "sum(1 / {ip.ttl - ip.ttl})", "fixtures/tcp-rev4.pcap"]);
    assert_eq!(ran.text(), "");
    assert!(ran.stderr.contains("7 values left out: division by zero"), "{}", ran.stderr);
    let wide = "sum(frame.number * 0x7fffffffffffffff * 0x7fffffffffffffff)";
    let ran = run(&["stats", "-a", wide, "fixtures/tcp-rev4.pcap"]);
    assert!(ran.stderr.contains("too large for 128 bits"), "{}", ran.stderr);
}

/// On a pipe each interval is printed when a packet of a later one comes, be it one that the filter does not keep.
#[test]
fn a_live_capture_is_counted_as_it_comes() {
    // A packet a second.
    let packet = |second: usize| vec![if second == 6 { "b.c:1: two" } else { "a.c:1: one" }];
    let capture = capture_of(&(0..8).map(packet).collect::<Vec<_>>());
    let pieces: Vec<&[u8]> =
        std::iter::once(&capture[..24]).chain(capture[24..].chunks(capture[24..].len() / 8)).collect();
    for (json, filter) in [(false, "frame"), (true, "frame"), (false, "mbuf_trace.file == \"a.c\"")] {
        let mut command = tool();
        command.args(["stats", "--interval", "2s", "-f", filter]).args(json.then_some("--json"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut printed = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            stdin.write_all(piece).unwrap();
            // The header, then packets of seconds 0 to 7: after that of second 2, the first interval is over.
            if index >= 3 && index % 2 == 1 {
                if index == 3 && !json {
                    assert!(lines.next().unwrap().starts_with("intervals of 2s"));
                    assert_eq!(lines.next().unwrap(), "");
                }
                // This waits for ever where an interval waits for the end.
                printed.push(lines.next().unwrap());
            }
        }
        assert_eq!(printed.len(), 3);
        drop(stdin);
        printed.extend(lines);
        assert!(child.wait().unwrap().success());
        let whole = run_with_input(
            &["stats", "--interval", "2s", "-f", filter, if json { "--json" } else { "-acount" }],
            &capture,
        );
        let whole: Vec<&str> = whole.text().lines().skip(if json { 0 } else { 2 }).collect();
        assert_eq!(printed, whole);
        let count = if filter == "frame" { "2" } else { "1" };
        assert!(json || printed[3].ends_with(count), "{printed:?}");
    }
}

/// Where no packet comes any more, the clock says that an interval is over; what comes then is in a later one.
#[test]
fn an_interval_is_over_without_another_packet() {
    let capture = capture_of(&vec![vec!["a.c:1: one"]; 600]);
    let size = (capture.len() - 24) / 600;
    for json in [false, true] {
        let mut command = tool();
        command.args(["stats", "--interval", "1s"]).args(json.then_some("--json"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        stdin.write_all(&capture[..24 + size]).unwrap();
        // This waits for ever where an interval waits for another packet.
        let first: Vec<String> = lines.by_ref().take(if json { 1 } else { 3 }).collect();
        let shown = if json { r#""number":0"# } else { "0 <> 1 " };
        assert!(first.last().unwrap().contains(shown), "{first:?}");
        // Ten minutes on: a slow machine does not get there before.
        stdin.write_all(&capture[capture.len() - size..]).unwrap();
        drop(stdin);
        let rest: Vec<String> = lines.collect();
        let shown = if json { r#""number":599"# } else { "599 <> 600 " };
        assert!(rest.iter().any(|line| line.contains(shown)), "{rest:?}");
        assert!(child.wait().unwrap().success(), "none is late");
    }
}

#[test]
fn late_packets_are_told_and_counted() {
    let capture = capture_of(&vec![vec!["a.c:1: one"]; 4]);
    let length = capture[24..].len() / 4;
    let (header, packets) = capture.split_at(24);
    // Seconds 0, 2, 3, 1.
    let order = [0, 2, 3, 1].map(|at| &packets[at * length..][..length]).concat();
    let mixed = [header, &order].concat();
    let ran = run_with_input(&["stats", "--interval", "1s"], &mixed);
    insta::assert_snapshot!(ran.all());
    // In a file they stand where they belong.
    let folder = folder();
    let path = folder.path().join("mixed.pcap");
    std::fs::write(&path, mixed).unwrap();
    let ran = run(&["stats", "--interval", "1s", path.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.text().lines().filter(|line| line.ends_with(" 1")).count(), 4, "{}", ran.text());
}

/// Rows by the values of their keys.
type Rows = BTreeMap<Vec<String>, Vec<Value>>;

/// The rows of the JSON form: the results in the order in which the functions are asked for; with an interval, its
/// number is the first key.
fn rows(file: &Path, keys: &[&str], functions: &[&str], more: &[&str]) -> Rows {
    let mut arguments = vec!["stats", "--json", file.to_str().expect("UTF-8")];
    arguments.extend(keys.iter().flat_map(|key| ["--by", key]));
    arguments.extend(functions.iter().flat_map(|function| ["-a", function]));
    arguments.extend(more);
    let ran = run(&arguments);
    assert!(ran.code <= 1, "{}", ran.stderr);
    let lines = ran.text().lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = lines.filter(|line| line.get("by").is_some()).map(|line| {
        let by = keys.iter().map(|key| text(&line["by"][*key]));
        let interval = line.get("interval").map(|interval| interval["number"].to_string());
        let results = functions.iter().map(|function| line["results"][*function].clone());
        (interval.into_iter().chain(by).collect(), results.collect())
    });
    rows.collect()
}

/// Says what differs, and no more.
fn compare(ours: &Rows, theirs: &Rows, what: &str) {
    let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let different = keys.into_iter().filter(|key| ours.get(*key) != theirs.get(*key));
    let different: Vec<String> = different
        .map(|key| format!("{key:?}: tshark {:?}, here {:?}", theirs.get(key), ours.get(key)))
        .collect();
    assert!(different.is_empty(), "{what}:\n{}", different.join("\n"));
}

/// Lines of `tshark -T fields`, split into columns.
fn columns(shell: &Shell, file: &Path, fields: &[&str]) -> Vec<Vec<String>> {
    let mut arguments = vec!["-T", "fields", "-E", "separator=/t", "-E", "occurrence=f"];
    arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
    let output = shell.read(file, &arguments);
    output.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A few thousand made-up packets in each of two revisions, and some fixtures.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let made = ["3", "4"].map(|revision| {
        let encoding = revision.parse().expect("a revision");
        let recipe = trace_synth::Recipe { seed: 5, encoding, ..trace_synth::Recipe::default() };
        let path = folder.join(format!("made-{revision}.pcap"));
        std::fs::write(&path, recipe.capture(1000)).expect("a file");
        path
    });
    let root = at("fixtures");
    let fixtures = [
        "drop-rev4.pcapng",
        "fragments-rev2.pcap",
        "ipv6-rev1.pcap",
        "mixed.pcapng",
        "nat-rev3.pcap",
        "ping-rev1le.pcap",
        "tcp-rev4.pcapng",
        "vnet-rev4.pcap",
    ];
    made.into_iter().chain(fixtures.map(|name| root.join(name))).collect()
}

/// As an awk over `tshark -T fields` counts and calculates.
#[test]
fn keys_and_numbers_are_those_of_tshark() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    let asked: [&[&str]; 7] = [
        &["ip.src"],
        &["ip.src", "ip.dst"],
        &["ip.proto", "tcp.dstport"],
        &["ip.dst", "vlan.id"],
        &["ipv6.src"],
        &["mbuf_trace.last_function", "mbuf_trace.revision"],
        &["eth.src", "icmp.type"],
    ];
    let functions = ["count", "sum(frame.len)", "min(ip.len)", "max(ip.len)", "avg(ip.len)"];
    let mut compared = 0;
    for file in captures(folder.path()) {
        shell.share(folder.path());
        let mut fields = [asked.concat(), vec!["ip.len", "frame.len"]].concat();
        fields.sort_unstable();
        fields.dedup();
        let lines = columns(&shell, &file, &fields);
        for keys in asked {
            let mut gathered: BTreeMap<Vec<String>, (u64, u64, Vec<u64>)> = BTreeMap::new();
            for line in &lines {
                let of = |field: &str| {
                    let column = fields.iter().position(|name| *name == field).expect("a field");
                    line[column].clone()
                };
                let key: Vec<String> = keys.iter().map(|key| of(key)).collect();
                if key.iter().all(|value| !value.is_empty()) {
                    let (count, frames, lengths) = gathered.entry(key).or_default();
                    *count += 1;
                    *frames += of("frame.len").parse::<u64>().expect("a number");
                    lengths.extend(of("ip.len").parse::<u64>());
                }
            }
            let theirs = gathered.into_iter().map(|(key, (count, frames, lengths))| {
                let (min, max, sum) =
                    (lengths.iter().min(), lengths.iter().max(), lengths.iter().sum::<u64>());
                let average = (!lengths.is_empty()).then(|| sum as f64 / lengths.len() as f64);
                (key, vec![json!(count), json!(frames), json!(min), json!(max), json!(average)])
            });
            let (ours, theirs) = (rows(&file, keys, &functions, &[]), theirs.collect());
            compare(&ours, &theirs, &format!("{} by {keys:?}", file.display()));
            compared += ours.len();
        }
    }
    assert!(compared > 200, "only {compared} rows");
}

/// Every snapshot that differs, as tshark has them all with the dissector's preference for it.
#[test]
fn all_snapshots_are_those_of_tshark() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    // Not what is in a tunnel or quoted in an ICMP error: tshark shows the values of all headers alike.
    let one_header = "not udp.port == 4789 and not icmp.type == 3";
    for file in captures(folder.path()) {
        shell.share(folder.path());
        let mut arguments = vec!["-o", "mbuf_trace.all_snapshots:TRUE", "-Y", one_header];
        arguments.extend(["-T", "fields", "-e", "eth.src", "-e", "ip.ttl"]);
        for (column, field) in ["eth.src", "ip.ttl"].into_iter().enumerate() {
            let mut theirs = Rows::new();
            for line in shell.read(&file, &arguments).lines() {
                let values = line.split('\t').nth(column).unwrap_or_default();
                for value in values.split(',').filter(|value| !value.is_empty()) {
                    let row = theirs.entry(vec![value.to_owned()]).or_insert_with(|| vec![json!(0)]);
                    row[0] = json!(row[0].as_u64().expect("a count") + 1);
                }
            }
            let ours = rows(&file, &[field], &["count"], &["--all-snapshots", "-f", one_header]);
            compare(&ours, &theirs, &format!("{} by {field}", file.display()));
        }
    }
}

/// Each event counts, as each firing of a probe does.
#[test]
fn events_are_those_of_tshark() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    for file in captures(folder.path()) {
        shell.share(folder.path());
        let fields = ["-T", "fields", "-E", "aggregator=;", "-e", "mbuf_trace.function"];
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for line in shell.read(&file, &fields).lines() {
            for function in line.split(';').filter(|function| !function.is_empty()) {
                *counts.entry(function.to_owned()).or_default() += 1;
            }
        }
        let theirs =
            counts.into_iter().map(|(function, count)| (vec![function], vec![json!(count)])).collect();
        let ours = rows(&file, &["mbuf_trace.function"], &["count"], &[]);
        compare(&ours, &theirs, &file.display().to_string());
    }
}

/// Values of several fields of an event stay together: as NDJSON has them.
#[test]
fn fields_of_one_event_belong_together() {
    for name in ["fixtures/tcp-rev3.pcap", "fixtures/nat-rev4.pcap", "fixtures/malformed/unbalanced.pcap"] {
        let ndjson = run(&["convert", "--to", "ndjson", name]);
        let mut expected = Rows::new();
        for line in ndjson.text().lines() {
            let line: Value = serde_json::from_str(line).expect("JSON");
            for event in line["events"].as_array().into_iter().flatten() {
                let (Some(function), Some(line)) = (event["function"].as_str(), event["line"].as_u64())
                else {
                    continue;
                };
                let row =
                    expected.entry(vec![function.to_owned(), line.to_string()]).or_insert(vec![0.into()]);
                row[0] = (row[0].as_u64().expect("a count") + 1).into();
            }
        }
        assert!(expected.len() > 3, "{name}");
        let keys = ["mbuf_trace.function", "mbuf_trace.line"];
        assert_eq!(rows(Path::new(name), &keys, &["count"], &[]), expected, "{name}");
    }
}

/// As `tshark -z io,stat` has each interval from the first frame on. It rounds times to microseconds, so it is asked
/// only where they have no nanoseconds; there, `frame.time_relative` is.
#[test]
fn intervals_are_those_of_tshark() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    let functions = ["sum(frame.len)", "max(frame.cap_len)"];
    for file in captures(folder.path()) {
        shell.share(folder.path());
        let frames = columns(&shell, &file, &["frame.time_relative", "frame.len", "frame.cap_len"]);
        let microseconds = frames.iter().all(|frame| frame[0].ends_with("000"));
        for (interval, nanoseconds) in [("0.001", 1_000_000), ("10ms", 10_000_000), ("1", 1_000_000_000)] {
            let mut theirs = BTreeMap::<u64, (u64, u64)>::new();
            for frame in &frames {
                let (seconds, part) = frame[0].split_once('.').expect("a decimal point");
                let time: u64 = format!("{seconds}{part}").parse().expect("nanoseconds");
                let (sum, max) = theirs.entry(time / nanoseconds).or_default();
                *sum += frame[1].parse::<u64>().expect("a length");
                *max = frame[2].parse::<u64>().expect("a length").max(*max);
            }
            let rows_of = |intervals: &BTreeMap<u64, (u64, u64)>| -> Rows {
                let row = |(number, (sum, max)): (&u64, &(u64, u64))| {
                    (vec![number.to_string()], vec![json!(sum), json!(max)])
                };
                intervals.iter().map(row).collect()
            };
            let what = format!("{} in intervals of {interval}", file.display());
            let ours = rows(&file, &[], &functions, &["--interval", interval]);
            compare(&ours, &rows_of(&theirs), &what);
            if microseconds && !interval.ends_with("ms") {
                compare(&ours, &rows_of(&io_stat(&shell, &file, interval)), &format!("io,stat: {what}"));
            }
        }
    }
}

/// The rows of `tshark -z io,stat` that have something in them.
fn io_stat(shell: &Shell, file: &Path, interval: &str) -> BTreeMap<u64, (u64, u64)> {
    let statistic = format!("io,stat,{interval},SUM(frame.len)frame.len,MAX(frame.cap_len)frame.cap_len");
    let table = shell.read(file, &["-q", "-z", &statistic]);
    let rows = table.lines().filter(|line| line.contains("<>")).zip(0..).map(|(line, number)| {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        (number, (columns[2].parse::<u64>().expect("a sum"), columns[3].parse::<u64>().expect("a maximum")))
    });
    let rows: BTreeMap<u64, (u64, u64)> = rows.filter(|(_, (sum, _))| *sum > 0).collect();
    assert!(!rows.is_empty(), "{table}");
    rows
}

#[test]
fn nothing_of_a_capture_gets_out_raw() {
    let harmless =
        |text: &str| text.chars().all(|letter| letter == '\n' || !mbuf_trace::text::is_unsafe(letter));
    for name in fixtures() {
        let path = Path::new("fixtures").join(&name);
        let path = path.to_str().expect("UTF-8");
        for by in
            ["mbuf_trace.data", "mbuf_trace.bytes", "mbuf_trace.path,frame.interface_name", "mbuf_trace.args"]
        {
            let text = run(&["stats", "--by", by, path]);
            let json = run(&["stats", "--json", "--by", by, path]);
            for ran in [&text, &json] {
                assert!((0..=3).contains(&ran.code), "{name} {by}: {}", ran.stderr);
                assert!(harmless(ran.text()) && harmless(&ran.stderr), "{name} {by}");
            }
            // A record is a line, whatever is in it.
            let lines = json.text().lines().filter(|line| line.starts_with("{\"by\":")).count();
            assert_eq!(text.text().lines().count(), lines, "{name} {by}");
        }
    }
}

#[test]
fn files_are_counted_together() {
    let by = |more: &[&str]| {
        rows(Path::new("fixtures/ping-rev3.pcap"), &["mbuf_trace.revision"], &["count"], more)
    };
    let row = |revision: &str| (vec![revision.to_owned()], vec![json!(5)]);
    assert_eq!(by(&[]), Rows::from([row("3")]));
    assert_eq!(by(&["fixtures/ping-rev4.pcap"]), Rows::from([row("3"), row("4")]));
    let piped = run_with_input(&["stats"], &crate::support::fixture_bytes("ping-rev3.pcap"));
    assert_eq!(piped.text().trim(), "5");
    let empty = run(&["stats", "--by", "ip.src", "-f", "frame.number > 100", "fixtures/ping-rev3.pcap"]);
    assert_eq!((empty.code, empty.text()), (0, ""));
}

#[test]
fn a_top_of_0_is_all() {
    let all = run(&["stats", "--by", "ip.src", "fixtures/nat-rev3.pcap"]);
    assert_eq!(run(&["stats", "--by", "ip.src", "--top", "0", "fixtures/nat-rev3.pcap"]).text(), all.text());
}
