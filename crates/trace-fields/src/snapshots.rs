//! The packets in a captured packet, and the headers in them, one after another.

use crate::distinct::Distinct;
use crate::layers::{Layer, Layers};
use crate::snapshot_link::SnapshotLink;
use crate::subject::Subject;
use capture_file::LinkType;
use mbuf_trace::Link;
use mbuf_trace::read::Snapshots;

/// What there is to decode: the snapshots of the trace that repeat no earlier one, oldest first, or the captured
/// packet itself where it is no trace.
#[derive(Debug, Clone)]
pub(crate) struct Packets<'a> {
    source: Source<'a>,
    /// What the packets are parts of.
    data: &'a [u8],
    link: SnapshotLink,
    distinct: Distinct,
}

#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack; a box would be one a packet")]
enum Source<'a> {
    Trace(Snapshots<'a>),
    /// None once it was given.
    Itself(Option<Link>),
}

impl<'a> Packets<'a> {
    /// `distinct` lends its memory; what it knows is forgotten.
    pub(crate) fn new(subject: &Subject<'a>, mut distinct: Distinct) -> Self {
        let source = match (subject.trace(), subject.packet().link_type) {
            (Some(trace), _) => Source::Trace(trace.snapshots()),
            (None, LinkType::ETHERNET) => Source::Itself(Some(Link::Ethernet)),
            (None, LinkType::RAW) => Source::Itself(Some(Link::Ip)),
            (None, _) => Source::Itself(None),
        };
        distinct.clear();
        Self { source, data: subject.bytes(), link: subject.snapshot_link(), distinct }
    }

    /// The memory that was lent.
    pub(crate) fn into_distinct(self) -> Distinct {
        self.distinct
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = (&'a [u8], Link);

    fn next(&mut self) -> Option<(&'a [u8], Link)> {
        match &mut self.source {
            Source::Itself(link) => link.take().map(|link| (self.data, link)),
            Source::Trace(snapshots) => snapshots.find_map(|snapshot| {
                let link = self.link.of(&snapshot);
                // Other links cannot be decoded, so nobody needs to know whether they repeat.
                let counts = !matches!(link, Link::NoHeader | Link::Other(_))
                    && self.distinct.is_new(self.data, link, snapshot.bytes);
                counts.then_some((snapshot.bytes, link))
            }),
        }
    }
}

/// The headers of these packets: of each, from the outermost one on.
#[derive(Debug, Clone)]
pub(crate) struct Headers<'a> {
    packets: Packets<'a>,
    /// The length on the wire of what is decoded, where that is the captured packet.
    length: Option<usize>,
    layers: Option<Layers<'a>>,
}

impl<'a> Headers<'a> {
    /// `distinct` lends its memory; what it knows is forgotten.
    pub(crate) fn new(subject: &Subject<'a>, distinct: Distinct) -> Self {
        Self { packets: Packets::new(subject, distinct), length: subject.length(), layers: None }
    }

    /// The memory that was lent.
    pub(crate) fn into_distinct(self) -> Distinct {
        self.packets.into_distinct()
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Layer<'a>;

    fn next(&mut self) -> Option<Layer<'a>> {
        loop {
            if let Some(layer) = self.layers.as_mut().and_then(Layers::next) {
                return Some(layer);
            }
            let (bytes, link) = self.packets.next()?;
            self.layers = Some(Layers::new(bytes, self.length.unwrap_or(bytes.len()), link));
        }
    }
}
