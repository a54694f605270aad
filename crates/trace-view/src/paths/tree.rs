//! Where paths part: the steps that they have in common, then each way that some of them went on.
//!
//! Made from the sorted keys in one pass, so in linear time and without recursion, however deep it gets.

use super::Ranked;
use super::step::{Path, Steps};

/// A run of steps that packets had in common up to where they part or end.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// The node before; none at the root, whose run may be empty.
    pub(crate) parent: Option<usize>,
    /// A path that comes along here.
    pub(crate) path: Path<'a>,
    /// The bytes of its key that are this run of steps.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Packets that came along here.
    pub(crate) packets: u64,
    /// The path that ends here.
    pub(crate) ends: Option<Ending>,
    /// The most frequent path that comes along here.
    pub(crate) best_id: usize,
    /// Paths that come along here.
    pub(crate) paths: u64,
    /// The ways from here, most frequent first.
    pub(crate) children: Vec<usize>,
}

/// A path that ends at a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) id: usize,
    pub(crate) packets: u64,
}

/// All nodes; the first is the root.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
}

impl<'a> Tree<'a> {
    /// The tree of the paths that these packets took.
    pub(crate) fn new(packets: u64, paths: &[Ranked<'a>], steps: Steps) -> Self {
        let mut sorted: Vec<&Ranked<'a>> = paths.iter().collect();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        let mut tree = Self { nodes: vec![Node::new(Path::new(&[]), 0)] };
        // The nodes from the root to the path before. Their parents are known when they leave it.
        let mut open = vec![0];
        let mut before: Option<Path<'a>> = None;
        for ranked in sorted {
            let common = before.map_or(0, |before| before.common(&ranked.path, steps));
            tree.close(&mut open, common);
            let ending = Ending { id: ranked.id, packets: ranked.count.packets };
            if ranked.path.key().is_empty() {
                if let Some(root) = tree.nodes.first_mut() {
                    root.end_path(ending);
                }
            } else {
                let mut leaf = Node::new(ranked.path, ranked.path.key().len());
                leaf.end_path(ending);
                open.push(tree.add(leaf));
            }
            before = Some(ranked.path);
        }
        tree.close(&mut open, 0);
        tree.sort_children();
        // Those of paths that there was no room for, too.
        if let Some(root) = tree.nodes.first_mut() {
            root.packets = packets;
        }
        tree
    }

    fn add(&mut self, node: Node<'a>) -> usize {
        self.nodes.push(node);
        self.nodes.len().saturating_sub(1)
    }

    fn end_of(&self, node: usize) -> usize {
        self.nodes.get(node).map_or(0, |node| node.end)
    }

    /// Takes nodes off the way until it ends at `common`, splitting the last one if it has to be.
    fn close(&mut self, open: &mut Vec<usize>, common: usize) {
        while let Some(&last) = open.last()
            && self.end_of(last) > common
        {
            open.pop();
            let above = open.last().copied().unwrap_or(0);
            let parent = if self.end_of(above) < common {
                let path = self.nodes.get(last).map_or(Path::new(&[]), |node| node.path);
                let split = self.add(Node::new(path, common));
                open.push(split);
                split
            } else {
                above
            };
            self.attach(last, parent);
        }
    }

    fn attach(&mut self, child: usize, parent: usize) {
        let start = self.end_of(parent);
        let Some(node) = self.nodes.get_mut(child) else { return };
        node.parent = Some(parent);
        node.start = start;
        let (packets, best_id, paths) = (node.packets, node.best_id, node.paths);
        let Some(node) = self.nodes.get_mut(parent) else { return };
        node.children.push(child);
        node.packets = node.packets.saturating_add(packets);
        node.paths = node.paths.saturating_add(paths);
        node.best_id = node.best_id.min(best_id);
    }

    fn sort_children(&mut self) {
        for place in 0..self.nodes.len() {
            let mut children =
                self.nodes.get_mut(place).map_or(Vec::new(), |node| std::mem::take(&mut node.children));
            let key = |child: usize| self.nodes.get(child).map(|node| (node.packets, node.best_id));
            children.sort_by(|a, b| {
                let (a, b) = (key(*a).unwrap_or_default(), key(*b).unwrap_or_default());
                b.0.cmp(&a.0).then(a.1.cmp(&b.1))
            });
            if let Some(node) = self.nodes.get_mut(place) {
                node.children = children;
            }
        }
    }
}

impl<'a> Node<'a> {
    /// The steps of this run.
    pub(crate) fn run(&self) -> Path<'a> {
        self.path.part(self.start, self.end)
    }

    fn new(path: Path<'a>, end: usize) -> Self {
        Self {
            parent: None,
            path,
            start: 0,
            end,
            packets: 0,
            ends: None,
            best_id: usize::MAX,
            paths: 0,
            children: Vec::new(),
        }
    }

    fn end_path(&mut self, ending: Ending) {
        self.ends = Some(ending);
        self.packets = self.packets.saturating_add(ending.packets);
        self.paths = self.paths.saturating_add(1);
        self.best_id = self.best_id.min(ending.id);
    }
}
