//! What is said about expressions that are no filters.

use crate::tshark::{reviewable, topics};
use trace_filter::{Filter, FilterErrorKind};

#[test]
fn messages() {
    for (topic, expressions) in topics(include_str!("expressions/messages.txt")) {
        let mut shown = String::new();
        for expression in expressions {
            let error = Filter::compile(&expression).expect_err(&expression);
            shown.push_str(&format!("{:?}\n{}\n\n", error.kind(), error.render(false)));
        }
        insta::assert_snapshot!(format!("messages_{topic}"), reviewable(shown));
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
