//! Differences as JSON: one object.

use super::ends::EndKey;
use super::moves::Lone;
use super::returns::Returned;
use super::rows::{Row, Rows};
use super::{Difference, Side};
use crate::json;
use crate::paths::{Path, StepList, Steps, joined};
use crate::tally::{Count, MomentJson, share};
use mbuf_trace::Text;
use serde::Serialize;
use std::io::{self, Write};

/// What an object like this is.
const SCHEMA: &str = "mbuf_trace.diff/1";

#[derive(Serialize)]
struct DifferenceJson<'a> {
    schema: &'static str,
    differs: bool,
    comparable: bool,
    uncertain: bool,
    different_revisions: bool,
    significance: f64,
    first: SideJson<'a>,
    second: SideJson<'a>,
    fates_gone: Vec<RowJson<EndJson>>,
    fates_added: Vec<RowJson<EndJson>>,
    fates_changed: Vec<RowJson<EndJson>>,
    fates_same: u64,
    ends_gone: Vec<RowJson<EndJson>>,
    ends_added: Vec<RowJson<EndJson>>,
    ends_changed: Vec<RowJson<EndJson>>,
    ends_same: u64,
    reasons_gone: Vec<RowJson<EndJson>>,
    reasons_added: Vec<RowJson<EndJson>>,
    reasons_changed: Vec<RowJson<EndJson>>,
    reasons_same: u64,
    undecided: u64,
    returned_gone: Vec<RowJson<ReturnedJson>>,
    returned_added: Vec<RowJson<ReturnedJson>>,
    returned_changed: Vec<RowJson<ReturnedJson>>,
    returned_same: u64,
    paths_gone: Vec<RowJson<PathJson<'a>>>,
    paths_added: Vec<RowJson<PathJson<'a>>>,
    paths_changed: Vec<RowJson<PathJson<'a>>>,
    paths_same: u64,
    functions_gone: Vec<FunctionJson>,
    functions_added: Vec<FunctionJson>,
    positions_gone: Vec<PositionJson>,
    positions_added: Vec<PositionJson>,
    moved: Vec<MovedJson>,
}

#[derive(Serialize)]
struct SideJson<'a> {
    file: &'a str,
    packets: u64,
    paths: usize,
    other_packets: u64,
    cut: u64,
    incomplete: u64,
    lost_events: u64,
    ends_not_recorded: u64,
}

/// What is compared, with how many packets have it.
#[derive(Serialize)]
struct RowJson<T> {
    #[serde(flatten)]
    what: T,
    first: CountJson,
    second: CountJson,
    p: f64,
    p_adjusted: f64,
    doubtful: bool,
}

#[derive(Serialize)]
struct PathJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    steps: StepList<'a>,
}

/// A fate; with a function, an end; with a reason, that of a drop.
#[derive(Serialize)]
struct EndJson {
    fate: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<Option<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno_name: Option<Option<&'static str>>,
}

#[derive(Serialize)]
struct ReturnedJson {
    function: String,
    returned: Option<String>,
}

#[derive(Serialize)]
struct CountJson {
    packets: u64,
    of: u64,
    share: f64,
    incomplete: u64,
    first: Option<MomentJson<'static>>,
    last: Option<MomentJson<'static>>,
}

#[derive(Serialize)]
struct FunctionJson {
    function: String,
    times: u64,
    first_packet: u64,
}

#[derive(Serialize)]
struct PositionJson {
    file: String,
    line: u32,
    function: Option<String>,
    text: String,
    times: u64,
    first_packet: u64,
}

#[derive(Serialize)]
struct MovedJson {
    file: String,
    positions: u64,
    least: i64,
    most: i64,
}

fn lossy(text: Text<'_>) -> String {
    String::from_utf8_lossy(text.as_bytes()).into_owned()
}

impl<'a> SideJson<'a> {
    fn new(side: &Side, file: Option<&'a String>) -> Self {
        let tally = side.paths.tally();
        Self {
            file: file.map_or("", String::as_str),
            packets: tally.packets(),
            paths: tally.iter().count(),
            other_packets: tally.others(),
            cut: side.paths.incomplete().cut,
            incomplete: side.paths.incomplete().traces,
            lost_events: side.paths.incomplete().lost,
            ends_not_recorded: side.ends.unrecorded().map_or(0, |count| count.packets),
        }
    }
}

impl<T> RowJson<T> {
    fn new(what: T, row: &Row<'_>) -> Self {
        let [in_a, in_b] = row.counts;
        let [of_a, of_b] = row.whole;
        Self {
            what,
            first: CountJson::new(in_a, of_a),
            second: CountJson::new(in_b, of_b),
            p: row.probability,
            p_adjusted: row.adjusted,
            doubtful: row.is_doubtful,
        }
    }
}

/// How much an object says of an end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    Fate,
    Function,
    Reason,
}

impl EndJson {
    fn new(key: &[u8], detail: Detail) -> Self {
        let end = EndKey::read(key);
        let (function, reason) = (detail >= Detail::Function, detail >= Detail::Reason);
        Self {
            fate: end.fate.name(),
            function: function.then(|| end.function.map(lossy)),
            reason: reason.then(|| end.reason.map(lossy)),
            errno: reason.then_some(end.errno),
            errno_name: reason.then(|| end.errno_name()),
        }
    }
}

impl CountJson {
    fn new(count: Option<&Count>, of: u64) -> Self {
        let packets = count.map_or(0, |count| count.packets);
        Self {
            packets,
            of,
            share: share(packets, of),
            incomplete: count.map_or(0, |count| count.incomplete),
            first: count.map(|count| MomentJson::new(&count.first, &[])),
            last: count.map(|count| MomentJson::new(&count.last, &[])),
        }
    }
}

/// Those that only the first has, that only the second has, and that changed.
fn lists<'a, T>(rows: &Rows<'a>, top: usize, what: impl Fn(&'a [u8]) -> T) -> [Vec<RowJson<T>>; 3] {
    [&rows.gone, &rows.added, &rows.changed]
        .map(|list| list.iter().take(top).map(|row| RowJson::new(what(row.key), row)).collect())
}

pub(super) fn write(
    out: &mut impl Write,
    found: &Difference<'_>,
    files: &[String],
    top: usize,
) -> io::Result<()> {
    let [a, b] = found.sides;
    let steps = a.paths.steps();
    let path = |key| {
        let path = Path::new(key);
        let joined = (steps == Steps::Functions).then(|| joined(&path));
        PathJson { path: joined, steps: StepList { path, steps } }
    };
    let end = |rows, detail| lists(rows, top, |key| EndJson::new(key, detail));
    let returned = |key| {
        let Returned { function, value } = Returned::read(key);
        ReturnedJson { function: lossy(function), returned: value.map(lossy) }
    };
    let [fates_gone, fates_added, fates_changed] = end(&found.fates, Detail::Fate);
    let [ends_gone, ends_added, ends_changed] = end(&found.ends, Detail::Function);
    let [reasons_gone, reasons_added, reasons_changed] = end(&found.reasons, Detail::Reason);
    let [returned_gone, returned_added, returned_changed] = lists(&found.returned, top, returned);
    let [paths_gone, paths_added, paths_changed] = lists(&found.paths, top, path);
    let functions = |functions: &[(Text<'_>, &Count)]| {
        let function = |(function, count): &(Text<'_>, &Count)| FunctionJson {
            function: lossy(*function),
            times: count.packets,
            first_packet: count.first.packet,
        };
        functions.iter().take(top).map(function).collect()
    };
    let positions = |positions: &[Lone<'_>]| {
        let position = |lone: &Lone<'_>| PositionJson {
            file: lossy(lone.file),
            line: lone.line,
            function: lone.function.map(lossy),
            text: lossy(Text(&lone.words)),
            times: lone.count.packets,
            first_packet: lone.count.first.packet,
        };
        positions.iter().take(top).map(position).collect()
    };
    let moved = found.positions.moved.iter().take(top).map(|(file, moved)| MovedJson {
        file: lossy(*file),
        positions: moved.positions,
        least: moved.least,
        most: moved.most,
    });
    let value = DifferenceJson {
        schema: SCHEMA,
        differs: found.differs(),
        comparable: found.is_comparable(),
        uncertain: found.is_uncertain() || found.is_undecided(),
        different_revisions: found.is_common,
        significance: found.options.significance,
        first: SideJson::new(a, files.first()),
        second: SideJson::new(b, files.get(1)),
        fates_gone,
        fates_added,
        fates_changed,
        fates_same: found.fates.same,
        ends_gone,
        ends_added,
        ends_changed,
        ends_same: found.ends.same,
        reasons_gone,
        reasons_added,
        reasons_changed,
        reasons_same: found.reasons.same,
        undecided: found.undecided(),
        returned_gone,
        returned_added,
        returned_changed,
        returned_same: found.returned.same,
        paths_gone,
        paths_added,
        paths_changed,
        paths_same: found.paths.same,
        functions_gone: functions(&found.functions_gone),
        functions_added: functions(&found.functions_added),
        positions_gone: positions(&found.positions.gone),
        positions_added: positions(&found.positions.added),
        moved: moved.collect(),
    };
    json::write(out, &value)?;
    writeln!(out)
}
