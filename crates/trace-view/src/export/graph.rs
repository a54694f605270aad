//! Functions and the steps between them, added up over traces; as an SVG picture by [`GraphPicture`].

use super::graph_picture;
use super::label::Label;
use super::names::Names;
use super::{Export, Remark};
use crate::counted::Counted;
use crate::incomplete::Incomplete;
use capture_file::WriteError;
use mbuf_trace::{Event, Fate, Kind, Text, Trace};
use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use trace_fields::PacketView;

/// Most memory for different functions and steps, in bytes; what comes beyond is left out and counted. With the program
/// and its buffers, less than 64 MiB.
pub const MAX_BYTES: usize = 48 << 20;

/// What a node and an edge take beside the name, in bytes: themselves, their places in tables, and what is made of them
/// when they are shown.
const NODE_BYTES: usize = 160;
const EDGE_BYTES: usize = 64;

/// A graph whose nodes are functions, drops and positions, and whose edges are consecutive events of a trace.
#[derive(Debug)]
pub struct Graph {
    limit: usize,
    names: Names,
    nodes: Vec<Node>,
    edges: HashMap<(u32, u32), u64>,
    label: Label,
    /// Events that did not fit.
    beyond: u64,
    incomplete: Incomplete,
}

/// How often packets passed a node.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Node {
    /// How often it was passed.
    pub(super) passes: u64,
    /// How many traces began there.
    pub(super) first: u64,
    /// How many traces ended there.
    pub(super) last: u64,
    /// What became of their packets: how many of each of [`Fate::ALL`].
    fates: [u64; Fate::ALL.len()],
    /// Whether packets are dropped there.
    pub(super) is_drop: bool,
}

/// How many traces began and ended there, and what became of the packets: `0 first, 3 last (2 dropped)`.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} first, {} last", self.first, self.last)?;
        let known = |(fate, count): &(&Fate, u64)| **fate != Fate::Unknown && *count > 0;
        let mut known = Fate::ALL.iter().zip(self.fates).filter(known);
        if let Some((fate, count)) = known.next() {
            write!(f, " ({count} {}", fate.name())?;
            known.try_for_each(|(fate, count)| write!(f, ", {count} {}", fate.name()))?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// A node or an edge as it is shown, with names in place of numbers.
#[derive(Debug, Clone)]
pub(super) struct Shown<'g> {
    /// By name.
    pub(super) nodes: Vec<(&'g str, Node)>,
    /// From, to (places in `nodes`) and how often, by those places.
    pub(super) edges: Vec<(usize, usize, u64)>,
    /// Nodes that are not shown.
    pub(super) hidden: usize,
    /// How many traces lack events, in words.
    pub(super) incomplete: Option<String>,
}

impl Default for Graph {
    fn default() -> Self {
        Self::with_limit(MAX_BYTES)
    }
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn with_limit(limit: usize) -> Self {
        let (names, label) = (Names::default(), Label::default());
        Self {
            limit,
            names,
            nodes: Vec::new(),
            edges: HashMap::new(),
            label,
            beyond: 0,
            incomplete: Incomplete::default(),
        }
    }

    /// Adds a trace.
    pub fn add(&mut self, trace: &Trace<'_>) {
        self.incomplete.add(trace);
        let (mut begun, mut before) = (false, None);
        for event in trace.events_with_drops().filter(is_node) {
            let first = !std::mem::replace(&mut begun, true);
            let Some(node) = self.node(&event) else {
                self.beyond = self.beyond.saturating_add(1);
                // What comes next did not come from what was before.
                before = None;
                continue;
            };
            self.change(node, |node| {
                node.passes = node.passes.saturating_add(1);
                node.first = node.first.saturating_add(u64::from(first));
                node.is_drop |= event.kind == Kind::Drop;
            });
            if let Some(before) = before {
                self.edge(before, node);
            }
            before = Some(node);
        }
        if let Some(last) = before {
            let fate = trace.end().fate;
            self.change(last, |node| {
                node.last = node.last.saturating_add(1);
                for (one, count) in Fate::ALL.iter().zip(&mut node.fates) {
                    *count = count.saturating_add(u64::from(*one == fate));
                }
            });
        }
    }

    fn change(&mut self, node: u32, change: impl FnOnce(&mut Node)) {
        if let Some(node) = usize::try_from(node).ok().and_then(|at| self.nodes.get_mut(at)) {
            change(node);
        }
    }

    fn edge(&mut self, from: u32, to: u32) {
        let full = self.is_full();
        match self.edges.get_mut(&(from, to)) {
            Some(passes) => *passes = passes.saturating_add(1),
            None if full => self.beyond = self.beyond.saturating_add(1),
            None => drop(self.edges.insert((from, to), 1)),
        }
    }

    fn is_full(&self) -> bool {
        let nodes = self.names.bytes().saturating_add(self.nodes.len().saturating_mul(NODE_BYTES));
        nodes.saturating_add(self.edges.len().saturating_mul(EDGE_BYTES)) >= self.limit
    }

    fn node(&mut self, event: &Event<'_>) -> Option<u32> {
        let full = self.is_full();
        let name = self.label.name(event);
        let number = if full { self.names.known(name)? } else { self.names.number(name) };
        let count = usize::try_from(number).ok()?.saturating_add(1);
        if self.nodes.len() < count {
            self.nodes.resize(count, Node::default());
        }
        Some(number)
    }

    /// Its nodes by name, or the `most` that were passed most often, and the edges between them.
    pub(super) fn shown(&self, most: usize) -> Shown<'_> {
        let mut order: Vec<(&str, Node, usize)> =
            self.names.iter().zip(&self.nodes).zip(0..).map(|((name, node), at)| (name, *node, at)).collect();
        // By name last, so that the order of the packets makes no difference.
        order.sort_unstable_by(|a, b| b.1.passes.cmp(&a.1.passes).then_with(|| a.0.cmp(b.0)));
        let hidden = order.len().saturating_sub(most);
        order.truncate(most);
        order.sort_unstable_by(|a, b| a.0.cmp(b.0));
        let mut places: Vec<Option<u32>> = vec![None; self.nodes.len()];
        for ((_, _, at), place) in order.iter().zip(0..) {
            if let Some(shown_at) = places.get_mut(*at) {
                *shown_at = Some(place);
            }
        }
        let place = |number: &u32| {
            let shown_at = usize::try_from(*number).ok().and_then(|at| places.get(at)).copied();
            usize::try_from(shown_at.flatten()?).ok()
        };
        let mut edges: Vec<(usize, usize, u64)> = self
            .edges
            .iter()
            .filter_map(|((from, to), passes)| Some((place(from)?, place(to)?, *passes)))
            .collect();
        edges.sort_unstable();
        let nodes = order.into_iter().map(|(name, node, _)| (name, node)).collect();
        Shown { nodes, edges, hidden, incomplete: self.incomplete.words() }
    }

    /// What did not fit.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        if self.beyond == 0 {
            return Vec::new();
        }
        let (beyond, limit) = (self.beyond, self.limit >> 20);
        vec![Remark::loss(format!(
            "{} left out: different functions took {limit} MiB, the most that is held of them",
            Counted(beyond, "step")
        ))]
    }
}

/// Events that a packet passes: functions, positions, and where it is dropped.
fn is_node(event: &Event<'_>) -> bool {
    match event.kind {
        Kind::Enter | Kind::Function => event.function.is_some_and(|function: Text<'_>| !function.is_empty()),
        Kind::Position | Kind::Drop => true,
        _ => false,
    }
}

/// Writes the graph as a picture when all packets are there.
#[derive(Debug)]
pub struct GraphPicture<W> {
    out: W,
    graph: Graph,
    most: usize,
}

impl<W: Write> GraphPicture<W> {
    /// A picture onto `out` of at most this many functions: those that were passed most often.
    pub fn new(out: W, most: usize) -> Self {
        Self { out, graph: Graph::new(), most: most.min(graph_picture::MAX_NODES) }
    }
}

impl<W: Write> Export<W> for GraphPicture<W> {
    fn trace(&mut self, _: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        self.graph.add(trace);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        let shown = self.graph.shown(self.most);
        let hidden_edges = graph_picture::write(&mut self.out, &shown)?;
        let mut remarks = self.graph.remarks();
        if shown.hidden > 0 {
            let (hidden, most) = (shown.hidden, self.most);
            remarks.push(Remark::note(format!(
                "the picture shows {}, passed most often, and not {}",
                Counted(most, "function"),
                Counted(hidden, "other")
            )));
        }
        if hidden_edges > 0 {
            remarks.push(Remark::note(format!(
                "the picture leaves out the {}; `convert --to dot` has all",
                Counted(hidden_edges, "rarest step")
            )));
        }
        self.out.flush()?;
        Ok((self.out, remarks))
    }
}
