//! What is said on standard error. Nothing of a capture or of a file's name gets there unescaped.

use mbuf_trace::Text;
use std::fmt;
use std::io::Write;
use std::path::Path;
use trace_view::Counted;

/// What messages begin with.
const PROGRAM: &str = "mtrace-tool";

/// A file's name as messages show it: escaped, and words for the standard streams.
pub(crate) struct Name<'a>(pub(crate) &'a Path);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_os_str().as_encoded_bytes() {
            b"-" => f.write_str("standard input"),
            name => Text(name).fmt(f),
        }
    }
}

/// A message that ends the command.
pub(crate) fn error(message: &impl fmt::Display) {
    raw(&format!("{PROGRAM}: {message}"));
}

/// A message after which the command goes on.
pub(crate) fn warning(message: &impl fmt::Display) {
    raw(&format!("{PROGRAM}: {message}"));
}

/// Whether messages may have colours.
pub(crate) fn coloured() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// A text as it is. A standard error that cannot be written leaves nobody to tell.
pub(crate) fn raw(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", text.trim_end());
}

/// Messages about one file's packets, of which only the first are shown.
#[derive(Debug, Default)]
pub(crate) struct Limited {
    said: u64,
}

impl Limited {
    const SHOWN: u64 = 10;

    /// Says it, or counts it.
    pub(crate) fn warn(&mut self, message: &impl fmt::Display) {
        if self.said < Self::SHOWN {
            warning(message);
        }
        self.said = self.said.saturating_add(1);
    }

    /// Says how many were not shown, and what to do about it.
    pub(crate) fn finish(&mut self, path: &Path, hint: &str) {
        if let Some(hidden) = self.said.checked_sub(Self::SHOWN).filter(|hidden| *hidden > 0) {
            warning(&format_args!("{}: {}{hint}", Name(path), Counted(hidden, "more message")));
        }
        self.said = 0;
    }
}
