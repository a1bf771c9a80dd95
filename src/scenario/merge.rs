//! One scenario from several texts: the file, those that it extends, and assignments on the command line.
//!
//! See the module above for what wins over what.

use std::ops::Range;
use std::path::PathBuf;

use super::fault::{Fault, Faults, listed, nearest};
use super::key::Kind;
use super::keys::SCENARIO;
use super::numbers::path_of;
use super::raw::{Item, Pair, Place, Raw, RawTable, SourceText, parse_value};

/// What messages call the source of an assignment.
pub(super) const COMMAND_LINE: &str = "command line";

/// An assignment on the command line, such as `--set market.vix=30` or `--paths 1000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// What the user typed, for messages.
    shown: String,
    key: String,
    /// Where `shown` names the key.
    key_at: Range<usize>,
    /// Where `shown` has the value.
    value_at: Range<usize>,
}

impl Override {
    /// `--set KEY=VALUE`.
    ///
    /// `KEY` is a path with dots; entries of lists go by name, as in `layer.L3 extreme.hold.contracts`. `VALUE` is written
    /// as in the file; text needs no quotes.
    ///
    /// # Errors
    /// No equals sign, or nothing before it.
    pub fn set(assignment: &str) -> crate::Result<Self> {
        let start = "--set ".len();
        match assignment.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self {
                shown: format!("--set {assignment}"),
                key: key.trim().to_owned(),
                key_at: start..start + key.len(),
                value_at: trimmed(value, start + key.len() + 1),
            }),
            _ => Err(crate::Error::Usage(format!(
                "--set {assignment} is not of the form KEY=VALUE; for example --set market.vix=30"
            ))),
        }
    }

    /// An option of its own, such as `--paths 1000` for `run.paths`.
    #[must_use]
    pub fn option(option: &str, key: &str, value: &str) -> Self {
        Self {
            shown: format!("{option} {value}"),
            key: key.to_owned(),
            key_at: 0..option.len(),
            value_at: trimmed(value, option.len() + 1),
        }
    }

    /// One value of a sweep: a name alone is a threshold, anything else a path.
    pub(super) fn swept(key: &str, value: f64) -> Self {
        // Whole numbers without a point, so that keys for whole numbers take them.
        let is_whole = value.fract() == 0.0 && value.abs() < 1e15;
        let value = if is_whole { value.to_string() } else { format!("{value:?}") };
        Self {
            shown: format!("{key} = {value}"),
            key: path_of(key),
            key_at: 0..key.len(),
            value_at: key.len() + " = ".len()..key.len() + " = ".len() + value.len(),
        }
    }

    /// The text that messages quote.
    pub(super) fn source(&self) -> SourceText {
        SourceText { name: COMMAND_LINE.to_owned(), text: self.shown.clone(), folder: PathBuf::new() }
    }
}

/// Where `text`, which begins at `start`, stands without the blanks around it.
fn trimmed(text: &str, start: usize) -> Range<usize> {
    let start = start + text.len() - text.trim_start().len();
    start..start + text.trim().len()
}

/// Lays `over` on `base`.
pub(super) fn merge(base: &mut RawTable, over: RawTable) {
    if let (Some(Item::Table(model)), Some(Item::Table(over_model))) =
        (base.get_mut("model").map(|raw| &mut raw.item), over.get("model").map(|raw| &raw.item))
        && over_model.get("preset").is_some()
    {
        model.pairs.clear();
    }
    if let (Some(Item::Table(market)), Some(Item::Table(over_market))) =
        (base.get_mut("market").map(|raw| &mut raw.item), over.get("market").map(|raw| &raw.item))
        && (over_market.get("vix3m").is_some() || over_market.get("vx2").is_some())
    {
        market.remove("vix3m");
        market.remove("vx2");
    }
    merge_table(base, over);
}

fn merge_table(base: &mut RawTable, over: RawTable) {
    for pair in over.pairs {
        match (base.get_mut(&pair.key).map(|raw| &mut raw.item), pair.value.item) {
            (Some(Item::Table(old)), Item::Table(new)) => merge_table(old, new),
            (Some(Item::List(old)), Item::List(new)) if new.iter().any(|raw| matches!(raw.item, Item::Table(_))) => {
                merge_list(old, new);
            }
            (_, item) => base.set(Pair { value: Raw { item, ..pair.value }, ..pair }),
        }
    }
}

/// A name that occurs twice in `over` is left to be found as a duplicate.
fn merge_list(base: &mut Vec<Raw>, over: Vec<Raw>) {
    let known = base.len();
    let mut merged = vec![false; known];
    for raw in over {
        let slot = base[..known].iter().position(|old| same_name(old, &raw)).filter(|&i| !merged[i]);
        match (slot, raw.item) {
            (Some(i), Item::Table(new)) => {
                merged[i] = true;
                if let Item::Table(old) = &mut base[i].item {
                    merge_table(old, new);
                }
            }
            (_, item) => base.push(Raw { item, place: raw.place }),
        }
    }
}

fn same_name(a: &Raw, b: &Raw) -> bool {
    match (&a.item, &b.item) {
        (Item::Table(a), Item::Table(b)) => a.name().is_some() && a.name() == b.name(),
        _ => false,
    }
}

/// Lays one assignment on the scenario; `source` is the index of its text.
pub(super) fn assign(base: &mut RawTable, assignment: &Override, source: usize, faults: &mut Faults) {
    let Override { shown, key, key_at, value_at } = assignment;
    let place = |range: &Range<usize>| Place { source, start: range.start, end: range.end };
    let Some(steps) = steps(key, base) else {
        let fault = Fault::new(place(key_at), format!("`{key}` is not a key"), "must be names with dots between");
        faults
            .add(fault.help("for example `market.vix`, `thresholds.vix_extreme` or `layer.L3 extreme.hold.contracts`"));
        return;
    };
    if steps == ["extends"] {
        let fault = Fault::new(place(key_at), "`extends` cannot be assigned", "must stand in a file");
        faults.add(fault.help("write a file that extends another, and run that"));
        return;
    }
    if let Some(fault) = unreachable_entry(&steps, base, place(key_at)) {
        faults.add(fault);
        return;
    }
    let written = &shown[value_at.clone()];
    let value = parse_value(source, value_at.start, written)
        .filter(|raw| !holds_text(&steps) || matches!(raw.item, Item::Text(_)))
        .unwrap_or_else(|| Raw { item: Item::Text(written.to_owned()), place: place(value_at) });
    merge(base, nested(&steps, value, place(key_at)));
}

/// Whether the key takes text, which may then look like a number: `name=5`, `enter=true`.
fn holds_text(steps: &[String]) -> bool {
    let mut keys = SCENARIO;
    let mut names = steps.iter();
    while let Some(key) = names.next().and_then(|name| keys.iter().find(|key| key.name == name)) {
        keys = match key.kind {
            Kind::Table(inner) => inner,
            Kind::List(inner) => {
                names.next();
                inner
            }
            Kind::Text | Kind::Rule | Kind::Choice(_) => return names.next().is_none(),
            _ => return false,
        };
    }
    false
}

/// Splits a path at its dots; names of list entries and quoted parts keep theirs.
fn steps(key: &str, base: &RawTable) -> Option<Vec<String>> {
    let mut steps: Vec<String> = Vec::new();
    let mut rest = key.trim();
    loop {
        let (step, tail) = next_step(rest, steps.first().filter(|_| steps.len() == 1), base);
        if step.is_empty() {
            return None;
        }
        steps.push(step.to_owned());
        match tail.strip_prefix('.') {
            Some(tail) => rest = tail,
            None if tail.is_empty() => return Some(steps),
            None => return None,
        }
    }
}

/// The first step of `rest` and what follows; `list` is the list whose entries are named here.
fn next_step<'a>(rest: &'a str, list: Option<&String>, base: &RawTable) -> (&'a str, &'a str) {
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\''))
        && let Some(end) = rest[1..].find(quote)
    {
        return (&rest[1..=end], &rest[end + 2..]);
    }
    let longest = list
        .into_iter()
        .flat_map(|list| entry_names(base, list))
        .filter(|name| rest.strip_prefix(*name).is_some_and(|tail| tail.is_empty() || tail.starts_with('.')))
        .map(str::len)
        .max();
    let end = longest.or_else(|| rest.find('.')).unwrap_or(rest.len());
    (&rest[..end], &rest[end..])
}

fn entry_names<'a>(base: &'a RawTable, list: &str) -> Vec<&'a str> {
    match base.get(list).map(|raw| &raw.item) {
        Some(Item::List(entries)) => entries
            .iter()
            .filter_map(|raw| match &raw.item {
                Item::Table(table) => table.name(),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn is_list(name: &str) -> bool {
    SCENARIO.iter().any(|key| key.name == name && matches!(key.kind, Kind::List(_)))
}

/// An assignment changes entries of lists; it cannot make or rename one.
fn unreachable_entry(steps: &[String], base: &RawTable, place: Place) -> Option<Fault> {
    let [list, entry, ..] = steps else { return None };
    let names = entry_names(base, list);
    if is_list(list) && steps.get(2).is_some_and(|key| key == "name") {
        let label = "entries go by their name here";
        return Some(Fault::new(place, format!("an assignment cannot rename `{entry}`"), label));
    }
    if !is_list(list) || names.contains(&entry.as_str()) {
        return None;
    }
    let known = format!("known are {}", listed(names.iter().copied()));
    let fault = Fault::new(place, format!("there is no {list} named `{entry}`"), known);
    Some(fault.maybe_help(nearest(entry, names).map(|name| format!("did you mean `{list}.{name}`?"))))
}

/// The scenario that says nothing but this.
fn nested(steps: &[String], value: Raw, place: Place) -> RawTable {
    let mut raw = value;
    for (depth, step) in steps.iter().enumerate().rev() {
        let is_entry = depth == 1 && is_list(&steps[0]);
        let mut table = match raw.item {
            Item::Table(table) if is_entry => table,
            item => RawTable { pairs: vec![Pair { key: step.clone(), place, value: Raw { item, place: raw.place } }] },
        };
        if is_entry {
            table.set(Pair { key: "name".to_owned(), place, value: Raw { item: Item::Text(step.clone()), place } });
            raw = Raw { item: Item::List(vec![Raw { item: Item::Table(table), place }]), place };
        } else {
            raw = Raw { item: Item::Table(table), place };
        }
    }
    match raw.item {
        Item::Table(table) => table,
        _ => RawTable::default(),
    }
}
