//! What `tailwing price` is told, by column or option, and the question that it amounts to.
//!
//! What is not given is taken from the model named with `--model`, or switches its part off: no jumps, no second factor, no
//! interest. Model parameters are those of the pricing measure, in annual decimals and variance; times are plain years.

use crate::error::{DomainError, require};
use crate::model::{Dynamics, Factor, JumpLaw, Law, RiskNeutral, Shared, State, VixMap};
use crate::pricing::query::implied_volatility;
use crate::pricing::{Discounting, Query, Want};
use crate::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};

use super::basis::Basis;
use super::fault::{listed, nearest};

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceKind {
    /// SPX call.
    Call,
    /// SPX put.
    Put,
    /// VIX, or another index of the family by its window.
    Vix,
    /// VIX future.
    VixFuture,
    /// Call on a VIX future.
    VixCall,
    /// Put on a VIX future.
    VixPut,
    /// VVIX.
    Vvix,
    /// 25-delta skew.
    Skew25,
    /// SKEW.
    SkewIndex,
    /// Implied volatility of a price, or of the model.
    ImpliedVol,
}

impl PriceKind {
    /// Every kind with its name, the unit of its value and its meaning.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 10] = [
        (Self::Call, "call", "index points", "SPX call, discounted"),
        (Self::Put, "put", "index points", "SPX put, discounted"),
        (Self::Vix, "vix", "VIX points", "VIX; VIX9D and VIX3M by vix_window_years"),
        (Self::VixFuture, "vix_future", "VIX points", "VX, not discounted"),
        (Self::VixCall, "vix_call", "VIX points", "call on the VX of its own expiry, discounted at rate"),
        (Self::VixPut, "vix_put", "VIX points", "put on the VX of its own expiry, discounted at rate"),
        (Self::Vvix, "vvix", "points", "volatility index of the VX that settles in years (30/365)"),
        (Self::Skew25, "skew25", "volatility a year", "volatility of the 25-delta put less that of the 25-delta call"),
        (Self::SkewIndex, "skew_index", "points", "SKEW: 100 - 10 x skewness of the log return over years (30/365)"),
        (
            Self::ImpliedVol,
            "implied_vol",
            "volatility a year",
            "Black's volatility of price, or of the model without it",
        ),
    ];

    /// The kind of that name.
    ///
    /// # Errors
    /// What is allowed, and what may have been meant.
    pub fn from_name(name: &str) -> Result<Self, String> {
        let name = name.trim();
        let names = Self::ALL.map(|(_, name, ..)| name);
        if let Some((kind, ..)) = Self::ALL.iter().find(|(_, own, ..)| *own == name) {
            return Ok(*kind);
        }
        let meant = nearest(name, names).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        Err(format!("kind is {}, but must be one of {}{meant}", quoted(name), listed(names)))
    }

    /// Name, unit and meaning.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str, &'static str) {
        Self::ALL
            .iter()
            .find(|(kind, ..)| *kind == self)
            .map_or(("", "", ""), |(_, name, unit, about)| (name, unit, about))
    }

    /// Whether the value depends on the correlation of index and variance.
    fn sees_the_index(self) -> bool {
        matches!(self, Self::Call | Self::Put | Self::Skew25 | Self::SkewIndex | Self::ImpliedVol)
    }
}

/// A number's name and meaning.
pub const NUMBERS: [(&str, &str); 27] = [
    ("spot", "SPX"),
    ("rate", "cash rate a year, continuously compounded; 0 if not given"),
    ("dividend_yield", "dividend yield a year, continuously compounded; 0 if not given"),
    ("variance", "x1, annual variance"),
    ("years", "time to expiry or settlement"),
    ("strike", "index points or VIX points"),
    ("vix_window_years", "window of VIX; 30/365 if not given"),
    ("price", "discounted price of an option, for implied_vol"),
    ("discount_years", "time over which rate and dividend_yield work; years if not given"),
    ("kappa", "speed of mean reversion of x1, a year"),
    ("theta", "level to which x1 reverts, annual variance"),
    ("vol_of_variance", "sigma of x1"),
    ("rho", "correlation of x1 and the index"),
    ("intensity", "jumps a year, constant part; 0 if not given"),
    ("mean_log_jump", "mean log jump of the index, its slope apart; 0 if not given"),
    ("log_jump_vol", "standard deviation of the log jump; 0 if not given"),
    ("mean_variance_jump", "mean jump of x1, annual variance; 0 if not given"),
    ("jump_slope", "log jump of the index per unit of variance jump; 0 if not given"),
    ("variance2", "x2, annual variance"),
    ("kappa2", "speed of mean reversion of x2, a year"),
    ("theta2", "level to which x2 reverts, annual variance"),
    ("vol_of_variance2", "sigma of x2"),
    ("rho2", "correlation of x2 and the index"),
    ("beta", "how much of x2 is variance of the index; 0 if not given"),
    ("coupling", "how strongly x2 pulls the mean of x1, a year; 0 if not given"),
    ("intensity1", "jumps a year per unit of x1; 0 if not given"),
    ("intensity2", "jumps a year per unit of x2; 0 if not given"),
];

/// The numbers that a second factor has of its own.
const SECOND: [&str; 5] = ["variance2", "kappa2", "theta2", "vol_of_variance2", "rho2"];

/// Numbers by name; what is not given is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Inputs {
    numbers: [Option<f64>; NUMBERS.len()],
    /// Whether `price` is that of a call; `None` where that is not said.
    pub is_call: Option<bool>,
    /// VIX now, in place of `variance`.
    pub vix: Option<f64>,
}

/// What inputs amount to.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// A value of a model.
    Query(Box<Query>),
    /// A value that needs none.
    Value(f64),
}

impl Inputs {
    /// The number of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.numbers[position(name)?]
    }

    /// Sets the number of that name.
    pub fn set(&mut self, name: &str, number: f64) {
        if let Some(position) = position(name) {
            self.numbers[position] = Some(number);
        }
    }

    /// Reads a number; empty text says nothing.
    ///
    /// # Errors
    /// Text that is not a number, nor one number over another.
    pub fn read(&mut self, name: &str, text: &str) -> Result<(), String> {
        if let Some(number) = read_number(name, text)? {
            self.set(name, number);
        }
        Ok(())
    }

    /// Reads whether `price` is that of a call or a put; empty text says nothing.
    ///
    /// # Errors
    /// Another word.
    pub fn read_option(&mut self, text: &str) -> Result<(), String> {
        self.is_call = match text.trim() {
            "" => None,
            "call" => Some(true),
            "put" => Some(false),
            other => return Err(format!("option is {}, but must be `call` or `put`", quoted(other))),
        };
        Ok(())
    }

    /// Reads VIX, in place of the variance.
    ///
    /// # Errors
    /// Text that is not a number.
    pub fn read_vix(&mut self, text: &str) -> Result<(), String> {
        self.vix = read_number("vix", text)?;
        Ok(())
    }

    /// Every number that is given here or by `basis`, by name, with the state that a question found.
    #[must_use]
    pub fn all(&self, basis: &Basis, ask: &Ask) -> Vec<(&'static str, f64)> {
        let mut all = self.over(basis);
        if let (Ask::Query(query), Some(_)) = (ask, self.vix) {
            all.set("variance", query.state.x1);
            if query.law.has_slow_factor() {
                all.set("variance2", query.state.x2);
            }
        }
        NUMBERS.iter().zip(all.numbers).filter_map(|((name, _), number)| Some((*name, number?))).collect()
    }

    /// These inputs, with what is not given taken from `basis`.
    fn over(&self, basis: &Basis) -> Self {
        let mut all = *self;
        for (own, other) in all.numbers.iter_mut().zip(&basis.inputs.numbers) {
            *own = own.or(*other);
        }
        all
    }

    /// The question, with what is not given taken from `basis`.
    ///
    /// # Errors
    /// What is missing or outside its domain.
    pub fn resolve(&self, kind: PriceKind, basis: &Basis) -> Result<Ask, String> {
        if self.vix.is_some() && self.get("variance").is_some() {
            return Err("vix and variance both fix the state: give one of them".to_owned());
        }
        let all = self.over(basis);
        if kind == PriceKind::ImpliedVol && all.get("price").is_some() {
            return all.inverted().map(Ask::Value);
        }
        all.require_all(kind, basis)?;
        let law = all.law(kind).map_err(|error| error.to_string())?;
        let query = all.query(kind, law, basis).map_err(|error| error.to_string())?;
        Ok(Ask::Query(Box::new(query)))
    }

    /// Says everything that is missing at once.
    fn require_all(&self, kind: PriceKind, basis: &Basis) -> Result<(), String> {
        use PriceKind::{Call, ImpliedVol, Put, Vix, VixCall, VixFuture, VixPut};
        let mut needed = match kind {
            Call | Put | ImpliedVol => vec!["spot", "years", "strike"],
            VixCall | VixPut => vec!["years", "strike"],
            VixFuture => vec!["years"],
            _ => Vec::new(),
        };
        needed.extend(["kappa", "theta"]);
        let (moves, sees) = (kind != Vix, kind.sees_the_index());
        needed.extend(moves.then_some("vol_of_variance"));
        needed.extend(sees.then_some("rho"));
        if self.vix.is_none() {
            needed.push("variance");
        }
        if self.has_second_factor() {
            needed.extend(["kappa2", "theta2"]);
            needed.extend(moves.then_some("vol_of_variance2"));
            needed.extend((sees && self.get("beta").unwrap_or(0.0) != 0.0).then_some("rho2"));
            if self.vix.is_none() || basis.knots.is_none() {
                needed.push("variance2");
            }
        } else if let Some(name) = SECOND.into_iter().find(|name| self.get(name).is_some_and(|number| number != 0.0))
            && ["beta", "coupling", "intensity2"].iter().all(|name| self.get(name).is_none())
        {
            return Err(format!(
                "{name} is given but beta is not: 1 adds the second factor to the first, 0 leaves it out"
            ));
        }
        let missing: Vec<&str> = needed.into_iter().filter(|name| self.get(name).is_none()).collect();
        match missing[..] {
            [] => Ok(()),
            [one] => Err(format!("{one} is missing")),
            _ => Err(format!("{} are missing", missing.join(", "))),
        }
    }

    fn has_second_factor(&self) -> bool {
        ["beta", "coupling", "intensity2"].iter().any(|name| self.get(name).is_some_and(|number| number != 0.0))
    }

    fn or(&self, name: &str, otherwise: f64) -> f64 {
        self.get(name).unwrap_or(otherwise)
    }

    fn law(&self, kind: PriceKind) -> Result<Law<RiskNeutral>, DomainError> {
        let second = self.has_second_factor();
        let level = |name: &str| {
            require(name, self.or(name, 0.0), (0.0..=1e3).contains(&self.or(name, 0.0)), "a number from 0 to 1000")
        };
        let (kappa, kappa2) = (self.or("kappa", 0.0), if second { self.or("kappa2", 0.0) } else { 0.0 });
        // What the kind of value does not depend on stands at a harmless number where it is not given.
        let rho = |name: &str| if kind.sees_the_index() { self.or(name, 0.0) } else { 0.0 };
        let fast = Factor {
            reversion: kappa * level("theta")?,
            vol_of_variance: self.or("vol_of_variance", 1.0),
            rho: rho("rho"),
        };
        let slow = Factor {
            reversion: kappa2 * level("theta2")?,
            vol_of_variance: self.or("vol_of_variance2", 1.0),
            rho: rho("rho2"),
        };
        let shared = Shared {
            fast,
            slow: if second { slow } else { Factor::default() },
            beta: self.or("beta", 0.0),
            coupling: self.or("coupling", 0.0),
        };
        let jumps = JumpLaw {
            mean_log_jump: self.or("mean_log_jump", 0.0),
            log_jump_vol: self.or("log_jump_vol", 0.0),
            mean_variance_jump: self.or("mean_variance_jump", 0.0),
            jump_slope: self.or("jump_slope", 0.0),
        };
        let intensity = ["intensity", "intensity1", "intensity2"].map(|name| self.or(name, 0.0));
        Law::new(shared, Dynamics::new([kappa, kappa2], intensity, jumps))
    }

    fn query(&self, kind: PriceKind, law: Law<RiskNeutral>, basis: &Basis) -> Result<Query, DomainError> {
        let month = VIX_WINDOW_DAYS as f64 / DAYS_PER_YEAR;
        let map = || {
            let window = self.or("vix_window_years", month);
            require(
                "vix_window_years",
                window,
                window > 0.0 && window <= 100.0,
                "a number of years above 0 and at most 100",
            )?;
            VixMap::new(&law, window)
        };
        let second = law.has_slow_factor();
        let state = match self.vix {
            Some(vix) => self.state_of_vix(vix, &map()?, second, basis)?,
            None => State { x1: self.or("variance", 0.0), x2: if second { self.or("variance2", 0.0) } else { 0.0 } },
        };
        let is_call = matches!(kind, PriceKind::Call | PriceKind::VixCall);
        let strike = self.or("strike", 0.0);
        let want = match kind {
            PriceKind::Call | PriceKind::Put => Want::Option { is_call, strike, market: self.market()? },
            PriceKind::ImpliedVol => Want::Volatility { strike, market: self.market()? },
            PriceKind::Skew25 => Want::Skew25,
            PriceKind::SkewIndex => Want::SkewIndex,
            PriceKind::Vix => Want::Vix { map: map()? },
            PriceKind::VixFuture => Want::VixFuture { map: map()? },
            PriceKind::Vvix => Want::Vvix { map: map()? },
            PriceKind::VixCall | PriceKind::VixPut => {
                let market = Discounting { spot: 1.0, dividend_yield: 0.0, ..self.discounting() };
                Want::VixOption { is_call, strike, discount: market.validated()?.discount(), map: map()? }
            }
        };
        let years = self.or("years", month);
        if let Want::Option { market, .. } | Want::Volatility { market, .. } = want {
            market.log_moneyness(strike)?;
        }
        Query { law, state, years, want }.validated()
    }

    /// The state with a VIX: the slow factor as given, else what the preset has on average.
    fn state_of_vix(&self, vix: f64, map: &VixMap, second: bool, basis: &Basis) -> Result<State, DomainError> {
        match (second, self.get("variance2"), basis.knots) {
            (false, _, _) => map.state_from_vix(vix, None),
            (true, Some(x2), _) => map.state_with_slow(vix, x2),
            (true, None, knots) => map.state_from_vix(vix, knots),
        }
    }

    fn discounting(&self) -> Discounting {
        Discounting {
            spot: self.or("spot", 0.0),
            rate: self.or("rate", 0.0),
            dividend_yield: self.or("dividend_yield", 0.0),
            years: self.get("discount_years").or(self.get("years")).unwrap_or(0.0),
        }
    }

    fn market(&self) -> Result<Discounting, DomainError> {
        // A wrong time to expiry is told as such, not as the time of discounting that it stands for.
        let years = self.or("years", 0.0);
        require("years", years, years > 0.0 && years <= 100.0, "a number of years above 0 and at most 100")?;
        self.discounting().validated()
    }

    /// The implied volatility of `price`.
    ///
    /// Without a word on what the price is of, it is a call's, unless no call is worth so little.
    fn inverted(&self) -> Result<f64, String> {
        let missing: Vec<&str> =
            ["spot", "years", "strike"].into_iter().filter(|name| self.get(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(format!("{} is missing", missing.join(", ")));
        }
        let invert = || {
            let market = self.market()?;
            let (price, strike) = (self.or("price", 0.0), self.or("strike", 0.0));
            market.log_moneyness(strike)?;
            let is_call = self.is_call.unwrap_or_else(|| {
                let intrinsic = (market.forward() - strike) * market.discount();
                price > intrinsic || price.is_nan()
            });
            implied_volatility(is_call, price, strike, self.or("years", 0.0), &market)
        };
        invert().map_err(|error: DomainError| error.to_string())
    }
}

fn position(name: &str) -> Option<usize> {
    NUMBERS.iter().position(|(own, _)| *own == name)
}

/// A number, or one over another as in `30/365`; `None` for nothing.
///
/// # Errors
/// Other text.
pub(super) fn read_number(name: &str, text: &str) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let plain = |text: &str| text.trim().parse::<f64>().ok();
    let number = match text.split_once('/') {
        Some((above, below)) => plain(above).zip(plain(below)).map(|(above, below)| above / below),
        None => plain(text),
    };
    number.map(Some).ok_or_else(|| format!("{name} is {}, which is not a number", quoted(text)))
}

/// Text from outside, cut and without control characters, in backquotes.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let plain: String = text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("`{plain}{}`", if text.chars().count() > LONGEST { "..." } else { "" })
}
