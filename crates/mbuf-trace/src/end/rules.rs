//! What functions mean for the end of a packet: a list in `format-spec/`, to which a user adds.

use crate::generated::{END_RULES, Errno, Fate};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What it means for a packet that it was last seen in a function. A line of the list has one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The function only frees packets: what counts is who had the packet before.
    Helper,
    /// The fate, where the packet was seen in the function.
    Seen(Fate),
    /// The fate, where the function has returned, with this value if there is one.
    Returned(Fate, Option<Cow<'static, str>>),
    /// The function puts packets on a queue. The fate of those that are freed from it without another event; where there
    /// is a time in nanoseconds, those that waited that long were dropped by a timer, and of those that nobody knows how
    /// long they waited, the fate is unknown.
    Held(Fate, Option<u64>),
    /// The fate, where the function says that it drops the packet for this reason, and in truth has used it up.
    Drop(Fate, Cow<'static, str>),
    /// A packet that was dropped before and is seen in the function lives on: as its own answer, or at another socket.
    Revives,
}

/// What the return of a function says of the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Return {
    /// Nothing.
    Nothing,
    /// The function handed it over.
    Handed(Fate),
    /// The value says the fate, with the error that it is.
    Fate(Fate, Option<u16>),
    /// The packet is on a queue.
    Held(Fate, Option<u64>),
}

/// A line of a list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct EndsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// The list of functions that tell what became of a packet: the built-in one, and what a user says, which comes first.
#[derive(Debug, Clone, Default)]
pub struct Ends {
    own: BTreeMap<Box<[u8]>, Vec<Rule>>,
}

impl Ends {
    /// The built-in list.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: Ends = Ends { own: BTreeMap::new() };
        &BUILT_IN
    }

    /// Says what this fate means: the packet was last seen in this function. It replaces what the list says of it.
    pub fn add(&mut self, function: &str, fate: Fate) {
        self.own.insert(function.as_bytes().into(), Vec::from([Rule::Seen(fate)]));
    }

    /// Adds the lines of a list; see [`Ends::parse_line`]. Functions in it replace what was said of them before.
    ///
    /// # Errors
    ///
    /// When a line is something else; nothing is added then.
    pub fn add_lines(&mut self, text: &str) -> Result<(), EndsError> {
        let mut added: BTreeMap<Box<[u8]>, Vec<Rule>> = BTreeMap::new();
        for (line, text) in (1..).zip(text.lines()) {
            let rule = Self::parse_line(text).map_err(|problem| EndsError { line, problem })?;
            if let Some((function, rule)) = rule {
                added.entry(function.as_bytes().into()).or_default().push(rule);
            }
        }
        self.own.extend(added);
        Ok(())
    }

    /// Reads a line: a function, a fate, and in which case. `#` begins a comment. Without a fate it is `delivered`.
    ///
    /// ```text
    /// FUNCTION helper
    /// FUNCTION revives
    /// FUNCTION [FATE]
    /// FUNCTION FATE returned [VALUE]
    /// FUNCTION FATE held [SECONDSs]
    /// FUNCTION FATE drop REASON
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the line.
    pub fn parse_line(line: &str) -> Result<Option<(&str, Rule)>, String> {
        let shown = |word: &str| crate::text::Text(word.as_bytes()).to_string();
        let text = line.split_once('#').map_or(line, |(before, _)| before).trim();
        let split = |text: &'_ str| -> (usize, usize) {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            let rest = text.get(end..).unwrap_or_default();
            (end, text.len().saturating_sub(rest.trim_start().len()))
        };
        let word = |text| {
            let (end, rest) = split(text);
            (text.get(..end).unwrap_or_default(), text.get(rest..).unwrap_or_default())
        };
        let (function, rest) = word(text);
        if function.is_empty() {
            return Ok(None);
        }
        let (fate, rest) = word(rest);
        let (when, rest) = word(rest);
        match fate {
            "helper" if when.is_empty() => return Ok(Some((function, Rule::Helper))),
            "revives" if when.is_empty() => return Ok(Some((function, Rule::Revives))),
            _ => {}
        }
        let fate = match fate {
            "" => Fate::Delivered,
            _ => Fate::from_name(fate).ok_or_else(|| {
                let fates: Vec<&str> = Fate::ALL.iter().map(|fate| fate.name()).collect();
                format!("`{}` is not one of {}, helper and revives", shown(fate), fates.join(", "))
            })?,
        };
        let text = |rest: &str| Cow::Owned(String::from(rest));
        let rule = match (when, rest) {
            ("", _) if fate == Fate::Unknown => {
                return Err("`unknown` needs `held`, `returned` or `drop` after it".to_string());
            }
            ("", _) => Rule::Seen(fate),
            ("returned", "") => Rule::Returned(fate, None),
            ("returned", value) => Rule::Returned(fate, Some(text(value))),
            ("held", "") => Rule::Held(fate, None),
            ("held", limit) => {
                let seconds = limit.strip_suffix('s').and_then(|seconds| seconds.parse::<u32>().ok());
                let seconds =
                    seconds.ok_or_else(|| format!("`{}` is not a time such as 30s", shown(limit)))?;
                Rule::Held(fate, Some(u64::from(seconds).saturating_mul(1_000_000_000)))
            }
            ("drop", "") => return Err("`drop` needs a reason after it".to_string()),
            ("drop", reason) => Rule::Drop(fate, text(reason)),
            (when, _) => return Err(format!("`{}` is not one of returned, held and drop", shown(when))),
        };
        Ok(Some((function, rule)))
    }

    /// What the list says of a function.
    #[must_use]
    pub(crate) fn of(&self, function: &[u8]) -> Rules<'_> {
        match self.own.get(function) {
            Some(own) => Rules { own, built_in: &[] },
            None => Rules { own: &[], built_in: built_in(function) },
        }
    }

    /// Whether the function puts packets on a queue, from which somebody else takes them.
    #[must_use]
    pub fn holds(&self, function: &[u8]) -> bool {
        self.of(function).holds()
    }
}

/// What a list says of one function.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules<'e> {
    own: &'e [Rule],
    built_in: &'static [(&'static str, Rule)],
}

impl<'e> Rules<'e> {
    fn each(self) -> impl Iterator<Item = &'e Rule> {
        self.own.iter().chain(self.built_in.iter().map(|(_, rule)| rule))
    }

    /// Whether the function puts packets on a queue, from which somebody else takes them.
    pub(crate) fn holds(self) -> bool {
        self.each().any(|rule| matches!(rule, Rule::Held(..)))
    }

    /// Whether the function only frees packets.
    pub(crate) fn only_frees(self) -> bool {
        self.each().any(|rule| matches!(rule, Rule::Helper))
    }

    /// The fate of a packet that was last seen in this function, which has not returned. If it holds packets, with the time
    /// after which those on its queue are dropped.
    pub(super) fn seen(self) -> Option<(Fate, Option<Option<u64>>)> {
        self.each().find_map(|rule| match rule {
            Rule::Seen(fate) => Some((*fate, None)),
            Rule::Held(fate, limit) => Some((*fate, Some(*limit))),
            _ => None,
        })
    }

    /// Whether the function hands packets to drivers.
    pub(super) fn transmits(self) -> bool {
        self.each().any(|rule| {
            matches!(rule, Rule::Seen(Fate::Transmitted) | Rule::Returned(Fate::Transmitted, None))
        })
    }

    /// Whether a packet that was dropped lives on, if the function handles it after that, or has returned.
    pub(super) fn revives(self, has_returned: bool) -> bool {
        self.each().any(|rule| match rule {
            Rule::Seen(Fate::Transmitted) | Rule::Revives => !has_returned,
            Rule::Returned(Fate::Transmitted, None) => has_returned,
            _ => false,
        })
    }

    /// What it says that this function returned this.
    pub(super) fn returned(self, value: Option<&[u8]>) -> Return {
        let mut says = Return::Nothing;
        let mut is_judge = false;
        for rule in self.each() {
            says = match rule {
                Rule::Returned(fate, Some(of)) if value == Some(of.as_bytes()) => {
                    return Return::Fate(*fate, None);
                }
                Rule::Held(fate, limit) if value.is_some_and(is_waiting) => Return::Held(*fate, *limit),
                Rule::Returned(fate, None) => Return::Fate(*fate, None),
                Rule::Seen(fate) if *fate != Fate::Absorbed => Return::Handed(*fate),
                Rule::Returned(Fate::Dropped, Some(_)) => {
                    is_judge = true;
                    continue;
                }
                _ => continue,
            };
        }
        let is_transmitted =
            matches!(says, Return::Handed(Fate::Transmitted) | Return::Fate(Fate::Transmitted, _));
        match value {
            Some(value) if is_transmitted => {
                error(value).map_or(says, |errno| Return::Fate(Fate::Dropped, errno))
            }
            Some(value) if is_judge && says == Return::Nothing => verdict(value),
            _ => says,
        }
    }

    /// The fate of a packet whose drop for this reason is none.
    pub(super) fn drop(self, reason: &[u8]) -> Option<Fate> {
        self.each().find_map(|rule| match rule {
            Rule::Drop(fate, of) if of.as_bytes() == reason => Some(*fate),
            _ => None,
        })
    }
}

/// What the built-in list says of a function.
fn built_in(function: &[u8]) -> &'static [(&'static str, Rule)] {
    let mut slot = hash(function);
    loop {
        let place = INDEX.get(slot).copied().map_or(0, usize::from);
        let Some(rules) = place.checked_sub(1).and_then(|first| END_RULES.get(first..)) else { return &[] };
        if rules.first().is_some_and(|(name, _)| name.as_bytes() == function) {
            let count = rules.iter().take_while(|(name, _)| name.as_bytes() == function).count();
            return rules.get(..count).unwrap_or_default();
        }
        slot = slot.wrapping_add(1) % SLOTS;
    }
}

/// Whether a function that holds packets returns this while it does.
fn is_waiting(value: &[u8]) -> bool {
    matches!(value, b"EWOULDBLOCK" | b"EAGAIN" | b"35")
}

/// The error number that a function returned, of which only the name may be known; none where it is no error, or one that
/// says that the packet waits.
fn error(value: &[u8]) -> Option<Option<u16>> {
    let text = core::str::from_utf8(value).ok()?;
    if is_waiting(value) || matches!(text, "0" | "EJUSTRETURN" | "EINPROGRESS" | "36") {
        return None;
    }
    if let Ok(number) = text.parse() {
        return Some(Some(number));
    }
    let letters = text.strip_prefix('E').filter(|letters| !letters.is_empty())?;
    let is_name = letters.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_name.then(|| (1..=255).find(|number| Errno(*number).name() == Some(text)))
}

/// What a firewall's return says whose value the list does not know.
fn verdict(value: &[u8]) -> Return {
    let is = |words: &[&[u8]]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is(&[b"0", b"", b"pass", b"accept", b"PF_PASS", b"PFIL_PASS", b"PFIL_REALLOCED", b"IP_FW_PASS"]) {
        Return::Nothing
    } else if is(&[b"drop", b"deny", b"block", b"reject"]) {
        Return::Fate(Fate::Dropped, None)
    } else {
        // It has the packet: diverted, on a queue, or gone.
        Return::Fate(Fate::Unknown, None)
    }
}

/// Where the rules of each function begin in the built-in list, from 1, by the hash of its name or in the next slots that
/// were free: each event asks.
static INDEX: [u16; SLOTS] = index(&END_RULES);

/// Many more than there are names, so that nearly all other names meet an empty one.
const SLOTS: usize = 2048;
const _: () = assert!(END_RULES.len() < SLOTS / 4);

#[expect(clippy::indexing_slicing, reason = "a slot is below the length, and this is done by the compiler")]
const fn index(rules: &[(&str, Rule)]) -> [u16; SLOTS] {
    let mut slots = [0; SLOTS];
    let mut place = 0;
    while place < rules.len() {
        let name = rules[place].0.as_bytes();
        // Lines of one function follow one another.
        if place == 0 || !same(rules[place.wrapping_sub(1)].0.as_bytes(), name) {
            let mut slot = hash(name);
            while slots[slot] != 0 {
                slot = slot.wrapping_add(1) % SLOTS;
            }
            slots[slot] = place.wrapping_add(1) as u16;
        }
        place = place.wrapping_add(1);
    }
    slots
}

const fn same(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([first, rest @ ..], [other, others @ ..]) = (a, b) {
        if *first != *other {
            return false;
        }
        (a, b) = (rest, others);
    }
    a.is_empty() && b.is_empty()
}

const fn hash(name: &[u8]) -> usize {
    let length = name.len();
    let letters = match name {
        [first, .., before, last] => (*first as usize) ^ (*before as usize) << 3 ^ (*last as usize) << 6,
        _ => 0,
    };
    (length.wrapping_mul(181) ^ letters) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_list() {
        let held = |fate, limit| Rule::Held(fate, limit);
        for (line, expected) in [
            ("", None),
            ("  # a comment", None),
            ("f", Some(Rule::Seen(Fate::Delivered))),
            ("  f  transmitted # out", Some(Rule::Seen(Fate::Transmitted))),
            ("f helper", Some(Rule::Helper)),
            ("f absorbed returned", Some(Rule::Returned(Fate::Absorbed, None))),
            (
                "f dropped returned PF_DROP",
                Some(Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PF_DROP")))),
            ),
            ("f unknown held", Some(held(Fate::Unknown, None))),
            ("f\tdropped\theld  30s", Some(held(Fate::Dropped, Some(30_000_000_000)))),
            (
                "f delivered drop  reply is used up # really",
                Some(Rule::Drop(Fate::Delivered, "reply is used up".into())),
            ),
        ] {
            let expected = expected.map(|rule| ("f", rule));
            assert_eq!(Ends::parse_line(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn lines_that_say_something_else_are_refused() {
        for (line, problem) in [
            (
                "f eaten",
                "`eaten` is not one of delivered, transmitted, absorbed, dropped, unknown, helper and revives",
            ),
            ("f unknown", "`unknown` needs `held`, `returned` or `drop` after it"),
            ("f dropped today", "`today` is not one of returned, held and drop"),
            ("f dropped held 30", "`30` is not a time such as 30s"),
            ("f dropped held -1s", "`-1s` is not a time such as 30s"),
            ("f dropped drop", "`drop` needs a reason after it"),
            (
                "f \x1b[2J",
                "`\\x1b[2J` is not one of delivered, transmitted, absorbed, dropped, unknown, helper and revives",
            ),
        ] {
            assert_eq!(Ends::parse_line(line), Err(problem.to_string()), "{line}");
        }
        let mut ends = Ends::default();
        assert_eq!(ends.add_lines("a transmitted\nb eaten").unwrap_err().line, 2);
        assert!(!ends.holds(b"a") && ends.of(b"a").seen().is_none(), "nothing was added");
    }

    #[test]
    fn the_built_in_list_is_sorted() {
        assert!(END_RULES.is_sorted_by_key(|(name, _)| *name));
        for (name, _) in &END_RULES {
            let rules = built_in(name.as_bytes());
            assert_eq!(rules.len(), END_RULES.iter().filter(|(other, _)| other == name).count(), "{name}");
            assert!(rules.iter().all(|(other, _)| other == name), "{name}");
            let longer = format!("{name}_");
            assert_eq!(built_in(longer.as_bytes()).len(), 0, "{longer}");
        }
        let ends = Ends::built_in();
        assert_eq!(ends.of(b"tcp_do_segment").seen(), Some((Fate::Delivered, None)));
        assert_eq!(ends.of(b"ether_output").seen(), None);
        assert_eq!(ends.of(b"ip_reass").seen(), Some((Fate::Absorbed, Some(Some(30_000_000_000)))));
        assert!(
            ends.of(b"m_freem").only_frees() && ends.holds(b"arpresolve_full") && !ends.holds(b"m_freem")
        );
    }

    #[test]
    fn what_a_return_says() {
        let ends = Ends::built_in();
        for (function, value, expected) in [
            ("ether_output", None, Return::Fate(Fate::Transmitted, None)),
            ("ether_output", Some("0"), Return::Fate(Fate::Transmitted, None)),
            ("ether_output", Some("64"), Return::Fate(Fate::Dropped, Some(64))),
            ("if_transmit", Some("0"), Return::Handed(Fate::Transmitted)),
            ("if_transmit", Some("ENOBUFS"), Return::Fate(Fate::Dropped, Some(55))),
            ("if_transmit", Some("ESOMETHING"), Return::Fate(Fate::Dropped, None)),
            ("if_transmit", Some("EINPROGRESS"), Return::Handed(Fate::Transmitted)),
            ("if_handoff", Some("1"), Return::Fate(Fate::Transmitted, None)),
            ("if_handoff", Some("0"), Return::Fate(Fate::Dropped, None)),
            ("arpresolve_full", Some("EWOULDBLOCK"), Return::Held(Fate::Dropped, None)),
            ("arpresolve_full", Some("0"), Return::Nothing),
            ("sbappendaddr_locked", Some("0"), Return::Fate(Fate::Dropped, None)),
            ("sbappendaddr_locked", Some("1"), Return::Handed(Fate::Delivered)),
            ("tcp_do_segment", Some("55"), Return::Handed(Fate::Delivered)),
            ("pf_test", Some("PF_DROP"), Return::Fate(Fate::Dropped, None)),
            ("pf_test", Some("1"), Return::Fate(Fate::Dropped, None)),
            ("pf_test", Some("Block"), Return::Fate(Fate::Dropped, None)),
            ("pf_test", Some("PF_PASS"), Return::Nothing),
            ("pf_test", None, Return::Nothing),
            ("pfil_mbuf_in", Some("PFIL_CONSUMED"), Return::Fate(Fate::Unknown, None)),
            ("m_defrag", Some("0"), Return::Nothing),
            ("ip_input", Some("65"), Return::Nothing),
        ] {
            assert_eq!(
                ends.of(function.as_bytes()).returned(value.map(str::as_bytes)),
                expected,
                "{function} {value:?}"
            );
        }
    }
}
