//! The bytes of a snapshot, what changed marked.

use super::Options;
use std::fmt::Write as _;

/// Bytes in a line, and in one where there is little room.
const WIDE: usize = 16;
const NARROW: usize = 8;

/// Columns that a line of so many bytes takes: offset, mark, digits, text.
const fn columns(bytes: usize) -> usize {
    bytes.saturating_mul(4).saturating_add(12)
}

/// Writes lines of offset, bytes and text; lines with bytes that changed have a `*`, for where there are no
/// colours. `changed` is by place; empty where nothing changed.
pub(super) fn write(out: &mut String, bytes: &[u8], changed: &[bool], left: usize, options: &Options) {
    let colours = &options.palette;
    let fits = options.width().is_none_or(|width| left.saturating_add(columns(WIDE)) <= width);
    let in_line = if fits { WIDE } else { NARROW };
    for (line, chunk) in bytes.chunks(in_line).enumerate() {
        let offset = line.saturating_mul(in_line);
        let is_changed = |at: usize| changed.get(offset.saturating_add(at)).copied().unwrap_or(false);
        let mark = if (0..chunk.len()).any(is_changed) { '*' } else { ' ' };
        // Writing to a String cannot fail.
        let _ = write!(out, "{:left$}{}{offset:04x}{} {mark}", "", colours.dim, colours.reset);
        for at in 0..in_line {
            if at == WIDE / 2 {
                out.push(' ');
            }
            let _ = match chunk.get(at) {
                Some(byte) if is_changed(at) => write!(out, " {}{byte:02x}{}", colours.drop, colours.reset),
                Some(byte) => write!(out, " {byte:02x}"),
                None => write!(out, "   "),
            };
        }
        out.push_str("  ");
        colours.dim.push(out);
        let shown = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
        out.extend(chunk.iter().map(shown));
        colours.reset.push(out);
        out.push('\n');
    }
}
