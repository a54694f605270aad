//! Paths as people read them: a list, most frequent first, then the tree of where they part.

use super::step::Steps;
use super::tree::{Node, Tree};
use super::{Ranked, Report};
use crate::counted::Counted;
use crate::tally::{Group, Look, Percent, heading, more_groups, shown_groups};
use crate::timeline::fit::cut;
use std::io::{self, Write};

/// What stands behind a heading: how many packets, how many paths, and the share.
const HEADING_ROOM: usize = 40;
/// Where the path stands in a row of the list.
const PATH_COLUMN: usize = 30;
/// Where the steps stand in a row of the tree.
const TREE_COLUMN: usize = 17;
/// Levels of the tree that are indented; deeper ones look like the last.
const DEEPEST: usize = 16;

pub(super) fn write(out: &mut impl Write, report: &Report<'_>, look: &Look, top: usize) -> io::Result<()> {
    let tally = &report.gathered.tally;
    let packets = Counted(tally.packets(), "packet");
    let paths = Counted(count(report.paths), "path");
    let more = if tally.others() > 0 { " and more" } else { "" };
    writeln!(out, "{packets}, {paths}{more}")?;
    let (groups, hidden) = shown_groups(&report.groups.0, top);
    for group in groups {
        if !report.fields().is_empty() {
            let colours = look.palette;
            let heading = heading(report.fields(), &group.values);
            let heading = cut(&heading, look.room(HEADING_ROOM));
            let packets = Counted(group.packets, "packet");
            let paths = Counted(count(group.members.len()), "path");
            write!(out, "\n{}{heading}{}: {packets}, {paths}", colours.summary, colours.reset)?;
            writeln!(out, " ({} of all)", Percent(group.packets, tally.packets()).to_string().trim())?;
        }
        list(out, report, group, look, top)?;
        tree(out, report, group, look, top)?;
    }
    more_groups(out, hidden)?;
    notes(out, report)
}

/// What would make the counts be taken for more than they are.
fn notes(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let gathered = report.gathered;
    let others = gathered.tally.others();
    let mut notes = Vec::new();
    if others > 0 {
        let packets = Counted(others, "packet");
        notes.push(format!("{packets} took other paths, more than are kept apart"));
    }
    notes.extend(gathered.incomplete.words().map(|words| format!("{words}; paths may lack steps")));
    if gathered.without_trace > 0 {
        notes.push(format!("{} without a trace, not counted", Counted(gathered.without_trace, "packet")));
    }
    if !notes.is_empty() {
        writeln!(out)?;
    }
    notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}

fn list(
    out: &mut impl Write,
    report: &Report<'_>,
    group: &Group<'_, Ranked<'_>>,
    look: &Look,
    top: usize,
) -> io::Result<()> {
    if group.members.is_empty() {
        return Ok(());
    }
    let colours = look.palette;
    let steps = report.gathered.steps;
    writeln!(out, "\n{}packets   share    id  steps  path{}", colours.dim, colours.reset)?;
    for ranked in group.members.iter().take(top) {
        let Ranked { id, path, count: counted } = ranked;
        let length = path.steps(steps).count();
        let share = Percent(counted.packets, group.packets);
        write!(out, "{:>7}  {share}  {}{id:>4}{}", counted.packets, colours.number, colours.reset)?;
        write!(out, "  {length:>5}  {}", colours.function)?;
        if length == 0 {
            writeln!(out, "(none){}", colours.reset)?;
        } else {
            let words = path.steps(steps).map(|step| step.show(look));
            look.chain(out, PATH_COLUMN, words, &colours.reset.to_string())?;
        }
        look.when(out, PATH_COLUMN, counted)?;
    }
    let rest = group.members.get(top.min(group.members.len())..).unwrap_or_default();
    if !rest.is_empty() {
        let packets = rest.iter().fold(0, |sum: u64, ranked| sum.saturating_add(ranked.count.packets));
        let share = Percent(packets, group.packets);
        let paths = Counted(count(rest.len()), "path");
        writeln!(out, "{packets:>7}  {share}  {paths} more; --top 0 shows all")?;
    }
    Ok(())
}

/// The tree, where there is anything to part.
fn tree(
    out: &mut impl Write,
    report: &Report<'_>,
    group: &Group<'_, Ranked<'_>>,
    look: &Look,
    top: usize,
) -> io::Result<()> {
    let [first, _, ..] = group.members.as_slice() else { return Ok(()) };
    let tree = Tree::new(group.packets, &group.members, report.gathered.steps);
    let last_shown = first.id.saturating_add(top).saturating_sub(1);
    let colours = look.palette;
    writeln!(out, "\n{}packets   share  where they part{}", colours.dim, colours.reset)?;
    // The root has no steps of its own; it is shown only where all paths begin alike.
    let mut open = vec![(Row::Node(0), 0_usize)];
    while let Some((next, depth)) = open.pop() {
        let (Row::Node(place) | Row::More(place)) = next;
        let Some(node) = tree.nodes.get(place) else { continue };
        let is_shown =
            |child: &&usize| tree.nodes.get(**child).is_some_and(|child| child.best_id <= last_shown);
        if matches!(next, Row::More(_)) {
            let hidden = node.children.iter().filter(|child| !is_shown(child));
            let hidden = hidden.filter_map(|child| tree.nodes.get(*child));
            let (packets, paths) = hidden.fold((0_u64, 0_u64), |(packets, paths), child| {
                (packets.saturating_add(child.packets), paths.saturating_add(child.paths))
            });
            let share = Percent(packets, node.packets);
            write!(out, "{packets:>7}  {share}  {:indent$}", "", indent = indent(depth))?;
            writeln!(out, "{} more", Counted(paths, "path"))?;
            continue;
        }
        let has_steps = node.end > node.start;
        let before = node.parent.and_then(|parent| tree.nodes.get(parent));
        let of = before.map_or(node.packets, |before| before.packets);
        if has_steps {
            row(out, look, node, of, depth, report.gathered.steps)?;
        }
        let below = if has_steps { depth.saturating_add(1) } else { depth };
        if let Some(ending) = node.ends.filter(|_| !has_steps || !node.children.is_empty()) {
            let words = if node.end == 0 { "(none)" } else { "(ends here)" };
            let share = Percent(ending.packets, node.packets);
            write!(out, "{:>7}  {share}  {:indent$}", ending.packets, "", indent = indent(below))?;
            writeln!(out, "{words}{}", id(look, ending.id))?;
        }
        // Taken from the end: the most frequent child is next, what is not shown comes last.
        let shown = node.children.iter().filter(is_shown).count();
        if shown < node.children.len() {
            open.push((Row::More(place), below));
        }
        let children = node.children.iter().filter(is_shown).rev();
        open.extend(children.map(|child| (Row::Node(*child), below)));
    }
    Ok(())
}

/// What is still to be shown of a tree.
#[derive(Debug, Clone, Copy)]
enum Row {
    Node(usize),
    /// The children of this node that are not shown, in one row.
    More(usize),
}

fn indent(depth: usize) -> usize {
    depth.min(DEEPEST).saturating_mul(2)
}

fn id(look: &Look, id: usize) -> String {
    let colours = look.palette;
    format!("  {}#{id}{}", colours.number, colours.reset)
}

fn row(
    out: &mut impl Write,
    look: &Look,
    node: &Node<'_>,
    of: u64,
    depth: usize,
    steps: Steps,
) -> io::Result<()> {
    let colours = look.palette;
    let indent = indent(depth);
    let share = Percent(node.packets, of);
    write!(out, "{:>7}  {share}  {:indent$}{}", node.packets, "", colours.function)?;
    let run = node.run();
    let words = run.steps(steps).map(|step| step.show(look));
    let mut end = colours.reset.to_string();
    if let Some(ending) = node.ends.filter(|_| node.children.is_empty()) {
        end.push_str(&id(look, ending.id));
    }
    look.chain(out, TREE_COLUMN.saturating_add(indent), words, &end)
}

pub(super) fn write_path(
    out: &mut impl Write,
    report: &Report<'_>,
    look: &Look,
    id: usize,
) -> io::Result<()> {
    let Some((of, ranked)) = report.ranked(id) else { return Ok(()) };
    let colours = look.palette;
    let steps = report.gathered.steps;
    let packets = Counted(ranked.count.packets, "packet");
    let share = Percent(ranked.count.packets, of).to_string();
    writeln!(
        out,
        "{}path {id} of {}{}: {packets}, {}",
        colours.summary,
        report.paths,
        colours.reset,
        share.trim()
    )?;
    look.when(out, 2, ranked.count)?;
    for (step, number) in ranked.path.steps(steps).zip(1_u64..) {
        let shown = step.show(look);
        writeln!(out, "{}{number:>6}{}  {shown}", colours.dim, colours.reset)?;
    }
    if let Some(path) = expression(ranked, steps) {
        writeln!(out, "  -f 'mbuf_trace.path == \"{path}\"' selects its packets")?;
    }
    Ok(())
}

/// The path as a filter has it, where its functions are names that need no escaping there or in a shell.
fn expression(ranked: &Ranked<'_>, steps: Steps) -> Option<String> {
    const LONGEST: usize = 2000;
    if steps != Steps::Functions || ranked.path.key().is_empty() || ranked.path.key().len() > LONGEST {
        return None;
    }
    let mut names = Vec::new();
    for step in ranked.path.steps(steps) {
        let name = step.words.to_str()?;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        names.push(if plain { name } else { return None });
    }
    Some(names.join(" > "))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
