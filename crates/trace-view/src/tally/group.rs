//! `--by FIELD`: packets apart by the values of fields.
//!
//! A packet is in one group. A field that has several values in it, as an address that NAT changed, gives all
//! that differ, in the order in which the packet had them.

use super::{Count, Items, Tally, push};
use crate::counted::Counted;
use mbuf_trace::Text;
use std::collections::HashMap;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};
use trace_fields::{Field, Scratch, Subject, Value};

/// Different values of a field that a group is made of; what more there are, is said to be more.
const MOST_VALUES: usize = 8;
/// Groups that a person is shown without asking for all.
const MOST_GROUPS: usize = 100;
/// Bytes of one packet's values of a field.
const MOST_BYTES: usize = 512;

/// The fields that packets are grouped by.
#[derive(Debug, Default)]
pub struct GroupBy {
    fields: Vec<&'static Field>,
    scratch: Scratch,
    value: Vec<u8>,
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
            push(key, any.then_some(&*self.value));
        }
    }
}

/// Writes the values of a field that differ, joined by commas: texts as they are, everything else as the field
/// shows it. False where it has none.
fn write_value(
    field: &'static Field,
    subject: &Subject<'_>,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> bool {
    out.clear();
    let mut known: [Range<usize>; MOST_VALUES] = std::array::from_fn(|_| 0..0);
    let mut count: usize = 0;
    let _ = subject.visit(field.id, scratch, &mut |value| {
        let end = out.len();
        let separator: &[u8] = if count > 0 { b"," } else { b"" };
        out.extend_from_slice(separator);
        match value {
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            // Writing to a vector cannot fail.
            value => _ = write!(out, "{}", field.show(value)),
        }
        // Compared in place.
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
        out.truncate(if count == 0 { char_boundary(out, MOST_BYTES) } else { end });
        out.extend_from_slice("…".as_bytes());
        count = count.saturating_add(1);
        ControlFlow::Break(())
    });
    count > 0
}

/// The last place up to `most` that is not within a character of UTF-8, if the bytes are such.
fn char_boundary(bytes: &[u8], most: usize) -> usize {
    let is_inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (most.saturating_sub(3)..=most).rev().find(|at| !is_inside(*at)).unwrap_or(most)
}

/// What packets of a tally have in common in the fields that they are grouped by.
#[derive(Debug)]
pub(crate) struct Group<'a, T> {
    /// The values of each field; none where the packets have none.
    pub(crate) values: Vec<Option<Text<'a>>>,
    pub(crate) packets: u64,
    pub(crate) members: Vec<T>,
}

/// Groups, the largest first.
#[derive(Debug)]
pub(crate) struct Groups<'a, T>(pub(crate) Vec<Group<'a, T>>);

impl<'a, T> Groups<'a, T> {
    /// Sorts the keys of a tally into groups by so many fields. `make` gets what of a key is behind the fields.
    pub(crate) fn new(tally: &'a Tally, fields: usize, make: impl Fn(&'a [u8], &'a Count) -> T) -> Self {
        let mut places: HashMap<&[u8], usize> = HashMap::new();
        let mut groups: Vec<(&[u8], Group<'a, T>)> = Vec::new();
        for (key, count) in tally.iter() {
            let mut items = Items::new(key);
            if fields > 0 {
                let _ = items.by_ref().nth(fields.saturating_sub(1));
            }
            let rest = items.rest();
            let head = key.get(..key.len().saturating_sub(rest.len())).unwrap_or_default();
            let place = *places.entry(head).or_insert(groups.len());
            if place == groups.len() {
                let values = Items::new(head).map(|item| item.map(Text)).collect();
                // Of one, where each packet has a group of its own: a first push would make room for four.
                groups.push((head, Group { values, packets: 0, members: Vec::with_capacity(1) }));
            }
            if let Some((_, group)) = groups.get_mut(place) {
                group.packets = group.packets.saturating_add(count.packets);
                group.members.push(make(rest, count));
            }
        }
        // Those that there was no room for are of the one group; of which of several, nobody knows.
        if let ([(_, group)], 0) = (groups.as_mut_slice(), fields) {
            group.packets = tally.packets();
        }
        groups.sort_by(|(name, group), (other_name, other)| {
            other.packets.cmp(&group.packets).then_with(|| name.cmp(other_name))
        });
        Self(groups.into_iter().map(|(_, group)| group).collect())
    }
}

/// The groups that a report shows to a person who asks for so many rows of each, and those that it leaves out.
pub(crate) fn shown_groups<G>(groups: &[G], top: usize) -> (&[G], &[G]) {
    let most = if top == usize::MAX { groups.len() } else { MOST_GROUPS };
    groups.split_at_checked(most).unwrap_or((groups, &[]))
}

/// The line for groups that are left out.
pub(crate) fn more_groups<'a, T: 'a>(
    out: &mut impl Write,
    hidden: impl IntoIterator<Item = &'a Group<'a, T>>,
) -> io::Result<()> {
    let add = |(groups, packets): (u64, u64), group: &Group<'_, T>| {
        (groups.saturating_add(1), packets.saturating_add(group.packets))
    };
    match hidden.into_iter().fold((0, 0), add) {
        (0, _) => Ok(()),
        (groups, packets) => {
            let (groups, packets) = (Counted(groups, "group"), Counted(packets, "packet"));
            writeln!(out, "\n{groups} more with {packets}; --top 0 shows all")
        }
    }
}

/// `ip.src 10.0.0.1, ip.dst (none)`.
pub(crate) fn heading(fields: &[&'static Field], values: &[Option<Text<'_>>]) -> String {
    let of = |(field, value): (&&'static Field, &Option<Text<'_>>)| match value {
        Some(value) => format!("{} {value}", field.name),
        None => format!("{} (none)", field.name),
    };
    fields.iter().zip(values).map(of).collect::<Vec<_>>().join(", ")
}

/// The values as JSON has them.
pub(crate) fn values_json(values: &[Option<Text<'_>>]) -> Vec<Option<String>> {
    let text = |value: Text<'_>| String::from_utf8_lossy(value.as_bytes()).into_owned();
    values.iter().map(|value| value.map(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_between_characters() {
        let text = "aé…x".as_bytes();
        for (most, expected) in [(0, 0), (1, 1), (2, 1), (3, 3), (4, 3), (5, 3), (6, 6), (7, 7)] {
            assert_eq!(char_boundary(text, most), expected, "{most}");
        }
        assert_eq!(char_boundary(&[0x80; 9], 5), 5);
    }
}
