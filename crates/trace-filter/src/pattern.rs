//! Regular expressions for `matches`.

use crate::ast::Span;
use crate::error::{FilterError, FilterErrorKind};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::{AssertionKind, Ast, Flag, FlagsItemKind, GroupKind, Visitor, visit};
use std::fmt::Write;

/// Largest compiled pattern, and largest cache of its automaton, in bytes.
const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// Deepest nesting of a pattern.
const NEST_LIMIT: u32 = 100;

/// Compiles the right side of `matches`: bytes, letters of both cases alike, as Wireshark has it. Bytes that
/// are not UTF-8 stand for themselves.
pub(crate) fn compile(pattern: &[u8], span: Span) -> Result<Regex, FilterError> {
    let mut text = String::with_capacity(pattern.len());
    for chunk in pattern.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    let text = with_loose_ends(text);
    let built = RegexBuilder::new(&text)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .nest_limit(NEST_LIMIT)
        .build();
    built.map_err(|error| explain(&error, &text, span))
}

/// Wireshark's `$` is true before a newline at the very end too. The pattern with `$` written so.
fn with_loose_ends(pattern: String) -> String {
    let mut found = Ends { places: Vec::new(), lines: false };
    let parsed =
        regex_syntax::ast::parse::ParserBuilder::new().nest_limit(NEST_LIMIT).build().parse(&pattern);
    // What is wrong with a pattern is told when it is compiled.
    let Ok(()) = parsed.map_err(|_| ()).and_then(|ast| visit(&ast, &mut found)) else { return pattern };
    if found.lines || found.places.is_empty() {
        return pattern;
    }
    let mut out = String::with_capacity(pattern.len());
    let mut from = 0;
    for at in found.places {
        out.push_str(pattern.get(from..at).unwrap_or_default());
        out.push_str(r"(?:\n?\z)");
        from = at.saturating_add(1);
    }
    out.push_str(pattern.get(from..).unwrap_or_default());
    out
}

/// Where `$` stands, and whether it is about lines somewhere.
struct Ends {
    places: Vec<usize>,
    lines: bool,
}

impl Visitor for &mut Ends {
    type Output = ();
    type Err = ();

    fn finish(self) -> Result<(), ()> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
        let flags = match ast {
            Ast::Assertion(assertion) if assertion.kind == AssertionKind::EndLine => {
                self.places.push(assertion.span.start.offset);
                return Ok(());
            }
            Ast::Flags(set) => &set.flags,
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(flags) => flags,
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.lines |= flags.items.iter().any(|item| item.kind == FlagsItemKind::Flag(Flag::MultiLine));
        Ok(())
    }
}

fn explain(error: &regex::Error, pattern: &str, span: Span) -> FilterError {
    if let regex::Error::CompiledTooBig(limit) = error {
        let message = format!("the regular expression takes more than {limit} bytes when compiled");
        return FilterError::new(FilterErrorKind::Limit, span, message)
            .with_help("repetitions like `{1000}` inside one another make it large");
    }
    // The last line says what; the lines above show the pattern, as our own excerpt does.
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default();
    let reason = reason.strip_prefix("error: ").unwrap_or(reason).trim();
    let error = FilterError::new(
        FilterErrorKind::Value,
        span,
        format!("the regular expression is not valid: {reason}"),
    );
    if reason.starts_with("look-around") || reason.starts_with("backreferences") {
        let message = format!("Wireshark's regular expressions have this, ours do not: {reason}");
        return FilterError::new(FilterErrorKind::Unsupported, span, message);
    }
    if pattern.contains(['[', '(', '*', '+', '?']) && reason.contains("unclosed") {
        return error.with_help("to look for the text itself, use `contains`");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_end_is_loose() {
        let loose = r"(?:\n?\z)";
        for (pattern, expected) in [
            ("a$", format!("a{loose}")),
            ("$a$|(b$)", format!("{loose}a{loose}|(b{loose})")),
            ("(?:a$)(?P<n>b$)", format!("(?:a{loose})(?P<n>b{loose})")),
            ("(?i)a$", format!("(?i)a{loose}")),
            ("(?i:a)$", format!("(?i:a){loose}")),
        ] {
            assert_eq!(with_loose_ends(pattern.to_owned()), expected);
        }
        for pattern in [
            "",
            "a",
            "^a",
            r"a\$",
            "[$]",
            r"a\z",
            r"a\b",
            "(?m)a$",
            "(?m:a$)",
            "(?im)a$b",
            "a$(",
            "((?m:^b)a$)",
        ] {
            assert_eq!(with_loose_ends(pattern.to_owned()), pattern);
        }
    }

    #[test]
    fn patterns_have_a_size_and_a_depth() {
        let kind =
            |pattern: &str| compile(pattern.as_bytes(), Span::default()).err().map(|error| error.kind());
        // Between one and four MiB, and more.
        assert_eq!(kind("[^a]{20000}"), None);
        assert_eq!(kind("[^a]{200000}"), Some(FilterErrorKind::Limit));
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(kind(&nested(99)), None);
        assert_eq!(kind(&nested(101)), Some(FilterErrorKind::Value));
    }

    #[test]
    fn bytes_that_are_no_text_stand_for_themselves() {
        let pattern = compile(b"\xff\xfe.\xc3\xa9", Span::default()).unwrap();
        assert!(pattern.is_match(b"--\xff\xfe-\xc3\xa9"));
        assert!(!pattern.is_match(b"--\xff\xfd-\xc3\xa9"));
    }
}
