//! Margin position by position, after Regulation T and FINRA rule 4210(f)(2).
//!
//! ```text
//! spread            distance of the strikes; nothing if the option bought covers the one sold from the better side
//! condor            the dearer of its two sides, for the index cannot end on both
//! naked index call  its value + max(15 % of the index - out of the money, 10 % of the index)      puts: 10 % of the strike
//! naked VIX call    its value + max(20 % of the future - out of the money, 10 % of the future)    puts: 10 % of the strike
//! naked strangle    the dearer of its two sides, and the value of the other
//! bought option     nothing, but it is no collateral
//! ```
//!
//! These are held against cash, which contains what the options sold have brought. Held against equity the requirement is
//! less by what closing the position would cost: a condor ties up its wider wing less its credit when it is opened, and
//! the wing less its mark at every later close; an option bought ties up what it is worth.

use crate::instrument::OptionKind;

/// Options of one kind and strike in a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarkedLeg {
    /// Put or call.
    pub kind: OptionKind,
    /// Strike, points of the underlying.
    pub strike: f64,
    /// Options, bought where positive, sold where negative.
    pub quantity: f64,
    /// Mark of one option, points.
    pub price: f64,
}

/// Shares of the underlying that an option sold naked ties up beside its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NakedRates {
    /// Of the underlying, before what the option is out of the money by.
    pub full: f64,
    /// Of the underlying (calls) or the strike (puts) at least.
    pub least: f64,
}

/// Options on a broad-based index.
pub const INDEX: NakedRates = NakedRates { full: 0.15, least: 0.10 };
/// Options on VIX, whose underlying is the future of their expiry.
pub const VIX: NakedRates = NakedRates { full: 0.20, least: 0.10 };

/// What options of one expiry tie up, points of the underlying, held against cash.
#[must_use]
pub fn against_cash(legs: &[MarkedLeg], underlying: f64, rates: NakedRates) -> f64 {
    let [puts, calls] = [OptionKind::Put, OptionKind::Call].map(|kind| side(legs, kind, underlying, rates));
    if puts.requirement >= calls.requirement {
        puts.requirement + calls.naked_value
    } else {
        calls.requirement + puts.naked_value
    }
}

/// What options of one expiry tie up, points of the underlying, held against equity.
#[must_use]
pub fn against_equity(legs: &[MarkedLeg], underlying: f64, rates: NakedRates) -> f64 {
    let value: f64 = legs.iter().map(|leg| leg.quantity * leg.price).sum();
    (against_cash(legs, underlying, rates) + value).max(0.0)
}

/// What a short condor ties up, index points, held against equity: the wider wing less what closing it costs today.
///
/// The same as [`against_equity`] of its four legs.
#[must_use]
pub fn condor(width: f64, cost_to_close: f64) -> f64 {
    (width - cost_to_close).max(0.0)
}

struct Side {
    requirement: f64,
    naked_value: f64,
}

/// One side: each option sold, the nearest to the money first, is covered by the nearest bought that is left.
fn side(legs: &[MarkedLeg], kind: OptionKind, underlying: f64, rates: NakedRates) -> Side {
    // Where the underlying runs out on this side, the strike from which the option pays most is the largest.
    let reach = |leg: &MarkedLeg| if kind == OptionKind::Put { leg.strike } else { -leg.strike };
    let of = |sold: bool| {
        let side = legs.iter().filter(|leg| leg.kind == kind && leg.quantity != 0.0 && (leg.quantity < 0.0) == sold);
        let mut side: Vec<MarkedLeg> = side.copied().collect();
        side.sort_by(|a, b| reach(b).total_cmp(&reach(a)));
        side
    };
    let (sold, mut bought) = (of(true), of(false));
    let mut side = Side { requirement: 0.0, naked_value: 0.0 };
    for leg in sold {
        let mut naked = -leg.quantity;
        for cover in &mut bought {
            let covered = naked.min(cover.quantity);
            side.requirement += covered * (reach(&leg) - reach(cover)).max(0.0);
            naked -= covered;
            cover.quantity -= covered;
        }
        side.requirement += naked * (leg.price + naked_share(&leg, underlying, rates));
        side.naked_value += naked * leg.price;
    }
    side
}

fn naked_share(leg: &MarkedLeg, underlying: f64, rates: NakedRates) -> f64 {
    let (out_of_the_money, base) = match leg.kind {
        OptionKind::Put => (underlying - leg.strike, leg.strike),
        OptionKind::Call => (leg.strike - underlying, underlying),
    };
    (rates.full * underlying - out_of_the_money.max(0.0)).max(rates.least * base)
}
