//! Reads condors off their tables at the moves of a price scan.

use super::close::Close;
use super::condor_mark::whole;
use super::condor_value::OptionDays;
use crate::Result;
use crate::book::margin::ScanPoints;
use crate::book::margin::scan::{Ends, POINTS};
use crate::book::{Condor, OpenCondors};
use crate::model::State;
use crate::pricing::{OptionTable, Reading};

/// What is asked about the condors of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Nothing.
    Nothing,
    /// What they lose at a move.
    Loss(usize),
    /// The most that they lose between two moves.
    Bound(Ends),
}

/// A whole condor of one expiry, as the scan reads it.
#[derive(Debug)]
pub(super) struct ScannedCondor<'t> {
    /// Path of the batch.
    pub(super) lane: usize,
    table: &'t OptionTable,
    /// At a fallen and at a risen index.
    states: [State; 2],
    log_moneyness: [f64; 4],
    discounted_forward: f64,
    /// Index points.
    value: f64,
    usd_per_point: f64,
}

impl Question {
    /// Where puts and calls are read.
    fn ends(self) -> Option<Ends> {
        match self {
            Self::Nothing => None,
            Self::Loss(point) => Some(Ends { put: point, call: point }),
            Self::Bound(ends) => Some(ends),
        }
    }
}

/// The whole condors of some paths, each path's in the order of the book.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn scanned<'c>(
    points: &ScanPoints,
    close: &Close<'c, '_>,
    open: &[OpenCondors],
    lanes: &[usize],
) -> Result<Vec<ScannedCondor<'c>>> {
    let mut is_chosen = vec![false; close.lanes];
    lanes.iter().for_each(|&lane| is_chosen[lane] = true);
    let mut days = close.option_days();
    let mut scanned = Vec::with_capacity(2 * lanes.len());
    for condor in open.iter().flat_map(|book| &book.positions).filter(|condor| is_chosen[condor.lane as usize]) {
        scanned.extend(ScannedCondor::new(points, close, &mut days, condor)?);
    }
    Ok(scanned)
}

/// What whole condors of one path lose together at the last move of either side, USD.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn losses_at_ends(points: &ScanPoints, close: &Close<'_, '_>, condors: &[&Condor]) -> Result<[f64; 2]> {
    let mut days = close.option_days();
    let mut losses = [0.0; 2];
    for condor in condors {
        let Some(scanned) = ScannedCondor::new(points, close, &mut days, condor)? else { continue };
        let ends = [POINTS / 2 - 1, POINTS - 1];
        let mut sides = [[0.0; 2]; 2];
        Reading::sides(&ends.map(|point| scanned.at(points, Ends { put: point, call: point })), &mut sides);
        for ((loss, point), sides) in losses.iter_mut().zip(ends).zip(sides) {
            *loss += scanned.loss(points.cost(point, sides, scanned.discounted_forward));
        }
    }
    Ok(losses)
}

impl<'t> ScannedCondor<'t> {
    /// None where the condor is not whole.
    fn new<'c: 't>(
        points: &ScanPoints,
        close: &Close<'c, '_>,
        days: &mut OptionDays<'c, '_>,
        condor: &Condor,
    ) -> Result<Option<Self>> {
        let (Some(expiry), lane) = (whole(condor), condor.lane as usize) else { return Ok(None) };
        let day = days.get(expiry)?;
        let log_forward = close.log_forward(lane, &day);
        Ok(Some(Self {
            lane,
            table: day.table,
            states: points.states(&close.context.vix_maps[close.day], close.state(lane)),
            log_moneyness: condor.log_strikes.map(|log_strike| log_strike - log_forward),
            discounted_forward: close.spot(lane) * day.dividend_discount,
            value: condor.value,
            usd_per_point: condor.usd_per_point,
        }))
    }

    /// The condor with its puts at one move and its calls at another of the same side.
    fn at(&self, points: &ScanPoints, ends: Ends) -> Reading<'t> {
        let state = self.states[ScanPoints::side_of(ends.put)];
        Reading { table: self.table, state, k: points.log_moneyness(self.log_moneyness, ends) }
    }

    /// What it loses where closing it costs so many index points, USD.
    fn loss(&self, cost: f64) -> f64 {
        (cost - self.value) * self.usd_per_point
    }
}

/// Answers two questions about the condors of each path, which are read off the tables together: what they lose, USD.
pub(super) fn ask(
    points: &ScanPoints,
    lanes: usize,
    scanned: &[ScannedCondor<'_>],
    questions: impl Fn(usize) -> [Question; 2],
) -> Vec<[f64; 2]> {
    let mut readings = Vec::with_capacity(2 * scanned.len());
    let mut asked = Vec::with_capacity(2 * scanned.len());
    for condor in scanned {
        for (slot, question) in questions(condor.lane).into_iter().enumerate() {
            let Some(ends) = question.ends() else { continue };
            readings.push(condor.at(points, ends));
            asked.push((condor, slot, question));
        }
    }
    let mut sides = vec![[0.0; 2]; readings.len()];
    Reading::sides(&readings, &mut sides);
    let mut losses = vec![[0.0; 2]; lanes];
    for ((condor, slot, question), sides) in asked.into_iter().zip(sides) {
        let forward = condor.discounted_forward;
        let cost = match question {
            Question::Loss(point) => points.cost(point, sides, forward),
            Question::Bound(ends) => points.bound(ends, sides, forward, condor.table.accuracy()),
            Question::Nothing => continue,
        };
        losses[condor.lane][slot] += condor.loss(cost);
    }
    losses
}

/// What closing a position would cost at each move, index points.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn costs(points: &ScanPoints, close: &Close<'_, '_>, condor: &Condor) -> Result<[f64; POINTS]> {
    let lane = condor.lane as usize;
    let states = points.states(&close.context.vix_maps[close.day], close.state(lane));
    let mut costs = [0.0; POINTS];
    if let Some(expiry) = whole(condor) {
        let day = close.context.options.day(close.day, expiry)?;
        let log_forward = close.log_forward(lane, &day);
        let log_moneyness = condor.log_strikes.map(|log_strike| log_strike - log_forward);
        let readings: [Reading<'_>; POINTS] = std::array::from_fn(|point| Reading {
            table: day.table,
            state: states[ScanPoints::side_of(point)],
            k: points.log_moneyness(log_moneyness, Ends { put: point, call: point }),
        });
        let mut sides = [[0.0; 2]; POINTS];
        Reading::sides(&readings, &mut sides);
        let forward = close.spot(lane) * day.dividend_discount;
        for (point, (cost, sides)) in costs.iter_mut().zip(sides).enumerate() {
            *cost = points.cost(point, sides, forward);
        }
        return Ok(costs);
    }
    for leg in condor.strikes.legs() {
        let day = close.context.options.day(close.day, condor.expiry_of(leg.kind))?;
        let k = condor.log_strikes[leg.slot] - close.log_forward(lane, &day);
        let located = states.map(|state| day.table.locate(state));
        let values = points.option(day.table, leg.kind, k, close.spot(lane) * day.dividend_discount, &located);
        costs.iter_mut().zip(values).for_each(|(cost, value)| *cost -= leg.quantity * value);
    }
    Ok(costs)
}
