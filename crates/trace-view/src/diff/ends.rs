//! What became of the packets of one capture: their fates, the functions that they ended in, and why they were dropped.

use crate::push;
use crate::tally::{Count, Items, MOST_BYTES, Moment, Tally, push};
use mbuf_trace::{Errno, Fate, Text, Trace};
use std::cell::OnceCell;
use std::fmt::{self, Display};

/// Bytes of a reason that are compared.
const LONGEST: usize = 1024;

/// The ends of one capture.
#[derive(Debug)]
pub(crate) struct Ends {
    key: Vec<u8>,
    /// By everything that is compared.
    all: Tally,
    unrecorded: Option<Count>,
    /// What is compared, made when it is asked for: all of it, and what every revision records.
    tables: [OnceCell<Box<Tables>>; 2],
}

/// What is compared of the ends of a capture.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) fates: Tally,
    pub(crate) ends: Tally,
    /// Of recorded drops.
    pub(crate) reasons: Tally,
    /// Traces of which nobody knows what became.
    pub(crate) unrecorded: u64,
}

impl Ends {
    /// No ends yet, and no more different ones than fit into so many bytes.
    pub(crate) fn in_room(room: usize) -> Self {
        // What is compared takes no more than three times what it is made of.
        let all = Tally::with_room(room / 4);
        Self { key: Vec::new(), all, unrecorded: None, tables: Default::default() }
    }

    /// Counts a trace.
    pub(crate) fn add(&mut self, trace: &Trace<'_>, at: Moment) {
        self.tables = Default::default();
        let end = trace.end();
        let is_incomplete = trace.is_incomplete();
        if !end.is_known() {
            let count = Count { packets: 0, incomplete: 0, first: at, last: at };
            let count = self.unrecorded.get_or_insert(count);
            count.packets = count.packets.saturating_add(1);
            count.last = at;
            return;
        }
        let reason = end.reason.map(|reason| cut(reason.as_bytes()));
        let end = EndKey {
            fate: end.fate,
            is_drop: end.is_recorded,
            function: end.function,
            reason: reason.map(Text),
            errno: end.errno,
        };
        self.key.clear();
        end.write(&mut self.key);
        self.all.add_trace(&self.key, at, is_incomplete);
    }

    /// Traces whose end was not recorded, with the first of them.
    pub(crate) const fn unrecorded(&self) -> Option<&Count> {
        self.unrecorded.as_ref()
    }

    /// Whether there were more than are kept.
    pub(crate) const fn overflowed(&self) -> bool {
        self.all.others() > 0
    }

    /// What is compared: of `common`, only what every revision records. Earlier ones than revision 4 do not name the
    /// function of a drop, and have no times, without which some fates are unknown.
    pub(crate) fn tables(&self, common: bool) -> &Tables {
        let [all, of_every_revision] = &self.tables;
        let table = if common { of_every_revision } else { all };
        table.get_or_init(|| Box::new(Tables::new(self, common)))
    }
}

impl Tables {
    fn new(ends: &Ends, common: bool) -> Self {
        let tally = || Tally::with_room(MOST_BYTES);
        let unrecorded = ends.unrecorded.map_or(0, |count| count.packets).saturating_add(ends.all.others());
        let mut tables = Self { fates: tally(), ends: tally(), reasons: tally(), unrecorded };
        let mut key = Vec::new();
        for (full, count) in ends.all.iter() {
            let mut end = EndKey::read(full);
            if common && end.fate == Fate::Unknown {
                tables.unrecorded = tables.unrecorded.saturating_add(count.packets);
                continue;
            }
            end.function = end.function.filter(|_| !(common && end.is_drop));
            let mut add = |tally: &mut Tally, end: EndKey<'_>| {
                key.clear();
                end.write(&mut key);
                tally.merge(&key, *count);
            };
            if end.is_drop {
                add(&mut tables.reasons, end);
            }
            let end = EndKey { reason: None, errno: None, ..end };
            if !(common && end.is_drop) {
                add(&mut tables.ends, EndKey { is_drop: false, ..end });
            }
            add(&mut tables.fates, EndKey { is_drop: false, function: None, ..end });
        }
        tables
    }
}

fn cut(text: &[u8]) -> &[u8] {
    text.get(..LONGEST).unwrap_or(text)
}

/// What a key of a table of ends says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EndKey<'a> {
    pub(crate) fate: Fate,
    /// Whether the packet was dropped by an event that says so.
    is_drop: bool,
    pub(crate) function: Option<Text<'a>>,
    pub(crate) reason: Option<Text<'a>>,
    pub(crate) errno: Option<u16>,
}

impl<'a> EndKey<'a> {
    fn write(&self, key: &mut Vec<u8>) {
        push(key, Some(self.fate.name().as_bytes()));
        push(key, self.is_drop.then_some(b""));
        push(key, self.function.map(Text::as_bytes));
        push(key, self.reason.map(Text::as_bytes));
        let errno = self.errno.map(u16::to_le_bytes);
        push(key, errno.as_ref().map(<[u8; 2]>::as_slice));
    }

    pub(crate) fn read(key: &'a [u8]) -> Self {
        let mut items = Items::new(key);
        let mut item = || items.next().flatten();
        let fate = item().and_then(|name| Fate::from_name(std::str::from_utf8(name).ok()?));
        Self {
            fate: fate.unwrap_or(Fate::Unknown),
            is_drop: item().is_some(),
            function: item().map(Text),
            reason: item().map(Text),
            errno: item().and_then(|errno| errno.try_into().ok()).map(u16::from_le_bytes),
        }
    }

    /// The name of the error number in FreeBSD.
    pub(crate) fn errno_name(&self) -> Option<&'static str> {
        self.errno.and_then(|errno| Errno(errno).name())
    }
}

/// `dropped in if_transmit: output queue of em0 is full (ENOBUFS)`.
impl Display for EndKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fate.name())?;
        if let Some(function) = self.function {
            let between = if self.fate == Fate::Unknown { ", last seen in" } else { " in" };
            write!(f, "{between} {function}")?;
        }
        if let Some(reason) = self.reason.filter(|reason| !reason.is_empty()) {
            write!(f, ": {reason}")?;
        }
        match self.errno {
            Some(errno) => write!(f, " ({})", push::ErrorName(errno)),
            None => Ok(()),
        }
    }
}
