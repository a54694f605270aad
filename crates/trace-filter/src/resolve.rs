//! Names looked up and types checked: from the tree to a test.

use crate::ast::{
    BinaryOp, CompareOp, Element, Expr, ExprKind, Operand, OperandKind, Quantifier, Range, Span,
};
use crate::compiled::{Check, Constant, Member, Relation, Test, ValueTest};
use crate::error::{FilterError, FilterErrorKind};
use crate::literal::constant;
use crate::pattern;
use crate::source::{Class, Source};
use memchr::memmem::Finder;
use trace_fields::{Field, Scope};

type Result<T> = std::result::Result<T, FilterError>;

/// Functions of Wireshark that are refused by name.
const UNSUPPORTED_FUNCTIONS: &[&str] =
    &["string", "max", "min", "abs", "vals", "dec", "hex", "bin", "oct", "float", "double"];

fn wrong_type(span: Span, message: impl Into<String>) -> FilterError {
    FilterError::new(FilterErrorKind::Type, span, message)
}

fn unsupported(span: Span, what: &str) -> FilterError {
    let message = format!("Wireshark's {what} not supported yet");
    FilterError::new(FilterErrorKind::Unsupported, span, message)
}

/// Checks a tree and makes a test of it.
pub(crate) fn expression(expr: &Expr) -> Result<Test> {
    let all = |parts: &[Expr]| parts.iter().map(expression).collect::<Result<Vec<_>>>();
    match &expr.kind {
        ExprKind::And(parts) => Ok(Test::and(all(parts)?)),
        ExprKind::Or(parts) => Ok(Test::or(all(parts)?)),
        ExprKind::Xor(parts) => Ok(Test::Xor(all(parts)?.into())),
        ExprKind::Not(part) => Ok(Test::not(expression(part)?)),
        ExprKind::Exists(operand) => exists(operand),
        ExprKind::Compare { quantifier, first, rest } => {
            let mut left = first;
            let mut parts = Vec::with_capacity(rest.len());
            for (op, right) in rest {
                parts.push(compare(*quantifier, left, *op, right)?);
                left = right;
            }
            Ok(Test::and(parts))
        }
        ExprKind::Contains { quantifier, left, right } => contains(*quantifier, left, right),
        ExprKind::Matches { quantifier, left, right } => matches(*quantifier, left, right),
        ExprKind::In { quantifier, negated, left, set } => {
            if *negated && quantifier.is_some() {
                let error = unsupported(expr.span, "`any` and `all` before `not in` are");
                return Err(error.with_help("write `not (all a in {…})` or `not a in {…}`"));
            }
            if *quantifier == Some(Quantifier::All) {
                // There, `all` asks whether one element is equal to all values; later versions differ.
                return Err(unsupported(expr.span, "`all` before `in` is"));
            }
            let test = within(left, set)?;
            Ok(if *negated { Test::not(test) } else { test })
        }
    }
}

fn value_test(test: ValueTest) -> Test {
    Test::Value(Box::new(test))
}

fn exists(operand: &Operand) -> Result<Test> {
    match &operand.kind {
        OperandKind::Call { .. } => {
            Err(wrong_type(operand.span, "a function is no condition")
                .label("compare its value with something"))
        }
        OperandKind::Text(_) | OperandKind::Char(_) => {
            Err(wrong_type(operand.span, "a string is no condition").label("a field or protocol expected"))
        }
        _ => Ok(Test::Exists(source(operand)?)),
    }
}

/// The field of this name. A dot in front says that it is one.
fn field(word: &str) -> Option<&'static Field> {
    Field::by_name(word.strip_prefix('.').unwrap_or(word))
}

/// The field with the name nearest to this one, if any is near.
pub(crate) fn nearest_field(name: &str) -> Option<&'static str> {
    // A long word is no slip of the pen, and comparing it would take quadratic time.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    Field::all()
        .iter()
        .map(|field| (strsim::damerau_levenshtein(&lower, field.name), field.name))
        .min()
        .filter(|(distance, _)| *distance <= lower.len().div_ceil(3).min(4))
        .map(|(_, name)| name)
}

/// What names of fields begin with, each once, in the order of the fields.
fn protocols() -> String {
    let mut protocols: Vec<&str> = Vec::new();
    for field in Field::all() {
        let protocol = field.name.split('.').next().unwrap_or_default();
        if !protocols.contains(&protocol) {
            protocols.push(protocol);
        }
    }
    match protocols.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => protocols.concat(),
    }
}

fn unknown_field(word: &str, span: Span) -> FilterError {
    let error = FilterError::new(FilterErrorKind::UnknownName, span, format!("there is no field `{word}`"));
    if let Some(name) = nearest_field(word) {
        return error.with_help(format!("did you mean `{name}`?"));
    }
    let prefix = word.split('.').next().unwrap_or_default();
    let children: Vec<&str> = Field::all()
        .iter()
        .map(|field| field.name)
        .filter(|name| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
        .collect();
    if children.is_empty() {
        error.with_help(format!("fields begin with {}", protocols()))
    } else {
        error.with_help(format!("the fields of `{prefix}` are {}", children.join(", ")))
    }
}

/// An operand that has to be made from a field.
fn source(operand: &Operand) -> Result<Source> {
    let span = operand.span;
    match &operand.kind {
        OperandKind::Word(word) => match field(word) {
            Some(field) => Ok(Source::Field(field.id)),
            None if word.starts_with(|first: char| first.is_ascii_digit() || first == ':') => {
                Err(wrong_type(span, format!("`{word}` is no field"))
                    .label("a field expected")
                    .with_help("the field stands on the left side, the value on the right"))
            }
            None => Err(unknown_field(word, span)),
        },
        OperandKind::Text(_) | OperandKind::Char(_) => Err(wrong_type(span, "a string is no field")
            .label("a field expected")
            .with_help("the field stands on the left side, the value on the right")),
        OperandKind::Slice { of, ranges } => slice(of, ranges, span),
        OperandKind::Binary { op: BinaryOp::And, left, right } => masked(left, right),
        OperandKind::Call { name, arguments } => call(name, arguments, span),
        OperandKind::Layer { .. } => Err(unsupported(span, "layer operator (`field#2`) is")),
        OperandKind::Negate(_) => Err(unsupported(span, "arithmetic (`-field`) is")),
        OperandKind::Binary { op, .. } => Err(unsupported(span, &format!("arithmetic (`{}`) is", op.sign()))),
    }
}

/// Whether the operand is made from a field; otherwise it is a literal, whose type the other side says.
fn is_source(operand: &Operand) -> bool {
    match &operand.kind {
        OperandKind::Word(word) => word.starts_with('.') || field(word).is_some(),
        OperandKind::Text(_) | OperandKind::Char(_) => false,
        OperandKind::Negate(inner) => is_source(inner),
        OperandKind::Slice { .. } | OperandKind::Layer { .. } | OperandKind::Call { .. } => true,
        OperandKind::Binary { left, right, .. } => is_source(left) || is_source(right),
    }
}

/// Refuses what depends on the length of a protocol. For Wireshark that is the length of its header or of
/// all that it carries, as each dissector has it; for `contains` and `matches` it is always the latter.
fn check_whole(source: &Source, span: Span) -> Result<()> {
    let field = source.field();
    let partial = field.scope == Scope::Snapshot && matches!(source, Source::Field(_));
    if source.class() != Class::Protocol || !partial {
        return Ok(());
    }
    let error = unsupported(span, &format!("slices, lengths and comparisons of `{}` are", field.name));
    Err(error.with_help("`contains` and `matches` look into a protocol and all that it carries"))
}

fn slice(of: &Operand, ranges: &[Range], span: Span) -> Result<Source> {
    let of = source(of)?;
    check_whole(&of, span)?;
    let class = of.class();
    if !class.has_bytes() {
        let message = format!("`{}` has no bytes to take a slice of", of.field().name);
        return Err(wrong_type(span, message).label(format!("this is {}", with_article(class))));
    }
    for range in ranges {
        let empty = match *range {
            Range::Length(_, length) | Range::First(length) => length <= 0,
            Range::Between(first, last) => (first < 0) == (last < 0) && last < first,
            Range::At(_) | Range::From(_) => false,
        };
        if empty {
            let message = format!("the range `{range}` is empty");
            return Err(FilterError::new(FilterErrorKind::Value, span, message));
        }
    }
    Ok(Source::Slice(Box::new(of), ranges.into()))
}

fn masked(left: &Operand, right: &Operand) -> Result<Source> {
    let of = source(left)?;
    if is_source(right) {
        return Err(unsupported(right.span, "`&` between two fields is"));
    }
    let class = of.class();
    if matches!(class, Class::Ipv6 | Class::Ether | Class::Bytes) {
        return Err(unsupported(left.span, &format!("`&` on a value of this type ({}) is", class.name())));
    }
    if !matches!(class, Class::Uint(_) | Class::Ipv4) {
        let message = format!("`&` does not work on `{}`", of.field().name);
        return Err(wrong_type(left.span, message).label(format!("this is {}", with_article(class))));
    }
    let mask = constant(right, class, of.field())?;
    if matches!(mask, Constant::Ipv4 { mask, .. } if mask != u32::MAX) {
        return Err(wrong_type(right.span, "a mask has no prefix length"));
    }
    Ok(Source::Masked(Box::new(of), mask))
}

fn call(name: &str, arguments: &[Operand], span: Span) -> Result<Source> {
    const KNOWN: [&str; 4] = ["count", "len", "lower", "upper"];
    if UNSUPPORTED_FUNCTIONS.contains(&name) {
        return Err(unsupported(span, &format!("function `{name}` is")));
    }
    if !KNOWN.contains(&name) {
        let message = format!("there is no function `{name}`");
        let error = FilterError::new(FilterErrorKind::UnknownName, span, message);
        let names = KNOWN.join(", ");
        return Err(error.with_help(format!("the functions are {names}")));
    }
    let [argument] = arguments else {
        let message = format!("`{name}` takes one argument, here are {}", arguments.len());
        return Err(wrong_type(span, message));
    };
    let of = source(argument)?;
    if name == "len" {
        check_whole(&of, span)?;
    }
    match (name, &of) {
        ("len", Source::Field(field)) => Ok(Source::Length(*field)),
        ("count", Source::Field(field)) => Ok(Source::Count(*field)),
        ("upper" | "lower", Source::Field(_)) if of.class() == Class::Text => {
            Ok(Source::Case(Box::new(of), name == "upper"))
        }
        ("upper" | "lower", _) => {
            let message = format!("`{name}` takes a string field");
            Err(wrong_type(argument.span, message).label(format!("this is {}", with_article(of.class()))))
        }
        _ => Err(wrong_type(argument.span, format!("`{name}` takes a field"))),
    }
}

fn with_article(class: Class) -> String {
    let name = class.name();
    let article = if name.starts_with(['u', 'I', 'E']) { "an" } else { "a" };
    match class {
        Class::Bytes => name.into(),
        _ => format!("{article} {name}"),
    }
}

fn incompatible(left: &Source, right: &Source, span: Span) -> FilterError {
    let message = format!("`{}` and `{}` cannot be compared", left.field().name, right.field().name);
    wrong_type(span, message).label(format!(
        "this is {}, the left side {}",
        with_article(right.class()),
        with_article(left.class())
    ))
}

fn compare(quantifier: Option<Quantifier>, left: &Operand, op: CompareOp, right: &Operand) -> Result<Test> {
    let source = source(left)?;
    check_whole(&source, left.span)?;
    let (relation, all) = match op {
        CompareOp::AnyEqual => (Relation::Equal, false),
        CompareOp::AllEqual => (Relation::Equal, true),
        CompareOp::AnyUnequal => (Relation::Unequal, false),
        CompareOp::AllUnequal => (Relation::Unequal, true),
        CompareOp::Less => (Relation::Less, false),
        CompareOp::LessOrEqual => (Relation::LessOrEqual, false),
        CompareOp::Greater => (Relation::Greater, false),
        CompareOp::GreaterOrEqual => (Relation::GreaterOrEqual, false),
    };
    // What stands in front wins over what the operator says.
    let all = quantifier.map_or(all, |quantifier| quantifier == Quantifier::All);
    if is_source(right) {
        let other = self::source(right)?;
        check_whole(&other, right.span)?;
        if !source.class().goes_with(other.class()) {
            return Err(incompatible(&source, &other, right.span));
        }
        return Ok(Test::Pair { all, left: source, relation, right: other });
    }
    let constant = constant(right, source.class(), source.field())?;
    Ok(value_test(ValueTest { all, check: Check::Compare(relation, constant), source }))
}

/// The left side of `contains` and `matches`: something with bytes, but for IP addresses.
fn searched(left: &Operand, operator: &str) -> Result<Source> {
    let source = source(left)?;
    match source.class() {
        Class::Text | Class::Bytes | Class::Protocol | Class::Ether => Ok(source),
        class => {
            let message = format!("`{}` cannot be searched with `{operator}`", source.field().name);
            Err(wrong_type(left.span, message)
                .label(format!("this is {}; strings and bytes can", with_article(class))))
        }
    }
}

fn contains(quantifier: Option<Quantifier>, left: &Operand, right: &Operand) -> Result<Test> {
    let source = searched(left, "contains")?;
    let all = quantifier == Some(Quantifier::All);
    if is_source(right) {
        let other = self::source(right)?;
        if !source.class().goes_with(other.class()) {
            return Err(incompatible(&source, &other, right.span));
        }
        return Ok(Test::Pair { all, left: source, relation: Relation::Contains, right: other });
    }
    let needle = match (source.class(), &right.kind) {
        (Class::Ether, OperandKind::Text(_) | OperandKind::Char(_)) => {
            let message = format!("`{}` contains bytes, no text", source.field().name);
            return Err(wrong_type(right.span, message).with_help("bytes are written `02:00`"));
        }
        // Any bytes, not only a whole address.
        (Class::Ether, _) => constant(right, Class::Bytes, source.field())?,
        (class, _) => constant(right, class, source.field())?,
    };
    let Constant::Bytes(needle) = needle else {
        return Err(wrong_type(right.span, "bytes or text expected"));
    };
    Ok(value_test(ValueTest {
        all,
        check: Check::Contains(Box::new(Finder::new(&needle).into_owned())),
        source,
    }))
}

fn matches(quantifier: Option<Quantifier>, left: &Operand, right: &Operand) -> Result<Test> {
    let source = searched(left, "matches")?;
    let OperandKind::Text(text) = &right.kind else {
        return Err(wrong_type(right.span, "`matches` needs a string on its right side")
            .label("a regular expression between double quotes expected"));
    };
    Ok(value_test(ValueTest {
        all: quantifier == Some(Quantifier::All),
        check: Check::Matches(pattern::compile(text, right.span)?),
        source,
    }))
}

fn within(left: &Operand, set: &[Element]) -> Result<Test> {
    let source = source(left)?;
    check_whole(&source, left.span)?;
    if !matches!(source, Source::Field(_)) {
        return Err(wrong_type(left.span, "only a field can be looked for in a set"));
    }
    let member = |operand: &Operand| {
        if is_source(operand) {
            return Err(unsupported(operand.span, "fields in a set are")
                .with_help(format!("write `{left} == {operand}` beside it")));
        }
        constant(operand, source.class(), source.field())
    };
    let members = set
        .iter()
        .map(|element| match element {
            Element::One(one) => Ok(Member::One(member(one)?)),
            Element::Range(first, last) => Ok(Member::Range(member(first)?, member(last)?)),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(value_test(ValueTest { all: false, check: Check::In(members.into()), source }))
}
