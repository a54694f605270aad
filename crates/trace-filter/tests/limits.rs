//! The edges of the language: how long, how many, and the shapes of values that are hardly ever written.

use trace_filter::{Filter, FilterErrorKind};

/// The message and the help of an expression that is no filter.
fn refusal(expression: &str) -> String {
    let error = Filter::compile(expression).expect_err(expression);
    let help = error.help().to_vec();
    [vec![error.to_string()], help].concat().join(" | ")
}

#[test]
fn a_slice_has_few_ranges() {
    let slice = |count| format!("frame[{}] == 00", vec!["0"; count].join(","));
    assert!(Filter::compile(&slice(64)).is_ok());
    let error = Filter::compile(&slice(65)).unwrap_err();
    assert_eq!(error.kind(), FilterErrorKind::Limit);
    assert_eq!(error.to_string(), "a slice of 65 ranges, the limit is 64");
}

#[test]
fn long_words_are_compared_with_no_name() {
    assert!(refusal("ip.proto == tcpp").contains("did you mean"));
    assert!(!refusal(&format!("ip.proto == tcp{}", "p".repeat(80))).contains("did you mean"));
}

#[test]
fn networks_are_no_values_to_reckon_with() {
    for expression in ["max(ip.src, 10.0.0.0/8) == 10.0.0.1", "max(ipv6.src, fe80::/10) == ::1"] {
        assert!(refusal(expression).contains("whole networks"), "{expression}: {}", refusal(expression));
    }
    for expression in ["max(ip.src, 10.0.0.0/32) == 10.0.0.1", "max(ipv6.src, fe80::/128) == ::1"] {
        assert!(Filter::compile(expression).is_ok(), "{expression}");
    }
}

#[test]
fn characters() {
    for (expression, printed) in [
        (r"frame.number == '\u00e9'", "frame.number == '\\xe9'"),
        (r"frame.number == '\x1b'", "frame.number == '\\x1b'"),
        (r"frame.number == '\033'", "frame.number == '\\x1b'"),
        (r"frame.number == '\a'", "frame.number == '\\x07'"),
        (r"frame.number == '~'", "frame.number == '~'"),
    ] {
        assert_eq!(trace_filter::parse(expression).unwrap().unwrap().to_string(), printed);
        assert!(Filter::compile(expression).is_ok(), "{expression}");
    }
    for (expression, message) in [
        ("frame.number == ''", "a character constant is empty"),
        ("frame.number == 'ab'", "a character constant is one byte long"),
        ("frame.number == 'é'", "a character constant is one byte long"),
        ("frame.number == '\x1b'", "a control character was not expected here | write it as '\\x1b'"),
        (r"frame.number == '\u00e'", r"`\u` is no escape sequence"),
        (r"frame.number == '\u0041'", r"`\u` is no escape sequence"),
        (r"frame.number == '\ud800'", r"`\u` is no escape sequence"),
        (r"frame.number == '\x'", r"`\x` is no escape sequence"),
        (r"frame.number == '\777'", r"`\7` is no escape sequence"),
        (r"frame.number == '\u00e9\u00e9'", "a character constant is one byte long"),
    ] {
        assert!(refusal(expression).starts_with(message), "{expression}: {}", refusal(expression));
    }
}

#[test]
fn times() {
    for (time, is_one) in [
        ("2024-01-01 00:00:00", true),
        ("2024-01-01 00:00:00.5", true),
        ("2024-01-01 00:00:00.123456789", true),
        ("2024-01-01 00:00:00.1234567890", true),
        ("2024-01-01 00:00:00.1234567891", false),
        // As in Wireshark.
        ("2024-01-01 00:00:00.", true),
        ("2024-01-01 24:00:00", false),
        ("2024-13-01 00:00:00", false),
        ("2024-02-30 00:00:00", false),
    ] {
        assert_eq!(Filter::compile(&format!("frame.time == \"{time}\"")).is_ok(), is_one, "{time}");
    }
}
