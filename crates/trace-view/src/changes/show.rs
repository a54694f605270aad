//! Differences in words, and as JSON.

use super::{BytesChange, Change, FieldChange, HeaderChange, SHOWN_BYTES};
use crate::changes::fields::is_address;
use crate::counted::Counted;
use crate::hex::Hex;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use trace_fields::{Field, Header};

/// Longest value that is shown in words.
const LONGEST: usize = 48;

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Change<'_> {
    /// Writes what `Display` shows, into a string without the machinery of formats.
    pub(crate) fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::HeaderAdded(header) => {
                let what = if header.with_payload { "" } else { " header" };
                write!(out, "+{}{what}, {}", header.protocol(), Counted(header.length, "byte"))?;
                header.addresses().try_for_each(|values| {
                    out.write_str(", ")?;
                    out.write_str(values.field.name)?;
                    out.write_str(" ")?;
                    values.write(out)
                })
            }
            Self::HeaderRemoved(header) => {
                out.write_str(header.protocol())?;
                out.write_str(" removed")
            }
            Self::Vlan(change) => write!(out, "{change}"),
            Self::Field(change) => change.write(out),
            Self::Bytes(change) => write!(out, "{change}"),
            Self::MoreBytes(count) => write!(out, "{} more differ", Counted(*count, "byte")),
            Self::Length { old, new } => write!(out, "packet length {old} → {new}"),
        }
    }
}

impl FieldChange<'_> {
    /// The values before, as [`Field::show`] shows them; none where the field was not there.
    #[must_use]
    pub fn values_before(&self) -> Vec<String> {
        self.old_values().list()
    }

    /// The values now.
    #[must_use]
    pub fn values_now(&self) -> Vec<String> {
        self.new_values().list()
    }

    const fn old_values(&self) -> Values<'_> {
        Values { header: &self.before, field: self.field }
    }

    const fn new_values(&self) -> Values<'_> {
        Values { header: &self.now, field: self.field }
    }

    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(self.field.name)?;
        if self.occurrence > 0 {
            write!(out, "#{}", self.occurrence)?;
        }
        out.write_str(" ")?;
        if self.differs {
            self.old_values().write(out)?;
            out.write_str(" → ")?;
        }
        self.new_values().write(out)?;
        out.write_str(if self.wrong { ", wrong now" } else { "" })
    }
}

impl fmt::Display for FieldChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// The values of a field in a header, as [`Field::show`] shows them.
struct Values<'a> {
    header: &'a Header<'a>,
    field: &'static Field,
}

impl Values<'_> {
    fn count(&self) -> usize {
        let mut count = 0_usize;
        let _ = self.header.visit(self.field.id, &mut |_| {
            count = count.saturating_add(1);
            ControlFlow::Continue(())
        });
        count
    }

    fn list(&self) -> Vec<String> {
        let mut list = Vec::new();
        let _ = self.header.visit(self.field.id, &mut |value| {
            list.push(self.field.show(value).to_string());
            ControlFlow::Continue(())
        });
        list
    }

    /// With commas between them, cut where they are long.
    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let mut cut = Cut { out, room: Some(LONGEST) };
        let mut any = false;
        let _ = self.header.visit(self.field.id, &mut |value| {
            let comma = if any { cut.out.write_str(",") } else { Ok(()) };
            any = true;
            // It fails where the room ends: a field of few bytes may have many values.
            match comma.and_then(|()| self.field.show(value).write(&mut cut)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        if any { Ok(()) } else { out.write_str("none") }
    }
}

/// Passes so many letters on, then a mark and no more.
struct Cut<'a, W> {
    out: &'a mut W,
    /// None behind the mark.
    room: Option<usize>,
}

impl<W: fmt::Write> fmt::Write for Cut<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.room.ok_or(fmt::Error)?;
        // Nothing has more letters than bytes.
        let cut = if text.len() > room { text.char_indices().nth(room) } else { None };
        if let Some((at, _)) = cut {
            self.room = None;
            self.out.write_str(text.get(..at).unwrap_or_default())?;
            self.out.write_str("…")?;
            return Err(fmt::Error);
        }
        let letters = if text.is_ascii() { text.len() } else { text.chars().count() };
        self.room = Some(room.saturating_sub(letters));
        self.out.write_str(text)
    }
}

impl fmt::Display for BytesChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        let (old, new) = (Excerpt(self.old), Excerpt(self.new));
        match (self.old.len(), self.new.len()) {
            (0, added) => write!(f, "+{} at {offset}: {new}", Counted(added, "byte")),
            (removed, 0) => write!(f, "{} removed at {offset}: {old}", Counted(removed, "byte")),
            (before, now) if before == now => {
                write!(f, "{} at {offset}: {old} → {new}", Counted(now, "byte"))
            }
            (before, now) => write!(f, "{before} → {} at {offset}: {old} → {new}", Counted(now, "byte")),
        }
    }
}

/// The beginning of some bytes.
struct Excerpt<'a>(&'a [u8]);

impl<'a> Excerpt<'a> {
    fn first(&self) -> Hex<'a> {
        Hex(self.0.get(..SHOWN_BYTES).unwrap_or(self.0))
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.0.len() > SHOWN_BYTES { "…" } else { "" };
        write!(f, "{}{more}", self.first())
    }
}

impl Serialize for Change<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::HeaderAdded(header) => {
                map.serialize_entry("kind", "header_added")?;
                header.entries(&mut map)?;
            }
            Self::HeaderRemoved(header) => {
                map.serialize_entry("kind", "header_removed")?;
                header.entries(&mut map)?;
            }
            Self::Vlan(change) => change.entries(&mut map)?,
            Self::Field(change) => {
                map.serialize_entry("kind", "field")?;
                map.serialize_entry("field", change.field.name)?;
                if change.occurrence > 0 {
                    map.serialize_entry("occurrence", &change.occurrence)?;
                }
                map.serialize_entry("old", &change.values_before())?;
                map.serialize_entry("new", &change.values_now())?;
                if change.follows {
                    map.serialize_entry("follows", &true)?;
                }
                if change.wrong {
                    map.serialize_entry("wrong", &true)?;
                }
            }
            Self::Bytes(change) => {
                map.serialize_entry("kind", "bytes")?;
                map.serialize_entry("offset", &change.offset)?;
                map.serialize_entry("old", &Excerpt(change.old).first())?;
                map.serialize_entry("new", &Excerpt(change.new).first())?;
                map.serialize_entry("old_length", &change.old.len())?;
                map.serialize_entry("new_length", &change.new.len())?;
            }
            Self::MoreBytes(count) => {
                map.serialize_entry("kind", "more_bytes")?;
                map.serialize_entry("count", count)?;
            }
            Self::Length { old, new } => {
                map.serialize_entry("kind", "length")?;
                map.serialize_entry("old", old)?;
                map.serialize_entry("new", new)?;
            }
        }
        map.end()
    }
}

impl HeaderChange<'_> {
    /// Its protocol as filters call it: `vlan`.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        self.header.protocol().map_or("unknown", |field| field.name)
    }

    /// The addresses in it.
    fn addresses(&self) -> impl Iterator<Item = Values<'_>> {
        let header = &self.header;
        let addresses = header.fields().filter(|field| is_address(field.ty));
        // A field of two values repeats what two others say.
        addresses.map(|field| Values { header, field }).filter(|values| values.count() == 1)
    }

    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("protocol", self.protocol())?;
        map.serialize_entry("length", &self.length)?;
        map.serialize_entry("with_payload", &self.with_payload)?;
        let addresses = self.addresses().map(|values| (values.field.name, values.list().concat()));
        map.serialize_entry("addresses", &addresses.collect::<BTreeMap<_, _>>())
    }
}
