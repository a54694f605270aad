//! One captured packet with its trace, and the way to the values of its fields.

use crate::generated::FieldId;
use crate::headers;
use crate::registry::Scope;
use crate::scratch::Scratch;
use crate::snapshot_link::SnapshotLink;
use crate::snapshots::{Headers, Packets};
use crate::trace_values::{EventValues, visit_trace};
use crate::value::Value;
use crate::visitor::{StepVisitor, Visitor};
use capture_file::{Earlier, LinkType, Packet, Timestamp};
use mbuf_trace::{Link, Text, Trace};
use std::ops::ControlFlow;

/// What fields need to know of a captured packet. Made from a [`Packet`] with `into`.
#[derive(Debug, Clone, Copy)]
pub struct PacketView<'a> {
    /// Its number in the capture, from 1.
    pub number: u64,
    /// When it was captured.
    pub time: Option<Timestamp>,
    /// Times of the packets before it in the capture.
    pub earlier: Earlier,
    /// The name of its interface, as it stands in the file.
    pub interface_name: Option<&'a [u8]>,
    /// What `data` begins with.
    pub link_type: LinkType,
    /// Its length on the wire, in bytes.
    pub original_len: u32,
    /// Its bytes.
    pub data: &'a [u8],
    /// The packet as it stands in a file, which may say more of it: comments, for one.
    pub record: Option<&'a Packet<'a>>,
}

impl<'a> PacketView<'a> {
    /// The first packet of a capture of mbuf_trace (link type 147), whole, without a time.
    #[must_use]
    pub fn of_bytes(data: &'a [u8]) -> Self {
        Self {
            number: 1,
            time: None,
            earlier: Earlier::default(),
            interface_name: None,
            link_type: LinkType::USER0,
            original_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
            data,
            record: None,
        }
    }
}

impl<'a> From<&'a Packet<'a>> for PacketView<'a> {
    fn from(packet: &'a Packet<'a>) -> Self {
        Self {
            number: packet.number,
            time: packet.time,
            earlier: packet.earlier,
            interface_name: packet.interface_name,
            link_type: packet.link_type,
            original_len: packet.original_len,
            data: packet.data,
            record: Some(packet),
        }
    }
}

/// One captured packet with its trace, if it is one: what a filter is asked about.
///
/// A packet that is no trace but Ethernet or raw IP is decoded itself, as Wireshark does.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    packet: PacketView<'a>,
    trace: Option<&'a Trace<'a>>,
    link: SnapshotLink,
}

impl<'a> Subject<'a> {
    /// A packet without a trace.
    #[must_use]
    pub fn new(packet: impl Into<PacketView<'a>>) -> Self {
        Self { packet: packet.into(), trace: None, link: SnapshotLink::Auto }
    }

    /// The same packet with the trace in it, as a [`Detector`](mbuf_trace::Detector) gives it.
    #[must_use]
    pub fn with_trace(mut self, trace: &'a Trace<'a>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// The same packet with another opinion of what its snapshots begin with.
    #[must_use]
    pub fn with_snapshot_link(mut self, link: SnapshotLink) -> Self {
        self.link = link;
        self
    }

    /// The captured packet.
    #[must_use]
    pub const fn packet(&self) -> &PacketView<'a> {
        &self.packet
    }

    /// The trace in it.
    #[must_use]
    pub const fn trace(&self) -> Option<&'a Trace<'a>> {
        self.trace
    }

    /// The bytes that there are to decode: the trace's, or else those of the captured packet.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.trace.map_or(self.packet.data, Trace::packet)
    }

    /// What its snapshots begin with.
    #[must_use]
    pub const fn snapshot_link(&self) -> SnapshotLink {
        self.link
    }

    /// Calls `visit` with every value of the field, oldest first, until it breaks.
    ///
    /// Values of event fields come in the order of the events. Values of a snapshot's fields come from each
    /// snapshot that differs, in its bytes or its link, from all earlier ones of the packet.
    pub fn visit(&self, field: FieldId, scratch: &mut Scratch, visit: &mut Visitor<'_>) -> ControlFlow<()> {
        match (field.field().scope, self.trace) {
            (Scope::Packet, _) => self.of_packet(field, visit),
            (Scope::Trace, Some(trace)) => visit_trace(trace, field, &mut scratch.text, visit),
            (Scope::Event, Some(_)) => self.visit_steps(field, scratch, &mut |_, value| visit(value)),
            (Scope::Trace | Scope::Event, None) => ControlFlow::Continue(()),
            (Scope::Snapshot, _) => {
                let protocol = field.field().protocol;
                let mut walk = Headers::new(self, std::mem::take(&mut scratch.distinct));
                let flow = walk
                    .by_ref()
                    .filter(|layer| layer.can_have(field, protocol))
                    .try_for_each(|layer| headers::visit(layer, field, visit));
                scratch.distinct = walk.into_distinct();
                flow
            }
        }
    }

    /// Calls `visit` with every value of a field of events, oldest first, and the step of the event that has
    /// it, until it breaks. It is how values of several fields are known to be of one event. Fields of
    /// another scope belong to no step.
    pub fn visit_steps(
        &self,
        field: FieldId,
        scratch: &mut Scratch,
        visit: &mut StepVisitor<'_>,
    ) -> ControlFlow<()> {
        match self.trace {
            Some(trace) if field.field().scope == Scope::Event => {
                let mut values = EventValues::new(field, self.link);
                trace.events().try_for_each(|event| values.visit(&event.read(), &mut scratch.text, visit))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    /// Whether the field has a value.
    pub fn has(&self, field: FieldId, scratch: &mut Scratch) -> bool {
        self.visit(field, scratch, &mut |_| ControlFlow::Break(())).is_break()
    }

    /// The length on the wire of what is decoded, where that is the captured packet.
    pub(crate) fn length(&self) -> Option<usize> {
        match self.trace {
            Some(_) => None,
            None => usize::try_from(self.packet.original_len).ok(),
        }
    }

    fn of_packet(&self, field: FieldId, visit: &mut Visitor<'_>) -> ControlFlow<()> {
        let packet = &self.packet;
        let since = |earlier: Option<Timestamp>| {
            packet.time.map(|time| Value::Time(time.since(&earlier.unwrap_or(time))))
        };
        let text = |text: &'a [u8]| Value::Text(Text(text));
        // pcap has neither, so its one interface is not told.
        let block = packet.record.filter(|record| record.is_block());
        let value = match field {
            FieldId::Frame => Some(Value::Protocol(packet.data)),
            FieldId::FrameNumber => Some(Value::Uint(packet.number)),
            FieldId::FrameLen => Some(Value::Uint(u64::from(packet.original_len))),
            FieldId::FrameCapLen => u64::try_from(packet.data.len()).ok().map(Value::Uint),
            FieldId::FrameTime | FieldId::FrameTimeEpoch => packet.time.map(Value::Time),
            FieldId::FrameTimeRelative => since(packet.earlier.first),
            FieldId::FrameTimeDelta => since(packet.earlier.previous),
            FieldId::FrameInterfaceId => block.map(|record| Value::Uint(u64::from(record.interface))),
            // Wireshark calls an interface of a pcapng so that has no name.
            FieldId::FrameInterfaceName => packet.interface_name.or(block.map(|_| &b"unknown"[..])).map(text),
            FieldId::FrameInterfaceDescription => {
                block.and_then(|record| record.interface_info.description.as_deref()).map(text)
            }
            FieldId::FrameComment => {
                return block.into_iter().flat_map(Packet::comments).map(text).try_for_each(visit);
            }
            FieldId::FramePacketId => block.and_then(Packet::packet_id).map(Value::Uint),
            _ => None,
        };
        value.map_or(ControlFlow::Continue(()), visit)
    }

    /// Calls `visit` with each packet that there is to decode: the snapshots of the trace that repeat no
    /// earlier one, oldest first, or the captured packet itself where it is no trace.
    pub fn visit_packets(
        &self,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(&'a [u8], Link) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut packets = Packets::new(self, std::mem::take(&mut scratch.distinct));
        let flow = packets.by_ref().try_for_each(|(bytes, link)| visit(bytes, link));
        scratch.distinct = packets.into_distinct();
        flow
    }
}
