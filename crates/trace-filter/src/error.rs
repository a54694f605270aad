//! Why an expression is no filter.

use crate::ast::Span;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// What sort of thing is wrong with an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FilterErrorKind {
    /// It does not follow the grammar.
    Syntax,
    /// It names a field or function that does not exist.
    UnknownName,
    /// An operator and its operands do not go together.
    Type,
    /// A literal is no value of the type that is needed.
    Value,
    /// Wireshark accepts it, and this implementation does not.
    Unsupported,
    /// It is too long, too deep or too large.
    Limit,
}

/// Why an expression is no filter: what is wrong, where, and what to do. `Display` gives the message alone;
/// [`FilterError::render`] shows the place in the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError(
    /// Boxed, to keep the results of the recursive parser small.
    Box<Inner>,
);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: FilterErrorKind,
    message: String,
    span: Range<usize>,
    label: String,
    help: Vec<String>,
    expression: String,
}

impl FilterError {
    pub(crate) fn new(kind: FilterErrorKind, span: Span, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            span: span.start..span.end,
            label: String::new(),
            help: Vec::new(),
            expression: String::new(),
        }))
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = label.into();
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help.push(help.into());
        self
    }

    /// Puts in the expression that the span points into, with the span brought into it.
    pub(crate) fn in_expression(mut self, expression: &str) -> Self {
        let start = floor(expression, self.0.span.start);
        let end = floor(expression, self.0.span.end).max(start);
        self.0.span = start..end;
        self.0.expression = expression.into();
        self
    }

    /// What sort of thing is wrong.
    #[must_use]
    pub fn kind(&self) -> FilterErrorKind {
        self.0.kind
    }

    /// Where, in bytes of the expression. Empty at the end of an expression that breaks off.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// What to do about it; sentences without a full stop.
    #[must_use]
    pub fn help(&self) -> &[String] {
        &self.0.help
    }

    /// The expression.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.0.expression
    }

    /// The message, the expression with a caret below the place, and the help; several lines without a
    /// newline at the end. Control characters of the expression are made visible.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let source = Excerpt::of(&self.0.expression, self.0.span.clone());
        let annotation = AnnotationKind::Primary.span(source.span.clone());
        let annotation =
            if self.0.label.is_empty() { annotation } else { annotation.label(self.0.label.as_str()) };
        let mut group = Level::ERROR
            .primary_title(self.0.message.as_str())
            .element(Snippet::source(source.text.as_str()).annotation(annotation));
        for help in &self.0.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for FilterError {}

/// The nearest place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// What of a long expression is shown: 60 bytes around the place.
struct Excerpt {
    text: String,
    span: Range<usize>,
}

impl Excerpt {
    fn of(expression: &str, span: Range<usize>) -> Self {
        const AROUND: usize = 60;
        let from = floor(expression, span.start.saturating_sub(AROUND));
        let to = floor(expression, span.end.min(span.start.saturating_add(AROUND)).saturating_add(AROUND));
        let mut text = String::new();
        if from > 0 {
            text.push('…');
        }
        let mut place = 0..0;
        for (at, letter) in expression.get(from..to).unwrap_or_default().char_indices() {
            let at = from.saturating_add(at);
            if at == span.start {
                place.start = text.len();
            }
            if at == span.end {
                place.end = text.len();
            }
            if mbuf_trace::text::is_unsafe(letter) {
                text.push('\u{fffd}');
            } else {
                text.push(letter);
            }
        }
        if span.start >= to {
            place.start = text.len();
        }
        if span.end >= to {
            place.end = text.len();
        }
        if to < expression.len() {
            text.push('…');
        }
        Self { text, span: place.start..place.end.max(place.start) }
    }
}
