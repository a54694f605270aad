use super::bytes::*;
use super::escape::needs_escape;
use super::grammar::*;
use super::*;
use crate::generated::Kind;
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
        for behind in ["", ":", ": x", "/", "a", " 1", "\u{80}", ": +ip_input(vtnet0)", "\0\0\0\0\0\0\0\0"] {
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
