//! With P = Q, one cash rate, fills at marks and no fees, every strategy, hedge and roll earns on average just the cash
//! rate: its mean discounted P&L over cash is zero.
//!
//! Each test allows four standard errors and the bias of the scheme, and prints the smallest error that it can see.

#![allow(clippy::print_stderr)]

mod support;

use support::{fair, is_zero, mean, plan, settlement_map, simulate_paths};
use tailwing::calendar::{Grid, VixContract};
use tailwing::engine::{Silent, run};
use tailwing::model::VixMap;
use tailwing::plan::Plan;
use tailwing::pricing::VxTable;
use tailwing::strategy::rule::{self, MarketSeries, MarketTable, Names, Place, Program, Rule, RuleId, Series};
use tailwing::units::{VIX_WINDOW_DAYS, VX_MULTIPLIER};

/// USD that the scheme's bias can add to the mean P&L of ten VX and ten condors over 63 days: a daily step, found without
/// sampling (`docs/bias.md`), puts a VX off by at most 2e-5 VIX points and an index option by at most 2e-7 of spot.
const BIAS_USD: f64 = 63.0 * 10.0 * (2e-5 * VX_MULTIPLIER + 2e-7 * 6600.0 * 100.0);

const MODELS: [&str; 4] = ["default", "svcj", "bates", "heston"];

#[test]
fn every_part_of_the_book_earns_the_cash_rate_when_p_is_q() {
    for model in MODELS {
        let preset = format!("model.preset=\"{model}\"");
        // With 20 days of history instead of 60 the second layer comes on within the horizon.
        let second = "layer.L2 confirmed expansion.enter=zscore(macd_histogram(vvix, 12, 26, 9), 20) > macd_spike";
        let plan = fair(plan(&[&preset, "run.paths=20000", "run.horizon_days=63", second]));
        let result = run(&plan, None, &Silent).unwrap_or_else(|error| panic!("{model}: {error}"));
        let mut columns = vec!["hedged_pnl_usd".to_owned(), "unhedged_pnl_usd".to_owned()];
        columns.extend(result.outcomes.components.iter().map(|component| component.column.clone()));
        for column in columns {
            let pnl = result.outcomes.real(&column).expect("a column");
            let (mean, error) = mean(pnl);
            eprintln!("{model:8} {column:40} {mean:10.1} +- {error:8.1}, sees {:8.1} USD", 4.0 * error + BIAS_USD);
            assert!(is_zero(pnl, BIAS_USD), "{model}: {column} earns {mean:.1} +- {error:.1} USD");
            let costs = ["_fees_", "_spread_", "_roll_", "_liquidation_"].iter().any(|cost| column.contains(cost));
            assert_eq!(error == 0.0, costs, "{model}: {column} never traded");
        }
    }
}

#[test]
fn each_contract_of_a_rolled_future_is_a_martingale_and_planted_errors_are_not() {
    for model in ["default", "svcj"] {
        let market = Market::simulate(model, 20_000);
        let always = vec![true; market.vix.len()];
        for (number, pnl) in market.pnl_by_contract(&market.marks, &always).iter().enumerate() {
            assert!(is_zero(pnl, BIAS_USD), "{model}: contract {number} earns {:?}", mean(pnl));
        }
        let total = |marks: &Marks, on: &[bool]| -> Vec<f64> {
            let contracts = market.pnl_by_contract(marks, on);
            (0..market.paths).map(|path| contracts.iter().map(|pnl| pnl[path]).sum()).collect()
        };
        let rule = market.decide(0);
        assert!(is_zero(&total(&market.marks, &rule), BIAS_USD), "{model}: a rule that sees today earns money");
        let tomorrow = market.decide(1);
        assert!(!is_zero(&total(&market.marks, &tomorrow), BIAS_USD), "{model}: a rule that sees tomorrow goes unseen");
        let spot = Marks { held: market.vix.clone(), next: market.vix.clone() };
        assert!(!is_zero(&total(&spot, &always), BIAS_USD), "{model}: VX marked off spot VIX goes unseen");
        let rolled = market.marks_rolled_at_the_old_price();
        assert!(!is_zero(&total(&rolled, &always), BIAS_USD), "{model}: a roll at the wrong price goes unseen");
    }
}

/// Marks of the contract held since the day before and of the one held from today on, `[day * paths + path]`.
struct Marks {
    held: Vec<f64>,
    next: Vec<f64>,
}

/// 63 days of a market with P = Q, and the front VX along it.
struct Market {
    paths: usize,
    days: usize,
    vix: Vec<f64>,
    marks: Marks,
    /// Number of the contract held after each close.
    contract: Vec<usize>,
}

impl Market {
    fn simulate(model: &str, paths: usize) -> Self {
        let preset = format!("model.preset=\"{model}\"");
        let plan = fair(plan(&[&preset, "run.horizon_days=63"]));
        let grid = Grid::new(plan.market.date, 63).expect("a session");
        let days = grid.horizon_days();
        let path = simulate_paths(&plan, &grid, paths);
        let mut vix = vec![0.0; path.spot.len()];
        let mut marks = Marks { held: vix.clone(), next: vix.clone() };
        let contracts: Vec<VixContract> = (0..=days).map(|day| VixContract::held(grid.date(day), 1, 0)).collect();
        for day in 0..=days {
            let row = path.row(day);
            let (x1, x2) = (&path.x1[row.clone()], &path.x2[row.clone()]);
            let window = plan.clock.years(grid.window(day, VIX_WINDOW_DAYS));
            VixMap::new(plan.model.risk_neutral(), window).expect("a map").fill(x1, x2, &mut vix[row.clone()]);
            let old = contracts[day.saturating_sub(1)];
            for (contract, out) in [(old, &mut marks.held), (contracts[day], &mut marks.next)] {
                table(&plan, &grid, day, contract).futures(x1, x2, &mut out[row.clone()]);
            }
        }
        let mut distinct = contracts.clone();
        distinct.dedup();
        let number = |contract| distinct.iter().position(|other| *other == contract).expect("a contract");
        Self { paths, days, vix, marks, contract: contracts.into_iter().map(number).collect() }
    }

    /// Discounting is left out: VX pays daily, and cash earns its own rate.
    fn pnl_by_contract(&self, marks: &Marks, on: &[bool]) -> Vec<Vec<f64>> {
        let contracts = self.contract.last().expect("a day") + 1;
        let mut pnl = vec![vec![0.0; self.paths]; contracts];
        for day in 1..=self.days {
            for path in 0..self.paths {
                let (today, before) = (day * self.paths + path, (day - 1) * self.paths + path);
                if on[before] {
                    pnl[self.contract[day - 1]][path] +=
                        10.0 * VX_MULTIPLIER * (marks.held[today] - marks.next[before]);
                }
            }
        }
        pnl
    }

    /// Marks of an account that books each new month at the price of the month it replaces.
    fn marks_rolled_at_the_old_price(&self) -> Marks {
        let Marks { held, next } = &self.marks;
        let mut rolled = Marks { held: held.clone(), next: next.clone() };
        for day in (1..=self.days).filter(|&day| self.contract[day] != self.contract[day - 1]) {
            let row = day * self.paths..(day + 1) * self.paths;
            rolled.next[row.clone()].copy_from_slice(&held[row]);
        }
        rolled
    }

    /// Decides by a rule on VIX that sees `ahead` days into the future.
    fn decide(&self, ahead: usize) -> Vec<bool> {
        let names = Names::new(Place::Layer, &[Series::Market(MarketSeries::Vix)]);
        let rule = Rule::parse("vix > sma(vix, 5)", &names).expect("a rule");
        let program = Program::compile(&[&rule]);
        let rows = self.days + 1 - ahead;
        let mut workspace = rule::Workspace::new(&program, rows, self.paths);
        let seen = &self.vix[ahead * self.paths..];
        program.evaluate_market(&MarketTable::new(rows, self.paths).per_path(MarketSeries::Vix, seen), &mut workspace);
        let mut on = vec![false; self.vix.len()];
        for day in 0..rows {
            let truth = program.truth(RuleId(0), day, &workspace);
            for (on, truth) in on[day * self.paths..].iter_mut().zip(truth) {
                *on = truth.holds();
            }
        }
        on
    }
}

fn table(plan: &Plan, grid: &Grid, day: usize, contract: VixContract) -> VxTable {
    let years = plan.clock.years(grid.time_left(day, contract.settlement_close));
    VxTable::build(plan.model.risk_neutral(), years, &settlement_map(plan, contract)).expect("a table")
}
