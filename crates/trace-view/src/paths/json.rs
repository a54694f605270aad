//! Paths as JSON: one object, with groups, paths and the nodes of the trees in flat lists.

use super::step::{Path, Steps};
use super::tree::Tree;
use super::{Ranked, Report};
use crate::json;
use crate::tally::{MomentJson, share, values_json};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::io::{self, Write};

/// What an object like this is.
const SCHEMA: &str = "mbuf_trace.paths/1";

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    packets: u64,
    paths: List<'a>,
    by: Vec<&'static str>,
    groups: Vec<GroupJson>,
    tree: Trees<'a>,
    other_packets: u64,
    cut: u64,
    incomplete: u64,
    lost_events: u64,
    without_trace: u64,
}

#[derive(Serialize)]
struct GroupJson {
    values: Vec<Option<String>>,
    packets: u64,
    share: f64,
    paths: usize,
}

#[derive(Serialize)]
struct PathJson<'a> {
    id: usize,
    group: usize,
    packets: u64,
    share: f64,
    length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    steps: StepList<'a>,
    first: MomentJson<'a>,
    last: MomentJson<'a>,
}

#[derive(Serialize)]
struct NodeJson<'a> {
    group: usize,
    node: usize,
    parent: Option<usize>,
    packets: u64,
    share: f64,
    steps: StepList<'a>,
    /// The path that ends here.
    path: Option<usize>,
}

/// Made one by one while they are written, so that the report is not in memory twice.
struct List<'a> {
    report: &'a Report<'a>,
    files: &'a [String],
    top: usize,
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let steps = self.report.gathered.steps;
        for (place, group) in self.report.groups.0.iter().enumerate() {
            for Ranked { id, path, count } in group.members.iter().take(self.top) {
                list.serialize_element(&PathJson {
                    id: *id,
                    group: place,
                    packets: count.packets,
                    share: share(count.packets, group.packets),
                    length: path.steps(steps).count(),
                    path: (steps == Steps::Functions).then(|| joined(path)),
                    steps: StepList { path: *path, steps },
                    first: MomentJson::new(&count.first, self.files),
                    last: MomentJson::new(&count.last, self.files),
                })?;
            }
        }
        list.end()
    }
}

/// The trees of all groups.
struct Trees<'a> {
    report: &'a Report<'a>,
}

impl Serialize for Trees<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let steps = self.report.gathered.steps;
        for (place, group) in self.report.groups.0.iter().enumerate() {
            let tree = Tree::new(group.packets, &group.members, steps);
            for (number, node) in tree.nodes.iter().enumerate() {
                let before = node.parent.and_then(|parent| tree.nodes.get(parent));
                list.serialize_element(&NodeJson {
                    group: place,
                    node: number,
                    parent: node.parent,
                    packets: node.packets,
                    share: share(node.packets, before.map_or(node.packets, |before| before.packets)),
                    steps: StepList { path: node.run(), steps },
                    path: node.ends.map(|ending| ending.id),
                })?;
            }
        }
        list.end()
    }
}

/// The steps of a path.
pub(crate) struct StepList<'a> {
    pub(crate) path: Path<'a>,
    pub(crate) steps: Steps,
}

#[derive(Serialize)]
struct StepJson {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

impl Serialize for StepList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let steps = self.path.steps(self.steps);
        let lossy = |bytes| String::from_utf8_lossy(bytes).into_owned();
        match self.steps {
            Steps::Functions => serializer.collect_seq(steps.map(|step| lossy(step.words.as_bytes()))),
            Steps::Events | Steps::EventsWithoutLines => serializer.collect_seq(steps.map(|step| StepJson {
                text: lossy(step.words.as_bytes()),
                file: step.file.map(|file| lossy(file.as_bytes())),
                line: step.line,
            })),
        }
    }
}

/// The path as `mbuf_trace.path` has it.
pub(crate) fn joined(path: &Path<'_>) -> String {
    let mut text = String::new();
    for step in path.steps(Steps::Functions) {
        if !text.is_empty() {
            text.push_str(" > ");
        }
        text.push_str(&String::from_utf8_lossy(step.words.as_bytes()));
    }
    text
}

pub(super) fn write(
    out: &mut impl Write,
    report: &Report<'_>,
    files: &[String],
    top: usize,
) -> io::Result<()> {
    let gathered = report.gathered;
    let packets = gathered.tally.packets();
    let groups = report.groups.0.iter().map(|group| GroupJson {
        values: values_json(&group.values),
        packets: group.packets,
        share: share(group.packets, packets),
        paths: group.members.len(),
    });
    let value = ReportJson {
        schema: SCHEMA,
        packets,
        paths: List { report, files, top },
        by: report.fields().iter().map(|field| field.name).collect(),
        groups: groups.collect(),
        tree: Trees { report },
        other_packets: gathered.tally.others(),
        cut: gathered.incomplete.cut,
        incomplete: gathered.incomplete.traces,
        lost_events: gathered.incomplete.lost,
        without_trace: gathered.without_trace,
    };
    json::write(out, &value)?;
    writeln!(out)
}
