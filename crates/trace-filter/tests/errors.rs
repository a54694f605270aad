//! What is said about expressions that are no filters.

use trace_filter::{Filter, FilterErrorKind};

#[test]
fn messages() {
    let expressions = [
        // Grammar.
        "ip.src == 10.0.0.1 and",
        "and ip",
        "ip ip",
        "ip)",
        "(ip",
        "()",
        "ip.src = 10.0.0.1",
        "ip AND icmp",
        "tcp.port LT 3",
        "ip | tcp",
        "ip.src <> 10.0.0.1",
        "(ip.src) == 10.0.0.1",
        "ip.src == (10.0.0.1)",
        "tcp.port == {80, 443}",
        "tcp.port in 80",
        "tcp.port in {80 443}",
        "tcp.port in {}",
        "all ip",
        "ip not tcp",
        "frame contains \"abc",
        "frame contains \"a\\qb\"",
        "frame contains “abc”",
        "frame[1",
        "frame[x]",
        "frame.number == ''",
        // Names.
        "ip.scr == 10.0.0.1",
        "tcp.prt",
        "mbuf_trace.functoin == \"ip_input\"",
        "IP",
        "ip.foo",
        "http.host",
        "foo(ip.src) == 1",
        // Types.
        "10 < tcp.port",
        "frame.number == 5 == 5",
        "\"abc\"",
        "ip.src == eth.src",
        "ip.proto matches \"6\"",
        "ip.src contains 0a",
        "eth.src contains \"a\"",
        "frame matches abc",
        "frame.number == \"5\"",
        "ip.src == \"10.0.0.1\"",
        "frame.number[0] == 1",
        "len(ip.src)",
        "upper(ip.src) == \"A\"",
        // Values.
        "ip.proto == 256",
        "frame.number == 99999999999999999999",
        "frame.number == 08",
        "ip.proto == -1",
        "ip.proto == tcp.prot",
        "ip.src == 10.0.0",
        "ip.src == localhost",
        "ip.src == 10.0.0.0/33",
        "ipv6.src == fe80::/129",
        "eth.src == 02:00:00",
        "frame contains abc",
        "tcp.flags.syn == true",
        "mbuf_trace.origin == pf",
        "frame.time_epoch == 0x10",
        "frame matches \"[\"",
        "frame matches \"(a\"",
        "frame[0:0] == 00",
        // What only Wireshark has.
        "ip.proto == UDP",
        "frame matches \"a(?=b)\"",
        "frame matches \"(a)\\\\1\"",
        "ip.src#2 == 10.0.0.1",
        "frame.number + 1 == 2",
        "frame.number == 1 + 1",
        "string(frame.number) == \"1\"",
        "@ip.src == 00",
        "${macro}",
        "tcp[0] == 1",
        "udp.port in {udp.srcport}",
        "all udp.port in {1}",
    ];
    let mut shown = String::new();
    for expression in expressions {
        let error = Filter::compile(expression).expect_err(expression);
        shown.push_str(&format!("{:?}\n{}\n\n", error.kind(), error.render(false)));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_long_expression_is_shown_around_the_place() {
    let many = vec!["ip"; 500].join(" or ");
    let error = Filter::compile(&format!("{many} or ip.scr or {many}")).unwrap_err();
    insta::assert_snapshot!(error.render(false));
    assert_eq!(&error.expression()[error.span()], "ip.scr");
}

#[test]
fn control_characters_of_the_expression_are_made_visible() {
    let error = Filter::compile("ip == \"\x1b[31m\u{202e}\"").unwrap_err();
    let shown = error.render(false);
    assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown:?}");
    assert_eq!(error.kind(), FilterErrorKind::Unsupported);
}

#[test]
fn colour_is_only_where_it_is_asked_for() {
    let error = Filter::compile("ip.scr").unwrap_err();
    assert!(error.render(true).contains("\x1b["));
    assert!(!error.render(false).contains('\x1b'));
}
