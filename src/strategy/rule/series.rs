//! The series that rules can name.

/// VX months that rules can name: `vx1` to `vx8`.
pub const VX_MONTHS: u8 = 8;

/// A series of daily values that a rule can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Series {
    /// Of the market: the same for every strategy on a path.
    Market(MarketSeries),
    /// Of the account and what it holds.
    Book(BookSeries),
    /// Of one open position.
    Position(PositionSeries),
}

/// A series of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MarketSeries {
    /// The index.
    Spx,
    /// VIX, points.
    Vix,
    /// VIX9D, points.
    Vix9d,
    /// VIX3M, points.
    Vix3m,
    /// VVIX, points.
    Vvix,
    /// Implied volatility of the 25-delta put less that of the 25-delta call, 30 days, points.
    Skew25,
    /// The n-th VX contract to expire, 1 to [`VX_MONTHS`], points.
    Vx(u8),
    /// The advance-decline line.
    Breadth,
    /// Cash rate, a year, as a fraction.
    Rate,
    /// Expected daily range, as a fraction of the index.
    Edr,
    /// Trading days since the first day, which is 0.
    Day,
    /// 1 for Monday to 5 for Friday.
    Weekday,
    /// Calendar days to the next FOMC decision, 0 on its day.
    DaysToFomc,
    /// Calendar days to the next CPI release, 0 on its day.
    DaysToCpi,
    /// Calendar days to the next third Friday, 0 on its day.
    DaysToThirdFriday,
    /// A macro factor, by its rank in the file.
    Factor(u16),
}

/// A series of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BookSeries {
    /// Equity, USD.
    Equity,
    /// Fall of equity from its highest close so far, as a fraction of that.
    Drawdown,
    /// Margin requirement as a fraction of equity.
    MarginUsed,
    /// Liquid assets over short-term obligations.
    QuickRatio,
    /// Open width of the condors x 100 x lots, gross of credit, USD.
    CondorRisk,
    /// Delta of the condors, USD an index point.
    CondorDelta,
}

/// A series of one open position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PositionSeries {
    /// Gain since entry, index points a condor; negative when losing.
    Profit,
    /// `-profit`.
    Loss,
    /// Credit received at entry, index points a condor.
    Credit,
    /// Trading days since entry.
    DaysOpen,
    /// Calendar days to expiry.
    DaysToExpiry,
    /// Absolute delta of the short put.
    ShortPutDelta,
    /// Absolute delta of the short call.
    ShortCallDelta,
    /// Distance of the index from the nearer break-even, as a fraction of the index; negative beyond it.
    BreakevenDistance,
}

use BookSeries as B;
use MarketSeries as M;
use PositionSeries as P;

/// Every series but the VX months and the macro factors: name, series, what it is.
const CATALOGUE: [(&str, Series, &str); 28] = [
    ("spx", Series::Market(M::Spx), "the index"),
    ("vix", Series::Market(M::Vix), "VIX, points"),
    ("vix9d", Series::Market(M::Vix9d), "VIX9D, points"),
    ("vix3m", Series::Market(M::Vix3m), "VIX3M, points"),
    ("vvix", Series::Market(M::Vvix), "VVIX, points"),
    ("skew25", Series::Market(M::Skew25), "30-day implied volatility, 25-delta put less call, points"),
    ("breadth", Series::Market(M::Breadth), "the advance-decline line"),
    ("rate", Series::Market(M::Rate), "cash rate a year, a fraction"),
    ("edr", Series::Market(M::Edr), "expected daily range, a fraction of the index"),
    ("day", Series::Market(M::Day), "trading days since the first day, which is 0"),
    ("weekday", Series::Market(M::Weekday), "1 for Monday to 5 for Friday"),
    ("days_to_fomc", Series::Market(M::DaysToFomc), "calendar days to the next FOMC decision, 0 on its day"),
    ("days_to_cpi", Series::Market(M::DaysToCpi), "calendar days to the next CPI release, 0 on its day"),
    (
        "days_to_third_friday",
        Series::Market(M::DaysToThirdFriday),
        "calendar days to the next third Friday, 0 on its day",
    ),
    ("equity", Series::Book(B::Equity), "equity, USD"),
    ("drawdown", Series::Book(B::Drawdown), "fall from the highest equity so far, a fraction"),
    ("margin_used", Series::Book(B::MarginUsed), "margin requirement, a fraction of equity"),
    ("quick_ratio", Series::Book(B::QuickRatio), "liquid assets over short-term obligations"),
    ("condor_risk", Series::Book(B::CondorRisk), "open condor width x 100 x lots, USD"),
    ("condor_delta", Series::Book(B::CondorDelta), "delta of the condors, USD an index point"),
    ("profit", Series::Position(P::Profit), "gain since entry, index points"),
    ("loss", Series::Position(P::Loss), "loss since entry, index points"),
    ("credit", Series::Position(P::Credit), "credit received at entry, index points"),
    ("days_open", Series::Position(P::DaysOpen), "trading days since entry"),
    ("days_to_expiry", Series::Position(P::DaysToExpiry), "calendar days to expiry"),
    ("short_put_delta", Series::Position(P::ShortPutDelta), "absolute delta of the short put"),
    ("short_call_delta", Series::Position(P::ShortCallDelta), "absolute delta of the short call"),
    ("breakeven_distance", Series::Position(P::BreakevenDistance), "distance to the nearer break-even, a fraction"),
];

impl Series {
    /// Every series that the language knows, macro factors aside: name, series, what it is.
    pub fn catalogue() -> impl Iterator<Item = (String, Self, String)> {
        let months = (1..=VX_MONTHS).map(|month| {
            (
                format!("vx{month}"),
                Self::Market(M::Vx(month)),
                format!("the VX contract that expires as number {month}, points"),
            )
        });
        CATALOGUE.into_iter().map(|(name, series, meaning)| (name.to_owned(), series, meaning.to_owned())).chain(months)
    }

    /// The series of this name, macro factors aside.
    pub(super) fn named(name: &str) -> Option<Self> {
        let month = name.strip_prefix("vx").and_then(|month| match month.as_bytes() {
            [digit @ b'1'..=b'8'] => Some(Self::Market(M::Vx(digit - b'0'))),
            _ => None,
        });
        month.or_else(|| CATALOGUE.iter().find(|entry| entry.0 == name).map(|entry| entry.1))
    }
}

impl MarketSeries {
    /// Series that are not macro factors.
    const FIXED: usize = 14 + VX_MONTHS as usize;

    /// A number for each series, dense from 0, macro factors last.
    pub(super) fn rank(self) -> usize {
        match self {
            Self::Spx => 0,
            Self::Vix => 1,
            Self::Vix9d => 2,
            Self::Vix3m => 3,
            Self::Vvix => 4,
            Self::Skew25 => 5,
            Self::Breadth => 6,
            Self::Rate => 7,
            Self::Edr => 8,
            Self::Day => 9,
            Self::Weekday => 10,
            Self::DaysToFomc => 11,
            Self::DaysToCpi => 12,
            Self::DaysToThirdFriday => 13,
            Self::Vx(month) => {
                assert!((1..=VX_MONTHS).contains(&month), "VX months run from 1 to {VX_MONTHS}");
                13 + usize::from(month)
            }
            Self::Factor(rank) => Self::FIXED + usize::from(rank),
        }
    }
}

impl BookSeries {
    /// Series of the book.
    pub(super) const COUNT: usize = 6;
}

impl PositionSeries {
    /// Series of a position.
    pub(super) const COUNT: usize = 8;
}
