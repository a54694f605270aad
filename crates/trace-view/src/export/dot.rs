//! The graph of functions and steps in Graphviz's language.
//!
//! The width of an edge grows with how often it was taken: 1 + n / 32, at most 8. Where traces begin, a node is
//! bold; where packets are dropped, it is red.

use super::graph::Graph;
use super::{Export, Remark};
use capture_file::WriteError;
use mbuf_trace::Trace;
use std::fmt::{self, Write as _};
use std::io::Write;
use trace_fields::PacketView;

/// Writes the graph when all packets are there.
#[derive(Debug)]
pub struct Dot<W> {
    out: W,
    graph: Graph,
}

impl<W: Write> Dot<W> {
    /// A graph onto `out`, which should be buffered.
    pub fn new(out: W) -> Self {
        Self { out, graph: Graph::new() }
    }
}

/// A name between quotes: a backslash begins an escape there too.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| {
            if matches!(letter, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(letter)
        })
    }
}

impl<W: Write> Export<W> for Dot<W> {
    fn trace(&mut self, _: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        self.graph.add(trace);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        let Self { mut out, graph } = *self;
        let shown = graph.shown(usize::MAX);
        writeln!(out, "digraph mbuf_trace {{")?;
        if let Some(words) = &shown.incomplete {
            writeln!(out, "  label=\"{}\";", Quoted(words))?;
        }
        writeln!(out, "  node [shape=box, fontname=\"sans-serif\", fontsize=11];")?;
        writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=9];")?;
        for (at, (name, node)) in shown.nodes.iter().enumerate() {
            write!(out, "  n{at} [label=\"{}\\n{}\"", Quoted(name), node.passes)?;
            write!(out, ", tooltip=\"{node}\"")?;
            if node.first > 0 {
                write!(out, ", penwidth=2")?;
            }
            if node.is_drop {
                write!(out, ", color=red, fontcolor=red")?;
            }
            writeln!(out, "];")?;
        }
        for (from, to, passes) in &shown.edges {
            let width = width(*passes);
            writeln!(out, "  n{from} -> n{to} [label=\"{passes}\", penwidth={width:.2}];")?;
        }
        writeln!(out, "}}")?;
        out.flush()?;
        Ok((out, graph.remarks()))
    }
}

/// How wide an edge is that was taken this often.
pub(super) fn width(passes: u64) -> f64 {
    let passes = u32::try_from(passes).unwrap_or(u32::MAX);
    (1.0 + f64::from(passes) / 32.0).min(8.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_between_their_quotes() {
        for (name, quoted) in
            [("ip_input", "ip_input"), (r#"a"b\c\"#, r#"a\"b\\c\\"#), ("", ""), ("\"", "\\\"")]
        {
            assert_eq!(Quoted(name).to_string(), quoted);
        }
    }

    #[test]
    fn edges_grow_with_their_use() {
        assert_eq!([0, 32, 224, u64::MAX].map(width), [1.0, 2.0, 8.0, 8.0]);
    }
}
