//! The steps of one packet: a line each, with what changed between snapshots below.

use super::depth::Depth;
use super::fit::{base_name, cut, cut_path, width, wrapped_list};
use super::fold::{Folds, Repeat};
use super::palette::Colour;
use super::snapshots::{Snapshots, worth_saying};
use super::time::Clock;
use super::words::words;
use super::{Options, context::Context, dump};
use crate::changes::{Change, Differences};
use crate::counted::Counted;
use mbuf_trace::{Event, Kind, Position, Snapshot, Trace};
use std::fmt::Write as _;
use std::io::{self, Write};
use trace_fields::summary;

/// Widest that the words' column gets before positions stop lining up.
const WIDEST: usize = 48;
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

/// Buffers that are used again for each event.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers {
    text: Vec<u8>,
    words: String,
    place: String,
    folds: Folds,
}

/// What the line of a packet has said already.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) context: Option<Context>,
    pub(super) packet: String,
}

/// The packet that is shown.
pub(super) struct Steps<'s, 'a> {
    pub(super) trace: &'s Trace<'a>,
    pub(super) options: &'s Options,
    pub(super) clock: Clock,
    pub(super) buffers: &'s mut Buffers,
    columns: Columns,
    snapshots: Snapshots<'a>,
    /// Where the packet was, as last said.
    context: Option<Context>,
    /// What the packet was, as last said.
    said: String,
}

impl<'s, 'a> Steps<'s, 'a> {
    pub(super) fn new(
        trace: &'s Trace<'a>,
        options: &'s Options,
        clock: Clock,
        said: Said,
        buffers: &'s mut Buffers,
    ) -> Self {
        let Said { context, packet: said } = said;
        let snapshots = Snapshots::new(trace, options.snapshot_link);
        Self { trace, options, clock, buffers, columns: Columns::default(), snapshots, context, said }
    }

    pub(super) fn write(mut self, out: &mut impl Write) -> io::Result<()> {
        let (options, trace) = (self.options, self.trace);
        let events = || options.events(trace);
        // Where the functions nest the other way round, a leave opens and an enter closes.
        let backwards = options.is_backwards(trace);
        let count = trace.event_count();
        self.fit(backwards);
        if options.fold {
            self.buffers.folds.read(events());
        }
        // The snapshot before each, in time: the next one where time goes backwards.
        let mut older = events().filter_map(|event| event.snapshot).skip(1);
        let mut last: Option<Snapshot<'a>> = None;
        let mut depth = Depth::new(backwards, self.columns.deepest);
        let mut folded = 0_usize;
        let mut group: Option<(Repeat, usize)> = None;
        for (index, event) in events().enumerate() {
            let level = depth.step(&event);
            let before = match event.snapshot {
                None => None,
                Some(_) if backwards => older.next(),
                Some(now) => last.replace(now),
            };
            if let Some(left) = folded.checked_sub(1) {
                folded = left;
                continue;
            }
            // Steps are numbered oldest first, whichever way they are shown.
            let step = if backwards { count.saturating_sub(index) } else { index.saturating_add(1) };
            let repeat = match group {
                None if options.fold => self.buffers.folds.at(index),
                _ => None,
            };
            let times = repeat.filter(|repeat| repeat.steps == 1).map(|repeat| repeat.times);
            self.context_line(out, &event, level)?;
            self.step(out, &event, step, level, depth.is_within(&event), times, before)?;
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
                        self.repeated(out, repeat, level)?;
                    }
                    left => group = Some((repeat, left)),
                }
            }
        }
        Ok(())
    }

    /// Finds out how wide the columns have to be.
    fn fit(&mut self, backwards: bool) {
        let (options, trace) = (self.options, self.trace);
        let digits = trace.event_count().checked_ilog10().unwrap_or_default();
        let digits = usize::try_from(digits).unwrap_or_default();
        self.columns.step = digits.saturating_add(5);
        for event in options.events(trace).filter(|_| self.clock.runs()) {
            if let Some(time) = self.clock.time(&event) {
                self.columns.time = self.columns.time.max(width(&time.to_string()));
            }
        }
        let room = options.width().map(|width| width.saturating_sub(self.columns.left()));
        self.columns.deepest = room.map_or(usize::MAX, |room| room / 4 / INDENT);
        let mut depth = Depth::new(backwards, self.columns.deepest);
        let (mut widest, mut farthest) = (0, 0);
        for event in options.events(trace) {
            let level = depth.step(&event);
            if let Some(position) = event.position.filter(|_| event.kind != Kind::Position) {
                self.buffers.words.clear();
                words(&event, &mut self.buffers.text, &mut self.buffers.words);
                let indent = level.saturating_mul(INDENT);
                widest = widest.max(width(&self.buffers.words).saturating_add(indent).min(WIDEST));
                self.place(position);
                farthest = farthest.max(width(&self.buffers.place));
            }
        }
        let most = room.map_or(WIDEST, |room| room.saturating_sub(farthest.saturating_add(GAP)));
        self.columns.words = widest.min(most);
    }

    /// Puts a position into its buffer, as it is shown.
    fn place(&mut self, position: Position<'_>) {
        self.buffers.place.clear();
        let _ = write!(self.buffers.place, "{}", self.options.short(position));
    }

    /// A line where the packet went to another virtual network stack, CPU or thread.
    fn context_line(&mut self, out: &mut impl Write, event: &Event<'_>, depth: usize) -> io::Result<()> {
        let Some(now) = Context::of(event) else { return Ok(()) };
        let before = self.context.replace(now);
        let text = before.map_or_else(|| now.all(), |before| now.since(&before)).to_string();
        match text.is_empty() {
            true => Ok(()),
            false => self.remark(out, &format!("on {text}"), depth),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call, in the loop over a packet's events")]
    fn step(
        &mut self,
        out: &mut impl Write,
        event: &Event<'a>,
        step: usize,
        depth: usize,
        is_within: bool,
        times: Option<usize>,
        before: Option<Snapshot<'a>>,
    ) -> io::Result<()> {
        let colours = self.options.palette;
        let columns = self.columns;
        write!(out, "{}{step:>2$}{}  ", colours.dim, colours.reset, columns.step)?;
        if columns.time > 0 {
            let time = self.clock.time(event).map(|time| time.to_string()).unwrap_or_default();
            write!(out, "{}{time:>2$}{}  ", colours.time, colours.reset, columns.time)?;
        }
        let indent = depth.saturating_mul(INDENT);
        write!(out, "{:indent$}", "")?;

        self.buffers.words.clear();
        let earlier = self.snapshots.earlier(event);
        match earlier {
            Some(step) => {
                let _ = write!(self.buffers.words, "data, as in step {step}");
            }
            None => words(event, &mut self.buffers.text, &mut self.buffers.words),
        }
        if event.missing > 0 {
            let _ = write!(self.buffers.words, " … {} cut", Counted(event.missing, "byte"));
        }
        if let Some(times) = times {
            let _ = write!(self.buffers.words, " ×{times}");
        }
        self.words_and_place(out, event, indent, is_within)?;
        if let Some(now) = event.snapshot {
            let differences = before.map(|before| self.snapshots.since(&before, &now)).unwrap_or_default();
            if earlier.is_none() {
                self.packet(out, &now, indent)?;
            }
            self.differences(out, &differences, indent)?;
            if self.options.hex && earlier.is_none() {
                let left = columns.left().saturating_add(indent).saturating_add(INDENT);
                dump::write(out, now.bytes, &differences.changed_bytes, left, self.options)?;
            }
        }
        Ok(())
    }

    /// A line that says what the packet is, unless that has been said last.
    fn packet(&mut self, out: &mut impl Write, snapshot: &Snapshot<'a>, indent: usize) -> io::Result<()> {
        let packet = self.snapshots.packet(snapshot);
        let is = summary(packet.bytes, packet.link).of_length(snapshot.whole_len()).to_string();
        if is == self.said {
            return Ok(());
        }
        self.line(out, self.options.palette.summary, &is, indent)?;
        self.said = is;
        Ok(())
    }

    /// A line below a step; over several lines where it does not fit.
    fn line(&self, out: &mut impl Write, colour: Colour, text: &str, indent: usize) -> io::Result<()> {
        let left = self.columns.left().saturating_add(indent).saturating_add(INDENT);
        let room = self.options.width().map(|width| width.saturating_sub(left));
        for (index, line) in wrapped_list(text, room, INDENT).iter().enumerate() {
            let left = if index == 0 { left } else { left.saturating_add(INDENT) };
            writeln!(out, "{:left$}{colour}{line}{}", "", self.options.palette.reset)?;
        }
        Ok(())
    }

    /// The words that are in the buffer, then the position, all within the line.
    fn words_and_place(
        &mut self,
        out: &mut impl Write,
        event: &Event<'_>,
        indent: usize,
        is_within: bool,
    ) -> io::Result<()> {
        let colours = self.options.palette;
        let left = self.columns.left().saturating_add(indent);
        let room = self.options.width().map(|width| width.saturating_sub(left));
        if let Some(position) = event.position {
            self.place(position);
        }
        let Buffers { words, place, .. } = &*self.buffers;
        let colour = colours.of(event.kind);
        let Some(position) = event.position else {
            return writeln!(out, "{colour}{}{}", cut(words, room), colours.reset);
        };
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
        let column = self.columns.words.saturating_sub(indent);
        let pad = column.saturating_sub(width(&words));
        let pad = room.map_or(pad, |room| {
            let taken = width(&words).saturating_add(gap).saturating_add(width(&place));
            pad.min(room.saturating_sub(taken))
        });
        let pad = if gap == 0 { 0 } else { pad.saturating_add(gap) };
        write!(out, "{colour}{words}{}{:pad$}{}", colours.reset, "", colours.dim)?;
        match &self.options.links {
            // A relative path points nowhere from here.
            Some(template) if position.file.as_bytes().starts_with(b"/") => {
                write!(out, "{}", template.show(position, &place))?;
            }
            _ => write!(out, "{place}")?,
        }
        let is_call = matches!(event.kind, Kind::Enter | Kind::Leave | Kind::Function);
        if let Some(function) = event.function.filter(|_| !is_call && !is_within) {
            let text = format!("  in {function}");
            let taken = width(&words).saturating_add(pad).saturating_add(width(&place));
            let room = room.map(|room| room.saturating_sub(taken));
            // Where it does not fit, it is left out: a mark alone would say nothing.
            if room.is_none_or(|room| width(&text) <= room) {
                write!(out, "{text}")?;
            }
        }
        writeln!(out, "{}", colours.reset)
    }

    /// What changed since the snapshot before: a line each, and one for all checksums that only follow.
    fn differences(&self, out: &mut impl Write, found: &Differences, indent: usize) -> io::Result<()> {
        let colours = self.options.palette;
        let (changes, following) = worth_saying(found);
        for change in changes {
            let colour = match change {
                Change::HeaderAdded(_) => colours.enter,
                Change::HeaderRemoved(_) => colours.leave,
                Change::Field(field) if field.wrong => colours.fault,
                _ => colours.note,
            };
            self.line(out, colour, &change.to_string(), indent)?;
        }
        if !following.is_empty() {
            let list: Vec<String> = following.iter().map(ToString::to_string).collect();
            self.line(out, colours.dim, &format!("({})", list.join(", ")), indent)?;
        }
        Ok(())
    }

    /// The line below a group of steps that repeats.
    fn repeated(&self, out: &mut impl Write, repeat: Repeat, depth: usize) -> io::Result<()> {
        let Repeat { steps, times } = repeat;
        self.remark(out, &format!("these {steps} steps ×{times}"), depth)
    }

    /// A line between steps.
    fn remark(&self, out: &mut impl Write, text: &str, depth: usize) -> io::Result<()> {
        let colours = self.options.palette;
        let left = self.columns.left().saturating_add(depth.saturating_mul(INDENT));
        let room = self.options.width().map(|width| width.saturating_sub(left));
        writeln!(out, "{:left$}{}{}{}", "", colours.dim, cut(text, room), colours.reset)
    }
}
