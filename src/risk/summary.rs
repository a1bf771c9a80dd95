//! All figures of a run, from the outcomes of its paths.
//!
//! The risk of shorter horizons is that of the first days, counted from the start.

use super::account::Account;
use super::extreme::tail_law;
use super::figure::{Figure, Quantity, Strategy};
use super::hedge::{hedge_figures, worst_figures};
use super::layers::{WORST, layer_figures};
use super::margin::margin_figures;
use super::outcome::Outcomes;
use super::regime::regime_figures;
use super::splits::split_figures;
use super::tail::tail_paths;
use super::warning::{FEW_PATHS, FEW_TAIL_PATHS, Warning};
use crate::stats::{Level, Moments};
use crate::threads::both;

/// The confidence levels of every summary.
pub const LEVELS: [Level; 4] =
    [Level::per_mille(950), Level::per_mille(975), Level::per_mille(990), Level::per_mille(995)];

/// The horizons, in trading days from the start, whose risk is reported beside that of the whole run.
pub const SHORT_HORIZONS: [u32; 4] = [1, 5, 10, 21];

/// Trading days of the year to which costs are scaled.
pub(super) const TRADING_DAYS_PER_YEAR: f64 = 252.0;

/// The share of the tail that must lose exactly VaR to be worth a warning.
const ATOM_SHARE_OF_TAIL: f64 = 0.1;

/// A relative error of expected shortfall at the highest level that is worth a warning.
const RELATIVE_ERROR: f64 = 0.02;

/// What the figures need to know of the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SummaryTerms {
    /// Trading days simulated.
    pub horizon_days: u32,
    /// Equity at the start, USD.
    pub equity_usd: f64,
    /// What it has grown to on the last day at the cash rate, USD.
    pub cash_at_end_usd: f64,
}

/// The figures of a run and what to know before trusting them.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// By strategy, in the order of [`Strategy::ALL`].
    pub figures: Vec<Figure>,
    /// Reasons to doubt some of them.
    pub warnings: Vec<Warning>,
    /// What could not be said, and why, in words.
    pub notes: Vec<String>,
}

/// Computes every figure of a run.
///
/// Columns read, for `hedged` and `unhedged`: `<strategy>_pnl_usd`, `<strategy>_pnl_<h>d_usd` for those of
/// [`SHORT_HORIZONS`] that are below the horizon, `<strategy>_max_drawdown_usd` (a loss, positive), `<strategy>_worst_day_usd`
/// (a P&L); the columns of all components; and the counts of `unmarked_days`, if there.
///
/// # Panics
/// A column is missing or holds a number that is not finite; there are no paths.
#[must_use]
pub fn summarise(outcomes: &Outcomes, terms: &SummaryTerms) -> Summary {
    let read = |strategy| Account::read(outcomes, strategy, terms);
    let (hedged, unhedged) = both(|| read(Strategy::Hedged), || read(Strategy::Unhedged));
    let of_strategy = |strategy| {
        let (mut figures, mut notes) = (Vec::new(), Vec::new());
        match strategy {
            Strategy::Hedged => account_figures(&hedged, outcomes, terms, &mut figures, &mut notes),
            Strategy::Unhedged => account_figures(&unhedged, outcomes, terms, &mut figures, &mut notes),
            Strategy::Hedge => {
                hedge_figures(&hedged, &unhedged, terms, &mut figures);
                worst_figures(outcomes, [&hedged, &unhedged], terms, &mut figures);
            }
        }
        margin_figures(outcomes, strategy, terms.horizon_days, &mut figures);
        component_figures(outcomes, strategy, terms.horizon_days, &mut figures);
        (figures, notes)
    };
    let of_layers = || {
        let mut figures = Vec::new();
        if outcomes.has_hedge() {
            layer_figures(outcomes, &unhedged.weights(WORST), terms.horizon_days, &mut figures);
            split_figures(outcomes, &hedged, terms.horizon_days, &mut figures);
        }
        figures
    };
    let [first, second, third] = Strategy::ALL;
    let ((first, of_layers), (second, third)) =
        both(|| (of_strategy(first), of_layers()), || (of_strategy(second), of_strategy(third)));
    let (mut figures, mut notes) = (Vec::new(), Vec::new());
    for (own, own_notes) in [first, second, third] {
        figures.extend(own);
        notes.extend(own_notes);
    }
    figures.extend(of_layers);
    Summary { figures, warnings: warnings(outcomes, &[hedged, unhedged]), notes }
}

/// The figures that an account has by itself, given VIX and by part.
fn account_figures(
    account: &Account,
    outcomes: &Outcomes,
    terms: &SummaryTerms,
    figures: &mut Vec<Figure>,
    notes: &mut Vec<String>,
) {
    account.figures(figures);
    match tail_law(account.strategy, terms.horizon_days, &account.by_horizon[0].1.tail) {
        Ok(law) => figures.extend(law),
        // Without a hedge both accounts are one.
        Err(_) if !outcomes.has_hedge() && account.strategy == Strategy::Unhedged => {}
        Err(reason) => {
            let whose = if outcomes.has_hedge() { format!("{} ", account.strategy.name()) } else { String::new() };
            notes.push(format!("A generalised Pareto law does not describe the tail of the {whose}account: {reason}."));
        }
    }
    regime_figures(outcomes, account.strategy, account.pnl, terms.horizon_days, figures);
    for level in LEVELS {
        let weights = account.weights(level);
        for (component, pnl) in outcomes.parts(account.strategy) {
            let share = weights.share_of(&pnl);
            let figure = Figure::new(account.strategy, Quantity::ExpectedShortfall, terms.horizon_days, &share);
            figures.push(figure.at_level(level).of_component(&component.name));
        }
    }
}

/// Mean P&L of each part of a strategy; the parts sum to its mean.
fn component_figures(outcomes: &Outcomes, strategy: Strategy, horizon_days: u32, figures: &mut Vec<Figure>) {
    for (component, pnl) in outcomes.parts(strategy) {
        let moments = Moments::of(&pnl);
        let figure = Figure::new(strategy, Quantity::MeanPnl, horizon_days, &moments.mean_estimate());
        figures.push(figure.of_component(&component.name));
    }
}

fn warnings(outcomes: &Outcomes, accounts: &[Account]) -> Vec<Warning> {
    let paths = outcomes.paths();
    let mut warnings = Vec::new();
    if paths < FEW_PATHS {
        warnings.push(Warning::FewPaths { paths });
    }
    // The highest level has the fewest paths, and a run that suits it suits the others.
    let [.., highest] = LEVELS;
    let fewest = tail_paths(paths, highest);
    let losses = &accounts[0].by_horizon[0].1;
    let shortfall = losses.tail.expected_shortfall(highest);
    let relative_error = shortfall.standard_error.map(|error| (error / shortfall.value).abs());
    if fewest < FEW_TAIL_PATHS || relative_error.is_some_and(|error| error > RELATIVE_ERROR) {
        warnings.push(Warning::FewTailPaths { level: highest, tail_paths: fewest, paths, relative_error });
    }
    // Without a hedge both accounts are one.
    let accounts = if outcomes.has_hedge() { accounts } else { &accounts[1..] };
    for account in accounts {
        for level in LEVELS {
            let share = account.by_horizon[0].1.atom_at_value_at_risk(level);
            if share * paths as f64 >= 2.0 && share >= ATOM_SHARE_OF_TAIL * level.tail() {
                let strategy = outcomes.has_hedge().then_some(account.strategy);
                warnings.push(Warning::AtomAtValueAtRisk { strategy, level, share });
            }
        }
        if let Some(ruined) = account.ruin().filter(|&ruined| ruined > 0) {
            let strategy = outcomes.has_hedge().then_some(account.strategy);
            warnings.push(Warning::Ruin { strategy, paths: ruined, of: paths });
        }
    }
    let unmarked: Vec<u64> = outcomes
        .count("unmarked_days")
        .unwrap_or_default()
        .iter()
        .filter_map(|&days| u64::try_from(days).ok().filter(|&days| days > 0))
        .collect();
    if !unmarked.is_empty() {
        warnings.push(Warning::UnmarkedPaths { paths: unmarked.len(), days: unmarked.iter().sum() });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::super::outcome::{Column, Component, ComponentKind, Values};
    use super::*;

    const TERMS: SummaryTerms =
        SummaryTerms { horizon_days: 63, equity_usd: 1_000_000.0, cash_at_end_usd: 1_010_000.0 };

    /// 1,000 paths: the unhedged account loses 100,000 on 20 of them and gains 5,000 else; the layer costs 1,000 on every
    /// path and pays 60,000 on every second loss.
    fn outcomes() -> Outcomes {
        let is_loss = |path: usize| path % 50 == 7;
        let condor = |path: usize| if is_loss(path) { -100_000.0 } else { 5_000.0 };
        let layer = |path: usize| if path % 100 == 7 { 59_000.0 } else { -1_000.0 };
        let real = |name: &str, value: &dyn Fn(usize) -> f64| Column {
            name: name.to_owned(),
            values: Values::Real((0..1000).map(value).collect()),
        };
        let mut columns = vec![
            real("hedged_pnl_usd", &|path| condor(path) + layer(path)),
            real("unhedged_pnl_usd", &condor),
            real("hedged_max_drawdown_usd", &|path| if is_loss(path) { 105_000.0 } else { 1_500.0 }),
            real("unhedged_max_drawdown_usd", &|path| if is_loss(path) { 105_000.0 } else { 500.0 }),
            real("hedged_worst_day_usd", &|path| -(path as f64)),
            real("unhedged_worst_day_usd", &|path| -2.0 * path as f64),
            real("condor_core_pnl_usd", &condor),
            real("layer_l1_pnl_usd", &layer),
            Column {
                name: "unmarked_days".to_owned(),
                values: Values::Count((0..1000).map(|path| if path < 3 { 2 } else { 0 }).collect()),
            },
        ];
        for days in SHORT_HORIZONS {
            columns.push(real(&format!("hedged_pnl_{days}d_usd"), &|path| -(path as f64) * f64::from(days)));
            columns.push(real(&format!("unhedged_pnl_{days}d_usd"), &|path| -(path as f64)));
        }
        let component =
            |name: &str, kind, column: &str| Component { name: name.to_owned(), kind, column: column.to_owned() };
        let components = vec![
            component("core", ComponentKind::Condor, "condor_core_pnl_usd"),
            component("L1", ComponentKind::Layer, "layer_l1_pnl_usd"),
        ];
        Outcomes { columns, components }
    }

    fn find<'a>(summary: &'a Summary, strategy: &str, measure: &str, level: Option<f64>, days: u32) -> &'a Figure {
        let mut found = summary.figures.iter().filter(|figure| {
            figure.strategy == strategy
                && figure.measure == measure
                && figure.level == level
                && figure.horizon_days == Some(days)
                && figure.component.is_none()
        });
        let figure = found.next().unwrap_or_else(|| panic!("no {strategy} {measure} {level:?} {days}"));
        assert!(found.next().is_none(), "{strategy} {measure} {level:?} {days} twice");
        figure
    }

    #[test]
    fn figures_of_a_hand_worked_run_are_right() {
        let summary = summarise(&outcomes(), &TERMS);
        let value = |strategy, measure, level| find(&summary, strategy, measure, level, 63).value;
        // 20 losses of 100,000 and 980 gains of 5,000; 10 hedge gains of 59,000 and 990 costs of 1,000.
        assert!((value("unhedged", "mean_pnl", None) - 2_900.0).abs() < 1e-9);
        assert!((value("hedge", "mean_pnl", None) + 400.0).abs() < 1e-9);
        assert!((value("hedged", "mean_pnl", None) - 2_500.0).abs() < 1e-9);
        assert!((value("hedge", "hedge_cost", None) - 1_600.0).abs() < 1e-9);
        assert!((value("hedge", "hedge_cost_of_equity", None) - 16.0).abs() < 1e-9);
        assert_eq!(value("unhedged", "probability_of_loss", None), 0.02);
        assert_eq!(value("unhedged", "value_at_risk", Some(0.975)), -5_000.0);
        assert_eq!(value("unhedged", "value_at_risk", Some(0.99)), 100_000.0);
        // The worst 1 % of hedged paths are the ten unpaid losses of 101,000; the worst 2.5 % hold ten of 41,000 more and
        // five gains of 4,000.
        assert!((value("hedged", "expected_shortfall", Some(0.99)) - 101_000.0).abs() < 1e-9);
        assert!(
            (value("hedged", "expected_shortfall", Some(0.975)) - (1_010.0 + 410.0 - 20.0) / 25.0 * 1e3).abs() < 1e-9
        );
        assert!((value("hedge", "expected_shortfall", Some(0.99)) - 1_000.0).abs() < 1e-9);
        assert!((value("hedged", "max_drawdown", None) - (20.0 * 105_000.0 + 980.0 * 1_500.0) / 1e3).abs() < 1e-9);
        assert_eq!(value("hedged", "max_drawdown", Some(0.99)), 105_000.0);
        assert_eq!(value("unhedged", "worst_day", Some(0.95)), 1_898.0);
        assert!((value("hedge", "worst_day", None) + 499.5).abs() < 1e-9);
        assert_eq!(find(&summary, "hedged", "value_at_risk", Some(0.95), 5).value, 949.0 * 5.0);
    }

    #[test]
    fn components_sum_to_the_mean_of_their_strategy() {
        let summary = summarise(&outcomes(), &TERMS);
        for strategy in ["hedged", "unhedged", "hedge"] {
            let parts: f64 = summary
                .figures
                .iter()
                .filter(|figure| {
                    figure.strategy == strategy && figure.measure == "mean_pnl" && figure.component.is_some()
                })
                .map(|figure| figure.value)
                .sum();
            assert!((parts - find(&summary, strategy, "mean_pnl", None, 63).value).abs() < 1e-9, "{strategy}");
        }
    }

    #[test]
    fn parts_of_expected_shortfall_sum_to_it_at_every_level() {
        let summary = summarise(&outcomes(), &TERMS);
        for strategy in ["hedged", "unhedged"] {
            for level in LEVELS.map(Level::value) {
                let is_part = |figure: &&Figure| {
                    (figure.strategy == strategy && figure.measure == "expected_shortfall")
                        && (figure.level == Some(level) && figure.component.is_some())
                };
                let parts: f64 = summary.figures.iter().filter(is_part).map(|figure| figure.value).sum();
                let whole = find(&summary, strategy, "expected_shortfall", Some(level), 63).value;
                assert!((parts - whole).abs() < 1e-9 * whole.abs(), "{strategy} {level}: {parts} against {whole}");
            }
        }
    }

    #[test]
    fn what_the_hedge_earns_on_the_worst_unhedged_paths_is_told() {
        let summary = summarise(&outcomes(), &TERMS);
        // The 20 losses are one atom at 99 %, and the layer pays 59,000 on half of them and costs 1,000 on the others.
        let earned = find(&summary, "hedge", "pnl_on_unhedged_worst", Some(0.99), 63).value;
        assert!((earned - 29_000.0).abs() < 1e-9, "{earned}");
        assert!((find(&summary, "hedge", "share_of_loss_paid", Some(0.99), 63).value - 0.29).abs() < 1e-12);
    }

    #[test]
    fn every_record_is_unique_and_finite_and_inside_its_interval() {
        let summary = summarise(&outcomes(), &TERMS);
        let mut keys = std::collections::BTreeSet::new();
        for figure in &summary.figures {
            let key = format!(
                "{} {:?} {:?} {} {:?} {:?}",
                figure.strategy, figure.component, figure.condition, figure.measure, figure.level, figure.horizon_days
            );
            assert!(keys.insert(key.clone()), "{key} twice");
            assert!(figure.value.is_finite() && figure.standard_error.is_none_or(|error| error >= 0.0), "{key}");
            assert!(figure.low.is_none_or(|low| low <= figure.value), "{figure:?}");
            assert!(figure.high.is_none_or(|high| figure.value <= high), "{figure:?}");
        }
    }

    #[test]
    fn horizons_at_or_beyond_the_run_are_left_out() {
        let summary = summarise(&outcomes(), &SummaryTerms { horizon_days: 10, ..TERMS });
        let days: std::collections::BTreeSet<_> = summary.figures.iter().map(|figure| figure.horizon_days).collect();
        assert_eq!(days.into_iter().collect::<Vec<_>>(), [Some(1), Some(5), Some(10)]);
        find(&summary, "hedged", "value_at_risk", Some(0.95), 10);
    }

    #[test]
    fn thin_tails_atoms_and_unmarked_days_are_warned_of() {
        let warnings = summarise(&outcomes(), &TERMS).warnings;
        let thin: Vec<usize> = warnings
            .iter()
            .filter_map(|warning| match warning {
                Warning::FewTailPaths { tail_paths, .. } => Some(*tail_paths),
                _ => None,
            })
            .collect();
        assert_eq!(thin, [5]);
        for (per_mille, share) in [(950, 0.98), (990, 0.02)] {
            let level = Level::per_mille(per_mille);
            let strategy = Some(Strategy::Unhedged);
            assert!(warnings.contains(&Warning::AtomAtValueAtRisk { strategy, level, share }));
        }
        assert!(warnings.contains(&Warning::UnmarkedPaths { paths: 3, days: 6 }));
    }

    #[test]
    fn a_hedge_that_does_nothing_is_known_to_do_nothing() {
        let mut outcomes = outcomes();
        for name in
            ["pnl_usd", "pnl_1d_usd", "pnl_5d_usd", "pnl_10d_usd", "pnl_21d_usd", "max_drawdown_usd", "worst_day_usd"]
        {
            let unhedged = outcomes.real(&format!("unhedged_{name}")).unwrap().to_vec();
            let hedged = outcomes.columns.iter_mut().find(|column| column.name == format!("hedged_{name}")).unwrap();
            hedged.values = Values::Real(unhedged);
        }
        outcomes.components.clear();
        for figure in summarise(&outcomes, &TERMS).figures.iter().filter(|figure| figure.strategy == "hedge") {
            assert!(figure.value == 0.0 && figure.value.is_sign_positive(), "{figure:?}");
            assert!(figure.standard_error.is_none_or(|error| error == 0.0), "{figure:?}");
        }
    }
}
