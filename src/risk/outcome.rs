//! What one path leaves behind, as columns over paths: the only input of every figure.

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
    /// Costs of the condors.
    CondorCost,
    /// Costs of the hedge.
    HedgeCost,
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

impl Component {
    /// Whether the part is one of a strategy's.
    #[must_use]
    pub fn belongs_to(&self, strategy: Strategy) -> bool {
        let is_hedge = matches!(self.kind, ComponentKind::Layer | ComponentKind::HedgeCost);
        match strategy {
            Strategy::Hedged => true,
            Strategy::Unhedged => !is_hedge,
            Strategy::Hedge => is_hedge,
        }
    }
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
    /// Whether the run has layers, so that its two accounts differ.
    #[must_use]
    pub fn has_hedge(&self) -> bool {
        self.components.iter().any(|component| component.kind == ComponentKind::Layer)
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
