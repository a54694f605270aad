//! Ranges between brackets: of bytes in a slice, of layers behind `#`.

use crate::ast::{Range, Span};
use crate::error::{FilterError, FilterErrorKind};

/// The ranges between brackets.
pub(crate) fn list(text: &str, span: Span) -> Result<Vec<Range>, FilterError> {
    text.split(',')
        .map(|range| {
            let error = |message| FilterError::new(FilterErrorKind::Syntax, span, message);
            let shown = range.trim_ascii().escape_debug();
            match read(range) {
                Some(range) if is_empty(range) => Err(error(format!("the range `{shown}` is empty"))
                    .with_help("ranges are `n`, `n:length`, `first-last`, `:length` and `n:`")),
                Some(range) => Ok(range),
                None => Err(error(format!("`{shown}` is no range"))
                    .with_help("ranges are `n`, `n:length`, `first-last`, `:length` and `n:`")),
            }
        })
        .collect()
}

/// Whether it never holds anything. One from a byte to itself is refused by Wireshark too.
fn is_empty(range: Range) -> bool {
    match range {
        Range::Length(_, length) | Range::First(length) => length <= 0,
        Range::Between(first, last) => last <= first || first < 0 && last > 0,
        Range::At(_) | Range::From(_) => false,
    }
}

/// One range; none where the text is something else.
pub(crate) fn read(text: &str) -> Option<Range> {
    let (start, rest) = match text.strip_prefix(':') {
        Some(_) => (None, text),
        None => number(text).map(|(start, rest)| (Some(start), rest))?,
    };
    let rest = rest.trim_ascii_start();
    if rest.is_empty() {
        return start.map(Range::At);
    }
    if let Some(last) = rest.strip_prefix('-') {
        let (last, rest) = number(last)?;
        return rest.trim_ascii_start().is_empty().then_some(Range::Between(start?, last));
    }
    let rest = rest.strip_prefix(':')?;
    if rest.is_empty() {
        return Some(Range::From(start.unwrap_or(0)));
    }
    let (length, rest) = number(rest)?;
    let range = start.map_or(Range::First(length), |start| Range::Length(start, length));
    rest.trim_ascii_start().is_empty().then_some(range)
}

/// A number as C reads it, with its sign, and what is behind it.
fn number(text: &str) -> Option<(i32, &str)> {
    let text = text.trim_ascii_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    let count = digits.chars().take_while(|digit| digit.is_digit(radix)).count();
    let (digits, rest) = digits.split_at_checked(count)?;
    let value = i64::from_str_radix(digits, radix).ok()?;
    let value = if text.starts_with('-') { value.checked_neg()? } else { value };
    Some((i32::try_from(value).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let table = [
            ("3", Some(Range::At(3))),
            (" -3 ", Some(Range::At(-3))),
            ("+3", Some(Range::At(3))),
            ("0x10", Some(Range::At(16))),
            ("010", Some(Range::At(8))),
            ("0", Some(Range::At(0))),
            ("1:2", Some(Range::Length(1, 2))),
            ("1 : 2", Some(Range::Length(1, 2))),
            ("-4:2", Some(Range::Length(-4, 2))),
            ("1-2", Some(Range::Between(1, 2))),
            ("-3--1", Some(Range::Between(-3, -1))),
            (":2", Some(Range::First(2))),
            ("2:", Some(Range::From(2))),
            (":", Some(Range::From(0))),
            ("2: ", None),
            (" :2", None),
            ("", None),
            ("x", None),
            ("1 2", None),
            ("1-", None),
            ("08", None),
            ("99999999999", None),
            ("1-2-3", None),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }
}
