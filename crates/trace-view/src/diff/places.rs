//! Functions and trace points of one capture.

use crate::paths::write_words;
use crate::tally::{Count, Items, Moment, Tally, push};
use mbuf_trace::{Event, Kind, Position, Revision, Text};
use std::collections::{BTreeMap, HashMap};

/// Bytes of a text that is no constant of the source that are kept.
const LONGEST: usize = 256;
/// What a text costs beside its letters.
const TEXT_COST: usize = 128;

/// Functions and trace points of one capture.
#[derive(Debug)]
pub(crate) struct Places {
    functions: Tally,
    points: Tally,
    /// By the number of a point: the words of those whose words are not part of the key, because they may change from packet
    /// to packet. None where they did.
    texts: HashMap<usize, Option<Box<[u8]>>>,
    room_for_texts: usize,
    key: Vec<u8>,
}

/// What a trace point is but for its file and line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Site<'a> {
    pub(crate) kind: Kind,
    /// Only revision 4 knows it where the event is no call.
    pub(crate) function: Option<Text<'a>>,
    /// Of a text that is a constant of the source; of a text that may be one, as long as it was always the same.
    pub(crate) text: Option<Text<'a>>,
}

/// A trace point: a line with what is recorded there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) line: u32,
    pub(crate) site: Site<'a>,
    pub(crate) count: Count,
}

impl Places {
    /// No places yet, and no more of them than fit into so many bytes.
    pub(crate) fn in_room(room: usize) -> Self {
        Self {
            functions: Tally::with_room(room / 4),
            points: Tally::with_room(room / 2),
            texts: HashMap::new(),
            room_for_texts: room / 4,
            key: Vec::new(),
        }
    }

    /// Counts an event. Snapshots are left out: where they are taken is a matter of how one traces.
    pub(crate) fn add(&mut self, event: &Event<'_>, revision: Revision, at: Moment) {
        let event = event.with_drop_in_words(revision);
        if let Some(function) = event.function.filter(|_| is_call(event.kind)) {
            self.functions.add(function.as_bytes(), at);
        }
        let Some(Position { file, line }) = event.position.filter(|_| event.kind != Kind::Data) else {
            return;
        };
        let text = event.text.unwrap_or_default().as_bytes();
        let kind = match event.kind {
            // A revision that has no event for the start.
            kind if may_vary(kind) && revision != Revision::Four && text.starts_with(b"start: ") => {
                Kind::Start
            }
            kind => kind,
        };
        self.key.clear();
        push(&mut self.key, Some(file.as_bytes()));
        push(&mut self.key, Some(kind.name().as_bytes()));
        push(&mut self.key, event.function.map(Text::as_bytes));
        push(&mut self.key, (kind == Kind::Static).then_some(text));
        push(&mut self.key, Some(&line.to_le_bytes()));
        let point = self.points.add(&self.key, at);
        if let Some(point) = point.filter(|_| may_vary(kind) && kind != Kind::Static) {
            self.add_text(point, text);
        }
    }

    /// Remembers the words of a point, or that they vary.
    fn add_text(&mut self, point: usize, text: &[u8]) {
        let text = text.get(..LONGEST).unwrap_or(text);
        if let Some(known) = self.texts.get_mut(&point) {
            let is_other = |known: &&[u8]| *known != text && !template(known).eq(template(text));
            if known.as_deref().filter(is_other).is_some() {
                *known = None;
            }
            return;
        }
        if let Some(room) = self.room_for_texts.checked_sub(text.len().saturating_add(TEXT_COST)) {
            self.room_for_texts = room;
            self.texts.insert(point, Some(text.into()));
        }
    }

    /// Whether there were more than are kept, so that what seems to be absent may not be.
    pub(crate) const fn overflowed(&self) -> bool {
        self.functions.others() > 0 || self.points.others() > 0
    }

    /// Functions of this capture that the other one does not have, by name.
    pub(crate) fn functions_only_here<'a>(&'a self, other: &Self) -> Vec<(Text<'a>, &'a Count)> {
        let mut only: Vec<_> = self
            .functions
            .iter()
            .filter(|(name, _)| other.functions.get(name).is_none())
            .map(|(name, count)| (Text(name), count))
            .collect();
        only.sort_by_key(|(name, _)| *name);
        only
    }

    /// Whether this capture has a function that the other one does not have.
    pub(crate) fn has_alone(&self, function: Text<'_>, other: &Self) -> bool {
        let [here, there] = [self, other].map(|places| places.functions.get(function.as_bytes()));
        here.is_some() && there.is_none()
    }

    /// The trace points of each file, by line. Of `common`, as earlier revisions than 4 record them: only calls have a
    /// function, and no text is known to be a constant of the source.
    pub(crate) fn by_file(&self, common: bool) -> BTreeMap<Text<'_>, Vec<Point<'_>>> {
        let mut files: BTreeMap<Text<'_>, Vec<Point<'_>>> = BTreeMap::new();
        for (number, key, count) in self.points.numbered() {
            let mut items = Items::new(key);
            let mut item = || items.next().flatten();
            let file = Text(item().unwrap_or_default());
            let kind = item().and_then(|name| Kind::from_name(std::str::from_utf8(name).ok()?));
            let (function, text) = (item().map(Text), item().map(Text));
            let line = item().and_then(|line| line.try_into().ok()).map_or(0, u32::from_le_bytes);
            let text = text.or_else(|| self.texts.get(&number)?.as_deref().map(Text));
            let mut site = Site { kind: kind.unwrap_or(Kind::Unknown), function, text };
            if common {
                // Not every revision has them.
                if matches!(site.kind, Kind::Start | Kind::Unknown) {
                    continue;
                }
                site.kind =
                    if may_vary(site.kind) && site.kind != Kind::Drop { Kind::String } else { site.kind };
                site.function = site.function.filter(|_| is_call(site.kind));
            }
            files.entry(file).or_default().push(Point { line, site, count: *count });
        }
        for points in files.values_mut() {
            points.sort_by_key(|point| (point.line, point.site));
            // Points that revision 4 tells apart are one where it is not asked.
            points.dedup_by(|point, before| {
                let is_same = (point.line, point.site.at_a_line()) == (before.line, before.site.at_a_line());
                if is_same {
                    before.count.merge(&point.count);
                }
                if is_same && point.site.text != before.site.text {
                    before.site.text = None;
                }
                is_same
            });
        }
        files
    }
}

impl Site<'_> {
    /// What a trace point has in common with that of another build, at another line.
    pub(crate) fn label(&self) -> (Kind, Option<Text<'_>>, Option<Vec<u8>>) {
        let text = match self.kind {
            Kind::Static => self.text.map(|text| text.as_bytes().to_vec()),
            _ => self.text.map(|text| template(text.as_bytes()).flatten().copied().collect()),
        };
        (self.kind, self.function, text)
    }

    /// What of it is the same in all builds that have it at the same line: without a text that may change.
    pub(crate) fn at_a_line(&self) -> Self {
        Self { text: self.text.filter(|_| self.kind == Kind::Static), ..*self }
    }

    /// What is recorded there, as `paths --steps` has it.
    pub(crate) fn words(&self) -> Vec<u8> {
        let mut words = Vec::new();
        match (self.kind, self.text) {
            (Kind::Drop, Some(text)) => {
                words.extend_from_slice(b"drop: ");
                words.extend_from_slice(text.as_bytes());
            }
            (kind, Some(text)) if may_vary(kind) => words.extend_from_slice(text.as_bytes()),
            (Kind::String | Kind::Static | Kind::Dynamic, None) => words.extend_from_slice(b"(text)"),
            (kind, _) => write_words(&Event { function: self.function, ..Event::new(kind) }, &mut words),
        }
        words
    }
}

pub(crate) const fn is_call(kind: Kind) -> bool {
    matches!(kind, Kind::Enter | Kind::Leave | Kind::Function)
}

/// Whether it has words of its own.
const fn may_vary(kind: Kind) -> bool {
    matches!(kind, Kind::String | Kind::Static | Kind::Dynamic | Kind::Drop)
}

/// A text in parts, with `#` for each word that has a digit in it: numbers, addresses and interfaces are what changes from
/// packet to packet in most texts.
fn template(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let parts = text.chunk_by(move |before, after| is_word(before) == is_word(after));
    parts.map(|part| if part.iter().any(u8::is_ascii_digit) { b"#" } else { part })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_make_no_other_text() {
        for (text, expected) in [
            ("len 48", "len #"),
            ("to 10.0.0.1 by em0", "to #.#.#.# by #"),
            ("0xfffff800: PF_DROP", "#: PF_DROP"),
            ("old check", "old check"),
            ("", ""),
            ("\u{e9}1", "\u{e9}#"),
        ] {
            let template = template(text.as_bytes()).flatten().copied().collect();
            assert_eq!(String::from_utf8(template).unwrap(), expected);
        }
    }
}
