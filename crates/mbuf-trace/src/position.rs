//! A place in the source.

use crate::text::Text;
use core::fmt;

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position<'a> {
    /// The file, as the compiler was given it: `/usr/src/sys/net/if.c`.
    pub file: Text<'a>,
    /// The line, from 1.
    pub line: u32,
}

/// `file:line`, escaped as [`Text`] is.
impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
