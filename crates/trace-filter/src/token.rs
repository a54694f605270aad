//! An expression's text as tokens.

use crate::ast::{BinaryOp, CompareOp, Quantifier, Range, Span};
use crate::error::{FilterError, FilterErrorKind};
use crate::{range, word};

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Anything without quotes that is no keyword.
    Word(String),
    Text(Vec<u8>),
    /// The number of a character constant.
    Char(u32),
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

    /// The whole expression.
    pub(crate) fn text(&self) -> &'a str {
        self.text
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
        let blank = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n')).count();
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
        if let Some(length) = word::length(rest) {
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
        Ok((Token::Brackets(range::list(inside, span)?), span))
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
        match range::read(number) {
            Some(range) => Ok((Token::Layer(vec![range]), span)),
            None => Err(syntax(span, "`#` needs the number of a layer, as in `ip.src#2`")),
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
        // A character by its number in Unicode is that number, whatever bytes it would be in a string.
        if inside.starts_with("\\u") || inside.starts_with("\\U") {
            let bytes = unescape(inside, span)?;
            let mut letters = std::str::from_utf8(&bytes).unwrap_or_default().chars();
            if let (Some(letter), None) = (letters.next(), letters.next()) {
                return Ok((Token::Char(u32::from(letter)), span));
            }
        }
        match unescape(inside, span)?.as_slice() {
            [byte] if inside.starts_with('\\') || (b' '..=b'~').contains(byte) => {
                Ok((Token::Char(u32::from(*byte)), span))
            }
            [] => Err(syntax(span, "a character constant is empty")),
            [_] => {
                Err(syntax(span, "a control character was not expected here")
                    .with_help("write it as '\\x1b'"))
            }
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
            // Characters that could stand for themselves have no such name, as in C.
            let nameable = value >= 0xa0 || matches!(value, 0x24 | 0x40 | 0x60);
            let character = char::from_u32(value).filter(|_| count == most && nameable).ok_or_else(bad)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            out.push(u8::try_from(value).map_err(|_| bad())?);
        }
        rest = digits.get(count..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}
