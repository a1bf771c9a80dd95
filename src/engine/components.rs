//! The parts into which a run's P&L is split, and where each stands in the ledger.

use crate::book::{ComponentId, Regime};
use crate::plan::{Plan, slug};
use crate::risk::{Component, ComponentKind};

/// Where each part of the P&L stands: condors first, then options held at the start, then their costs, then interest, then layers,
/// then VX and VIX options held at the start, then the costs of the hedge.
#[derive(Debug, Clone)]
pub struct Components {
    list: Vec<Component>,
    condor_side: usize,
    first_layer: usize,
    first_held_hedge: usize,
    /// Commissions of condors.
    pub condor_fees: ComponentId,
    /// Half-spreads of condors.
    pub condor_spread: ComponentId,
    /// What forced sales of condors cost against the mid; none where nothing is margined.
    pub condor_liquidation: Option<ComponentId>,
    /// Interest on debt over the cash rate; none where nothing is borrowed at a price of its own.
    pub interest: Option<ComponentId>,
    /// What forced sales of the hedge cost against the mid; none where nothing is margined.
    pub hedge_liquidation: Option<ComponentId>,
    /// Commissions of the hedge, rolls apart.
    pub hedge_fees: ComponentId,
    /// Half-spreads of the hedge, rolls apart.
    pub hedge_spread: ComponentId,
    /// Commissions and half-spreads of rolls.
    pub hedge_roll: ComponentId,
}

impl Components {
    /// The parts of a plan's P&L.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut list = Vec::new();
        let mut add = |name: &str, column: String, kind: ComponentKind| {
            list.push(Component { name: name.to_owned(), kind, column: format!("{column}_pnl_usd") });
            ComponentId(list.len() - 1)
        };
        for condor in &plan.condors {
            add(&condor.name, format!("condor_{}", slug(&condor.name)), ComponentKind::Condor);
        }
        for position in &plan.held_condors {
            add(&position.name, format!("position_{}", slug(&position.name)), ComponentKind::Condor);
        }
        let condor_fees = add("condor fees", "condor_fees".into(), ComponentKind::CondorCost);
        let condor_spread = add("condor spread", "condor_spread".into(), ComponentKind::CondorCost);
        let margined = plan.margin.regime != Regime::None;
        let condor_liquidation =
            margined.then(|| add("condor liquidation", "condor_liquidation".into(), ComponentKind::CondorCost));
        let borrows = margined && plan.margin.credit.has_interest();
        let interest = borrows.then(|| add("interest", "interest".into(), ComponentKind::Financing));
        for layer in &plan.layers {
            add(&layer.name, format!("layer_{}", slug(&layer.name)), ComponentKind::Layer);
        }
        for position in &plan.held_hedges {
            add(&position.name, format!("position_{}", slug(&position.name)), ComponentKind::HedgePosition);
        }
        let hedge_fees = add("hedge fees", "hedge_fees".into(), ComponentKind::HedgeCost);
        let hedge_spread = add("hedge spread", "hedge_spread".into(), ComponentKind::HedgeCost);
        let hedge_roll = add("hedge roll", "hedge_roll".into(), ComponentKind::HedgeCost);
        let hedge_liquidation =
            margined.then(|| add("hedge liquidation", "hedge_liquidation".into(), ComponentKind::HedgeCost));
        let first_layer = interest.or(condor_liquidation).unwrap_or(condor_spread).0 + 1;
        let condor_side = first_layer;
        Self {
            list,
            condor_side,
            first_layer,
            first_held_hedge: first_layer + plan.layers.len(),
            condor_fees,
            condor_spread,
            condor_liquidation,
            interest,
            hedge_liquidation,
            hedge_fees,
            hedge_spread,
            hedge_roll,
        }
    }

    /// All parts, in the order of the ledger.
    #[must_use]
    pub fn list(&self) -> &[Component] {
        &self.list
    }

    /// The part of a layer.
    #[must_use]
    pub fn layer(&self, layer: usize) -> ComponentId {
        ComponentId(self.first_layer + layer)
    }

    /// The part of a VX or VIX option held at the start.
    #[must_use]
    pub fn held_hedge(&self, number: usize) -> ComponentId {
        ComponentId(self.first_held_hedge + number)
    }

    /// The parts that the unhedged account has too: condors, their costs and interest.
    #[must_use]
    pub fn condor_side(&self) -> std::ops::Range<usize> {
        0..self.condor_side
    }

    /// The parts that only the hedged account has.
    #[must_use]
    pub fn hedge_side(&self) -> std::ops::Range<usize> {
        self.condor_side..self.list.len()
    }
}
