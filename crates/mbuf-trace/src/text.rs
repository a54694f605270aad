//! The text of a trace: bytes that should be UTF-8 and may be anything, and the grammar of what the kernel
//! writes into them.
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

use crate::generated::Kind;
use crate::position::Position;
use core::fmt;

/// Text out of a capture: any bytes at all. `Display` escapes whatever could do harm on a terminal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<'a>(pub &'a [u8]);

impl<'a> Text<'a> {
    /// The bytes as they were captured.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text, where it is UTF-8.
    #[must_use]
    pub const fn to_str(self) -> Option<&'a str> {
        match core::str::from_utf8(self.0) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// One line of harmless text: control characters, DEL, C1, bidirectional overrides and line separators as
/// `\n`, `\x1b` or `\u{202e}`, bytes that are not UTF-8 as `\xff`, and a backslash as two, so that what is
/// shown tells exactly which bytes there were.
impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some(at) = rest.find(needs_escape) {
                let (plain, special) = rest.split_at_checked(at).unwrap_or_default();
                f.write_str(plain)?;
                let mut letters = special.chars();
                match letters.next().unwrap_or_default() {
                    '\n' => f.write_str("\\n")?,
                    '\t' => f.write_str("\\t")?,
                    '\r' => f.write_str("\\r")?,
                    '\\' => f.write_str("\\\\")?,
                    letter @ ('\0'..='\x1f' | '\x7f') => write!(f, "\\x{:02x}", u32::from(letter))?,
                    letter => write!(f, "\\u{{{:x}}}", u32::from(letter))?,
                }
                rest = letters.as_str();
            }
            f.write_str(rest)?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a letter is shown as something else.
fn needs_escape(letter: char) -> bool {
    !matches!(letter, ' '..='[' | ']'..='~') && (letter == '\\' || is_unsafe(letter))
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Characters that are valid text and still change how a terminal or a browser shows their neighbours, or hide: C0 and
/// C1 controls, line and paragraph separators, the bidirectional formatting characters, annotations, and all that
/// Unicode lets a display ignore (`Default_Ignorable_Code_Point` in DerivedCoreProperties.txt of Unicode 16: zero-width
/// characters, fillers, variation selectors, tags …).
#[must_use]
pub const fn is_unsafe(letter: char) -> bool {
    matches!(letter,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}'
        | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

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
fn first_delimiter(text: &[u8]) -> Option<usize> {
    first_marked(text, |word| {
        let equal = |byte| less(word ^ all(byte), 1);
        (less(word, b' ' + 1) | equal(b':') | equal(0x7f)) & !word & HIGHEST
    })
}

/// Where the first byte is that cannot stand in an identifier.
#[inline]
fn first_not_of_identifier(text: &[u8]) -> Option<usize> {
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

/// Where the first byte is that `marks` marks with its highest bit: in a word whose lowest byte is the first. What it
/// marks above that byte is not looked at. Every text of a capture passes here, so it takes eight bytes at once.
#[inline]
fn first_marked(text: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let place = |found: u64| usize::try_from(found.trailing_zeros() / 8).unwrap_or_default();
    let (words, _) = text.as_chunks::<8>();
    for (word, start) in words.iter().zip((0_usize..).step_by(8)) {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return start.checked_add(place(found));
        }
    }
    // What is left is looked at with what is before it, so that it fills a word.
    let (last, start) = match text.last_chunk() {
        Some(last) => (u64::from_le_bytes(*last), text.len().saturating_sub(8)),
        None => (short_word(text), 0),
    };
    start.checked_add(place(marks(last))).filter(|at| *at < text.len())
}

/// The word that begins with these fewer than eight bytes and goes on with zeros.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    let half = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    match (bytes.first_chunk(), bytes.last_chunk()) {
        // Where the halves overlap, both have the same bytes.
        (Some(first), Some(last)) => {
            half(first) | half(last) << (bytes.len().saturating_sub(4) & 3).saturating_mul(8)
        }
        _ => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The highest bit of each byte of a word.
const HIGHEST: u64 = all(0x80);

/// A word of this byte.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Takes as much off each byte. The first of those below 128 that are less has its highest bit set then, and none
/// before it has.
const fn less(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(all(limit))
}

/// Whether text without white space is a path: it names a folder, or a file with an extension that begins with a
/// letter; so `10.0.0.1:80` and `tcp:80` are no positions.
#[inline]
fn is_path(file: &[u8]) -> bool {
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

/// A line number and what follows it: decimal, at least 1, without leading zeros, so that writing it gives the same
/// digits.
#[inline]
fn decimal(text: &[u8]) -> Option<(u32, &[u8])> {
    if !matches!(text.first(), Some(b'1'..=b'9')) {
        return None;
    }
    let word = text.first_chunk().map_or_else(|| short_word(text), |first| u64::from_le_bytes(*first));
    // What a digit stands for; other bytes give 10 or more.
    let digits = word ^ all(b'0');
    let others = (digits.wrapping_add(all(0x80 - 10)) | digits) & HIGHEST;
    if others == 0 {
        return long_decimal(text);
    }
    let bits = others.trailing_zeros() & !7;
    let behind = text.get(usize::try_from(bits / 8).ok()?..)?;
    Some((eight_digits(digits.checked_shl(64_u32.wrapping_sub(bits))?), behind))
}

/// The number that eight digits stand for, of which the first is the lowest byte: neighbours are put together, ones to
/// tens, then hundreds, then ten thousands.
const fn eight_digits(digits: u64) -> u32 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let [a, b, c, d, ..] = fours.wrapping_mul(10_000).wrapping_add(fours >> 32).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The same for any number of digits, one after another.
#[cold]
fn long_decimal(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut value, mut rest) = (0_u32, text);
    while let Some((digit @ b'0'..=b'9', behind)) = rest.split_first() {
        value = value.checked_mul(10)?.checked_add(u32::from(digit.wrapping_sub(b'0')))?;
        rest = behind;
    }
    Some((value, rest))
}

/// `identifier` or `identifier(args)`, where the parentheses balance and the last one closes the first.
#[inline]
fn split_call(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
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
fn balanced(text: &[u8]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn show(text: &str) -> alloc::string::String {
        let parts = take_apart(Text(text.as_bytes()));
        let kind = parts.kind.map_or("text", Kind::name);
        let mut out = kind.to_string();
        if let Some(position) = parts.position {
            out += &alloc::format!(" at {}:{}", position.file, position.line);
        }
        if let Some(function) = parts.function {
            out += &alloc::format!(" fn {function}");
        }
        if let Some(args) = parts.args {
            out += &alloc::format!(" args [{args}]");
        }
        if let Some(text) = parts.text {
            out += &alloc::format!(" text [{text}]");
        }
        out
    }

    #[test]
    fn grammar() {
        let table = [
            (
                "/usr/src/sys/net/if.c:3982: IFQ_ENQUEUE",
                "function at /usr/src/sys/net/if.c:3982 fn IFQ_ENQUEUE text [IFQ_ENQUEUE]",
            ),
            ("if_dequeue(vtnet0)", "function fn if_dequeue args [vtnet0] text [if_dequeue(vtnet0)]"),
            ("f.c:9: +ip_input", "enter at f.c:9 fn ip_input text [+ip_input]"),
            ("f.c:9: f.c:9: +ip_input", "enter at f.c:9 fn ip_input text [+ip_input]"),
            ("f.c:9: f.c:10: +ip_input", "text at f.c:9 text [f.c:10: +ip_input]"),
            ("f.c:9: f.c:9", "position at f.c:9"),
            ("-ip_input(0)", "leave fn ip_input args [0] text [-ip_input(0)]"),
            ("f.c:9", "position at f.c:9"),
            ("f.c:9: ", "position at f.c:9"),
            ("f.c:9 x", "text text [f.c:9 x]"),
            ("a b c/f.c:9: x", "text text [a b c/f.c:9: x]"),
            (".c:9: x", "text text [.c:9: x]"),
            ("f.cpphx:9: x", "text text [f.cpphx:9: x]"),
            ("f.:9: x", "text text [f.:9: x]"),
            ("dir/:9: x", "text text [dir/:9: x]"),
            ("f.c:09: x", "text text [f.c:09: x]"),
            ("f.c:0", "text text [f.c:0]"),
            ("f.c:4294967296", "text text [f.c:4294967296]"),
            ("f.c:", "text text [f.c:]"),
            ("10.0.0.1:80: connect", "text text [10.0.0.1:80: connect]"),
            ("tcp:80", "text text [tcp:80]"),
            ("dir/file:12: x y", "text at dir/file:12 text [x y]"),
            ("hello world", "text text [hello world]"),
            ("f(a)(b)", "text text [f(a)(b)]"),
            ("f((a)", "text text [f((a)]"),
            ("f((a), b)", "function fn f args [(a), b] text [f((a), b)]"),
            ("f()", "function fn f args [] text [f()]"),
            ("9f", "text text [9f]"),
            ("+", "text text [+]"),
            ("+ x", "text text [+ x]"),
            ("", "text text []"),
            (":", "text text [:]"),
        ];
        for (text, expected) in table {
            assert_eq!(show(text), expected, "{text:?}");
        }
    }

    /// Eight bytes at once find what one at a time finds: every byte at every place, alone and before another.
    #[test]
    fn classes_of_bytes() {
        for at in 0..24 {
            for byte in 0..=u8::MAX {
                for behind in [b"".as_slice(), b"a", b":(", b"\x80\xff 0123456789"] {
                    let mut text = alloc::vec![b'_'; at];
                    text.push(byte);
                    text.extend_from_slice(behind);
                    let first = |is: fn(&u8) -> bool| text.iter().position(is);
                    let delimiter = first(|byte| matches!(byte, 0..=b' ' | b':' | 0x7f));
                    assert_eq!(first_delimiter(&text), delimiter, "{text:?}");
                    let other = first(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
                    assert_eq!(first_not_of_identifier(&text), other, "{text:?}");
                }
            }
        }
    }

    /// Of every length, at the end of the text and before other bytes.
    #[test]
    fn line_numbers() {
        let numbers = [
            "1",
            "9",
            "10",
            "99",
            "123",
            "4096",
            "87654",
            "987654",
            "1234567",
            "87654321",
            "123456789",
            "4294967295",
        ];
        for digits in numbers {
            for behind in
                ["", ":", ": x", "/", "a", " 1", "\u{80}", ": +ip_input(vtnet0)", "\0\0\0\0\0\0\0\0"]
            {
                let text = alloc::format!("{digits}{behind}");
                let expected = Some((digits.parse().unwrap(), behind.as_bytes()));
                assert_eq!(decimal(text.as_bytes()), expected, "{text:?}");
            }
        }
        for text in ["", "0", "01", "x1", ":", "4294967296", "99999999999999999999", "42949672950"] {
            assert_eq!(decimal(text.as_bytes()), None, "{text:?}");
        }
    }

    /// All texts of up to eight of these letters, at the places that a word has.
    #[test]
    fn parentheses() {
        let letters = [b'(', b')', b'x'];
        for count in 0..=8_u32 {
            for which in 0..3_usize.pow(count) {
                let text: alloc::vec::Vec<u8> =
                    (0..count).map(|place| letters[which / 3_usize.pow(place) % 3]).collect();
                let mut open = 0_i32;
                let mut closes_first = false;
                for byte in &text {
                    open += i32::from(*byte == b'(') - i32::from(*byte == b')');
                    closes_first |= open < 0;
                }
                for before in ["", "ab c", "0123456789 "] {
                    let text = [before.as_bytes(), &text].concat();
                    assert_eq!(balanced(&text), open == 0 && !closes_first, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn paths() {
        for (file, expected) in [
            ("/f", true),
            ("a/b", true),
            ("./f", true),
            ("/", false),
            ("a/", false),
            ("f.c", true),
            ("f.cpp1", true),
            ("f.cpp12", false),
            ("f.c1", true),
            ("f.1c", false),
            ("f.c-", false),
            ("a.b.h", true),
            ("f.", false),
            (".c", false),
            ("f", false),
            ("", false),
        ] {
            assert_eq!(is_path(file.as_bytes()), expected, "{file}");
        }
    }

    #[test]
    fn what_hides_or_turns_is_escaped_and_its_neighbours_are_not() {
        let ranges = [
            (0, 0x1f),
            (0x7f, 0x9f),
            (0xad, 0xad),
            (0x34f, 0x34f),
            (0x61c, 0x61c),
            (0x115f, 0x1160),
            (0x17b4, 0x17b5),
            (0x180b, 0x180f),
            (0x200b, 0x200f),
            (0x2028, 0x202e),
            (0x2060, 0x206f),
            (0x3164, 0x3164),
            (0xfe00, 0xfe0f),
            (0xfeff, 0xfeff),
            (0xffa0, 0xffa0),
            (0xfff0, 0xfffb),
            (0x1bca0, 0x1bca3),
            (0x1d173, 0x1d17a),
            (0xe0000, 0xe0fff),
        ];
        for letter in (0..=0xe_10ff).filter_map(char::from_u32) {
            let hides = ranges.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(letter)));
            assert_eq!(is_unsafe(letter), hides, "{letter:?}");
            assert_eq!(needs_escape(letter), hides || letter == '\\', "{letter:?}");
        }
        let shown = |bytes: &'static [u8]| Text(bytes).to_string();
        assert_eq!(shown(b"\r\0\x1f[]"), r"\r\x00\x1f[]");
        assert_eq!((Text(b"a\xff").to_str(), Text(b"a").to_str()), (None, Some("a")));
        assert!(Text(b"").is_empty() && !Text(b" ").is_empty());
        assert_eq!(alloc::format!("{:?}", Text(b"a\n")), r#""a\n""#);
    }

    #[test]
    fn display_is_harmless_and_exact() {
        let text = Text(b"a\x1b[31m\n\t\\ \x7f\xff \xc2\x9b \xe2\x80\xae \xc3\xa9");
        assert_eq!(text.to_string(), r"a\x1b[31m\n\t\\ \x7f\xff \u{9b} \u{202e} é");
    }
}
