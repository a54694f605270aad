//! The grammar: what expressions are read as, and that what is printed is read as the same.

use proptest::prelude::*;
use trace_filter::ast::{
    BinaryOp, CompareOp, Element, Expr, ExprKind, Operand, OperandKind, Quantifier, Range, Span,
};
use trace_filter::{Filter, FilterErrorKind, MAX_DEPTH, MAX_LENGTH, parse};

#[test]
fn printed_form_shows_the_tree() {
    let table = [
        ("ip", "ip"),
        ("a and b or c", "(a and b) or c"),
        ("a or b and c", "a or (b and c)"),
        ("a&&b||c^^d", "(a and b) or (c xor d)"),
        ("a or b xor c and d", "a or (b xor (c and d))"),
        ("a and b and c", "a and b and c"),
        ("a and (b and c)", "a and (b and c)"),
        ("not a and b", "not a and b"),
        ("not (a and b)", "not (a and b)"),
        ("!!a", "not not a"),
        ("not ip.src == 1", "not ip.src == 1"),
        ("((a))", "a"),
        ("a eq 1", "a == 1"),
        ("a ne 1", "a != 1"),
        ("a ~= 1", "a !== 1"),
        ("a all_eq 1 or a any_ne 2", "a === 1 or a !== 2"),
        ("a lt 1 and a ge 0x10", "a < 1 and a >= 0x10"),
        ("a < b <= c", "a < b <= c"),
        ("any a == 1", "any a == 1"),
        ("all a contains \"x\"", "all a contains \"x\""),
        ("a ~ \"x\"", "a matches \"x\""),
        (r#"a matches r"\d+\"" "#, r#"a matches "\\d+\\\"""#),
        (r#"a == "\x41\102\t\"é\x00\xff""#, r#"a == "AB\t\"é\x00\xff""#),
        (r"a == '\x05'", r"a == '\x05'"),
        ("a == '\\''", "a == '\\''"),
        ("a in{1,2,5..9}", "a in {1, 2, 5 .. 9}"),
        ("a not in {fe80::1 .. fe80::5}", "a not in {fe80::1 .. fe80::5}"),
        ("a == 10.0.0.0/8", "a == 10.0.0.0/8"),
        ("a == fe80::/10", "a == fe80::/10"),
        ("a == ::", "a == ::"),
        ("a == ff:ff", "a == ff:ff"),
        ("a == 02-00-00", "a == 02-00-00"),
        ("a[0:4]", "a[0:4]"),
        ("a[ 0 , 1-2,:3,4:, -1][0]", "a[0,1-2,:3,4:,-1][0]"),
        ("a#2 == 1", "a#[2] == 1"),
        ("a#[-1] == 1", "a#[-1] == 1"),
        ("len(a) == 1", "len(a) == 1"),
        ("max(a, b) == 1", "max(a, b) == 1"),
        ("a & 1 == 1", "a & 1 == 1"),
        ("a + 1 * 2 & 3", "{a + {1 * 2}} & 3"),
        ("a == -1", "a == -1"),
        ("a == 1 - -1", "a == 1 - {-1}"),
        ("a == + 1", "a == 1"),
        ("-a == -1", "-a == -1"),
        ("a == -b[0]", "a == -b[0]"),
        ("a in {-1, +2 .. -b}", "a in {-1, 2 .. -b}"),
        ("a == {b} & {{1 + 2}}", "a == b & {1 + 2}"),
        ("max() == 1", "max() == 1"),
        ("abs(-a + 1) == 1", "abs({-a} + 1) == 1"),
        ("a == '\\u20ac'", "a == '\\U000020ac'"),
        ("{a + 1} * 2 == 4", "{a + 1} * 2 == 4"),
        (".ip", ".ip"),
        ("  a\t==\n1  ", "a == 1"),
    ];
    for (text, printed) in table {
        let tree = parse(text).unwrap_or_else(|error| panic!("{}", error.render(false))).unwrap();
        assert_eq!(tree.to_string(), printed, "{text}");
        assert_eq!(parse(printed).unwrap().unwrap(), tree, "{text}");
    }
}

#[test]
fn nothing_is_everything() {
    for text in ["", " ", "\n\t "] {
        assert_eq!(parse(text), Ok(None));
        assert_eq!(Filter::compile(text).unwrap().fields().count(), 0);
    }
}

fn limit(text: &str) {
    let error = Filter::compile(text).unwrap_err();
    assert_eq!(error.kind(), FilterErrorKind::Limit, "{error}");
    assert!(error.render(true).len() < 2000);
}

#[test]
fn long_and_deep_expressions() {
    let many = |text: &str| text.repeat(MAX_DEPTH + 1);
    limit(&" ".repeat(MAX_LENGTH + 1));
    limit(&format!("{}ip{}", many("("), many(")")));
    limit(&format!("{}ip", many("not ")));
    limit(&many("!"));
    limit(&many("("));
    limit(&format!("ip.len == {}1{}", many("{"), many("}")));
    limit(&format!("ip.len {} == 1", many("& 1 ")));
    limit(&format!("frame{}", many("[0:1]")));
    limit(&format!("{}ip.len{} == 1", many("len("), many(")")));
    limit(&format!("{}ip.len == 1", many("{")));

    // Long, and not deep.
    let long = vec!["ip"; MAX_LENGTH / 6].join(" or ");
    assert!(Filter::compile(&long).is_ok());
    let deep = format!("{}ip{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
    assert!(Filter::compile(&deep).is_ok());
    let chain = format!("frame.len{}", " == frame.len".repeat(4_000));
    assert!(Filter::compile(&chain).is_ok());
}

#[test]
fn a_pattern_that_grows_is_refused() {
    limit(r#"frame matches "(((a{100}){100}){100}){100}""#);
}

fn entity() -> impl Strategy<Value = Operand> + Clone {
    let word = prop_oneof![
        "[a-z]{1,3}(\\.[a-z0-9_]{1,4}){0,2}".prop_filter("no keyword", |word| parse(word)
            .is_ok_and(|tree| tree.is_some_and(|tree| matches!(tree.kind, ExprKind::Exists(_))))),
        "[0-9]{1,4}",
        "0x[0-9a-f]{1,4}",
        Just("10.0.0.0/8".to_owned()),
        Just("fe80::1/64".to_owned()),
        Just("02:00:00".to_owned()),
    ];
    let leaf = prop_oneof![
        word.prop_map(OperandKind::Word),
        proptest::collection::vec(any::<u8>(), 0..6).prop_map(OperandKind::Text),
        any::<String>().prop_map(|text| OperandKind::Text(text.into_bytes())),
        any::<u8>().prop_map(|byte| OperandKind::Char(u32::from(byte))),
        (0x100_u32..0xd800).prop_map(OperandKind::Char),
        ("[a-z]{2}\\.[a-z]{2}", ranges()).prop_map(|(field, ranges)| OperandKind::Layer { field, ranges }),
    ]
    .prop_map(located);
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), ranges())
                .prop_map(|(of, ranges)| OperandKind::Slice { of: Box::new(of), ranges }),
            ("[a-z]{4}", proptest::collection::vec(sum(inner), 0..3))
                .prop_map(|(name, arguments)| OperandKind::Call { name, arguments }),
        ]
        .prop_map(located)
    })
}

/// An entity, perhaps with a sign.
fn signed(
    entity: impl Strategy<Value = Operand> + Clone + 'static,
) -> impl Strategy<Value = Operand> + Clone {
    let negative = entity.clone().prop_map(|inner| located(OperandKind::Negate(Box::new(inner))));
    prop_oneof![3 => entity, 1 => negative].boxed()
}

/// Arithmetic of entities.
fn sum(entity: impl Strategy<Value = Operand> + Clone + 'static) -> impl Strategy<Value = Operand> + Clone {
    let ops = prop_oneof![
        Just(BinaryOp::And),
        Just(BinaryOp::Add),
        Just(BinaryOp::Subtract),
        Just(BinaryOp::Multiply),
        Just(BinaryOp::Divide),
        Just(BinaryOp::Remainder),
    ];
    let terms = signed(entity).prop_recursive(2, 4, 2, move |inner| {
        (ops.clone(), inner.clone(), inner).prop_map(|(op, left, right)| {
            located(OperandKind::Binary { op, left: Box::new(left), right: Box::new(right) })
        })
    });
    terms.boxed()
}

fn located(kind: OperandKind) -> Operand {
    Operand { kind, span: Span::default() }
}

fn ranges() -> impl Strategy<Value = Vec<Range>> {
    let range = prop_oneof![
        (-99..99_i32).prop_map(Range::At),
        (-99..99_i32, 1..99_i32).prop_map(|(at, length)| Range::Length(at, length)),
        (0..99_i32, 1..99_i32).prop_map(|(first, more)| Range::Between(first, first + more)),
        (2..99_i32).prop_map(|first| Range::Between(-first, -1)),
        (1..99_i32).prop_map(Range::First),
        (-99..99_i32).prop_map(Range::From),
    ];
    proptest::collection::vec(range, 1..3)
}

fn expression() -> impl Strategy<Value = Expr> {
    let quantifier = proptest::option::of(prop_oneof![Just(Quantifier::Any), Just(Quantifier::All)]);
    let ops = prop_oneof![
        Just(CompareOp::AnyEqual),
        Just(CompareOp::AllEqual),
        Just(CompareOp::AnyUnequal),
        Just(CompareOp::AllUnequal),
        Just(CompareOp::Less),
        Just(CompareOp::LessOrEqual),
        Just(CompareOp::Greater),
        Just(CompareOp::GreaterOrEqual),
    ];
    let element = prop_oneof![
        signed(entity()).prop_map(Element::One),
        (signed(entity()), signed(entity())).prop_map(|(first, last)| Element::Range(first, last)),
    ];
    let relation = prop_oneof![
        sum(entity()).prop_map(ExprKind::Exists),
        (quantifier.clone(), sum(entity()), proptest::collection::vec((ops, sum(entity())), 1..3))
            .prop_map(|(quantifier, first, rest)| ExprKind::Compare { quantifier, first, rest }),
        (quantifier.clone(), entity(), entity())
            .prop_map(|(quantifier, left, right)| { ExprKind::Contains { quantifier, left, right } }),
        (quantifier.clone(), entity(), entity())
            .prop_map(|(quantifier, left, right)| { ExprKind::Matches { quantifier, left, right } }),
        (quantifier, any::<bool>(), entity(), proptest::collection::vec(element, 1..3))
            .prop_map(|(quantifier, negated, left, set)| ExprKind::In { quantifier, negated, left, set }),
    ];
    let leaf = relation.prop_map(|kind| Expr { kind, span: Span::default() });
    leaf.prop_recursive(4, 16, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts.clone().prop_map(ExprKind::And),
            parts.clone().prop_map(ExprKind::Or),
            parts.prop_map(ExprKind::Xor),
            inner.prop_map(|inner| ExprKind::Not(Box::new(inner))),
        ]
        .prop_map(|kind| Expr { kind, span: Span::default() })
    })
}

/// What a filter is made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "ip.src",
        "tcp.port",
        "frame",
        "mbuf_trace.path",
        "==",
        "!=",
        "===",
        "<",
        "in",
        "{",
        "}",
        "..",
        ",",
        "(",
        ")",
        "[",
        "]",
        "0:2",
        "-1",
        "and",
        "or",
        "not",
        "any",
        "all",
        "matches",
        "contains",
        "\"a.*\"",
        "r\"(\"",
        "'x'",
        "10.0.0.1",
        "fe80::/10",
        "80",
        "0x1ffff",
        "len",
        "&",
        "+",
        "#2",
        "\\",
        "\"",
        "é",
        "\u{202e}",
    ]);
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn print_then_parse_is_identity(tree in expression()) {
        let printed = tree.to_string();
        prop_assert_eq!(parse(&printed).map_err(|error| error.render(false)), Ok(Some(tree)), "{}", printed);
    }

    #[test]
    fn any_text_is_a_filter_or_an_error(text in prop_oneof![any::<String>(), soup(), "[ -~]{0,40}"]) {
        match Filter::compile(&text) {
            Ok(filter) => prop_assert_eq!(filter.to_string(), text),
            Err(error) => {
                let span = error.span();
                prop_assert!(text.get(span.clone()).is_some(), "{:?}", span);
                let shown = error.render(false);
                prop_assert!(!shown.contains(['\u{1b}', '\u{202e}', '\0']), "{:?}", shown);
                let _ = error.render(true);
            }
        }
    }
}
