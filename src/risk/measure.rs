//! Measures as users write them, such as `es(0.99)` and `unhedged.drawdown(0.95)`.
//!
//! ```text
//! measure = [ ( "hedged" | "unhedged" | "hedge" ) "." ] name [ "(" level ")" ]
//! ```
//!
//! A measure is of the hedged account unless a strategy stands before it, and of the whole horizon. The measures of `hedge`
//! are differences, hedged less unhedged.

use std::fmt;
use std::str::FromStr;

use super::figure::{Figure, Quantity, Strategy};
use super::summary::LEVELS;
use crate::error::Error;
use crate::stats::Level;

/// Whether a measure is taken at a confidence level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Levels {
    Never,
    Maybe,
    Always,
}

/// Every name, the usual one of a measure first.
const NAMES: [(&str, Quantity, Levels); 36] = [
    ("es", Quantity::ExpectedShortfall, Levels::Always),
    ("cvar", Quantity::ExpectedShortfall, Levels::Always),
    ("expected_shortfall", Quantity::ExpectedShortfall, Levels::Always),
    ("var", Quantity::ValueAtRisk, Levels::Always),
    ("value_at_risk", Quantity::ValueAtRisk, Levels::Always),
    ("mean", Quantity::MeanPnl, Levels::Never),
    ("mean_pnl", Quantity::MeanPnl, Levels::Never),
    ("sd", Quantity::StandardDeviation, Levels::Never),
    ("standard_deviation", Quantity::StandardDeviation, Levels::Never),
    ("p_loss", Quantity::ProbabilityOfLoss, Levels::Never),
    ("probability_of_loss", Quantity::ProbabilityOfLoss, Levels::Never),
    ("drawdown", Quantity::MaxDrawdown, Levels::Maybe),
    ("max_drawdown", Quantity::MaxDrawdown, Levels::Maybe),
    ("worst_day", Quantity::WorstDay, Levels::Maybe),
    ("p_ruin", Quantity::ProbabilityOfRuin, Levels::Never),
    ("probability_of_ruin", Quantity::ProbabilityOfRuin, Levels::Never),
    ("cdar", Quantity::ConditionalDrawdown, Levels::Always),
    ("conditional_drawdown", Quantity::ConditionalDrawdown, Levels::Always),
    ("drawdown_days", Quantity::DrawdownDuration, Levels::Maybe),
    ("omega", Quantity::Omega, Levels::Never),
    ("sortino", Quantity::Sortino, Levels::Never),
    ("beta", Quantity::Beta, Levels::Never),
    ("worst_beta", Quantity::BetaOnWorstDays, Levels::Never),
    ("paid", Quantity::ShareOfLossPaid, Levels::Always),
    ("cost", Quantity::HedgeCost, Levels::Never),
    ("hedge_cost", Quantity::HedgeCost, Levels::Never),
    ("p_margin_call", Quantity::ProbabilityOfMarginCall, Levels::Never),
    ("probability_of_margin_call", Quantity::ProbabilityOfMarginCall, Levels::Never),
    ("margin_use", Quantity::MarginUse, Levels::Maybe),
    ("worst_margin_use", Quantity::MarginUse, Levels::Maybe),
    ("excess", Quantity::ExcessLiquidity, Levels::Maybe),
    ("lowest_excess_liquidity", Quantity::ExcessLiquidity, Levels::Maybe),
    ("quick_ratio", Quantity::QuickRatio, Levels::Maybe),
    ("lowest_quick_ratio", Quantity::QuickRatio, Levels::Maybe),
    ("drawn", Quantity::MostDrawn, Levels::Maybe),
    ("most_drawn", Quantity::MostDrawn, Levels::Maybe),
];

/// One figure of the summary, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Whose figure.
    pub strategy: Strategy,
    /// What is measured.
    pub quantity: Quantity,
    /// At which level, where it has one.
    pub level: Option<Level>,
}

impl Measure {
    /// Whether only a run with margin has it.
    #[must_use]
    pub fn needs_margin(&self) -> bool {
        matches!(self.quantity, Quantity::ProbabilityOfMarginCall | Quantity::MarginUse | Quantity::ExcessLiquidity)
    }

    /// The figure that the measure names, at the longest horizon.
    ///
    /// # Errors
    /// The figures hold no such one.
    pub fn figure<'a>(&self, figures: &'a [Figure]) -> Result<&'a Figure, Error> {
        let is_named = |figure: &&Figure| {
            figure.strategy == self.strategy.name()
                && figure.measure == self.quantity.name()
                && figure.level == self.level.map(Level::value)
                && figure.component.is_none()
                && figure.condition.is_none()
        };
        figures
            .iter()
            .filter(is_named)
            .max_by_key(|figure| figure.horizon_days)
            .ok_or_else(|| Error::Run(format!("the run has no figure {self}")))
    }
}

impl FromStr for Measure {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (prefix, rest) = match text.split_once('.') {
            // The point of a level is no prefix.
            Some((prefix, rest)) if !prefix.contains('(') => (Some(prefix.trim()), rest.trim()),
            _ => (None, text),
        };
        let (name, level) = name_and_level(rest, text)?;
        let Some(&(_, quantity, levels)) = NAMES.iter().find(|(known, ..)| *known == name) else {
            return Err(unknown_name(name));
        };
        let strategy = strategy(prefix, quantity, text)?;
        match (levels, level) {
            (Levels::Always, None) => Err(usage(format!("`{text}` needs a level, as in `{name}(0.99)`"))),
            (Levels::Never, Some(_)) => Err(usage(format!("`{text}`: {name} takes no level"))),
            (_, level) => Ok(Self { strategy, quantity, level }),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = NAMES.iter().find(|(_, quantity, _)| *quantity == self.quantity);
        let name = usual.map_or(self.quantity.name(), |(name, ..)| *name);
        if self.strategy != default_strategy(self.quantity) {
            write!(f, "{}.", self.strategy.name())?;
        }
        match self.level {
            Some(level) => write!(f, "{name}({level})"),
            None => f.write_str(name),
        }
    }
}

/// Splits `name(level)`; `text` is the whole measure, for errors.
fn name_and_level<'a>(rest: &'a str, text: &str) -> Result<(&'a str, Option<Level>), Error> {
    let Some((name, arguments)) = rest.split_once('(') else { return Ok((rest, None)) };
    let Some(written) = arguments.strip_suffix(')').map(str::trim) else {
        return Err(usage(format!("`{text}` should end with a closing bracket")));
    };
    let level = number(written).and_then(|level| Level::new(level).ok()).filter(|level| LEVELS.contains(level));
    let Some(level) = level else {
        let levels = LEVELS.map(|level| level.to_string()).join(", ");
        return Err(usage(format!("`{written}` in `{text}` is no level of the summary; the levels are {levels}")));
    };
    Ok((name.trim(), Some(level)))
}

fn strategy(prefix: Option<&str>, quantity: Quantity, text: &str) -> Result<Strategy, Error> {
    let default = default_strategy(quantity);
    let Some(prefix) = prefix else { return Ok(default) };
    let Some(strategy) = Strategy::ALL.into_iter().find(|strategy| strategy.name() == prefix) else {
        let names = Strategy::ALL.map(Strategy::name).join(", ");
        return Err(usage(format!("`{prefix}` in `{text}` is no strategy; the strategies are {names}")));
    };
    if default == Strategy::Hedge && strategy != default {
        let alone = text.split_once('.').map_or(text, |(_, name)| name.trim());
        return Err(usage(format!("`{text}`: only the hedge has it; write `{alone}`")));
    }
    Ok(strategy)
}

fn default_strategy(quantity: Quantity) -> Strategy {
    match quantity {
        Quantity::HedgeCost | Quantity::HedgeCostOfEquity | Quantity::ShareOfLossPaid => Strategy::Hedge,
        _ => Strategy::Hedged,
    }
}

fn unknown_name(name: &str) -> Error {
    let nearest = NAMES
        .iter()
        .map(|(known, ..)| *known)
        .max_by(|left, right| strsim::jaro_winkler(name, left).total_cmp(&strsim::jaro_winkler(name, right)));
    let hint = nearest.filter(|nearest| strsim::jaro_winkler(name, nearest) > 0.8);
    let hint = hint.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
    usage(format!(
        "`{name}` is no measure{hint} (measures: es(0.99), var(0.975), mean, sd, p_loss, p_ruin, \
         drawdown(0.95), cdar(0.95), drawdown_days, worst_day(0.99), omega, sortino, beta, worst_beta, paid(0.99), cost, \
         p_margin_call, margin_use(0.99), excess(0.99))"
    ))
}

/// A finite number, with underscores between digits allowed.
pub(super) fn number(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_digit = |index: Option<usize>| index.and_then(|index| bytes.get(index)).is_some_and(u8::is_ascii_digit);
    let grouped = (0..bytes.len())
        .all(|index| bytes[index] != b'_' || (is_digit(index.checked_sub(1)) && is_digit(index.checked_add(1))));
    let value: f64 = text.replace('_', "").parse().ok()?;
    (grouped && value.is_finite()).then_some(value)
}

pub(super) fn usage(message: String) -> Error {
    Error::Usage(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Estimate;

    fn measure(text: &str) -> Result<Measure, String> {
        text.parse::<Measure>().map_err(|error| error.to_string())
    }

    fn figures() -> Vec<Figure> {
        let es = |strategy, days, value| {
            Figure::new(strategy, Quantity::ExpectedShortfall, days, &Estimate::bare(value)).at_level(LEVELS[2])
        };
        let mean = |days, value| Figure::new(Strategy::Hedged, Quantity::MeanPnl, days, &Estimate::bare(value));
        vec![
            es(Strategy::Hedged, 252, 160_000.0),
            es(Strategy::Hedged, 21, 50_000.0),
            es(Strategy::Unhedged, 252, 200_000.0),
            mean(252, 1_000.0).of_component("core"),
            mean(252, 700.0),
        ]
    }

    #[test]
    fn measures_name_strategy_quantity_and_level() {
        let level = Some(Level::per_mille(990));
        for (text, strategy, quantity, level) in [
            ("es(0.99)", Strategy::Hedged, Quantity::ExpectedShortfall, level),
            (" unhedged . es( 0.990 ) ", Strategy::Unhedged, Quantity::ExpectedShortfall, level),
            ("cvar(0.99)", Strategy::Hedged, Quantity::ExpectedShortfall, level),
            ("hedge.var(0.975)", Strategy::Hedge, Quantity::ValueAtRisk, Some(Level::per_mille(975))),
            ("mean", Strategy::Hedged, Quantity::MeanPnl, None),
            ("unhedged.p_loss", Strategy::Unhedged, Quantity::ProbabilityOfLoss, None),
            ("drawdown(0.95)", Strategy::Hedged, Quantity::MaxDrawdown, Some(Level::per_mille(950))),
            ("max_drawdown", Strategy::Hedged, Quantity::MaxDrawdown, None),
            ("cost", Strategy::Hedge, Quantity::HedgeCost, None),
        ] {
            assert_eq!(measure(text), Ok(Measure { strategy, quantity, level }), "{text}");
        }
    }

    #[test]
    fn measures_print_as_they_are_read() {
        for text in ["es(0.99)", "unhedged.var(0.975)", "hedge.mean", "cost", "drawdown(0.95)", "worst_day"] {
            assert_eq!(measure(text).map(|measure| measure.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn wrong_measures_are_told_what_is_right() {
        let all = "(measures: es(0.99), var(0.975), mean, sd, p_loss, p_ruin, \
         drawdown(0.95), cdar(0.95), drawdown_days, worst_day(0.99), omega, sortino, beta, worst_beta, paid(0.99), cost, \
         p_margin_call, margin_use(0.99), excess(0.99))";
        for (text, message) in [
            ("es", "`es` needs a level, as in `es(0.99)`".to_owned()),
            (
                "es(0.9)",
                "`0.9` in `es(0.9)` is no level of the summary; the levels are 0.95, 0.975, 0.99, 0.995".to_owned(),
            ),
            (
                "es(99)",
                "`99` in `es(99)` is no level of the summary; the levels are 0.95, 0.975, 0.99, 0.995".to_owned(),
            ),
            ("es(0.99", "`es(0.99` should end with a closing bracket".to_owned()),
            ("mean(0.99)", "`mean(0.99)`: mean takes no level".to_owned()),
            ("drawdwn(0.95)", format!("`drawdwn` is no measure; did you mean `drawdown`? {all}")),
            ("", format!("`` is no measure {all}")),
            (
                "naked.es(0.99)",
                "`naked` in `naked.es(0.99)` is no strategy; the strategies are hedged, unhedged, hedge".to_owned(),
            ),
            ("unhedged.cost", "`unhedged.cost`: only the hedge has it; write `cost`".to_owned()),
        ] {
            assert_eq!(measure(text), Err(message), "{text}");
        }
    }

    #[test]
    fn a_measure_finds_its_figure_at_the_longest_horizon() {
        let figures = figures();
        let value = |text: &str| measure(text).unwrap().figure(&figures).map(|figure| figure.value);
        assert_eq!(value("es(0.99)").unwrap(), 160_000.0);
        assert_eq!(value("unhedged.es(0.99)").unwrap(), 200_000.0);
        assert_eq!(value("mean").unwrap(), 700.0);
        assert_eq!(value("es(0.95)").unwrap_err().to_string(), "the run has no figure es(0.95)");
    }
}
