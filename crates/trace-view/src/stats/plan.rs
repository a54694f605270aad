//! What is asked: by which keys, which functions of which numbers.

use super::StatsError;
use super::accumulator::{Accumulator, Sum};
use super::distribution::{Distribution, Linear};
use super::interval::Interval;
use super::quantity::{Input, Inputs, Quantity, Unit, What, constant, field, operand};
use trace_fields::{Field, FieldId, FieldType, Scope};
use trace_filter::ast::{Operand, OperandKind};

/// Most keys, and most functions.
const MOST: usize = 16;

/// What is asked of a capture.
#[derive(Debug, Default)]
pub struct Plan {
    pub(super) keys: Vec<Key>,
    pub(super) aggregates: Vec<Aggregate>,
    /// What the functions and the arithmetic in keys take from a packet.
    pub(super) inputs: Vec<Input>,
    /// How the rows are made and shown.
    pub options: Options,
}

/// How rows are made and shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Only so many keys, those with the highest results.
    pub top: Option<usize>,
    /// Each of these by itself.
    pub interval: Option<Interval>,
    /// Intervals are written as they end, and forgotten.
    pub as_they_end: bool,
    /// Every snapshot that repeats no earlier one, not only the newest.
    pub all_snapshots: bool,
}

/// What rows are counted by.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) source: KeySource,
    /// Whether its values belong to events.
    pub(super) is_of_event: bool,
}

/// Where the values of a key come from.
#[derive(Debug)]
pub(super) enum KeySource {
    Field(&'static Field),
    Quantity(Quantity),
}

/// A function of the rows with one key.
#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) name: String,
    pub(super) function: Function,
    /// Of what; rows are counted where it is none.
    pub(super) argument: Option<Quantity>,
    /// Whether its argument belongs to events.
    pub(super) is_of_event: bool,
    pub(super) unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Sum,
    Average,
    Min,
    Max,
    Quantize,
    Lquantize(Linear),
}

/// Names of the functions, as DTrace has them, and what they take.
const FUNCTIONS: [(&str, &str); 7] = [
    ("count", "count, count(FIELD)"),
    ("sum", "sum(NUMBER)"),
    ("avg", "avg(NUMBER)"),
    ("min", "min(NUMBER)"),
    ("max", "max(NUMBER)"),
    ("quantize", "quantize(NUMBER)"),
    ("lquantize", "lquantize(NUMBER, LOW, HIGH, STEP)"),
];

impl Function {
    pub(super) fn accumulator(&self) -> Accumulator {
        match self {
            Self::Count => Accumulator::Count(0),
            Self::Sum => Accumulator::Sum(Sum::default()),
            Self::Average => Accumulator::Average(Sum::default()),
            Self::Min => Accumulator::Min(None),
            Self::Max => Accumulator::Max(None),
            Self::Quantize | Self::Lquantize(_) => Accumulator::Distribution(Distribution::default()),
        }
    }

    pub(super) fn is_distribution(&self) -> bool {
        matches!(self, Self::Quantize | Self::Lquantize(_))
    }

    /// The scale of `lquantize`.
    pub(super) fn linear(&self) -> Option<&Linear> {
        match self {
            Self::Lquantize(linear) => Some(linear),
            _ => None,
        }
    }
}

impl Plan {
    /// The fields that it asks for, some of them more than once.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        let of_key = |key: &Key| match &key.source {
            KeySource::Field(field) => Some(*field),
            KeySource::Quantity(_) => None,
        };
        self.keys.iter().filter_map(of_key).chain(self.inputs.iter().map(|input| input.field))
    }

    /// Makes a plan of keys, of which one text can name several, separated by commas, and of functions; without
    /// a function, rows are counted.
    ///
    /// # Errors
    ///
    /// Where a text does not follow the grammar of filters, names what does not exist, or puts together what
    /// does not go together.
    pub fn new(by: &[String], functions: &[String], options: Options) -> Result<Self, StatsError> {
        let mut inputs = Inputs::default();
        let mut plan = Self { options, ..Self::default() };
        for text in by.iter().flat_map(|text| split(text)) {
            let key = key(text, &mut inputs)?;
            if plan.keys.iter().any(|other| other.name == key.name) {
                return Err(StatsError::Type(format!("`{}` is named twice", key.name)));
            }
            plan.keys.push(key);
        }
        for text in functions {
            let aggregate = aggregate(text, &mut inputs)?;
            if plan.aggregates.iter().any(|other| other.name == aggregate.name) {
                return Err(StatsError::Type(format!("`{}` is named twice", aggregate.name)));
            }
            plan.aggregates.push(aggregate);
        }
        if plan.aggregates.is_empty() {
            plan.aggregates.push(aggregate("count", &mut inputs)?);
        }
        if plan.keys.len() > MOST || plan.aggregates.len() > MOST {
            return Err(StatsError::Type(format!("at most {MOST} fields and {MOST} functions")));
        }
        plan.inputs = inputs.0;
        if options.all_snapshots && plan.keys.iter().any(|key| key.is_of_event) {
            return Err(StatsError::Type(
                "with fields of events a row is an event; --all-snapshots makes each snapshot one".into(),
            ));
        }
        Ok(plan)
    }

    /// Whether anything is asked of snapshots.
    pub(super) fn asks_snapshots(&self) -> bool {
        let of_snapshot = |field: &Field| field.scope == Scope::Snapshot;
        self.inputs.iter().any(|input| of_snapshot(input.field))
            || self.keys.iter().any(|key| matches!(key.source, KeySource::Field(field) if of_snapshot(field)))
    }
}

/// The parts of a list, separated by commas outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(move |letter| {
        match letter {
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .collect()
}

fn key(text: &str, inputs: &mut Inputs) -> Result<Key, StatsError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > 1 && words.iter().copied().all(Field::is_name) {
        return Err(StatsError::Type(format!(
            "`{}` is no field: names have no spaces; between several stands a comma",
            words.join(" ")
        )));
    }
    let operand = operand(text)?;
    let source = match &operand.kind {
        OperandKind::Word(word) => KeySource::Field(field(word)?),
        _ => KeySource::Quantity(inputs.quantity(&operand, "arithmetic")?),
    };
    let is_of_event = match &source {
        KeySource::Field(field) => field.scope == Scope::Event,
        KeySource::Quantity(quantity) => inputs.has_events(quantity),
    };
    Ok(Key { name: operand.to_string(), source, is_of_event })
}

fn aggregate(text: &str, inputs: &mut Inputs) -> Result<Aggregate, StatsError> {
    // Filters have no functions without arguments.
    let trimmed = text.trim();
    let text = if trimmed == "count()" { "count" } else { text };
    let operand = operand(text)?;
    let (name, arguments) = match &operand.kind {
        OperandKind::Word(word) => (word.as_str(), &[][..]),
        OperandKind::Call { name, arguments } => (name.as_str(), arguments.as_slice()),
        _ => return Err(unknown_function(trimmed)),
    };
    let user = format!("`{name}`");
    let mut unit = Unit::Plain;
    let (function, argument) = match (name, arguments) {
        ("count", []) => (Function::Count, None),
        ("count", [Operand { kind: OperandKind::Word(word), .. }]) => {
            let input = Input { field: field(word)?, what: What::Presence };
            (Function::Count, Some(Quantity::Input(inputs.place(input))))
        }
        ("sum" | "avg" | "min" | "max" | "quantize", [of]) => {
            let argument = inputs.quantity(of, &user)?;
            unit = unit_of(&argument, inputs);
            let function = match name {
                "min" => Function::Min,
                "max" => Function::Max,
                _ if unit == Unit::Instant => return Err(instant(name, of)),
                "sum" => Function::Sum,
                "avg" => Function::Average,
                _ => Function::Quantize,
            };
            (function, Some(argument))
        }
        ("lquantize", [of, low, high, step]) => {
            let argument = inputs.quantity(of, &user)?;
            unit = unit_of(&argument, inputs);
            if unit == Unit::Instant {
                return Err(instant(name, of));
            }
            let bound = |operand: &Operand| {
                let message = || StatsError::Type(format!("{user} takes whole numbers, not `{operand}`"));
                constant(operand).ok_or_else(message)
            };
            let linear = Linear::new(bound(low)?, bound(high)?, bound(step)?)
                .map_err(|wrong| StatsError::Type(format!("`{operand}`: {wrong}")))?;
            (Function::Lquantize(linear), Some(argument))
        }
        _ => match FUNCTIONS.iter().find(|(known, _)| *known == name) {
            Some((_, usage)) => return Err(StatsError::Type(format!("`{operand}`: it is written {usage}"))),
            None => return Err(unknown_function(name)),
        },
    };
    let is_of_event = argument.as_ref().is_some_and(|argument| inputs.has_events(argument));
    Ok(Aggregate { name: operand.to_string(), function, argument, is_of_event, unit })
}

/// A bare time stays one; what is made from it by arithmetic is a number of nanoseconds, or whatever it is then.
fn unit_of(quantity: &Quantity, inputs: &Inputs) -> Unit {
    let Quantity::Input(place) = quantity else { return Unit::Plain };
    match inputs.0.get(*place) {
        Some(Input { field, what: What::Number }) => match field.ty {
            FieldType::AbsoluteTime => Unit::Instant,
            // For Wireshark, the time since 1970.
            FieldType::RelativeTime if field.id == FieldId::FrameTimeEpoch => Unit::Instant,
            FieldType::RelativeTime => Unit::Nanoseconds,
            _ => Unit::Plain,
        },
        _ => Unit::Plain,
    }
}

fn instant(function: &str, of: &Operand) -> StatsError {
    StatsError::Type(format!("`{function}` takes a number; `{of}` is a point in time, which has min and max"))
}

fn unknown_function(name: &str) -> StatsError {
    let usages = FUNCTIONS.map(|(_, usage)| usage).join(", ");
    let name = name.escape_debug().to_string();
    if Field::by_name(&name).is_some() {
        return StatsError::Type(format!("`{name}` is a field, not a function of one: {usages}"));
    }
    let close = FUNCTIONS
        .iter()
        .map(|(known, _)| (strsim::damerau_levenshtein(&name, known), *known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match close {
        Some((_, known)) => {
            StatsError::Type(format!("there is no function `{name}`; did you mean `{known}`?"))
        }
        None => StatsError::Type(format!("there is no function `{name}`; there are {usages}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(by: &[&str], functions: &[&str], options: Options) -> String {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        match Plan::new(&owned(by), &owned(functions), options) {
            Ok(_) => "fine".into(),
            Err(StatsError::Filter(error)) => format!("{error}; {}", error.help().join("; ")),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_refused() {
        let mut all = String::new();
        for by in [
            "ip.scr",
            "ip.src == 1.2.3.4",
            "",
            "ip.src,ip.src",
            "ip.src + 1",
            "tcp.port / 2",
            "len(ip.src)",
            "ip src",
            "function",
        ] {
            all.push_str(&format!("--by {by}: {}\n", error(&[by], &[], Options::default())));
        }
        for function in [
            "sum",
            "sum()",
            "sum(ip.src)",
            "sum(mbuf_trace.function)",
            "sum(ip.len, ip.ttl)",
            "avg(tcp.port)",
            "sum(frame.time_epoch)",
            "lquantize(ip.ttl)",
            "lquantize(ip.ttl, 0, ip.len, 1)",
            "lquantize(ip.ttl, 10, 0, 1)",
            "quantise(ip.len)",
            "median(ip.len)",
            "ip.len",
            "ip.len + 1",
            "quantize(ip.len",
            "count(ip.len + 1)",
            "max(\"a\")",
            "sum(upper(ip.len))",
            "\u{1b}[31m",
        ] {
            let shown = function.escape_debug();
            all.push_str(&format!("{shown}: {}\n", error(&[], &[function], Options::default())));
        }
        let snapshots = Options { all_snapshots: true, ..Options::default() };
        all.push_str(&error(&["mbuf_trace.function", "ip.src"], &[], snapshots));
        assert!(!all.contains('\u{1b}'));
        insta::assert_snapshot!(all);
    }

    #[test]
    fn what_is_taken() {
        for by in [
            "ip.src",
            "ip.src,ip.dst",
            " ip.src , ip.dst",
            "ip.ttl & 0xf0",
            "{ip.len - 20} / 8",
            "tcp",
            "ip.addr",
        ] {
            assert_eq!(error(&[by], &[], Options::default()), "fine", "{by}");
        }
        for function in [
            "count",
            "count()",
            "count(ip.src)",
            "count(tcp)",
            "sum(ip.len)",
            "avg(ip.len - 20)",
            "min(frame.time_epoch)",
            "max(-ip.len)",
            "quantize({ip.len - 20} * 8)",
            "lquantize(ip.ttl, -10, 0x100, 010)",
            "sum(tcp.flags.syn)",
            "quantize(frame.time_delta)",
            "quantize(len(mbuf_trace.data))",
        ] {
            assert_eq!(error(&[], &[function], Options::default()), "fine", "{function}");
        }
    }
}
