//! Operands with names looked up and types checked: fields, slices, arithmetic, functions.

use crate::ast::{BinaryOp, Operand as Tree, OperandKind, Range, Span};
use crate::error::{FilterError, FilterErrorKind};
use crate::literal::{Wanted, constant};
use crate::number::Operation;
use crate::source::{Operand, Source};
use crate::suggest::{fields_ending_with, near_fields, related_fields};
use crate::types::{Class, Use};
use trace_fields::{Absent, Field};

type Result<T> = std::result::Result<T, FilterError>;

/// A source and what its values are.
#[derive(Debug, Clone)]
pub(crate) struct Typed<T> {
    pub(crate) value: T,
    pub(crate) class: Class,
}

/// What stands there, before types are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Field,
    Slice,
    Function,
    Arithmetic,
    /// A word that is no field.
    Word,
    /// A string or a character.
    Quoted,
}

impl Kind {
    pub(crate) fn of(operand: &Tree) -> Self {
        match &operand.kind {
            OperandKind::Word(word) if word.starts_with('.') || field(word).is_some() => Self::Field,
            OperandKind::Word(_) => Self::Word,
            OperandKind::Text(_) | OperandKind::Char(_) => Self::Quoted,
            OperandKind::Slice { .. } => Self::Slice,
            OperandKind::Layer { .. } => Self::Field,
            OperandKind::Call { .. } => Self::Function,
            OperandKind::Negate(_) | OperandKind::Binary { .. } => Self::Arithmetic,
        }
    }
}

/// Functions that later versions of Wireshark have.
const LATER_FUNCTIONS: [&str; 7] = ["vals", "dec", "hex", "bin", "oct", "float", "double"];

/// The functions that there are.
const FUNCTIONS: [&str; 8] = ["abs", "count", "len", "lower", "max", "min", "string", "upper"];

pub(crate) fn wrong_type(span: Span, message: impl Into<String>) -> FilterError {
    FilterError::new(FilterErrorKind::Type, span, message)
}

pub(crate) fn unsupported(span: Span, what: &str) -> FilterError {
    let message = format!("Wireshark's {what} not supported");
    FilterError::new(FilterErrorKind::Unsupported, span, message)
}

/// The field of this name. A dot in front says that it is one.
pub(crate) fn field(word: &str) -> Option<&'static Field> {
    Field::by_name(word.strip_prefix('.').unwrap_or(word))
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

/// `a`, `b` or `c`.
fn alternatives(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => format!("`{name}`"),
        [others @ .., last] => {
            let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", others.join(", "))
        }
    }
}

pub(crate) fn unknown_field(word: &str, span: Span) -> FilterError {
    let word = word.strip_prefix('.').unwrap_or(word);
    if let Some(absent) = Absent::by_name(word) {
        let message = format!("`{word}` is not available: {}", absent.reason);
        let error = FilterError::new(FilterErrorKind::Unsupported, span, message);
        return match absent.instead {
            Some(instead) => error.with_help(format!("instead: {instead}")),
            None => error,
        };
    }
    let error = FilterError::new(FilterErrorKind::UnknownName, span, format!("there is no field `{word}`"));
    let ending = fields_ending_with(word);
    let near = if ending.is_empty() { near_fields(word) } else { ending };
    if !near.is_empty() {
        return error.with_help(format!("did you mean {}?", alternatives(&near)));
    }
    match related_fields(word) {
        related if related.is_empty() => error.with_help(format!("fields begin with {}", protocols())),
        related => error.with_help(format!("fields like it are {}", related.join(", "))),
    }
}

fn known_field(word: &str, span: Span) -> Result<&'static Field> {
    match field(word) {
        Some(field) => Ok(field),
        None if word.starts_with(|first: char| first.is_ascii_digit() || first == ':') => {
            Err(wrong_type(span, format!("`{word}` is no field"))
                .label("a field expected")
                .with_help("the field stands on the left side, the value on the right"))
        }
        None => Err(unknown_field(word, span)),
    }
}

/// An operand that has to be made from a field. `left` is the type of the left side, where this is on the right.
pub(crate) fn source(operand: &Tree, left: Option<Class>) -> Result<Typed<Source>> {
    let span = operand.span;
    match &operand.kind {
        OperandKind::Word(word) => {
            let field = known_field(word, span)?;
            Ok(Typed { value: Source::field(field.id), class: Class::of(field.ty) })
        }
        OperandKind::Layer { field, ranges } => {
            let field = known_field(field, span)?;
            let layers = Some(ranges.clone().into());
            Ok(Typed { value: Source::Field { id: field.id, layers }, class: Class::of(field.ty) })
        }
        OperandKind::Text(_) | OperandKind::Char(_) => Err(wrong_type(span, "a string is no field")
            .label("a field expected")
            .with_help("the field stands on the left side, the value on the right")),
        OperandKind::Slice { of, ranges } => slice(of, ranges, left),
        OperandKind::Call { name, arguments } => call(name, arguments, span, left),
        OperandKind::Negate(_) | OperandKind::Binary { .. } => {
            let Typed { value, class } = arithmetic(operand, left)?;
            let value = match value {
                Operand::Source(source) => source,
                constant @ Operand::Constant(_) => {
                    Source::Extreme { greatest: true, of: Box::new([constant]) }
                }
            };
            Ok(Typed { value, class })
        }
    }
}

fn slice(of: &Tree, ranges: &[Range], left: Option<Class>) -> Result<Typed<Source>> {
    // More are hardly meant, and slices of slices could grow without end.
    const MOST_RANGES: usize = 64;
    let Typed { value, class } = source(of, left)?;
    if !class.has_bytes() {
        let message = format!("`{of}` has no bytes to take a slice of");
        return Err(wrong_type(of.span, message).label(format!("this is {}", class.with_article())));
    }
    if ranges.len() > MOST_RANGES {
        let message = format!("a slice of {} ranges, the limit is {MOST_RANGES}", ranges.len());
        return Err(FilterError::new(FilterErrorKind::Limit, of.span, message));
    }
    Ok(Typed { value: Source::Slice(Box::new(value), ranges.into()), class: Class::Bytes })
}

const fn operation(op: BinaryOp) -> Operation {
    match op {
        BinaryOp::And => Operation::And,
        BinaryOp::Add => Operation::Add,
        BinaryOp::Subtract => Operation::Subtract,
        BinaryOp::Multiply => Operation::Multiply,
        BinaryOp::Divide => Operation::Divide,
        BinaryOp::Remainder => Operation::Remainder,
    }
}

fn check_use(operand: &Tree, class: Class, operator: Use, sign: &str) -> Result<()> {
    if class.takes(operator) {
        return Ok(());
    }
    let message = format!("`{sign}` does not work on `{operand}`");
    Err(wrong_type(operand.span, message).label(format!("this is {}", class.with_article())))
}

/// Arithmetic, or one of its operands. Without a `left` type, it has to begin with something from a field.
pub(crate) fn arithmetic(operand: &Tree, left: Option<Class>) -> Result<Typed<Operand>> {
    match &operand.kind {
        OperandKind::Negate(inner) => {
            let Typed { value, class } = term(inner, left)?;
            check_use(inner, class, Use::Minus, "-")?;
            let value = match value {
                Operand::Source(source) => Operand::Source(Source::Negative(Box::new(source))),
                Operand::Constant(constant) => match constant.item().negative() {
                    Some(item) => Operand::Constant(crate::compiled::Constant::of(&item)),
                    None => {
                        let message = format!("`{operand}` is too small");
                        return Err(FilterError::new(FilterErrorKind::Value, operand.span, message));
                    }
                },
            };
            Ok(Typed { value, class })
        }
        OperandKind::Binary { op, left: first, right: second } => {
            let sign = op.sign();
            let one = arithmetic(first, left)?;
            check_use(first, one.class, Use::Binary(*op), sign)?;
            let other = arithmetic(second, Some(one.class))?;
            check_use(second, other.class, Use::Binary(*op), sign)?;
            if !one.class.goes_with(other.class) {
                let message = format!("`{first}` and `{second}` do not go together");
                let label = format!("this is {}", other.class.with_article());
                return Err(wrong_type(second.span, message).label(label));
            }
            if let Operand::Constant(constant) = &one.value
                && constant.is_network()
            {
                return Err(unsupported(first.span, "arithmetic on whole networks is"));
            }
            Ok(Typed { value: fold(operation(*op), one.value, other.value), class: one.class })
        }
        _ => term(operand, left),
    }
}

/// The operation, or its result where it is known without a packet.
fn fold(operation: Operation, left: Operand, right: Operand) -> Operand {
    if let (Operand::Constant(left), Operand::Constant(right)) = (&left, &right)
        && let Some(item) = left.item().reckon(operation, &right.item(), &mut Vec::new())
    {
        return Operand::Constant(crate::compiled::Constant::of(&item));
    }
    Operand::Source(Source::Binary { operation, left: Box::new(left), right: Box::new(right) })
}

/// An operand of arithmetic that is no arithmetic itself.
fn term(operand: &Tree, left: Option<Class>) -> Result<Typed<Operand>> {
    let span = operand.span;
    match (Kind::of(operand), left) {
        (Kind::Quoted, _) => Err(wrong_type(span, "strings and characters cannot be reckoned with")),
        (Kind::Word, None) => match &operand.kind {
            OperandKind::Word(word) => match known_field(word, span) {
                Err(error) if error.kind() == FilterErrorKind::Type => {
                    Err(wrong_type(span, "arithmetic on the left side begins with a field")
                        .label("a field expected"))
                }
                Err(error) => Err(error),
                Ok(field) => {
                    Ok(Typed { value: Operand::Source(Source::field(field.id)), class: Class::of(field.ty) })
                }
            },
            _ => Err(wrong_type(span, "a field expected")),
        },
        (Kind::Word, Some(class)) => {
            let wanted = Wanted { class, what: "the left side", names: None, partial: false };
            Ok(Typed { value: Operand::Constant(constant(operand, wanted)?), class })
        }
        _ => {
            let Typed { value, class } = source(operand, left)?;
            Ok(Typed { value: Operand::Source(value), class })
        }
    }
}

fn call(name: &str, arguments: &[Tree], span: Span, left: Option<Class>) -> Result<Typed<Source>> {
    if LATER_FUNCTIONS.contains(&name) {
        return Err(unsupported(span, &format!("function `{name}`, which version 4.0 does not have, is")));
    }
    if !FUNCTIONS.contains(&name) {
        let message = format!("there is no function `{name}`");
        let error = FilterError::new(FilterErrorKind::UnknownName, span, message);
        return Err(error.with_help(format!("the functions are {}", FUNCTIONS.join(", "))));
    }
    if matches!(name, "max" | "min") {
        return extreme(name, arguments, span, left);
    }
    let [argument] = arguments else {
        let message = format!("`{name}` takes one argument, here are {}", arguments.len());
        return Err(wrong_type(span, message));
    };
    if name == "abs" {
        return absolute(argument, left);
    }
    if Kind::of(argument) != Kind::Field {
        return Err(match &argument.kind {
            OperandKind::Word(word) if Kind::of(argument) == Kind::Word => known_field(word, argument.span)
                .err()
                .unwrap_or_else(|| wrong_type(argument.span, format!("`{name}` takes a field"))),
            _ => wrong_type(argument.span, format!("`{name}` takes a field")),
        });
    }
    let Typed { value, class } = source(argument, None)?;
    let of = Box::new(value);
    let wants = |what: &str| {
        let message = format!("`{name}` takes {what}");
        Err(wrong_type(argument.span, message).label(format!("this is {}", class.with_article())))
    };
    match name {
        "len" => Ok(Typed { value: Source::Length(of), class: Class::COUNT }),
        "count" => Ok(Typed { value: Source::Count(of), class: Class::COUNT }),
        "string" if class.has_text() => Ok(Typed { value: Source::Shown(of), class: Class::Text }),
        "string" => wants("numbers and addresses"),
        _ if class == Class::Text => {
            Ok(Typed { value: Source::Case(of, name == "upper"), class: Class::Text })
        }
        _ => wants("a string field"),
    }
}

/// An argument of a function that takes more than fields.
fn argument(name: &str, argument: &Tree, left: Option<Class>) -> Result<Typed<Operand>> {
    match Kind::of(argument) {
        Kind::Slice | Kind::Quoted => {
            Err(wrong_type(argument.span, format!("`{name}` takes fields, numbers and arithmetic")))
        }
        _ => {
            let typed = arithmetic(argument, left)?;
            match &typed.value {
                Operand::Constant(constant) if constant.is_network() => {
                    Err(unsupported(argument.span, &format!("`{name}` of whole networks is")))
                }
                _ => Ok(typed),
            }
        }
    }
}

fn extreme(name: &str, arguments: &[Tree], span: Span, left: Option<Class>) -> Result<Typed<Source>> {
    let mut class = left;
    let mut operands = Vec::with_capacity(arguments.len());
    for tree in arguments {
        let operand = argument(name, tree, class)?;
        if !operands.is_empty() && class != Some(operand.class) {
            let message = format!("the arguments of `{name}` are of different types");
            return Err(
                wrong_type(tree.span, message).label(format!("this is {}", operand.class.with_article()))
            );
        }
        class = Some(operand.class);
        operands.push(operand.value);
    }
    match class.filter(|_| !operands.is_empty()) {
        Some(class) => {
            Ok(Typed { value: Source::Extreme { greatest: name == "max", of: operands.into() }, class })
        }
        None => Err(wrong_type(span, format!("`{name}` takes one argument or more, here are none"))),
    }
}

fn absolute(tree: &Tree, left: Option<Class>) -> Result<Typed<Source>> {
    let Typed { value, class } = argument("abs", tree, left)?;
    if !class.has_sign() {
        let message = "`abs` takes numbers and times";
        return Err(wrong_type(tree.span, message).label(format!("this is {}", class.with_article())));
    }
    let value = match value {
        Operand::Source(source) => Source::Absolute(Box::new(source)),
        Operand::Constant(constant) => {
            let item = constant.item().absolute().map(|item| crate::compiled::Constant::of(&item));
            let constant = Operand::Constant(item.unwrap_or(constant));
            Source::Extreme { greatest: true, of: Box::new([constant]) }
        }
    };
    Ok(Typed { value, class })
}
