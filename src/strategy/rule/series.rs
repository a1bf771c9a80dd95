//! The series that rules can name, and which of them a caller supplies in which place.

use std::collections::BTreeMap;

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
    ("vix", Series::Market(M::Vix), "VIX"),
    ("vix9d", Series::Market(M::Vix9d), "VIX9D"),
    ("vix3m", Series::Market(M::Vix3m), "VIX3M"),
    ("vvix", Series::Market(M::Vvix), "VVIX"),
    ("skew25", Series::Market(M::Skew25), "30-day implied volatility, 25-delta put less call, points"),
    ("breadth", Series::Market(M::Breadth), "the advance-decline line"),
    ("rate", Series::Market(M::Rate), "cash rate a year, a fraction"),
    ("edr", Series::Market(M::Edr), "expected daily range, a fraction of the index"),
    ("day", Series::Market(M::Day), "trading days since the first day, which is 0"),
    ("weekday", Series::Market(M::Weekday), "1 for Monday to 5 for Friday"),
    ("days_to_fomc", Series::Market(M::DaysToFomc), "calendar days to the next FOMC decision"),
    ("days_to_cpi", Series::Market(M::DaysToCpi), "calendar days to the next CPI release"),
    ("days_to_third_friday", Series::Market(M::DaysToThirdFriday), "calendar days to the next third Friday"),
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
                format!("the VX contract that expires as number {month}"),
            )
        });
        CATALOGUE.into_iter().map(|(name, series, meaning)| (name.to_owned(), series, meaning.to_owned())).chain(months)
    }

    fn named(name: &str) -> Option<Self> {
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

/// Where a rule stands, which decides what it can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The entry of a condor programme.
    Entry,
    /// The exit of a position.
    Exit,
    /// The entry or exit of a hedge layer.
    Layer,
    /// A gate of a tier.
    Gate,
    /// The time shift of a position.
    Shift,
}

impl Place {
    fn sees_positions(self) -> bool {
        matches!(self, Self::Exit | Self::Shift)
    }

    fn described(self) -> &'static str {
        match self {
            Self::Entry => "an entry",
            Self::Exit => "an exit",
            Self::Layer => "a layer",
            Self::Gate => "a gate",
            Self::Shift => "a shift",
        }
    }
}

/// The names that a rule can use.
#[derive(Debug, Clone)]
pub struct Names {
    place: Place,
    supplied: Vec<Series>,
    withheld: Vec<(Series, String)>,
    factors: Vec<String>,
    thresholds: BTreeMap<String, f64>,
}

/// What a name turned out to be.
pub(super) enum Meaning {
    Series(Series),
    Threshold(f64),
    /// A series that cannot be used here: message and help.
    Closed(String, String),
    Unknown,
}

impl Names {
    /// Names for a rule that stands in `place`, where the caller supplies the series `supplied`.
    #[must_use]
    pub fn new(place: Place, supplied: &[Series]) -> Self {
        let supplied = supplied.to_vec();
        Self { place, supplied, withheld: Vec::new(), factors: Vec::new(), thresholds: BTreeMap::new() }
    }

    /// The same names for a rule that stands elsewhere.
    #[must_use]
    pub fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// Adds or changes a named number. See [`name_fault`] for names that cannot be used.
    #[must_use]
    pub fn threshold(mut self, name: impl Into<String>, value: f64) -> Self {
        self.thresholds.insert(name.into(), value);
        self
    }

    /// Adds a macro factor; the first is [`MarketSeries::Factor`] 0.
    #[must_use]
    pub fn factor(mut self, name: impl Into<String>) -> Self {
        self.factors.push(name.into());
        self
    }

    /// Withholds a series, with the reason that users are told, as in "breadth is switched off in [market]".
    #[must_use]
    pub fn without(mut self, series: Series, reason: impl Into<String>) -> Self {
        self.withheld.push((series, reason.into()));
        self
    }

    pub(super) fn meaning(&self, name: &str) -> Meaning {
        if let Some(rank) = self.factors.iter().position(|factor| factor == name) {
            return match u16::try_from(rank) {
                Ok(rank) => Meaning::Series(Series::Market(M::Factor(rank))),
                Err(_) => Meaning::Unknown,
            };
        }
        let Some(series) = Series::named(name) else {
            return self.thresholds.get(name).map_or(Meaning::Unknown, |&value| Meaning::Threshold(value));
        };
        if matches!(series, Series::Position(_)) && !self.place.sees_positions() {
            let message =
                format!("`{name}` belongs to an open position and cannot be used in {}", self.place.described());
            return Meaning::Closed(message, "positions are seen by exits and shifts alone".to_owned());
        }
        if let Some((_, reason)) = self.withheld.iter().find(|(withheld, _)| *withheld == series) {
            return Meaning::Closed(format!("`{name}` is not available"), reason.clone());
        }
        if self.supplied.contains(&series) {
            return Meaning::Series(series);
        }
        let help = format!("what can be used here: {}", self.usable().join(", "));
        Meaning::Closed(format!("this version knows `{name}` but does not supply it yet"), help)
    }

    /// Names of the series that a rule in this place can use.
    #[must_use]
    pub fn usable(&self) -> Vec<String> {
        let here = |series: &Series| {
            self.supplied.contains(series)
                && self.withheld.iter().all(|(withheld, _)| withheld != series)
                && (self.place.sees_positions() || !matches!(series, Series::Position(_)))
        };
        let fixed = Series::catalogue().filter(|(_, series, _)| here(series)).map(|(name, ..)| name);
        fixed.chain(self.factors.iter().cloned()).collect()
    }

    pub(super) fn thresholds(&self) -> impl Iterator<Item = &str> {
        self.thresholds.keys().map(String::as_str)
    }
}

/// Why a threshold or macro factor cannot have this name, if it cannot.
#[must_use]
pub fn name_fault(name: &str) -> Option<String> {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letters) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("a name is made of letters, digits and _, and does not begin with a digit".to_owned());
    }
    if ["and", "or", "not", "true", "false"].contains(&name) {
        return Some(format!("`{name}` is a word of the rule language"));
    }
    if Series::named(name).is_some() {
        return Some(format!("`{name}` is a series"));
    }
    super::function::Function::named(name).map(|_| format!("`{name}` is a function"))
}
