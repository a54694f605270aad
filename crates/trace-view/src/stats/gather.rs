//! What a packet has to say: its values for the keys and its numbers for the functions, and the rows that
//! they make.

use super::key::KeyValue;
use super::plan::{KeySource, Plan};
use super::quantity::{OutOfRange, Quantity};
use mbuf_trace::{Link, Order, Trace};
use std::ops::{ControlFlow, Range};
use trace_fields::{Field, Scope, Scratch, Subject, Value, cut_packet_headers};

/// Most rows of one packet. Only a hostile one has more: the values of two of its fields, each with each.
const MOST_ROWS: usize = 1 << 18;

/// The values of one packet. The memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Values of keys, as a table's keys have them.
    bytes: Vec<u8>,
    /// Of each key its values in `bytes`, each with the event's step, or 0.
    keys: Vec<Vec<(u64, Range<usize>)>>,
    /// Of each input its numbers, each with the event's step, or 0.
    numbers: Vec<Vec<(u64, i128)>>,
    /// Up to here, `bytes` is the same for all snapshots.
    of_packet: usize,
    /// The rows' keys.
    key: Vec<u8>,
    /// Values of keys that could not be calculated.
    pub(super) out_of_range: u64,
}

/// What fields of snapshots are read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Snapshot<'a> {
    pub(super) bytes: &'a [u8],
    /// How long it was before it was cut.
    pub(super) length: usize,
    pub(super) link: Link,
}

impl<'a> Snapshot<'a> {
    /// What was not cut, or what nobody knows more of.
    pub(super) fn whole(bytes: &'a [u8], link: Link) -> Self {
        Self { bytes, length: bytes.len(), link }
    }
}

/// One row: its key, and the step of the event that it is of.
pub(super) struct Row<'a> {
    pub(super) key: &'a [u8],
    pub(super) step: Option<u64>,
}

impl Gathered {
    /// Takes what belongs to the packet, its trace and its events.
    pub(super) fn packet(&mut self, plan: &Plan, subject: &Subject<'_>, scratch: &mut Scratch) {
        self.bytes.clear();
        self.keys.resize_with(plan.keys.len(), Vec::new);
        self.numbers.resize_with(plan.inputs.len(), Vec::new);
        for (key, values) in plan.keys.iter().zip(&mut self.keys) {
            values.clear();
            let KeySource::Field(field) = key.source else { continue };
            let bytes = &mut self.bytes;
            visit(subject, field, scratch, &mut |step, value| {
                values.push((step, append(bytes, KeyValue::of(value))));
            });
        }
        for (input, numbers) in plan.inputs.iter().zip(&mut self.numbers) {
            numbers.clear();
            visit(subject, input.field, scratch, &mut |step, value| {
                numbers.extend(input.number(&value).map(|number| (step, number)));
            });
        }
        self.of_packet = self.bytes.len();
    }

    /// Takes what belongs to one snapshot, in place of what belonged to another one, and calculates.
    pub(super) fn snapshot(&mut self, plan: &Plan, snapshot: Option<Snapshot<'_>>) {
        self.bytes.truncate(self.of_packet);
        for (input, numbers) in plan.inputs.iter().zip(&mut self.numbers) {
            if input.field.scope == Scope::Snapshot {
                numbers.clear();
                visit_outermost(snapshot, input.field, &mut |value| {
                    numbers.extend(input.number(&value).map(|number| (0, number)));
                });
            }
        }
        for (place, key) in plan.keys.iter().enumerate() {
            let mut values = self.keys.get_mut(place).map(std::mem::take).unwrap_or_default();
            match &key.source {
                KeySource::Field(field) if field.scope == Scope::Snapshot => {
                    values.clear();
                    visit_outermost(snapshot, field, &mut |value| {
                        values.push((0, append(&mut self.bytes, KeyValue::of(value))));
                    });
                }
                KeySource::Field(_) => {}
                KeySource::Quantity(quantity) => {
                    values.clear();
                    self.calculate(quantity, key.is_of_event, &mut values);
                }
            }
            if !key.is_of_event {
                self.distinct(&mut values);
            }
            if let Some(at) = self.keys.get_mut(place) {
                *at = values;
            }
        }
    }

    /// Leaves of each value one.
    fn distinct(&self, values: &mut Vec<(u64, Range<usize>)>) {
        if values.len() > 1 {
            let bytes = |range: &Range<usize>| self.bytes.get(range.clone());
            values.sort_by(|(_, left), (_, right)| bytes(left).cmp(&bytes(right)));
            values.dedup_by(|(_, left), (_, right)| bytes(left) == bytes(right));
        }
    }

    /// Appends the values that a key's quantity has.
    fn calculate(&mut self, quantity: &Quantity, is_of_event: bool, values: &mut Vec<(u64, Range<usize>)>) {
        let steps: Vec<u64> = if is_of_event { self.steps(quantity).collect() } else { vec![0] };
        for step in steps {
            match self.value(quantity, Some(step)) {
                Ok(Some(number)) => values.push((step, append(&mut self.bytes, KeyValue::Number(number)))),
                Ok(None) => {}
                Err(OutOfRange) => self.out_of_range = self.out_of_range.saturating_add(1),
            }
        }
    }

    /// The steps of the events that the quantity can have a value of.
    pub(super) fn steps(&self, quantity: &Quantity) -> impl Iterator<Item = u64> + use<'_> {
        let mut fewest: Option<&Vec<(u64, i128)>> = None;
        quantity.inputs(&mut |place| {
            let numbers = self.numbers.get(place);
            // Those of events are the ones with steps; without any, there is no value.
            let of_events = numbers.filter(|numbers| numbers.first().is_none_or(|(step, _)| *step > 0));
            if of_events.is_some_and(|of| fewest.is_none_or(|fewest| of.len() < fewest.len())) {
                fewest = of_events;
            }
        });
        fewest.into_iter().flatten().map(|(step, _)| *step)
    }

    /// The quantity's value in a packet, or in one event of it.
    pub(super) fn value(&self, quantity: &Quantity, step: Option<u64>) -> Result<Option<i128>, OutOfRange> {
        quantity.value(&mut |place| {
            let numbers = self.numbers.get(place)?;
            let first = numbers.first()?;
            if first.0 == 0 {
                return Some(first.1);
            }
            at_step(numbers, step?).map(|(_, number)| *number)
        })
    }

    /// Calls `each` with every row; its key begins with `prefix`. False if there were more than are looked at.
    pub(super) fn rows(&mut self, plan: &Plan, prefix: &[u8], each: &mut dyn FnMut(&Self, Row<'_>)) -> bool {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        key.extend_from_slice(prefix);
        let mut left = MOST_ROWS;
        let by_event = plan.keys.iter().zip(&self.keys).find(|(key, _)| key.is_of_event);
        let complete = match by_event {
            Some((_, events)) => {
                events.iter().all(|(step, _)| self.product(plan, 0, Some(*step), &mut key, &mut left, each))
            }
            None => self.product(plan, 0, None, &mut key, &mut left, each),
        };
        self.key = key;
        complete
    }

    /// Rows with the values of the keys from `at` on, each with each.
    fn product(
        &self,
        plan: &Plan,
        at: usize,
        step: Option<u64>,
        key: &mut Vec<u8>,
        left: &mut usize,
        each: &mut dyn FnMut(&Self, Row<'_>),
    ) -> bool {
        let (Some(of), Some(values)) = (plan.keys.get(at), self.keys.get(at)) else {
            let Some(fewer) = left.checked_sub(1) else { return false };
            *left = fewer;
            each(self, Row { key, step });
            return true;
        };
        let values = match step {
            Some(step) if of.is_of_event => at_step(values, step).map_or(&[][..], std::slice::from_ref),
            _ => values,
        };
        let length = key.len();
        values.iter().all(|(_, range)| {
            key.truncate(length);
            key.extend_from_slice(self.bytes.get(range.clone()).unwrap_or_default());
            let complete = self.product(plan, at.saturating_add(1), step, key, left, each);
            key.truncate(length);
            complete
        })
    }
}

/// What the event of this step has.
fn at_step<T>(values: &[(u64, T)], step: u64) -> Option<&(u64, T)> {
    values.get(values.binary_search_by_key(&step, |(step, _)| *step).ok()?)
}

fn append(bytes: &mut Vec<u8>, value: KeyValue<'_>) -> Range<usize> {
    let start = bytes.len();
    value.write(bytes);
    start..bytes.len()
}

/// Calls `found` with the values that a packet, its trace or its events have, each with the event's step or 0.
fn visit(
    subject: &Subject<'_>,
    field: &'static Field,
    scratch: &mut Scratch,
    found: &mut dyn FnMut(u64, Value<'_>),
) {
    let _ = match field.scope {
        Scope::Snapshot => ControlFlow::Continue(()),
        Scope::Event => subject.visit_steps(field.id, scratch, &mut |step, value| {
            found(step, value);
            ControlFlow::Continue(())
        }),
        Scope::Packet | Scope::Trace => subject.visit(field.id, scratch, &mut |value| {
            found(0, value);
            ControlFlow::Continue(())
        }),
    };
}

/// Calls `found` with the values of the field in the outermost header that has one: not with those of a packet
/// in a tunnel, nor of the one that an ICMP error quotes.
fn visit_outermost(snapshot: Option<Snapshot<'_>>, field: &'static Field, found: &mut dyn FnMut(Value<'_>)) {
    let Some(Snapshot { bytes, length, link }) = snapshot else { return };
    for header in cut_packet_headers(bytes, length, link) {
        let mut any = false;
        let _ = header.visit(field.id, &mut |value| {
            any = true;
            found(value);
            ControlFlow::Continue(())
        });
        if any {
            break;
        }
    }
}

/// The newest snapshot of a trace, which Wireshark dissects as the packet.
pub(super) fn newest_snapshot<'a>(trace: &Trace<'a>, subject: &Subject<'_>) -> Option<Snapshot<'a>> {
    let snapshot = match trace.order() {
        Order::NewestFirst => trace.events_in_wire_order().find_map(|event| event.snapshot()),
        Order::OldestFirst => trace.events_in_wire_order().filter_map(|event| event.snapshot()).last(),
    }?;
    Some(Snapshot::whole(snapshot.bytes, subject.snapshot_link().of(&snapshot)))
}
