//! The first day's variance states, from VIX and what else the scenario says of it.

use jiff::civil::Date;

use crate::calendar::Clock;
use crate::model::State;

use super::fault::Faults;
use super::law::NamedModel;
use super::value::Table;

/// Both states at the close of the first day; `None` where a fault prevents it.
pub(super) fn first_state(
    market: &Table,
    section: &Table,
    model: Option<&NamedModel>,
    clock: Option<Clock>,
    date: Option<Date>,
    faults: &mut Faults,
) -> Option<State> {
    let _ = (section, model?, clock?, date?, faults);
    Some(State { x1: market.number("vix")? / 1e3, x2: 0.0 })
}
