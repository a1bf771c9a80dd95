//! Exact values for people and programs: one with what belongs to it, or lines of a table.
//!
//! A value shows 17 significant digits, enough to read the same number back.

use serde_json::{Map, Value, json};

use crate::pricing::Sensitivities;

/// One value and what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced<'a> {
    /// Name of the kind of value.
    pub kind: &'a str,
    /// Its unit.
    pub unit: &'a str,
    /// The value.
    pub value: f64,
    /// Derivatives of an option's price.
    pub sensitivities: Option<Sensitivities>,
    /// Everything that the value depends on, by name.
    pub inputs: Vec<(&'a str, f64)>,
}

/// Lines of name, number and unit.
#[must_use]
pub fn text(priced: &Priced) -> String {
    let mut lines = vec![(priced.kind, digits(priced.value), priced.unit.to_owned())];
    let others = derivatives(priced).into_iter().filter(|(_, number, _)| number.is_finite());
    lines.extend(others.map(|(name, number, unit)| (name, format!("{number:.10e}"), unit.to_owned())));
    let name_width = lines.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let number_width = lines.iter().map(|(_, number, _)| number.len()).max().unwrap_or(0);
    let line = |(name, number, unit): &(&str, String, String)| {
        format!("{name:name_width$}  {number:>number_width$}  {unit}").trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// The same for programs; what does not apply is null.
#[must_use]
pub fn json(priced: &Priced) -> Value {
    let mut sensitivities = Map::new();
    for (name, number, unit) in derivatives(priced) {
        sensitivities.insert(name.to_owned(), json!({ "value": finite(number), "unit": unit }));
    }
    let inputs: Map<String, Value> =
        priced.inputs.iter().map(|(name, number)| ((*name).to_owned(), json!(number))).collect();
    json!({
        "kind": priced.kind, "value": priced.value, "unit": priced.unit,
        "sensitivities": sensitivities, "inputs": inputs,
    })
}

fn finite(number: f64) -> Value {
    if number.is_finite() { json!(number) } else { Value::Null }
}

/// Name, number and unit; NaN where there is no number.
fn derivatives(priced: &Priced) -> Vec<(&'static str, f64, &'static str)> {
    let Some(found) = &priced.sensitivities else { return Vec::new() };
    let mut list = vec![
        ("implied_vol", found.volatility.unwrap_or(f64::NAN), "a year"),
        ("delta", found.delta, "a point of the index"),
        ("gamma", found.gamma, "delta a point of the index"),
        ("vega", found.volatility_vega.unwrap_or(f64::NAN), "index points a unit of implied volatility"),
        ("vega_variance", found.variance_vega[0], "index points a unit of variance"),
    ];
    if priced.inputs.iter().any(|(name, _)| *name == "variance2") {
        list.push(("vega_variance2", found.variance_vega[1], "index points a unit of variance2"));
    }
    list.push(("theta", found.theta, "index points a year"));
    list
}

/// A line of a table of answers: the cells of the question, fitted to the heading, then value and error.
#[must_use]
pub fn csv_line(cells: &[String], columns: usize, value: &str, error: &str) -> String {
    let asked = cells.iter().map(String::as_str).chain(std::iter::repeat("")).take(columns);
    let mut line = asked.chain([value, error]).map(csv_cell).collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

/// A cell, in quotes where it needs them.
fn csv_cell(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// A number with 17 significant digits: plain where that is not much longer, else with a power of ten.
#[must_use]
pub fn digits(number: f64) -> String {
    const DIGITS: i32 = 17;
    let scientific = format!("{number:.*e}", DIGITS as usize - 1);
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    match exponent {
        Some(exponent @ -5..DIGITS) => {
            // The same digits: the decimal point alone moves.
            format!("{number:.*}", (DIGITS - 1 - exponent) as usize)
        }
        _ => scientific,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_seventeen_digits_and_read_back() {
        for (number, shown) in [
            (20.0, "20.000000000000000"),
            (0.1, "0.10000000000000001"),
            (-0.000_012_5, "-0.000012500000000000001"),
            (1e-9, "1.0000000000000001e-9"),
            (123_456_789_012_345_680.0, "1.2345678901234568e17"),
            (1e16, "10000000000000000"),
        ] {
            assert_eq!(digits(number), shown);
            assert_eq!(digits(number).parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
        assert_eq!(digits(0.0), "0.0000000000000000");
    }

    #[test]
    fn lines_always_have_the_columns_of_the_heading() {
        let cells = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(csv_line(&cells(&["a", "b"]), 2, "1.5", ""), "a,b,1.5,\n");
        assert_eq!(csv_line(&cells(&["a"]), 3, "", "wrong, \"very\""), "a,,,,\"wrong, \"\"very\"\"\"\n");
        assert_eq!(csv_line(&cells(&["a", "b", "c"]), 2, "1", ""), "a,b,1,\n");
    }

    #[test]
    fn text_and_json_hold_the_same_value() {
        let priced = Priced {
            kind: "vix",
            unit: "VIX points",
            value: 17.25,
            sensitivities: None,
            inputs: vec![("variance", 0.02)],
        };
        assert_eq!(text(&priced), "vix  17.250000000000000  VIX points\n");
        assert_eq!(json(&priced)["value"], 17.25);
        assert_eq!(json(&priced)["inputs"]["variance"], 0.02);
    }
}
