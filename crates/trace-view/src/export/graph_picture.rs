//! The graph of functions and steps as an SVG picture. The library `layout` finds the places; the drawing is ours, so
//! that names are text with tooltips.

use super::dot::width;
use super::graph::{Node, Shown};
use super::svg::{Svg, number};
use crate::counted::Counted;
use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;
use std::io::{self, Write};

/// Most nodes of a picture: what can be looked at, and what the layout finds places for within a second or so.
pub(super) const MAX_NODES: usize = 120;
/// Most rows that all edges together pass, from one node to another: the library puts a point of its own into each
/// row, and takes quadratic time for them. The edges taken most often are shown.
pub(super) const MAX_PASSED: usize = 500;
/// Most letters of a name in a box; the tooltip has them all.
const LONGEST: usize = 40;
/// Width of a letter and space around the letters, in pixels.
const LETTER: f64 = 7.3;
const PADDING: f64 = 12.0;
const MARGIN: f64 = 16.0;

const STYLE: &str = "\
rect { fill: #eef4ff; stroke: #456; }
.first rect { stroke-width: 2.5; }
.drop rect { fill: #ffe9e6; stroke: #b00; }
path { fill: none; stroke: #456; stroke-opacity: 0.75; }
path:hover { stroke: #c40; stroke-opacity: 1; }
text { text-anchor: middle; fill: #111; }
.count { font-size: 10px; fill: #345; }";

/// Writes the picture, and gives the number of edges that it does not show.
pub(super) fn write<W: Write>(out: W, shown: &Shown<'_>) -> io::Result<usize> {
    let drawing = lay_out(shown);
    let (width, height) = (drawing.size.x + MARGIN, drawing.size.y + MARGIN);
    let mut svg =
        Svg::begin(out, width.max(200.0), height.max(60.0), "mbuf_trace: functions and steps", STYLE)?;
    svg.empty("rect", &[("width", "100%"), ("height", "100%"), ("style", "fill: #fff; stroke: none")])?;
    svg.open("defs", &[])?;
    svg.open(
        "marker",
        &[
            ("id", "head"),
            ("markerUnits", "userSpaceOnUse"),
            ("markerWidth", "10"),
            ("markerHeight", "8"),
            ("refX", "9"),
            ("refY", "4"),
            ("orient", "auto-start-reverse"),
        ],
    )?;
    svg.empty("polygon", &[("points", "0 0, 10 4, 0 8"), ("fill", "#456")])?;
    svg.close("marker")?;
    svg.close("defs")?;
    svg.line()?;
    drawing.edges.iter().try_for_each(|edge| edge.draw(&mut svg, shown))?;
    drawing.boxes.iter().try_for_each(|shape| shape.draw(&mut svg, shown))?;
    if let Some(words) = &shown.incomplete {
        svg.text("text", &[("x", "10"), ("y", "16"), ("style", "text-anchor: start")], words)?;
        svg.line()?;
    }
    svg.end()?;
    Ok(drawing.hidden_edges)
}

/// What the library drew, in numbers: what stands at a place is known by its index.
struct Drawing {
    size: Point,
    boxes: Vec<Shape>,
    edges: Vec<Edge>,
    /// Edges that are not drawn.
    hidden_edges: usize,
}

struct Shape {
    node: usize,
    at: Point,
    size: Point,
}

struct Edge {
    edge: usize,
    path: Vec<(Point, Point)>,
    head: (bool, bool),
}

/// The name as it fits into a box.
fn short(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// Gives every node and edge its place.
fn lay_out(shown: &Shown<'_>) -> Drawing {
    let orientation = Orientation::TopToBottom;
    let mut graph = VisualGraph::new(orientation);
    let look = || StyleAttr { font_size: 12, line_width: 1, ..StyleAttr::simple() };
    let mut handles = Vec::new();
    for (at, (name, node)) in shown.nodes.iter().enumerate() {
        let letters = short(name).chars().count().max(node.passes.to_string().len());
        let letters = u32::try_from(letters).map_or(0.0, f64::from);
        let size = Point::new(letters * LETTER + 2.0 * PADDING, 40.0);
        // The library hands the properties back with the shape: they say which node it is.
        let element = Element::create_with_properties(
            ShapeKind::new_box(""),
            look(),
            orientation,
            size,
            at.to_string(),
        );
        handles.push(graph.add_node(element));
    }
    let (order, edges) = edges_downwards(shown);
    let hidden_edges = shown.edges.len().saturating_sub(edges.len());
    for edge in edges {
        let Some(&(from, to, _)) = shown.edges.get(edge) else { continue };
        let backwards = order.is_backwards(from, to);
        let (upper, lower) = if backwards { (to, from) } else { (from, to) };
        let (Some(upper), Some(lower)) = (handles.get(upper), handles.get(lower)) else { continue };
        let ends = (LineEndKind::None, LineEndKind::Arrow);
        let (start, end) = if backwards { (ends.1, ends.0) } else { ends };
        let text = edge.to_string();
        let arrow =
            Arrow::with_properties(start, end, LineStyleKind::Normal, "", &look(), text, &None, &None);
        graph.add_edge(arrow, *upper, *lower);
    }
    let mut drawing = Drawing { size: Point::zero(), boxes: Vec::new(), edges: Vec::new(), hidden_edges };
    if !shown.nodes.is_empty() {
        // Its own checks search all ways, too.
        graph.dag.set_validate(false);
        graph.do_it(false, false, false, &mut drawing);
    }
    drawing
}

/// The edges that are shown, in the order in which the library is given them.
pub(super) fn edges_downwards(shown: &Shown<'_>) -> (Order, Vec<usize>) {
    let mut edges: Vec<usize> = (0..shown.edges.len()).collect();
    let passes = |edge: &usize| shown.edges.get(*edge).map_or(0, |edge| edge.2);
    edges.sort_by_key(|edge| std::cmp::Reverse(passes(edge)));
    let mut order = Order::of(shown, &edges);
    while order.rows_passed(shown, &edges) > MAX_PASSED && edges.len() > 1 {
        edges.truncate(edges.len().saturating_mul(7) / 8);
        order = Order::of(shown, &edges);
    }
    let edges = order.sorted(shown, edges);
    (order, edges)
}

/// The nodes from the top down, so that as few edges as may be point upwards.
///
/// The library could break cycles itself, but searches all ways through the graph for each edge: there are
/// exponentially many. Given edges that all point down, those of the uppermost nodes first, it has nothing to search.
pub(super) struct Order {
    /// The place of each node.
    places: Vec<usize>,
}

impl Order {
    /// Goes down from the nodes where traces begin, then from all others.
    fn of(shown: &Shown<'_>, edges: &[usize]) -> Self {
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); shown.nodes.len()];
        for &(from, to, _) in edges.iter().filter_map(|edge| shown.edges.get(*edge)) {
            if let Some(below) = below.get_mut(from) {
                below.push(to);
            }
        }
        let mut roots: Vec<usize> = (0..shown.nodes.len()).collect();
        roots.sort_by_key(|at| std::cmp::Reverse(shown.nodes.get(*at).map_or(0, |(_, node)| node.first)));
        let mut places = vec![None; shown.nodes.len()];
        let mut seen = vec![false; shown.nodes.len()];
        // Whoever is left last stands highest.
        let mut place = shown.nodes.len();
        let mut waiting = Vec::new();
        for root in roots {
            waiting.push((root, false));
            while let Some((node, is_done)) = waiting.pop() {
                if is_done {
                    place = place.saturating_sub(1);
                    if let Some(slot) = places.get_mut(node) {
                        *slot = Some(place);
                    }
                    continue;
                }
                match seen.get_mut(node) {
                    Some(seen) if !*seen => *seen = true,
                    _ => continue,
                }
                waiting.push((node, true));
                waiting.extend(below.get(node).into_iter().flatten().map(|next| (*next, false)));
            }
        }
        Self { places: places.into_iter().map(Option::unwrap_or_default).collect() }
    }

    /// How many rows there are between the ends of all edges, where each node stands below all that lead to it.
    pub(super) fn rows_passed(&self, shown: &Shown<'_>, edges: &[usize]) -> usize {
        let mut rows = vec![0_usize; shown.nodes.len()];
        let row = |rows: &[usize], node: usize| rows.get(node).copied().unwrap_or_default();
        let ends: Vec<(usize, usize)> = self
            .sorted(shown, edges.to_vec())
            .into_iter()
            .filter_map(|edge| shown.edges.get(edge))
            .map(|&(from, to, _)| if self.is_backwards(from, to) { (to, from) } else { (from, to) })
            .filter(|(upper, lower)| upper != lower)
            .collect();
        // From the uppermost nodes on, so that a row is final when edges leave it.
        for &(upper, lower) in &ends {
            let below = row(&rows, upper).saturating_add(1);
            if let Some(row) = rows.get_mut(lower) {
                *row = below.max(*row);
            }
        }
        ends.iter().map(|&(upper, lower)| row(&rows, lower).saturating_sub(row(&rows, upper))).sum()
    }

    fn place(&self, node: usize) -> usize {
        self.places.get(node).copied().unwrap_or_default()
    }

    pub(super) fn is_backwards(&self, from: usize, to: usize) -> bool {
        self.place(from) > self.place(to)
    }

    /// The edges by their upper ends.
    fn sorted(&self, shown: &Shown<'_>, mut edges: Vec<usize>) -> Vec<usize> {
        edges.sort_by_key(|edge| {
            shown.edges.get(*edge).map_or((0, 0), |(from, to, _)| {
                let (from, to) = (self.place(*from), self.place(*to));
                (from.min(to), from.max(to))
            })
        });
        edges
    }
}

impl Drawing {
    fn grow(&mut self, point: Point) {
        self.size.x = self.size.x.max(point.x);
        self.size.y = self.size.y.max(point.y);
    }
}

/// Takes down what the library draws.
impl RenderBackend for Drawing {
    fn draw_rect(
        &mut self,
        xy: Point,
        size: Point,
        _look: &StyleAttr,
        properties: Option<String>,
        _clip: Option<ClipHandle>,
    ) {
        if let Some(node) = properties.and_then(|text| text.parse().ok()) {
            self.grow(Point::new(xy.x + size.x, xy.y + size.y));
            self.boxes.push(Shape { node, at: xy, size });
        }
    }

    fn draw_line(&mut self, _start: Point, _stop: Point, _look: &StyleAttr, _properties: Option<String>) {}

    fn draw_circle(&mut self, _xy: Point, _size: Point, _look: &StyleAttr, _properties: Option<String>) {}

    fn draw_text(&mut self, _xy: Point, _text: &str, _look: &StyleAttr) {}

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _dashed: bool,
        head: (bool, bool),
        _look: &StyleAttr,
        properties: Option<String>,
        _text: &str,
    ) {
        if let Some(edge) = properties.and_then(|text| text.parse().ok()) {
            for (first, second) in path {
                self.grow(*first);
                self.grow(*second);
            }
            // Beside the one that goes the other way, where there is one.
            let aside = Point::new(if head.0 { 10.0 } else { 0.0 }, 0.0);
            let path = path.iter().map(|(first, second)| (first.add(aside), second.add(aside)));
            self.edges.push(Edge { edge, path: path.collect(), head });
        }
    }

    fn create_clip(&mut self, _xy: Point, _size: Point, _rounded_px: usize) -> ClipHandle {
        0
    }
}

impl Shape {
    fn draw<W: Write>(&self, svg: &mut Svg<W>, shown: &Shown<'_>) -> io::Result<()> {
        let Some((name, node)) = shown.nodes.get(self.node) else { return Ok(()) };
        let Node { passes, first, is_drop, .. } = node;
        let class = match (is_drop, first > &0) {
            (true, _) => "drop",
            (false, true) => "first",
            (false, false) => "node",
        };
        svg.open("g", &[("class", class)])?;
        svg.text("title", &[], &format!("{name}: passed {}, {node}", Counted(*passes, "time")))?;
        svg.empty(
            "rect",
            &[
                ("x", &number(self.at.x)),
                ("y", &number(self.at.y)),
                ("width", &number(self.size.x)),
                ("height", &number(self.size.y)),
                ("rx", "4"),
            ],
        )?;
        let middle = number(self.at.x + self.size.x / 2.0);
        svg.text("text", &[("x", &middle), ("y", &number(self.at.y + 17.0))], &short(name))?;
        let count = passes.to_string();
        svg.text("text", &[("class", "count"), ("x", &middle), ("y", &number(self.at.y + 32.0))], &count)?;
        svg.close("g")?;
        svg.line()
    }
}

impl Edge {
    fn draw<W: Write>(&self, svg: &mut Svg<W>, shown: &Shown<'_>) -> io::Result<()> {
        let Some((from, to, passes)) = shown.edges.get(self.edge) else { return Ok(()) };
        let name = |at: &usize| shown.nodes.get(*at).map_or("", |(name, _)| *name);
        let path = self.curve();
        let width = number(width(*passes));
        let mut attributes = vec![("d", path.as_str()), ("stroke-width", &width)];
        if self.head.0 {
            attributes.push(("marker-start", "url(#head)"));
        }
        if self.head.1 {
            attributes.push(("marker-end", "url(#head)"));
        }
        svg.open("path", &attributes)?;
        svg.text("title", &[], &format!("{} → {}: {}", name(from), name(to), Counted(*passes, "time")))?;
        svg.close("path")?;
        let middle = self.path.get(self.path.len() / 2).filter(|_| self.path.len() > 2);
        let label = match (middle, self.path.first(), self.path.last()) {
            (Some((at, _)), ..) => *at,
            (None, Some((first, _)), Some((last, _))) if self.path.len() == 2 => {
                let last = self.path.get(1).map_or(*last, |(_, point)| *point);
                Point::new(f64::midpoint(first.x, last.x), f64::midpoint(first.y, last.y))
            }
            _ => return Ok(()),
        };
        let at = (number(label.x + 9.0), number(label.y + 3.0));
        svg.text("text", &[("class", "count"), ("x", &at.0), ("y", &at.1)], &passes.to_string())?;
        svg.line()
    }

    /// The library's vectors as a path: the way out of the first point, then the ways into the others.
    fn curve(&self) -> String {
        let at = |point: &Point| format!("{} {}", number(point.x), number(point.y));
        let mut points = self.path.iter();
        let (Some(first), Some(second)) = (points.next(), points.next()) else { return String::new() };
        let mut path = format!("M {} C {}, {}, {}", at(&first.0), at(&first.1), at(&second.0), at(&second.1));
        for (control, point) in points {
            path += &format!(" S {}, {}", at(control), at(point));
        }
        path
    }
}
