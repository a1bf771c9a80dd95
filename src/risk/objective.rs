//! What a search makes small and what it must keep to, as users write it: `es(0.99) + 2 * cost`, `cost <= 0.015 * equity`.
//!
//! ```text
//! goal     = term { ( "+" | "-" ) term }          term   = factor { ( "*" | "/" ) factor }
//! demand   = goal ( "<" | "<=" | ">" | ">=" ) goal
//! factor   = number | "equity" | measure | "-" factor | "(" goal ")"
//! ```
//!
//! A measure is a figure of the summary in its unit; `equity` is the starting equity, USD.

use std::fmt;
use std::str::FromStr;

use super::limit::Comparison;
use super::measure::{Measure, number, usage};
use crate::error::Error;

/// Deepest nesting of brackets and signs.
const DEPTH_MAX: usize = 32;

/// An arithmetic expression of measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    text: String,
    root: Node,
    measures: Vec<Measure>,
}

/// A condition on measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Left less right side: what is compared with zero.
    pub excess: Goal,
    /// How.
    pub comparison: Comparison,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(f64),
    Equity,
    Measure(usize),
    Negative(Box<Node>),
    Binary(char, Box<Node>, Box<Node>),
}

/// A value and its derivatives by the measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Dual {
    /// The value.
    pub value: f64,
    /// One derivative a measure, in the order of [`Goal::measures`].
    pub slopes: Vec<f64>,
}

impl Goal {
    /// The measures that it names, each once.
    #[must_use]
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Whether it is a measure and nothing else.
    #[must_use]
    pub fn is_a_measure(&self) -> bool {
        matches!(self.root, Node::Measure(_))
    }

    /// The value at some values of the measures, and its slopes there.
    ///
    /// # Panics
    /// There are not as many values as measures.
    #[must_use]
    pub fn at(&self, values: &[f64], equity_usd: f64) -> Dual {
        assert_eq!(values.len(), self.measures.len(), "one value a measure");
        self.root.at(values, equity_usd)
    }
}

impl Demand {
    /// Whether it holds where its left less its right side is this.
    #[must_use]
    pub fn admits(&self, excess: f64) -> bool {
        self.comparison.holds(excess, 0.0)
    }
}

impl Node {
    fn at(&self, values: &[f64], equity_usd: f64) -> Dual {
        let constant = |value: f64| Dual { value, slopes: vec![0.0; values.len()] };
        match self {
            Self::Number(number) => constant(*number),
            Self::Equity => constant(equity_usd),
            Self::Measure(index) => {
                let mut dual = constant(values[*index]);
                dual.slopes[*index] = 1.0;
                dual
            }
            Self::Negative(inner) => {
                let Dual { value, slopes } = inner.at(values, equity_usd);
                Dual { value: -value, slopes: slopes.iter().map(|slope| -slope).collect() }
            }
            Self::Binary(sign, left, right) => {
                let (left, right) = (left.at(values, equity_usd), right.at(values, equity_usd));
                let (a, b) = (left.value, right.value);
                match sign {
                    '+' => left.combined(&right, a + b, 1.0, 1.0),
                    '-' => left.combined(&right, a - b, 1.0, -1.0),
                    '*' => left.combined(&right, a * b, b, a),
                    _ => left.combined(&right, a / b, 1.0 / b, -a / (b * b)),
                }
            }
        }
    }
}

impl Dual {
    /// A function of this and another value, given its value and its two partial derivatives.
    fn combined(&self, other: &Self, value: f64, by_self: f64, by_other: f64) -> Self {
        let slopes = self.slopes.iter().zip(&other.slopes).map(|(a, b)| by_self * a + by_other * b).collect();
        Self { value, slopes }
    }
}

impl FromStr for Goal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(text);
        let root = reader.sum(0)?;
        reader.end()?;
        Ok(Self { text: text.trim().to_owned(), root, measures: reader.measures })
    }
}

impl FromStr for Demand {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(text);
        let left = reader.sum(0)?;
        let comparison = reader.comparison()?;
        let right = reader.sum(0)?;
        reader.end()?;
        let root = Node::Binary('-', Box::new(left), Box::new(right));
        let text = text.trim().to_owned();
        Ok(Self { excess: Goal { text: text.clone(), root, measures: reader.measures }, comparison, text })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads an expression from left to right.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    measures: Vec<Measure>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, rest: text.trim_start(), measures: Vec::new() }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest.trim_start();
        taken
    }

    fn sign(&mut self, signs: &[char]) -> Option<char> {
        let sign = self.rest.chars().next().filter(|sign| signs.contains(sign))?;
        self.take(sign.len_utf8());
        Some(sign)
    }

    fn sum(&mut self, depth: usize) -> Result<Node, Error> {
        let mut left = self.product(depth)?;
        while let Some(sign) = self.sign(&['+', '-']) {
            left = Node::Binary(sign, Box::new(left), Box::new(self.product(depth)?));
        }
        Ok(left)
    }

    fn product(&mut self, depth: usize) -> Result<Node, Error> {
        let mut left = self.factor(depth)?;
        while let Some(sign) = self.sign(&['*', '/']) {
            left = Node::Binary(sign, Box::new(left), Box::new(self.factor(depth)?));
        }
        Ok(left)
    }

    fn factor(&mut self, depth: usize) -> Result<Node, Error> {
        if depth > DEPTH_MAX {
            return Err(usage(format!("`{}` nests more than {DEPTH_MAX} brackets or signs", self.text)));
        }
        if self.sign(&['-']).is_some() {
            return Ok(Node::Negative(Box::new(self.factor(depth + 1)?)));
        }
        if self.sign(&['(']).is_some() {
            let inner = self.sum(depth + 1)?;
            return match self.sign(&[')']) {
                Some(_) => Ok(inner),
                None => Err(usage(format!("`{}` lacks a closing bracket", self.text))),
            };
        }
        match self.rest.chars().next() {
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_ascii_alphabetic() => self.name(),
            Some(_) => Err(usage(format!("`{}` in `{}` is no number or measure", self.rest, self.text))),
            None => Err(usage(format!("`{}` ends where a number or measure should follow", self.text))),
        }
    }

    fn number(&mut self) -> Result<Node, Error> {
        let bytes = self.rest.as_bytes();
        let mut length = 0;
        while length < bytes.len() {
            let exponent_sign =
                matches!(bytes[length], b'+' | b'-') && length > 0 && matches!(bytes[length - 1], b'e' | b'E');
            if !(bytes[length].is_ascii_alphanumeric() || matches!(bytes[length], b'.' | b'_') || exponent_sign) {
                break;
            }
            length += 1;
        }
        let word = self.take(length);
        number(word).map(Node::Number).ok_or_else(|| usage(format!("`{word}` in `{}` is no number", self.text)))
    }

    fn name(&mut self) -> Result<Node, Error> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let mut length = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        if &self.rest[..length] == "equity" {
            self.take(length);
            return Ok(Node::Equity);
        }
        if self.rest[length..].starts_with('(') {
            let close = self.rest[length..].find(')');
            length += close.ok_or_else(|| usage(format!("`{}` lacks a closing bracket", self.text)))? + 1;
        }
        let measure: Measure = self.take(length).parse()?;
        let known = self.measures.iter().position(|other| *other == measure);
        Ok(Node::Measure(known.unwrap_or_else(|| {
            self.measures.push(measure);
            self.measures.len() - 1
        })))
    }

    fn comparison(&mut self) -> Result<Comparison, Error> {
        let length = self.rest.find(|c| !"<>=!".contains(c)).unwrap_or(self.rest.len());
        let sign = self.take(length);
        Comparison::ALL.into_iter().find(|comparison| comparison.sign() == sign).ok_or_else(|| match sign {
            "" => usage(format!("`{}` compares nothing; write for instance `cost <= 0.015 * equity`", self.text)),
            sign => usage(format!("`{sign}` in `{}` is no comparison; use <, <=, > or >=", self.text)),
        })
    }

    fn end(&self) -> Result<(), Error> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(usage(format!("`{}` in `{}` is left over", self.rest, self.text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(text: &str) -> Result<Goal, String> {
        text.parse::<Goal>().map_err(|error| error.to_string())
    }

    #[test]
    fn goals_are_arithmetic_of_measures() {
        let goal = goal("es(0.99) + 2 * cost - (es(0.99) - -1_000) / 4").unwrap();
        assert_eq!(goal.measures().iter().map(ToString::to_string).collect::<Vec<_>>(), ["es(0.99)", "cost"]);
        let dual = goal.at(&[100.0, 10.0], 1e6);
        assert_eq!((dual.value, dual.slopes), (100.0 + 20.0 - 1_100.0 / 4.0, vec![0.75, 2.0]));
    }

    #[test]
    fn slopes_are_those_of_small_changes() {
        let goal = goal("-es(0.99) * cost / (equity + mean * mean)").unwrap();
        let at = [3.0, 5.0, 7.0];
        let dual = goal.at(&at, 11.0);
        for index in 0..3 {
            let mut moved = at;
            moved[index] += 1e-6;
            let slope = (goal.at(&moved, 11.0).value - dual.value) / 1e-6;
            assert!((slope - dual.slopes[index]).abs() < 1e-5, "{index}: {slope} against {}", dual.slopes[index]);
        }
        assert_eq!(dual.value, -15.0 / 60.0);
    }

    #[test]
    fn demands_compare_two_goals() {
        let demand: Demand = "cost <= 0.015 * equity".parse().unwrap();
        let holds = |cost: f64| demand.admits(demand.excess.at(&[cost], 1e6).value);
        assert!(holds(15_000.0) && !holds(15_001.0));
        assert_eq!(demand.to_string(), "cost <= 0.015 * equity");
    }

    #[test]
    fn wrong_goals_are_told_what_is_right() {
        for (text, message) in [
            ("", "`` ends where a number or measure should follow"),
            ("es(0.99) +", "`es(0.99) +` ends where a number or measure should follow"),
            ("es(0.99", "`es(0.99` lacks a closing bracket"),
            ("(es(0.99)", "`(es(0.99)` lacks a closing bracket"),
            ("es(0.99) 2", "`2` in `es(0.99) 2` is left over"),
            ("2x * cost", "`2x` in `2x * cost` is no number"),
            ("cost ^ 2", "`^ 2` in `cost ^ 2` is left over"),
            ("es", "`es` needs a level, as in `es(0.99)`"),
            ("=", "`=` in `=` is no number or measure"),
        ] {
            assert_eq!(goal(text).unwrap_err(), message, "{text}");
        }
        assert!(goal(&"-".repeat(100)).unwrap_err().contains("nests more than"));
        assert!(goal("costs").unwrap_err().contains("did you mean `cost`?"));
        for (text, message) in [
            ("cost", "`cost` compares nothing; write for instance `cost <= 0.015 * equity`"),
            ("cost = 3", "`=` in `cost = 3` is no comparison; use <, <=, > or >="),
        ] {
            assert_eq!(text.parse::<Demand>().unwrap_err().to_string(), message);
        }
    }
}
