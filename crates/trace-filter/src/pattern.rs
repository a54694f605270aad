//! Regular expressions for `matches`.

use crate::ast::Span;
use crate::error::{FilterError, FilterErrorKind};
use regex::bytes::{Regex, RegexBuilder};
use std::fmt::Write;

/// Largest compiled pattern, and largest cache of its automaton, in bytes.
const SIZE_LIMIT: usize = 4 * 1024 * 1024;

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
    let built = RegexBuilder::new(&text)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .nest_limit(100)
        .build();
    built.map_err(|error| explain(&error, &text, span))
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
