//! Numbers with their nouns.

use std::fmt;

/// A number, and what it counts in the singular: `1 byte`, `2 bytes`.
pub(crate) struct Counted<N>(pub(crate) N, pub(crate) &'static str);

impl<N: fmt::Display + From<bool> + PartialEq> fmt::Display for Counted<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == N::from(true) { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

pub(crate) const fn bytes<N>(count: N) -> Counted<N> {
    Counted(count, "byte")
}
