//! Expressions made up by chance: operators × fields × literals, the literals mostly values that occur.

use super::{Dice, each_packet};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use trace_fields::{Field, FieldType, Scratch, Value};

/// Values that occur in a capture, as literals, for each field that has some.
#[derive(Debug)]
pub(crate) struct Known {
    fields: Vec<(&'static Field, Vec<String>)>,
}

fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => out += &format!("\\x{byte:02x}"),
        }
    }
    out + "\""
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn literal(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => quoted(text.as_bytes()),
        Value::Bytes(bytes) | Value::Protocol(bytes) => hex(&bytes[..bytes.len().min(8)]),
        other => other.to_string(),
    }
}

/// Fields that Wireshark has twice, with different types: there the literal decides which of the two is meant.
const TWICE: [&str; 4] =
    ["vxlan.flags", "icmpv6.opt.linkaddr", "icmpv6.opt.src_linkaddr", "icmpv6.opt.target_linkaddr"];

impl Known {
    /// Looks through a capture.
    pub(crate) fn of(capture: &[u8]) -> Self {
        const MOST: usize = 12;
        let mut values: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut scratch = Scratch::default();
        each_packet(capture, |subject, number| {
            if number > 300 {
                return;
            }
            for field in Field::all() {
                let _ = subject.visit(field.id, &mut scratch, &mut |value| {
                    let known = values.entry(field.name).or_default();
                    if known.len() < MOST {
                        known.insert(literal(&value));
                    }
                    ControlFlow::Continue(())
                });
            }
        });
        let fields = Field::all()
            .iter()
            .filter(|field| !TWICE.contains(&field.name))
            .filter_map(|field| Some((field, values.remove(field.name)?.into_iter().collect())))
            .collect();
        Self { fields }
    }

    fn field(
        &self,
        dice: &mut Dice,
        wanted: impl Fn(&Field) -> bool,
    ) -> Option<&(&'static Field, Vec<String>)> {
        let fitting: Vec<_> = self.fields.iter().filter(|(field, _)| wanted(field)).collect();
        if fitting.is_empty() { None } else { Some(dice.pick(&fitting)) }
    }
}

/// A sort of values, as far as they can be mixed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sort {
    Number,
    Truth,
    Text,
    Bytes,
    Protocol,
    Ipv4,
    Ipv6,
    Time,
}

fn sort(ty: FieldType) -> Sort {
    match ty {
        FieldType::Boolean => Sort::Truth,
        FieldType::String => Sort::Text,
        FieldType::Bytes | FieldType::Ether => Sort::Bytes,
        FieldType::Protocol => Sort::Protocol,
        FieldType::Ipv4 => Sort::Ipv4,
        FieldType::Ipv6 => Sort::Ipv6,
        _ if ty.max().is_some() => Sort::Number,
        _ => Sort::Time,
    }
}

/// Makes up expressions.
#[derive(Debug)]
pub(crate) struct Composer<'a> {
    pub(crate) known: &'a Known,
    pub(crate) dice: Dice,
}

impl Composer<'_> {
    /// An expression of several conditions that Wireshark 4.0 can be asked: with a field in some layers and
    /// again in all, it would take the layers for both.
    pub(crate) fn expression(&mut self, depth: usize) -> String {
        loop {
            let expression = self.conditions(depth);
            let mut layered = expression.match_indices('#').map(|(end, _)| {
                let start = expression[..end]
                    .rfind(|letter: char| !letter.is_alphanumeric() && !"._".contains(letter));
                &expression[start.map_or(0, |start| start + 1)..end]
            });
            if layered.all(|field| expression.matches(field).count() == 1) {
                return expression;
            }
        }
    }

    fn conditions(&mut self, depth: usize) -> String {
        match self.dice.next(if depth == 0 { 1 } else { 6 }) {
            0..=2 => self.relation(),
            3 => format!("not ({})", self.conditions(depth - 1)),
            4 => {
                let op = self.dice.pick(&["and", "or", "&&", "||"]);
                format!("({}) {op} {}", self.conditions(depth - 1), self.conditions(depth - 1))
            }
            _ => {
                let op = self.dice.pick(&["and", "or"]);
                format!("{} {op} {}", self.relation(), self.relation())
            }
        }
    }

    fn relation(&mut self) -> String {
        let (field, values) = self.known.field(&mut self.dice, |_| true).unwrap().clone();
        let quantifier = if self.dice.once_in(6) { self.dice.pick(&["any ", "all "]) } else { "" };
        let sort = sort(field.ty);
        match self.dice.next(12) {
            0 => self.entity(field),
            1 => self.slice_of(field),
            2 => self.arithmetic(field, &values, 2),
            3 => {
                let negated = self.dice.pick(&["", "not "]);
                format!("{quantifier}{} {negated}in {}", field.name, self.set(field, &values))
            }
            4 | 5 if matches!(sort, Sort::Text | Sort::Bytes | Sort::Protocol) || self.dice.once_in(4) => {
                self.search(field, &values, quantifier)
            }
            6 => format!(
                "{quantifier}{} {} {}",
                self.slice_of(field),
                self.comparison(),
                self.right_of_slice(field)
            ),
            7 => {
                let left = self.arithmetic(field, &values, 2);
                let right = self.right(field, &values);
                format!("{quantifier}{left} {} {right}", self.comparison())
            }
            8 => {
                let (left, class) = self.function(field, &values);
                let right = match class {
                    Some(Sort::Text) => {
                        let text =
                            self.dice.pick(&["\"10\"", "\"IP_INPUT\"", "\"2\"", "\"pf_test\"", "udp.port"]);
                        text.to_owned()
                    }
                    Some(Sort::Number) => {
                        self.dice.pick(&["1", "2", "4", "6", "frame.number", "count(ip.src)"]).to_owned()
                    }
                    _ => self.right(field, &values),
                };
                format!("{quantifier}{left} {} {right}", self.comparison())
            }
            _ => {
                let left = self.entity(field);
                let right = self.right(field, &values);
                format!("{quantifier}{left} {} {right}", self.comparison())
            }
        }
    }

    fn comparison(&mut self) -> &'static str {
        self.dice.pick(&[
            "==", "!=", "===", "!==", "<", "<=", ">", ">=", "eq", "ne", "gt", "le", "all_ne", "any_ne",
        ])
    }

    /// The field, sometimes in some of its layers.
    fn entity(&mut self, field: &Field) -> String {
        let name = field.name;
        match self.dice.next(12) {
            0 => format!(
                "{name}#{}",
                self.dice.pick(&["1", "2", "3", "[-1]", "[1-2]", "[2:]", "[-2:2]", "[1,3]"])
            ),
            _ => name.to_owned(),
        }
    }

    fn ranges(&mut self) -> String {
        self.dice
            .pick(&[
                "[0]", "[1]", "[-1]", "[0:2]", "[1:2]", "[1-2]", "[:3]", "[2:]", "[-2:]", "[0,2]",
                "[0:2,-1]", "[9]", "[-3--2]",
            ])
            .to_owned()
    }

    fn slice_of(&mut self, field: &Field) -> String {
        format!("{}{}", field.name, self.ranges())
    }

    fn literal(&mut self, field: &Field, values: &[String]) -> String {
        let value = self.dice.pick(values);
        if !field.names.is_empty() && self.dice.once_in(4) {
            return format!("\"{}\"", self.dice.pick(field.names).1);
        }
        match (sort(field.ty), self.dice.next(10)) {
            (Sort::Number, 0) => format!("-{value}"),
            (Sort::Number, 1) => {
                self.dice.pick(&["0", "0x10", "0b101", "017", "255", "65535", "'A'", "+3", "300"]).to_owned()
            }
            (Sort::Ipv4, 0 | 1) => format!("{value}/{}", self.dice.pick(&["8", "15", "24", "31", "32", "0"])),
            (Sort::Ipv6, 0 | 1) => format!("{value}/{}", self.dice.pick(&["8", "15", "64", "127", "128"])),
            (Sort::Truth, _) => self.dice.pick(&["0", "1", "True", "FALSE", "2"]).to_owned(),
            (_, 2) => self
                .dice
                .pick(&["1", "\"a\"", "10.0.0.1", "08:00", "True", "fe80::1", "1.5", "'a'", "UDP"])
                .to_owned(),
            _ => value,
        }
    }

    /// What a field is compared with.
    fn right(&mut self, field: &Field, values: &[String]) -> String {
        let mine = sort(field.ty);
        match self.dice.next(8) {
            0 => match self.known.field(&mut self.dice, |other| sort(other.ty) == mine) {
                Some((other, _)) => other.name.to_owned(),
                None => self.literal(field, values),
            },
            1 => {
                let values = values.to_vec();
                self.arithmetic(field, &values, 1)
            }
            // Wireshark 4.0 takes wrong memory for IPv6 addresses beside slices.
            2 if mine != Sort::Ipv6 && mine != Sort::Number => {
                match self.known.field(&mut self.dice, |other| sort(other.ty) != Sort::Ipv6) {
                    Some((other, _)) => {
                        let other = *other;
                        self.slice_of(other)
                    }
                    None => self.literal(field, values),
                }
            }
            3 if mine == Sort::Number => self.function(field, values).0,
            4 if self.dice.once_in(3) => {
                let (other, _) = self.known.field(&mut self.dice, |_| true).unwrap();
                other.name.to_owned()
            }
            _ => self.literal(field, values),
        }
    }

    fn right_of_slice(&mut self, field: &Field) -> String {
        match self.dice.next(4) {
            0 => match self.known.field(&mut self.dice, |other| sort(other.ty) != Sort::Ipv6) {
                Some((other, _)) => {
                    let other = *other;
                    self.slice_of(other)
                }
                None => "00".to_owned(),
            },
            1 => match self.known.field(&mut self.dice, |other| sort(other.ty) != Sort::Ipv6) {
                Some((other, _)) => other.name.to_owned(),
                None => "00".to_owned(),
            },
            2 => self
                .dice
                .pick(&["00", "02:00", "0a", "45", "0x45", "\"ip\"", "'i'", "0a00", "02-00"])
                .to_owned(),
            _ => {
                let values =
                    self.known.fields.iter().find(|(other, _)| other.id == field.id).unwrap().1.clone();
                self.literal(field, &values)
            }
        }
    }

    fn arithmetic(&mut self, field: &Field, values: &[String], depth: usize) -> String {
        let mine = sort(field.ty);
        let name = field.name.to_owned();
        if depth == 0 {
            return if self.dice.once_in(2) { name } else { self.literal(field, values) };
        }
        // What Wireshark 4.0 reckons with IPv6 addresses is beyond their prefix what was in memory.
        if mine == Sort::Ipv6 {
            return name;
        }
        // Wireshark 4.0 takes the difference of two times, in 32 bits, for their order: sixty-eight years apart,
        // the earlier one is the later.
        if mine == Sort::Time {
            return format!("{name} - {}", self.literal(field, values));
        }
        let op = match mine {
            Sort::Number => self.dice.pick(&["+", "-", "*", "/", "%", "&", "&"]),
            _ => "&",
        };
        let other = match self.known.field(&mut self.dice, |other| sort(other.ty) == mine) {
            Some((other, _)) if self.dice.once_in(3) => other.name.to_owned(),
            _ => self.literal(field, values),
        };
        let other = if mine == Sort::Ipv4 { other.split('/').next().unwrap().to_owned() } else { other };
        match self.dice.next(5) {
            0 => format!("-{name}"),
            1 => format!("{{{name} {op} {other}}} {op} {}", self.arithmetic(field, values, depth - 1)),
            2 => format!("{name} {op} {other} {op} {}", self.literal(field, values)),
            _ => format!("{name} {op} {other}"),
        }
    }

    fn function(&mut self, field: &Field, values: &[String]) -> (String, Option<Sort>) {
        let name = field.name;
        match self.dice.next(8) {
            0 => (format!("len({name})"), Some(Sort::Number)),
            1 => (format!("count({})", self.entity(field)), Some(Sort::Number)),
            2 => (format!("upper({name})"), Some(Sort::Text)),
            3 => (format!("lower({name})"), Some(Sort::Text)),
            4 => (format!("string({name})"), Some(Sort::Text)),
            5 => (format!("abs({})", self.arithmetic(field, values, 1)), None),
            _ => {
                let which = self.dice.pick(&["max", "min"]);
                let ty = field.ty;
                let other = match self.known.field(&mut self.dice, |other| other.ty == ty) {
                    Some((other, _)) => other.name.to_owned(),
                    None => name.to_owned(),
                };
                let literal = self.literal(field, values);
                let literal = literal.split('/').next().unwrap();
                let arguments = self.dice.pick(&[
                    name.to_owned(),
                    format!("{name}, {other}"),
                    format!("{name}, {literal}"),
                ]);
                (format!("{which}({arguments})"), None)
            }
        }
    }

    fn set(&mut self, field: &Field, values: &[String]) -> String {
        let mut elements = Vec::new();
        for _ in 0..=self.dice.next(3) {
            let one = self.literal(field, values);
            elements.push(match self.dice.next(5) {
                0 => format!("{one} .. {}", self.literal(field, values)),
                1 => match self.known.field(&mut self.dice, |other| sort(other.ty) == sort(field.ty)) {
                    Some((other, _)) => other.name.to_owned(),
                    None => one,
                },
                _ => one,
            });
        }
        format!("{{{}}}", elements.join(", "))
    }

    fn search(&mut self, field: &Field, values: &[String], quantifier: &str) -> String {
        let left = match self.dice.next(4) {
            0 => self.slice_of(field),
            1 if sort(field.ty) == Sort::Text => {
                format!("{}({})", self.dice.pick(&["upper", "lower"]), field.name)
            }
            _ => field.name.to_owned(),
        };
        if self.dice.once_in(2) {
            let pattern = self.dice.pick(&[
                "\"ip\"",
                "\"^\\x02\"",
                "\"[a-f]+\"",
                "\"(?-i)IP\"",
                "\"\"",
                "\"_.*t$\"",
                "\"^.{6}$\"",
                "r\"\\d\"",
                "r\"\\.c$\"",
                "\"a|b\"",
                "r\"\\x00{2}\"",
                "\"l+o W\"",
                "r\"\\bem\\d\"",
                "\"[[:digit:]]\"",
            ]);
            return format!("{quantifier}{left} matches {pattern}");
        }
        let right = match self.dice.next(4) {
            0 => self
                .dice
                .pick(&["\"ip\"", "00", "02:00", "\"em\"", "08:00", "\"\"", "'i'", "0a", "ip_", "\"GET\""])
                .to_owned(),
            1 => match self.known.field(&mut self.dice, |other| {
                !matches!(sort(other.ty), Sort::Ipv6 | Sort::Number | Sort::Time | Sort::Truth)
            }) {
                Some((other, _)) => {
                    let other = *other;
                    if self.dice.once_in(2) { other.name.to_owned() } else { self.slice_of(other) }
                }
                None => "00".to_owned(),
            },
            _ => self.literal(field, values),
        };
        format!("{quantifier}{left} contains {right}")
    }
}
