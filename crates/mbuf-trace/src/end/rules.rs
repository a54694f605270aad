//! What functions mean for the end of a packet: a list in `format-spec/`, to which a user adds.

use crate::generated::{END_RULES, Fate};
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
        if fate == "helper" && when.is_empty() {
            return Ok(Some((function, Rule::Helper)));
        }
        let fate = match fate {
            "" => Fate::Delivered,
            _ => Fate::from_name(fate).ok_or_else(|| {
                let fates: Vec<&str> = Fate::ALL.iter().map(|fate| fate.name()).collect();
                format!("`{}` is not one of {} and helper", shown(fate), fates.join(", "))
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
    fn rules(&self, function: &[u8]) -> impl Iterator<Item = &Rule> {
        let own = self.own.get(function);
        let built_in = if own.is_some() { &[] } else { built_in(function) };
        own.into_iter().flatten().chain(built_in.iter().map(|(_, rule)| rule))
    }

    /// Whether the function puts packets on a queue, from which somebody else takes them.
    #[must_use]
    pub fn holds(&self, function: &[u8]) -> bool {
        self.rules(function).any(|rule| matches!(rule, Rule::Held(..)))
    }

    /// Whether the function only frees packets.
    #[must_use]
    pub fn only_frees(&self, function: &[u8]) -> bool {
        self.rules(function).any(|rule| matches!(rule, Rule::Helper))
    }

    /// The fate of a packet that was last seen in this function, which has not returned, and was freed so many
    /// nanoseconds later.
    pub(super) fn seen(&self, function: &[u8], freed_after: Option<u64>) -> Option<Fate> {
        self.rules(function).find_map(|rule| match rule {
            Rule::Seen(fate) | Rule::Held(fate, None) => Some(*fate),
            Rule::Held(fate, Some(limit)) => Some(match freed_after {
                Some(after) if after >= *limit => Fate::Dropped,
                Some(_) => *fate,
                None => Fate::Unknown,
            }),
            _ => None,
        })
    }

    /// The fate of a packet that was seen in this function, where that alone says it.
    pub(super) fn handed(&self, function: &[u8]) -> Option<Fate> {
        self.rules(function).find_map(|rule| if let Rule::Seen(fate) = rule { Some(*fate) } else { None })
    }

    /// Whether the function hands packets to drivers in any case.
    pub(super) fn transmits(&self, function: &[u8]) -> bool {
        let mut fates = self.rules(function).filter_map(|rule| match rule {
            Rule::Seen(fate) | Rule::Returned(fate, _) => Some(*fate),
            _ => None,
        });
        fates.any(|fate| fate == Fate::Transmitted)
    }

    /// The fate of a packet that was last seen when this function returned this.
    pub(super) fn returned(&self, function: &[u8], value: Option<&[u8]>) -> Option<Fate> {
        self.rules(function).find_map(|rule| match rule {
            Rule::Seen(fate) | Rule::Returned(fate, None) => Some(*fate),
            Rule::Returned(fate, Some(of)) if value == Some(of.as_bytes()) => Some(*fate),
            _ => None,
        })
    }

    /// The fate of a packet whose drop for this reason is none.
    pub(super) fn drop(&self, function: &[u8], reason: &[u8]) -> Option<Fate> {
        self.rules(function).find_map(|rule| match rule {
            Rule::Drop(fate, of) if of.as_bytes() == reason => Some(*fate),
            _ => None,
        })
    }
}

/// What the built-in list says of a function.
fn built_in(function: &[u8]) -> &'static [(&'static str, Rule)] {
    if !MAY_BE_BUILT_IN.has(function) {
        return &[];
    }
    let start = END_RULES.partition_point(|(name, _)| name.as_bytes() < function);
    let rest = END_RULES.get(start..).unwrap_or_default();
    let count = rest.iter().take_while(|(name, _)| name.as_bytes() == function).count();
    rest.get(..count).unwrap_or_default()
}

/// Tells for most functions that are not in the built-in list that they are not, without a search: each event asks.
static MAY_BE_BUILT_IN: Sieve = Sieve::of(&END_RULES);

/// A bit for each hash that a name of a list has.
struct Sieve([bool; SIEVE]);

const SIEVE: usize = 2048;

impl Sieve {
    const fn of(mut rules: &[(&str, Rule)]) -> Self {
        let mut bits = [false; SIEVE];
        while let [(name, _), rest @ ..] = rules {
            #[expect(
                clippy::indexing_slicing,
                reason = "a hash is below the length, and this is done by the compiler"
            )]
            {
                bits[Self::hash(name.as_bytes())] = true;
            }
            rules = rest;
        }
        Self(bits)
    }

    const fn hash(name: &[u8]) -> usize {
        let length = name.len();
        let letters = match name {
            [first, .., before, last] => (*first as usize) ^ (*before as usize) << 3 ^ (*last as usize) << 6,
            _ => 0,
        };
        (length.wrapping_mul(181) ^ letters) % SIEVE
    }

    fn has(&self, name: &[u8]) -> bool {
        self.0.get(Self::hash(name)).copied().unwrap_or(false)
    }
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
                "`eaten` is not one of delivered, transmitted, absorbed, dropped, unknown and helper",
            ),
            ("f unknown", "`unknown` needs `held`, `returned` or `drop` after it"),
            ("f dropped today", "`today` is not one of returned, held and drop"),
            ("f dropped held 30", "`30` is not a time such as 30s"),
            ("f dropped held -1s", "`-1s` is not a time such as 30s"),
            ("f dropped drop", "`drop` needs a reason after it"),
            (
                "f \x1b[2J",
                "`\\x1b[2J` is not one of delivered, transmitted, absorbed, dropped, unknown and helper",
            ),
        ] {
            assert_eq!(Ends::parse_line(line), Err(problem.to_string()), "{line}");
        }
        let mut ends = Ends::default();
        assert_eq!(ends.add_lines("a transmitted\nb eaten").unwrap_err().line, 2);
        assert!(!ends.holds(b"a") && ends.seen(b"a", None).is_none(), "nothing was added");
    }

    #[test]
    fn the_built_in_list_is_sorted() {
        assert!(END_RULES.is_sorted_by_key(|(name, _)| *name));
        let ends = Ends::built_in();
        assert_eq!(ends.seen(b"tcp_input", None), Some(Fate::Delivered));
        assert_eq!(ends.seen(b"ether_output", None), None);
        assert_eq!(ends.returned(b"ether_output", None), Some(Fate::Transmitted));
        assert_eq!(ends.seen(b"ip_reass", Some(1)), Some(Fate::Absorbed));
        assert_eq!(ends.seen(b"ip_reass", None), Some(Fate::Unknown));
        assert!(ends.only_frees(b"m_freem") && ends.holds(b"arpresolve_full") && !ends.holds(b"m_freem"));
    }
}
