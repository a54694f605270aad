//! Ends as JSON: one object, with groups and places in flat lists.

use super::{Place, Report, is_suspect};
use crate::json;
use crate::tally::{MomentJson, share, values_json};
use mbuf_trace::{Errno, Fate, Text};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What an object like this is.
const SCHEMA: &str = "mbuf_trace.drops/1";

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    packets: u64,
    fates: BTreeMap<&'static str, u64>,
    by: Vec<&'static str>,
    groups: Vec<GroupJson>,
    ends: List<'a>,
    other_packets: u64,
    incomplete: u64,
    lost_events: u64,
    without_trace: u64,
}

#[derive(Serialize)]
struct GroupJson {
    values: Vec<Option<String>>,
    packets: u64,
    share: f64,
}

#[derive(Serialize)]
struct EndJson<'a> {
    group: usize,
    fate: &'static str,
    packets: u64,
    share: f64,
    function: Option<String>,
    returned: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    reason: Option<String>,
    errno: Option<u16>,
    errno_name: Option<&'static str>,
    first: MomentJson<'a>,
    last: MomentJson<'a>,
}

/// Made one by one while they are written.
struct List<'a> {
    report: &'a Report<'a>,
    files: &'a [String],
    top: usize,
    all: bool,
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text =
            |text: Option<Text<'_>>| text.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        let mut list = serializer.serialize_seq(None)?;
        for (at, group) in self.report.groups.0.iter().enumerate() {
            let places = group.members.iter().filter(|place| self.all || is_suspect(place.fate));
            for place in places.take(self.top) {
                let Place { fate, function, returned, file, line, reason, errno, count, .. } = place;
                list.serialize_element(&EndJson {
                    group: at,
                    fate: fate.name(),
                    packets: count.packets,
                    share: share(count.packets, group.packets),
                    function: text(*function),
                    returned: text(*returned),
                    file: text(*file),
                    line: *line,
                    reason: text(*reason),
                    errno: *errno,
                    errno_name: errno.and_then(|errno| Errno(errno).name()),
                    first: MomentJson::new(&count.first, self.files),
                    last: MomentJson::new(&count.last, self.files),
                })?;
            }
        }
        list.end()
    }
}

pub(super) fn write(
    out: &mut impl Write,
    report: &Report<'_>,
    files: &[String],
    top: usize,
    all: bool,
) -> io::Result<()> {
    let gathered = report.gathered;
    let groups = report.groups.0.iter().map(|group| GroupJson {
        values: values_json(&group.values),
        packets: group.packets,
        share: share(group.packets, report.packets()),
    });
    let value = ReportJson {
        schema: SCHEMA,
        packets: report.packets(),
        fates: Fate::ALL.iter().map(|fate| (fate.name(), gathered.fates.of(*fate))).collect(),
        by: report.fields().iter().map(|field| field.name).collect(),
        groups: groups.collect(),
        ends: List { report, files, top, all },
        other_packets: gathered.tally.others(),
        incomplete: gathered.incomplete.traces,
        lost_events: gathered.incomplete.lost,
        without_trace: gathered.without_trace,
    };
    json::write(out, &value)?;
    writeln!(out)
}
