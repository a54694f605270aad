//! Ends as people read them.

use super::{Place, Report, is_suspect};
use crate::counted::Counted;
use crate::push;
use crate::tally::{Look, Percent, heading, more_groups, shown_groups};
use crate::timeline::fit::{cut, cut_path, width, wrapped};
use mbuf_trace::Fate;
use std::borrow::Cow;
use std::io::{self, Write};

/// What stands behind a heading: how many packets.
const HEADING_ROOM: usize = 24;
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
    let words: Vec<_> = Fate::ALL.iter().map(|fate| format!("{} {}", fates.of(*fate), fate.name())).collect();
    writeln!(out, "{}: {}", Counted(packets, "packet"), words.join(", "))?;
    let colours = look.palette;
    let is_asked = |place: &&Place<'_>| all || is_suspect(place.fate);
    let groups = report.groups.0.iter().filter(|group| group.members.iter().any(|place| is_asked(&place)));
    let groups: Vec<_> = groups.collect();
    let (groups, hidden) = shown_groups(&groups, top);
    for group in groups {
        let mut places = group.members.iter().filter(is_asked);
        let shown: Vec<_> = places.by_ref().take(top).collect();
        writeln!(out)?;
        if !report.fields().is_empty() {
            let heading = heading(report.fields(), &group.values);
            let heading = cut(&heading, look.room(HEADING_ROOM));
            writeln!(
                out,
                "{}{heading}{}: {}\n",
                colours.summary,
                colours.reset,
                Counted(group.packets, "packet")
            )?;
        }
        let are_drops = shown.iter().all(|place| place.fate == Fate::Dropped);
        let title = if are_drops && !all { "dropped at" } else { "ended at" };
        writeln!(out, "{}packets   share  {title}{}", colours.dim, colours.reset)?;
        for place in shown {
            row(out, look, place, group.packets, all || !are_drops)?;
        }
        let (more, packets) = places.fold((0_u64, 0_u64), |(more, packets), place| {
            (more.saturating_add(1), packets.saturating_add(place.count.packets))
        });
        if more > 0 {
            let share = Percent(packets, group.packets);
            writeln!(out, "{packets:>7}  {share}  {} more; --top 0 shows all", Counted(more, "place"))?;
        }
    }
    more_groups(out, hidden.iter().copied())?;
    let gathered = report.gathered;
    let notes = [
        (gathered.tally.others(), "ended at other places, more than are kept apart"),
        (gathered.without_trace, "without a trace, not counted"),
    ];
    let notes = notes.into_iter().filter(|(packets, _)| *packets > 0);
    let notes = notes.map(|(packets, note)| format!("{} {note}", Counted(packets, "packet")));
    let notes: Vec<_> = gathered.incomplete.words().into_iter().chain(notes).collect();
    if !notes.is_empty() {
        writeln!(out)?;
    }
    notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}

fn row(out: &mut impl Write, look: &Look, place: &Place<'_>, of: u64, fates: bool) -> io::Result<()> {
    let colours = look.palette;
    let share = Percent(place.count.packets, of);
    let colour = if is_suspect(place.fate) { colours.drop } else { colours.function };
    write!(out, "{:>7}  {share}  {colour}", place.count.packets)?;
    let mut words = match place.function {
        Some(function) => function.to_string(),
        None if place.is_missing => "(not recorded: the newest events are missing)".to_owned(),
        None => "(no function)".to_owned(),
    };
    if let Some(returned) = place.returned {
        words.push_str(&format!("({returned})"));
    }
    let room = look.room(PLACE_COLUMN);
    let fate = if fates { format!("  {}", place.fate.name()) } else { String::new() };
    let words = cut(&words, room.map(|room| room.saturating_sub(width(&fate))));
    write!(out, "{words}{}", colours.reset)?;
    if let (Some(file), Some(line)) = (place.file, place.line) {
        let position = format!("{}:{line}", look.short(file));
        let position = room.map_or(Cow::Borrowed(&*position), |room| cut_path(&position, room));
        let line = [&*words, &position, &fate].map(width).into_iter().fold(2, usize::saturating_add);
        let (dim, reset) = (colours.dim, colours.reset);
        // Below, where it does not fit behind.
        match room.is_some_and(|room| line > room) {
            true => writeln!(out, "{fate}\n{:PLACE_COLUMN$}{dim}{position}{reset}", "")?,
            false => writeln!(out, "  {dim}{position}{reset}{fate}")?,
        }
    } else {
        writeln!(out, "{fate}")?;
    }
    let reason = place.reason.filter(|reason| !reason.is_empty()).map(|reason| reason.to_string());
    let errno = place.errno.map(|errno| format!("({})", push::ErrorName(errno)));
    let is_inferred = place.fate == Fate::Dropped && place.reason.is_none();
    let inferred = is_inferred.then(|| "inferred: no drop was recorded".to_owned());
    let why: Vec<_> = reason.or(inferred).into_iter().chain(errno).collect();
    if !why.is_empty() {
        for line in wrapped(&why.join(" "), look.room(PLACE_COLUMN)) {
            writeln!(out, "{:PLACE_COLUMN$}{line}", "")?;
        }
    }
    look.when(out, PLACE_COLUMN, place.count)
}
