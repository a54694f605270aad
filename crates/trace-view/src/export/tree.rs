//! Traces added up to a tree of stacks, which folded stacks and flame graphs show.

use super::Remark;
use super::calls::{Move, walk};
use super::clock::Clock;
use super::label::Label;
use super::names::Names;
use crate::counted::Counted;
use mbuf_trace::{Event, Kind, Trace};
use std::collections::HashMap;

/// Most memory for different stacks, in bytes; what comes beyond is put together under one name. With the program and
/// its buffers, less than 64 MiB.
pub const MAX_BYTES: usize = 48 << 20;

/// What a stack takes beside the names in it, in bytes: itself, its place among the children, and what is made of it
/// when the stacks are shown.
const STACK_BYTES: usize = 112;

/// The name of what did not fit.
const OTHERS: &str = "(others)";

/// What stands on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stacks {
    /// Calls, as enters and leaves nest them; a function that is neither stands on the call around it.
    #[default]
    Calls,
    /// Steps: each function stands on the one before it, as in `mbuf_trace.path`.
    Path,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    /// How often: calls, functions, positions and drops; of paths, packets.
    #[default]
    Count,
    /// How long, in nanoseconds: each event lasts until the next, and what follows the last one is of no call. Of traces
    /// with a clock only.
    Time,
}

/// A tree of stacks.
#[derive(Debug)]
pub struct Tree {
    stacks: Stacks,
    weight: Weight,
    limit: usize,
    names: Names,
    nodes: Vec<Node>,
    children: HashMap<(u32, u32), u32>,
    label: Label,
    /// Weight that did not fit.
    beyond: u64,
    /// Traces without a clock, where that was asked for.
    timeless: u64,
}

/// A stack: a name on top of another stack.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: u32,
    name: u32,
    /// The weight of this very stack, without those upon it.
    own: u64,
}

/// The empty stack.
const ROOT: u32 = 0;

impl Tree {
    /// An empty tree.
    #[must_use]
    pub fn new(stacks: Stacks, weight: Weight) -> Self {
        Self::with_limit(stacks, weight, MAX_BYTES)
    }

    pub(super) fn with_limit(stacks: Stacks, weight: Weight, limit: usize) -> Self {
        let mut names = Names::default();
        let name = names.number("");
        let nodes = vec![Node { parent: ROOT, name, own: 0 }];
        let (children, label) = (HashMap::new(), Label::default());
        Self { stacks, weight, limit, names, nodes, children, label, beyond: 0, timeless: 0 }
    }

    /// What so large a weight counts: `passes`, `packets` or `ns`, or one of them.
    #[must_use]
    pub const fn unit(&self, weight: u64) -> &'static str {
        match (self.weight, self.stacks, weight) {
            (Weight::Time, ..) => "ns",
            (Weight::Count, Stacks::Calls, 1) => "pass",
            (Weight::Count, Stacks::Calls, _) => "passes",
            (Weight::Count, Stacks::Path, 1) => "packet",
            (Weight::Count, Stacks::Path, _) => "packets",
        }
    }

    /// Adds a trace.
    pub fn add(&mut self, trace: &Trace<'_>) {
        let clock = Clock::of(trace);
        if self.weight == Weight::Time && clock.span().is_none() {
            self.timeless = self.timeless.saturating_add(1);
            return;
        }
        match self.stacks {
            Stacks::Calls => self.add_calls(trace, clock),
            Stacks::Path => self.add_path(trace, clock),
        }
    }

    fn add_calls(&mut self, trace: &Trace<'_>, clock: Clock) {
        let mut open = Vec::new();
        let mut meter = Meter { clock, last: 0, top: Some(ROOT) };
        let events: Vec<Event<'_>> = trace.events_with_drops().collect();
        let _ = walk(trace.ends(), &events, |step| {
            match step {
                Move::Open { event, step } => {
                    self.pass(&mut meter, Some(event), step);
                    let node = self.child(open.last().copied().unwrap_or(Some(ROOT)), event);
                    open.push(node);
                    self.count(node);
                    meter.top = node;
                }
                Move::Close { event, is_own, step, .. } => {
                    // Without a leave of its own, it is over with the last event in it.
                    if is_own {
                        self.pass(&mut meter, event, step);
                    }
                    open.pop();
                    meter.top = open.last().copied().unwrap_or(Some(ROOT));
                }
                Move::Within { event, step } if is_shown(event) => {
                    self.pass(&mut meter, Some(event), step);
                    let node = self.child(open.last().copied().unwrap_or(Some(ROOT)), event);
                    self.count(node);
                    meter.top = node;
                }
                Move::Within { .. } => {}
            }
            Ok::<_, ()>(())
        });
        self.rest(&mut meter);
    }

    fn add_path(&mut self, trace: &Trace<'_>, clock: Clock) {
        let mut meter = Meter { clock, last: 0, top: Some(ROOT) };
        let steps = trace
            .events_with_drops()
            .enumerate()
            .filter(|(_, event)| event.on_path().is_some() || event.kind == Kind::Drop);
        for (step, event) in steps.take(mbuf_trace::calls::DEEPEST) {
            self.pass(&mut meter, Some(&event), step);
            meter.top = self.child(meter.top, &event);
        }
        self.count(meter.top);
        self.rest(&mut meter);
    }

    /// Gives the time behind the last event to no call: the packet only lay somewhere until it was freed.
    fn rest(&mut self, meter: &mut Meter) {
        meter.top = Some(ROOT);
        self.pass(meter, None, 0);
    }

    /// Gives the time since the last event to what was on top; without an event, until the end.
    fn pass(&mut self, meter: &mut Meter, event: Option<&Event<'_>>, step: usize) {
        if self.weight != Weight::Time {
            return;
        }
        let now = match event {
            Some(event) => meter.clock.at(event, step),
            None => meter.clock.end(0),
        };
        self.weigh(meter.top, now.saturating_sub(meter.last));
        meter.last = meter.last.max(now);
    }

    fn count(&mut self, node: Option<u32>) {
        if self.weight == Weight::Count {
            self.weigh(node, 1);
        }
    }

    fn weigh(&mut self, node: Option<u32>, weight: u64) {
        let own = node.and_then(|node| self.nodes.get_mut(usize::try_from(node).ok()?));
        match own {
            Some(node) => node.own = node.own.saturating_add(weight),
            None => self.beyond = self.beyond.saturating_add(weight),
        }
    }

    /// The stack with this event upon it; none where there is no room for another.
    fn child(&mut self, parent: Option<u32>, event: &Event<'_>) -> Option<u32> {
        let parent = parent?;
        let used = self.names.bytes().saturating_add(self.nodes.len().saturating_mul(STACK_BYTES));
        let full = used >= self.limit;
        let name = self.label.name(event);
        let name = if full { self.names.known(name)? } else { self.names.number(name) };
        if let Some(node) = self.children.get(&(parent, name)) {
            return Some(*node);
        }
        if full {
            return None;
        }
        let node = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push(Node { parent, name, own: 0 });
        self.children.insert((parent, name), node);
        Some(node)
    }

    /// Calls `visit` with each stack that has a weight of its own: its names, outermost first, and that weight. By
    /// name, so that the order of the packets makes no difference.
    ///
    /// # Errors
    ///
    /// What `visit` says.
    pub(super) fn each_stack<'t, E>(
        &'t self,
        mut visit: impl FnMut(&[&'t str], u64) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut names: Vec<&'t str> = Vec::new();
        self.each_node(|depth, name, node| {
            names.truncate(depth);
            names.push(name);
            if node.own > 0 { visit(&names, node.own) } else { Ok(()) }
        })?;
        for (name, weight) in [(OTHERS, self.beyond), ("(no call)", self.own(ROOT))] {
            if weight > 0 {
                visit(&[name], weight)?;
            }
        }
        Ok(())
    }

    /// Each stack but the empty one, a parent before its children, those by name.
    fn each_node<'t, E>(
        &'t self,
        mut visit: impl FnMut(usize, &'t str, &Node) -> Result<(), E>,
    ) -> Result<(), E> {
        let node = |number: u32| usize::try_from(number).ok().and_then(|at| self.nodes.get(at));
        let parent = |number: &u32| node(*number).map_or(ROOT, |node| node.parent);
        let name = |number: u32| node(number).map_or("", |node| self.names.name(node.name));
        // All but the empty one, by parent; those of one parent by name, the last first.
        let mut below: Vec<u32> = (0..).zip(&self.nodes).map(|(number, _)| number).skip(1).collect();
        below.sort_unstable_by(|a, b| parent(a).cmp(&parent(b)).then_with(|| name(*b).cmp(name(*a))));
        let children = |number: u32| {
            let begin = below.partition_point(|child| parent(child) < number);
            let children = below.get(begin..).unwrap_or_default();
            children.iter().take_while(move |child| parent(child) == number)
        };
        let mut waiting: Vec<(usize, u32)> = children(ROOT).map(|child| (0, *child)).collect();
        while let Some((depth, number)) = waiting.pop() {
            if let Some(node) = node(number) {
                visit(depth, self.names.name(node.name), node)?;
            }
            waiting.extend(children(number).map(|child| (depth.saturating_add(1), *child)));
        }
        Ok(())
    }

    fn own(&self, node: u32) -> u64 {
        usize::try_from(node).ok().and_then(|at| self.nodes.get(at)).map_or(0, |node| node.own)
    }

    /// What did not fit, or had no clock.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if self.beyond > 0 {
            let (beyond, unit, limit) = (self.beyond, self.unit(self.beyond), self.limit >> 20);
            let stand = if beyond == 1 { "stands" } else { "stand" };
            remarks.push(Remark::loss(format!(
                "{beyond} {unit} {stand} under {OTHERS}: different stacks took {limit} MiB, the most that is held of them"
            )));
        }
        if self.timeless > 0 {
            let traces = Counted(self.timeless, "trace");
            remarks.push(Remark::loss(format!("{traces} left out: their events have no times")));
        }
        remarks
    }
}

/// The time of the last event, and the stack that stands since then.
struct Meter {
    clock: Clock,
    last: u64,
    top: Option<u32>,
}

/// Events that are steps of their own; snapshots and free text are not.
fn is_shown(event: &Event<'_>) -> bool {
    match event.kind {
        Kind::Position | Kind::Drop => true,
        Kind::Enter | Kind::Function => event.function.is_some(),
        _ => false,
    }
}
