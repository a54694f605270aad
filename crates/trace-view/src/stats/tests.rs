//! Statistics against sums done plainly, and their bounds.

use super::*;
use capture_file::Resolution;
use proptest::prelude::*;
use std::collections::BTreeMap;
use trace_fields::PacketView;

fn statistics(by: &[&str], functions: &[&str], options: Options, room: usize) -> Statistics {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Statistics::with_room(Plan::new(&owned(by), &owned(functions), options).unwrap(), room)
}

fn packet(number: u64, length: u32, time: Option<u64>) -> PacketView<'static> {
    let time = time.map(|ticks| Timestamp::from_ticks(ticks, Resolution::MICROS, 0));
    PacketView { number, original_len: length, time, ..PacketView::of_bytes(b"") }
}

fn text(statistics: &Statistics) -> String {
    let mut out = Vec::new();
    statistics.write_text(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

proptest! {
    /// The order of the packets does not matter, and the results are those of plain loops.
    #[test]
    fn as_plain_loops(lengths in proptest::collection::vec(any::<u32>(), 1..200)) {
        let functions = ["count", "sum(frame.len)", "min(frame.len)", "max(-frame.len)", "avg(frame.len)"];
        let count = |lengths: &mut dyn Iterator<Item = &u32>| {
            let mut statistics = statistics(&["frame.len % 3"], &functions, Options::default(), 1 << 20);
            lengths.for_each(|length| statistics.add(&Subject::new(packet(1, *length, None))));
            let mut out = Vec::new();
            statistics.write_json(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let json = count(&mut lengths.iter());
        prop_assert_eq!(&json, &count(&mut lengths.iter().rev()));
        let mut plain: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        lengths.iter().for_each(|length| plain.entry(length % 3).or_default().push(*length));
        for line in json.lines().filter(|line| line.starts_with("{\"by\"")) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let of = &plain[&u32::try_from(line["by"]["frame.len % 3"].as_u64().unwrap()).unwrap()];
            let results = &line["results"];
            let sum: u64 = of.iter().map(|length| u64::from(*length)).sum();
            prop_assert_eq!(results["count"].as_u64().unwrap(), of.len() as u64);
            prop_assert_eq!(results["sum(frame.len)"].as_u64().unwrap(), sum);
            prop_assert_eq!(results["min(frame.len)"].as_u64(), of.iter().min().copied().map(u64::from));
            prop_assert_eq!(-results["max(-frame.len)"].as_i64().unwrap(), i64::from(*of.iter().min().unwrap()));
            // serde_json reads floating point to within one unit in the last place.
            let average = results["avg(frame.len)"].as_f64().unwrap() * of.len() as f64 / (sum.max(1) as f64);
            prop_assert!(sum == 0 || (average - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn a_million_keys() {
    let top = Options { top: Some(2), ..Options::default() };
    let mut statistics = statistics(&["frame.number"], &[], top, 1 << 30);
    for number in (1..=1_000_000).chain([7, 8, 8]) {
        statistics.add(&Subject::new(packet(number, 0, None)));
    }
    assert_eq!((statistics.table.len(), statistics.counts().left_out), (1_000_000, 0));
    let lines: Vec<Vec<String>> =
        text(&statistics).lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
    assert_eq!(lines, [["7", "2"], ["8", "3"]]);
}

#[test]
fn more_keys_than_there_is_room_for() {
    let mut statistics = statistics(&["frame.number"], &[], Options::default(), 100_000);
    for _ in 0..2 {
        for number in 1..=10_000 {
            statistics.add(&Subject::new(packet(number, 0, None)));
        }
    }
    let kept = statistics.table.len();
    assert!((100..5000).contains(&kept), "{kept}");
    assert_eq!(statistics.counts().left_out, 2 * (10_000 - kept as u64));
    assert!(text(&statistics).lines().all(|line| line.ends_with(" 2")));
}

#[test]
fn packets_without_a_time_are_in_no_interval() {
    let interval = Some("1ms".parse().unwrap());
    let mut statistics = statistics(&[], &[], Options { interval, ..Options::default() }, 1 << 20);
    for time in [Some(5000), None, Some(4999), Some(2_005_000), Some(5999)] {
        statistics.add(&Subject::new(packet(1, 0, time)));
    }
    assert_eq!(statistics.counts().packets_without_time, 1);
    insta::assert_snapshot!(text(&statistics));
}

/// The answer of these packets, each with its microseconds, as it is written bit by bit, and how much of it there was
/// before each packet.
fn as_they_end(by: &[&str], functions: &[&str], json: bool, times: &[u64]) -> (String, Vec<usize>) {
    let interval = Some("1ms".parse().unwrap());
    let options = Options { interval, as_they_end: true, ..Options::default() };
    let mut statistics = statistics(by, functions, options, 1 << 20);
    let (mut out, mut before) = (Vec::new(), Vec::new());
    for (number, time) in (1..).zip(times) {
        let packet = packet(number, 100, Some(*time));
        if let Some(until) = statistics.ends(&packet) {
            match json {
                true => statistics.write_ended_json(&mut out, until).unwrap(),
                false => statistics.write_ended_text(&mut out, until).unwrap(),
            }
        }
        before.push(out.len());
        statistics.add(&Subject::new(packet));
    }
    match json {
        true => statistics.write_json(&mut out).unwrap(),
        false => statistics.write_text(&mut out).unwrap(),
    }
    (String::from_utf8(out).unwrap(), before)
}

/// The same bytes as at the end, where there is one function, and in JSON always.
#[test]
fn intervals_are_written_as_they_end() {
    let times = [0, 10, 999, 1000, 1500, 5000, 5001, 9999];
    for (by, functions, json) in [
        (&[][..], &["count"][..], false),
        (&[], &["sum(frame.len)"], false),
        (&["frame.number"], &["count"], false),
        (&[], &["quantize(frame.len)"], false),
        (&["frame.number % 2"], &["count", "avg(frame.len)"], true),
    ] {
        let options = Options { interval: Some("1ms".parse().unwrap()), ..Options::default() };
        let mut whole = statistics(by, functions, options, 1 << 20);
        for (number, time) in (1..).zip(times) {
            whole.add(&Subject::new(packet(number, 100, Some(time))));
        }
        let mut expected = Vec::new();
        match json {
            true => whole.write_json(&mut expected).unwrap(),
            false => whole.write_text(&mut expected).unwrap(),
        }
        let (text, before) = as_they_end(by, functions, json, &times);
        assert_eq!(text, String::from_utf8(expected).unwrap(), "{by:?} {functions:?}");
        let grew: Vec<bool> = before.windows(2).map(|two| two[0] < two[1]).collect();
        assert_eq!(grew, [false, false, true, false, true, false, true], "{by:?} {functions:?}");
    }
}

#[test]
fn late_packets_are_written_at_the_end() {
    let times = [5000, 6000, 5001, 4999, 6001, 8000, 6002];
    let mut all = as_they_end(&[], &["count", "sum(frame.len)"], false, &times).0;
    all.push_str(&as_they_end(&[], &["count"], true, &times).0);
    insta::assert_snapshot!(all);
}

/// What an interval took is given back when it has been written.
#[test]
fn any_number_of_intervals_has_room() {
    let options = Options { interval: Some("1ms".parse().unwrap()), as_they_end: true, ..Options::default() };
    let mut statistics = statistics(&["frame.number"], &[], options, 10_000);
    for number in 1..=1000 {
        let packet = packet(number, 0, Some(number * 1000));
        if let Some(until) = statistics.ends(&packet) {
            statistics.write_ended_json(&mut std::io::sink(), until).unwrap();
        }
        statistics.add(&Subject::new(packet));
    }
    assert_eq!((statistics.counts().left_out, statistics.written.keys), (0, 999));
}
