//! Cuts the text of a rule into numbers, names and signs.
//!
//! ```text
//! number   digits, with _ between them, a fraction and an exponent: 150_000  0.25  .5  1e-3
//! name     a letter or _, then letters, digits and _
//! sign     + - * / < <= > >= == != ( ) ,
//! ```

use std::ops::Range;

use super::error::RuleError;

/// One word of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    Name(&'a str),
    Sign(&'static str),
    /// The end of the text.
    End,
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 13] = ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ","];

/// Habits of other languages, and what this one writes.
const FOREIGN: [(&str, &str); 15] = [
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("**", "there are no powers: multiply"),
    ("<>", "write `!=`"),
    ("&", "write `and`"),
    ("|", "write `or`"),
    ("!", "write `not`"),
    ("=", "write `==` to compare"),
    ("%", "write a fraction: 2 % is 0.02"),
    ("^", "there are no powers: multiply"),
    ("≤", "write `<=`"),
    ("≥", "write `>=`"),
    ("≠", "write `!=`"),
    ("−", "write the hyphen `-`"),
    (".", "names have no dots: a threshold is named alone, as in `vix > vix_extreme`"),
];

/// All words of a text with their bytes, ending with [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, Range<usize>)>, RuleError> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        if first.is_whitespace() {
            start += first.len_utf8();
            continue;
        }
        let (token, length) = match first {
            '0'..='9' => number(rest, start)?,
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest, start)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = word_length(rest);
                (Token::Name(&rest[..length]), length)
            }
            _ => sign(rest, first, start)?,
        };
        found.push((token, start..start + length));
        start += length;
    }
    found.push((Token::End, text.len()..text.len()));
    Ok(found)
}

fn number(rest: &str, start: usize) -> Result<(Token<'_>, usize), RuleError> {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || *b == b'_') {
            at += 1;
        }
        at
    };
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
        length = digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let signed = length + 1 + usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        if bytes.get(signed).is_some_and(u8::is_ascii_digit) {
            length = digits(signed);
        }
    }
    let whole = length + rest[length..].find(|c: char| !in_word(c) && c != '.').unwrap_or(rest.len() - length);
    let malformed = || {
        RuleError::new(start..start + whole, format!("`{}` is not a number", &rest[..whole]))
            .help("write numbers as in 30, 0.5, 150_000 or 1e-3")
    };
    let text = &rest[..length];
    let separators_stand_between_digits = text.bytes().enumerate().all(|(at, byte)| {
        let beside = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
        byte != b'_' || (beside(at.checked_sub(1)) && beside(Some(at + 1)))
    });
    if whole != length || !separators_stand_between_digits {
        return Err(malformed());
    }
    let value: f64 = text.replace('_', "").parse().map_err(|_| malformed())?;
    if value.is_finite() {
        Ok((Token::Number(value), length))
    } else {
        Err(RuleError::new(start..start + length, format!("`{text}` is too large for a number")))
    }
}

/// Bytes at the start of `rest` that can stand in a name.
fn word_length(rest: &str) -> usize {
    rest.find(|c: char| !in_word(c)).unwrap_or(rest.len())
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn sign(rest: &str, first: char, start: usize) -> Result<(Token<'_>, usize), RuleError> {
    let foreign = |sign: &&(&str, &str)| rest.starts_with(sign.0);
    let doubled = FOREIGN.iter().take(4).find(foreign);
    if doubled.is_none()
        && let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign))
    {
        return Ok((Token::Sign(sign), sign.len()));
    }
    let Some((sign, help)) = doubled.or_else(|| FOREIGN.iter().find(foreign)) else {
        let shown = if first.is_control() { first.escape_debug().to_string() } else { first.to_string() };
        return Err(RuleError::new(start..start + first.len_utf8(), format!("`{shown}` means nothing in a rule")));
    };
    Err(RuleError::new(start..start + sign.len(), format!("`{sign}` means nothing in a rule")).help(*help))
}
