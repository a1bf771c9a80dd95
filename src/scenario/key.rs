//! What a key of a scenario is: its type, its range, what holds without it, its meaning.

use super::fault::shown;
use super::value::Value;

/// A key, or a section with keys of its own.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) absent: Absent,
    /// Unit and meaning in one line.
    pub(super) about: &'static str,
}

/// What a key may hold.
#[derive(Debug)]
pub(super) enum Kind {
    /// Any text that is not empty.
    Text,
    /// Text in the rule language.
    Rule,
    /// A day.
    Date,
    /// Days in their order.
    Dates,
    /// True or false.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number between these two.
    Whole(i64, i64),
    /// A number in this range.
    Number(Range),
    /// Keys of its own.
    Table(&'static [Key]),
    /// Any number of tables with these keys, told apart by `name`.
    List(&'static [Key]),
    /// Names of the user's own choice, each with a number.
    Names,
    /// Keys that a sweep varies, each with its values.
    Axes,
}

/// What holds where a key is not given.
#[derive(Debug)]
pub(super) enum Absent {
    /// It must be given; what it could be.
    Required(&'static str),
    /// Nothing holds; what it could be.
    Nothing(&'static str),
    /// This value.
    Default(fn() -> Value),
    /// What the model's preset says.
    Preset,
    /// Each key of the section has its own default.
    Section,
}

/// A range of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) least: f64,
    pub(super) most: f64,
    /// Whether `least` itself is left out.
    pub(super) above: bool,
}

impl Range {
    pub(super) fn contains(self, number: f64) -> bool {
        number <= self.most && (number > self.least || number == self.least && !self.above)
    }

    /// What is allowed, for people.
    pub(super) fn allowed(self) -> String {
        let (least, most, above) = (shown(self.least), shown(self.most), self.above);
        if above {
            format!("a number above {least} and at most {most}")
        } else {
            format!("a number from {least} to {most}")
        }
    }
}

pub(super) const fn from(least: f64, most: f64) -> Kind {
    Kind::Number(Range { least, most, above: false })
}

pub(super) const fn above(least: f64, most: f64) -> Kind {
    Kind::Number(Range { least, most, above: true })
}

pub(super) const fn key(name: &'static str, kind: Kind, absent: Absent, about: &'static str) -> Key {
    Key { name, kind, absent, about }
}

/// The sections, with dots, in which a key of that name exists.
pub(super) fn homes_of(name: &str) -> Vec<String> {
    fn visit(keys: &'static [Key], path: &str, name: &str, homes: &mut Vec<String>) {
        for key in keys {
            if key.name == name && !path.is_empty() {
                homes.push(path.to_owned());
            }
            if let Kind::Table(inner) | Kind::List(inner) = key.kind {
                visit(inner, &join(path, key.name), name, homes);
            }
        }
    }
    let mut homes = Vec::new();
    visit(super::keys::SCENARIO, "", name, &mut homes);
    homes
}

/// `path.name`, or `name` at the top.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_ends_as_it_says() {
        let closed = Range { least: 0.0, most: 1.0, above: false };
        let open = Range { above: true, ..closed };
        assert!(closed.contains(0.0) && closed.contains(1.0) && !closed.contains(-1e-300));
        assert!(!open.contains(0.0) && open.contains(1.0) && open.contains(1e-300));
        assert!(!closed.contains(f64::NAN) && !closed.contains(f64::INFINITY));
    }
}
