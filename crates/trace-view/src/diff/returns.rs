//! What functions returned: in how many packets each value, of those in which the function returned.

use crate::tally::{Items, Moment, Tally, push};
use mbuf_trace::{Kind, Text, Trace};
use std::fmt::{self, Display};

/// Bytes of a value that are compared.
const LONGEST: usize = 256;
/// More digits than this are an address, which is another one after each boot.
const MOST_DIGITS: usize = 8;
/// What stands for any address.
const ADDRESS: &[u8] = b"(address)";

/// The returned values of one capture.
#[derive(Debug)]
pub(crate) struct Returns {
    key: Vec<u8>,
    functions: Tally,
    values: Tally,
}

impl Returns {
    /// No values yet, and no more different ones than fit into so many bytes.
    pub(crate) fn in_room(room: usize) -> Self {
        let tally = || Tally::with_room(room / 2);
        Self { key: Vec::new(), functions: tally(), values: tally() }
    }

    /// Counts the functions that returned.
    pub(crate) fn add(&mut self, trace: &Trace<'_>, at: Moment) {
        let is_incomplete = trace.is_incomplete();
        for event in trace.events_in_wire_order().map(mbuf_trace::RecordedEvent::read) {
            let Some(function) = event.function.filter(|_| event.kind == Kind::Leave) else { continue };
            // A function that returns twice is still one packet.
            self.key.clear();
            push(&mut self.key, Some(function.as_bytes()));
            self.functions.add_trace_once(&self.key, at, is_incomplete);
            push(&mut self.key, event.args.map(|value| without_address(value.as_bytes())));
            self.values.add_trace_once(&self.key, at, is_incomplete);
        }
    }

    /// Packets by function and value.
    pub(crate) const fn values(&self) -> &Tally {
        &self.values
    }

    /// Packets in which the function of such a key returned.
    pub(crate) fn of(&self, key: &[u8]) -> u64 {
        let mut items = Items::new(key);
        let _ = items.next();
        let function = key.len().checked_sub(items.rest().len()).and_then(|end| key.get(..end));
        function.and_then(|function| self.functions.get(function)).map_or(0, |count| count.packets)
    }

    /// Whether there were more than are kept.
    pub(crate) const fn overflowed(&self) -> bool {
        self.functions.others() > 0 || self.values.others() > 0
    }
}

fn without_address(value: &[u8]) -> &[u8] {
    let digits = value.strip_prefix(b"0x").filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    match digits {
        Some(digits) if digits.len() > MOST_DIGITS => ADDRESS,
        _ => value.get(..LONGEST).unwrap_or(value),
    }
}

/// A function and what it returned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returned<'a> {
    pub(crate) function: Text<'a>,
    pub(crate) value: Option<Text<'a>>,
}

impl<'a> Returned<'a> {
    pub(crate) fn read(key: &'a [u8]) -> Self {
        let mut items = Items::new(key);
        let mut item = || items.next().flatten().map(Text);
        Self { function: item().unwrap_or_default(), value: item() }
    }
}

/// `-pf_test(PF_DROP)`, as `print` has it.
impl Display for Returned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-{}", self.function)?;
        match self.value {
            Some(value) => write!(f, "({value})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_alike() {
        for (value, kept) in [
            ("0xfffff80003a1b200", "(address)"),
            ("0xfffffffff", "(address)"),
            ("0xffffffff", "0xffffffff"),
            ("0xfffffffffg", "0xfffffffffg"),
            ("0", "0"),
            ("PF_DROP", "PF_DROP"),
            ("", ""),
        ] {
            assert_eq!(without_address(value.as_bytes()), kept.as_bytes(), "{value}");
        }
    }
}
