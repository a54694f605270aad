//! Differences as JSON: one object.

use super::places::Lone;
use super::{Difference, Row, Side};
use crate::json;
use crate::paths::{StepList, Steps, joined};
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
    significance: f64,
    first: SideJson<'a>,
    second: SideJson<'a>,
    paths_gone: Vec<RowJson<'a>>,
    paths_added: Vec<RowJson<'a>>,
    paths_changed: Vec<RowJson<'a>>,
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
}

#[derive(Serialize)]
struct RowJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    steps: StepList<'a>,
    first: CountJson<'a>,
    second: CountJson<'a>,
    p: f64,
    p_adjusted: f64,
}

#[derive(Serialize)]
struct CountJson<'a> {
    packets: u64,
    share: f64,
    first: Option<MomentJson<'a>>,
    last: Option<MomentJson<'a>>,
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
        }
    }
}

impl<'a> RowJson<'a> {
    fn new(row: &Row<'a>, a: &Side, b: &Side) -> Self {
        let steps = a.paths.steps();
        Self {
            path: (steps == Steps::Functions).then(|| joined(&row.path)),
            steps: StepList { path: row.path, steps },
            first: CountJson::new(row.a, a.packets()),
            second: CountJson::new(row.b, b.packets()),
            p: row.probability,
            p_adjusted: row.adjusted,
        }
    }
}

impl CountJson<'_> {
    fn new(count: Option<&Count>, of: u64) -> Self {
        let packets = count.map_or(0, |count| count.packets);
        Self {
            packets,
            share: share(packets, of),
            first: count.map(|count| MomentJson::new(&count.first, &[])),
            last: count.map(|count| MomentJson::new(&count.last, &[])),
        }
    }
}

pub(super) fn write(
    out: &mut impl Write,
    found: &Difference<'_>,
    files: &[String],
    top: usize,
) -> io::Result<()> {
    let [a, b] = found.sides;
    let row = |row| RowJson::new(row, a, b);
    let functions = |functions: &[(Text<'_>, &Count)]| {
        let function = |(function, count): &(Text<'_>, &Count)| FunctionJson {
            function: lossy(*function),
            times: count.packets,
            first_packet: count.first.packet,
        };
        functions.iter().take(top).map(function).collect()
    };
    let positions = |positions: &[Lone<'_>]| {
        let position = |Lone { site, line, count }: &Lone<'_>| PositionJson {
            file: lossy(site.file),
            line: *line,
            function: site.function.map(lossy),
            text: lossy(site.words),
            times: count.packets,
            first_packet: count.first.packet,
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
        uncertain: found.is_uncertain(),
        significance: found.options.significance,
        first: SideJson::new(a, files.first()),
        second: SideJson::new(b, files.get(1)),
        paths_gone: found.gone.iter().take(top).map(row).collect(),
        paths_added: found.added.iter().take(top).map(row).collect(),
        paths_changed: found.changed.iter().take(top).map(row).collect(),
        paths_same: found.same,
        functions_gone: functions(&found.functions_gone),
        functions_added: functions(&found.functions_added),
        positions_gone: positions(&found.positions.gone),
        positions_added: positions(&found.positions.added),
        moved: moved.collect(),
    };
    json::write(out, &value)?;
    writeln!(out)
}
