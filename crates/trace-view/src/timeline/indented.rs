//! Lines that stand further to the right.

use std::io::{self, Write};

/// Writes lines with spaces before each.
pub(super) struct Indented<'o, W> {
    out: &'o mut W,
    spaces: usize,
    begins_line: bool,
}

impl<'o, W: Write> Indented<'o, W> {
    pub(super) const fn new(out: &'o mut W, spaces: usize) -> Self {
        Self { out, spaces, begins_line: true }
    }
}

impl<W: Write> Write for Indented<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.begins_line && line != b"\n" {
                write!(self.out, "{:1$}", "", self.spaces)?;
            }
            self.out.write_all(line)?;
            self.begins_line = line.ends_with(b"\n");
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_once_however_it_comes() {
        for size in 1..8 {
            let mut out = Vec::new();
            let mut indented = Indented::new(&mut out, 2);
            b"one\n\ntwo\n three".chunks(size).for_each(|bytes| indented.write_all(bytes).unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), "  one\n\n  two\n   three", "{size}");
        }
    }
}
