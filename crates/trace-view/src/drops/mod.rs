//! Where packets ended, as dropwatch reports it: how many, in which function, at which line, and why. Packets that were
//! delivered, transmitted or absorbed are counted apart.

mod json;
mod text;

use crate::incomplete::Incomplete;
use crate::tally::{Count, GroupBy, Groups, Items, Look, Moment, Tally, push};
use mbuf_trace::{Fate, Text};
use std::io::{self, Write};
use trace_fields::{Field, Subject};

/// Bytes of a reason, and of what a function returned, that are told apart.
const LONGEST: usize = 1024;

/// Gathers the ends of traces, packet after packet.
#[derive(Debug, Default)]
pub struct Drops {
    by: GroupBy,
    key: Vec<u8>,
    tally: Tally,
    fates: Fates,
    incomplete: Incomplete,
    without_trace: u64,
}

/// Packets by what became of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fates([u64; Fate::ALL.len()]);

impl Fates {
    fn add(&mut self, fate: Fate) {
        if let Some(count) = self.0.get_mut(fate as usize) {
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn of(&self, fate: Fate) -> u64 {
        self.0.get(fate as usize).copied().unwrap_or(0)
    }
}

/// Whether the fate is what is looked for where packets get lost.
fn is_suspect(fate: Fate) -> bool {
    matches!(fate, Fate::Dropped | Fate::Unknown)
}

/// The order in which places are shown: drops first, then what is unknown.
fn rank(fate: Fate) -> usize {
    match fate {
        Fate::Dropped => 0,
        Fate::Unknown => 1,
        other => (other as usize).saturating_add(2),
    }
}

impl Drops {
    /// Counts ends, apart by these fields.
    #[must_use]
    pub fn new(by: GroupBy) -> Self {
        Self { by, ..Self::default() }
    }

    /// Counts a packet.
    pub fn add(&mut self, subject: &Subject<'_>, at: Moment) {
        let Some(trace) = subject.trace() else {
            self.without_trace = self.without_trace.saturating_add(1);
            return;
        };
        self.incomplete.add(trace);
        let end = trace.end();
        self.fates.add(end.fate);
        self.key.clear();
        self.by.write(subject, &mut self.key);
        // Where the newest events may be missing, there is no place: the packet was only last seen there.
        let end = end.in_known_place();
        push(&mut self.key, Some(&[end.fate as u8, u8::from(!end.is_known())]));
        push(&mut self.key, end.function.map(Text::as_bytes));
        push(&mut self.key, end.returned.map(cut));
        push(&mut self.key, end.position.map(|position| position.file.as_bytes()));
        let line = end.position.map(|position| position.line.to_le_bytes());
        push(&mut self.key, line.as_ref().map(<[u8; 4]>::as_slice));
        push(&mut self.key, end.reason.map(cut));
        let errno = end.errno.map(u16::to_le_bytes);
        push(&mut self.key, errno.as_ref().map(<[u8; 2]>::as_slice));
        self.tally.add(&self.key, at);
    }

    /// What was gathered, in order: drops before other ends, unknown ones next, places with more packets first.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        let mut groups = Groups::new(&self.tally, self.by.fields().len(), Place::read);
        for group in &mut groups.0 {
            group.members.sort_by(|a, b| {
                rank(a.fate)
                    .cmp(&rank(b.fate))
                    .then(b.count.packets.cmp(&a.count.packets))
                    .then_with(|| a.words().cmp(&b.words()))
            });
        }
        Report { gathered: self, groups }
    }
}

fn cut(text: Text<'_>) -> &[u8] {
    text.as_bytes().get(..LONGEST).unwrap_or(text.as_bytes())
}

/// A place where packets ended, with how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) fate: Fate,
    /// Whether the newest events may be missing, so that the place is not known.
    pub(crate) is_missing: bool,
    pub(crate) function: Option<Text<'a>>,
    pub(crate) returned: Option<Text<'a>>,
    pub(crate) file: Option<Text<'a>>,
    pub(crate) line: Option<u32>,
    pub(crate) reason: Option<Text<'a>>,
    pub(crate) errno: Option<u16>,
    pub(crate) count: &'a Count,
}

impl<'a> Place<'a> {
    /// Reads the part of a key that [`Drops::add`] writes behind the fields.
    fn read(key: &'a [u8], count: &'a Count) -> Self {
        let mut items = Items::new(key);
        let mut item = || items.next().flatten();
        let told = item().unwrap_or_default();
        let fate = told.first().copied();
        Self {
            fate: Fate::ALL.iter().copied().find(|known| Some(*known as u8) == fate).unwrap_or(Fate::Unknown),
            is_missing: told.get(1) == Some(&1),
            function: item().map(Text),
            returned: item().map(Text),
            file: item().map(Text),
            line: item().and_then(|line| line.try_into().ok()).map(u32::from_le_bytes),
            reason: item().map(Text),
            errno: item().and_then(|errno| errno.try_into().ok()).map(u16::from_le_bytes),
            count,
        }
    }

    /// What places are ordered by among equals.
    fn words(&self) -> impl Ord + 'a {
        (self.function, self.file, self.line, self.returned, self.reason, self.errno)
    }
}

/// What was gathered, to be shown.
#[derive(Debug)]
pub struct Report<'a> {
    gathered: &'a Drops,
    groups: Groups<'a, Place<'a>>,
}

impl Report<'_> {
    fn fields(&self) -> &[&'static Field] {
        self.gathered.by.fields()
    }

    /// Packets that are only in the sum: the memory set aside was full when their end came up first.
    #[must_use]
    pub const fn others(&self) -> u64 {
        self.gathered.tally.others()
    }

    /// Packets whose end is known.
    fn packets(&self) -> u64 {
        self.gathered.tally.packets()
    }

    /// Writes the `top` places of each group with the most packets: those of drops and of unknown ends, or `all`.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_text(&self, out: &mut impl Write, look: &Look, top: usize, all: bool) -> io::Result<()> {
        text::write(out, self, look, top, all)
    }

    /// Writes everything as one JSON object on one line.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_json(
        &self,
        out: &mut impl Write,
        files: &[String],
        top: usize,
        all: bool,
    ) -> io::Result<()> {
        json::write(out, self, files, top, all)
    }
}
