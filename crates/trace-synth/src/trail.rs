//! What a packet's trace says, oldest first, and the frame of it.

use crate::headers::Packet;
use fastrand::Rng;
use mbuf_trace::write::FrameWriter;
use mbuf_trace::{
    Encoding, Event, EventHeader, FrameHeader, Kind, Origin, Position, Revision, Snapshot, Text,
};
use std::fmt::{Arguments, Write};
use std::ops::Range;

/// A line of the kernel's source, and the function it is in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    pub(crate) function: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

#[derive(Debug, Clone)]
struct Note {
    kind: Kind,
    site: Site,
    /// Nanoseconds after the first.
    at: u64,
    /// Arguments or text, in the trail's letters.
    words: Option<Range<usize>>,
    /// Link type, and where the bytes lie in the trail's.
    snapshot: Option<(u16, Range<usize>)>,
}

/// The trace of one packet; its memory serves the next one.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    notes: Vec<Note>,
    letters: String,
    bytes: Vec<u8>,
    clock: u64,
    cpu: u16,
    thread: u32,
}

impl Trail {
    /// Forgets the trace before.
    pub(crate) fn begin(&mut self, random: &mut Rng) {
        self.notes.clear();
        self.letters.clear();
        self.bytes.clear();
        self.clock = 0;
        self.cpu = random.u16(..4);
        self.thread = 100_050 + u32::from(self.cpu);
        // The pace of this packet.
        self.clock = random.u64(..50);
    }

    fn note(&mut self, kind: Kind, site: Site, words: Option<Arguments<'_>>) {
        let words = words.map(|words| {
            let start = self.letters.len();
            let _ = self.letters.write_fmt(words);
            start..self.letters.len()
        });
        // Steps take some hundred nanoseconds, each source line its own time.
        self.clock += 80 + u64::from(site.line % 61) * 13;
        self.notes.push(Note { kind, site, at: self.clock, words, snapshot: None });
    }

    /// A rule asked for the trace; the revisions before the fourth do not record that.
    pub(crate) fn start(&mut self, site: Site) {
        self.note(Kind::Start, site, None);
    }

    pub(crate) fn enter(&mut self, site: Site, args: Arguments<'_>) {
        self.note(Kind::Enter, site, Some(args));
    }

    pub(crate) fn leave(&mut self, site: Site) {
        self.note(Kind::Leave, site, None);
    }

    pub(crate) fn pass(&mut self, site: Site) {
        self.note(Kind::Function, site, None);
    }

    pub(crate) fn say(&mut self, site: Site, text: Arguments<'_>) {
        self.note(Kind::Dynamic, site, Some(text));
    }

    pub(crate) fn drop_packet(&mut self, site: Site, reason: Arguments<'_>) {
        self.note(Kind::Drop, site, Some(reason));
    }

    pub(crate) fn snapshot(&mut self, site: Site, packet: &Packet) {
        self.note(Kind::Data, site, None);
        let start = self.bytes.len();
        packet.append(&mut self.bytes);
        if let Some(note) = self.notes.last_mut() {
            note.snapshot = Some((packet.link_type(), start..self.bytes.len()));
        }
    }

    /// Events with words.
    pub(crate) fn texts(&self) -> usize {
        self.notes.iter().filter(|note| !matches!(note.kind, Kind::Data | Kind::Start)).count()
    }

    /// Snapshots that a revision keeps: the first has room for one.
    pub(crate) fn snapshots(&self, encoding: Encoding) -> usize {
        let all = self.notes.iter().filter(|note| note.kind == Kind::Data).count();
        if encoding.revision == Revision::One { all.min(1) } else { all }
    }

    /// Appends the frame that the kernel would send when it frees the packet, newest event first.
    pub(crate) fn write(&self, encoding: Encoding, packet_id: u64, out: &mut Vec<u8>) {
        let typed = encoding.revision == Revision::Four;
        let header = typed.then_some(FrameHeader { packet_id, ..FrameHeader::default() });
        let newest_first = self.notes.iter().rev().filter(|note| typed || note.kind != Kind::Start);
        let mut writer = FrameWriter::new(out, encoding, header);
        let written = newest_first.map(|note| self.event(note)).try_for_each(|event| writer.push(&event));
        // Older revisions have no place for ages, link types and drops; that is how their traces are.
        let _ = writer.finish();
        assert!(written.is_ok(), "a trace too long for a frame: {self:?}");
    }

    fn event(&self, note: &Note) -> Event<'_> {
        let words = note.words.clone().and_then(|range| self.letters.get(range));
        let words = words.map(|words| Text(words.as_bytes()));
        let is_call = matches!(note.kind, Kind::Enter | Kind::Leave | Kind::Function);
        let snapshot = note.snapshot.as_ref().map(|(link_type, range)| Snapshot {
            link_type: *link_type,
            ..Snapshot::ethernet(self.bytes.get(range.clone()).unwrap_or_default())
        });
        Event {
            header: Some(EventHeader {
                age: Some(self.clock - note.at + 400),
                thread: Some(self.thread),
                cpu: Some(self.cpu),
                ..EventHeader::default()
            }),
            position: Some(Position { file: Text(note.site.file.as_bytes()), line: note.site.line }),
            function: Some(Text(note.site.function.as_bytes())),
            args: words.filter(|_| is_call),
            text: words.filter(|_| !is_call),
            origin: (note.kind == Kind::Start).then_some(Origin::PF_RULE),
            errno: (note.kind == Kind::Drop).then_some(13),
            snapshot,
            ..Event::new(note.kind)
        }
    }
}
