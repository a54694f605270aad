//! Ends as people read them.

use super::{Fate, Place, Report};
use crate::tally::{Counted, Look, Percent, heading};
use std::io::{self, Write};

/// Where the place stands in a row.
const PLACE_COLUMN: usize = 17;

pub(super) fn write(
    out: &mut impl Write,
    report: &Report<'_>,
    look: &Look,
    top: usize,
    all: bool,
) -> io::Result<()> {
    let fates = &report.gathered.fates;
    let packets = report.packets();
    write!(out, "{}:", Counted(packets, "packet"))?;
    for (fate, separator) in Fate::ALL.into_iter().zip(["", ",", ",", ","]) {
        write!(out, "{separator} {} {}", fates.of(fate), fate.name())?;
    }
    writeln!(out)?;
    let colours = look.palette;
    for group in &report.groups.0 {
        let mut places = group.members.iter().filter(|place| all || place.fate == Fate::Dropped);
        let shown: Vec<_> = places.by_ref().take(top).collect();
        if shown.is_empty() {
            continue;
        }
        writeln!(out)?;
        if !report.fields().is_empty() {
            let heading = heading(report.fields(), &group.values);
            writeln!(
                out,
                "{}{heading}{}: {}\n",
                colours.summary,
                colours.reset,
                Counted(group.packets, "packet")
            )?;
        }
        let title = if all { "ended at" } else { "dropped at" };
        writeln!(out, "{}packets   share  {title}{}", colours.dim, colours.reset)?;
        for place in shown {
            row(out, look, place, group.packets, all)?;
        }
        let (more, packets) = places.fold((0_u64, 0_u64), |(more, packets), place| {
            (more.saturating_add(1), packets.saturating_add(place.count.packets))
        });
        if more > 0 {
            let share = Percent(packets, group.packets);
            writeln!(out, "{packets:>7}  {share}  {} more; --top 0 shows all", Counted(more, "place"))?;
        }
    }
    let gathered = report.gathered;
    let notes = [
        (gathered.tally.others(), "ended at other places, more than are kept apart"),
        (gathered.unknown, "cut by the capture before their end, not counted"),
        (gathered.without_trace, "without a trace, not counted"),
    ];
    let mut gap = "\n";
    for (packets, note) in notes.into_iter().filter(|(packets, _)| *packets > 0) {
        writeln!(out, "{gap}{} {note}", Counted(packets, "packet"))?;
        gap = "";
    }
    Ok(())
}

fn row(out: &mut impl Write, look: &Look, place: &Place<'_>, of: u64, all: bool) -> io::Result<()> {
    let colours = look.palette;
    let share = Percent(place.count.packets, of);
    let colour = if place.fate == Fate::Dropped { colours.drop } else { colours.function };
    write!(out, "{:>7}  {share}  {colour}", place.count.packets)?;
    match place.function {
        Some(function) => write!(out, "{function}")?,
        None => write!(out, "(no function)")?,
    }
    if let Some(returned) = place.returned {
        write!(out, "({returned})")?;
    }
    write!(out, "{}", colours.reset)?;
    if let (Some(file), Some(line)) = (place.file, place.line) {
        write!(out, "  {}{}:{line}{}", colours.dim, look.short(file), colours.reset)?;
    }
    if all {
        write!(out, "  {}", place.fate.name())?;
    }
    writeln!(out)?;
    if place.reason.is_some() || place.errno.is_some() {
        write!(out, "{:PLACE_COLUMN$}", "")?;
        if let Some(reason) = place.reason {
            write!(out, "{reason}")?;
        }
        if let Some(errno) = place.errno {
            write!(out, " (errno {errno})")?;
        }
        writeln!(out)?;
    }
    look.when(out, PLACE_COLUMN, place.count)
}
