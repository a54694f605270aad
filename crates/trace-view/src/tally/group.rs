//! `--by FIELD`: packets apart by the values of fields.
//!
//! A packet is in one group. A field that has several values in it, as an address that NAT changed, gives all
//! that differ, in the order in which the packet had them.

use super::{Items, push};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::{ControlFlow, Range};
use trace_fields::{Field, Scratch, Subject};

/// Different values of a field that a group is made of; what more there are, is said to be more.
const MOST_VALUES: usize = 8;
/// Bytes of one packet's values of a field.
const MOST_BYTES: usize = 512;

/// The fields that packets are grouped by.
#[derive(Debug, Default)]
pub struct GroupBy {
    fields: Vec<&'static Field>,
    scratch: Scratch,
    value: String,
}

impl GroupBy {
    /// Groups by these fields; by none, all packets are one group.
    #[must_use]
    pub fn new(fields: Vec<&'static Field>) -> Self {
        Self { fields, ..Self::default() }
    }

    /// The fields.
    pub(crate) fn fields(&self) -> &[&'static Field] {
        &self.fields
    }

    /// Appends the values of each field to a key, one item a field.
    pub(crate) fn write(&mut self, subject: &Subject<'_>, key: &mut Vec<u8>) {
        for field in &self.fields {
            let any = write_value(field, subject, &mut self.scratch, &mut self.value);
            push(key, any.then_some(self.value.as_bytes()));
        }
    }
}

/// Writes the values of a field that differ, as the field shows them, joined by commas; false where it has none.
fn write_value(
    field: &'static Field,
    subject: &Subject<'_>,
    scratch: &mut Scratch,
    out: &mut String,
) -> bool {
    out.clear();
    let mut known: [Range<usize>; MOST_VALUES] = std::array::from_fn(|_| 0..0);
    let mut count: usize = 0;
    let _ = subject.visit(field.id, scratch, &mut |value| {
        let end = out.len();
        let separator = if count > 0 { "," } else { "" };
        // Compared in place. Writing to a String cannot fail.
        let _ = write!(out, "{separator}{}", field.show(value));
        let new = end.saturating_add(separator.len())..out.len();
        if known.iter().take(count).any(|old| out.get(old.clone()) == out.get(new.clone())) {
            out.truncate(end);
            return ControlFlow::Continue(());
        }
        let fits = out.len() <= MOST_BYTES;
        if let Some(place) = known.get_mut(count).filter(|_| fits) {
            *place = new;
            count = count.saturating_add(1);
            return ControlFlow::Continue(());
        }
        // Of the first value, there is at least something to show.
        out.truncate(if count == 0 { out.floor_char_boundary(MOST_BYTES) } else { end });
        out.push('…');
        count = count.saturating_add(1);
        ControlFlow::Break(())
    });
    count > 0
}

/// What packets of a tally have in common in the fields that they are grouped by.
#[derive(Debug)]
pub(crate) struct Group<T> {
    /// The value of each field; none where the packets have none.
    pub(crate) values: Vec<Option<Box<str>>>,
    pub(crate) packets: u64,
    pub(crate) members: Vec<T>,
}

/// Groups, the largest first.
#[derive(Debug)]
pub(crate) struct Groups<T>(pub(crate) Vec<Group<T>>);

impl<T> Groups<T> {
    /// Sorts entries, each a key with its packets, into groups. `make` gets what of the key is behind the fields.
    pub(crate) fn new<'a, V: Copy>(
        entries: impl Iterator<Item = (&'a [u8], V)>,
        fields: usize,
        packets: impl Fn(V) -> u64,
        make: impl Fn(&'a [u8], V) -> T,
    ) -> Self {
        let mut places: HashMap<&[u8], usize> = HashMap::new();
        let mut groups: Vec<(&[u8], Group<T>)> = Vec::new();
        for (key, value) in entries {
            let mut items = Items::new(key);
            if fields > 0 {
                let _ = items.by_ref().nth(fields.saturating_sub(1));
            }
            let rest = items.rest();
            let head = key.get(..key.len().saturating_sub(rest.len())).unwrap_or_default();
            let place = *places.entry(head).or_insert(groups.len());
            if place == groups.len() {
                let text = |item: Option<&[u8]>| item.map(|item| String::from_utf8_lossy(item).into());
                let values = Items::new(head).map(text).collect();
                groups.push((head, Group { values, packets: 0, members: Vec::new() }));
            }
            if let Some((_, group)) = groups.get_mut(place) {
                group.packets = group.packets.saturating_add(packets(value));
                group.members.push(make(rest, value));
            }
        }
        groups.sort_by(|(name, group), (other_name, other)| {
            other.packets.cmp(&group.packets).then_with(|| name.cmp(other_name))
        });
        Self(groups.into_iter().map(|(_, group)| group).collect())
    }
}

/// `ip.src 10.0.0.1, ip.dst none`.
pub(crate) fn heading(fields: &[&'static Field], values: &[Option<Box<str>>]) -> String {
    let mut text = String::new();
    for (field, value) in fields.iter().zip(values) {
        let separator = if text.is_empty() { "" } else { ", " };
        // Values are escaped where they are shown by their field.
        let value = value.as_deref().unwrap_or("(none)");
        let _ = write!(text, "{separator}{} {value}", field.name);
    }
    text
}
