//! Textbook positions against figures worked by hand, and the scan's bounds against the whole scan.
//!
//! Options are priced a moment before they expire, when they are worth what they are in the money by: then every figure of
//! the scan follows from the strikes. The index stands at 6,600, so the scan's ends are 5,808 and 7,260.

use super::reg_t::{INDEX, MarkedLeg, VIX, against_cash, against_equity};
use super::scan::{Ends, POINTS, Scan, ScanPoints, WorstMove};
use super::vx::VxMargin;
use crate::instrument::{CondorStrikes, OptionKind};
use crate::math::ln;
use crate::model::{Preset, State, VixMap};
use crate::pricing::{European, OptionTable, Reading};
use crate::units::SPX_OPTION_MULTIPLIER;

const SPOT: f64 = 6600.0;
const STATE: State = State { x1: 0.012, x2: 0.016 };

fn leg(kind: OptionKind, strike: f64, quantity: f64, price: f64) -> MarkedLeg {
    MarkedLeg { kind, strike, quantity, price }
}

fn put(strike: f64, quantity: f64, price: f64) -> MarkedLeg {
    leg(OptionKind::Put, strike, quantity, price)
}

fn call(strike: f64, quantity: f64, price: f64) -> MarkedLeg {
    leg(OptionKind::Call, strike, quantity, price)
}

/// A condor whose short options bring 8 and 6 points and whose bought ones cost 3 and 2: a credit of 9.
fn condor(strikes: [f64; 4]) -> Vec<MarkedLeg> {
    let [pl, ps, cs, cl] = strikes;
    vec![put(pl, 1.0, 3.0), put(ps, -1.0, 8.0), call(cs, -1.0, 6.0), call(cl, 1.0, 2.0)]
}

/// USD that a position ties up under the portfolio rules a moment before expiry.
fn portfolio(legs: &[MarkedLeg], lots: f64) -> f64 {
    let law = *Preset::Default.model().risk_neutral();
    let table = OptionTable::build(&law, 0.0, 1e-5).unwrap();
    let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
    let points = ScanPoints::new(Scan::default());
    let located = points.states(&map, STATE).map(|state| table.locate(state));
    let mut losses = [0.0; POINTS];
    for leg in legs {
        let now = leg.kind.payoff(SPOT, leg.strike);
        let then = points.option(&table, leg.kind, ln(leg.strike / SPOT), SPOT, &located);
        for (loss, then) in losses.iter_mut().zip(then) {
            *loss -= leg.quantity * (then - now) * lots * SPX_OPTION_MULTIPLIER;
        }
    }
    points.margin(&losses, lots * legs.iter().map(|leg| leg.quantity.abs()).sum::<f64>())
}

#[track_caller]
fn is(usd: f64, expected: f64) {
    assert!((usd - expected).abs() < 1e-6, "{usd} instead of {expected}");
}

fn reg_t_usd(legs: &[MarkedLeg], lots: f64) -> f64 {
    against_equity(legs, SPOT, INDEX) * lots * SPX_OPTION_MULTIPLIER
}

#[test]
fn a_condor_ties_up_its_wider_wing_once() {
    let equal = condor([6050.0, 6200.0, 6900.0, 7050.0]);
    is(reg_t_usd(&equal, 10.0), (150.0 - 9.0) * 1000.0);
    is(portfolio(&equal, 10.0), 150_000.0);
    let wider_puts = condor([6050.0, 6200.0, 6900.0, 6950.0]);
    is(reg_t_usd(&wider_puts, 10.0), (150.0 - 9.0) * 1000.0);
    is(portfolio(&wider_puts, 10.0), 150_000.0);
    let wider_calls = condor([6150.0, 6200.0, 6900.0, 7100.0]);
    is(reg_t_usd(&wider_calls, 2.0), (200.0 - 9.0) * 200.0);
    is(portfolio(&wider_calls, 2.0), 40_000.0);
    let butterfly = condor([6400.0, 6600.0, 6600.0, 6800.0]);
    is(reg_t_usd(&butterfly, 1.0), (200.0 - 9.0) * 100.0);
    is(portfolio(&butterfly, 1.0), 20_000.0);
    assert_eq!(super::reg_t::condor(150.0, 9.0), against_equity(&equal, SPOT, INDEX));
}

#[test]
fn two_condors_on_one_expiry_add_up_by_position_and_offset_in_a_portfolio() {
    let first = condor([5950.0, 6200.0, 6900.0, 6950.0]);
    let second = condor([6150.0, 6200.0, 6900.0, 7100.0]);
    is(reg_t_usd(&first, 1.0) + reg_t_usd(&second, 1.0), (250.0 - 9.0 + 200.0 - 9.0) * 100.0);
    // Down 12 % they lose 250 + 50, up 10 % 50 + 200.
    is(portfolio(&[first, second].concat(), 1.0), 30_000.0);
}

#[test]
fn a_leg_left_naked_ties_up_a_share_of_the_index() {
    // The put bought has been sold: 10 % of the strike is more than 15 % of the index less 400.
    let naked_put = [put(6200.0, -1.0, 8.0), call(6900.0, -1.0, 6.0), call(7050.0, 1.0, 2.0)];
    is(against_cash(&naked_put, SPOT, INDEX), 8.0 + 620.0);
    is(reg_t_usd(&naked_put, 1.0), (620.0 - 4.0) * 100.0);
    is(portfolio(&naked_put, 1.0), (6200.0 - 5808.0) * 100.0);
    // The call bought has been sold: 15 % of the index less 300 is more than 10 % of the index.
    let naked_call = [put(6050.0, 1.0, 3.0), put(6200.0, -1.0, 8.0), call(6900.0, -1.0, 6.0)];
    is(against_cash(&naked_call, SPOT, INDEX), 6.0 + 690.0);
    is(reg_t_usd(&naked_call, 1.0), (690.0 - 5.0) * 100.0);
    is(portfolio(&naked_call, 1.0), (7260.0 - 6900.0) * 100.0);
    // Two puts sold against one bought: one spread, one naked.
    let ratio = [put(6050.0, 1.0, 3.0), put(6200.0, -2.0, 8.0)];
    is(against_cash(&ratio, SPOT, INDEX), 150.0 + 628.0);
    // A naked strangle: the dearer side and the value of the other.
    is(against_cash(&[put(6200.0, -1.0, 8.0), call(6900.0, -1.0, 6.0)], SPOT, INDEX), 6.0 + 690.0 + 8.0);
}

#[test]
fn spreads_and_bought_options_tie_up_what_they_can_lose() {
    let spread = [put(6050.0, 1.0, 3.0), put(6200.0, -1.0, 8.0)];
    is(reg_t_usd(&spread, 1.0), (150.0 - 5.0) * 100.0);
    is(portfolio(&spread, 1.0), 15_000.0);
    let bought = [put(6700.0, 1.0, 100.0)];
    is(reg_t_usd(&bought, 1.0), 10_000.0);
    is(portfolio(&bought, 1.0), 10_000.0);
    // A put bought above the one sold covers it whole: what it costs is all that it ties up.
    let debit = [put(6300.0, 1.0, 12.0), put(6200.0, -1.0, 8.0)];
    is(against_cash(&debit, SPOT, INDEX), 0.0);
    is(reg_t_usd(&debit, 1.0), 400.0);
}

#[test]
fn options_far_out_tie_up_the_minimum_a_contract() {
    let far = condor([4000.0, 4100.0, 9000.0, 9100.0]);
    is(portfolio(&far, 10.0), 40.0 * 37.50);
}

#[test]
fn vix_options_are_paid_in_full_or_tie_up_a_share_of_their_future() {
    let hundred = |legs: &[MarkedLeg], future: f64| 100.0 * against_equity(legs, future, VIX);
    is(hundred(&[call(20.0, 4.0, 2.10)], 18.5), 840.0);
    // 20 % of 20 less 1 is more than 10 % of 20.
    is(hundred(&[call(21.0, -1.0, 1.50)], 20.0), 300.0);
    is(hundred(&[call(25.0, -3.0, 0.80)], 20.0), 600.0);
    is(hundred(&[call(20.0, -1.0, 2.0), call(30.0, 1.0, 0.5)], 20.0), 850.0);
}

#[test]
fn vx_ties_up_a_share_of_its_notional_by_month_and_stress() {
    let vx = VxMargin::default();
    is(vx.maintenance(3.0, 1, 18.5, 18.0), 3.0 * 18_500.0 * 0.42);
    is(vx.maintenance(-3.0, 1, 18.5, 18.0), 3.0 * 18_500.0 * 0.42);
    is(vx.maintenance(-2.0, 2, 24.0, 30.0), 2.0 * 24_000.0 * 0.30 * 1.375);
    is(vx.maintenance(1.0, 6, 25.0, 70.0), 25_000.0 * 0.20 * 1.75);
    is(vx.maintenance(0.0, 1, 18.5, 18.0), 0.0);
}

#[test]
fn the_scan_shocks_vix_through_the_fast_factor_and_prices_by_the_law() {
    let law = *Preset::Default.model().risk_neutral();
    let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
    let points = ScanPoints::new(Scan::default());
    let state = State { x1: 0.03, x2: 0.016 };
    let states = points.states(&map, state);
    let vix = map.vix(state);
    is(map.vix(states[0]), 1.6 * vix);
    is(map.vix(states[1]), 0.85 * vix);
    assert!(states.iter().all(|shocked| shocked.x2 == state.x2));
    let calm = State { x1: 0.0, x2: 0.03 };
    assert_eq!(points.states(&map, calm)[1], calm, "the fast factor is never negative");
    let years = 30.0 / 365.0;
    let table = OptionTable::build(&law, years, 1e-6).unwrap();
    let exact = European::new(&law, years).unwrap();
    let located = states.map(|state| table.locate(state));
    let expected = |point: usize, factor: f64| {
        SPOT * factor * exact.value(states[point / 5], ln(6200.0 / (SPOT * factor))).unwrap().put
    };
    let prices = points.option(&table, OptionKind::Put, ln(6200.0 / SPOT), SPOT, &located);
    let moves = [0.976, 0.952, 0.928, 0.904, 0.88, 1.02, 1.04, 1.06, 1.08, 1.10];
    for (point, factor) in moves.into_iter().enumerate() {
        assert!((points.factors[point] - factor).abs() < 1e-15);
        assert!((prices[point] - expected(point, factor)).abs() < 1e-6 * SPOT, "{factor}");
    }
}

#[test]
fn no_move_costs_more_than_its_side_s_bound() {
    let law = *Preset::Default.model().risk_neutral();
    let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
    let mut tightest = f64::INFINITY;
    let (mut looked_at, mut searches) = (0, 0);
    for scan in [Scan::default(), Scan { fall: 0.5, rise: 0.5, vix_at_fall: 3.0, vix_at_rise: 0.5, minimum: 0.0 }] {
        let points = ScanPoints::new(scan);
        for days in [1.0, 7.0, 45.0] {
            let table = OptionTable::build(&law, days / 365.0, 1e-5).unwrap();
            for state in [State { x1: 0.001, x2: 0.008 }, STATE, State { x1: 0.3, x2: 0.05 }] {
                let states = points.states(&map, state);
                for (centre, half, width) in [(6600.0, 300.0, 150.0), (6000.0, 100.0, 25.0), (7300.0, 0.0, 400.0)] {
                    let all = [centre - half - width, centre - half, centre + half, centre + half + 2.0 * width];
                    let strikes = CondorStrikes::new(all);
                    let log_moneyness = all.map(|strike| ln(strike / SPOT));
                    let sides = |side: usize, ends: Ends| {
                        let k = points.log_moneyness(log_moneyness, ends);
                        let mut out = [[0.0; 2]];
                        Reading::sides(&[Reading { table: &table, state: states[side], k }], &mut out);
                        out[0]
                    };
                    let cost =
                        |point: usize| points.cost(point, sides(point / 5, Ends { put: point, call: point }), SPOT);
                    let bound = |ends: Ends, side: usize| points.bound(ends, sides(side, ends), SPOT, 1e-5);
                    let costs: [f64; 10] = std::array::from_fn(cost);
                    let worst = costs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let bounds = [0, 1].map(|side| bound(WorstMove::side(side), side));
                    for (side, bound) in costs.chunks(5).zip(bounds) {
                        let most = side.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                        assert!(most <= bound, "{scan:?} {days} {state:?} {strikes:?}: {most} above {bound}");
                        tightest = tightest.min((bound - most) / strikes.payout_max());
                    }
                    // Where all moves cost a whole wing they lie closer than marks are certain.
                    let is_common = scan == Scan::default() && half == 300.0;
                    let mut search = WorstMove::new(f64::NEG_INFINITY, bounds);
                    while let Some(point) = search.next() {
                        looked_at += usize::from(is_common);
                        let left = WorstMove::before(point).map_or(0.0, |ends| bound(ends, point / 5));
                        search.note(point, cost(point), left);
                    }
                    searches += usize::from(is_common);
                    assert_eq!(search.at_most().to_bits(), worst.to_bits(), "{scan:?} {days} {state:?} {strikes:?}");
                }
            }
        }
    }
    // A bound that is never close prunes nothing.
    assert!(tightest < 0.02, "{tightest}");
    assert!(looked_at < 2 * searches, "{looked_at} moves in {searches} searches");
}
