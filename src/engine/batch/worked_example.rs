//! Twenty days with two condors, one shift, three layers and one roll, worked by hand to the cent.
//!
//! The index, VIX and VX are set by hand; rates are nothing, so that the forward is the index. What the model says is the
//! price of an option that has not expired, in the state of the first day: four prices, checked against the pricing integral.
//!
//! **Condors.** Two at a time, of seven days, strikes 2 % from the index in steps of five and wings of 50 points. 2026-11-27 is
//! day 4, 2026-12-04 day 9, 2026-12-11 day 14.
//!
//! ```text
//! day    index   VIX   what is done                                             points each     from
//!   0  6600.00    15   sell 11-27  6420/6470/6730/6780                              9.572916    model
//!   4  6450.00    15   shift, buy  11-27  6420/6470, at what it pays              -20.000000    6470 - 6450
//!                      shift, sell 12-04  6420/6470                                22.905054    model
//!                      11-27 6730/6780 expires                                      0.000000
//!   9  6455.00    15   12-04 6420/6470 expires                                    -15.000000    6470 - 6455
//!                      sell 12-11  6275/6325/6585/6635                             10.591561    model
//!  12  6400.00    30   buy  12-11  6275/6325/6585/6635, by its exit                -4.531754    model
//! ```
//!
//! Profit at marks, 200 USD a point: 3.537777 points = 707.56.
//!
//! Costs: 1.35 USD an option and side, and half a spread of a package of four, 0.05 + 0.17 (sqrt d - 1) / (sqrt 45 - 1) points
//! at d days, at least one; a VIX of 30 makes it 2.5 times as wide; two options pay
//! 0.335 + 0.665 / 3 = 0.556667 of a package.
//!
//! ```text
//! fees      (8 + 4 + 4 + 8 + 8) options x 1.35                                       =  43.20
//! spread    200 x (0.099013 + 0.556667 x (0.050000 + 0.099013) + 0.099013 + 2.5 x 0.062336) =  87.36
//! ```
//!
//! **Layers.** Front VX with `roll_days = 5`: December, which expires on 16 December 2026, is left on Friday the 11th, day 14.
//! Prices of the days that matter, in VIX points, and the contracts held after their closes:
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
//!
//! The account: 22,000.000 - 659.000 + 707.555 - 130.563 = 21,917.99.

use super::{BatchWorker, Stage};
use crate::book::{Action, ComponentId, Entry};
use crate::engine::Silent;
use crate::engine::book::{Book, Unwatched};
use crate::engine::context::Context;
use crate::instrument::{CondorStrikes, OptionKind};
use crate::plan::Plan;
use crate::pricing::European;
use crate::pricing::option_table::ACCURACY_FINEST;
use crate::risk::outcome::Component;
use crate::scenario::{Source, load};
use crate::strategy::condor::{Direction, Expiry, LongStrike, Settlement, Shift, ShiftSide, ShiftStrikes, ShortStrike};
use crate::strategy::layer::{Hold, Size, VxHold};
use crate::strategy::rule::{MarketSeries, Names, Place, PositionSeries, Series};
use crate::strategy::{CondorProgramme, Every, Layer, Level, Resize, Rule, Wing};

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

/// Day and index from then on.
const INDEX: [(usize, f64); 4] = [(0, 6600.0), (4, 6450.0), (9, 6455.0), (12, 6400.0)];
/// Points that the model says: the first condor, the puts of the shift, the second condor, its buying back.
const MODEL: [f64; 4] = [9.572_916, 22.905_054, 10.591_561, 4.531_754];

fn rule(text: &str, place: Place) -> Rule {
    let series = [Series::Market(MarketSeries::Day), Series::Position(PositionSeries::DaysToExpiry)];
    Rule::parse(text, &Names::new(place, &series)).unwrap()
}

fn condors() -> CondorProgramme {
    let wing = Wing { short: Some(ShortStrike::Offset(0.02)), long: Some(LongStrike::Width(50.0)) };
    CondorProgramme {
        name: "weekly".to_owned(),
        size: crate::strategy::condor::Size { lots: Some(2), ..Default::default() },
        days: 7,
        expiry: Expiry::Listed,
        settlement: Settlement::Pm,
        put: Some(wing),
        call: Some(wing),
        credit: None,
        every: Every::Flat,
        enter: rule("day < 10", Place::Entry),
        exit: Some(rule("day >= 12", Place::Exit)),
        shifts: vec![Shift {
            direction: Direction::Forward,
            when: rule("days_to_expiry < 1 and day < 5", Place::Shift),
            to_days: 7,
            side: ShiftSide::Threatened,
            strikes: ShiftStrikes::Same,
            min_credit: None,
        }],
    }
}

fn layer(name: &str, contracts: f64, level: Level, enter: &str, exit: &str) -> Layer {
    Layer {
        name: name.to_owned(),
        hold: Hold::Vx(VxHold { month: 1, last_month: None, mini: false, roll_days: 5, roll_every: None }),
        size: Size::Contracts { per_condor_risk: None },
        amount: contracts,
        cells: Vec::new(),
        fractional: false,
        enter: rule(enter, Place::Layer),
        exit: rule(exit, Place::Layer),
        min_days: 0,
        cool_down_days: 0,
        level,
        resize: Resize::Daily,
    }
}

fn plan() -> Plan {
    let mut plan = load(Source::BuiltIn, &[]).unwrap();
    plan.run.horizon_days = DAYS;
    plan.run.mark_accuracy = ACCURACY_FINEST;
    (plan.market.rate, plan.market.dividend_yield) = (0.0, 0.0);
    plan.condors = vec![condors()];
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
        let stage = &mut worker.stage.market;
        stage.legs[0].held[day] = if settled { *held } else { *next };
        stage.legs[0].next[day] = *next;
        stage.vix[day] = *vix;
        let (_, spot) = INDEX.iter().rev().find(|(from, _)| *from <= day).unwrap();
        (stage.path.spot[day], stage.log_spot[day]) = (*spot, crate::math::ln(*spot));
        (stage.path.x1[day], stage.path.x2[day]) = (plan.market.state.x1, plan.market.state.x2);
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
fn two_condors_with_a_shift_and_three_layers_with_a_roll_come_out_to_the_cent() {
    let (parts, rolls, _) = run(|_, _| {});
    for (name, expected) in [
        ("weekly", 707.56),
        ("condor fees", -43.20),
        ("condor spread", -87.36),
        ("first", 12_000.00),
        ("second", 15_000.00),
        ("third", -5_000.00),
        ("hedge fees", -39.00),
        ("hedge spread", -337.50),
        ("hedge roll", -282.50),
    ] {
        assert!((usd(&parts, name) - expected).abs() < 0.005, "{name}: {} is not {expected}", usd(&parts, name));
    }
    let account: f64 = parts.iter().map(|(_, usd)| usd).sum();
    assert!((account - 21_917.99).abs() < 0.005, "{account}");
    for (roll, expected) in rolls.into_iter().zip([-169.50, 0.0, -113.00]) {
        assert!((roll - expected).abs() < 0.005, "{roll} is not {expected}");
    }
}

#[test]
fn the_journal_holds_every_fill_and_its_money_is_that_of_the_ledger() {
    let (parts, _, entries) = run(|_, _| {});
    let count = |action| entries.iter().filter(|entry| entry.action == action).count();
    // Layers go on on days 2, 5 and 12 and off on 12, 17 and 18; two of them roll out of December and into January. Two
    // condors are sold, one bought back; the puts of the first are shifted, its calls and then those puts settle.
    assert_eq!([Action::Open, Action::Close, Action::Roll, Action::Settle].map(count), [3 + 2, 3 + 1, 4 + 2, 2]);
    let sold: Vec<(usize, &str, f64, f64)> = entries
        .iter()
        .filter(|entry| entry.component == ComponentId(0))
        .map(|entry| (entry.day, &*entry.what, entry.quantity, (entry.price * 1e6).round() / 1e6))
        .collect();
    let [first, puts, second, back] = MODEL;
    let worked = [
        (0, "condor 2026-11-27 6420/6470/6730/6780", -2.0, first),
        (4, "condor 2026-11-27 6420/6470/-/-", 2.0, 20.0),
        (4, "condor 2026-12-04 6420/6470/-/-", -2.0, puts),
        (4, "condor 2026-11-27 -/-/6730/6780", 2.0, 0.0),
        (9, "condor 2026-12-04 6420/6470/-/-", 2.0, 15.0),
        (9, "condor 2026-12-11 6275/6325/6585/6635", -2.0, second),
        (12, "condor 2026-12-11 6275/6325/6585/6635", 2.0, back),
    ];
    assert_eq!(sold, worked);
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
    let at_marks: f64 = ["weekly", "first", "second", "third"].map(|name| usd(&parts, name)).iter().sum();
    assert!((cash - at_marks).abs() < 0.005 && (costs - 659.0 - 130.56).abs() < 0.01, "{cash} {costs}");
}

#[test]
fn the_prices_of_the_model_are_those_of_the_pricing_integral() {
    let plan = plan();
    let context = Context::new(&plan, &Silent).unwrap();
    let grid = &context.grid;
    let sides = |put: [f64; 2], call: Option<[f64; 2]>| {
        let puts = CondorStrikes::one_side(OptionKind::Put, Some(put[1]), Some(put[0]));
        call.map_or(puts, |call| {
            puts.with_side(OptionKind::Call, &CondorStrikes::one_side(OptionKind::Call, Some(call[0]), Some(call[1])))
        })
    };
    let first = sides([6420.0, 6470.0], Some([6730.0, 6780.0]));
    let second = sides([6275.0, 6325.0], Some([6585.0, 6635.0]));
    let priced = [
        (0, 4, 6600.0, first),
        (4, 9, 6450.0, sides([6420.0, 6470.0], None)),
        (9, 14, 6455.0, second),
        (12, 14, 6400.0, second),
    ];
    for ((from, to, spot, strikes), expected) in priced.into_iter().zip(MODEL) {
        let years = plan.clock.years(grid.time_left(from, grid.date(to)));
        let pricer = European::new(plan.model.risk_neutral(), years).unwrap();
        let legs = strikes.legs().map(|leg| {
            let value = pricer.value(plan.market.state, crate::math::ln(leg.strike / spot)).unwrap();
            -leg.quantity * spot * if leg.kind == OptionKind::Put { value.put } else { value.call }
        });
        let integral: f64 = legs.sum();
        assert!((integral - expected).abs() < 4.0 * ACCURACY_FINEST * spot, "day {from}: {integral}, not {expected}");
    }
}

#[test]
fn a_roll_at_the_wrong_price_is_seen() {
    // December closed at January's price: five contracts are a point worse, three of them the first layer's.
    let (parts, ..) = run(|held, next| held[14] = next[14]);
    assert!((usd(&parts, "first") - 9_000.0).abs() < 0.005 && (usd(&parts, "third") + 7_000.0).abs() < 0.005);
}
