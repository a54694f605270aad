//! The recorder: one packet's notes, until they are written out as a frame.

use super::site::Site;
use crate::event::{Event, EventHeader};
use crate::generated::{Kind, MAX_PAYLOAD, MAX_RECORDS, Origin, frame_flag, layout};
use crate::position::Position;
use crate::read::FrameHeader;
use crate::revision::{Encoding, Revision};
use crate::snapshot::Snapshot;
use crate::text::Text;
use crate::write::{FrameWriter, Losses, WriteError};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What the kernel's sysctls under `kern.mbuf_trace` switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// `enable`: whether anything is recorded at all.
    pub enable: bool,
    /// `source_position`: whether every string carries the position of its call. Calls that are about a
    /// position or a function always do.
    pub source_position: bool,
    /// `start_anywhere`: whether calls before [`Recorder::mtrace_start`] are recorded.
    pub start_anywhere: bool,
}

/// Enabled, without source positions, ignoring what comes before the start.
impl Default for Options {
    fn default() -> Self {
        Self { enable: true, source_position: false, start_anywhere: false }
    }
}

/// One recorded call.
#[derive(Debug, Clone)]
struct Note {
    kind: Kind,
    site: Option<Site>,
    function: Option<&'static str>,
    text: Option<Cow<'static, [u8]>>,
    snapshot: Option<(u16, Vec<u8>)>,
    origin: Option<Origin>,
    errno: Option<u16>,
    header: EventHeader,
}

/// The trace of one packet in the making.
///
/// At most 65,534 events are kept, as many as fit into a frame of any revision; later ones are counted and
/// make the frame incomplete.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    options: Options,
    started: bool,
    notes: Vec<Note>,
    /// What the next events happen in; see [`Recorder::set_context`].
    context: EventHeader,
    packet_id: u64,
    parent_id: u64,
    lost: u32,
}

/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;

impl Recorder {
    /// A recorder for one packet that waits for [`Recorder::mtrace_start`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A recorder with other switches than the default.
    #[must_use]
    pub fn with_options(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Age, thread, VNET and CPU of the events to come. Only revision 4 carries them.
    pub fn set_context(&mut self, context: EventHeader) {
        self.context = context;
    }

    /// The identity of this trace and of the one it came from; 0 is unknown and none. Only revision 4
    /// carries them.
    pub fn set_identity(&mut self, packet_id: u64, parent_id: u64) {
        self.packet_id = packet_id;
        self.parent_id = parent_id;
    }

    /// Begins the trace. Calls before it are ignored, unless [`Options::start_anywhere`] is set. Only
    /// revision 4 records the start itself.
    pub fn mtrace_start(&mut self, site: Site) {
        self.start(site, Origin::UNSPECIFIED, "");
    }

    /// Begins the trace and says what asked for it: the origin, and which one. The kernel has no such call
    /// yet; only revision 4 carries it as it is.
    pub fn start(&mut self, site: Site, origin: Origin, label: &str) {
        self.started = true;
        let text = Some(Cow::Owned(label.as_bytes().to_vec()));
        self.note(Note { site: Some(site), text, origin: Some(origin), ..self.blank(Kind::Start) });
    }

    /// Records the packet's bytes, which begin with an Ethernet header; the kernel's `mtrace_data(m)`. More
    /// than a record holds is cut when it is written.
    pub fn mtrace_data(&mut self, site: Site, packet: &[u8]) {
        self.snapshot(site, ETHERNET, packet);
    }

    /// Records the packet's bytes, of this link type, a number of [`link_type`](crate::link_type).
    pub fn snapshot(&mut self, site: Site, link_type: u16, packet: &[u8]) {
        let snapshot = Some((link_type, packet.to_vec()));
        self.note(Note { site: self.position(site), snapshot, ..self.blank(Kind::Data) });
    }

    /// Records formatted text; the kernel's `mtrace_printf(m, f, …)`.
    pub fn mtrace_printf(&mut self, site: Site, text: fmt::Arguments<'_>) {
        let mut formatted = String::new();
        // Writing to a String fails only where a Display implementation does: then what came before stands.
        let _ = fmt::write(&mut formatted, text);
        self.string(Kind::Dynamic, site, Cow::Owned(formatted.into_bytes()));
    }

    /// Records the first `length` bytes of a static string, all of it where it is shorter.
    pub fn mtrace_static_length(&mut self, site: Site, text: &'static [u8], length: usize) {
        self.string(Kind::Static, site, Cow::Borrowed(text.get(..length).unwrap_or(text)));
    }

    /// Records a static string.
    pub fn mtrace_static(&mut self, site: Site, text: &'static str) {
        self.string(Kind::Static, site, Cow::Borrowed(text.as_bytes()));
    }

    /// Records a copy of the first `length` bytes of a string, of all of it where it is shorter.
    pub fn mtrace_dynamic_length(&mut self, site: Site, text: &[u8], length: usize) {
        self.string(Kind::Dynamic, site, Cow::Owned(text.get(..length).unwrap_or(text).to_vec()));
    }

    /// Records a copy of a string.
    pub fn mtrace_dynamic(&mut self, site: Site, text: &str) {
        self.string(Kind::Dynamic, site, Cow::Owned(text.as_bytes().to_vec()));
    }

    /// Records a static string: the short name of [`Recorder::mtrace_static`].
    pub fn mtrace(&mut self, site: Site, text: &'static str) {
        self.mtrace_static(site, text);
    }

    /// Records that the packet passed this source line.
    pub fn mtrace_(&mut self, site: Site) {
        self.note(Note { site: Some(site), ..self.blank(Kind::Position) });
    }

    /// Records that the function begins.
    pub fn mtrace_enter(&mut self, site: Site) {
        self.call(Kind::Enter, site);
    }

    /// Records that the function ends.
    pub fn mtrace_leave(&mut self, site: Site) {
        self.call(Kind::Leave, site);
    }

    /// Records that the packet is in this function.
    pub fn mtrace_func(&mut self, site: Site) {
        self.call(Kind::Function, site);
    }

    /// Records that the packet is dropped, with the error its sender gets (0 is none) and why. The kernel
    /// has no such call yet; only revision 4 carries it as it is.
    pub fn drop_packet(&mut self, site: Site, errno: u16, reason: &str) {
        let text = Some(Cow::Owned(reason.as_bytes().to_vec()));
        let function = Some(site.function);
        let errno = (errno != 0).then_some(errno);
        self.note(Note { site: Some(site), function, text, errno, ..self.blank(Kind::Drop) });
    }

    fn blank(&self, kind: Kind) -> Note {
        Note {
            kind,
            site: None,
            function: None,
            text: None,
            snapshot: None,
            origin: None,
            errno: None,
            header: self.context,
        }
    }

    fn position(&self, site: Site) -> Option<Site> {
        self.options.source_position.then_some(site)
    }

    fn string(&mut self, kind: Kind, site: Site, text: Cow<'static, [u8]>) {
        self.note(Note { site: self.position(site), text: Some(text), ..self.blank(kind) });
    }

    fn call(&mut self, kind: Kind, site: Site) {
        self.note(Note { site: Some(site), function: Some(site.function), ..self.blank(kind) });
    }

    fn note(&mut self, note: Note) {
        if !self.options.enable || !(self.started || self.options.start_anywhere) {
            return;
        }
        // Revision 4 needs one record for its frame header.
        if self.notes.len() >= MAX_RECORDS.saturating_sub(1) {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        self.notes.push(note);
    }

    /// The events so far, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = Event<'_>> {
        self.notes.iter().map(|note| Event {
            position: note.site.map(|site| Position { file: Text(site.file.as_bytes()), line: site.line }),
            function: note.function.map(|name| Text(name.as_bytes())),
            text: note.text.as_deref().map(Text),
            snapshot: note
                .snapshot
                .as_ref()
                .map(|(link_type, bytes)| Snapshot { link_type: *link_type, ..Snapshot::ethernet(bytes) }),
            origin: note.origin,
            errno: note.errno,
            header: Some(note.header),
            ..Event::new(note.kind)
        })
    }

    /// Appends the frame that the kernel would send when it frees the packet: newest event first. Tells what
    /// the revision could not say; the start itself is not counted, as the kernel never recorded it.
    ///
    /// # Errors
    ///
    /// Where an event is too long for a record. Then nothing is appended.
    pub fn write(&self, encoding: Encoding, out: &mut Vec<u8>) -> Result<Losses, WriteError> {
        let header = FrameHeader {
            flags: if self.lost > 0 { frame_flag::INCOMPLETE } else { 0 },
            packet_id: self.packet_id,
            parent_id: self.parent_id,
            lost: self.lost,
            ..FrameHeader::default()
        };
        let start = out.len();
        let mut write = || {
            let mut writer = FrameWriter::new(out, encoding, Some(header));
            for event in self.events().rev().filter(|event| is_written(event, encoding.revision)) {
                writer.push(&cut(event, encoding.revision))?;
            }
            Ok(writer.finish())
        };
        let written = write();
        if written.is_err() {
            out.truncate(start);
        }
        written
    }
}

/// The event with its snapshot cut to what a record holds. Revision 1 has no record around it.
fn cut(event: Event<'_>, revision: Revision) -> Event<'_> {
    let names = event.position.map_or(0, |position| position.file.as_bytes().len());
    let names = names.saturating_add(event.function.map_or(0, |function| function.as_bytes().len()));
    let before = match revision {
        Revision::One => return event,
        Revision::Two | Revision::Three => 0,
        Revision::Four => {
            layout::event_header::LEN.saturating_add(layout::snapshot::LEN).saturating_add(names)
        }
    };
    let room = MAX_PAYLOAD.saturating_sub(before);
    let snapshot = event.snapshot.map(|snapshot| match snapshot.bytes.get(..room) {
        None => snapshot,
        Some(bytes) => {
            let whole = u32::try_from(snapshot.bytes.len()).unwrap_or(u32::MAX);
            Snapshot { bytes, packet_length: snapshot.packet_length.or(Some(whole)), ..snapshot }
        }
    });
    Event { snapshot, ..event }
}

/// Whether the kernel records this event at all in a revision.
fn is_written(event: &Event<'_>, revision: Revision) -> bool {
    let bare_start = event.kind == Kind::Start && event.text.is_none_or(Text::is_empty);
    revision == Revision::Four || !bare_start
}
