//! Conditions with names looked up and types checked: from the tree to a test.

use crate::ast::{CompareOp, Element, Expr, ExprKind, Operand as Tree, OperandKind, Quantifier};
use crate::compiled::{Check, Constant, Member, Relation, Test};
use crate::error::FilterError;
use crate::literal::{Wanted, constant};
use crate::operand::{Kind, Typed, arithmetic, field, source, unsupported, wrong_type};
use crate::pattern;
use crate::source::{Operand, Source};
use crate::types::{Class, Use};
use memchr::memmem::Finder;
use trace_fields::Field;

type Result<T> = std::result::Result<T, FilterError>;

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
            // Before a chain, Wireshark forgets it.
            let quantifier = quantifier.filter(|_| rest.len() == 1);
            let mut left = first;
            let mut parts = Vec::with_capacity(rest.len());
            for (op, right) in rest {
                parts.push(compare(quantifier, left, *op, right)?);
                left = right;
            }
            Ok(Test::and(parts))
        }
        ExprKind::Contains { quantifier, left, right } => contains(is_all(*quantifier), left, right),
        ExprKind::Matches { quantifier, left, right } => matches(is_all(*quantifier), left, right),
        ExprKind::In { quantifier, negated, left, set } => {
            // Before `not in`, Wireshark forgets it.
            let test = within(is_all(*quantifier) && !negated, left, set)?;
            Ok(if *negated { Test::not(test) } else { test })
        }
    }
}

fn is_all(quantifier: Option<Quantifier>) -> bool {
    quantifier == Some(Quantifier::All)
}

fn exists(operand: &Tree) -> Result<Test> {
    match Kind::of(operand) {
        Kind::Function => {
            Err(wrong_type(operand.span, "a function is no condition")
                .label("compare its value with something"))
        }
        Kind::Quoted => {
            Err(wrong_type(operand.span, "a string is no condition").label("a field or protocol expected"))
        }
        _ => Ok(Test::Exists(source(operand, None)?.value)),
    }
}

/// One side of a relation: what stands leftmost in it decides how the other side is read.
struct Left<'a> {
    source: Source,
    class: Class,
    /// A field, a slice or a function.
    kind: Kind,
    /// The field, to look its names of values up.
    names: Option<&'static Field>,
    tree: &'a Tree,
}

/// What the right side turned out to be.
enum Right {
    Source(Source),
    Constant(Constant),
}

fn leftmost(mut tree: &Tree) -> &Tree {
    loop {
        tree = match &tree.kind {
            OperandKind::Negate(inner) => inner,
            OperandKind::Binary { left, .. } => left,
            _ => return tree,
        };
    }
}

impl<'a> Left<'a> {
    fn read(tree: &'a Tree, operator: Use, sign: &str) -> Result<Self> {
        let Typed { value, class } = source(tree, None)?;
        let first = leftmost(tree);
        let kind = Kind::of(first);
        // Wireshark lets slices pass.
        if kind != Kind::Slice && !class.takes(operator) {
            let message = format!("`{tree}` cannot be searched with `{sign}`");
            return Err(wrong_type(tree.span, message)
                .label(format!("this is {}; strings and bytes can", class.with_article())));
        }
        let names = match &first.kind {
            OperandKind::Word(word) | OperandKind::Layer { field: word, .. } => field(word),
            _ => None,
        };
        Ok(Self { source: value, class, kind, names, tree })
    }

    fn incompatible(&self, right: &Tree, class: Class) -> FilterError {
        let message = format!("`{}` and `{right}` cannot be compared", self.tree);
        wrong_type(right.span, message).label(format!(
            "this is {}, the left side {}",
            class.with_article(),
            self.class.with_article()
        ))
    }

    /// Compares bytes with bytes, whatever the sides were.
    fn turn_into_bytes(&mut self, right: &Tree) -> Result<()> {
        if matches!(self.class, Class::Bytes | Class::Ether) {
            return Ok(());
        }
        if !self.class.has_bytes() {
            return Err(self.incompatible(right, Class::Bytes));
        }
        if Kind::of(self.tree) == Kind::Arithmetic {
            return Err(unsupported(self.tree.span, "comparison of arithmetic with a slice is"));
        }
        let source = std::mem::replace(&mut self.source, Source::field(trace_fields::FieldId::Frame));
        self.source = source.into_bytes();
        self.class = Class::Bytes;
        Ok(())
    }

    /// The right side, of a type that goes with the left one.
    fn right(&mut self, right: &Tree, operator: Use, partial: bool) -> Result<Right> {
        let is_slice = self.kind == Kind::Slice;
        let class = if is_slice { Class::Bytes } else { self.class };
        let checked = |other: Class| {
            if class.goes_with(other) && other.takes(operator) {
                Ok(())
            } else {
                Err(self.incompatible(right, other))
            }
        };
        match Kind::of(right) {
            Kind::Word | Kind::Quoted => {
                let what = self.tree.to_string();
                let wanted = Wanted { class, what: &what, names: self.names, partial };
                constant(right, wanted).map(Right::Constant)
            }
            Kind::Slice => {
                let Typed { value, .. } = source(right, Some(class))?;
                self.turn_into_bytes(right)?;
                Ok(Right::Source(value))
            }
            Kind::Field | Kind::Function if is_slice => {
                let Typed { value, class } = source(right, Some(Class::Bytes))?;
                match class {
                    Class::Bytes | Class::Ether => Ok(Right::Source(value)),
                    _ if class.has_bytes() => Ok(Right::Source(value.into_bytes())),
                    _ => Err(self.incompatible(right, class)),
                }
            }
            Kind::Field | Kind::Function => {
                let Typed { value, class: other } = source(right, Some(class))?;
                checked(other)?;
                Ok(Right::Source(value))
            }
            Kind::Arithmetic => {
                let Typed { value, class: other } = arithmetic(right, Some(class))?;
                checked(other)?;
                Ok(match value {
                    Operand::Source(source) => Right::Source(source),
                    Operand::Constant(constant) => Right::Constant(constant),
                })
            }
        }
    }
}

fn test(all: bool, left: Left<'_>, relation: Relation, right: Right) -> Test {
    let source = left.source;
    match right {
        Right::Source(right) => Test::Pair { all, left: source, relation, right },
        Right::Constant(constant) => Test::value(all, source, Check::Compare(relation, constant)),
    }
}

fn compare(quantifier: Option<Quantifier>, left: &Tree, op: CompareOp, right: &Tree) -> Result<Test> {
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
    let mut left = Left::read(left, Use::Compare, op.sign())?;
    let right = left.right(right, Use::Compare, false)?;
    Ok(test(all, left, relation, right))
}

fn contains(all: bool, left: &Tree, right: &Tree) -> Result<Test> {
    let mut left = Left::read(left, Use::Contains, "contains")?;
    match left.right(right, Use::Contains, true)? {
        Right::Constant(Constant::Text(needle) | Constant::Bytes(needle) | Constant::Protocol(needle)) => {
            let check = Check::Contains(Box::new(Finder::new(&needle).into_owned()));
            Ok(Test::value(all, left.source, check))
        }
        Right::Constant(_) => Err(wrong_type(right.span, "bytes or text expected")),
        right @ Right::Source(_) => Ok(test(all, left, Relation::Contains, right)),
    }
}

fn matches(all: bool, left: &Tree, right: &Tree) -> Result<Test> {
    let left = Left::read(left, Use::Matches, "matches")?;
    let OperandKind::Text(text) = &right.kind else {
        return Err(wrong_type(right.span, "`matches` needs a string on its right side")
            .label("a regular expression between double quotes expected"));
    };
    let check = Check::Matches(pattern::compile(text, right.span)?);
    Ok(Test::value(all, left.source, check))
}

/// Whether a value is equal to an element of the set. For `all`, Wireshark 4.0 asks whether there is one
/// element that all values are equal to, or one range that all are in.
fn within(all: bool, left: &Tree, set: &[Element]) -> Result<Test> {
    if Kind::of(left) != Kind::Field {
        source(left, None)?;
        return Err(wrong_type(left.span, "only a field can be looked for in a set"));
    }
    let mut members = Vec::new();
    let mut parts = Vec::new();
    let read = |tree: &Tree| -> Result<(Source, Operand)> {
        if Kind::of(tree) == Kind::Slice {
            return Err(wrong_type(tree.span, "a slice cannot be in a set"));
        }
        let mut left = Left::read(left, Use::Compare, "in")?;
        let operand = match left.right(tree, Use::Compare, false)? {
            Right::Source(source) => Operand::Source(source),
            Right::Constant(constant) => Operand::Constant(constant),
        };
        Ok((left.source, operand))
    };
    for element in set {
        match element {
            Element::One(one) => match read(one)? {
                (_, Operand::Constant(constant)) => members.push(Member::One(constant)),
                (left, Operand::Source(right)) => {
                    parts.push(Test::Pair { all, left, relation: Relation::Equal, right });
                }
            },
            Element::Range(first, last) => match (read(first)?, read(last)?) {
                ((_, Operand::Constant(first)), (_, Operand::Constant(last))) => {
                    members.push(Member::Range(first, last));
                }
                ((source, low), (_, high)) => parts.push(Test::Between { all, source, low, high }),
            },
        }
    }
    let source = || source(left, None).map(|typed| typed.value);
    let value_test =
        |members: Vec<Member>, source: Source| Test::value(all, source, Check::In(members.into()));
    if all {
        for member in members {
            parts.push(value_test(vec![member], source()?));
        }
    } else if !members.is_empty() {
        parts.push(value_test(members, source()?));
    }
    Ok(Test::or(parts))
}
