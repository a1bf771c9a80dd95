//! What is held, what it costs and what it is worth.

pub mod attribution;
pub mod condors;
pub mod cost;
pub mod futures;
pub mod journal;
pub mod ledger;
pub mod margin;
pub mod vix_options;

pub use attribution::Attribution;
pub use condors::{Condor, OpenCondors, Order, log_strikes};
pub use cost::{Costs, Strain};
pub use futures::{Contract, SideCost, TradeCost, trade_cost};
pub use journal::{Action, Entry, Holding, Indicator, Journal, Verdict};
pub use ledger::{ComponentId, Ledger, Side};
pub use margin::{MarginRules, Regime};
pub use vix_options::VixOptions;
