//! What one path leaves behind, as columns over paths: the only input of every figure.

use std::borrow::Cow;

use super::figure::Strategy;

/// The values of one column, one a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Amounts in USD, or other real numbers.
    Real(Vec<f64>),
    /// Whole numbers.
    Count(Vec<i32>),
}

/// One column of `paths.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Column name, unit last, for instance `hedged_pnl_usd`.
    pub name: String,
    /// One value a path, in path order.
    pub values: Values,
}

/// What a P&L component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentKind {
    /// A condor programme, at marks.
    Condor,
    /// A hedge layer, at marks.
    Layer,
    /// VX or VIX options held at the start, at marks.
    HedgePosition,
    /// Costs of the condors.
    CondorCost,
    /// Interest on debt, which either account can have.
    Financing,
    /// Costs of the hedge.
    HedgeCost,
}

impl ComponentKind {
    /// Whether only the hedged account has such parts.
    #[must_use]
    pub fn is_hedge(self) -> bool {
        matches!(self, Self::Layer | Self::HedgePosition | Self::HedgeCost)
    }
}

/// A part of the P&L: the parts of an account sum to its total on every path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// What it is called in figures, for instance `core` or `L1 early warning`.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// Its column.
    pub column: String,
}

/// The outcomes of all paths of a run, in path order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcomes {
    /// All columns, in file order; the path number is their index.
    pub columns: Vec<Column>,
    /// The columns that are parts of the P&L.
    pub components: Vec<Component>,
}

impl Outcomes {
    /// The P&L that a part of the P&L has in a strategy, one value a path; `None` where it is no part of that.
    ///
    /// The condors of the unhedged account have columns of their own where the hedge decides over condors. What the hedge then
    /// changes about them is a part of the hedge.
    #[must_use]
    pub fn part(&self, component: &Component, strategy: Strategy) -> Option<Cow<'_, [f64]>> {
        let hedged = self.real(&component.column)?;
        let own = || self.real(&format!("unhedged_{}", component.column));
        match (strategy, component.kind) {
            (Strategy::Hedged, _) => Some(Cow::Borrowed(hedged)),
            (Strategy::Hedge, kind) if kind.is_hedge() => Some(Cow::Borrowed(hedged)),
            (Strategy::Unhedged, kind) if kind.is_hedge() => None,
            (Strategy::Unhedged, _) => Some(Cow::Borrowed(own().unwrap_or(hedged))),
            (Strategy::Hedge, _) => {
                own().map(|own| Cow::Owned(hedged.iter().zip(own).map(|(hedged, own)| hedged - own).collect()))
            }
        }
    }

    /// The parts of a strategy's P&L, which sum to it on every path, with the P&L of each.
    pub fn parts(&self, strategy: Strategy) -> impl Iterator<Item = (&Component, Cow<'_, [f64]>)> {
        self.components.iter().filter_map(move |component| Some((component, self.part(component, strategy)?)))
    }

    /// Whether the run has a hedge, so that its two accounts differ.
    #[must_use]
    pub fn has_hedge(&self) -> bool {
        self.components
            .iter()
            .any(|component| matches!(component.kind, ComponentKind::Layer | ComponentKind::HedgePosition))
    }

    /// Number of paths.
    #[must_use]
    pub fn paths(&self) -> usize {
        match self.columns.first().map(|column| &column.values) {
            Some(Values::Real(values)) => values.len(),
            Some(Values::Count(values)) => values.len(),
            None => 0,
        }
    }

    /// The column of whole numbers of that name.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<&[i32]> {
        self.columns.iter().find(|column| column.name == name).and_then(|column| match &column.values {
            Values::Real(_) => None,
            Values::Count(values) => Some(values.as_slice()),
        })
    }

    /// The real-valued column of that name.
    #[must_use]
    pub fn real(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|column| column.name == name).and_then(|column| match &column.values {
            Values::Real(values) => Some(values.as_slice()),
            Values::Count(_) => None,
        })
    }
}
