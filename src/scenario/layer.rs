//! From a `[[layer]]` to a hedge layer: which keys go together, and what a key means where others are given.

use crate::instrument::OptionKind;
use crate::plan::slug;
use crate::strategy::layer::{Cell, Hold, Layer, Size, StrikeChoice, VixOptionHold, VxHold};
use crate::strategy::rule::{Place as RulePlace, Rule};

use super::compile::{Rules, choice};
use super::fault::{Fault, Faults};
use super::key::Absent;
use super::value::{Slot, Table};

/// What a layer holds, as far as its keys tell which others it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Month,
    ConstantMaturity,
    Option,
    Index,
}

impl What {
    fn described(self) -> &'static str {
        match self {
            Self::Month => "VX by month",
            Self::ConstantMaturity => "VX of constant maturity",
            Self::Option => "VIX options",
            Self::Index => "the index",
        }
    }
}

/// The layer, or nothing where faults prevent it.
pub(super) fn read_layer(entry: &Table, rules: &mut Rules<'_>) -> Option<Layer> {
    let enter = rules.parse(entry, "enter", RulePlace::Layer);
    let exit = rules.parse(entry, "exit", RulePlace::Layer);
    let refresh = rules.parse(entry, "refresh", RulePlace::Layer);
    let cells = read_cells(entry, rules);
    let hold_table = entry.table("hold")?;
    let what = what(entry, hold_table, rules.faults)?;
    check_meaning(entry, hold_table, what, rules.faults);
    let (size, amount) = size(entry, hold_table, what, rules.faults)?;
    let hold = match what {
        What::Month | What::ConstantMaturity => vx(entry, hold_table, rules.faults),
        What::Option => vix_option(entry, hold_table, refresh, rules.faults),
        What::Index => Some(Hold::Index),
    };
    Some(Layer {
        name: entry.text("name")?.to_owned(),
        hold: hold?,
        size,
        amount: amount?,
        cells: cells?,
        fractional: entry.flag("fractional")?,
        enter: enter?,
        exit: exit?,
        min_days: u32::try_from(entry.whole("min_days")?).ok()?,
        cool_down_days: u32::try_from(entry.whole("cool_down_days")?).ok()?,
        level: choice(entry, "level")?,
        resize: choice(entry, "resize")?,
    })
}

/// The columns of a layer's parts must not be those of another layer: `L1` has one that a layer `L1 carry` would have.
pub(super) fn check_columns(layers: &[Table], faults: &mut Faults) {
    let names = || layers.iter().filter_map(|layer| Some((layer, layer.text("name")?)));
    for (layer, name) in names() {
        for part in ["carry", "trigger", "roll"] {
            let taken = format!("{}_{part}", slug(name));
            for (other, other_name) in names().filter(|(_, other)| slug(other) == taken) {
                let title =
                    format!("the layers \"{name}\" and \"{other_name}\" both have a column layer_{taken}_pnl_usd");
                let fault = Fault::new(other.place("name"), title, format!("must not end with \"{part}\""));
                faults.add(fault.also(layer.place("name"), "the other layer"));
            }
        }
    }
}

/// Cells go by name, of which each layer has its own.
fn read_cells(entry: &Table, rules: &mut Rules<'_>) -> Option<Vec<Cell>> {
    let cells = entry.list("cells");
    for (index, cell) in cells.iter().enumerate() {
        let Some(name) = cell.text("name") else { continue };
        if let Some(first) = cells[..index].iter().find(|other| other.text("name") == Some(name)) {
            let title = format!("the cell \"{name}\" is given twice");
            let fault = Fault::new(cell.place("name"), title, "must be a name of its own");
            rules.faults.add(fault.also(first.place("name"), "given here first"));
        }
    }
    let read = cells.iter().map(|cell| {
        let when = rules.parse(cell, "when", RulePlace::Layer);
        Some(Cell { name: cell.text("name")?.to_owned(), when: when?, size: cell.number("size")? })
    });
    let read: Vec<Option<Cell>> = read.collect();
    if matches!(entry.slot("cells"), Slot::Faulty) { None } else { read.into_iter().collect() }
}

fn what(entry: &Table, hold: &Table, faults: &mut Faults) -> Option<What> {
    let is_index = hold.flag("index") == Some(true);
    let given: Vec<&str> = [("vx", hold.is_given("vx")), ("option", hold.is_given("option")), ("index", is_index)]
        .into_iter()
        .filter_map(|(key, given)| given.then_some(key))
        .collect();
    let layer = entry.text("name").unwrap_or("a layer");
    match given[..] {
        [] => {
            let title = format!("`hold` of \"{layer}\" does not say what to hold");
            let fault = Fault::missing(hold.place, title, "must say `vx`, `option` or `index`");
            faults.add(fault.help("for example `hold = { vx = 1, contracts = 3 }`"));
            None
        }
        ["vx"] if hold.is_given("to") => Some(What::ConstantMaturity),
        ["vx"] => Some(What::Month),
        ["option"] => Some(What::Option),
        [_] => Some(What::Index),
        [first, second, ..] => {
            let title = format!("`hold` of \"{layer}\" says both `{first}` and `{second}`");
            let fault = Fault::new(hold.place(second), title, "must be one of vx, option and index");
            faults.add(fault.also(hold.place(first), "and this"));
            None
        }
    }
}

/// Keys that mean nothing for what is held.
fn check_meaning(entry: &Table, hold: &Table, what: What, faults: &mut Faults) {
    use What::{ConstantMaturity, Index, Month, Option};
    let futures = [Month, ConstantMaturity];
    let by_month = "must go with `vx`";
    let of_options = "must go with `option`";
    let checks: [(&Table, &str, &[What], &str); 16] = [
        (hold, "to", &futures, by_month),
        (hold, "mini", &futures, by_month),
        (hold, "delta", &[Option], of_options),
        (hold, "offset", &[Option], of_options),
        (hold, "short_delta", &[Option], of_options),
        (hold, "short_offset", &[Option], of_options),
        (hold, "days", &[Option], of_options),
        (entry, "weight", &[Month, ConstantMaturity, Index], "options are sized by `premium_of_equity`"),
        (entry, "max_change", &[Month, ConstantMaturity, Index], "must go with `weight`"),
        (entry, "premium_of_equity", &[Option], "only options cost a premium; `weight` sizes by equity"),
        (entry, "premium_of_credit", &[Option], "only options cost a premium; `per_condor_risk` sizes by condors"),
        (entry, "roll_days", &[Month, Option], "rolls by itself, or never: must be left out"),
        (entry, "roll_every", &[Month, Option], "rolls by itself, or never: must be left out"),
        (entry, "refresh", &[Option], "only options are refreshed"),
        (entry, "level", &[Month, ConstantMaturity, Index], "each layer of options holds its own: must be left out"),
        (
            entry,
            "resize",
            &[Month, ConstantMaturity, Index],
            "options keep their size until they roll: must be left out",
        ),
    ];
    for (table, key, meant_for, label) in checks {
        if says(table, key) && !meant_for.contains(&what) {
            let title = format!("`{key}` means nothing for {}", what.described());
            faults.add(Fault::new(table.place(key), title, label));
        }
    }
    for (key, with) in [("max_change", "weight"), ("refresh", "roll_every")] {
        if entry.is_given(key) && !entry.is_given(with) {
            faults.add(Fault::new(
                entry.place(key),
                format!("`{key}` without `{with}`"),
                format!("must go with `{with}`"),
            ));
        }
    }
}

/// Whether a key says something: a default that is written out, as in a resolved scenario, does not.
fn says(table: &Table, key: &str) -> bool {
    let default = table.keys.iter().find(|known| known.name == key).and_then(|known| match known.absent {
        Absent::Default(value) => Some(value()),
        _ => None,
    });
    match table.slot(key) {
        Slot::Good(value, Some(_)) => default.as_ref() != Some(value),
        Slot::Faulty => true,
        Slot::Good(..) | Slot::Absent => false,
    }
}

/// What the size is measured by, and the amount; the inner `None` is an amount that is faulty.
fn size(entry: &Table, hold: &Table, what: What, faults: &mut Faults) -> Option<(Size, Option<f64>)> {
    let keys = [(hold, "contracts"), (entry, "weight"), (entry, "premium_of_equity"), (entry, "premium_of_credit")];
    let given: Vec<(&Table, &str)> = keys.into_iter().filter(|(table, key)| table.is_given(key)).collect();
    let layer = entry.text("name").unwrap_or("a layer");
    let (table, key) = match given[..] {
        [one] => one,
        [] => {
            let other = if what == What::Option { "`premium_of_equity`" } else { "`weight`" };
            let title = format!("\"{layer}\" does not say how much to hold");
            let fault = Fault::missing(hold.place, title, format!("must say `contracts`, or the layer {other}"));
            faults.add(fault.help("for example `contracts = 3`"));
            return None;
        }
        [(first_table, first), (second_table, second), ..] => {
            let title = format!("\"{layer}\" is sized by both `{first}` and `{second}`");
            let fault = Fault::new(second_table.place(second), title, "must be one of them");
            faults.add(fault.also(first_table.place(first), "and this"));
            return None;
        }
    };
    let per_condor_risk = entry.number("per_condor_risk");
    if key != "contracts" && entry.is_given("per_condor_risk") {
        let title = format!("\"{layer}\" is sized by both `{key}` and `per_condor_risk`");
        let fault = Fault::new(entry.place("per_condor_risk"), title, "must go with `contracts`");
        faults.add(fault.also(table.place(key), "and this"));
    }
    let size = match key {
        "weight" => Size::Weight { max_change: entry.number("max_change") },
        "premium_of_equity" => Size::PremiumOfEquity,
        "premium_of_credit" => Size::PremiumOfCredit,
        _ => Size::Contracts { per_condor_risk },
    };
    Some((size, table.number(key)))
}

fn vx(entry: &Table, hold: &Table, faults: &mut Faults) -> Option<Hold> {
    let month = u8::try_from(hold.whole("vx")?).ok()?;
    let last_month = hold.whole("to").and_then(|to| u8::try_from(to).ok());
    if let Some(to) = last_month.filter(|&to| to <= month) {
        let title = format!("a position of constant maturity cannot roll from month {month} to month {to}");
        let fault = Fault::new(hold.place("to"), title, "must be a later month than vx");
        faults.add(fault.also(hold.place("vx"), "the month that it rolls from"));
        return None;
    }
    Some(Hold::Vx(VxHold {
        month,
        last_month,
        mini: hold.flag("mini").unwrap_or(false),
        roll_days: if last_month.is_some() { 0 } else { days(entry, "roll_days")? },
        roll_every: days(entry, "roll_every"),
    }))
}

fn vix_option(entry: &Table, hold: &Table, refresh: Option<Rule>, faults: &mut Faults) -> Option<Hold> {
    let kind = match hold.text("option")? {
        "vix put" => OptionKind::Put,
        _ => OptionKind::Call,
    };
    let strike = strike(hold, "delta", "offset", faults);
    let short = strike_of(hold, "short_delta", "short_offset", faults);
    if strike.is_some() && strike == short.flatten() {
        let key = if hold.is_given("short_delta") { "short_delta" } else { "short_offset" };
        faults.add(Fault::new(
            hold.place(key),
            "both options of the spread are the same",
            "must differ from the other",
        ));
    }
    if !hold.is_given("days") {
        let fault = Fault::missing(hold.place, "`days` is missing", "must say `days`, to the option's expiry");
        faults.add(fault.help("for example `days = 30`"));
    }
    let (aimed_at, roll_days) = (days(hold, "days")?, days(entry, "roll_days")?);
    if roll_days >= aimed_at {
        let title = format!("options of {aimed_at} days that roll {roll_days} days before expiry");
        let (table, key) = if entry.is_given("roll_days") { (entry, "roll_days") } else { (hold, "days") };
        let label = if key == "days" { "must be above `roll_days`" } else { "must be below the `days` of `hold`" };
        faults.add(Fault::new(table.place(key), title, label).help("0 holds them to settlement"));
    }
    let refresh = if entry.is_absent("refresh") { Rule::always() } else { refresh? };
    Some(Hold::VixOption(VixOptionHold {
        kind,
        strike: strike?,
        short: short?,
        days: aimed_at,
        roll_days,
        roll_every: days(entry, "roll_every"),
        refresh,
    }))
}

/// The strike, which must be given one way or the other.
fn strike(hold: &Table, delta: &str, offset: &str, faults: &mut Faults) -> Option<StrikeChoice> {
    if !hold.is_given(delta) && !hold.is_given(offset) {
        let fault = Fault::missing(hold.place, "the option has no strike", format!("must say `{delta}` or `{offset}`"));
        faults.add(fault.help(format!("for example `{delta} = 0.5`")));
    }
    strike_of(hold, delta, offset, faults).flatten()
}

/// The strike, if one is given; `None` where faults prevent it.
fn strike_of(hold: &Table, delta: &str, offset: &str, faults: &mut Faults) -> Option<Option<StrikeChoice>> {
    if hold.is_given(delta) && hold.is_given(offset) {
        let fault =
            Fault::new(hold.place(offset), format!("both `{delta}` and `{offset}` are given"), "must be one of them");
        faults.add(fault.also(hold.place(delta), "and this"));
        return None;
    }
    let choice = hold.number(delta).map(StrikeChoice::Delta).or(hold.number(offset).map(StrikeChoice::Offset));
    let is_faulty = hold.is_given(delta) || hold.is_given(offset);
    if choice.is_none() && is_faulty { None } else { Some(choice) }
}

fn days(table: &Table, key: &str) -> Option<u32> {
    table.whole(key).and_then(|days| u32::try_from(days).ok())
}
