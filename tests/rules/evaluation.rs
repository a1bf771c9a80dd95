//! What is known when: unknown truth, batches, history, books and positions.

use tailwing::strategy::rule::{
    BookSeries, BookTable, Class, History, MarketSeries, MarketTable, Place, PositionSeries, PositionTable, Program,
    Rule, RuleId, Series, Truth, Value, Workspace,
};

use super::{names, parse, truths};

const VIX: MarketSeries = MarketSeries::Vix;

/// `sma(vix, 9) > 0` is unknown on the few days of these tests.
const UNKNOWN: &str = "sma(vix, 9) > 0";

#[test]
fn unknown_follows_the_strong_connectives() {
    let (t, u, f) = (Truth::TRUE, Truth::UNKNOWN, Truth::FALSE);
    // Truth of the first day, with values that do not fold away.
    let of = |rule: &str| truths(rule, &[(VIX, &[20.0, 20.0])])[0];
    let values = [("vix > 10", t), (UNKNOWN, u), ("vix > 30", f)];
    let and = [[t, u, f], [u, u, f], [f, f, f]];
    let or = [[t, t, t], [t, u, u], [t, u, f]];
    for (row, (a, a_value)) in values.into_iter().enumerate() {
        assert_eq!(of(a), a_value);
        assert_eq!(of(&format!("not ({a})")), [f, u, t][row]);
        for (column, (b, _)) in values.into_iter().enumerate() {
            assert_eq!(of(&format!("({a}) and ({b})")), and[row][column], "{a} and {b}");
            assert_eq!(of(&format!("({a}) or ({b})")), or[row][column], "{a} or {b}");
        }
    }
    assert_eq!(of(&format!("true or {UNKNOWN}")), t);
    assert_eq!(of(&format!("{UNKNOWN} and false")), f);
    assert_eq!(of(&format!("false or {UNKNOWN}")), u);
}

#[test]
fn an_unknown_rule_does_not_hold_and_neither_does_its_opposite() {
    for rule in [UNKNOWN.to_owned(), format!("not {UNKNOWN}"), "vix / (vix - 20) == 1".to_owned()] {
        assert!(!truths(&rule, &[(VIX, &[20.0])])[0].holds(), "{rule}");
    }
    for comparison in ["<", "<=", ">", ">=", "==", "!="] {
        assert_eq!(truths(&format!("vix {comparison} 20"), &[(VIX, &[f64::NAN])]), [Truth::UNKNOWN], "{comparison}");
        assert_eq!(truths(&format!("20 {comparison} vix"), &[(VIX, &[f64::NAN])]), [Truth::UNKNOWN], "{comparison}");
    }
}

#[test]
fn constants_are_worked_out_before_anything_runs() {
    let program = Program::compile(&[&parse("2 * 3 > 5 and not false"), &Rule::never(), &parse("vix > 3 or true")]);
    for (rule, holds) in [(0, true), (1, false), (2, true)] {
        assert_eq!(program.class(RuleId(rule)), Class::Constant);
        let mut workspace = Workspace::new(&program, 2, 3);
        program.evaluate_market(&MarketTable::new(2, 3).per_path(VIX, &[0.0; 6]), &mut workspace);
        assert_eq!(
            program.truth(RuleId(rule), 1, &workspace).iter().map(|t| t.holds()).collect::<Vec<_>>(),
            [holds; 3]
        );
    }
}

#[test]
fn an_indicator_that_several_rules_share_is_computed_once() {
    let count = |rules: &[&str]| {
        let rules: Vec<Rule> = rules.iter().map(|text| parse(text)).collect();
        Program::compile(&rules.iter().collect::<Vec<_>>()).nodes().count()
    };
    // vix, rsi, and one comparison each.
    assert_eq!(count(&["rsi(vix, 14) < 30"]), 3);
    assert_eq!(count(&["rsi(vix, 14) < 30", "rsi(vix, 14) > 60"]), 4);
    assert_eq!(count(&["rsi(vix, 14) < 30", "rsi(vix, 14) < rsi_oversold"]), 3);
    assert_eq!(count(&["rsi(vix, 14) < 30", "rsi(vix, 15) < 30"]), 5);
}

#[test]
fn a_program_names_the_series_it_needs_and_nothing_else() {
    let rules = [parse("vix > sma(vix, 20) or spx > 1"), parse("profit >= 0.5 * credit or drawdown > 0.1")];
    let program = Program::compile(&[&rules[0], &rules[1]]);
    assert_eq!(program.market_series(), [VIX, MarketSeries::Spx]);
    assert_eq!(program.book_series(), [BookSeries::Drawdown]);
    assert_eq!(program.position_series(), [PositionSeries::Profit, PositionSeries::Credit]);
    assert_eq!(program.class(RuleId(0)), Class::Market);
    assert_eq!(program.class(RuleId(1)), Class::Position);
}

#[test]
fn warm_up_is_the_first_day_on_which_everything_is_ready() {
    let vix: Vec<f64> = (0..120).map(|day| 20.0 + f64::from(day * day % 7)).collect();
    for (rule, days) in [
        ("vix > 0", 1),
        ("rsi(vix, 14) >= 0", 15),
        ("rsi_cutler(vix, 14) >= 0", 15),
        ("macd(vix, 12, 26) > -99", 26),
        ("macd_histogram(vix, 12, 26, 9) > -99", 34),
        ("zscore(macd_histogram(vix, 12, 26, 9), 60) > -99", 93),
        ("ema(vix, 10) > 0", 10),
        ("sma(vix, 10) > 0", 10),
        ("sma(sma(vix, 10), 5) > 0", 14),
        ("percentile(vix, 10) >= 0", 11),
        ("realized(vix, 10) > 0", 11),
        ("change(vix, 10) > -99", 11),
        ("vix > 0 and sma(vix, 3) > 0", 3),
    ] {
        let parsed = parse(rule);
        assert_eq!(Program::compile(&[&parsed]).warm_up_days(RuleId(0)), days, "{rule}");
        let first = truths(rule, &[(VIX, &vix)]).iter().position(|truth| truth.holds());
        assert_eq!(first, Some(days - 1), "{rule}");
    }
}

#[test]
fn a_gap_starts_averages_again_and_spoils_the_windows_that_hold_it() {
    let vix = [1.0, 2.0, 3.0, 4.0, f64::NAN, 6.0, 7.0, 8.0, 9.0, 9.5];
    let ready = |text: &str| super::numbers(text, &vix).iter().map(|x| !x.is_nan()).collect::<Vec<_>>();
    let three = [false, false, true, true, false, false, false, true, true, true];
    for text in ["sma(vix, 3)", "stdev(vix, 3)", "zscore(vix, 3)", "high(vix, 3)", "low(vix, 3)", "ema(vix, 3)"] {
        assert_eq!(ready(text), three, "{text}");
    }
    let three_moves = [false, false, false, true, false, false, false, false, true, true];
    for text in ["rsi(vix, 3)", "rsi_cutler(vix, 3)", "percentile(vix, 3)", "realized(vix, 3)"] {
        assert_eq!(ready(text), three_moves, "{text}");
    }
    assert_eq!(super::numbers("ema(vix, 3)", &vix)[7], 7.25, "6, then 6.5, then 7.25");
    assert_eq!(super::numbers("rsi(vix, 3)", &vix)[8], 100.0);
}

/// A batch of wandering values.
fn wander(days: usize, lanes: usize, first_lane: usize) -> Vec<f64> {
    let value = |day: usize, lane: usize| {
        // The mixing function of SplitMix64.
        let mut bits = ((day * 1009 + lane + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        10.0 + ((bits ^ (bits >> 31)) >> 40) as f64 / 1e6
    };
    (0..days).flat_map(|day| (0..lanes).map(move |lane| value(day, first_lane + lane))).collect()
}

const BUSY: [&str; 6] = [
    "rsi(vix, 5) < 40 or rsi_cutler(vix, 4) > 60",
    "zscore(macd_histogram(vix, 2, 4, 3), 6) > 0.3",
    "vix > high(vix, 7) - 1 or vix < low(vix, 6) + 1",
    "percentile(vix, 8) > 70 and realized(vix, 5) > 10",
    "days_since(crossed_above(vix, 20)) < 3 or return(vix, 3) > 0.1",
    "stdev(vix, 5) > sma(vix, 5) / 4",
];

fn evaluate(rules: &[Rule], table: &MarketTable<'_>, workspace: &mut Workspace, days: usize) -> Vec<Vec<Truth>> {
    let program = Program::compile(&rules.iter().collect::<Vec<_>>());
    program.evaluate_market(table, workspace);
    let row = |rule: usize, day| program.truth(RuleId(rule), day, workspace);
    (0..rules.len()).map(|rule| (0..days).flat_map(|day| row(rule, day).to_vec()).collect()).collect()
}

#[test]
fn a_path_has_the_same_truths_alone_in_any_place_and_after_any_other_batch() {
    let rules = BUSY.map(parse);
    let program = Program::compile(&rules.iter().collect::<Vec<_>>());
    let days = 40;
    let all = wander(days, 64, 0);
    let table = MarketTable::new(days, 64).per_path(VIX, &all);
    let mut wide = Workspace::new(&program, days, 64);
    let together = evaluate(&rules, &table, &mut wide, days);
    assert!(together.iter().all(|rule| rule.contains(&Truth::TRUE) && rule.contains(&Truth::FALSE)));
    for lane in [0, 7, 63] {
        let one = wander(days, 1, lane);
        let table = MarketTable::new(days, 1).per_path(VIX, &one);
        let mut narrow = Workspace::new(&program, days, 1);
        // The wide workspace is used again, for fewer paths than it holds and after another batch.
        for workspace in [&mut narrow, &mut wide] {
            let alone = evaluate(&rules, &table, workspace, days);
            for (rule, alone) in alone.iter().enumerate() {
                let there: Vec<Truth> = (0..days).map(|day| together[rule][day * 64 + lane]).collect();
                assert_eq!(alone, &there, "{}", BUSY[rule]);
            }
        }
    }
}

#[test]
fn a_rule_cannot_see_tomorrow() {
    let rules = BUSY.map(parse);
    let program = Program::compile(&rules.iter().collect::<Vec<_>>());
    let (days, lanes) = (40, 8);
    let mut workspace = Workspace::new(&program, days, lanes);
    let values = wander(days, lanes, 0);
    let before = evaluate(&rules, &MarketTable::new(days, lanes).per_path(VIX, &values), &mut workspace, days);
    for today in 0..days {
        let mut changed = values.clone();
        changed[(today + 1) * lanes..].iter_mut().for_each(|value| *value = 77.0 - *value);
        let table = MarketTable::new(days, lanes).per_path(VIX, &changed);
        let after = evaluate(&rules, &table, &mut workspace, days);
        let seen = (today + 1) * lanes;
        for (rule, (before, after)) in before.iter().zip(&after).enumerate() {
            assert_eq!(before[..seen], after[..seen], "{} on day {today}", BUSY[rule]);
        }
    }
}

#[test]
fn history_before_the_first_day_counts_as_if_it_had_been_simulated() {
    let rules = BUSY.map(parse);
    let program = Program::compile(&rules.iter().collect::<Vec<_>>());
    let (past, days) = (17, 23);
    let whole = wander(past + days, 1, 3);
    let mut workspace = Workspace::new(&program, past + days, 1);
    let table = MarketTable::new(past + days, 1).per_path(VIX, &whole);
    let wanted = evaluate(&rules, &table, &mut workspace, past + days);
    let history = History::new(past).with(VIX, whole[..past].to_vec());
    let mut informed = Workspace::with_history(&program, days, 4, &history);
    // Four paths with one past; twice, because a batch must not learn from the one before.
    let future: Vec<f64> = whole[past..].iter().flat_map(|&value| [value; 4]).collect();
    for _ in 0..2 {
        let found = evaluate(&rules, &MarketTable::new(days, 4).per_path(VIX, &future), &mut informed, days);
        for (rule, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let path: Vec<Truth> = found.iter().copied().skip(2).step_by(4).collect();
            assert_eq!(path, wanted[past..], "{}", BUSY[rule]);
        }
    }
}

#[test]
fn a_series_that_the_history_lacks_begins_on_the_first_day() {
    let rule = parse("sma(vvix, 2) > 0 and sma(vix, 3) > 0");
    let program = Program::compile(&[&rule]);
    let mut workspace = Workspace::with_history(&program, 3, 1, &History::new(2).with(VIX, vec![20.0, 20.0]));
    let table = MarketTable::new(3, 1).per_path(VIX, &[20.0; 3]).common(MarketSeries::Vvix, &[90.0; 3]);
    program.evaluate_market(&table, &mut workspace);
    let holds: Vec<bool> = (0..3).map(|day| program.truth(RuleId(0), day, &workspace)[0].holds()).collect();
    assert_eq!(holds, [false, true, true]);
}

#[test]
fn rules_of_the_book_are_decided_day_by_day() {
    let rules = [
        parse("drawdown > 0.1 and vix > 20"),
        parse("days_since(drawdown > 0.1) <= 1 or equity > high(equity, 2) - 1"),
    ];
    let program = Program::compile(&[&rules[0], &rules[1]]);
    assert_eq!(program.class(RuleId(0)), Class::Book);
    let mut workspace = Workspace::new(&program, 4, 2);
    for _ in 0..2 {
        let vix = [25.0, 15.0, 25.0, 15.0, 25.0, 15.0, 25.0, 15.0];
        program.evaluate_market(&MarketTable::new(4, 2).per_path(VIX, &vix), &mut workspace);
        let drawdown = [[0.0, 0.2], [0.2, 0.0], [0.0, 0.0], [0.0, 0.2]];
        let equity = [[100.0, 100.0], [80.0, 120.0], [70.0, 60.0], [50.0, 50.0]];
        let mut found = [Vec::new(), Vec::new()];
        for day in 0..4 {
            let book =
                BookTable::new(2).with(BookSeries::Drawdown, &drawdown[day]).with(BookSeries::Equity, &equity[day]);
            program.evaluate_book_day(day, &book, &mut workspace);
            for rule in 0..2 {
                found[rule]
                    .push(program.truth(RuleId(rule), day, &workspace).iter().map(|t| t.holds()).collect::<Vec<_>>());
            }
        }
        assert_eq!(found[0], [[false, false], [true, false], [false, false], [false, false]]);
        assert_eq!(found[1], [[false, true], [true, true], [true, false], [false, true]]);
    }
}

#[test]
#[should_panic(expected = "books are given day after day")]
fn the_book_of_tomorrow_cannot_be_given_today() {
    let rule = parse("drawdown > 0.1");
    let program = Program::compile(&[&rule]);
    let mut workspace = Workspace::new(&program, 2, 1);
    program.evaluate_market(&MarketTable::new(2, 1), &mut workspace);
    program.evaluate_book_day(1, &BookTable::new(1).with(BookSeries::Drawdown, &[0.0]), &mut workspace);
}

#[test]
fn an_exit_is_decided_position_by_position() {
    let exit = parse(
        "profit >= 0.5 * credit or loss >= 2 * credit or days_to_expiry <= 21 and vix > sma(vix, 2) or drawdown > 0.3",
    );
    let program = Program::compile(&[&exit]);
    let mut workspace = Workspace::new(&program, 2, 3);
    // sma(vix, 2) on day 1: 17.5, 17.5, 20.
    let vix = [15.0, 20.0, 20.0, 20.0, 15.0, 20.0];
    program.evaluate_market(&MarketTable::new(2, 3).per_path(VIX, &vix), &mut workspace);
    for day in 0..2 {
        let book = BookTable::new(3).with(BookSeries::Drawdown, &[0.0, 0.0, 0.4]);
        program.evaluate_book_day(day, &book, &mut workspace);
    }
    let lanes = [0, 1, 1, 0, 2];
    let profit = [1.0, 6.0, -20.0, 1.0, 1.0];
    let loss = profit.map(|profit| -profit);
    let table = PositionTable::new()
        .with(PositionSeries::Profit, &profit)
        .with(PositionSeries::Loss, &loss)
        .with(PositionSeries::Credit, &[10.0; 5])
        .with(PositionSeries::DaysToExpiry, &[20.0, 40.0, 40.0, 40.0, 40.0]);
    let mut holds = vec![Truth::TRUE];
    program.evaluate_positions(RuleId(0), 1, &lanes, &table, &mut workspace, &mut holds);
    // The first by days and VIX, the second by nothing (6 >= 5 is profit), the third by loss, the last by drawdown.
    assert_eq!(holds, [Truth::TRUE, Truth::TRUE, Truth::TRUE, Truth::FALSE, Truth::TRUE]);
    let shown = |label: &str, position| {
        let node = program.nodes().find(|node| node.label == label).unwrap();
        program.position_value(node.id, position, &workspace).unwrap()
    };
    assert_eq!(shown("vix > sma(vix, 2)", 0), Value::Truth(Truth::TRUE));
    assert_eq!(shown("0.5 * credit", 1), Value::Number(5.0));
    assert_eq!(shown("loss >= 2 * credit", 2), Value::Truth(Truth::TRUE));
    program.evaluate_positions(RuleId(0), 1, &[], &PositionTable::new(), &mut workspace, &mut holds);
    assert!(holds.is_empty());
}

#[test]
fn an_exit_that_names_no_position_is_gathered_from_its_path() {
    let program = Program::compile(&[&parse("vix > 18")]);
    let mut workspace = Workspace::new(&program, 1, 2);
    program.evaluate_market(&MarketTable::new(1, 2).per_path(VIX, &[15.0, 20.0]), &mut workspace);
    let mut holds = Vec::new();
    program.evaluate_positions(RuleId(0), 0, &[1, 0, 1], &PositionTable::new(), &mut workspace, &mut holds);
    assert_eq!(holds, [Truth::TRUE, Truth::FALSE, Truth::TRUE]);
}

#[test]
fn a_traced_program_shows_every_expression_as_it_was_written() {
    let rule = parse("rsi_cutler(vix,14)<rsi_oversold or not (vix>20 and -(vix+1) * 2 < 3 - (vix - 1))");
    let program = Program::compile(&[&rule]).traced();
    let labels: Vec<&str> = program.nodes().map(|node| node.label).collect();
    for label in [
        "vix",
        "rsi_cutler(vix, 14)",
        "rsi_cutler(vix, 14) < rsi_oversold",
        "vix > 20",
        "-(vix + 1) * 2 < 3 - (vix - 1)",
        "not (vix > 20 and -(vix + 1) * 2 < 3 - (vix - 1))",
    ] {
        assert!(labels.contains(&label), "{label} is not in {labels:?}");
    }
    let mut workspace = Workspace::new(&program, 3, 2);
    program
        .evaluate_market(&MarketTable::new(3, 2).per_path(VIX, &[19.0, 20.0, 21.0, 22.0, 23.0, 24.0]), &mut workspace);
    let node = program.nodes().find(|node| node.label == "vix > 20").unwrap().id;
    assert_eq!(program.value(node, 0, 1, &workspace), Value::Truth(Truth::FALSE));
    assert_eq!(program.value(node, 1, 0, &workspace), Value::Truth(Truth::TRUE));
    let series = program.nodes().find(|node| node.label == "vix").unwrap().id;
    assert_eq!(program.value(series, 2, 1, &workspace), Value::Number(24.0));
}

#[test]
fn a_rule_says_which_thresholds_and_series_it_names() {
    let rule = parse("sma(vix, window) > vix_extreme or vvix > vix_extreme");
    assert_eq!(rule.thresholds(), [("window", 20.0), ("vix_extreme", 30.0)]);
    assert_eq!(rule.series(), [Series::Market(VIX), Series::Market(MarketSeries::Vvix)]);
    assert_eq!(rule.text(), "sma(vix, window) > vix_extreme or vvix > vix_extreme");
}

#[test]
fn the_same_text_takes_other_thresholds() {
    let at = |oversold: f64| {
        Rule::parse("vix < rsi_oversold", &names(Place::Layer).threshold("rsi_oversold", oversold)).unwrap()
    };
    let rules = [at(20.0), at(25.0)];
    let program = Program::compile(&[&rules[0], &rules[1]]);
    let mut workspace = Workspace::new(&program, 1, 1);
    program.evaluate_market(&MarketTable::new(1, 1).per_path(VIX, &[22.0]), &mut workspace);
    assert!(!program.truth(RuleId(0), 0, &workspace)[0].holds());
    assert!(program.truth(RuleId(1), 0, &workspace)[0].holds());
}
