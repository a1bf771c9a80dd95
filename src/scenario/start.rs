//! The first day's variance states, from VIX and what else the scenario says of the market.
//!
//! ```text
//! vix, vix3m         (VIX/100)^2 and (VIX3M/100)^2 are two affine functions of x1 and x2, over windows of 30 and 93 days
//! vix, vx2           the mixture of the two extreme states with that VIX whose second VX future has that price
//! vix, slow_variance x2 as given
//! vix                x2 as the preset has it on average at such a VIX; 0 in one-factor models
//! ```
//!
//! Windows and times to settlement run on the variance clock from the first day. A VX contract settles on the grid at the
//! close before its expiry, at the VIX that looks ahead from its expiry.

use jiff::civil::Date;

use crate::calendar::grid::window_after;
use crate::calendar::sessions::days_between;
use crate::calendar::{Clock, VixContract};
use crate::error::DomainError;
use crate::math::root;
use crate::model::{Law, RiskNeutral, State, VixMap};
use crate::pricing::VixFuture;
use crate::units::{VIX_WINDOW_DAYS, VIX3M_WINDOW_DAYS};

use super::fault::{Fault, Faults, shown};
use super::law::NamedModel;
use super::value::Table;

/// Error of the mixture of extreme states, as a share of the slow one.
const SHARE_TOLERANCE: f64 = 1e-14;
/// Keys of which at most one fixes the slow state.
const SLOW_KEYS: [&str; 3] = ["vix3m", "vx2", "slow_variance"];

/// Both states at the close of the first day; `None` where a fault prevents it.
pub(super) fn first_state(
    market: &Table,
    section: &Table,
    named: Option<&NamedModel>,
    clock: Option<Clock>,
    date: Option<Date>,
    faults: &mut Faults,
) -> Option<State> {
    let table = |key: &str| if key == "slow_variance" { section } else { market };
    let given: Vec<&str> = SLOW_KEYS.into_iter().filter(|key| table(key).is_given(key)).collect();
    if let [first, second, ..] = given[..] {
        let title = format!("both `{first}` and `{second}` fix the slow variance");
        let fault = Fault::new(table(second).place(second), title, format!("must be left out beside {first}"));
        faults.add(fault.also(table(first).place(first), "given here"));
        return None;
    }
    let (named, clock, date, vix) = (named?, clock?, date?, market.number("vix")?);
    let law = named.model.risk_neutral();
    let key = given.first().copied();
    if !law.has_slow_factor()
        && let Some(key) = key
    {
        let title = format!("the model {} has one variance factor, which `vix` fixes", named.name);
        faults.add(Fault::new(table(key).place(key), title, format!("`{key}` must be left out")));
        return None;
    }
    if law.has_slow_factor() && key.is_none() && named.preset.is_none() {
        let fault =
            Fault::missing(market.place, "nothing fixes the slow variance of a custom model", "`vix` alone does not");
        faults.add(fault.help("give `vix3m` or `vx2` in [market], or `slow_variance` in [model]"));
        return None;
    }
    let start = Start { law, clock, date };
    let found = match key {
        Some("vix3m") => start.state_of_vix3m(vix, market.number("vix3m")?),
        Some("vx2") => start.state_of_vx2(vix, market.number("vx2")?),
        Some(_) => {
            let x2 = section.number("slow_variance")?;
            start.vix_map(VIX_WINDOW_DAYS).and_then(|map| map.state_with_slow(vix, x2))
        }
        None => {
            let knots = named.preset.and_then(|preset| preset.slow_state_given_vix());
            start.vix_map(VIX_WINDOW_DAYS).and_then(|map| map.state_from_vix(vix, knots))
        }
    };
    found.map_err(|error| faults.add(state_fault(&error, key, named, market, section))).ok()
}

/// The fault of a market that the model cannot have, at the key that asks too much of it.
fn state_fault(error: &DomainError, given: Option<&str>, named: &NamedModel, market: &Table, section: &Table) -> Fault {
    let vix = market.place("vix");
    if given == Some("slow_variance") && error.parameter == "vix" {
        let slow = section.number("slow_variance").unwrap_or_default();
        let title = format!("`slow_variance` at {} leaves no VIX of {}", shown(slow), shown(error.value));
        let fault = Fault::new(section.place("slow_variance"), title, "must be lower, or `vix` higher");
        return fault.also(vix, format!("must be {}", error.allowed));
    }
    let key = SLOW_KEYS.into_iter().find(|key| error.parameter == *key).unwrap_or("vix");
    let title = format!("the model {} cannot have `{key}` at {}", named.name, shown(error.value));
    let place = if key == "vix" { vix } else { market.place(key) };
    let fault = Fault::new(place, title, format!("must be {}", error.allowed));
    let own = named.preset.is_none_or(|preset| preset.model() != named.model);
    let help = "the levels and the jumps of [model.risk_neutral] set the lowest VIX: `theta`, `theta2`, `intensity` and the \
                mean jumps raise it";
    fault.maybe_help((key == "vix" && own).then(|| help.to_owned()))
}

/// The model and the day.
struct Start<'a> {
    law: &'a Law<RiskNeutral>,
    clock: Clock,
    date: Date,
}

impl Start<'_> {
    fn vix_map(&self, days: i64) -> Result<VixMap, DomainError> {
        VixMap::new(self.law, self.clock.years(window_after(self.date, days)))
    }

    fn state_of_vix3m(&self, vix: f64, vix3m: f64) -> Result<State, DomainError> {
        self.vix_map(VIX_WINDOW_DAYS)?.state_from_pair(vix, &self.vix_map(VIX3M_WINDOW_DAYS)?, vix3m, "vix3m")
    }

    fn state_of_vx2(&self, vix: f64, vx2: f64) -> Result<State, DomainError> {
        let map = self.vix_map(VIX_WINDOW_DAYS)?;
        map.require_above_floor("vix", vix)?;
        let future = self.second_future()?;
        let [fast, slow] = map.extremes(vix);
        let mixture = |share: f64| State { x1: fast.x1 * (1.0 - share), x2: slow.x2 * share };
        let price = |share: f64| future.price(mixture(share));
        root::bracketed(|share| price(share) - vx2, 0.0, 1.0, SHARE_TOLERANCE).map(mixture).ok_or_else(|| {
            let (fast, slow) = (price(0.0), price(1.0));
            let (low, high) = (fast.min(slow), fast.max(slow));
            DomainError::new(
                "vx2",
                vx2,
                format!("from {low:.4} to {high:.4}, all that a VIX of {vix} leaves it in this model"),
            )
        })
    }

    /// The second VX contract that is listed on the first day.
    fn second_future(&self) -> Result<VixFuture, DomainError> {
        let contract = VixContract::held(self.date, 2, 0);
        let days = days_between(self.date, contract.settlement_close);
        let years = self.clock.years(window_after(self.date, days));
        let map = VixMap::new(self.law, self.clock.years(window_after(contract.expiry, VIX_WINDOW_DAYS)))?;
        VixFuture::new(self.law, years, &map)
    }
}
