//! How an account stands at a close, as rules see it: after settlement, marks and variation, before today's trades.

use super::account::CondorView;
use super::close::Close;
use crate::book::Ledger;
use crate::strategy::rule::{BookSeries, BookTable};

/// What rules can ask of the book; one value a path each.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Equity, USD.
    equity: Vec<f64>,
    /// Highest equity at a close so far, USD.
    peak: Vec<f64>,
    /// Fall of equity from its peak, as a fraction of that.
    drawdown: Vec<f64>,
}

impl Standing {
    /// The series that are supplied.
    pub(super) const SERIES: [BookSeries; 6] = [
        BookSeries::Equity,
        BookSeries::Drawdown,
        BookSeries::CondorRisk,
        BookSeries::CondorDelta,
        BookSeries::MarginUsed,
        BookSeries::QuickRatio,
    ];

    /// Whether a series depends on what an account holds beside condors.
    pub(super) fn depends_on_hedge(series: BookSeries) -> bool {
        !matches!(series, BookSeries::CondorRisk | BookSeries::CondorDelta)
    }

    /// Starts again with that equity.
    pub(super) fn reset(&mut self, lanes: usize, equity: f64) {
        for values in [&mut self.equity, &mut self.peak] {
            values.clear();
            values.resize(lanes, equity);
        }
        self.drawdown.clear();
        self.drawdown.resize(lanes, 0.0);
    }

    /// Equity before today's trades, USD; that of the first day where nothing asks for it.
    pub(super) fn equity(&self) -> &[f64] {
        &self.equity
    }

    /// Brings equity and drawdown up to today, where a rule or a size asks for them; `condors_usd` is the P&L of the
    /// condors and their costs, to which the hedge's in `ledger` is added.
    pub(super) fn update(&mut self, close: &Close<'_, '_>, condors_usd: &[f64], ledger: Option<&Ledger>) {
        if !close.context.equity_is_seen {
            return;
        }
        self.equity.copy_from_slice(condors_usd);
        if let Some(ledger) = ledger {
            ledger.add_pnl(close.context.components.hedge_side(), &mut self.equity);
        }
        let cash_equity = close.context.cash_equity(close.day);
        for ((equity, peak), drawdown) in self.equity.iter_mut().zip(&mut self.peak).zip(&mut self.drawdown) {
            *equity += cash_equity;
            *peak = peak.max(*equity);
            *drawdown = 1.0 - *equity / *peak;
        }
    }

    /// The book as rules take it; `of_margin` holds margin use and quick ratio where anything is margined.
    pub(super) fn table<'a>(&'a self, condors: CondorView<'a>, of_margin: Option<[&'a [f64]; 2]>) -> BookTable<'a> {
        let table = BookTable::new(self.equity.len())
            .with(BookSeries::Equity, &self.equity)
            .with(BookSeries::Drawdown, &self.drawdown)
            .with(BookSeries::CondorRisk, condors.risk_usd)
            .with(BookSeries::CondorDelta, condors.delta_usd);
        match of_margin {
            Some([used, quick]) => table.with(BookSeries::MarginUsed, used).with(BookSeries::QuickRatio, quick),
            None => table,
        }
    }
}
