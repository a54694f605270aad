//! Every report, as text and as JSON: each packet is counted once.

use crate::check;
use crate::traces::Traces;
use serde_json::Value;
use std::sync::LazyLock;
use trace_fields::Field;
use trace_view::diff::{self, Difference, Side};
use trace_view::drops::Drops;
use trace_view::paths::{Paths, Steps};
use trace_view::stats::{self, Plan, Statistics};
use trace_view::tally::{GroupBy, Look};

const FILE: &str = "a.pcap";

/// Fields to group by, where the choice says so.
static GROUPS: LazyLock<Vec<&'static Field>> = LazyLock::new(|| {
    ["mbuf_trace.first_function", "ip.src"].into_iter().filter_map(Field::by_name).collect()
});

/// Questions to `stats`: keys and functions.
const QUESTIONS: [(&[&str], &[&str]); 5] = [
    (&["mbuf_trace.function"], &["count"]),
    (&["ip.src", "ip.dst"], &["sum(frame.len)", "avg(frame.len)"]),
    (&[], &["quantize(mbuf_trace.age)", "min(frame.len)", "max(frame.len)"]),
    (&["mbuf_trace.text"], &["count"]),
    (&["mbuf_trace.file", "mbuf_trace.line"], &["lquantize(frame.len, 0, 1000, 100)"]),
];

/// What a report writes.
fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).expect("memory does not fail");
    out
}

fn group(traces: &Traces<'_>) -> GroupBy {
    GroupBy::new(if traces.choice & 4 == 0 { Vec::new() } else { GROUPS.clone() })
}

fn steps(traces: &Traces<'_>) -> Steps {
    match traces.choice % 4 {
        0 | 1 => Steps::Functions,
        2 => Steps::Events,
        _ => Steps::EventsWithoutLines,
    }
}

/// How a report looks: as wide as it wants, or narrow.
fn look(traces: &Traces<'_>) -> Look {
    Look {
        width: (traces.choice & 8 != 0).then_some(60),
        files: vec![FILE.to_owned(), FILE.to_owned()],
        ..Look::default()
    }
}

/// The sum of a count over an array's objects.
fn sum(of: &Value, key: &str) -> u64 {
    of.as_array().expect("an array").iter().map(|one| one[key].as_u64().expect("a count")).sum()
}

pub(crate) fn stats(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (by, functions) = QUESTIONS[usize::from(traces.choice) % QUESTIONS.len()];
    let plan = Plan::new(&texts(by), &texts(functions), stats::Options::default());
    let plan = plan.expect("a sound question");
    let mut statistics = Statistics::new(plan);
    traces.subjects(|subject, _| statistics.add(subject));
    assert_eq!(statistics.counts().packets, traces.packets() as u64);
    check::harmless(&written(|out| statistics.write_text(out)));
    let lines = check::json_lines(&written(|out| statistics.write_json(out)));
    assert!(!lines.is_empty(), "the last line tells what was met");
}

pub(crate) fn paths(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let mut paths = Paths::new(steps(&traces), group(&traces));
    traces.subjects(|subject, moment| paths.add(subject, moment));
    let report = paths.report();
    check::harmless(&written(|out| report.write_text(out, &look(&traces), usize::MAX)));
    let found = check::json(&written(|out| report.write_json(out, &[FILE.to_owned()], usize::MAX)));
    assert_eq!(found["packets"], traces.event_counts().len());
    assert_eq!(sum(&found["paths"], "packets"), traces.event_counts().len() as u64);
    for id in 1..=report.paths() {
        assert!(report.example(id).is_some());
        check::harmless(&written(|out| report.write_path(out, &look(&traces), id)));
    }
}

pub(crate) fn drops(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let mut drops = Drops::new(group(&traces));
    traces.subjects(|subject, moment| drops.add(subject, moment));
    let report = drops.report();
    let all = traces.choice & 1 == 0;
    check::harmless(&written(|out| report.write_text(out, &look(&traces), usize::MAX, all)));
    let found = check::json(&written(|out| report.write_json(out, &[FILE.to_owned()], usize::MAX, all)));
    assert_eq!(found["packets"], traces.event_counts().len());
    let fates = found["fates"].as_object().expect("an object");
    let fated: u64 = fates.values().filter_map(Value::as_u64).sum();
    assert!(fated <= traces.event_counts().len() as u64);
}

/// The first half of the packets against the others.
pub(crate) fn diff(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let mut sides = [Side::new(steps(&traces)), Side::new(steps(&traces))];
    let half = (traces.packets() / 2) as u64;
    traces.subjects(|subject, moment| sides[usize::from(moment.packet > half)].add(subject, moment));
    let options = diff::Options {
        significance: 0.01,
        lines: traces.choice & 16 != 0,
        only_significant: traces.choice & 32 != 0,
    };
    let [first, second] = &sides;
    let found = Difference::new(first, second, options);
    check::harmless(&written(|out| found.write_text(out, &look(&traces), usize::MAX)));
    let files = [FILE.to_owned(), FILE.to_owned()];
    let json = check::json(&written(|out| found.write_json(out, &files, usize::MAX)));
    assert_eq!(json["differs"], found.differs());
    let counted = ["first", "second"].map(|side| json[side]["packets"].as_u64().expect("a count"));
    assert_eq!(counted.iter().sum::<u64>(), traces.event_counts().len() as u64);
}
