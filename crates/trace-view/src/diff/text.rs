//! Differences as people read them: `-` is only in the first capture, `+` only in the second, `~` changed.

use super::places::{Lone, Moved};
use super::{Difference, Row};
use crate::counted::Counted;
use crate::tally::{Count, Look, Percent};
use crate::timeline::fit::cut;
use mbuf_trace::Text;
use std::fmt::{self, Display};
use std::io::{self, Write};

/// What stands around a function or a position: its mark, how often it was met and where first.
const TIMES_ROOM: usize = 40;
/// Where the path stands in a row.
const PATH_COLUMN: usize = 28;

pub(super) fn write(out: &mut impl Write, found: &Difference<'_>, look: &Look, top: usize) -> io::Result<()> {
    let colours = look.palette;
    for ((side, file), letter) in found.sides.iter().zip(&look.files).zip(["-", "+"]) {
        let packets = Counted(side.packets(), "packet");
        let paths = u64::try_from(side.paths.tally().iter().count()).unwrap_or(u64::MAX);
        let least = if side.paths.tally().others() > 0 { "at least " } else { "" };
        writeln!(out, "{letter} {file}: {packets}, {least}{}", Counted(paths, "path"))?;
    }
    let sorts = [
        ("Paths only in the first", "-", colours.drop, &found.gone),
        ("Paths only in the second", "+", colours.enter, &found.added),
        ("Paths whose share changed", "~", colours.leave, &found.changed),
    ];
    for (title, mark, colour, rows) in sorts {
        if rows.is_empty() {
            continue;
        }
        writeln!(out, "\n{}{title}{}", colours.summary, colours.reset)?;
        writeln!(out, "{}    first  second       p  path{}", colours.dim, colours.reset)?;
        for row in rows.iter().take(top) {
            write!(out, "{colour}{mark}{}  ", colours.reset)?;
            path(out, found, look, row)?;
        }
        more(out, rows.len(), top)?;
    }
    functions(out, look, top, "Functions only in the first", "-", &found.functions_gone)?;
    functions(out, look, top, "Functions only in the second", "+", &found.functions_added)?;
    positions(out, look, top, "Positions only in the first", "-", &found.positions.gone)?;
    positions(out, look, top, "Positions only in the second", "+", &found.positions.added)?;
    if !found.positions.moved.is_empty() {
        writeln!(out, "\n{}Lines that moved, which is no difference{}", colours.summary, colours.reset)?;
        for (file, moved) in found.positions.moved.iter().take(top) {
            let file = look.short(*file).to_string();
            writeln!(out, "   {}  {moved}", cut(&file, look.room(TIMES_ROOM)))?;
        }
        more(out, found.positions.moved.len(), top)?;
    }
    summary(out, found)
}

fn path(out: &mut impl Write, found: &Difference<'_>, look: &Look, row: &Row<'_>) -> io::Result<()> {
    let [a, b] = found.sides;
    let colours = look.palette;
    let (in_a, in_b) = row.packets();
    let (share_a, share_b) = (Percent(in_a, a.packets()), Percent(in_b, b.packets()));
    write!(out, "{share_a}  {share_b}  {:>7}  {}", Probability(row.adjusted).to_string(), colours.function)?;
    let steps = a.paths.steps();
    let mut words = row.path.steps(steps).map(|step| step.show(look)).peekable();
    if words.peek().is_none() {
        writeln!(out, "(none){}", colours.reset)?;
    } else {
        look.chain(out, PATH_COLUMN, words, &colours.reset.to_string())?;
    }
    write!(out, "{:PATH_COLUMN$}{}", "", colours.dim)?;
    let sides = [("first", row.a), ("second", row.b)];
    let mut separator = "";
    for (name, count) in sides.into_iter().filter_map(|(name, count)| Some((name, count?))) {
        write!(out, "{separator}{} of the {name}", Counted(count.packets, "packet"))?;
        write!(out, ", from {}", count.first.packet)?;
        separator = "; ";
    }
    writeln!(out, "{}", colours.reset)
}

fn functions(
    out: &mut impl Write,
    look: &Look,
    top: usize,
    title: &str,
    mark: &str,
    functions: &[(Text<'_>, &Count)],
) -> io::Result<()> {
    if functions.is_empty() {
        return Ok(());
    }
    let colours = look.palette;
    writeln!(out, "\n{}{title}{}", colours.summary, colours.reset)?;
    for (function, count) in functions.iter().take(top) {
        let function = function.to_string();
        let function = cut(&function, look.room(TIMES_ROOM));
        writeln!(out, "{mark}  {function}  {}{}{}", colours.dim, Times(count), colours.reset)?;
    }
    more(out, functions.len(), top)
}

fn positions(
    out: &mut impl Write,
    look: &Look,
    top: usize,
    title: &str,
    mark: &str,
    positions: &[Lone<'_>],
) -> io::Result<()> {
    if positions.is_empty() {
        return Ok(());
    }
    let colours = look.palette;
    writeln!(out, "\n{}{title}{}", colours.summary, colours.reset)?;
    for Lone { site, line, count } in positions.iter().take(top) {
        let gap = if site.words.is_empty() { "" } else { "  " };
        let place = format!("{}:{line}{gap}{}", look.short(site.file), site.words);
        write!(out, "{mark}  {}", cut(&place, look.room(TIMES_ROOM)))?;
        writeln!(out, "  {}{}{}", colours.dim, Times(count), colours.reset)?;
    }
    more(out, positions.len(), top)
}

fn more(out: &mut impl Write, all: usize, top: usize) -> io::Result<()> {
    match all.saturating_sub(top) {
        0 => Ok(()),
        more => writeln!(out, "   {more} more; --top 0 shows all"),
    }
}

fn summary(out: &mut impl Write, found: &Difference<'_>) -> io::Result<()> {
    writeln!(out)?;
    for (side, name) in found.sides.iter().zip(["first", "second"]) {
        if side.packets() == 0 {
            writeln!(out, "The {name} has no traces.")?;
        }
        if let Some(words) = side.paths.incomplete().words() {
            writeln!(out, "{words} in the {name}; paths may lack steps.")?;
        }
    }
    if found.is_uncertain() {
        let words = "There are more different paths or positions than are kept apart";
        writeln!(out, "{words}: what seems to be only in one may be in both.")?;
        for (side, name) in found.sides.iter().zip(["first", "second"]) {
            let others = side.paths.tally().others();
            if others > 0 {
                writeln!(out, "{} of the {name} not compared.", Counted(others, "packet"))?;
            }
        }
    }
    let same = Counted(found.same, "path");
    match found.differs() {
        true => writeln!(out, "They differ; {same} alike, as far as chance allows to say."),
        false if !found.is_comparable() => writeln!(out, "There is nothing to compare."),
        false if found.is_uncertain() => {
            writeln!(out, "No difference in what was compared; {same} alike, as far as chance allows to say.")
        }
        false => writeln!(out, "No difference; {same} alike, as far as chance allows to say."),
    }
}

/// How often, and where first.
struct Times<'a>(&'a Count);

impl Display for Times<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, first in packet {}", Counted(self.0.packets, "time"), self.0.first.packet)
    }
}

impl Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, by {:+}", Counted(self.positions, "position"), self.least)?;
        if self.most != self.least {
            write!(f, " to {:+}", self.most)?;
        }
        f.write_str(if self.most == self.least && self.most.unsigned_abs() == 1 { " line" } else { " lines" })
    }
}

/// A probability with as many digits as say something.
struct Probability(f64);

impl Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value < 0.0001 => f.write_str("<0.0001"),
            value if value < 0.1 => write!(f, "{value:.4}"),
            value => write!(f, "{value:.2}"),
        }
    }
}
