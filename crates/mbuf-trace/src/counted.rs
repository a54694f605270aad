//! Numbers with their nouns.

use core::fmt;

/// A number, and what it counts in the singular: `1 event`, `2 events`.
#[derive(Debug, Clone, Copy)]
pub struct Counted<N>(pub N, pub &'static str);

impl<N: fmt::Display + From<bool> + PartialEq> fmt::Display for Counted<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == N::from(true) { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}
