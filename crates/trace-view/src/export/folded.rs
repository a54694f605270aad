//! Folded stacks: `a;b;c 12`, a line a stack, as flame graph programs read them.
//!
//! A semicolon in a name becomes a colon. Readers take the number behind the last space.

use super::tree::Tree;
use super::{Export, Remark};
use capture_file::WriteError;
use mbuf_trace::Trace;
use std::io::Write;
use trace_fields::PacketView;

/// Writes the stacks when all packets are there.
#[derive(Debug)]
pub struct Folded<W> {
    out: W,
    tree: Tree,
}

impl<W: Write> Folded<W> {
    /// Folded stacks onto `out`, which should be buffered.
    pub const fn new(out: W, tree: Tree) -> Self {
        Self { out, tree }
    }
}

impl<W: Write> Export<W> for Folded<W> {
    fn trace(&mut self, _: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        self.tree.add(trace);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        let Self { mut out, tree } = *self;
        tree.each_stack(|names, weight| {
            for (index, name) in names.iter().enumerate() {
                let separator = if index > 0 { ";" } else { "" };
                write!(out, "{separator}{}", name.replace(';', ":"))?;
            }
            writeln!(out, " {weight}")
        })?;
        out.flush()?;
        Ok((out, tree.remarks()))
    }
}
