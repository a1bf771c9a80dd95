//! From words to a tree: precedence, brackets, calls. Knows no names and no types.
//!
//! Loosest first: `or`, `and`, `not`, comparisons (which do not chain), `+ -`, `* /`, unary minus, calls and
//! brackets. Operators of one level associate to the left.
//! Reference: V. Pratt, "Top down operator precedence", 1973.

use std::ops::Range;

use super::error::RuleError;
use super::expression::{Arithmetic, Comparison};
use super::token::{Token, tokens};

/// Longest rule, bytes.
pub const LENGTH_MAX: usize = 4096;
/// Deepest tree of a rule; recursion over a tree goes no further.
pub const DEPTH_MAX: usize = 128;

/// A piece of a rule and where it stands.
#[derive(Debug)]
pub(super) struct Syntax<'a> {
    pub(super) span: Range<usize>,
    pub(super) kind: SyntaxKind<'a>,
    depth: usize,
}

/// What a piece is.
#[derive(Debug)]
pub(super) enum SyntaxKind<'a> {
    Number(f64),
    Truth(bool),
    Name(&'a str),
    Negate(Box<Syntax<'a>>),
    Not(Box<Syntax<'a>>),
    Binary(Infix, Box<[Syntax<'a>; 2]>),
    Call { name: &'a str, name_span: Range<usize>, arguments: Vec<Syntax<'a>> },
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Infix {
    Or,
    And,
    Compare(Comparison),
    Arithmetic(Arithmetic),
}

/// Reads a whole rule.
pub(super) fn parse(text: &str) -> Result<Syntax<'_>, RuleError> {
    if text.len() > LENGTH_MAX {
        return Err(RuleError::new(
            0..text.len(),
            format!("the rule is {} bytes long, more than {LENGTH_MAX}", text.len()),
        ));
    }
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0 };
    if parser.peek() == Token::End {
        return Err(RuleError::new(0..text.len(), "the rule is empty").help("`true` always holds, `false` never does"));
    }
    let tree = parser.expression(0, 0)?;
    match parser.peek() {
        Token::End => Ok(tree),
        _ => Err(parser.unexpected("an operator")),
    }
}

/// Binding strength of an operator; what binds tighter is larger.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const MINUS: u8 = 7;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token<'a>, Range<usize>)>,
    next: usize,
}

impl<'a> Parser<'a> {
    /// An expression whose operators bind at least as tightly as `strength`, `depth` calls down.
    fn expression(&mut self, strength: u8, depth: usize) -> Result<Syntax<'a>, RuleError> {
        let mut left = self.operand(depth)?;
        while let Some((infix, binding)) = infix(self.peek())
            && binding >= strength
        {
            self.advance();
            let right = self.expression(binding + 1, depth + 1)?;
            if binding == COMPARE {
                self.refuse_chain(&left, &right, depth)?;
            }
            let span = left.span.start..right.span.end;
            left = self.node(span, left.depth.max(right.depth), SyntaxKind::Binary(infix, Box::new([left, right])))?;
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Result<Syntax<'a>, RuleError> {
        let (token, span) = self.tokens[self.next].clone();
        if depth >= DEPTH_MAX {
            return Err(too_deep(span));
        }
        match token {
            Token::Number(value) => self.leaf(span, SyntaxKind::Number(value)),
            Token::Name("true") => self.leaf(span, SyntaxKind::Truth(true)),
            Token::Name("false") => self.leaf(span, SyntaxKind::Truth(false)),
            Token::Name("and" | "or") => Err(self.unexpected("a number, a name or `(`")),
            Token::Name("not") => self.prefix(span, NOT, depth, SyntaxKind::Not),
            Token::Sign("-") => self.prefix(span, MINUS, depth, SyntaxKind::Negate),
            Token::Name(name) => {
                self.advance();
                if self.peek() == Token::Sign("(") {
                    self.call(name, span, depth)
                } else {
                    self.node(span, 0, SyntaxKind::Name(name))
                }
            }
            Token::Sign("(") => {
                self.advance();
                let mut inner = self.expression(0, depth + 1)?;
                inner.span = span.start..self.close(&span)?;
                Ok(inner)
            }
            Token::Sign(_) | Token::End => Err(self.unexpected("a number, a name or `(`")),
        }
    }

    fn leaf(&mut self, span: Range<usize>, kind: SyntaxKind<'a>) -> Result<Syntax<'a>, RuleError> {
        self.advance();
        self.node(span, 0, kind)
    }

    fn prefix(
        &mut self,
        span: Range<usize>,
        strength: u8,
        depth: usize,
        kind: fn(Box<Syntax<'a>>) -> SyntaxKind<'a>,
    ) -> Result<Syntax<'a>, RuleError> {
        self.advance();
        let operand = self.expression(strength, depth + 1)?;
        self.node(span.start..operand.span.end, operand.depth, kind(Box::new(operand)))
    }

    fn call(&mut self, name: &'a str, name_span: Range<usize>, depth: usize) -> Result<Syntax<'a>, RuleError> {
        let open = self.tokens[self.next].1.clone();
        self.advance();
        let mut arguments = Vec::new();
        if self.peek() != Token::Sign(")") {
            arguments.push(self.expression(0, depth + 1)?);
            while self.peek() == Token::Sign(",") {
                self.advance();
                arguments.push(self.expression(0, depth + 1)?);
            }
        }
        let span = name_span.start..self.close(&open)?;
        let below = arguments.iter().map(|a| a.depth).max().unwrap_or(0);
        self.node(span, below, SyntaxKind::Call { name, name_span, arguments })
    }

    /// Takes the bracket that closes the one at `open` and returns where it ends.
    fn close(&mut self, open: &Range<usize>) -> Result<usize, RuleError> {
        let (token, span) = self.tokens[self.next].clone();
        match token {
            Token::Sign(")") => {
                self.advance();
                Ok(span.end)
            }
            Token::End => Err(RuleError::new(open.clone(), "this bracket is not closed").help("add `)`")),
            _ => Err(self.unexpected("an operator, `,` or `)`")),
        }
    }

    /// `a < b < c` reads like mathematics but would compare a truth value with a number.
    fn refuse_chain(&mut self, left: &Syntax<'a>, middle: &Syntax<'a>, depth: usize) -> Result<(), RuleError> {
        let (token, sign) = self.tokens[self.next].clone();
        let Some((_, COMPARE)) = infix(token) else { return Ok(()) };
        self.advance();
        let right = self.expression(COMPARE + 1, depth + 1)?;
        let first = &self.text[left.span.start..middle.span.end];
        let second = &self.text[middle.span.clone()];
        let rest = &self.text[sign.start..right.span.end];
        Err(RuleError::new(left.span.start..right.span.end, "comparisons cannot be chained")
            .help(format!("write `{first} and {second} {rest}`")))
    }

    fn node(&self, span: Range<usize>, below: usize, kind: SyntaxKind<'a>) -> Result<Syntax<'a>, RuleError> {
        if below < DEPTH_MAX { Ok(Syntax { span, kind, depth: below + 1 }) } else { Err(too_deep(span)) }
    }

    fn peek(&self) -> Token<'a> {
        self.tokens[self.next].0
    }

    fn advance(&mut self) {
        self.next += 1;
    }

    fn unexpected(&self, wanted: &str) -> RuleError {
        let (token, span) = self.tokens[self.next].clone();
        let found = &self.text[span.clone()];
        match token {
            Token::End => RuleError::new(span, format!("the rule ends where {wanted} should follow")),
            Token::Name(name) if ["and", "or"].iter().any(|word| *word != name && word.eq_ignore_ascii_case(name)) => {
                RuleError::new(span, format!("expected {wanted}, found `{found}`"))
                    .help("write `and` and `or` in small letters")
            }
            _ => RuleError::new(span, format!("expected {wanted}, found `{found}`")),
        }
    }
}

fn infix(token: Token<'_>) -> Option<(Infix, u8)> {
    Some(match token {
        Token::Name("or") => (Infix::Or, OR),
        Token::Name("and") => (Infix::And, AND),
        Token::Sign("<") => (Infix::Compare(Comparison::Less), COMPARE),
        Token::Sign("<=") => (Infix::Compare(Comparison::LessOrEqual), COMPARE),
        Token::Sign(">") => (Infix::Compare(Comparison::Greater), COMPARE),
        Token::Sign(">=") => (Infix::Compare(Comparison::GreaterOrEqual), COMPARE),
        Token::Sign("==") => (Infix::Compare(Comparison::Equal), COMPARE),
        Token::Sign("!=") => (Infix::Compare(Comparison::NotEqual), COMPARE),
        Token::Sign("+") => (Infix::Arithmetic(Arithmetic::Add), SUM),
        Token::Sign("-") => (Infix::Arithmetic(Arithmetic::Subtract), SUM),
        Token::Sign("*") => (Infix::Arithmetic(Arithmetic::Multiply), PRODUCT),
        Token::Sign("/") => (Infix::Arithmetic(Arithmetic::Divide), PRODUCT),
        _ => return None,
    })
}

fn too_deep(span: Range<usize>) -> RuleError {
    RuleError::new(span, format!("the rule nests more than {DEPTH_MAX} levels deep")).help("split it up")
}
