//! Takes an account along a batch whose condors are on a tape.
//!
//! The account has no say over the condors, so it leaves the paths on which it would have one: where it is halted below its
//! initial margin, is called, or has no room for an entry. Those have to be run again with a [`Book`](super::book::Book);
//! on all others the outcome has the bits that a book would give.

use super::account::Account;
use super::close::Close;
use super::condor_tape::{CondorTape, TapeDay, TapeMargin};
use super::context::Context;
use super::market::MarketBatch;
use crate::Result;
use crate::strategy::rule::Workspace as RuleWorkspace;

/// Trades an account's layers along the whole batch.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn follow(
    account: &mut Account,
    context: &Context<'_>,
    market: &MarketBatch,
    rules: &mut RuleWorkspace,
    tape: &mut CondorTape,
) -> Result<()> {
    let lanes = tape.imbalance.len();
    account.reset(context, lanes, context.components.hedge_side());
    let sees_book = account.hedge.is_some() && !context.layer_nodes.is_empty();
    if sees_book {
        context.program.restart_book(rules);
    }
    for (day, tape) in tape.days.iter_mut().enumerate() {
        let close = Close { context, market, day, lanes };
        account.open_day(&close);
        hold_to_margin(account, &close, tape)?;
        if day < context.grid.horizon_days() {
            account.stand(&close, &tape.before_usd);
            if sees_book {
                let table = account.table(tape.seen.view());
                context.program.evaluate_book_of(&context.layer_nodes, day, &table, rules);
            }
            account.trade(&close, rules, tape.hedged(), false);
        }
        account.observe(&close, tape.after_usd());
    }
    account.counts.copy_condors(&tape.counts);
    account.condor_parts.clear();
    account.condor_parts.extend_from_slice(&tape.parts);
    for (own, condors) in account.imbalance.iter_mut().zip(&tape.imbalance) {
        *own = own.max(*condors);
    }
    Ok(())
}

/// Holds equity against margin, and leaves the paths on which the account would decide over condors.
fn hold_to_margin(account: &mut Account, close: &Close<'_, '_>, tape: &mut TapeDay) -> Result<()> {
    let TapeDay { before_usd, funds, margin: TapeMargin { spx: Some(spx), open, entries, held }, .. } = tape else {
        return Ok(());
    };
    account.state_equity(close, before_usd, funds);
    let Some(margin) = &mut account.margin else { return Ok(()) };
    margin.examine(close, spx, open)?;
    // None is halted at the last close, when nothing is traded: what it says there has been said.
    if close.day < close.context.grid.horizon_days() { margin.leave(close, spx, entries, held) } else { Ok(()) }
}
