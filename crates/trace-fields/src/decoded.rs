//! A packet that is asked for many fields: what was decoded for one question is kept for the next.

use crate::generated::FieldId;
use crate::headers;
use crate::layers::Layer;
use crate::numbered::{LayerVisitor, NumberedValues};
use crate::recycle::recycle;
use crate::registry::Scope;
use crate::scratch::Scratch;
use crate::snapshots::Headers;
use crate::subject::Subject;
use crate::trace_values::EventValues;
use crate::value::Value;
use crate::verbatim::Verbatim;
use crate::visitor::Visitor;
use mbuf_trace::event::write_path;
use mbuf_trace::read::Events;
use mbuf_trace::{Event, RecordedEvent, Text, Trace};
use std::iter::Map;
use std::ops::ControlFlow;

/// Most events of a packet that are kept, and most headers; others are decoded again for each question. So the
/// memory is bounded, and time stays linear.
const MOST: usize = 512;

/// What several questions are about, so that it is worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repeated {
    events: bool,
    headers: bool,
}

impl Repeated {
    /// Of the questions for these fields, each as often as it is asked for.
    pub fn of(fields: impl IntoIterator<Item = FieldId>) -> Self {
        let (mut events, mut headers) = (0_usize, 0_usize);
        for field in fields {
            let count = match field.field().scope {
                Scope::Snapshot => &mut headers,
                Scope::Event => &mut events,
                Scope::Trace if field == FieldId::MbufTracePath => &mut events,
                Scope::Trace | Scope::Packet => continue,
            };
            *count = count.saturating_add(1);
        }
        Self { events: events > 1, headers: headers > 1 }
    }
}

/// A [`Subject`] that keeps what was decoded of it, as far as somebody asked, for the next question. Its memory is that
/// of the scratch space, which has it back when this is dropped.
#[derive(Debug)]
pub struct Decoded<'s, 'a> {
    subject: Subject<'a>,
    repeated: Repeated,
    events: Kept<ReadEvents<'a>>,
    headers: Kept<Headers<'a>>,
    scratch: &'s mut Scratch,
}

impl<'s, 'a> Decoded<'s, 'a> {
    /// Nothing is decoded yet. Only what is `repeated` will be kept.
    #[must_use]
    pub fn new(subject: Subject<'a>, repeated: Repeated, scratch: &'s mut Scratch) -> Self {
        let events = Kept::new(std::mem::take(&mut scratch.events));
        let headers = Kept::new(std::mem::take(&mut scratch.headers));
        Self { subject, repeated, events, headers, scratch }
    }

    /// The packet with its trace.
    #[must_use]
    pub const fn subject(&self) -> &Subject<'a> {
        &self.subject
    }

    /// The bytes of the captured packet.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.subject.packet().data
    }

    /// The same as [`Subject::visit`].
    pub fn visit(&mut self, field: FieldId, visit: &mut Visitor<'_>) -> ControlFlow<()> {
        match (field.field().scope, self.subject.trace()) {
            (Scope::Event, Some(trace)) if self.repeated.events => {
                let mut values = EventValues::new(field, self.subject.snapshot_link());
                let text = &mut self.scratch.text;
                self.events.try_for_each(
                    || read_events(trace),
                    |event| values.visit(event, text, &mut |_, value| visit(value)),
                )
            }
            (Scope::Trace, Some(trace)) if self.repeated.events && field == FieldId::MbufTracePath => {
                let text = &mut self.scratch.text;
                text.clear();
                if write_path(self.events.all(|| read_events(trace), Event::on_path), text) {
                    visit(Value::Text(Text(text)))?;
                }
                ControlFlow::Continue(())
            }
            (Scope::Snapshot, _) if self.repeated.headers => {
                let protocol = field.field().protocol;
                self.visit_headers(|layer| {
                    if layer.can_have(field, protocol) {
                        headers::visit(*layer, field, visit)?;
                    }
                    ControlFlow::Continue(())
                })
            }
            _ => self.subject.visit(field, self.scratch, visit),
        }
    }

    /// The same as [`Subject::visit`], for who is interested only in values that hold certain bytes: others may be
    /// left out. Of a [verbatim](FieldId::verbatim) field of events, an event is not decoded if its record has none of
    /// the bytes that `may_hold` looks for.
    pub fn visit_holding(
        &mut self,
        field: FieldId,
        mut may_hold: impl FnMut(&[u8]) -> bool,
        visit: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let is_of_record = field.field().scope == Scope::Event && field.verbatim() != Verbatim::Never;
        let Some(trace) = self.subject.trace().filter(|_| is_of_record) else {
            return self.visit(field, visit);
        };
        let mut values = EventValues::new(field, self.subject.snapshot_link());
        for event in trace.events().filter(|event| may_hold(event.record.payload)) {
            values.visit(&event.read(), &mut self.scratch.text, &mut |_, value| visit(value))?;
        }
        ControlFlow::Continue(())
    }

    /// The same as [`Subject::visit_layers`].
    pub fn visit_layers(&mut self, field: FieldId, visit: &mut LayerVisitor<'_>) -> ControlFlow<()> {
        if field.field().scope == Scope::Snapshot && self.repeated.headers {
            let mut values = NumberedValues::new(field);
            return self.visit_headers(|layer| values.visit(*layer, visit));
        }
        self.subject.visit_layers(field, self.scratch, visit)
    }

    fn visit_headers(&mut self, visit: impl FnMut(&Layer<'a>) -> ControlFlow<()>) -> ControlFlow<()> {
        let Self { subject, headers, scratch, .. } = self;
        headers.try_for_each(|| Headers::new(subject, std::mem::take(&mut scratch.distinct)), visit)
    }
}

/// Gives the memory back.
impl Drop for Decoded<'_, '_> {
    fn drop(&mut self) {
        self.scratch.events = recycle(std::mem::take(&mut self.events.items));
        self.scratch.headers = recycle(std::mem::take(&mut self.headers.items));
        if let Some(walk) = self.headers.walk.take() {
            self.scratch.distinct = walk.into_distinct();
        }
    }
}

/// The events of a trace, oldest first, each taken apart as it comes.
type ReadEvents<'a> = Map<Events<'a>, fn(RecordedEvent<'a>) -> Event<'a>>;

fn read_events<'a>(trace: &Trace<'a>) -> ReadEvents<'a> {
    trace.events().map(RecordedEvent::read)
}

/// The first items of a walk over a packet, which is made no farther than somebody asked.
#[derive(Debug)]
struct Kept<W: Iterator> {
    items: Vec<W::Item>,
    /// What comes behind the items; none before the first question.
    walk: Option<W>,
}

impl<W: Iterator<Item: Copy> + Clone> Kept<W> {
    /// Nothing yet. `memory` is empty.
    fn new(memory: Vec<W::Item>) -> Self {
        Self { items: memory, walk: None }
    }

    /// Calls `visit` with each item until it breaks.
    fn try_for_each(
        &mut self,
        start: impl FnOnce() -> W,
        mut visit: impl FnMut(&W::Item) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.items.iter().try_for_each(&mut visit)?;
        let walk = self.walk.get_or_insert_with(start);
        while self.items.len() < MOST {
            let Some(item) = walk.next() else { return ControlFlow::Continue(()) };
            self.items.push(item);
            visit(&item)?;
        }
        walk.clone().try_for_each(|item| visit(&item))
    }

    /// What each item gives.
    fn all<T>(
        &mut self,
        start: impl FnOnce() -> W,
        gives: fn(&W::Item) -> Option<T>,
    ) -> impl Iterator<Item = T> {
        let walk = self.walk.get_or_insert_with(start);
        let more = MOST.saturating_sub(self.items.len());
        self.items.extend(walk.by_ref().take(more));
        let more = walk.clone();
        self.items.iter().filter_map(gives).chain(more.filter_map(move |item| gives(&item)))
    }
}
