//! A programme of iron condors: when to open one, at which strikes, how many, when to shift or close it.

use serde::{Deserialize, Serialize};

use super::rule::Rule;
use crate::instrument::OptionKind;

/// How often an entry falls due.
///
/// The first is due on the first day, that of third Fridays on the first of those. A due entry waits until `enter` holds,
/// and lapses when the next falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// Every session.
    Day,
    /// The weekday of the first day, or the next session.
    Week,
    /// The day of the month of the first day, or the next session.
    Month,
    /// The third Friday of every month, or the session before it if it is closed.
    #[serde(rename = "third friday")]
    ThirdFriday,
    /// Whenever the programme has nothing open.
    Flat,
}

impl Every {
    /// Whether a due entry that is not made waits for another day.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, Self::Week | Self::Month | Self::ThirdFriday)
    }
}

/// Among which expiries a programme takes the one nearest to the days it aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expiry {
    /// All that are listed.
    Listed,
    /// Those of third Fridays.
    #[serde(rename = "third friday")]
    ThirdFriday,
}

/// When options are settled on the day of their expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Settlement {
    /// At its close.
    #[default]
    Pm,
    /// In the morning, which on a grid of closes is the close before.
    Am,
}

/// Where the option sold lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ShortStrike {
    /// At this absolute Black delta (forward, own implied volatility).
    Delta(f64),
    /// This many expected daily ranges, VIX / 100 / sqrt(252) of the index, out of the money.
    Range(f64),
    /// This fraction of the index out of the money; 0 at the money.
    Offset(f64),
}

/// Where the option bought lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LongStrike {
    /// This many index points beyond the option sold.
    Width(f64),
    /// At this absolute Black delta.
    Delta(f64),
    /// This fraction of the index out of the money.
    Offset(f64),
}

/// One side of a condor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wing {
    /// The option sold; `None` where the credit of the whole condor decides it.
    pub short: Option<ShortStrike>,
    /// The option bought; `None` sells naked.
    pub long: Option<LongStrike>,
}

/// What a condor shall bring, premium less half-spread; the short strikes of both sides then have one delta.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Credit {
    /// Index points.
    Points(f64),
    /// As a fraction of the index.
    Share(f64),
}

impl Credit {
    /// Index points at a level of the index.
    #[must_use]
    pub fn points(self, spot: f64) -> f64 {
        match self {
            Self::Points(points) => points,
            Self::Share(share) => share * spot,
        }
    }
}

/// How many condors an entry opens: the least of what is given, in whole lots rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Size {
    /// So many.
    pub lots: Option<u32>,
    /// As many as keep the condor risk of the whole account within this fraction of its equity.
    pub max_risk: Option<f64>,
    /// As many as have this multiple of their largest loss in equity behind them.
    pub collateral: Option<f64>,
}

/// What a size may depend on; USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizeBasis {
    /// Equity of the account before today's trades.
    pub equity_usd: f64,
    /// Condor risk that is open.
    pub open_risk_usd: f64,
    /// The most that a condor can have to pay.
    pub payout_max_usd: f64,
    /// What it brings, less half-spread.
    pub credit_usd: f64,
}

/// The most that an entry opens, whatever its size follows from.
pub const LOTS_MAX: u32 = 1_000_000;

impl Size {
    /// Whether equity decides it.
    #[must_use]
    pub fn sees_equity(&self) -> bool {
        self.max_risk.is_some() || self.collateral.is_some()
    }

    /// Whole lots, rounded down; 0 where not even one fits.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped before
    pub fn whole_lots(&self, basis: SizeBasis) -> u32 {
        let SizeBasis { equity_usd, open_risk_usd, payout_max_usd, credit_usd } = basis;
        let by_risk = self.max_risk.map(|share| (share * equity_usd - open_risk_usd) / payout_max_usd);
        let by_collateral = self.collateral.map(|multiple| {
            let loss_max = payout_max_usd - credit_usd;
            // What cannot lose needs nothing behind it.
            if loss_max > 0.0 { equity_usd / (multiple * loss_max) } else { f64::INFINITY }
        });
        let most = f64::from(self.lots.unwrap_or(LOTS_MAX));
        let lots = by_risk.into_iter().chain(by_collateral).fold(most, f64::min);
        lots.clamp(0.0, f64::from(LOTS_MAX)) as u32
    }
}

/// Which way a shift moves along the expiries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To a later expiry, or not at all.
    Forward,
    /// To an earlier one, or not at all.
    Back,
}

impl Direction {
    /// What people call such a shift.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "shift forward",
            Self::Back => "shift back",
        }
    }
}

/// What a shift moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShiftSide {
    /// The side whose option sold the index is nearer to, the puts if it stands in the middle.
    Threatened,
    /// Both.
    Both,
}

/// At which strikes a shifted side is sold again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShiftStrikes {
    /// Those it had, as far as they are listed.
    Same,
    /// Those that an entry would take today.
    New,
}

/// A move of an open condor along the expiries, with as many lots as before.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    /// Forward or back.
    pub direction: Direction,
    /// Shifts a position at the close at which it holds.
    pub when: Rule,
    /// Calendar days to the expiry aimed at; the nearest that the programme can take.
    pub to_days: u32,
    /// What moves.
    pub side: ShiftSide,
    /// Where it is sold again.
    pub strikes: ShiftStrikes,
    /// Index points that the move must bring, half-spreads paid; `None`: whatever it brings.
    pub min_credit: Option<f64>,
}

/// A condor programme.
#[derive(Debug, Clone, PartialEq)]
pub struct CondorProgramme {
    /// Unique name.
    pub name: String,
    /// Condors opened at an entry.
    pub size: Size,
    /// Calendar days to expiry aimed at; the nearest expiry is taken.
    pub days: u32,
    /// Which expiries.
    pub expiry: Expiry,
    /// When they settle; entries on third Fridays are due at the close at which those options do.
    pub settlement: Settlement,
    /// The put side, where there is one.
    pub put: Option<Wing>,
    /// The call side, where there is one.
    pub call: Option<Wing>,
    /// The credit that decides the short strikes, where they do not stand at the sides.
    pub credit: Option<Credit>,
    /// How often an entry falls due.
    pub every: Every,
    /// Gate of an entry.
    pub enter: Rule,
    /// Closes the position at the close at which it holds; `None` holds to expiry.
    pub exit: Option<Rule>,
    /// Moves of an open position; the first that applies is made.
    pub shifts: Vec<Shift>,
}

impl CondorProgramme {
    /// The sides that it sells.
    pub fn sides(&self) -> impl Iterator<Item = (OptionKind, &Wing)> {
        let sides = [(OptionKind::Put, &self.put), (OptionKind::Call, &self.call)];
        sides.into_iter().filter_map(|(kind, wing)| Some((kind, wing.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASIS: SizeBasis =
        SizeBasis { equity_usd: 1e6, open_risk_usd: 30_000.0, payout_max_usd: 15_000.0, credit_usd: 2500.0 };

    #[test]
    fn sizes_are_whole_lots_rounded_down_and_the_least_wins() {
        let lots = |size: Size| size.whole_lots(BASIS);
        assert_eq!(lots(Size { lots: Some(7), ..Size::default() }), 7);
        // 100,000 at risk, 30,000 of it taken: four of 15,000.
        assert_eq!(lots(Size { max_risk: Some(0.1), ..Size::default() }), 4);
        // 125,000 behind each.
        assert_eq!(lots(Size { collateral: Some(10.0), ..Size::default() }), 8);
        assert_eq!(lots(Size { lots: Some(3), max_risk: Some(0.1), collateral: Some(10.0) }), 3);
        assert_eq!(lots(Size { lots: Some(7), max_risk: Some(0.1), collateral: Some(10.0) }), 4);
    }

    #[test]
    fn an_account_without_equity_opens_nothing() {
        for equity_usd in [-5000.0, 0.0] {
            let basis = SizeBasis { equity_usd, ..BASIS };
            assert_eq!(Size { collateral: Some(10.0), ..Size::default() }.whole_lots(basis), 0, "{equity_usd}");
        }
    }
}
