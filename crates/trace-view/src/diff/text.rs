//! Differences as people read them: `-` is only in the first capture, `+` only in the second, `~` changed.

use super::Difference;
use super::ends::EndKey;
use super::moves::{Lone, Moved};
use super::returns::Returned;
use super::rows::{Row, Rows};
use crate::counted::Counted;
use crate::paths::Path;
use crate::tally::{Count, Look, Percent};
use crate::timeline::fit::{cut, wrapped};
use mbuf_trace::Text;
use std::fmt::{self, Display};
use std::io::{self, Write};

/// What stands around a function or a position: its mark, how often it was met and where first.
const TIMES_ROOM: usize = 40;
/// Where the path stands in a row.
const PATH_COLUMN: usize = 28;
/// The captures, as they are called in the report.
const SIDES: [&str; 2] = ["first", "second"];

pub(super) fn write(out: &mut impl Write, found: &Difference<'_>, look: &Look, top: usize) -> io::Result<()> {
    let colours = look.palette;
    for ((side, file), letter) in found.sides.iter().zip(&look.files).zip(["-", "+"]) {
        let packets = Counted(side.packets(), "packet");
        let paths = u64::try_from(side.paths.tally().iter().count()).unwrap_or(u64::MAX);
        let least = if side.paths.tally().others() > 0 { "at least " } else { "" };
        writeln!(out, "{letter} {file}: {packets}, {least}{}", Counted(paths, "path"))?;
    }
    let end = |out: &mut _, row: &Row<'_>| words(out, look, &EndKey::read(row.key).to_string());
    let returned = |out: &mut _, row: &Row<'_>| words(out, look, &Returned::read(row.key).to_string());
    rows(out, look, top, ["Fates", "fate"], &found.fates, end)?;
    rows(out, look, top, ["Ends", "end"], &found.ends, end)?;
    rows(out, look, top, ["Reasons of drops", "reason"], &found.reasons, end)?;
    rows(
        out,
        look,
        top,
        ["Returned values", "of the packets in which the function returned"],
        &found.returned,
        returned,
    )?;
    rows(out, look, top, ["Paths", "path"], &found.paths, |out, row| path(out, found, look, row))?;
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

/// The differences of one sort, with their shares.
fn rows<W: Write>(
    out: &mut W,
    look: &Look,
    top: usize,
    [sort, column]: [&str; 2],
    rows: &Rows<'_>,
    show: impl Fn(&mut W, &Row<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let colours = look.palette;
    let lists = [
        ("only in the first", "-", colours.drop, &rows.gone),
        ("only in the second", "+", colours.enter, &rows.added),
        ("whose share changed", "~", colours.leave, &rows.changed),
    ];
    for (which, mark, colour, rows) in lists.into_iter().filter(|(.., rows)| !rows.is_empty()) {
        writeln!(out, "\n{}{sort} {which}{}", colours.summary, colours.reset)?;
        writeln!(out, "{}    first  second       p  {column}{}", colours.dim, colours.reset)?;
        for row in rows.iter().take(top) {
            let ([in_a, in_b], [of_a, of_b]) = (row.packets(), row.whole);
            let (share_a, share_b) = (Percent(in_a, of_a), Percent(in_b, of_b));
            write!(out, "{colour}{mark}{}  {share_a}  {share_b}  ", colours.reset)?;
            write!(out, "{:>7}  {}", Probability(row.adjusted).to_string(), colours.function)?;
            show(out, row)?;
            examples(out, look, row)?;
        }
        more(out, rows.len(), top)?;
    }
    Ok(())
}

/// What is compared, in words.
fn words(out: &mut impl Write, look: &Look, words: &str) -> io::Result<()> {
    let mut lines = wrapped(words, look.room(PATH_COLUMN)).into_iter();
    write!(out, "{}", lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| write!(out, "\n{:PATH_COLUMN$}{line}", ""))?;
    writeln!(out, "{}", look.palette.reset)
}

fn path(out: &mut impl Write, found: &Difference<'_>, look: &Look, row: &Row<'_>) -> io::Result<()> {
    let reset = look.palette.reset;
    let steps = found.sides[0].paths.steps();
    let mut words = Path::new(row.key).steps(steps).map(|step| step.show(look)).peekable();
    if words.peek().is_none() {
        return writeln!(out, "(none){reset}");
    }
    look.chain(out, PATH_COLUMN, words, &reset.to_string())
}

/// How many packets, and the first of them on each side, to look at.
fn examples(out: &mut impl Write, look: &Look, row: &Row<'_>) -> io::Result<()> {
    let colours = look.palette;
    let mut parts = Vec::new();
    for (name, count) in SIDES.into_iter().zip(row.counts).filter_map(|(name, count)| Some((name, count?))) {
        parts.push(format!(
            "{} of the {name}, from {}",
            Counted(count.packets, "packet"),
            count.first.packet
        ));
        if row.is_doubtful && count.incomplete > 0 {
            parts.push(format!("{} incomplete", Counted(count.incomplete, "trace")));
        }
    }
    if row.is_doubtful {
        parts.push("incomplete traces may be the cause".to_owned());
    }
    for line in wrapped(&parts.join("; "), look.room(PATH_COLUMN)) {
        writeln!(out, "{:PATH_COLUMN$}{}{line}{}", "", colours.dim, colours.reset)?;
    }
    Ok(())
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
    for lone in positions.iter().take(top) {
        let mut place = format!("{}:{}", look.short(lone.file), lone.line);
        if !lone.words.is_empty() {
            place.push_str(&format!("  {}", Text(&lone.words)));
        }
        if let Some(function) = lone.function.filter(|_| !lone.is_call) {
            place.push_str(&format!("  in {function}"));
        }
        write!(out, "{mark}  {}", cut(&place, look.room(TIMES_ROOM)))?;
        writeln!(out, "  {}{}{}", colours.dim, Times(&lone.count), colours.reset)?;
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
    for (side, name) in found.sides.iter().zip(SIDES) {
        if side.packets() == 0 {
            writeln!(out, "The {name} has no traces.")?;
        }
    }
    incomplete(out, found)?;
    if found.is_common {
        writeln!(out, "The captures have different revisions: only what each revision records is compared.")?;
    }
    if found.is_uncertain() {
        let words = "There are more different paths, ends or positions than are kept apart";
        writeln!(out, "{words}: what seems to be only in one may be in both.")?;
        for (side, name) in found.sides.iter().zip(SIDES) {
            let others = side.paths.tally().others();
            if others > 0 {
                writeln!(out, "{} of the {name} not compared.", Counted(others, "packet"))?;
            }
        }
    }
    let same = format!("{} and {} alike", Counted(found.paths.same, "path"), Counted(found.ends.same, "end"));
    match found.differs() {
        true => writeln!(out, "They differ; {same}, as far as chance allows to say."),
        false if !found.is_comparable() => writeln!(out, "There is nothing to compare."),
        false if found.is_uncertain() || found.is_undecided() => {
            writeln!(out, "No difference in what was compared; {same}, as far as chance allows to say.")
        }
        false => writeln!(out, "No difference; {same}, as far as chance allows to say."),
    }
}

/// What traces that lack events mean for what was found.
fn incomplete(out: &mut impl Write, found: &Difference<'_>) -> io::Result<()> {
    for (side, name) in found.sides.iter().zip(SIDES) {
        if let Some(words) = side.paths.incomplete().words() {
            writeln!(out, "In the {name}, {words}.")?;
        }
        if let Some(count) = side.ends.unrecorded() {
            let ends = Counted(count.packets, "end");
            let are = if count.packets == 1 { "is" } else { "are" };
            writeln!(
                out,
                "In the {name}, {ends} {are} not recorded, the first in packet {}.",
                count.first.packet
            )?;
        }
    }
    let [a, b] = found.sides;
    for (side, other) in [(a, SIDES[1]), (b, SIDES[0])] {
        let is_alone = match other {
            "second" => !(found.functions_added.is_empty() && found.positions.added.is_empty()),
            _ => !(found.functions_gone.is_empty() && found.positions.gone.is_empty()),
        };
        if side.incomplete() > 0 && is_alone {
            writeln!(out, "Functions and positions only in the {other} may be in both: traces lack events.")?;
        }
    }
    if [a, b].iter().any(|side| side.ends.unrecorded().is_some()) {
        let words = "No fate, end or reason counts as a difference";
        writeln!(out, "{words} because of packets whose end is not recorded.")?;
    }
    match found.undecided() {
        0 => Ok(()),
        more => {
            writeln!(
                out,
                "{more} of the fates, ends and reasons may differ; too many ends are unknown to decide."
            )
        }
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
