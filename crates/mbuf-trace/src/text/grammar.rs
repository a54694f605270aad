//! What the kernel writes into texts.
//!
//! ```text
//! text     = position                      where the packet passed: mtrace_()
//!          | [position ": "] call          what a function did: mtrace_enter(), mtrace_leave(), mtrace_func()
//!          | [position ": "] anything      free text
//! position = path ":" line
//! call     = ["+" | "-"] identifier ["(" anything ")"]
//! ```
//!
//! With `kern.mbuf_trace.source_position` the kernel writes a position before every string, so a call can
//! carry its own position twice; the repetition is read once.

use super::Text;
use super::bytes::{HIGHEST, all, decimal, first_marked, less};
use crate::generated::Kind;
use crate::position::Position;

/// A trace text taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// [`Kind::Position`], [`Kind::Function`], [`Kind::Enter`] or [`Kind::Leave`]; none for free text.
    pub kind: Option<Kind>,
    /// The position, where one leads the text.
    pub position: Option<Position<'a>>,
    /// What follows the position, sign included; none where the position is all there is.
    pub text: Option<Text<'a>>,
    /// The function that a call names.
    pub function: Option<Text<'a>>,
    /// What stands between the parentheses of a call.
    pub args: Option<Text<'a>>,
}

/// Takes a trace text apart. Never fails: what is not of the grammar is free text.
#[must_use]
#[inline]
pub fn take_apart(text: Text<'_>) -> Parts<'_> {
    let mut parts = Parts { kind: None, position: None, text: Some(text), function: None, args: None };
    let mut rest = text.0;
    if let Some(leading) = leading_position(rest) {
        parts.position = Some(leading.position);
        rest = leading.rest;
        // A line has one spelling, so the same position again is the same bytes again.
        while let Some(again) = rest.strip_prefix(leading.spelling).and_then(behind_position) {
            rest = again;
        }
        if rest.is_empty() {
            parts.kind = Some(Kind::Position);
            parts.text = None;
            return parts;
        }
        parts.text = Some(Text(rest));
    }
    let (kind, call) = match rest.split_first() {
        Some((b'+', call)) => (Kind::Enter, call),
        Some((b'-', call)) => (Kind::Leave, call),
        _ => (Kind::Function, rest),
    };
    if let Some((function, args)) = split_call(call) {
        parts.kind = Some(kind);
        parts.function = Some(Text(function));
        parts.args = args.map(Text);
    }
    parts
}

/// A position at the beginning of a text.
struct Leading<'a> {
    position: Position<'a>,
    /// Its bytes: `path:line`.
    spelling: &'a [u8],
    /// What follows it and its `": "`.
    rest: &'a [u8],
}

/// The position that leads the text, when the text ends behind it or `": "` comes next.
#[inline]
fn leading_position(text: &[u8]) -> Option<Leading<'_>> {
    let (file, rest) = text.split_at_checked(first_delimiter(text)?)?;
    let number = rest.strip_prefix(b":")?;
    if !is_path(file) {
        return None;
    }
    let (line, behind) = decimal(number)?;
    let spelling = text.get(..text.len().checked_sub(behind.len())?)?;
    Some(Leading { position: Position { file: Text(file), line }, spelling, rest: behind_position(behind)? })
}

/// What follows a position: nothing, or anything behind `": "`.
fn behind_position(rest: &[u8]) -> Option<&[u8]> {
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b": ") }
}

/// Where the first colon is, or what cannot stand in a path before it: white space or a control character.
#[inline]
pub(super) fn first_delimiter(text: &[u8]) -> Option<usize> {
    first_marked(text, |word| {
        let equal = |byte| less(word ^ all(byte), 1);
        (less(word, b' ' + 1) | equal(b':') | equal(0x7f)) & !word & HIGHEST
    })
}

/// Where the first byte is that cannot stand in an identifier.
#[inline]
pub(super) fn first_not_of_identifier(text: &[u8]) -> Option<usize> {
    first_marked(text, |word| {
        // Without the highest bit, so that no sum goes over into the next byte.
        let ascii = word & !HIGHEST;
        let at_least = |word: u64, byte: u8| word.wrapping_add(all(0x80_u8.wrapping_sub(byte)));
        let lower = ascii | all(0x20);
        let letter = at_least(lower, b'a') & !at_least(lower, b'z' + 1);
        let digit = at_least(ascii, b'0') & !at_least(ascii, b'9' + 1);
        let other = at_least(ascii ^ all(b'_'), 1);
        (word | !(letter | digit) & other) & HIGHEST
    })
}

/// Whether text without white space is a path: it names a folder, or a file with an extension that begins with a
/// letter; so `10.0.0.1:80` and `tcp:80` are no positions.
#[inline]
pub(super) fn is_path(file: &[u8]) -> bool {
    if file.first() == Some(&b'/') || memchr::memchr(b'/', file).is_some() {
        return file.last() != Some(&b'/');
    }
    let Some(dot) = memchr::memrchr(b'.', file) else {
        return false;
    };
    let extension = file.get(dot.saturating_add(1)..).unwrap_or_default();
    dot > 0
        && (1..=4).contains(&extension.len())
        && extension.first().is_some_and(u8::is_ascii_alphabetic)
        && extension.iter().all(u8::is_ascii_alphanumeric)
}

/// `identifier` or `identifier(args)`, where the parentheses balance and the last one closes the first.
#[inline]
pub(super) fn split_call(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = first_not_of_identifier(text).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.first().is_none_or(u8::is_ascii_digit) {
        return None;
    }
    if rest.is_empty() {
        return Some((name, None));
    }
    let args = rest.strip_prefix(b"(")?.strip_suffix(b")")?;
    balanced(args).then_some((name, Some(args)))
}

/// Whether every parenthesis has its partner, and none closes before it opens.
#[inline]
pub(super) fn balanced(text: &[u8]) -> bool {
    // The two differ in the lowest bit.
    let parentheses = |word: u64| less((word | all(1)) ^ all(b')'), 1) & !word & HIGHEST;
    first_marked(text, parentheses).is_none_or(|first| balanced_from(text.get(first..).unwrap_or_default()))
}

/// The same, of a text that has parentheses.
fn balanced_from(text: &[u8]) -> bool {
    let depth = text.iter().try_fold(0_usize, |depth, byte| match byte {
        b'(' => depth.checked_add(1),
        b')' => depth.checked_sub(1),
        _ => Some(depth),
    });
    depth == Some(0)
}
