//! What became of a packet, by a list of functions in `format-spec/`, to which a user adds.

use mbuf_trace::End;
use std::collections::HashMap;

/// What became of a packet at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is gone, and nobody has it.
    Dropped,
    /// Neither the trace nor a list of normal ends tells.
    Unknown,
    /// A protocol or a socket took it.
    Delivered,
    /// A driver or another interface took it.
    Transmitted,
    /// It went on as a part of another packet, or as others: reassembled, fragmented, copied.
    Absorbed,
}

impl Fate {
    /// All, in the order in which they are told.
    pub(super) const ALL: [Self; 5] =
        [Self::Delivered, Self::Transmitted, Self::Absorbed, Self::Dropped, Self::Unknown];

    /// Its name: `delivered`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
            Self::Delivered => "delivered",
            Self::Transmitted => "transmitted",
            Self::Absorbed => "absorbed",
        }
    }

    /// Whether it is what is looked for where packets get lost.
    pub(super) fn is_suspect(self) -> bool {
        matches!(self, Self::Dropped | Self::Unknown)
    }

    /// The fate of this name, which a list may give.
    fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.name() == name && *fate != Self::Unknown)
    }
}

/// When an end in a function is a normal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Whenever the packet was last seen in it: who gets there has the packet.
    Seen,
    /// Only when it returned: before that, it may still have dropped the packet.
    Returned,
}

/// The list of normal ends that comes with the tool.
const BUILT_IN: &str = include_str!("../../../../format-spec/normal_ends.txt");

/// The list of normal ends: the built-in one, and what a user adds or takes out.
#[derive(Debug, Clone)]
pub struct NormalEnds {
    ends: HashMap<Box<[u8]>, (Fate, When)>,
}

impl Default for NormalEnds {
    fn default() -> Self {
        let mut ends = Self { ends: HashMap::new() };
        // A test reads it, too.
        let read = ends.add_lines(BUILT_IN);
        debug_assert_eq!(read, Ok(()));
        ends
    }
}

/// A line of a list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct NormalEndsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl NormalEnds {
    /// What is said of this function comes before what was said of it earlier.
    pub fn add(&mut self, function: &str, fate: Fate) {
        self.insert(function, fate, When::Seen);
    }

    fn insert(&mut self, function: &str, fate: Fate, when: When) {
        self.ends.insert(function.as_bytes().into(), (fate, when));
    }

    /// Reads `FUNCTION`, `FUNCTION FATE` or `FUNCTION FATE returned` from each line; `#` begins a comment. Without
    /// a fate, it is delivered.
    ///
    /// # Errors
    ///
    /// When a line is something else.
    pub fn add_lines(&mut self, text: &str) -> Result<(), NormalEndsError> {
        for (line, text) in (1..).zip(text.lines()) {
            let wrong = |problem: String| NormalEndsError { line, problem };
            let shown = |word: &str| mbuf_trace::Text(word.as_bytes()).to_string();
            let text = text.split_once('#').map_or(text, |(before, _)| before);
            let mut words = text.split_whitespace();
            let Some(function) = words.next() else { continue };
            let fate = match words.next() {
                None => Fate::Delivered,
                Some(word) => Fate::by_name(word).ok_or_else(|| {
                    wrong(format!(
                        "`{}` is none of delivered, transmitted, absorbed and dropped",
                        shown(word)
                    ))
                })?,
            };
            let when = match words.next() {
                None => When::Seen,
                Some("returned") => When::Returned,
                Some(word) => return Err(wrong(format!("`{}` is not `returned`", shown(word)))),
            };
            if let Some(word) = words.next() {
                return Err(wrong(format!("`{}` is one word too many", shown(word))));
            }
            self.insert(function, fate, when);
        }
        Ok(())
    }

    /// What became of a packet: by its end, else by what was noted in it, else by its callers.
    #[must_use]
    pub fn fate_of(&self, end: &End<'_>) -> Fate {
        if end.is_drop {
            return Fate::Dropped;
        }
        let known = end.function.and_then(|function| self.fate(function.as_bytes(), end.is_return));
        known
            .or_else(|| end.around().find_map(|function| self.fate(function.as_bytes(), false)))
            .unwrap_or(Fate::Unknown)
    }

    /// The fate of a packet that was last seen in this function, where it is known.
    fn fate(&self, function: &[u8], returned: bool) -> Option<Fate> {
        let (fate, when) = self.ends.get(function)?;
        (returned || *when == When::Seen).then_some(*fate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_can_be_read_and_names_a_function_once() {
        let mut ends = NormalEnds { ends: HashMap::new() };
        assert_eq!(ends.add_lines(BUILT_IN), Ok(()));
        let lines = BUILT_IN.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(ends.ends.len(), lines);
    }

    #[test]
    fn what_a_user_says_comes_first() {
        let mut ends = NormalEnds::default();
        assert_eq!(ends.fate(b"tcp_input", false), Some(Fate::Delivered));
        assert_eq!(ends.fate(b"ether_output", false), None);
        assert_eq!(ends.fate(b"ether_output", true), Some(Fate::Transmitted));
        ends.add_lines("# mine\n  my_driver_start  transmitted # out\n\ntcp_input dropped\nmy_sink\nmine absorbed returned\n")
            .unwrap();
        assert_eq!(ends.fate(b"my_driver_start", false), Some(Fate::Transmitted));
        assert_eq!(ends.fate(b"my_sink", false), Some(Fate::Delivered));
        assert_eq!((ends.fate(b"mine", false), ends.fate(b"mine", true)), (None, Some(Fate::Absorbed)));
        assert_eq!(ends.fate(b"tcp_input", true), Some(Fate::Dropped));
        ends.add("tcp_input", Fate::Absorbed);
        assert_eq!(ends.fate(b"tcp_input", true), Some(Fate::Absorbed));
    }

    #[test]
    fn lines_that_say_something_else_are_refused() {
        let mut ends = NormalEnds::default();
        assert_eq!(ends.add_lines("a\nb eaten").unwrap_err().line, 2);
        assert_eq!(ends.add_lines("a unknown").unwrap_err().line, 1);
        assert_eq!(ends.add_lines("a dropped today").unwrap_err().line, 1);
        assert_eq!(ends.add_lines("a dropped returned today").unwrap_err().line, 1);
    }
}
