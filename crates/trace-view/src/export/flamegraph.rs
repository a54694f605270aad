//! A flame graph as an SVG picture: stacks as columns of boxes, as wide as they are heavy.
//!
//! Every name is text that a browser finds, every box has a tooltip; a click makes a box as wide as the picture, and
//! the search lights up boxes by name. Without scripts the picture is the same, only still.

use super::svg::{Svg, number};
use super::tree::Tree;
use super::{Export, Remark};
use crate::incomplete::Incomplete;
use capture_file::WriteError;
use mbuf_trace::Trace;
use std::io::{self, Write};
use trace_fields::PacketView;

/// Width of the picture, in pixels.
const WIDTH: f64 = 1200.0;
/// Height of a box.
const ROW: f64 = 18.0;
/// What stands above and below the boxes.
const HEAD: f64 = 34.0;
const FOOT: f64 = 24.0;
/// Boxes that would be narrower, in pixels, are left out.
const NARROWEST: f64 = 0.2;

const STYLE: &str = "\
text { pointer-events: none; fill: #111; }
.box { cursor: pointer; }
.box:hover rect { stroke: #000; stroke-width: 1; }
.box.found rect { fill: #b08cff; }
.box.outer rect { fill-opacity: 0.45; }
#title { font-size: 15px; }
.button { pointer-events: auto; cursor: pointer; fill: #06c; text-decoration: underline; }";

const SCRIPT: &str = include_str!("flamegraph.js");

/// Draws the picture when all packets are there.
#[derive(Debug)]
pub struct Flamegraph<W> {
    out: W,
    tree: Tree,
    title: String,
    incomplete: Incomplete,
}

impl<W: Write> Flamegraph<W> {
    /// A picture of a tree onto `out`, which should be buffered.
    pub fn new(out: W, tree: Tree, title: String) -> Self {
        Self { out, tree, title, incomplete: Incomplete::default() }
    }
}

/// A box: a name at some height, over some part of the weight.
struct Frame<'t> {
    name: &'t str,
    depth: usize,
    begin: u64,
    end: u64,
}

/// The boxes of a tree, and the weight of all.
fn frames(tree: &Tree) -> (Vec<Frame<'_>>, u64) {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    // Places in `frames` of the stack whose boxes still grow.
    let mut open: Vec<usize> = Vec::new();
    let mut total = 0_u64;
    let _ = tree.each_stack(|names, weight| {
        let same = names
            .iter()
            .zip(&open)
            .take_while(|(name, at)| frames.get(**at).is_some_and(|frame| frame.name == **name))
            .count();
        open.truncate(same);
        for (depth, name) in names.iter().enumerate().skip(same) {
            open.push(frames.len());
            frames.push(Frame { name, depth, begin: total, end: total });
        }
        total = total.saturating_add(weight);
        for at in &open {
            if let Some(frame) = frames.get_mut(*at) {
                frame.end = total;
            }
        }
        Ok::<_, ()>(())
    });
    (frames, total)
}

fn draw<W: Write>(out: W, tree: &Tree, title: &str, incomplete: &Incomplete) -> io::Result<()> {
    let (frames, total) = frames(tree);
    let scale = WIDTH / ratio(total.max(1));
    let visible = |frame: &&Frame<'_>| ratio(frame.end.saturating_sub(frame.begin)) * scale >= NARROWEST;
    let rows = frames.iter().filter(visible).map(|frame| frame.depth.saturating_add(1)).max().unwrap_or(1);
    let rows = ratio(rows as u64);
    let height = HEAD + ROW * rows + FOOT;
    let mut svg = Svg::begin(out, WIDTH, height, title, STYLE)?;
    svg.empty("rect", &[("width", "100%"), ("height", "100%"), ("fill", "#fffdf8")])?;
    svg.text("text", &[("id", "title"), ("x", "600"), ("y", "20"), ("text-anchor", "middle")], title)?;
    svg.text(
        "text",
        &[("id", "search"), ("class", "button"), ("x", "1190"), ("y", "20"), ("text-anchor", "end")],
        "",
    )?;
    svg.text("text", &[("id", "reset"), ("class", "button"), ("x", "10"), ("y", "20")], "")?;
    let unit = tree.unit(total);
    let foot = number(height - 8.0);
    svg.text("text", &[("id", "details"), ("x", "10"), ("y", &foot)], &format!("{total} {unit} in all"))?;
    if let Some(words) = incomplete.words() {
        svg.text("text", &[("x", "1190"), ("y", &foot), ("text-anchor", "end")], &words)?;
    }
    svg.line()?;
    for frame in frames.iter().filter(visible) {
        let weight = frame.end.saturating_sub(frame.begin);
        let (x, width) = (ratio(frame.begin) * scale, ratio(weight) * scale);
        let y = HEAD + ROW * (rows - 1.0 - ratio(frame.depth as u64));
        let share = 100.0 * ratio(weight) / ratio(total.max(1));
        let (begin, end) = (frame.begin.to_string(), frame.end.to_string());
        svg.open("g", &[("class", "box"), ("data-begin", &begin), ("data-end", &end)])?;
        let unit = tree.unit(weight);
        svg.text("title", &[], &format!("{}: {weight} {unit}, {share:.1} %", frame.name))?;
        // A picture of its own cuts off what of the name is too wide for the box.
        svg.open(
            "svg",
            &[
                ("x", &number(x)),
                ("y", &number(y)),
                ("width", &number(width)),
                ("height", &number(ROW - 1.0)),
            ],
        )?;
        svg.empty(
            "rect",
            &[("width", "100%"), ("height", "100%"), ("rx", "2"), ("fill", &colour(frame.name))],
        )?;
        svg.text("text", &[("x", "4"), ("y", "13")], frame.name)?;
        svg.close("svg")?;
        svg.close("g")?;
        svg.line()?;
    }
    svg.script(SCRIPT)?;
    svg.end()
}

/// A warm colour that is always the same for the same name.
fn colour(name: &str) -> String {
    // FNV-1a, of which only the spread matters.
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let (hue, light) = (hash >> 8 & 0xff, hash >> 16 & 0xff);
    format!(
        "hsl({}, 85%, {}%)",
        12_u32.saturating_add(hue.wrapping_mul(40) >> 8),
        62_u32.saturating_add(light.wrapping_mul(14) >> 8)
    )
}

/// For places and shares in a picture, where the last bits do not show.
#[expect(clippy::cast_precision_loss, reason = "a picture has some thousand pixels")]
fn ratio(weight: u64) -> f64 {
    weight as f64
}

impl<W: Write> Export<W> for Flamegraph<W> {
    fn trace(&mut self, _: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        self.tree.add(trace);
        self.incomplete.add(trace);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        draw(&mut self.out, &self.tree, &self.title, &self.incomplete)?;
        self.out.flush()?;
        Ok((self.out, self.tree.remarks()))
    }
}
