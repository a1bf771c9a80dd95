//! One path told day by day is that path of the run, and its parts add up.

mod support;

use support::plan;
use tailwing::book::Action;
use tailwing::engine::{Silent, explain, run};

#[test]
fn a_path_told_by_itself_is_that_of_the_run_to_the_bit() {
    let plan = plan(&["run.paths=150", "run.horizon_days=70"]);
    let outcomes = run(&plan, Some(2), &Silent).expect("a run").outcomes;
    let pnl = outcomes.real("hedged_pnl_usd").expect("a column");
    let stories = explain(&plan, &[0, 63, 64, 149]).expect("stories");
    for story in stories {
        assert_eq!(story.pnl_usd.to_bits(), pnl[story.path as usize].to_bits(), "path {}", story.path);
        let last = story.days.last().expect("a day");
        for part in &last.pnl_usd {
            let component = outcomes.components.iter().find(|component| component.name == part.component);
            let column = outcomes.real(&component.expect("a part").column).expect("a column");
            assert_eq!(part.usd.to_bits(), column[story.path as usize].to_bits(), "{}", part.component);
        }
    }
}

#[test]
fn every_close_adds_up_to_the_cent() {
    let plan = plan(&["run.paths=10", "condor.core.every=week"]);
    for story in explain(&plan, &[0, 7]).expect("stories") {
        assert_eq!(story.days.len(), plan.run.horizon_days + 1);
        let mut cash = plan.equity;
        let mut traded = 0;
        for (index, day) in story.days.iter().enumerate() {
            let worth: f64 = day.holdings.iter().map(|holding| holding.is.value_usd).sum();
            assert!((day.cash_usd + worth - day.equity_usd).abs() < 0.005, "{}: {day:?}", day.date);
            // Cash moves by interest, by what layers gained on the day, and by the fills of condors.
            let layers = |day: &tailwing::engine::explain::DayStory| -> f64 {
                let hedge = day.pnl_usd.iter().filter(|part| part.component.starts_with(['L', 'h']));
                hedge.map(|part| part.usd).sum()
            };
            let interest = if index == 0 { 1.0 } else { growth(&plan, &story.days[index - 1].date, &day.date) };
            let fills = day.fills.iter().filter(|fill| fill.component == "core");
            let filled: f64 = fills.map(|fill| fill.is.cash_usd - fill.is.spread_usd - fill.is.fees_usd).sum();
            let hedge = layers(day) - if index == 0 { 0.0 } else { layers(&story.days[index - 1]) * interest };
            cash = cash * interest + filled + hedge;
            assert!((cash - day.cash_usd).abs() < 0.005, "{}: {cash} against {}", day.date, day.cash_usd);
            traded += day.fills.len();
        }
        assert!(traded > 20, "path {} trades", story.path);
    }
}

/// What one USD of cash grows to between two dates.
fn growth(plan: &tailwing::plan::Plan, from: &str, to: &str) -> f64 {
    let [from, to]: [jiff::civil::Date; 2] = [from, to].map(|date| date.parse().expect("a date"));
    tailwing::math::exp(plan.market.rate * f64::from((to - from).get_days()) / 365.0)
}

#[test]
fn rules_are_told_with_what_they_saw() {
    let plan = plan(&["run.paths=3", "run.horizon_days=40"]);
    let story = explain(&plan, &[2]).expect("a story").remove(0);
    let mut held = 0;
    for day in &story.days {
        let value = |name: &str| {
            let found = day.indicators.iter().find(|indicator| indicator.expression == name);
            found.unwrap_or_else(|| panic!("{name} is told")).value
        };
        assert_eq!(value("vix"), Some(day.vix));
        assert_eq!(value("rsi_cutler(vix, 14)").is_some(), day.day >= 14, "day {}", day.day);
        let extreme = day.rules.iter().find(|rule| rule.owner == "L3 extreme" && rule.role == "enter").expect("a rule");
        assert_eq!(extreme.holds, Some(day.vix > 30.0));
        held += day.rules.iter().filter(|rule| rule.holds == Some(true)).count();
    }
    assert!(held > 30, "the gate of the condors holds on most days");
}

#[test]
fn every_open_condor_is_told_what_its_exit_saw_and_said() {
    let plan = plan(&["run.paths=3", "condor.core.every=week"]);
    let story = explain(&plan, &[1]).expect("a story").remove(0);
    let (mut closed, mut kept) = (0, 0);
    for (index, day) in story.days.iter().enumerate() {
        // Those open before the trades of the day, but for what has expired: held since yesterday.
        let asked: Vec<_> = day.verdicts.iter().filter(|verdict| verdict.component == "core").collect();
        let before = index.checked_sub(1).map_or(&[][..], |before| &story.days[before].holdings);
        if day.day < plan.run.horizon_days {
            let expired = day.fills.iter().filter(|fill| fill.is.action == Action::Settle).count();
            let held = before.iter().filter(|holding| holding.component == "core").count();
            assert_eq!(asked.len() + expired, held, "{}", day.date);
        }
        let sold = |what: &str| {
            day.fills
                .iter()
                .any(|fill| fill.is.action == Action::Close && fill.is.what == what && fill.is.quantity > 0.0)
        };
        for verdict in asked {
            let saw = |name: &str| {
                let found = verdict.is.saw.iter().find(|saw| saw.expression == name);
                found.and_then(|saw| saw.value).unwrap_or_else(|| panic!("{name}: {verdict:?}"))
            };
            let (profit, credit) = (saw("profit"), saw("credit"));
            let exit = profit >= 0.5 * credit || -profit >= 2.0 * credit || saw("days_to_expiry") <= 21.0;
            assert_eq!((verdict.is.role, verdict.is.holds), ("exit", Some(exit)), "{verdict:?}");
            assert_eq!(sold(&verdict.is.what), exit, "{}: {verdict:?}", day.date);
            *(if exit { &mut closed } else { &mut kept }) += 1;
        }
    }
    assert!(closed > 20 && kept > 200, "{closed} closed, {kept} kept");
}
