//! Differences in words, and as JSON.

use super::{BytesChange, Change, Excerpt, FieldChange, HeaderChange};
use crate::counted::Counted;
use crate::hex::Hex;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Longest value that is shown in words.
const LONGEST: usize = 48;

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeaderAdded(header) => {
                let what = if header.with_payload { "" } else { " header" };
                write!(f, "+{}{what}, {}", header.protocol, Counted(header.length, "byte"))?;
                header.addresses.iter().try_for_each(|(field, value)| write!(f, ", {} {value}", field.name))
            }
            Self::HeaderRemoved(header) => write!(f, "{} removed", header.protocol),
            Self::Field(change) => change.fmt(f),
            Self::Bytes(change) => change.fmt(f),
            Self::MoreBytes(count) => write!(f, "{} more differ", Counted(*count, "byte")),
        }
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.name)?;
        if self.occurrence > 0 {
            write!(f, "#{}", self.occurrence)?;
        }
        match (self.old == self.new, self.wrong) {
            (true, _) => write!(f, " {}, wrong now", Values(&self.new)),
            (false, wrong) => {
                let remark = if wrong { ", wrong now" } else { "" };
                write!(f, " {} → {}{remark}", Values(&self.old), Values(&self.new))
            }
        }
    }
}

/// Values with commas between them, cut where they are long.
struct Values<'a>(&'a [String]);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = LONGEST;
        let mut between = "";
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for value in self.0 {
            f.write_str(between)?;
            between = ",";
            match value.char_indices().nth(room) {
                Some((at, _)) => return write!(f, "{}…", value.get(..at).unwrap_or_default()),
                None => f.write_str(value)?,
            }
            room = room.saturating_sub(value.chars().count());
        }
        Ok(())
    }
}

impl fmt::Display for BytesChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, old, new } = self;
        match (old.length, new.length) {
            (0, added) => write!(f, "+{} at {offset}: {new}", Counted(added, "byte")),
            (removed, 0) => write!(f, "{} removed at {offset}: {old}", Counted(removed, "byte")),
            (before, now) if before == now => {
                write!(f, "{} at {offset}: {old} → {new}", Counted(now, "byte"))
            }
            (before, now) => write!(f, "{before} → {} at {offset}: {old} → {new}", Counted(now, "byte")),
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.first.len() < self.length { "…" } else { "" };
        write!(f, "{}{more}", Hex(&self.first))
    }
}

impl Serialize for Change {
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
            Self::Field(change) => {
                map.serialize_entry("kind", "field")?;
                map.serialize_entry("field", change.field.name)?;
                if change.occurrence > 0 {
                    map.serialize_entry("occurrence", &change.occurrence)?;
                }
                map.serialize_entry("old", &change.old)?;
                map.serialize_entry("new", &change.new)?;
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
                map.serialize_entry("old", &Hex(&change.old.first))?;
                map.serialize_entry("new", &Hex(&change.new.first))?;
                map.serialize_entry("old_length", &change.old.length)?;
                map.serialize_entry("new_length", &change.new.length)?;
            }
            Self::MoreBytes(count) => {
                map.serialize_entry("kind", "more_bytes")?;
                map.serialize_entry("count", count)?;
            }
        }
        map.end()
    }
}

impl HeaderChange {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("protocol", self.protocol)?;
        map.serialize_entry("length", &self.length)?;
        map.serialize_entry("with_payload", &self.with_payload)?;
        let addresses = self.addresses.iter().map(|(field, value)| (field.name, value));
        map.serialize_entry("addresses", &addresses.collect::<BTreeMap<_, _>>())
    }
}
