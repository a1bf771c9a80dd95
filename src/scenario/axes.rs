//! What a sweep varies: keys of a scenario, the values that each takes, and the settings that combine them.
//!
//! ```text
//! [sweep]                                         on the command line
//! rsi_oversold = [20, 25, 30]                     --over rsi_oversold=20,25,30
//! vix_extreme  = { from = 25, to = 40, step = 5 } --over "vix_extreme=25..40 step 5"
//! "layer.L3 extreme.hold.contracts" = [0, 4, 8]
//! ```
//!
//! A name alone is a threshold; anything else is the path of a key, as for `--set`.

use super::fault::{Fault, Faults, grouped};
use super::merge::Override;
use super::numbers::{find, numbers};
use super::raw::{Item, Raw, RawTable};
use super::sheet::split;
use super::value::Table;
use crate::error::{Error, Result};
use crate::random::latin_hypercube;

/// Most settings of one sweep.
pub const SETTINGS_MAX: usize = 10_000;
/// Most values of one key.
const VALUES_MAX: usize = SETTINGS_MAX;
/// A last value may miss the end of its range by this share of a step, which is rounding.
const STEP_SLACK: f64 = 1e-9;

/// A key and the values that it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The key as the user writes it.
    pub key: String,
    /// At least one, no two the same.
    pub values: Vec<f64>,
}

/// The settings of a sweep: one value a key each.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// Keys, in the order of the file or of the options.
    pub keys: Vec<String>,
    /// `[setting][key]`.
    pub settings: Vec<Vec<f64>>,
}

impl Axis {
    /// `--over KEY=a,b,c` or `--over "KEY=from..to step s"`.
    ///
    /// # Errors
    /// Neither form, a number that is none, an empty range.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |what: String| Error::Usage(format!("--over {text}: {what}"));
        let form = "write KEY=20,25,30 or \"KEY=20..40 step 5\"";
        let Some((key, values)) = text.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
            return Err(fault(form.into()));
        };
        let number = |word: &str| {
            let found = word.trim().replace('_', "").parse::<f64>().ok().filter(|number| number.is_finite());
            found.ok_or_else(|| fault(format!("`{}` is no number; {form}", word.trim())))
        };
        let values = match values.split_once("..") {
            Some((from, rest)) => {
                let Some((to, step)) = rest.split_once("step") else {
                    return Err(fault(format!("a range needs a step; {form}")));
                };
                range(number(from)?, number(to)?, number(step)?).map_err(fault)?
            }
            None => values.split(',').map(number).collect::<Result<_>>()?,
        };
        distinct(&values).map_err(fault)?;
        Ok(Self { key: key.trim().to_owned(), values })
    }
}

/// The values from one end to the other.
fn range(from: f64, to: f64, step: f64) -> std::result::Result<Vec<f64>, String> {
    let count = (to - from) / step;
    if !(count >= 0.0 && count.is_finite()) {
        return Err(format!("the range from {from} to {to} in steps of {step} is empty"));
    }
    if count >= VALUES_MAX as f64 {
        return Err(format!(
            "the range has {} values, more than {}",
            grouped(count as i64 + 1),
            grouped(VALUES_MAX as i64)
        ));
    }
    let last = (count + STEP_SLACK).floor() as usize;
    // Each value is rounded to twelve digits of the step, so that 0.1 + 2 x 0.1 is shown and used as 0.3.
    let tidy = |value: f64| format!("{value:.12e}").parse().unwrap_or(value);
    Ok((0..=last).map(|n| tidy(from + n as f64 * step)).collect())
}

fn distinct(values: &[f64]) -> std::result::Result<(), String> {
    if values.is_empty() {
        return Err("there are no values".into());
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{} is given twice", pair[0])),
        None => Ok(()),
    }
}

/// Reads the section `[sweep]`.
pub(super) fn read(section: &RawTable, faults: &mut Faults) -> Vec<Axis> {
    let mut axes = Vec::with_capacity(section.pairs.len());
    for pair in &section.pairs {
        let read = values(&pair.value).and_then(|values| distinct(&values).map(|()| values));
        match read {
            Ok(values) => axes.push(Axis { key: pair.key.clone(), values }),
            Err(problem) => faults
                .add(Fault::new(pair.value.place, format!("`sweep.{}`: {problem}", pair.key), "must be numbers").help(
                    format!("for example `{} = [20, 25, 30]` or `{{ from = 20, to = 40, step = 5 }}`", pair.key),
                )),
        }
    }
    axes
}

/// Finds keys of the section `[sweep]` that are no numbers of the scenario.
pub(super) fn check(file: &RawTable, scenario: &Table, faults: &mut Faults) {
    let Some(Item::Table(section)) = file.get("sweep").map(|raw| &raw.item) else { return };
    let numbers = numbers(scenario);
    for pair in &section.pairs {
        if let Err((problem, close)) = find(&pair.key, &numbers) {
            let fault = Fault::new(pair.place, problem, "must be a threshold, or the path of a number");
            faults.add(fault.maybe_help(close.map(|close| format!("did you mean `{close}`?"))));
        }
    }
}

fn values(raw: &Raw) -> std::result::Result<Vec<f64>, String> {
    match &raw.item {
        Item::List(list) => list.iter().map(number).collect(),
        Item::Table(table) => {
            let names: Vec<&str> = table.pairs.iter().map(|pair| pair.key.as_str()).collect();
            if let Some(unknown) = names.iter().find(|name| !["from", "to", "step"].contains(name)) {
                return Err(format!("a range has from, to and step, not `{unknown}`"));
            }
            let part = |name: &str| number(table.get(name).ok_or(format!("a range needs `{name}`"))?);
            range(part("from")?, part("to")?, part("step")?)
        }
        other => Err(format!("it is {}", other.noun())),
    }
}

fn number(raw: &Raw) -> std::result::Result<f64, String> {
    let found = match raw.item {
        #[allow(clippy::cast_precision_loss)] // a value with more than 53 bits is not meant to the last bit
        Item::Integer(digits) => digits.map(|digits| digits as f64),
        Item::Float(number) => Some(number),
        _ => return Err(format!("it holds {}", raw.item.noun())),
    };
    found.filter(|number| number.is_finite()).ok_or_else(|| "it holds a number that is not finite".to_owned())
}

impl Design {
    /// Every combination of the values; the last key varies fastest.
    ///
    /// # Errors
    /// No key, the same key twice, or more than [`SETTINGS_MAX`] settings.
    pub fn grid(axes: &[Axis]) -> Result<Self> {
        let keys = keys(axes)?;
        let count = axes.iter().map(|axis| axis.values.len() as u128).product();
        refuse_too_many(count)?;
        let mut settings = vec![Vec::new()];
        for axis in axes {
            let extended = |setting: &Vec<f64>| {
                let longer = |&value| setting.iter().copied().chain([value]).collect();
                axis.values.iter().map(longer).collect::<Vec<Vec<f64>>>()
            };
            settings = settings.iter().flat_map(extended).collect();
        }
        Ok(Self { keys, settings })
    }

    /// `count` points of a Latin hypercube: each key's range, from its least to its greatest value, is cut into as many
    /// strips, and each strip holds one point. Keys for which `is_whole` holds are rounded, and of equal points one is left.
    ///
    /// # Errors
    /// As for a grid; no points; a key with one value.
    pub fn hypercube(axes: &[Axis], count: usize, seed: u64, is_whole: impl Fn(&str) -> bool) -> Result<Self> {
        let keys = keys(axes)?;
        if count == 0 {
            return Err(Error::Usage("--hypercube 0: a hypercube needs at least one point".into()));
        }
        refuse_too_many(count as u128)?;
        let ends = axes.iter().map(|axis| {
            let low = axis.values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = axis.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if low < high {
                Ok((low, high))
            } else {
                Err(Error::Usage(format!("`{}` has one value: a hypercube needs a range", axis.key)))
            }
        });
        let ends = ends.collect::<Result<Vec<_>>>()?;
        let whole: Vec<bool> = keys.iter().map(|key| is_whole(key)).collect();
        let mut settings: Vec<Vec<f64>> = Vec::with_capacity(count);
        for point in latin_hypercube(count, axes.len(), seed) {
            let value = |((share, &(low, high)), &whole): ((f64, &(f64, f64)), &bool)| {
                let value = low + share * (high - low);
                if whole { value.round() } else { six_digits(value) }
            };
            let setting = point.into_iter().zip(&ends).zip(&whole).map(value).collect();
            if !settings.contains(&setting) {
                settings.push(setting);
            }
        }
        Ok(Self { keys, settings })
    }

    /// A list of cases: a header of keys, then a row of numbers each.
    ///
    /// # Errors
    /// What is wrong with the text, by line; more than [`SETTINGS_MAX`] cases.
    pub fn cases(name: &str, text: &str) -> Result<Self> {
        let fault = |line: usize, what: String| Error::Usage(format!("{name}:{line}: {what}"));
        let text = text.trim_start_matches('\u{feff}');
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let Some((_, header)) = lines.next() else { return Err(fault(1, "there is no header of keys".into())) };
        let header = split(header).map_err(|why| fault(1, why))?;
        let header = header.iter().map(|cell| cell.trim().to_owned());
        let axes: Vec<Axis> = header.map(|key| Axis { key, values: Vec::new() }).collect();
        let keys = keys(&axes)?;
        let mut settings: Vec<Vec<f64>> = Vec::new();
        for (index, line) in lines {
            let cells: Vec<&str> = line.split(',').collect();
            if cells.len() != keys.len() {
                return Err(fault(index + 1, format!("{} cells under {} keys", cells.len(), keys.len())));
            }
            let number = |cell: &&str| {
                let found = cell.trim().replace('_', "").parse::<f64>().ok().filter(|number| number.is_finite());
                found.ok_or_else(|| fault(index + 1, format!("`{}` is no number", cell.trim())))
            };
            let setting = cells.iter().map(number).collect::<Result<Vec<f64>>>()?;
            if settings.contains(&setting) {
                return Err(fault(index + 1, "the case is given twice".into()));
            }
            settings.push(setting);
            refuse_too_many(settings.len() as u128)?;
        }
        if settings.is_empty() {
            return Err(fault(1, "there are no cases".into()));
        }
        Ok(Self { keys, settings })
    }

    /// What a setting assigns.
    #[must_use]
    pub fn overrides(&self, setting: &[f64]) -> Vec<Override> {
        self.keys.iter().zip(setting).map(|(key, value)| Override::swept(key, *value)).collect()
    }
}

/// Points of a hypercube are read by people: six significant digits hold all that such a point says.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn keys(axes: &[Axis]) -> Result<Vec<String>> {
    let keys: Vec<String> = axes.iter().map(|axis| axis.key.clone()).collect();
    if keys.is_empty() {
        return Err(Error::Usage("nothing is varied: write a section [sweep], or --over KEY=20,25,30".into()));
    }
    match keys.iter().enumerate().find(|(index, key)| keys[..*index].contains(key)) {
        Some((_, twice)) => Err(Error::Usage(format!("`{twice}` is varied twice"))),
        None => Ok(keys),
    }
}

fn refuse_too_many(count: u128) -> Result<()> {
    if count <= SETTINGS_MAX as u128 {
        return Ok(());
    }
    let count = i64::try_from(count).map_or_else(|_| count.to_string(), grouped);
    let most = grouped(SETTINGS_MAX as i64);
    Err(Error::Usage(format!("the sweep has {count} settings, more than {most}; --hypercube N takes N of them")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(text: &str) -> Axis {
        Axis::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn values_are_lists_or_ranges() {
        assert_eq!(axis("rsi_oversold=20, 25,30").values, [20.0, 25.0, 30.0]);
        assert_eq!(axis("x=0.1..0.5 step 0.1").values, [0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(axis("x=1_000..3_000 step 1_500").values, [1000.0, 2500.0]);
        assert_eq!(axis("x=5..1 step -2").values, [5.0, 3.0, 1.0]);
        assert_eq!(axis("x=3..3 step 1").values, [3.0]);
        assert_eq!(axis("layer.L3 extreme.hold.contracts=0,4").key, "layer.L3 extreme.hold.contracts");
    }

    #[test]
    fn wrong_values_are_told_what_is_right() {
        for (text, message) in [
            ("x", "--over x: write KEY=20,25,30 or \"KEY=20..40 step 5\""),
            ("x=", "--over x=: `` is no number; write KEY=20,25,30 or \"KEY=20..40 step 5\""),
            ("x=1,two", "--over x=1,two: `two` is no number; write KEY=20,25,30 or \"KEY=20..40 step 5\""),
            ("x=1..5", "--over x=1..5: a range needs a step; write KEY=20,25,30 or \"KEY=20..40 step 5\""),
            ("x=5..1 step 1", "--over x=5..1 step 1: the range from 5 to 1 in steps of 1 is empty"),
            ("x=1..5 step 0", "--over x=1..5 step 0: the range from 1 to 5 in steps of 0 is empty"),
            ("x=1,2,1", "--over x=1,2,1: 1 is given twice"),
            ("x=0..1e9 step 1", "--over x=0..1e9 step 1: the range has 1,000,000,001 values, more than 10,000"),
        ] {
            assert_eq!(Axis::parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_grid_holds_every_combination_and_says_how_many_are_too_many() {
        let design = Design::grid(&[axis("a=1,2"), axis("b=3,4,5")]).unwrap();
        assert_eq!(design.keys, ["a", "b"]);
        let first_and_last = [&design.settings[0], &design.settings[5]];
        assert_eq!((design.settings.len(), first_and_last), (6, [&vec![1.0, 3.0], &vec![2.0, 5.0]]));
        let many = ["a", "b", "c"].map(|key| axis(&format!("{key}=1..200 step 1")));
        let message = Design::grid(&many).unwrap_err().to_string();
        assert_eq!(message, "the sweep has 8,000,000 settings, more than 10,000; --hypercube N takes N of them");
        assert!(Design::grid(&[axis("a=1"), axis("a=2")]).unwrap_err().to_string().contains("varied twice"));
        assert!(Design::grid(&[]).unwrap_err().to_string().starts_with("nothing is varied"));
    }

    #[test]
    fn a_hypercube_meets_every_strip_of_every_key_once() {
        let design = Design::hypercube(&[axis("a=0,10"), axis("b=-1,1")], 10, 7, |_| false).unwrap();
        for (key, low, width) in [(0, 0.0, 1.0), (1, -1.0, 0.2)] {
            let mut strips: Vec<usize> = design.settings.iter().map(|s| ((s[key] - low) / width) as usize).collect();
            strips.sort_unstable();
            assert_eq!(strips, (0..10).collect::<Vec<_>>());
        }
        assert!(Design::hypercube(&[axis("a=1")], 5, 1, |_| false).is_err());
        assert!(Design::hypercube(&[axis("a=1,2")], 0, 1, |_| false).is_err());
        let whole = Design::hypercube(&[axis("a=1,3")], 50, 7, |key| key == "a").unwrap();
        let mut values: Vec<f64> = whole.settings.iter().map(|setting| setting[0]).collect();
        values.sort_by(f64::total_cmp);
        assert_eq!(values, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn cases_are_read_from_a_table() {
        let design =
            Design::cases("cases.csv", "\u{feff}rsi_oversold,\"macd_spike\"\r\n20,1.5\r\n\r\n30,2\r\n").unwrap();
        assert_eq!(design.keys, ["rsi_oversold", "macd_spike"]);
        assert_eq!(design.settings, [[20.0, 1.5], [30.0, 2.0]]);
        let quoted = Design::cases("c.csv", "\"layer.a, b.hold.contracts\"\n1\n").unwrap();
        assert_eq!(quoted.keys, ["layer.a, b.hold.contracts"]);
        for (text, message) in [
            ("", "c.csv:1: there is no header of keys"),
            ("a,b\n", "c.csv:1: there are no cases"),
            ("a,b\n1\n", "c.csv:2: 1 cells under 2 keys"),
            ("a,b\n1,x\n", "c.csv:2: `x` is no number"),
            ("a\n1\n1\n", "c.csv:3: the case is given twice"),
            ("a,a\n1,1\n", "`a` is varied twice"),
        ] {
            assert_eq!(Design::cases("c.csv", text).unwrap_err().to_string(), message);
        }
    }
}
