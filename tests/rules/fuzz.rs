//! Any text is read or refused; what is read can be evaluated and does not see tomorrow.

use proptest::prelude::*;
use tailwing::strategy::rule::{MarketSeries, MarketTable, Place, Program, Rule, RuleId, Truth, Workspace};

use super::{names, parse};

/// Words that occur in rules, right and wrong ones.
const WORDS: [&str; 48] = [
    "vix",
    "spx",
    "vvix",
    "breadth",
    "vx1",
    "drawdown",
    "profit",
    "credit",
    "window",
    "half_day",
    "banana",
    "skew25",
    "rsi",
    "rsi_cutler",
    "macd",
    "macd_histogram",
    "ema",
    "sma",
    "zscore",
    "percentile",
    "high",
    "realized",
    "return",
    "divergence",
    "crossed_above",
    "days_since",
    "abs",
    "min",
    "and",
    "or",
    "not",
    "true",
    "(",
    "(",
    "(",
    ")",
    ")",
    ",",
    ",",
    "+",
    "-",
    "*",
    "/",
    "<",
    ">=",
    "14",
    "2",
    "0.5",
];

/// Numbers about one series of the market.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("vix".to_owned()), Just("spx".to_owned()), (0..40_u32).prop_map(|n| n.to_string())];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let period = 2..9_u32;
        let functions = prop::sample::select(vec![
            "rsi",
            "rsi_cutler",
            "ema",
            "sma",
            "zscore",
            "stdev",
            "percentile",
            "high",
            "low",
            "change",
            "return",
            "realized",
        ]);
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/"]), inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (functions, inner.clone(), period).prop_map(|(f, x, n)| format!("{f}(vix + {x}, {n})")),
            inner.clone().prop_map(|x| format!("macd_histogram(spx - {x}, 2, 4, 3)")),
            inner.clone().prop_map(|x| format!("days_since(vix > {x})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("max(abs({a}), {b})")),
        ]
    })
}

fn truth() -> impl Strategy<Value = String> {
    let comparison = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let leaf = prop_oneof![
        (number(), comparison, number()).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
        (number(), number()).prop_map(|(a, b)| format!("crossed_above(vix + {a}, {b})")),
        Just("divergence(spx, vix, 4, 0.3)".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["and", "or"]), inner.clone())
                .prop_map(|(a, word, b)| format!("({a}) {word} ({b})")),
            inner.prop_map(|x| format!("not ({x})")),
        ]
    })
}

/// Parses without panicking, and an error points at whole characters of the text.
fn read(text: &str) {
    for place in [Place::Layer, Place::Exit] {
        if let Err(error) = Rule::parse(text, &names(place)) {
            assert!(text.get(error.span.clone()).is_some(), "{text:?}: {error:?}");
            assert!(!error.message.is_empty());
        }
    }
}

const DAYS: usize = 24;

fn evaluate(rule: &Rule, vix: &[f64], spx: &[f64]) -> Vec<Truth> {
    let program = Program::compile(&[rule]);
    let mut workspace = Workspace::new(&program, DAYS, 2);
    let table = MarketTable::new(DAYS, 2).per_path(MarketSeries::Vix, vix).per_path(MarketSeries::Spx, spx);
    program.evaluate_market(&table, &mut workspace);
    (0..DAYS).flat_map(|day| program.truth(RuleId(0), day, &workspace).to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn no_string_of_words_makes_the_parser_panic(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..40)) {
        read(&words.join(" "));
    }

    #[test]
    fn no_damage_to_a_rule_makes_the_parser_panic(rule in truth(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let mut text: Vec<char> = rule.chars().collect();
        let at = at.index(text.len());
        text[at] = with;
        read(&text.into_iter().collect::<String>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_rule_sees_tomorrow(
        text in truth(),
        vix in prop::collection::vec(5.0..50.0_f64, 2 * DAYS),
        spx in prop::collection::vec(5.0..50.0_f64, 2 * DAYS),
        today in 0..DAYS,
    ) {
        // Constants that divide by zero or do not vary are refused, which is tested elsewhere.
        let Ok(rule) = Rule::parse(&text, &names(Place::Layer)) else { return Ok(()) };
        let before = evaluate(&rule, &vix, &spx);
        let seen = 2 * (today + 1);
        let changed = |values: &[f64]| [&values[..seen], &vec![3.0; 2 * DAYS - seen]].concat();
        let after = evaluate(&rule, &changed(&vix), &changed(&spx));
        prop_assert_eq!(&before[..seen], &after[..seen], "{}", text);
    }

    #[test]
    fn a_rule_written_out_again_means_the_same(text in truth(), vix in prop::collection::vec(5.0..50.0_f64, 2 * DAYS)) {
        let Ok(rule) = Rule::parse(&text, &names(Place::Layer)) else { return Ok(()) };
        let again = parse(&rule.to_string());
        prop_assert_eq!(again.to_string(), rule.to_string());
        let spx: Vec<f64> = vix.iter().map(|x| 60.0 - x).collect();
        prop_assert_eq!(evaluate(&rule, &vix, &spx), evaluate(&again, &vix, &spx), "{}", rule);
    }
}
