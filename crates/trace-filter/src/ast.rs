//! The tree of an expression: what was written, with places, and no name looked up.
//!
//! `Display` prints an expression that parses to the same tree.

use std::fmt::{self, Write};

/// A place in the expression, in bytes. All places are equal: two trees are equal when they say the same,
/// wherever it stood.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte behind it.
    pub end: usize,
}

impl Span {
    /// From the start of this one to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

/// Something that is true or false of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an [`Expr`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// All of these, two or more.
    And(Vec<Expr>),
    /// One of these, two or more.
    Or(Vec<Expr>),
    /// An odd number of these, two or more.
    Xor(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// The operand has a value; of arithmetic, one that is not zero.
    Exists(Operand),
    /// `a < b`, or a chain: `a < b <= c` is `a < b and b <= c`, whatever quantifier stands in front.
    Compare {
        /// `any` or `all` in front.
        quantifier: Option<Quantifier>,
        /// The leftmost operand.
        first: Operand,
        /// The others, each with the operator before it; at least one.
        rest: Vec<(CompareOp, Operand)>,
    },
    /// `a contains b`.
    Contains {
        /// `any` or `all` in front.
        quantifier: Option<Quantifier>,
        /// What is looked into.
        left: Operand,
        /// What is looked for.
        right: Operand,
    },
    /// `a matches "regular expression"`.
    Matches {
        /// `any` or `all` in front.
        quantifier: Option<Quantifier>,
        /// What is looked into.
        left: Operand,
        /// The pattern.
        right: Operand,
    },
    /// `a in {b, c .. d}`.
    In {
        /// `any` or `all` in front.
        quantifier: Option<Quantifier>,
        /// `not` before `in`.
        negated: bool,
        /// What is looked for.
        left: Operand,
        /// The set, at least one element.
        set: Vec<Element>,
    },
}

/// `any` or `all` before a comparison: how many of the field's values have to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// One.
    Any,
    /// Every one.
    All,
}

/// An operator of comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`, `eq`, `any_eq`.
    AnyEqual,
    /// `===`, `all_eq`.
    AllEqual,
    /// `!==`, `~=`, `any_ne`.
    AnyUnequal,
    /// `!=`, `ne`, `all_ne`.
    AllUnequal,
    /// `<`, `lt`.
    Less,
    /// `<=`, `le`.
    LessOrEqual,
    /// `>`, `gt`.
    Greater,
    /// `>=`, `ge`.
    GreaterOrEqual,
}

impl CompareOp {
    /// How it is printed.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AnyEqual => "==",
            Self::AllEqual => "===",
            Self::AnyUnequal => "!==",
            Self::AllUnequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// One element of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// One value.
    One(Operand),
    /// All from the first to the last, both included.
    Range(Operand, Operand),
}

/// Something that has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// What it is.
    pub kind: OperandKind,
    /// Where it stands.
    pub span: Span,
}

/// What an [`Operand`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperandKind {
    /// Anything without quotes: a field, a number, an address, bytes, a name. Only types tell them apart.
    Word(String),
    /// A string, escapes resolved: any bytes.
    Text(Vec<u8>),
    /// A character constant: the number of a byte or of a character in Unicode.
    Char(u32),
    /// `a[ranges]`: some bytes of a value.
    Slice {
        /// Of what.
        of: Box<Operand>,
        /// Which bytes, one range after the other.
        ranges: Vec<Range>,
    },
    /// `a#[ranges]`: the field in some of the layers of its protocol.
    Layer {
        /// The field.
        field: String,
        /// Which layers, from 1.
        ranges: Vec<Range>,
    },
    /// `name(arguments)`.
    Call {
        /// The function.
        name: String,
        /// Its arguments.
        arguments: Vec<Operand>,
    },
    /// `-a`, of anything but arithmetic.
    Negate(Box<Operand>),
    /// `a + b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The left side.
        left: Box<Operand>,
        /// The right side.
        right: Box<Operand>,
    },
}

/// A range of bytes or layers. Negative positions count from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// `n`: one.
    At(i32),
    /// `n:m`: m from n on.
    Length(i32, i32),
    /// `n-m`: from n to m, both included.
    Between(i32, i32),
    /// `:m`: the first m.
    First(i32),
    /// `n:`: all from n on.
    From(i32),
}

/// An operator of arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `&`, `bitwise_and`.
    And,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Remainder,
}

impl BinaryOp {
    /// How it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::And => "&",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

fn joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T], between: &str) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// A part of `and`, `or`, `xor` or `not`, in parentheses where it needs them. Nested operators always get
/// them: they say what binds tighter, and keep the tree as it is.
struct Part<'a>(&'a Expr);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Xor(_) => write!(f, "({})", self.0),
            _ => self.0.fmt(f),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], between| {
            let parts: Vec<_> = parts.iter().map(Part).collect();
            joined(f, &parts, between)
        };
        match &self.kind {
            ExprKind::And(parts) => list(f, parts, " and "),
            ExprKind::Or(parts) => list(f, parts, " or "),
            ExprKind::Xor(parts) => list(f, parts, " xor "),
            ExprKind::Not(part) => write!(f, "not {}", Part(part)),
            ExprKind::Exists(operand) => operand.fmt(f),
            ExprKind::Compare { quantifier, first, rest } => {
                write!(f, "{}{first}", Front(*quantifier))?;
                rest.iter().try_for_each(|(op, operand)| write!(f, " {} {operand}", op.sign()))
            }
            ExprKind::Contains { quantifier, left, right } => {
                write!(f, "{}{left} contains {right}", Front(*quantifier))
            }
            ExprKind::Matches { quantifier, left, right } => {
                write!(f, "{}{left} matches {right}", Front(*quantifier))
            }
            ExprKind::In { quantifier, negated, left, set } => {
                let not = if *negated { "not " } else { "" };
                write!(f, "{}{left} {not}in {{", Front(*quantifier))?;
                joined(f, set, ", ")?;
                f.write_str("}")
            }
        }
    }
}

/// A quantifier before its comparison.
struct Front(Option<Quantifier>);

impl fmt::Display for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Quantifier::Any) => f.write_str("any "),
            Some(Quantifier::All) => f.write_str("all "),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(operand) => operand.fmt(f),
            Self::Range(first, last) => write!(f, "{first} .. {last}"),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::At(at) => write!(f, "{at}"),
            Self::Length(at, length) => write!(f, "{at}:{length}"),
            Self::Between(first, last) => write!(f, "{first}-{last}"),
            Self::First(length) => write!(f, ":{length}"),
            Self::From(at) => write!(f, "{at}:"),
        }
    }
}

/// A part of arithmetic, in braces where it needs them.
struct Term<'a>(&'a Operand);

impl fmt::Display for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            OperandKind::Binary { .. } | OperandKind::Negate(_) => write!(f, "{{{}}}", self.0),
            _ => self.0.fmt(f),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            OperandKind::Word(word) => f.write_str(word),
            OperandKind::Text(bytes) => {
                f.write_char('"')?;
                escape(f, bytes, '"')?;
                f.write_char('"')
            }
            OperandKind::Char(number) => match u8::try_from(*number) {
                Ok(byte) => {
                    f.write_char('\'')?;
                    escape(f, &[byte], '\'')?;
                    f.write_char('\'')
                }
                Err(_) => write!(f, "'\\U{number:08x}'"),
            },
            OperandKind::Slice { of, ranges } => {
                write!(f, "{of}[")?;
                joined(f, ranges, ",")?;
                f.write_str("]")
            }
            OperandKind::Layer { field, ranges } => {
                write!(f, "{field}#[")?;
                joined(f, ranges, ",")?;
                f.write_str("]")
            }
            OperandKind::Call { name, arguments } => {
                write!(f, "{name}(")?;
                joined(f, arguments, ", ")?;
                f.write_str(")")
            }
            OperandKind::Negate(operand) => write!(f, "-{operand}"),
            OperandKind::Binary { op, left, right } => {
                write!(f, "{} {} {}", Term(left), op.sign(), Term(right))
            }
        }
    }
}

/// The inside of a string or a character constant.
fn escape(f: &mut fmt::Formatter<'_>, bytes: &[u8], quote: char) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                _ if letter == quote => write!(f, "\\{quote}")?,
                _ if mbuf_trace::text::is_unsafe(letter) => {
                    let mut utf8 = [0; 4];
                    for byte in letter.encode_utf8(&mut utf8).bytes() {
                        write!(f, "\\x{byte:02x}")?;
                    }
                }
                _ => f.write_char(letter)?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}
