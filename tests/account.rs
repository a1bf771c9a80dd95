//! Margin calls, forced sales and ruin: what an account may hold, what selling costs, and that nothing goes missing.

mod support;

use support::{fair, is_zero, mean, plan};
use tailwing::engine::{RunResult, Silent, run};
use tailwing::path::{Shock, SlowFactor};
use tailwing::plan::Plan;
use tailwing::risk::Values;
use tailwing::scenario::{Override, Source, load};

fn outcome(plan: &Plan) -> RunResult {
    run(plan, Some(2), &Silent).unwrap_or_else(|error| panic!("{error}"))
}

fn real<'a>(result: &'a RunResult, name: &str) -> &'a [f64] {
    result.outcomes.real(name).unwrap_or_else(|| panic!("no column {name}"))
}

fn count<'a>(result: &'a RunResult, name: &str) -> &'a [i32] {
    result.outcomes.count(name).unwrap_or_else(|| panic!("no column {name}"))
}

/// The built-in programme on a fifth of its equity: every bad month ends in a call.
const LEVERED: [&str; 3] = ["run.paths=512", "run.horizon_days=100", "account.equity=220000"];

fn levered(more: &[&str]) -> Plan {
    plan(&[&LEVERED[..], more].concat())
}

#[test]
fn accounts_in_one_book_fare_as_with_a_book_each() {
    let exit = "profit >= 0.5 * credit or loss >= 2 * credit or days_to_expiry <= 21";
    let apart = format!("condor.core.exit={exit} or equity < -1000000000");
    for more in [&["account.equity=1000000"][..], &[], &["account.grace_days=2", "account.liquidate=all"]] {
        let one = outcome(&levered(more));
        let two = outcome(&levered(&[more, &[&apart]].concat()));
        for column in &one.outcomes.columns {
            let same = two.outcomes.columns.iter().find(|other| other.name == column.name);
            assert_eq!(Some(&column.values), same.map(|same| &same.values), "{more:?} {}", column.name);
        }
    }
}

#[test]
fn parts_sum_to_both_accounts_through_calls_and_ruin() {
    for order in ["worst first", "all", "condors first", "hedges last"] {
        let result = outcome(&levered(&[&format!("account.liquidate={order}"), "condor.core.every=week"]));
        let called = count(&result, "unhedged_margin_calls").iter().filter(|&&calls| calls > 0).count();
        assert!(called > 50, "{order}: {called} paths are called");
        let components = &result.outcomes.components;
        for (path, hedged) in real(&result, "hedged_pnl_usd").iter().enumerate() {
            let sum: f64 = components.iter().map(|part| real(&result, &part.column)[path]).sum();
            assert!((sum - hedged).abs() < 0.005, "{order}: path {path}: {sum} against {hedged}");
        }
        let parts = ["condor_core", "condor_fees", "condor_spread", "condor_liquidation"];
        for (path, unhedged) in real(&result, "unhedged_pnl_usd").iter().enumerate() {
            let sum: f64 = parts.iter().map(|part| real(&result, &format!("unhedged_{part}_pnl_usd"))[path]).sum();
            assert!((sum - unhedged).abs() < 0.005, "{order}: path {path}: {sum} against {unhedged}");
        }
        assert!(result.checks.iter().all(|check| check.passed), "{:?}", result.checks);
    }
}

#[test]
fn calls_cost_money_only_where_they_happen() {
    let result = outcome(&levered(&[]));
    for account in ["hedged", "unhedged"] {
        let calls = count(&result, &format!("{account}_margin_calls"));
        let name =
            if account == "hedged" { "condor_liquidation_pnl_usd" } else { "unhedged_condor_liquidation_pnl_usd" };
        let cost = real(&result, name);
        let lowest = real(&result, &format!("{account}_lowest_excess_usd"));
        let worst = real(&result, &format!("{account}_worst_margin_use"));
        for path in 0..calls.len() {
            assert!(cost[path] <= 0.0 && (calls[path] > 0 || cost[path] == 0.0), "{account} {path}");
            assert_eq!(calls[path] > 0, lowest[path] < 0.0, "{account} {path}: {}", lowest[path]);
            assert_eq!(calls[path] > 0, worst[path] > 1.0, "{account} {path}: {}", worst[path]);
        }
        assert!(calls.iter().any(|&calls| calls > 0) && calls.contains(&0), "{account}: all or none are called");
    }
}

#[test]
fn a_called_account_is_back_above_its_margin_at_the_next_close_or_holds_nothing() {
    // Called again on the very next close would be days in call beyond the calls themselves.
    let result = outcome(&levered(&[]));
    let [calls, days] = ["unhedged_margin_calls", "unhedged_days_in_call"].map(|name| count(&result, name));
    assert!(calls.iter().zip(days).all(|(calls, days)| calls == days), "a call is met at the close that makes it");
    let patient = outcome(&levered(&["account.grace_days=3"]));
    let [calls, days] = ["unhedged_margin_calls", "unhedged_days_in_call"].map(|name| count(&patient, name));
    assert!(calls.iter().zip(days).all(|(&calls, &days)| calls <= days && days <= 4 * calls));
    assert!(calls.iter().zip(days).any(|(calls, days)| days > calls), "no call waited");
}

#[test]
fn ruin_ends_trading_and_leaves_the_debt() {
    // A floor far above zero is met often enough to see.
    let result = outcome(&levered(&["account.ruin_below=190000", "run.horizon_days=252"]));
    let [ruined, opened] = [count(&result, "hedged_ruined"), count(&result, "condors_opened")];
    let paths = ruined.iter().filter(|&&ruined| ruined == 1).count();
    assert!(paths > 30 && paths < 500, "{paths} of 512 paths are ruined");
    let mean_opened = |state: i32| {
        let of_state: Vec<f64> =
            ruined.iter().zip(opened).filter(|(ruined, _)| **ruined == state).map(|(_, &n)| f64::from(n)).collect();
        of_state.iter().sum::<f64>() / of_state.len() as f64
    };
    assert!(mean_opened(1) < mean_opened(0) - 1.0, "{} {}", mean_opened(1), mean_opened(0));
    let pnl = real(&result, "hedged_pnl_usd");
    for (path, &ruined) in ruined.iter().enumerate() {
        assert!(ruined == 0 || pnl[path] < -20_000.0, "path {path} was ruined and ends with {}", pnl[path]);
    }
}

#[test]
fn without_margin_nothing_is_called_and_no_column_says_so() {
    let result = outcome(&levered(&["account.margin=none"]));
    assert!(result.outcomes.columns.iter().all(|column| !column.name.contains("margin")));
    let margined = outcome(&plan(&["run.paths=256", "run.horizon_days=100"]));
    let free = outcome(&plan(&["run.paths=256", "run.horizon_days=100", "account.margin=none"]));
    for column in &free.outcomes.columns {
        let same = margined.outcomes.columns.iter().find(|other| other.name == column.name).map(|same| &same.values);
        assert_eq!(Some(&column.values), same, "{}: margin that never binds changes nothing", column.name);
    }
}

#[test]
fn position_by_position_a_condor_ties_up_its_wing_less_its_mark() {
    // A wing of 150 points and ten lots; a condor by itself cannot be called, since equity and requirement fall together.
    let unlayered = ["layer=[]", "account.margin=reg_t", "run.paths=256", "run.horizon_days=60"];
    let result = outcome(&plan(&[&unlayered[..], &["account.equity=200000"]].concat()));
    assert!(count(&result, "unhedged_margin_calls").iter().all(|&calls| calls == 0));
    for use_of_equity in real(&result, "unhedged_worst_margin_use") {
        assert!((0.5..1.0).contains(use_of_equity), "{use_of_equity}");
    }
    // Less than 1.1 x (150,000 - a credit of up to 68,000): every order is refused.
    let refused = outcome(&plan(&[&unlayered[..], &["account.equity=90000"]].concat()));
    assert!(count(&refused, "condors_opened").iter().all(|&opened| opened == 0));
}

#[test]
fn rules_see_margin_use() {
    let gated = outcome(&levered(&["condor.core.every=week", "condor.core.enter=margin_used < 0.01"]));
    let free = outcome(&levered(&["condor.core.every=week"]));
    let total = |result: &RunResult| count(result, "condors_opened").iter().sum::<i32>();
    assert!(total(&gated) < total(&free), "{} {}", total(&gated), total(&free));
    assert!(total(&gated) > 512, "a gate on margin use lets the first condor through");
}

#[test]
fn with_p_equal_to_q_and_sales_at_mid_a_called_account_earns_the_cash_rate() {
    let mut fair = fair(levered(&["run.paths=6000", "run.horizon_days=63", "condor.core.every=week"]));
    fair.run.mark_accuracy = 1e-6;
    let result = outcome(&fair);
    let called = count(&result, "unhedged_margin_calls").iter().filter(|&&calls| calls > 0).count();
    assert!(called > 600, "{called} paths are called");
    let mut columns = vec!["hedged_pnl_usd".to_owned(), "unhedged_pnl_usd".to_owned()];
    columns.extend(result.outcomes.components.iter().map(|component| component.column.clone()));
    for column in columns {
        let pnl = real(&result, &column);
        assert!(is_zero(pnl, 2000.0), "{column} earns {:?}", mean(pnl));
    }
}

#[test]
fn the_first_paths_do_not_depend_on_those_that_follow() {
    let whole = outcome(&levered(&["run.paths=400"]));
    let half = outcome(&levered(&["run.paths=150"]));
    for (short, long) in half.outcomes.columns.iter().zip(&whole.outcomes.columns) {
        let same = match (&short.values, &long.values) {
            (Values::Real(short), Values::Real(long)) => short[..] == long[..150],
            (Values::Count(short), Values::Count(long)) => short[..] == long[..150],
            _ => false,
        };
        assert!(same, "{}", short.name);
    }
}

#[test]
fn bounds_of_margin_answer_as_the_whole_scan_does() {
    // A rule that asks for margin use has it found exactly at every close.
    let seen = "condor.core.enter=vix < 40 and not (margin_used < -1)";
    for equity in ["account.equity=1000000", "account.equity=220000"] {
        let pruned = outcome(&levered(&["condor.core.every=week", equity]));
        let exact = outcome(&levered(&["condor.core.every=week", equity, seen]));
        for column in &pruned.outcomes.columns {
            let same = exact.outcomes.columns.iter().find(|other| other.name == column.name);
            assert_eq!(Some(&column.values), same.map(|same| &same.values), "{equity} {}", column.name);
        }
    }
}

#[test]
fn every_path_takes_the_days_of_a_stress() {
    let file = |name: &str| format!("scenarios/stress/{name}.toml");
    let with = |name: &str, days: usize| {
        let overrides = [format!("run.horizon_days={days}"), "run.paths=40".to_owned()];
        let overrides: Vec<_> = overrides.iter().map(|text| Override::set(text).expect("an assignment")).collect();
        let plan = load(Source::Path(file(name).as_ref()), &overrides).unwrap_or_else(|error| panic!("{error}"));
        let given = plan.followed.as_ref().map_or(plan.shocks.len(), |followed| followed.index.len() - 1);
        assert_eq!(given, days, "{name}");
        outcome(&plan)
    };
    // Days of the file, the index's last close over its first, the highest close of VIX.
    for (name, days, index, vix) in [
        ("1987_10", 4, 258.38 / 298.08, 150.19),
        ("2007_02", 5, 1374.12 / 1449.37, 19.63),
        ("2020_03", 29, 2584.59 / 3386.15, 82.69),
        ("2025_04", 7, 5363.36 / 5670.97, 52.33),
    ] {
        let result = with(name, days);
        for (path, (move_, highest)) in
            real(&result, "index_return").iter().zip(real(&result, "highest_vix")).enumerate()
        {
            assert!((move_ + 1.0 - index).abs() < 1e-4, "{name} {path}: {move_} instead of {}", index - 1.0);
            assert!((highest - vix).abs() < 1e-6, "{name} {path}: {highest} instead of {vix}");
        }
        assert!(result.checks.iter().all(|check| check.passed));
    }
}

#[test]
fn a_crash_beyond_the_scan_ruins_accounts_and_leaves_them_in_debt() {
    let filled = plan(&[&LEVERED[..], &["run.horizon_days=30", "condor.core.every=week"]].concat());
    let calm = outcome(&filled);
    assert!(count(&calm, "unhedged_ruined").iter().all(|&ruined| ruined == 0));
    let crash = Shock { day: 28, index: Some(-0.25), vix: Some(80.0), slow: SlowFactor::Share(0.0), recovery_days: 0 };
    let crashed = outcome(&Plan { shocks: vec![crash], ..filled });
    let (ruined, pnl) = (count(&crashed, "unhedged_ruined"), real(&crashed, "unhedged_pnl_usd"));
    let losses: Vec<f64> = ruined.iter().zip(pnl).filter(|(ruined, _)| **ruined == 1).map(|(_, &pnl)| -pnl).collect();
    assert!(losses.len() > 10, "{} of 512 are ruined", losses.len());
    assert!(losses.iter().all(|&loss| loss > 219_000.0), "a ruined account has lost what it had: {losses:?}");
    assert!(losses.iter().any(|&loss| loss > 240_000.0), "no debt is left: {losses:?}");
}

#[test]
fn the_over_levered_scenario_is_called_on_a_known_share_of_paths() {
    let overrides = [Override::set("run.paths=1000").expect("an assignment")];
    let plan = load(Source::Path("scenarios/over_levered.toml".as_ref()), &overrides);
    let result = outcome(&plan.unwrap_or_else(|error| panic!("{error}")));
    // Measured on 3,000 paths: 0.268 and 0.744; four standard errors of 1,000 more.
    for (account, share, error) in [("unhedged", 0.268, 0.065), ("hedged", 0.744, 0.065)] {
        let called = count(&result, &format!("{account}_margin_calls")).iter().filter(|&&calls| calls > 0).count();
        assert!((called as f64 / 1000.0 - share).abs() < error, "{account}: {called} of 1,000");
    }
    for account in ["hedged", "unhedged"] {
        let pnl = real(&result, &format!("{account}_pnl_usd"));
        assert!(pnl.len() == 1000 && pnl.iter().all(|pnl| pnl.is_finite()), "no path ends silently");
    }
}

#[test]
fn naked_and_two_expiry_positions_are_sold_off_whole_and_nothing_goes_missing() {
    // A naked strangle sold daily, and condors whose threatened side is moved along the expiries, on an account that bears neither.
    let strangle = "condor=[{ name = \"core\", lots = 4, days = 30, put = { short_delta = 0.2 }, call = { short_delta = 0.2 }, \
                    every = \"week\", enter = \"true\" }]";
    let shifted = "condor=[{ name = \"core\", lots = 8, days = 20, put = { short_delta = 0.25, width = 150 }, \
                   call = { short_delta = 0.25, width = 150 }, every = \"week\", enter = \"true\", \
                   shift_forward = { when = \"loss > 0.3 * credit\", to_days = 40 } }]";
    let fall = "shock=[{ name = \"fall\", day = 20, spot = -0.15, vix = 35 }]";
    for (condors, margin) in [(strangle, "portfolio"), (strangle, "reg_t"), (shifted, "portfolio"), (shifted, "reg_t")]
    {
        let margin = format!("account.margin={margin}");
        let base = ["run.paths=96", "run.horizon_days=32", "run.mark_accuracy=1e-4", "layer=[]", "condor=[]"];
        let result = outcome(&plan(
            &[&base[..], &["account.equity=400000", "account.ruin_below=330000", condors, &margin, fall]].concat(),
        ));
        let cost = real(&result, "unhedged_condor_liquidation_pnl_usd");
        let [calls, ruined] = ["unhedged_margin_calls", "unhedged_ruined"].map(|name| count(&result, name));
        let sold = cost.iter().filter(|&&cost| cost < 0.0).count();
        assert!(sold > 20 || margin.ends_with("reg_t"), "{margin} {condors}: {sold} of 96 accounts are sold off");
        let parts = ["condor_core", "condor_fees", "condor_spread", "condor_liquidation"];
        for (path, unhedged) in real(&result, "unhedged_pnl_usd").iter().enumerate() {
            assert!(cost[path] == 0.0 || calls[path] + ruined[path] > 0, "{margin} {path}");
            let sum: f64 = parts.iter().map(|part| real(&result, &format!("unhedged_{part}_pnl_usd"))[path]).sum();
            assert!(unhedged.is_finite() && (sum - unhedged).abs() < 0.005, "{margin} {path}: {sum} {unhedged}");
        }
        assert!(result.checks.iter().all(|check| check.passed), "{margin}: {:?}", result.checks);
    }
}

#[test]
fn an_offset_frees_margin_where_the_hedge_gains_in_the_scan_and_costs_nothing_else() {
    // Wings of equal width lose as much at the moves up, where VX gains nothing; here the puts decide.
    let always =
        ["layer.L1 early warning.enter=true", "layer.L1 early warning.exit=false", "condor.core.call.width=50"];
    let base = [&["run.paths=192", "run.horizon_days=42", "run.mark_accuracy=1e-4"][..], &always].concat();
    let none = outcome(&plan(&base));
    let half = outcome(&plan(&[&base[..], &["account.vx_offset=0.5"]].concat()));
    let whole = outcome(&plan(&[&base[..], &["account.vx_offset=1"]].concat()));
    let short = ["layer.L1 early warning.hold.contracts=-3"];
    let short_none = outcome(&plan(&[&base[..], &short].concat()));
    let short_whole = outcome(&plan(&[&base[..], &short, &["account.vx_offset=1"]].concat()));
    let worst = |result: &RunResult| real(result, "hedged_worst_margin_use").to_vec();
    let [a, b, c] = [&none, &half, &whole].map(worst);
    let mut freed = 0;
    for path in 0..192 {
        assert!(b[path] <= a[path] + 1e-9 && c[path] <= b[path] + 1e-9, "{path}: {} {} {}", a[path], b[path], c[path]);
        freed += usize::from(c[path] < a[path] - 0.01);
        assert_eq!(real(&none, "hedged_pnl_usd")[path], real(&whole, "hedged_pnl_usd")[path], "{path}");
    }
    assert!(freed > 100, "{freed} of 192 paths tie up less");
    assert_eq!(real(&none, "unhedged_worst_margin_use"), real(&whole, "unhedged_worst_margin_use"));
    // Short VX loses where condors do; where it gains, at the moves up, it offsets them too.
    for (without, with) in worst(&short_none).iter().zip(worst(&short_whole)) {
        assert!(with <= without + 1e-9, "{with} {without}");
    }
}
