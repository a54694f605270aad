//! The numbers that statistics are made of: fields, and arithmetic on them, in the grammar of filters.

use super::StatsError;
use trace_fields::{Field, FieldType, Scope, Value};
use trace_filter::ast::{BinaryOp, Expr, ExprKind, Operand, OperandKind};
use trace_filter::{Filter, parse};

/// What is taken from a packet to calculate with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) field: &'static Field,
    pub(super) what: What,
}

/// What of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The number that it is.
    Number,
    /// 1, because it is there.
    Presence,
    /// Its length in bytes.
    Length,
}

impl Input {
    /// The number that a value of the field gives.
    pub(super) fn number(&self, value: &Value<'_>) -> Option<i128> {
        match (self.what, value) {
            (What::Presence, _) => Some(1),
            (What::Number, Value::Uint(number)) => Some(i128::from(*number)),
            (What::Number, Value::Bool(is)) => Some(i128::from(*is)),
            (What::Number, Value::Time(time)) => Some(time.nanoseconds().0),
            (What::Length, Value::Text(text)) => i128::try_from(text.as_bytes().len()).ok(),
            (What::Length, Value::Bytes(bytes)) => i128::try_from(bytes.len()).ok(),
            (What::Number | What::Length, _) => None,
        }
    }
}

/// What a number counts, where its field says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Whatever it is, the field's documentation has it.
    Plain,
    /// A point in time, in nanoseconds since 1970.
    Instant,
    /// A length of time, in nanoseconds.
    Nanoseconds,
}

/// A number that is made from the values of a packet or of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quantity {
    Number(i128),
    /// The input at this place of the plan's list.
    Input(usize),
    Negate(Box<Quantity>),
    Binary(BinaryOp, Box<Quantity>, Box<Quantity>),
}

/// A division by zero, or a number that 128 bits do not hold: there is no value then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfRange;

impl Quantity {
    /// The number, or none where one of its fields has no value.
    pub(super) fn value(
        &self,
        input: &mut dyn FnMut(usize) -> Option<i128>,
    ) -> Result<Option<i128>, OutOfRange> {
        let (op, left, right) = match self {
            Self::Number(number) => return Ok(Some(*number)),
            Self::Input(place) => return Ok(input(*place)),
            Self::Negate(of) => {
                return of.value(input)?.map(|number| number.checked_neg().ok_or(OutOfRange)).transpose();
            }
            Self::Binary(op, left, right) => (op, left.value(input)?, right.value(input)?),
        };
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        let result = match op {
            BinaryOp::And => Some(left & right),
            BinaryOp::Add => left.checked_add(right),
            BinaryOp::Subtract => left.checked_sub(right),
            BinaryOp::Multiply => left.checked_mul(right),
            BinaryOp::Divide => left.checked_div(right),
            BinaryOp::Remainder => left.checked_rem(right),
        };
        result.map(Some).ok_or(OutOfRange)
    }

    /// Calls `found` with the place of every input.
    pub(super) fn inputs(&self, found: &mut dyn FnMut(usize)) {
        match self {
            Self::Number(_) => {}
            Self::Input(place) => found(*place),
            Self::Negate(of) => of.inputs(found),
            Self::Binary(_, left, right) => {
                left.inputs(found);
                right.inputs(found);
            }
        }
    }
}

/// Whether a field of snapshots has two values in one header: its source's and its destination's.
pub(super) fn has_two_values(field: &Field) -> bool {
    field.scope == Scope::Snapshot && (field.name.ends_with(".addr") || field.name.ends_with(".port"))
}

/// One operand: a name, a call or arithmetic, but no condition.
pub(super) fn operand(text: &str) -> Result<Operand, StatsError> {
    match parse(text)? {
        Some(Expr { kind: ExprKind::Exists(operand), .. }) => Ok(operand),
        Some(_) => Err(StatsError::Type(format!("`{text}` is a condition, which belongs to --filter"))),
        None => Err(StatsError::Type("an empty text names no field".into())),
    }
}

/// The field of this name; the error of an unknown one has a suggestion.
pub(super) fn field(name: &str) -> Result<&'static Field, StatsError> {
    if let Some(field) = Field::by_name(name) {
        return Ok(field);
    }
    // As an expression, an unknown name gets its caret and its suggestion.
    Filter::compile(name)?;
    Err(StatsError::Type(format!("`{name}` is no field")))
}

/// A number as filters write it: decimal, `0x…`, `0b…` or, after a zero, octal.
pub(super) fn number(word: &str) -> Option<i128> {
    let digits = |digits: &str, radix| i64::from_str_radix(digits, radix).ok();
    let number = match word.as_bytes() {
        [b'0', b'x' | b'X', ..] => digits(word.get(2..)?, 16),
        [b'0', b'b' | b'B', ..] => digits(word.get(2..)?, 2),
        [b'0', _, ..] => digits(word.get(1..)?, 8),
        [b'0'..=b'9', ..] => digits(word, 10),
        _ => None,
    };
    number.map(i128::from)
}

/// A number, perhaps with a sign.
pub(super) fn constant(operand: &Operand) -> Option<i128> {
    match &operand.kind {
        OperandKind::Word(word) => match word.strip_prefix('-') {
            Some(word) => number(word).and_then(i128::checked_neg),
            None => number(word),
        },
        OperandKind::Negate(of) => constant(of).and_then(i128::checked_neg),
        _ => None,
    }
}

/// The inputs of all quantities of a plan, each once.
#[derive(Debug, Default)]
pub(super) struct Inputs(pub(super) Vec<Input>);

impl Inputs {
    /// The place of this one in the list.
    pub(super) fn place(&mut self, input: Input) -> usize {
        self.0.iter().position(|known| *known == input).unwrap_or_else(|| {
            self.0.push(input);
            self.0.len().saturating_sub(1)
        })
    }

    /// Whether the quantity is made from fields of events.
    pub(super) fn has_events(&self, quantity: &Quantity) -> bool {
        let mut found = false;
        quantity.inputs(&mut |place| {
            found |= self.0.get(place).is_some_and(|input| input.field.scope == Scope::Event);
        });
        found
    }

    /// The quantity that an operand means, for `user`, which a type error names.
    pub(super) fn quantity(&mut self, operand: &Operand, user: &str) -> Result<Quantity, StatsError> {
        let numeric = |field: &'static Field| match field.ty {
            _ if has_two_values(field) => Err(StatsError::Type(format!(
                "`{}` has two values in a packet; {user} takes one of them, its source's or its destination's",
                field.name
            ))),
            FieldType::Boolean
            | FieldType::Uint8
            | FieldType::Uint16
            | FieldType::Uint32
            | FieldType::Uint64
            | FieldType::Uint24
            | FieldType::AbsoluteTime
            | FieldType::RelativeTime => Ok(field),
            ty => Err(StatsError::Type(format!(
                "{user} takes a number; `{}` is of type {}",
                field.name,
                ty.name()
            ))),
        };
        match &operand.kind {
            OperandKind::Word(_) if constant(operand).is_some() => {
                Ok(Quantity::Number(constant(operand).unwrap_or_default()))
            }
            OperandKind::Word(word) => {
                let field = numeric(field(word)?)?;
                Ok(Quantity::Input(self.place(Input { field, what: What::Number })))
            }
            OperandKind::Negate(of) => Ok(Quantity::Negate(Box::new(self.quantity(of, user)?))),
            OperandKind::Binary { op, left, right } => {
                let (left, right) = (self.quantity(left, user)?, self.quantity(right, user)?);
                Ok(Quantity::Binary(*op, Box::new(left), Box::new(right)))
            }
            OperandKind::Call { name, arguments } if name == "len" => {
                let [Operand { kind: OperandKind::Word(word), .. }] = arguments.as_slice() else {
                    return Err(StatsError::Type("`len` takes one field".into()));
                };
                let field = field(word)?;
                match field.ty {
                    FieldType::String | FieldType::Bytes => {
                        Ok(Quantity::Input(self.place(Input { field, what: What::Length })))
                    }
                    ty => Err(StatsError::Type(format!(
                        "`len` takes a string or bytes; `{word}` is of type {}",
                        ty.name()
                    ))),
                }
            }
            _ => {
                Err(StatsError::Type(format!("{user} takes fields, numbers and arithmetic, not `{operand}`")))
            }
        }
    }
}
