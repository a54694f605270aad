//! The edges of the language: how long, how many, and the shapes of values that are hardly ever written.

use capture_file::LinkType;
use trace_fields::{PacketView, Subject};
use trace_filter::{Filter, FilterErrorKind, MAX_DEPTH, MAX_LENGTH, Scratch};

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

#[test]
fn an_expression_is_as_long_as_may_be_and_no_longer() {
    let padded = |length: usize| format!("ip{}", " ".repeat(length - 2));
    assert!(Filter::compile(&padded(MAX_LENGTH)).is_ok());
    let error = Filter::compile(&padded(MAX_LENGTH + 1)).unwrap_err();
    assert_eq!(error.kind(), FilterErrorKind::Limit);
}

#[test]
fn a_chain_is_as_long_as_may_be_and_no_longer() {
    let chain = |count| format!("frame.number{} == 1", " + 1".repeat(count));
    let longest = (1..=MAX_DEPTH + 1).rev().find(|count| Filter::compile(&chain(*count)).is_ok());
    assert_eq!(longest, Some(MAX_DEPTH));
    assert_eq!(Filter::compile(&chain(MAX_DEPTH + 1)).unwrap_err().kind(), FilterErrorKind::Limit);
}

#[test]
fn signs_of_other_languages_are_explained() {
    for (expression, expected) in [
        ("ip ^ tcp", "`^` was not expected here | `^^` or `xor` joins two conditions"),
        ("ip | tcp", "`|` was not expected here | `||` or `or` joins two conditions"),
        ("ip.ttl = 1", "`=` was not expected here | equality is `==`"),
        ("ip?", "`?` was not expected here | to ask whether a field is there, write its name alone"),
        ("ip ; tcp", "`;` was not expected here"),
    ] {
        assert_eq!(refusal(expression), expected, "{expression}");
    }
}

#[test]
fn escapes_are_those_of_c() {
    let bytes = b"\x07\x08\t\n\x0b\x0c\r\"'\\AA\xc3\xa9";
    let filter = Filter::compile(r#"frame contains "\a\b\t\n\v\f\r\"\'\\\x41\101\u00e9""#).unwrap();
    let matches =
        |bytes: &[u8]| filter.matches(&mut Scratch::default(), &Subject::new(PacketView::of_bytes(bytes)));
    assert!(matches(bytes));
    for place in 0..bytes.len() {
        let mut other = *bytes;
        other[place] ^= 0x80;
        assert!(!matches(&other), "byte {place}");
    }
}

/// Whether a TCP segment of ten bytes behind its headers, with SYN set, passes.
fn passes(expression: &str) -> bool {
    let mut packet = Vec::new();
    etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv6([0x20; 16], [0x21; 16], 64)
        .tcp(80, 4711, 1, 512)
        .syn()
        .write(&mut packet, b"some words")
        .unwrap();
    let filter = Filter::compile(expression).unwrap_or_else(|error| panic!("{}", error.render(false)));
    let view = PacketView { link_type: LinkType::ETHERNET, ..PacketView::of_bytes(&packet) };
    filter.matches(&mut Scratch::default(), &Subject::new(view))
}

#[test]
fn values_in_every_spelling() {
    for (expression, expected) in [
        // Characters.
        (r"eth.src[5] == '\x01'", true),
        (r"eth.src[5] == '\x02'", false),
        ("frame contains 'w'", true),
        ("frame contains 'W'", false),
        (r"tcp.flags.syn == '\x01'", true),
        (r"tcp.flags.syn == 'a'", true),
        (r"tcp.flags.syn == '\0'", false),
        (r"tcp.flags.fin == '\0'", true),
        ("ipv6.hlim == '@'", true),
        // Text and bytes.
        ("frame contains \"words\"", true),
        ("tcp contains \"Words\"", false),
        ("frame[-5:] == \"words\"", true),
        ("frame[-5:] == 77:6f:72:64:73", true),
        ("frame[-5:] == 77:6f:72:64:74", false),
        // Truth.
        ("tcp.flags.syn == True", true),
        ("tcp.flags.syn == TRUE", true),
        ("tcp.flags.syn == False", false),
        ("tcp.flags.fin == FALSE", true),
        ("tcp.flags.syn == 1", true),
        ("tcp.flags.syn == 7", true),
        ("tcp.flags.syn == 0", false),
        ("tcp.flags.syn == \"set\"", true),
        ("tcp.flags.syn == \"Not set\"", false),
        // Names of values.
        ("ipv6.nxt == TCP", true),
        ("ipv6.nxt == \"tcp\"", true),
        ("ipv6.nxt == UDP", false),
        // Parts of addresses, and networks that are not written from their beginning.
        ("eth.src contains 02:00", true),
        ("eth.src contains 02:01", false),
        ("ipv6.src == 2020:2020::/32", true),
        ("ipv6.src == 2020:2020:ffff::/32", true),
        ("ipv6.src == 2020:2021::/32", false),
        ("ipv6.src == 3020::/3", true),
        ("ipv6.src == ::/0", true),
    ] {
        assert_eq!(passes(expression), expected, "{expression}");
    }
}

#[test]
fn help_says_what_could_stand_there() {
    for (expression, expected) in [
        ("tcp.port == http", "write the number"),
        ("ip.ttl == high", "its values have no names"),
        ("mbuf_trace.origin == nothing_like_it", "its values are"),
        ("ip.proto == tcpp", "did you mean"),
        ("ip.proto == 6a", "numbers are 10"),
        ("eth.src == 02:00", "to look for some of its bytes, write `eth.src contains 02:00`"),
        ("tcp.flags.syn == yes", "write 1 or 0"),
    ] {
        assert!(refusal(expression).contains(expected), "{expression}: {}", refusal(expression));
    }
    // Of seven bytes, there is no address to look for.
    assert_eq!(
        refusal("eth.src == 02:00:00:00:00:00:00"),
        "`02:00:00:00:00:00:00` is no Ethernet address: it has 7 bytes"
    );
}
