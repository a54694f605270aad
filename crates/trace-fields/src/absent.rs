//! Fields that Wireshark has and this registry has not, and why. The list is generated from `format-spec/`.

use crate::generated::ABSENT;
use crate::registry::Field;

/// A field or protocol of Wireshark's that is known by name and has no values here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Absent {
    /// Its name. What is below it, `dns.qry.name` of `dns`, is absent, too.
    pub name: &'static str,
    /// Why, as the rest of a sentence: `streams are not reassembled`.
    pub reason: &'static str,
    /// What has an answer to the same question, or to a part of it: `tcp.seq_raw`.
    pub instead: Option<&'static str>,
}

impl Absent {
    /// All that are known, in the specification's order. Wireshark has many more.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &ABSENT
    }

    /// The entry for this name, or for one above it. None for a field that there is.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        let is_above = |absent: &&Self| {
            name.strip_prefix(absent.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        ABSENT.iter().find(is_above).filter(|_| Field::by_name(name).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_their_names_and_those_below() {
        let name = |name| Absent::by_name(name).map(|absent| absent.name);
        assert_eq!(name("tcp.seq"), Some("tcp.seq"));
        assert_eq!(name("dns.qry.name"), Some("dns"));
        assert_eq!(name("_ws.col.info"), Some("_ws"));
        // Below an absent one, and there.
        assert_eq!(name("tcp.options.wscale.shift"), None);
        assert_eq!(name("tcp.seq_raw"), None);
        assert_eq!(name("dnssec"), None);
        assert_eq!(name("no.such.field"), None);
    }
}
