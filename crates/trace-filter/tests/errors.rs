//! What is said about expressions that are no filters.

use trace_filter::{Filter, FilterErrorKind};

#[test]
fn messages() {
    let topics: &[(&str, &[&str])] = &[
        (
            "grammar",
            &[
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
                "mbuf_trace.path like \"pf_test\"",
            ],
        ),
        (
            "capture_filters",
            &[
                "host 10.0.0.1",
                "tcp port 80",
                "src host 10.0.0.1 and not port 22",
                "port 80 or icmp and net 10.0.0.0/8",
                "ether host 02:00:00:00:00:01",
                "frame contains \"abc",
                "frame contains \"a\\qb\"",
                "frame contains “abc”",
                "frame[1",
                "frame[x]",
                "frame.number == ''",
            ],
        ),
        (
            "names",
            &[
                "ip.scr == 10.0.0.1",
                "tcp.prt",
                "mbuf_trace.functoin == \"ip_input\"",
                "IP",
                "ip.foo",
                "http.host",
                "tcp.seq == 1",
                "not tcp.analysis.retransmission",
                "ip.geoip.country == \"NZ\"",
                "no.such",
                "function == \"ip_input\"",
                "last_function",
                "srcport == 80",
                "SRC == 10.0.0.1",
                "foo(ip.src) == 1",
            ],
        ),
        (
            "types",
            &[
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
            ],
        ),
        (
            "values",
            &[
                "ip.proto == 256",
                "frame.number == 99999999999999999999",
                "frame.number == 08",
                "ip.proto == tcp.prot",
                "ip.src == 10.0.0",
                "ip.src == localhost",
                "ip.src == 10.0.0.0/33",
                "ipv6.src == fe80::/129",
                "eth.src == 02:00:00",
                "frame contains hello",
                "tcp.flags.syn == true",
                "mbuf_trace.origin == pf",
                "frame.time_epoch == 0x10",
                "frame matches \"[\"",
                "frame matches \"(a\"",
                "frame[0:0] == 00",
                "frame.number in {-1000000000000}",
                "ip.proto == 1000",
                "frame.number - 3000000000 == -3000000000",
            ],
        ),
        (
            "arithmetic",
            &[
                "frame.number + ip.src == 2",
                "frame.number * frame.time_epoch == 2",
                "1 + frame.number == 2",
                "frame.number == \"a\" + 1",
                "frame.number + 1 contains 1",
                "ip.src + 1 == 10.0.0.2",
                "-ip.src == 10.0.0.2",
                "eth.type in {1 + 2}",
                "frame.number in {frame.time_epoch}",
                "ip.src[0] in {0a}",
                "frame[0:2] in {frame[0]}",
                "eth.src in {eth.dst[0:6]}",
            ],
        ),
        (
            "functions",
            &[
                "max() == 1",
                "max(1, frame.number) == 1",
                "max(ip.proto, tcp.port) == 1",
                "max(ip.src[0:2]) == 0a:00",
                "abs(ip.src) == 10.0.0.1",
                "string(eth) == \"a\"",
                "string(tcp.prot) == \"a\"",
                "len(1) == 1",
                "ip.scr#2 == 10.0.0.1",
                "ip.src#x == 10.0.0.1",
                "ip.src[0-0] == 0a",
                "ip.src[3-1] == 0a",
            ],
        ),
        (
            "wireshark",
            &[
                "frame matches \"a(?=b)\"",
                "frame matches \"(a)\\\\1\"",
                "@ip.src == 00",
                "${macro}",
                "_ws.expert",
                "vals(ip.proto) == \"UDP\"",
                "ip.src & 255.0.0.0 == ip.src[0]",
                "ip.src == 10.0.0.0/8 & 255.0.0.0",
            ],
        ),
    ];
    for (topic, expressions) in topics {
        let mut shown = String::new();
        for expression in *expressions {
            let error = Filter::compile(expression).expect_err(expression);
            shown.push_str(&format!("{:?}\n{}\n\n", error.kind(), error.render(false)));
        }
        assert!(shown.lines().count() < 150, "{topic}: too long to review");
        insta::assert_snapshot!(format!("messages_{topic}"), shown);
    }
}

#[test]
fn absent_fields_are_refused_with_their_reason() {
    for absent in trace_fields::Absent::all() {
        for expression in [absent.name.to_owned(), format!("{}.below == 1", absent.name)] {
            let error = Filter::compile(&expression).unwrap_err();
            assert_eq!(error.kind(), FilterErrorKind::Unsupported, "{expression}");
            assert!(error.to_string().ends_with(absent.reason), "{error}");
            assert_eq!(error.help().len(), usize::from(absent.instead.is_some()), "{expression}");
        }
    }
}

#[test]
fn few_names_are_suggested() {
    for protocol in ["ip", "tcp", "mbuf_trace", "icmpv6"] {
        let error = Filter::compile(&format!("{protocol}.{}", "quite_unlike_any_name")).unwrap_err();
        let help = error.help().concat();
        assert!(help.matches(protocol).count() <= 6 && help.len() < 200, "{help}");
    }
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
    let error = Filter::compile("ip.src == \"\x1b[31m\u{202e}\"").unwrap_err();
    let shown = error.render(false);
    assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown:?}");
    assert_eq!(error.kind(), FilterErrorKind::Type);
}

#[test]
fn colour_is_only_where_it_is_asked_for() {
    let error = Filter::compile("ip.scr").unwrap_err();
    assert!(error.render(true).contains("\x1b["));
    assert!(!error.render(false).contains('\x1b'));
}
