//! Values of a scenario after their types and ranges are checked.

use jiff::civil::Date;

use super::axes::Axis;
use super::key::Key;
use super::raw::Place;

/// A checked value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Date(Date),
    Dates(Vec<Date>),
    Whole(i64),
    Number(f64),
    Table(Table),
    List(Vec<Table>),
    Names(Vec<Named>),
    Axes(Vec<Axis>),
}

/// A number under a name of the user's choice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) number: f64,
    /// Where the name stands.
    pub(super) place: Place,
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What is known of one key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Slot {
    /// Not given, and no default.
    Absent,
    /// Given, but wrong: a fault says so.
    Faulty,
    /// Good: as given at a place, or by default.
    Good(Value, Option<Place>),
}

impl Slot {
    /// Where the scenario gives it.
    pub(super) fn place(&self) -> Option<Place> {
        match self {
            Self::Good(_, place) => *place,
            _ => None,
        }
    }
}

/// A section: one slot a key, in the order of the key table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) keys: &'static [Key],
    pub(super) slots: Vec<Slot>,
    /// Where the section stands, or would stand.
    pub(super) place: Place,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Table {
    /// The slot of a key.
    ///
    /// # Panics
    /// The section has no such key.
    pub(super) fn slot(&self, name: &str) -> &Slot {
        &self.slots[self.index(name)]
    }

    /// Gives a key a value.
    pub(super) fn set(&mut self, name: &str, value: Value, place: Option<Place>) {
        let index = self.index(name);
        self.slots[index] = Slot::Good(value, place);
    }

    fn index(&self, name: &str) -> usize {
        self.keys.iter().position(|key| key.name == name).unwrap_or_else(|| panic!("`{name}` is not in the key table"))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        match self.slot(name) {
            Slot::Good(value, _) => Some(value),
            _ => None,
        }
    }

    /// Whether nothing is known of a key, not even a fault.
    pub(super) fn is_absent(&self, name: &str) -> bool {
        *self.slot(name) == Slot::Absent
    }

    /// Whether the scenario gives the key, rightly or wrongly.
    pub(super) fn is_given(&self, name: &str) -> bool {
        matches!(self.slot(name), Slot::Faulty | Slot::Good(_, Some(_)))
    }

    /// Where the key's value stands; the section's place if it is a default.
    pub(super) fn place(&self, name: &str) -> Place {
        match self.slot(name) {
            Slot::Good(Value::Table(table), _) => table.place,
            Slot::Good(_, Some(place)) => *place,
            _ => self.place,
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        match self.value(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Whole(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub(super) fn date(&self, name: &str) -> Option<Date> {
        match self.value(name)? {
            Value::Date(date) => Some(*date),
            _ => None,
        }
    }

    /// The days of a list, none where it is not given.
    pub(super) fn dates(&self, name: &str) -> &[Date] {
        match self.value(name) {
            Some(Value::Dates(dates)) => dates,
            _ => &[],
        }
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        match self.value(name)? {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        let index = self.index(name);
        match &mut self.slots[index] {
            Slot::Good(Value::Table(table), _) => Some(table),
            _ => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> &[Table] {
        match self.value(name) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    pub(super) fn axes(&self, name: &str) -> &[Axis] {
        match self.value(name) {
            Some(Value::Axes(axes)) => axes,
            _ => &[],
        }
    }

    pub(super) fn names(&self, name: &str) -> &[Named] {
        match self.value(name) {
            Some(Value::Names(names)) => names,
            _ => &[],
        }
    }
}
