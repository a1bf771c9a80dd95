//! Twenty days of three layers, worked by hand to the cent.
//!
//! Front VX with `roll_days = 5`: December, which expires on 16 December 2026, is left on Friday the 11th, day 14. Prices of
//! the days that matter, in VIX points, and the contracts held after their closes:
//!
//! ```text
//! day    VX held    VX next    VIX    first (total 3)    second (total 6)    third (adds 2)    net
//!   2                18.00      15           3                                                   3
//!   5     20.00      20.00      15           3                  3                                6
//!  12     25.00      25.00      30           3                                      2            5
//!  14     24.00      23.00      15           3                                      2            5, rolled
//!  17     21.50      21.50      15           3                                                   3
//!  18     21.00      21.00      15                                                               0
//! ```
//!
//! Profit at marks, 1,000 USD a point:
//!
//! ```text
//! first     3 x [(24.00 - 18.00) + (21.00 - 23.00)] =  12.00 points =  12,000.00
//! second    3 x  (25.00 - 20.00)                    =  15.00 points =  15,000.00
//! third     2 x [(24.00 - 25.00) + (21.50 - 23.00)] =  -5.00 points =  -5,000.00
//! ```
//!
//! Costs: 3.25 USD a contract and side, and half a spread of 0.025 points, 25 USD, that is 1 + 3 x 10/20 = 2.5 times as wide
//! at a VIX of 30:
//!
//! ```text
//! fees      3 + 3 + 1 + 2 + 3 = 12 contracts x 3.25          =  39.00
//! spread    (3 + 3 + 2 + 3) x 25.00 + 1 x 62.50              = 337.50
//! roll      5 contracts x 2 sides x (3.25 + 25.00)           = 282.50     first 3/5 = 169.50, third 2/5 = 113.00
//! ```

use super::{BatchWorker, Stage};
use crate::book::{Action, ComponentId, Entry};
use crate::engine::Silent;
use crate::engine::book::{Book, Unwatched};
use crate::engine::context::Context;
use crate::plan::Plan;
use crate::risk::outcome::Component;
use crate::scenario::{Source, load};
use crate::strategy::layer::{Hold, Size, VxHold};
use crate::strategy::rule::{MarketSeries, Names, Place, Series};
use crate::strategy::{Layer, Level, Resize, Rule};

const DAYS: usize = 20;
/// Day, price of the contract held since the day before, price of the one held from then on, VIX.
const PRICES: [(usize, f64, f64, f64); 7] = [
    (0, 18.50, 18.50, 15.0),
    (2, 18.00, 18.00, 15.0),
    (5, 20.00, 20.00, 15.0),
    (12, 25.00, 25.00, 30.0),
    (14, 24.00, 23.00, 15.0),
    (17, 21.50, 21.50, 15.0),
    (18, 21.00, 21.00, 15.0),
];

fn layer(name: &str, contracts: f64, level: Level, enter: &str, exit: &str) -> Layer {
    let names = Names::new(Place::Layer, &[Series::Market(MarketSeries::Day)]);
    Layer {
        name: name.to_owned(),
        hold: Hold::Vx(VxHold { month: 1, last_month: None, mini: false, roll_days: 5, roll_every: None }),
        size: Size::Contracts { per_condor_risk: None },
        amount: contracts,
        cells: Vec::new(),
        fractional: false,
        enter: Rule::parse(enter, &names).unwrap(),
        exit: Rule::parse(exit, &names).unwrap(),
        min_days: 0,
        cool_down_days: 0,
        level,
        resize: Resize::Daily,
    }
}

fn plan() -> Plan {
    let mut plan = load(Source::BuiltIn, &[]).unwrap();
    plan.run.horizon_days = DAYS;
    plan.market.rate = 0.0;
    plan.condors.clear();
    plan.layers = vec![
        layer("first", 3.0, Level::Total, "day >= 2", "day >= 18"),
        layer("second", 6.0, Level::Total, "day >= 5", "day >= 12"),
        layer("third", 2.0, Level::Add, "day >= 12", "day >= 17"),
    ];
    plan
}

/// Runs the worked prices through the engine; `change` may spoil the marks first.
fn run(change: impl Fn(&mut [f64], &mut [f64])) -> (Vec<(Component, f64)>, [f64; 3], Vec<Entry>) {
    let plan = plan();
    let context = Context::new(&plan, &Silent).unwrap();
    let mut worker = BatchWorker::new(&context, 1);
    worker.show_market(&context, 0, 1);
    for day in 0..=DAYS {
        let (_, held, next, vix) = PRICES.iter().rev().find(|(from, ..)| *from <= day).unwrap();
        // Between the days of the table the price of the contract held from then on stands still.
        let settled = PRICES.iter().any(|(exact, ..)| *exact == day);
        worker.stage.market.legs[0].held[day] = if settled { *held } else { *next };
        worker.stage.market.legs[0].next[day] = *next;
        worker.stage.market.vix[day] = *vix;
    }
    let marks = &mut worker.stage.market.legs[0];
    change(&mut marks.held, &mut marks.next);
    let Stage { market, rules } = &mut worker.stage;
    let mut book = Book::new(true);
    book.keep_journal();
    book.run(&context, market, rules, 1, &mut Unwatched).unwrap();
    let parts = context.components.list().iter().enumerate();
    let parts =
        parts.map(|(part, component)| (component.clone(), book.account.ledger.component_pnl(ComponentId(part), 0)));
    let rolls = [0, 1, 2].map(|layer| book.account.hedge.as_ref().unwrap().attribution.roll_pnl(layer, 0));
    let entries = book.account.ledger.journal.as_ref().unwrap().entries.clone();
    (parts.collect(), rolls, entries)
}

fn usd(parts: &[(Component, f64)], name: &str) -> f64 {
    parts.iter().find(|(component, _)| component.name == name).unwrap().1
}

#[test]
fn three_layers_with_one_roll_come_out_to_the_cent() {
    let (parts, rolls, _) = run(|_, _| {});
    for (name, expected) in [
        ("first", 12_000.00),
        ("second", 15_000.00),
        ("third", -5_000.00),
        ("hedge fees", -39.00),
        ("hedge spread", -337.50),
        ("hedge roll", -282.50),
    ] {
        assert!((usd(&parts, name) - expected).abs() < 0.005, "{name}: {} is not {expected}", usd(&parts, name));
    }
    for (roll, expected) in rolls.into_iter().zip([-169.50, 0.0, -113.00]) {
        assert!((roll - expected).abs() < 0.005, "{roll} is not {expected}");
    }
}

#[test]
fn the_journal_holds_every_fill_and_its_money_is_that_of_the_ledger() {
    let (parts, _, entries) = run(|_, _| {});
    let count = |action| entries.iter().filter(|entry| entry.action == action).count();
    // Opened on days 2, 5 and 12; closed on 12, 17 and 18; two layers roll out of December and into January.
    assert_eq!([Action::Open, Action::Close, Action::Roll].map(count), [3, 3, 4]);
    let rolled: Vec<(&str, f64, f64)> = entries
        .iter()
        .filter(|entry| entry.action == Action::Roll && entry.day == 14)
        .map(|entry| (&*entry.what, entry.quantity, entry.price))
        .collect();
    let december = "VX 2026-12-16";
    let january = "VX 2027-01-20";
    assert_eq!(rolled, [(december, -3.0, 24.0), (january, 3.0, 23.0), (december, -2.0, 24.0), (january, 2.0, 23.0)]);
    let cash: f64 = entries.iter().map(|entry| entry.cash_usd).sum();
    let costs: f64 = entries.iter().map(|entry| entry.fees_usd + entry.spread_usd).sum();
    let layers: f64 = ["first", "second", "third"].map(|name| usd(&parts, name)).iter().sum();
    assert!((cash - layers).abs() < 0.005 && (costs - 39.0 - 337.5 - 282.5).abs() < 0.005, "{cash} {costs}");
}

#[test]
fn a_roll_at_the_wrong_price_is_seen() {
    // December closed at January's price: five contracts are a point worse, three of them the first layer's.
    let (parts, ..) = run(|held, next| held[14] = next[14]);
    assert!((usd(&parts, "first") - 9_000.0).abs() < 0.005 && (usd(&parts, "third") + 7_000.0).abs() < 0.005);
}
