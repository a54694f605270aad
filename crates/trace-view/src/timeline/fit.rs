//! Text that has to fit into a line.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands for what was left out.
const CUT: &str = "…";

/// Columns that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    // Nearly every text is ASCII, and takes as many as it has bytes. There is no control character in it: it is shown.
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The same of bytes that are a text.
pub(super) fn width_of(text: &[u8]) -> usize {
    if text.is_ascii() { text.len() } else { std::str::from_utf8(text).map_or(0, UnicodeWidthStr::width) }
}

/// The text, cut with a mark where it takes more columns than there are.
pub(crate) fn cut(text: &str, room: Option<usize>) -> Cow<'_, str> {
    let Some(room) = room.filter(|room| width(text) > *room) else { return Cow::Borrowed(text) };
    let mut left = room.saturating_sub(width(CUT));
    let mut kept = String::with_capacity(room.saturating_add(CUT.len()));
    for letter in text.chars() {
        let Some(rest) = left.checked_sub(letter.width().unwrap_or_default()) else { break };
        left = rest;
        kept.push(letter);
    }
    kept.push_str(CUT);
    Cow::Owned(kept)
}

/// The text of a position, `path:line`, with as many of the last parts of the path as fit: `…/net/if.c:815`.
pub(crate) fn cut_path(path: &str, room: usize) -> Cow<'_, str> {
    if width(path) <= room {
        return Cow::Borrowed(path);
    }
    let room_behind_mark = room.saturating_sub(width(CUT));
    let tails = path.match_indices('/').filter_map(|(at, _)| path.get(at..));
    match tails.into_iter().find(|tail| width(tail) <= room_behind_mark) {
        Some(tail) => Cow::Owned(format!("{CUT}{tail}")),
        None => Cow::Owned(cut(base_name(path), Some(room)).into_owned()),
    }
}

/// What follows the last slash.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The text in lines of so many columns, broken between words; a word that is longer is cut.
pub(crate) fn wrapped(text: &str, room: Option<usize>) -> Vec<Cow<'_, str>> {
    let Some(room) = room.filter(|room| width(text) > *room) else { return vec![Cow::Borrowed(text)] };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(line).saturating_add(width(word)) < room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(cut(word, Some(room)).into_owned()),
        }
    }
    lines.into_iter().map(Cow::Owned).collect()
}

/// A list in lines, broken behind commas so that its parts stay whole; a part that is longer than a line is
/// broken between words. All lines but the first have `indent` columns less.
pub(super) fn wrapped_list(text: &str, room: Option<usize>, indent: usize) -> Vec<Cow<'_, str>> {
    const COMMA: &str = ", ";
    let Some(first) = room.filter(|room| width(text) > *room) else { return vec![Cow::Borrowed(text)] };
    let later = first.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    for part in text.split_inclusive(COMMA) {
        let words = if width(part.trim_end()) > later { " " } else { COMMA };
        for piece in part.split_inclusive(words) {
            let room = if lines.len() < 2 { first } else { later };
            match lines.last_mut() {
                Some(line) if width(line).saturating_add(width(piece.trim_end())) <= room => {
                    line.push_str(piece);
                }
                _ => {
                    let room = if lines.is_empty() { first } else { later };
                    lines.push(match width(piece.trim_end()) > room {
                        true => cut(piece, Some(room)).into_owned(),
                        false => piece.to_owned(),
                    });
                }
            }
        }
    }
    lines.iter().map(|line| Cow::Owned(line.trim_end().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, room, expected) in [
            ("abcdef", 6, "abcdef"),
            ("abcdef", 5, "abcd…"),
            ("abcdef", 1, "…"),
            ("abcdef", 0, "…"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
        ] {
            assert_eq!(cut(text, Some(room)), expected);
        }
        assert_eq!(cut("abcdef", None), "abcdef");
    }

    #[test]
    fn paths() {
        for (room, expected) in [
            (23, "sys/net/if_ethersu.c:15"),
            (22, "…/net/if_ethersu.c:15"),
            (20, "…/if_ethersu.c:15"),
            (16, "if_ethersu.c:15"),
            (9, "if_ether…"),
        ] {
            assert_eq!(cut_path("sys/net/if_ethersu.c:15", room), expected, "{room}");
        }
    }

    #[test]
    fn lists() {
        let list = "+eth, eth.dst 00:01, eth.src 00:02";
        for (room, expected) in [
            (34, vec![list]),
            (33, vec!["+eth, eth.dst 00:01,", "eth.src 00:02"]),
            (16, vec!["+eth,", "eth.dst 00:01,", "eth.src 00:02"]),
            (10, vec!["+eth,", "eth.dst", "00:01,", "eth.src", "00:02"]),
        ] {
            let lines = wrapped_list(list, Some(room), 2);
            assert_eq!(lines, expected, "{room}");
            for (line, room) in lines.iter().zip(std::iter::once(room).chain(std::iter::repeat(room - 2))) {
                assert!(width(line) <= room, "{line}");
            }
        }
        assert_eq!(wrapped_list("abcdefgh i", Some(6), 2), ["abcde…", "i"]);
    }

    #[test]
    fn lines() {
        assert_eq!(wrapped("a bc def ghij", Some(5)), ["a bc", "def", "ghij"]);
        assert_eq!(wrapped("abcdefgh i", Some(5)), ["abcd…", "i"]);
    }
}
