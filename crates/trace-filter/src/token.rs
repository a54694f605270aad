//! An expression's text as tokens.

use crate::ast::{BinaryOp, CompareOp, Quantifier, Range, Span};
use crate::error::{FilterError, FilterErrorKind};

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Anything without quotes that is no keyword.
    Word(String),
    Text(Vec<u8>),
    Char(u8),
    Compare(CompareOp),
    Contains,
    Matches,
    In,
    And,
    Or,
    Xor,
    Not,
    Quantifier(Quantifier),
    /// `+ - * / % &`; `-` may turn out to be a sign.
    Binary(BinaryOp),
    Open,
    Close,
    OpenSet,
    CloseSet,
    Comma,
    DotDot,
    /// `[…]`, taken apart.
    Brackets(Vec<Range>),
    /// `#3` or `#[…]`.
    Layer(Vec<Range>),
    End,
}

type Result<T> = std::result::Result<T, FilterError>;

fn syntax(span: Span, message: impl Into<String>) -> FilterError {
    FilterError::new(FilterErrorKind::Syntax, span, message)
}

/// Words with a meaning of their own, and what they mean.
const KEYWORDS: &[(&str, Token)] = &[
    ("and", Token::And),
    ("or", Token::Or),
    ("xor", Token::Xor),
    ("not", Token::Not),
    ("any", Token::Quantifier(Quantifier::Any)),
    ("all", Token::Quantifier(Quantifier::All)),
    ("eq", Token::Compare(CompareOp::AnyEqual)),
    ("any_eq", Token::Compare(CompareOp::AnyEqual)),
    ("all_eq", Token::Compare(CompareOp::AllEqual)),
    ("ne", Token::Compare(CompareOp::AllUnequal)),
    ("all_ne", Token::Compare(CompareOp::AllUnequal)),
    ("any_ne", Token::Compare(CompareOp::AnyUnequal)),
    ("lt", Token::Compare(CompareOp::Less)),
    ("le", Token::Compare(CompareOp::LessOrEqual)),
    ("gt", Token::Compare(CompareOp::Greater)),
    ("ge", Token::Compare(CompareOp::GreaterOrEqual)),
    ("contains", Token::Contains),
    ("matches", Token::Matches),
    ("in", Token::In),
    ("bitwise_and", Token::Binary(BinaryOp::And)),
];

/// The longest come first, so that `===` is not `==` and `=`.
const SIGNS: &[(&str, Token)] = &[
    ("===", Token::Compare(CompareOp::AllEqual)),
    ("!==", Token::Compare(CompareOp::AnyUnequal)),
    ("==", Token::Compare(CompareOp::AnyEqual)),
    ("!=", Token::Compare(CompareOp::AllUnequal)),
    ("~=", Token::Compare(CompareOp::AnyUnequal)),
    ("<=", Token::Compare(CompareOp::LessOrEqual)),
    (">=", Token::Compare(CompareOp::GreaterOrEqual)),
    ("&&", Token::And),
    ("||", Token::Or),
    ("^^", Token::Xor),
    ("..", Token::DotDot),
    ("<", Token::Compare(CompareOp::Less)),
    (">", Token::Compare(CompareOp::Greater)),
    ("!", Token::Not),
    ("~", Token::Matches),
    ("&", Token::Binary(BinaryOp::And)),
    ("+", Token::Binary(BinaryOp::Add)),
    ("-", Token::Binary(BinaryOp::Subtract)),
    ("*", Token::Binary(BinaryOp::Multiply)),
    ("/", Token::Binary(BinaryOp::Divide)),
    ("%", Token::Binary(BinaryOp::Remainder)),
    ("(", Token::Open),
    (")", Token::Close),
    ("{", Token::OpenSet),
    ("}", Token::CloseSet),
    (",", Token::Comma),
];

/// The keyword that a word would be in lower case.
pub(crate) fn keyword_like(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    KEYWORDS.iter().find(|(keyword, _)| *keyword == lower).map(|(keyword, _)| *keyword)
}

/// Reads tokens one after another.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Moves on by `length` bytes and gives the place that they take.
    fn take(&mut self, length: usize) -> Span {
        let start = self.at;
        self.at = start.saturating_add(length).min(self.text.len());
        Span { start, end: self.at }
    }

    /// The next token; at the end always [`Token::End`].
    pub(crate) fn next(&mut self) -> Result<(Token, Span)> {
        let rest = self.rest();
        let blank = rest.len().saturating_sub(rest.trim_ascii_start().len());
        self.take(blank);
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, self.take(0)));
        };
        match first {
            '"' => return self.string(),
            '\'' => return self.character(),
            'r' | 'R' if rest.as_bytes().get(1) == Some(&b'"') => return self.raw_string(),
            '[' => return self.brackets(),
            '#' => return self.layer(),
            _ => {}
        }
        if let Some(length) = word_length(rest) {
            let word = rest.get(..length).unwrap_or_default();
            let span = self.take(length);
            let keyword = KEYWORDS.iter().find(|(keyword, _)| *keyword == word);
            let token = keyword.map_or_else(|| Token::Word(word.into()), |(_, token)| token.clone());
            return Ok((token, span));
        }
        if let Some((sign, token)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            return Ok((token.clone(), self.take(sign.len())));
        }
        let span = self.take(first.len_utf8());
        Err(unexpected_sign(first, span))
    }

    fn brackets(&mut self) -> Result<(Token, Span)> {
        let rest = self.rest();
        let Some(end) = rest.find(']') else {
            return Err(syntax(self.take(rest.len()), "the closing `]` is missing"));
        };
        let inside = rest.get(1..end).unwrap_or_default();
        let span = self.take(end.saturating_add(1));
        Ok((Token::Brackets(ranges(inside, span)?), span))
    }

    fn layer(&mut self) -> Result<(Token, Span)> {
        let mark = self.take(1);
        if self.rest().starts_with('[') {
            let (token, span) = self.brackets()?;
            let Token::Brackets(ranges) = token else {
                return Err(syntax(span, "a range of layers is missing"));
            };
            return Ok((Token::Layer(ranges), mark.to(span)));
        }
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest().get(..digits).unwrap_or_default();
        let span = mark.to(self.take(digits));
        match number.parse() {
            Ok(number) => Ok((Token::Layer(vec![Range::At(number)]), span)),
            Err(_) => Err(syntax(span, "`#` needs the number of a layer, as in `ip.src#2`")),
        }
    }

    /// The part up to the closing quote, without regard to what escapes mean.
    fn quoted(&mut self, prefix: usize, quote: u8) -> Result<(&'a str, Span)> {
        let rest = self.rest();
        let mut escaped = false;
        for (at, byte) in rest.bytes().enumerate().skip(prefix) {
            if escaped {
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
            } else if byte == quote {
                let inside = rest.get(prefix..at).unwrap_or_default();
                return Ok((inside, self.take(at.saturating_add(1))));
            }
        }
        let span = self.take(rest.len());
        let start = Span { start: span.start, end: span.start.saturating_add(prefix) };
        Err(syntax(start, "the closing quote is missing"))
    }

    fn string(&mut self) -> Result<(Token, Span)> {
        let (inside, span) = self.quoted(1, b'"')?;
        Ok((Token::Text(unescape(inside, span)?), span))
    }

    /// In a raw string a backslash is a backslash; before a quote it keeps the string open, and both stay.
    fn raw_string(&mut self) -> Result<(Token, Span)> {
        let (inside, span) = self.quoted(2, b'"')?;
        Ok((Token::Text(inside.into()), span))
    }

    fn character(&mut self) -> Result<(Token, Span)> {
        let (inside, span) = self.quoted(1, b'\'')?;
        match unescape(inside, span)?.as_slice() {
            [byte] => Ok((Token::Char(*byte), span)),
            [] => Err(syntax(span, "a character constant is empty")),
            _ => Err(syntax(span, "a character constant is one byte long")
                .with_help("a string stands between double quotes")),
        }
    }
}

fn unexpected_sign(sign: char, span: Span) -> FilterError {
    let error = syntax(span, format!("`{}` was not expected here", sign.escape_debug()));
    let unsupported = |what: &str| {
        let message = format!("Wireshark's {what} are not supported");
        FilterError::new(FilterErrorKind::Unsupported, span, message)
    };
    match sign {
        '=' => error.with_help("equality is `==`"),
        '|' => error.with_help("`||` or `or` joins two conditions"),
        '^' => error.with_help("`^^` or `xor` joins two conditions"),
        '$' => unsupported("macros and references to the selected packet"),
        '@' => unsupported("raw fields (`@field`)"),
        '?' => error.with_help("to ask whether a field is there, write its name alone"),
        '“' | '”' | '„' | '’' | '‘' => error.with_help("strings stand between straight quotes"),
        _ => error,
    }
}

/// Length of the word that the text begins with.
fn word_length(text: &str) -> Option<usize> {
    address_length(text).or_else(|| name_length(text)).filter(|length| *length > 0)
}

/// Bytes of `0800:45`, of IPv6 addresses with their prefix length, of Ethernet addresses: hexadecimal digits
/// with colons.
fn address_length(text: &str) -> Option<usize> {
    let run = text.bytes().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')).count();
    let run = text.get(..run)?;
    let run = run.find("..").and_then(|end| run.get(..end)).unwrap_or(run);
    let run = run.trim_end_matches('.');
    let behind = text.as_bytes().get(run.len());
    let goes_on = behind.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if !run.contains(':') || goes_on {
        return None;
    }
    Some(run.len().saturating_add(prefix_length(text.get(run.len()..)?)))
}

/// Length of `/24`.
fn prefix_length(text: &str) -> usize {
    let digits = text.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    if text.starts_with('/') && digits > 0 { digits.saturating_add(1) } else { 0 }
}

/// Names, numbers, IPv4 addresses with their prefix length, and bytes joined by `-` or `.`.
fn name_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_letter = |at: usize| {
        let byte = bytes.get(at);
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    // A dot in front says that what follows is a field.
    let mut at = usize::from(bytes.first() == Some(&b'.'));
    if !is_letter(at) {
        return None;
    }
    loop {
        let next = at.saturating_add(1);
        let joins = matches!(bytes.get(at), Some(b'-' | b'.')) && is_letter(next);
        if !is_letter(at) && !joins {
            break;
        }
        at = next;
    }
    let parts = text.get(..at)?.split('.');
    let is_ipv4 = parts.clone().count() == 4
        && parts.into_iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if is_ipv4 {
        at = at.saturating_add(prefix_length(text.get(at..)?));
    }
    Some(at)
}

/// The ranges between brackets.
fn ranges(text: &str, span: Span) -> Result<Vec<Range>> {
    text.split(',')
        .map(|range| {
            one_range(range.trim_ascii()).ok_or_else(|| {
                syntax(span, format!("`{}` is no range", range.trim_ascii().escape_debug()))
                    .with_help("ranges are `n`, `n:length`, `first-last`, `:length` and `n:`")
            })
        })
        .collect()
}

fn one_range(text: &str) -> Option<Range> {
    if let Some((at, length)) = text.split_once(':') {
        return Some(match (at.trim_ascii(), length.trim_ascii()) {
            ("", length) => Range::First(number(length)?),
            (at, "") => Range::From(number(at)?),
            (at, length) => Range::Length(number(at)?, number(length)?),
        });
    }
    // The first character can be a sign.
    if let Some(dash) = text.bytes().skip(1).position(|byte| byte == b'-') {
        let (first, last) = text.split_at_checked(dash.saturating_add(1))?;
        return Some(Range::Between(number(first)?, number(last.get(1..)?)?));
    }
    Some(Range::At(number(text)?))
}

fn number(text: &str) -> Option<i32> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => i32::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    // No second sign.
    if value < 0 || !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    Some(if negative { value.checked_neg()? } else { value })
}

/// Resolves the escapes of C: named ones, octal, hexadecimal and Unicode.
fn unescape(text: &str, span: Span) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let Some(letter) = after.chars().next() else {
            break;
        };
        let behind = after.get(letter.len_utf8()..).unwrap_or_default();
        let bad = || {
            let message = format!("`\\{}` is no escape sequence", letter.escape_debug());
            syntax(span, message)
                .with_help("a backslash is written `\\\\`; in a raw string, r\"…\", it stands for itself")
        };
        let named = match letter {
            'a' => Some(0x07),
            'b' => Some(0x08),
            't' => Some(b'\t'),
            'n' => Some(b'\n'),
            'v' => Some(0x0b),
            'f' => Some(0x0c),
            'r' => Some(b'\r'),
            '"' | '\'' | '\\' => u8::try_from(letter).ok(),
            _ => None,
        };
        if let Some(byte) = named {
            out.push(byte);
            rest = behind;
            continue;
        }
        let (digits, radix, most) = match letter {
            'x' => (behind, 16, 2),
            'u' => (behind, 16, 4),
            'U' => (behind, 16, 8),
            _ => (after, 8, 3),
        };
        let count = digits.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
        let number = digits.get(..count).unwrap_or_default();
        let value = u32::from_str_radix(number, radix).map_err(|_| bad())?;
        if matches!(letter, 'u' | 'U') {
            let character = char::from_u32(value).filter(|_| count == most).ok_or_else(bad)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            out.push(u8::try_from(value).map_err(|_| bad())?);
        }
        rest = digits.get(count..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}
