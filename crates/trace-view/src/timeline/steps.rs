//! The steps of one packet: a line each, with what changed between snapshots below.

use super::fit::{base_name, cut, cut_path, width, width_of, wrapped_list};
use super::fold::{self, Repeat};
use super::palette::Colour;
use super::snapshots::{Snapshots, is_worth_a_line, only_follows};
use super::way::Way;
use super::words::words;
use super::{Options, context::Context, dump, spill};
use crate::changes::{self, Change, Differences};
use crate::push::{self, Draft, Page as _};
use mbuf_trace::{Calls, Event, Kind, Snapshot};
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::ops::Range;

/// Widest that the words' column gets before positions stop lining up.
const WIDEST: usize = 48;
/// Levels of indentation that are shown; deeper ones look like the last.
pub(super) const DEEPEST: usize = 32;
/// Columns of a step: two for each level.
const INDENT: usize = 2;
/// Between a step's words and its position, and between other columns.
const GAP: usize = 2;

/// How wide the columns of one packet are.
#[derive(Debug, Clone, Copy, Default)]
struct Columns {
    step: usize,
    /// 0 where there are no times.
    time: usize,
    words: usize,
    /// Deeper levels look like this one.
    deepest: usize,
}

impl Columns {
    /// Where the words begin.
    const fn left(&self) -> usize {
        let time = if self.time > 0 { self.time.saturating_add(GAP) } else { 0 };
        self.step.saturating_add(GAP).saturating_add(time)
    }
}

/// A step as it is shown, its texts in [`Buffers`].
#[derive(Debug, Clone, Default)]
struct Line {
    level: usize,
    /// Whether the function that it names is the one that it is shown in.
    is_within: bool,
    time: Range<usize>,
    words: Range<usize>,
    /// Columns that the words take.
    width: usize,
    place: Range<usize>,
}

/// Memory that is used again for the next packet.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers {
    /// Words that are put together of several parts of an event.
    scratch: Vec<u8>,
    lines: Vec<Line>,
    /// Times, words and places of the lines.
    texts: String,
    /// The line that is being made.
    line: String,
    differences: Differences<'static>,
    comparison: changes::Scratch,
}

/// What the line of a packet has said already.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) context: Option<Context>,
    /// The packet in a line: what it is, or, where it was turned into its own answer, both.
    pub(super) title: String,
    /// What the packet was when that was last said.
    pub(super) packet: String,
    /// What the newest snapshot is that has any bytes, and its step.
    pub(super) newest: String,
    pub(super) newest_step: usize,
}

/// The packet that is shown.
pub(super) struct Steps<'s, 'a> {
    way: &'s Way<'s, 'a>,
    options: &'s Options,
    snapshots: Snapshots<'s, 'a>,
    columns: Columns,
    buffers: &'s mut Buffers,
    differences: Differences<'a>,
    /// Where the packet was and what it was, as last said.
    said: &'s mut Said,
    page: &'s mut String,
}

impl<'s, 'a> Steps<'s, 'a> {
    pub(super) fn new(
        way: &'s Way<'s, 'a>,
        options: &'s Options,
        said: &'s mut Said,
        buffers: &'s mut Buffers,
        page: &'s mut String,
    ) -> Self {
        let snapshots = Snapshots::new(way, options.snapshot_link);
        let differences = std::mem::take(&mut buffers.differences);
        Self { way, options, snapshots, columns: Columns::default(), buffers, differences, said, page }
    }

    /// Writes them onto the page, and what is too much for one to the output.
    pub(super) fn write(mut self, out: &mut impl Write) -> io::Result<()> {
        let Way { events, backwards, .. } = *self.way;
        self.fit();
        // The snapshot before each, in time: the next one where time goes backwards.
        let mut older = events.iter().filter_map(|event| event.snapshot).skip(1);
        let mut last: Option<Snapshot<'a>> = None;
        let mut folded = 0_usize;
        let mut group: Option<(Repeat, usize)> = None;
        for (place, event) in events.iter().enumerate() {
            let before = match event.snapshot {
                None => None,
                Some(_) if backwards => older.next(),
                Some(now) => last.replace(now),
            };
            if let Some(left) = folded.checked_sub(1) {
                folded = left;
                continue;
            }
            let repeat = match group {
                None if self.options.fold => fold::first(events.get(place..).unwrap_or_default()),
                _ => None,
            };
            let times = repeat.filter(|repeat| repeat.steps == 1).map(|repeat| repeat.times);
            let line = self.buffers.lines.get(place).cloned().unwrap_or_default();
            self.context_line(event, line.level);
            self.step(event, self.way.step_at(place), &line, times, before);
            if let Some(repeat) = repeat {
                match repeat.steps {
                    1 => folded = repeat.hidden(),
                    _ => group = Some((repeat, repeat.steps)),
                }
            }
            if let Some((repeat, left)) = group.take() {
                match left.saturating_sub(1) {
                    0 => {
                        folded = repeat.hidden();
                        self.repeated(repeat, line.level);
                    }
                    left => group = Some((repeat, left)),
                }
            }
            spill(self.page, out)?;
        }
        self.buffers.differences = self.differences.recycled();
        Ok(())
    }

    /// Puts the texts of all lines together, and finds out how wide the columns have to be.
    fn fit(&mut self) {
        let Self { way, options, columns, buffers, .. } = self;
        let Buffers { scratch, lines, texts, .. } = &mut **buffers;
        lines.clear();
        texts.clear();
        let digits = way.events.len().checked_ilog10().unwrap_or_default();
        let digits = usize::try_from(digits).unwrap_or_default();
        columns.step = digits.saturating_add(5);
        lines.extend(way.events.iter().map(|event| {
            let start = texts.len();
            if let Some(time) = way.clock.time(event) {
                time.push(texts);
            }
            let time = start..texts.len();
            columns.time = columns.time.max(width(texts.get(time.clone()).unwrap_or_default()));
            Line { time, ..Line::default() }
        }));
        let room = options.width().map(|width| width.saturating_sub(columns.left()));
        columns.deepest = room.map_or(usize::MAX, |room| room / 4 / INDENT);
        let deepest = columns.deepest.min(DEEPEST);
        let mut calls = Calls::new(way.trace.ends());
        let count = lines.len();
        for place in (0..count)
            .map(|place| if way.backwards { count.saturating_sub(place).saturating_sub(1) } else { place })
        {
            let (Some(event), Some(line)) = (way.events.get(place), lines.get_mut(place)) else { continue };
            let depth = calls.take(event).depth;
            let innermost = calls.innermost().filter(|_| depth <= deepest);
            line.level = depth.min(deepest);
            line.is_within = innermost.is_some_and(|call| call.function == event.function);
        }
        let (mut widest, mut farthest) = (0, 0);
        let mut draft = Draft::from(std::mem::take(texts));
        for (event, line) in way.events.iter().zip(lines) {
            let start = draft.as_bytes().len();
            words(event, scratch, &mut draft);
            let end = draft.as_bytes().len();
            line.words = start..end;
            line.width = width_of(draft.as_bytes().get(start..).unwrap_or_default());
            let Some(position) = event.position else { continue };
            push::position(options.short(position), &mut draft);
            line.place = end..draft.as_bytes().len();
            if event.kind != Kind::Position {
                let indent = line.level.saturating_mul(INDENT);
                widest = widest.max(line.width.saturating_add(indent).min(WIDEST));
                if room.is_some() {
                    farthest = farthest.max(width_of(draft.as_bytes().get(end..).unwrap_or_default()));
                }
            }
        }
        *texts = draft.finish();
        let most = room.map_or(WIDEST, |room| room.saturating_sub(farthest.saturating_add(GAP)));
        columns.words = widest.min(most);
    }

    /// A line where the packet went to another virtual network stack, CPU or thread.
    fn context_line(&mut self, event: &Event<'_>, level: usize) {
        let Some(now) = Context::of(event) else { return };
        let before = self.said.context.replace(now);
        let new = before.map_or_else(|| now.all(), |before| now.since(&before));
        if !new.is_empty() {
            self.remark(format_args!("on {new}"), level);
        }
    }

    fn step(
        &mut self,
        event: &Event<'a>,
        step: usize,
        line: &Line,
        times: Option<usize>,
        before: Option<Snapshot<'a>>,
    ) {
        let Self { options, columns, page, buffers, .. } = self;
        let colours = &options.palette;
        colours.dim.push(page);
        push::number_to_the_right(step, columns.step, page);
        colours.reset.push(page);
        page.push_str("  ");
        if columns.time > 0 {
            let time = buffers.texts.get(line.time.clone()).unwrap_or_default();
            colours.time.push(page);
            push::spaces(columns.time.saturating_sub(width(time)), page);
            page.push_str(time);
            colours.reset.push(page);
            page.push_str("  ");
        }
        let indent = line.level.saturating_mul(INDENT);
        push::spaces(indent, page);
        let earlier = event.snapshot.and_then(|now| self.snapshots.earlier(step, &now));
        let is_more = self.more_words(event, line, earlier, times);
        self.words_and_place(event, line, is_more, indent);
        let Some(now) = event.snapshot else { return };
        match before {
            Some(before) => {
                let Self { snapshots, differences, .. } = self;
                snapshots.since(&before, &now, differences, &mut self.buffers.comparison);
            }
            None => self.differences.clear(),
        }
        if earlier.is_none() {
            self.packet(&now, step, indent);
        }
        self.differences(indent);
        if self.options.hex && earlier.is_none() {
            let left = self.columns.left().saturating_add(indent).saturating_add(INDENT);
            dump::write(self.page, now.bytes, &self.differences.changed_bytes, left, self.options);
        }
    }

    /// Makes the words of a step that are not just those of its event. Gives whether there are any.
    fn more_words(
        &mut self,
        event: &Event<'a>,
        line: &Line,
        earlier: Option<usize>,
        times: Option<usize>,
    ) -> bool {
        if (earlier, event.missing, times) == (None, 0, None) {
            return false;
        }
        let Buffers { line: shown, texts, .. } = &mut *self.buffers;
        shown.clear();
        // Writing to a String cannot fail.
        match earlier {
            Some(step) => drop(write!(shown, "data, as in step {step}")),
            None => shown.push_str(texts.get(line.words.clone()).unwrap_or_default()),
        }
        if event.missing > 0 {
            shown.push_str(" … ");
            push::counted(event.missing, "byte", shown);
            shown.push_str(" cut");
        }
        if let Some(times) = times {
            let _ = write!(shown, " ×{times}");
        }
        true
    }

    /// A line that says what the packet is, unless that has been said last.
    fn packet(&mut self, snapshot: &Snapshot<'a>, step: usize, indent: usize) {
        let is = &mut self.buffers.line;
        is.clear();
        match step == self.said.newest_step {
            true => is.push_str(&self.said.newest),
            // Writing to a String cannot fail.
            false => drop(self.snapshots.summary(snapshot).write(is)),
        }
        if *is != self.said.packet {
            self.line(self.options.palette.summary, indent);
            std::mem::swap(&mut self.buffers.line, &mut self.said.packet);
        }
    }

    /// Shows the text in the buffer as a line below a step; over several lines where it does not fit.
    fn line(&mut self, colour: Colour, indent: usize) {
        let left = self.columns.left().saturating_add(indent).saturating_add(INDENT);
        let room = self.options.width().map(|width| width.saturating_sub(left));
        let Self { page, options, buffers, .. } = self;
        let mut write = |left: usize, text: &str| {
            push::spaces(left, page);
            colour.push(page);
            page.push_str(text);
            options.palette.reset.push(page);
            page.push('\n');
        };
        let text = buffers.line.as_str();
        if room.is_none_or(|room| width(text) <= room) {
            return write(left, text);
        }
        for (index, line) in wrapped_list(text, room, INDENT).iter().enumerate() {
            write(if index == 0 { left } else { left.saturating_add(INDENT) }, line);
        }
    }

    /// The words of the event, or those that are in the buffer, then the position, all within the line.
    fn words_and_place(&mut self, event: &Event<'_>, line: &Line, in_buffer: bool, indent: usize) {
        let Self { options, page, buffers, columns, .. } = self;
        let colours = &options.palette;
        let left = columns.left().saturating_add(indent);
        let room = options.width().map(|width| width.saturating_sub(left));
        let (words, uncut) = match in_buffer {
            true => (buffers.line.as_str(), width(&buffers.line)),
            false => (buffers.texts.get(line.words.clone()).unwrap_or_default(), line.width),
        };
        let colour = colours.of(event.kind);
        let Some(position) = event.position else {
            colour.push(page);
            page.push_str(&cut(words, room));
            colours.reset.push(page);
            page.push('\n');
            return;
        };
        let place = buffers.texts.get(line.place.clone()).unwrap_or_default();
        let gap = if words.is_empty() { 0 } else { GAP };
        let (words, place) = match room {
            None => (words.into(), place.into()),
            Some(room) => {
                // The name of the file is worth more than its folders, and more than the end of the words.
                let least = width(base_name(place)).min(room / 2);
                let words = cut(words, Some(room.saturating_sub(least).saturating_sub(gap)));
                let place = cut_path(place, room.saturating_sub(width(&words)).saturating_sub(gap));
                (words, place)
            }
        };
        let wide = if room.is_some() { width(&words) } else { uncut };
        let pad = columns.words.saturating_sub(indent).saturating_sub(wide);
        let pad = room.map_or(pad, |room| {
            let taken = wide.saturating_add(gap).saturating_add(width(&place));
            pad.min(room.saturating_sub(taken))
        });
        let pad = if gap == 0 { 0 } else { pad.saturating_add(gap) };
        colour.push(page);
        page.push_str(&words);
        colours.reset.push(page);
        push::spaces(pad, page);
        colours.dim.push(page);
        match &options.links {
            // A relative path points nowhere from here.
            Some(template) if position.file.as_bytes().starts_with(b"/") => {
                let _ = write!(page, "{}", template.show(position, &place));
            }
            _ => page.push_str(&place),
        }
        let is_call = matches!(event.kind, Kind::Enter | Kind::Leave | Kind::Function);
        if let Some(function) = event.function.filter(|_| !is_call && !line.is_within) {
            let start = page.len();
            page.push_str("  in ");
            push::text(function, &mut **page);
            let taken = wide.saturating_add(pad).saturating_add(width(&place));
            let needed = taken.saturating_add(width(page.get(start..).unwrap_or_default()));
            // Where it does not fit, it is left out: a mark alone would say nothing.
            if room.is_some_and(|room| needed > room.max(taken)) {
                page.truncate(start);
            }
        }
        colours.reset.push(page);
        page.push('\n');
    }

    /// What changed since the snapshot before: a line each, and one for all checksums that only follow.
    fn differences(&mut self, indent: usize) {
        let colours = &self.options.palette;
        let changes = std::mem::take(&mut self.differences.changes);
        for change in changes.iter().filter(|change| is_worth_a_line(change)) {
            let colour = match change {
                Change::HeaderAdded(_) => colours.enter,
                Change::HeaderRemoved(_) => colours.leave,
                Change::Vlan(tag) => {
                    if tag.pushed {
                        colours.enter
                    } else {
                        colours.leave
                    }
                }
                Change::Field(field) if field.wrong => colours.fault,
                _ => colours.note,
            };
            let line = &mut self.buffers.line;
            line.clear();
            // Writing to a String cannot fail.
            let _ = change.write(line);
            self.line(colour, indent);
        }
        let line = &mut self.buffers.line;
        line.clear();
        for change in changes.iter().filter(|change| only_follows(change)) {
            line.push_str(if line.is_empty() { "(" } else { ", " });
            let _ = change.write(line);
        }
        if !line.is_empty() {
            line.push(')');
            self.line(colours.dim, indent);
        }
        self.differences.changes = changes;
    }

    /// The line below a group of steps that repeats.
    fn repeated(&mut self, repeat: Repeat, level: usize) {
        let Repeat { steps, times } = repeat;
        self.remark(format_args!("these {steps} steps ×{times}"), level);
    }

    /// A line between steps.
    fn remark(&mut self, text: fmt::Arguments<'_>, level: usize) {
        let line = &mut self.buffers.line;
        line.clear();
        // Writing to a String cannot fail.
        let _ = line.write_fmt(text);
        let colours = &self.options.palette;
        let left = self.columns.left().saturating_add(level.saturating_mul(INDENT));
        let room = self.options.width().map(|width| width.saturating_sub(left));
        push::spaces(left, self.page);
        colours.dim.push(self.page);
        self.page.push_str(&cut(&self.buffers.line, room));
        colours.reset.push(self.page);
        self.page.push('\n');
    }
}
