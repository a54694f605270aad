//! The values of `mbuf_trace.*` fields in a trace and in its events.

use crate::generated::FieldId;
use crate::snapshot_link::SnapshotLink;
use crate::value::Value;
use crate::visitor::{StepVisitor, Visitor};
use mbuf_trace::{Certainty, Event, Fate, Kind, Order, Snapshot, Text, Trace};
use std::ops::ControlFlow;

impl FieldId {
    /// Whether its value depends on the list of functions that say what became of a packet (`mbuf_trace::Ends`).
    #[must_use]
    pub const fn is_of_end(self) -> bool {
        matches!(self, Self::MbufTraceFate | Self::MbufTraceEndFunction | Self::MbufTraceDrop)
    }
}

/// Values that the trace has, fields of scope `trace`.
pub(crate) fn visit_trace(
    trace: &Trace<'_>,
    field: FieldId,
    scratch: &mut Vec<u8>,
    visit: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let header = trace.frame_header();
    let known = |id: u64| (id != 0).then_some(Value::Uint(id));
    let value = match field {
        FieldId::MbufTrace => Some(Value::Protocol(trace.packet())),
        FieldId::MbufTraceRevision => Some(Value::Uint(u64::from(trace.revision().number()))),
        FieldId::MbufTraceRevisionGuessed => Some(Value::Bool(trace.certainty() == Certainty::Guessed)),
        FieldId::MbufTraceOrder => Some(Value::Text(Text(match trace.order() {
            Order::NewestFirst => b"newest_first",
            Order::OldestFirst => b"oldest_first",
        }))),
        FieldId::MbufTraceCount => Some(Value::Uint(u64::from(trace.announced()))),
        FieldId::MbufTracePath => {
            scratch.clear();
            trace.write_path(scratch).then_some(Value::Text(Text(scratch.as_slice())))
        }
        FieldId::MbufTraceLastFunction => {
            trace.events_newest_first().find_map(|event| event.read().function).map(Value::Text)
        }
        FieldId::MbufTraceFate => Some(Value::Text(Text(trace.end().fate.name().as_bytes()))),
        FieldId::MbufTraceEndFunction => {
            let end = trace.end();
            end.function.filter(|_| end.is_known()).map(Value::Text)
        }
        FieldId::MbufTraceDrop => {
            let end = trace.end();
            end.reason.filter(|_| end.fate == Fate::Dropped).map(Value::Text)
        }
        FieldId::MbufTraceFault => {
            return trace
                .faults()
                .try_for_each(|fault| visit(Value::Text(Text(fault.kind.name().as_bytes()))));
        }
        FieldId::MbufTraceFlags => header.map(|header| Value::Uint(u64::from(header.flags))),
        FieldId::MbufTraceIncomplete => {
            // Earlier revisions cannot say that they are complete.
            let is_incomplete = trace.is_incomplete();
            (header.is_some() || is_incomplete).then_some(Value::Bool(is_incomplete))
        }
        FieldId::MbufTracePacketId => header.and_then(|header| known(header.packet_id)),
        FieldId::MbufTraceParentId => header.and_then(|header| known(header.parent_id)),
        FieldId::MbufTraceLost => header.map(|header| Value::Uint(u64::from(header.lost))),
        _ => None,
    };
    value.map_or(ControlFlow::Continue(()), visit)
}

/// The values of one field of scope `event`, while its events go by, oldest first.
#[derive(Debug)]
pub(crate) struct EventValues<'a> {
    field: FieldId,
    link: SnapshotLink,
    /// How many events went by.
    step: u64,
    /// The last snapshot that did.
    before: Option<Snapshot<'a>>,
}

impl<'a> EventValues<'a> {
    pub(crate) fn new(field: FieldId, link: SnapshotLink) -> Self {
        Self { field, link, step: 0, before: None }
    }

    /// Calls `visit` with the value of the next event, if it has one, and the event's step.
    pub(crate) fn visit(
        &mut self,
        event: &Event<'a>,
        scratch: &mut Vec<u8>,
        visit: &mut StepVisitor<'_>,
    ) -> ControlFlow<()> {
        self.step = self.step.saturating_add(1);
        let value = match self.field {
            FieldId::MbufTraceStep => Some(Value::Uint(self.step)),
            FieldId::MbufTraceSnapshotChanged => self.changed(event).map(Value::Bool),
            FieldId::MbufTraceLinkType => {
                event.snapshot.map(|snapshot| Value::Uint(self.link.of(&snapshot).link_type().into()))
            }
            field => of_event(event, field, scratch),
        };
        value.map_or(ControlFlow::Continue(()), |value| visit(self.step, value))
    }

    /// Whether the event's snapshot differs from the one before it, as far as that is known.
    fn changed(&mut self, event: &Event<'a>) -> Option<bool> {
        let snapshot = event.snapshot?;
        let old = self.before.replace(snapshot)?;
        let same = snapshot.has_bytes_of(&old)? && self.link.of(&old) == self.link.of(&snapshot);
        Some(!same)
    }
}

/// The value that an event has by itself.
fn of_event<'a>(event: &Event<'a>, field: FieldId, scratch: &'a mut Vec<u8>) -> Option<Value<'a>> {
    let number = |number: u64| Some(Value::Uint(number));
    let header = event.header;
    match field {
        FieldId::MbufTraceWireIndex => number(u64::from(event.wire_index)),
        FieldId::MbufTraceKind => Some(Value::Text(Text(event.kind.name().as_bytes()))),
        FieldId::MbufTraceRecordType => number(u64::from(event.record_type?)),
        FieldId::MbufTraceLength => {
            // The snapshot of revision 1 takes what is left; no record says its length.
            let told = event.record_type.is_some() || event.kind != Kind::Data;
            let length = event.payload.len().saturating_add(event.missing);
            told.then_some(Value::Uint(u64::try_from(length).ok()?))
        }
        FieldId::MbufTraceData => {
            scratch.clear();
            event.write_data(scratch).then_some(Value::Text(Text(scratch.as_slice())))
        }
        FieldId::MbufTraceText => {
            scratch.clear();
            event.write_text(scratch).then_some(Value::Text(Text(scratch.as_slice())))
        }
        FieldId::MbufTraceFile => Some(Value::Text(event.position?.file)),
        FieldId::MbufTraceLine => number(u64::from(event.position?.line)),
        FieldId::MbufTraceFunction => Some(Value::Text(event.function?)),
        FieldId::MbufTraceArgs => Some(Value::Text(event.args?)),
        FieldId::MbufTraceAge => number(header?.age?),
        FieldId::MbufTraceThread => number(u64::from(header?.thread?)),
        FieldId::MbufTraceVnet => number(u64::from(header?.vnet)),
        FieldId::MbufTraceCpu => number(u64::from(header?.cpu?)),
        FieldId::MbufTraceEventFlags => number(u64::from(header?.flags)),
        FieldId::MbufTraceOrigin => number(u64::from(event.origin?.0)),
        FieldId::MbufTraceErrno => number(u64::from(event.errno?)),
        FieldId::MbufTraceBytes => match event.kind {
            Kind::Data => Some(Value::Bytes(event.snapshot?.bytes)),
            Kind::Unknown => Some(Value::Bytes(event.payload)),
            _ => None,
        },
        FieldId::MbufTracePacketLength => number(u64::from(event.snapshot?.packet_length?)),
        _ => None,
    }
}
