//! Tokens to the tree.
//!
//! ```text
//! expression = xor { ("or" | "||") xor }
//! xor        = and { ("xor" | "^^") and }
//! and        = unary { ("and" | "&&") unary }
//! unary      = ("not" | "!") unary | "(" expression ")" | relation
//! relation   = ["any" | "all"] ( sum [ (compare sum)+ ] | entity ( contains entity | matches entity | ["not"] in set ) )
//! sum        = terms with & below + - below * / %
//! term       = ["-" | "+"] entity | "{" sum "}"
//! set        = "{" element { "," element } "}"
//! element    = ["-" | "+"] entity [ ".." ["-" | "+"] entity ]
//! entity     = ( literal | field ["#" layers] | function "(" [ sum { "," sum } ] ")" ) { "[" ranges "]" }
//! ```

use crate::ast::{BinaryOp, CompareOp, Element, Expr, ExprKind, Operand, OperandKind, Quantifier, Span};
use crate::capture_filter;
use crate::error::{FilterError, FilterErrorKind};
use crate::token::{Lexer, Token, keyword_like};
use crate::{MAX_DEPTH, MAX_LENGTH};

type Result<T> = std::result::Result<T, FilterError>;

/// Reads an expression; none where there is nothing but white space, which every packet matches.
///
/// # Errors
///
/// Where the text does not follow the grammar, is longer than [`MAX_LENGTH`] or nested deeper than
/// [`MAX_DEPTH`].
pub fn parse(text: &str) -> Result<Option<Expr>> {
    parse_inner(text).map_err(|error| error.in_expression(text))
}

fn parse_inner(text: &str) -> Result<Option<Expr>> {
    if text.len() > MAX_LENGTH {
        let span = Span { start: MAX_LENGTH, end: text.len() };
        let message = format!("the expression is {} bytes long, the limit is {MAX_LENGTH}", text.len());
        return Err(FilterError::new(FilterErrorKind::Limit, span, message));
    }
    let mut lexer = Lexer::new(text);
    let (token, span) = lexer.next()?;
    let mut parser = Parser { lexer, token, span, behind: Span::default(), depth: 0, inner: 0 };
    if parser.token == Token::End {
        return Ok(None);
    }
    let expr = parser.expression()?;
    match parser.token {
        Token::End => Ok(Some(expr)),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    span: Span,
    /// Place of the token before.
    behind: Span,
    depth: usize,
    /// Operators, slices, functions and braces so far in the operand: it is at most as deep as that.
    inner: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token> {
        let (token, span) = self.lexer.next()?;
        self.behind = self.span;
        self.span = span;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn eat(&mut self, token: &Token) -> Result<bool> {
        let found = self.token == *token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, token: &Token, missing: &str, opened: Span) -> Result<()> {
        if self.eat(token)? {
            return Ok(());
        }
        if self.token == Token::End {
            let message = format!("the closing `{missing}` is missing");
            return Err(FilterError::new(FilterErrorKind::Syntax, opened, message));
        }
        Err(self.unexpected())
    }

    fn unexpected(&self) -> FilterError {
        let error = |message: String| FilterError::new(FilterErrorKind::Syntax, self.span, message);
        match &self.token {
            Token::End => error("the expression breaks off".into()).label("something is missing here"),
            Token::Word(word) => {
                let error = error(format!("`{word}` was not expected here"));
                if let Some(keyword) = keyword_like(word) {
                    return error.with_help(format!("operators are in lower case: `{keyword}`"));
                }
                if word.eq_ignore_ascii_case("like") {
                    return error
                        .with_help("`contains` looks for a string, `matches` for a regular expression");
                }
                let help = capture_filter::help(self.lexer.text());
                error.with_help(help.unwrap_or_else(|| "conditions are joined by `and` or `or`".into()))
            }
            Token::Text(_) => error("a string was not expected here".into()),
            Token::Compare(CompareOp::Greater) => {
                error("`>` was not expected here".into()).with_help("inequality is `!=`")
            }
            Token::Compare(op) => error(format!("`{}` was not expected here", op.sign()))
                .with_help("what is compared stands without parentheses"),
            Token::OpenSet => error("`{` was not expected here".into()).with_help("a set follows `in`"),
            Token::Open => error("`(` was not expected here".into()).with_help(
                "parentheses group conditions; arithmetic is grouped by braces, as in Wireshark 4.0",
            ),
            token => error(format!("{} was not expected here", describe(token))),
        }
    }

    fn too_deep(&self) -> FilterError {
        let message = format!("the expression is nested deeper than {MAX_DEPTH}");
        FilterError::new(FilterErrorKind::Limit, self.span, message)
    }

    /// Counts what makes an operand deeper. Chains make it deep on the left side, where no call of this
    /// parser shows it.
    fn count(&mut self) -> Result<()> {
        self.inner = self.inner.saturating_add(1);
        if self.inner > MAX_DEPTH {
            return Err(self.too_deep());
        }
        Ok(())
    }

    /// Conditions joined by operators. One function for all three keeps the stack small where
    /// parentheses nest.
    fn expression(&mut self) -> Result<Expr> {
        let mut ors = Vec::new();
        let mut xors = Vec::new();
        let mut ands = vec![self.unary()?];
        loop {
            match self.token {
                Token::And => {}
                Token::Xor => xors.push(joined(&mut ands, ExprKind::And)),
                Token::Or => {
                    xors.push(joined(&mut ands, ExprKind::And));
                    ors.push(joined(&mut xors, ExprKind::Xor));
                }
                _ => break,
            }
            self.advance()?;
            ands.push(self.unary()?);
        }
        xors.push(joined(&mut ands, ExprKind::And));
        ors.push(joined(&mut xors, ExprKind::Xor));
        Ok(joined(&mut ors, ExprKind::Or))
    }

    fn go_deeper(&mut self) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn unary(&mut self) -> Result<Expr> {
        let mut signs = Vec::new();
        while self.token == Token::Not {
            self.go_deeper()?;
            signs.push(self.span);
            self.advance()?;
        }
        let mut expr = if self.token == Token::Open { self.parentheses()? } else { self.relation()? };
        while let Some(sign) = signs.pop() {
            self.depth = self.depth.saturating_sub(1);
            let span = sign.to(expr.span);
            expr = Expr { kind: ExprKind::Not(Box::new(expr)), span };
        }
        Ok(expr)
    }

    fn parentheses(&mut self) -> Result<Expr> {
        let start = self.span;
        self.go_deeper()?;
        self.advance()?;
        let mut inner = self.expression()?;
        self.expect(&Token::Close, ")", start)?;
        self.depth = self.depth.saturating_sub(1);
        inner.span = start.to(self.behind);
        Ok(inner)
    }

    fn relation(&mut self) -> Result<Expr> {
        let start = self.span;
        let quantifier = match self.token {
            Token::Quantifier(quantifier) => {
                self.advance()?;
                Some(quantifier)
            }
            _ => None,
        };
        self.inner = 0;
        let (left, is_entity) = self.sum(0)?;
        let kind = self.relation_of(quantifier, left, is_entity)?;
        Ok(Expr { kind, span: start.to(self.behind) })
    }

    fn relation_of(
        &mut self,
        quantifier: Option<Quantifier>,
        left: Operand,
        is_entity: bool,
    ) -> Result<ExprKind> {
        let searches = matches!(self.token, Token::Contains | Token::Matches | Token::In | Token::Not);
        if searches && !is_entity {
            return Err(self.unexpected().with_help("arithmetic goes with comparisons only"));
        }
        match self.token {
            Token::Compare(_) => {
                let mut rest = Vec::new();
                while let Token::Compare(op) = self.token {
                    self.advance()?;
                    self.inner = 0;
                    rest.push((op, self.sum(0)?.0));
                }
                Ok(ExprKind::Compare { quantifier, first: left, rest })
            }
            Token::Contains => {
                self.advance()?;
                Ok(ExprKind::Contains { quantifier, left, right: self.right_entity()? })
            }
            Token::Matches => {
                self.advance()?;
                Ok(ExprKind::Matches { quantifier, left, right: self.right_entity()? })
            }
            Token::In | Token::Not => {
                let negated = self.eat(&Token::Not)?;
                if !self.eat(&Token::In)? {
                    return Err(self.unexpected());
                }
                Ok(ExprKind::In { quantifier, negated, left, set: self.set()? })
            }
            // `any ip` says nothing.
            _ if quantifier.is_some() => Err(self.unexpected()),
            _ => Ok(ExprKind::Exists(left)),
        }
    }

    fn right_entity(&mut self) -> Result<Operand> {
        self.inner = 0;
        self.entity()
    }

    fn set(&mut self) -> Result<Vec<Element>> {
        let opened = self.span;
        if !self.eat(&Token::OpenSet)? {
            let message = "a set in braces follows `in`";
            return Err(FilterError::new(FilterErrorKind::Syntax, self.span, message)
                .with_help("for example `tcp.port in {22, 80 .. 90}`"));
        }
        let mut set = Vec::new();
        loop {
            let first = self.set_entity()?;
            set.push(if self.eat(&Token::DotDot)? {
                Element::Range(first, self.set_entity()?)
            } else {
                Element::One(first)
            });
            if !self.eat(&Token::Comma)? {
                break;
            }
        }
        if let Token::Word(word) = &self.token {
            let message = format!("`{word}` was not expected here");
            return Err(FilterError::new(FilterErrorKind::Syntax, self.span, message)
                .with_help("elements of a set are separated by commas"));
        }
        self.expect(&Token::CloseSet, "}", opened)?;
        Ok(set)
    }

    fn set_entity(&mut self) -> Result<Operand> {
        self.inner = 0;
        self.signed()
    }

    /// Operators that bind at least as tightly as `level`, and whether there were none, nor braces or signs.
    fn sum(&mut self, level: u8) -> Result<(Operand, bool)> {
        let (mut left, mut is_entity) = self.term()?;
        while let Token::Binary(op) = self.token {
            let tightness = match op {
                BinaryOp::And => 0,
                BinaryOp::Add | BinaryOp::Subtract => 1,
                BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => 2,
            };
            if tightness < level {
                break;
            }
            self.count()?;
            self.advance()?;
            let (right, _) = self.sum(tightness.saturating_add(1))?;
            let span = left.span.to(right.span);
            let (left_side, right) = (Box::new(left), Box::new(right));
            left = Operand { kind: OperandKind::Binary { op, left: left_side, right }, span };
            is_entity = false;
        }
        Ok((left, is_entity))
    }

    fn term(&mut self) -> Result<(Operand, bool)> {
        let start = self.span;
        match self.token {
            Token::OpenSet => {
                self.count()?;
                self.advance()?;
                let (inner, _) = self.sum(0)?;
                self.expect(&Token::CloseSet, "}", start)?;
                Ok((inner, false))
            }
            Token::Binary(BinaryOp::Subtract | BinaryOp::Add) => Ok((self.signed()?, false)),
            _ => Ok((self.entity()?, true)),
        }
    }

    /// An entity with at most one sign; `+` says nothing.
    fn signed(&mut self) -> Result<Operand> {
        let start = self.span;
        let Token::Binary(sign @ (BinaryOp::Subtract | BinaryOp::Add)) = self.token else {
            return self.entity();
        };
        self.count()?;
        self.advance()?;
        let inner = self.entity()?;
        if sign == BinaryOp::Add {
            return Ok(inner);
        }
        let span = start.to(inner.span);
        Ok(Operand { kind: OperandKind::Negate(Box::new(inner)), span })
    }

    fn entity(&mut self) -> Result<Operand> {
        let mut operand = self.primary()?;
        while let Token::Brackets(ranges) = &self.token {
            let ranges = ranges.clone();
            self.count()?;
            self.advance()?;
            operand = Operand {
                span: operand.span.to(self.behind),
                kind: OperandKind::Slice { of: Box::new(operand), ranges },
            };
        }
        Ok(operand)
    }

    fn primary(&mut self) -> Result<Operand> {
        let start = self.span;
        let kind = match &self.token {
            Token::Word(word) => {
                let word = word.clone();
                self.advance()?;
                match &self.token {
                    Token::Open => self.call(word)?,
                    Token::Layer(ranges) => {
                        let ranges = ranges.clone();
                        self.advance()?;
                        OperandKind::Layer { field: word, ranges }
                    }
                    _ => OperandKind::Word(word),
                }
            }
            Token::Text(text) => {
                let text = text.clone();
                self.advance()?;
                OperandKind::Text(text)
            }
            Token::Char(number) => {
                let number = *number;
                self.advance()?;
                OperandKind::Char(number)
            }
            _ => return Err(self.unexpected()),
        };
        Ok(Operand { kind, span: start.to(self.behind) })
    }

    fn call(&mut self, name: String) -> Result<OperandKind> {
        let opened = self.span;
        self.count()?;
        self.advance()?;
        let mut arguments = Vec::new();
        if self.token != Token::Close {
            arguments.push(self.sum(0)?.0);
            while self.eat(&Token::Comma)? {
                arguments.push(self.sum(0)?.0);
            }
        }
        self.expect(&Token::Close, ")", opened)?;
        Ok(OperandKind::Call { name, arguments })
    }
}

/// What the parts say together; they are taken out. A single part stays what it is.
fn joined(parts: &mut Vec<Expr>, make: fn(Vec<Expr>) -> ExprKind) -> Expr {
    let mut parts = std::mem::take(parts);
    if parts.len() == 1
        && let Some(part) = parts.pop()
    {
        return part;
    }
    let start = parts.first().map_or(Span::default(), |part| part.span);
    let span = parts.last().map_or(start, |part| start.to(part.span));
    Expr { kind: make(parts), span }
}

fn describe(token: &Token) -> &'static str {
    match token {
        Token::Contains => "`contains`",
        Token::Matches => "`matches`",
        Token::In => "`in`",
        Token::And => "`and`",
        Token::Or => "`or`",
        Token::Xor => "`xor`",
        Token::Not => "`not`",
        Token::Quantifier(Quantifier::Any) => "`any`",
        Token::Quantifier(Quantifier::All) => "`all`",
        Token::Binary(op) => match op {
            BinaryOp::And => "`&`",
            BinaryOp::Add => "`+`",
            BinaryOp::Subtract => "`-`",
            BinaryOp::Multiply => "`*`",
            BinaryOp::Divide => "`/`",
            BinaryOp::Remainder => "`%`",
        },
        Token::Open => "`(`",
        Token::Close => "`)`",
        Token::OpenSet => "`{`",
        Token::CloseSet => "`}`",
        Token::Comma => "`,`",
        Token::DotDot => "`..`",
        Token::Brackets(_) => "`[`",
        Token::Layer(_) => "`#`",
        Token::Char(_) => "a character constant",
        Token::Word(_) | Token::Text(_) | Token::Compare(_) | Token::End => "this",
    }
}
