//! The text of a trace: bytes that should be UTF-8 and may be anything, and the grammar of what the kernel
//! writes into them.

mod bytes;
mod escape;
mod grammar;
#[cfg(test)]
mod tests;

pub use escape::is_unsafe;
pub use grammar::{Parts, take_apart};

/// Text out of a capture: any bytes at all. `Display` escapes whatever could do harm on a terminal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<'a>(pub &'a [u8]);

impl<'a> Text<'a> {
    /// The bytes as they were captured.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text, where it is UTF-8.
    #[must_use]
    pub const fn to_str(self) -> Option<&'a str> {
        match core::str::from_utf8(self.0) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}
