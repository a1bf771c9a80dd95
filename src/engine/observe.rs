//! What one batch leaves behind: the running statistics of each path, and the columns they end in.

use super::lanes::Lanes;
use crate::math::InstructionSet;
use crate::math::dispatch::dispatched;
use crate::risk::summary::SHORT_HORIZONS;

/// The P&L of one account along the paths of a batch.
#[derive(Debug, Default)]
pub(super) struct AccountTrack {
    /// P&L over cash at the latest close, USD.
    pub(super) pnl: Vec<f64>,
    /// P&L over cash at the early horizons, USD.
    pub(super) early: [Vec<f64>; SHORT_HORIZONS.len()],
    /// Deepest fall of equity from its highest close so far, USD.
    pub(super) max_drawdown: Vec<f64>,
    /// Smallest change of the P&L from one close to the next, USD.
    pub(super) worst_day: Vec<f64>,
    /// Lowest equity at a close, USD.
    pub(super) lowest_equity: Vec<f64>,
    /// Longest stretch of closes below an earlier one, trading days.
    pub(super) longest_drawdown: Vec<i32>,
    peak: Vec<f64>,
    /// Closes since the latest peak.
    below: Vec<i32>,
}

impl AccountTrack {
    /// Empties the track for a batch that starts with that equity.
    pub(super) fn reset(&mut self, lanes: usize, equity: f64) {
        let early = self.early.iter_mut();
        for values in [&mut self.pnl, &mut self.max_drawdown, &mut self.worst_day].into_iter().chain(early) {
            values.clear();
            values.resize(lanes, 0.0);
        }
        for values in [&mut self.peak, &mut self.lowest_equity] {
            values.clear();
            values.resize(lanes, equity);
        }
        for days in [&mut self.longest_drawdown, &mut self.below] {
            days.clear();
            days.resize(lanes, 0);
        }
    }

    /// Takes some paths over from a track that has just these.
    pub(super) fn take_over(&mut self, lanes: &Lanes<'_>, from: &Self) {
        let Self { pnl, early, max_drawdown, worst_day, lowest_equity, longest_drawdown, .. } = self;
        for (to, from) in [
            (pnl, &from.pnl),
            (max_drawdown, &from.max_drawdown),
            (worst_day, &from.worst_day),
            (lowest_equity, &from.lowest_equity),
        ] {
            lanes.scatter(from, to);
        }
        early.iter_mut().zip(&from.early).for_each(|(to, from)| lanes.scatter(from, to));
        lanes.scatter(&from.longest_drawdown, longest_drawdown);
    }

    /// Notes the P&L of all paths after the trades of a close; `cash_equity` is the starting equity grown at the cash
    /// rate.
    pub(super) fn observe(&mut self, day: usize, pnl: &[f64], cash_equity: f64) {
        if day == 0 {
            // There is no change from a close before the first.
            self.pnl.copy_from_slice(pnl);
        }
        let Self { pnl: before, worst_day, peak, max_drawdown, lowest_equity, .. } = self;
        let set = InstructionSet::Best;
        note_extremes(set, pnl, cash_equity, before, worst_day, peak, max_drawdown, lowest_equity);
        note_stretches(set, pnl, cash_equity, &self.peak, &mut self.below, &mut self.longest_drawdown);
        self.pnl.copy_from_slice(pnl);
        if let Some(index) = SHORT_HORIZONS.iter().position(|&horizon| horizon as usize == day) {
            self.early[index].copy_from_slice(pnl);
        }
    }
}

dispatched!(
    /// The worst change so far, the highest equity, the deepest fall from it, the lowest equity.
    fn note_extremes(
        pnl: &[f64],
        cash_equity: f64,
        before: &[f64],
        worst_day: &mut [f64],
        peak: &mut [f64],
        max_drawdown: &mut [f64],
        lowest_equity: &mut [f64],
    ) {
        let rows = pnl.iter().zip(before).zip(worst_day.iter_mut().zip(lowest_equity));
        for (((&now, &before), (worst, lowest)), (peak, drawdown)) in rows.zip(peak.iter_mut().zip(max_drawdown)) {
            let equity = cash_equity + now;
            *worst = worst.min(now - before);
            *lowest = lowest.min(equity);
            *peak = peak.max(equity);
            *drawdown = drawdown.max(*peak - equity);
        }
    }
);
dispatched!(
    /// For how long the equity has been below its peak, and the longest of such stretches.
    fn note_stretches(pnl: &[f64], cash_equity: f64, peak: &[f64], below: &mut [i32], longest: &mut [i32]) {
        for ((&pnl, &peak), (below, longest)) in pnl.iter().zip(peak).zip(below.iter_mut().zip(longest)) {
            *below = if cash_equity + pnl < peak { *below + 1 } else { 0 };
            *longest = (*longest).max(*below);
        }
    }
);

/// Counts and extremes along the paths of a batch.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Condors opened.
    pub(super) condors_opened: Vec<i32>,
    /// Shifts of condors along the expiries.
    pub(super) condors_shifted: Vec<i32>,
    /// Condors held to expiry.
    pub(super) condors_expired: Vec<i32>,
    /// Days on which a condor could not be marked and was entered at its worst case.
    pub(super) unmarked_days: Vec<i32>,
    /// Days on which each layer was on, `[layer * lanes + lane]`.
    pub(super) layer_days: Vec<i32>,
    /// Largest condor risk, USD.
    pub(super) max_condor_risk: Vec<f64>,
    /// Largest net number of VX contracts held, long or short.
    pub(super) max_contracts: Vec<f64>,
}

impl Counts {
    /// Empties the counts.
    pub(super) fn reset(&mut self, lanes: usize, layers: usize) {
        let Self { condors_opened, condors_shifted, condors_expired, unmarked_days, .. } = self;
        for values in [condors_opened, condors_shifted, condors_expired, unmarked_days] {
            values.clear();
            values.resize(lanes, 0);
        }
        self.layer_days.clear();
        self.layer_days.resize(lanes * layers, 0);
        for values in [&mut self.max_condor_risk, &mut self.max_contracts] {
            values.clear();
            values.resize(lanes, 0.0);
        }
    }

    /// Takes over what condors leave behind; what layers do stays.
    pub(super) fn copy_condors(&mut self, from: &Self) {
        self.condors_opened.copy_from_slice(&from.condors_opened);
        self.condors_shifted.copy_from_slice(&from.condors_shifted);
        self.condors_expired.copy_from_slice(&from.condors_expired);
        self.unmarked_days.copy_from_slice(&from.unmarked_days);
        self.max_condor_risk.copy_from_slice(&from.max_condor_risk);
    }

    /// Takes some paths over from counts of just these.
    pub(super) fn take_over(&mut self, lanes: &Lanes<'_>, from: &Self) {
        for (to, from) in [
            (&mut self.condors_opened, &from.condors_opened),
            (&mut self.condors_shifted, &from.condors_shifted),
            (&mut self.condors_expired, &from.condors_expired),
            (&mut self.unmarked_days, &from.unmarked_days),
            (&mut self.layer_days, &from.layer_days),
        ] {
            lanes.scatter(from, to);
        }
        lanes.scatter(&from.max_condor_risk, &mut self.max_condor_risk);
        lanes.scatter(&from.max_contracts, &mut self.max_contracts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_keeps_the_deepest_fall_and_the_worst_day() {
        let mut track = AccountTrack::default();
        track.reset(1, 1000.0);
        for (day, (pnl, cash)) in
            [(0.0, 1000.0), (50.0, 1010.0), (-20.0, 1020.0), (30.0, 1030.0)].into_iter().enumerate()
        {
            track.observe(day, &[pnl], cash);
        }
        assert_eq!((track.max_drawdown[0], track.worst_day[0], track.pnl[0]), (60.0, -70.0, 30.0));
        assert_eq!(track.early.each_ref().map(|values| values[0]), [50.0, 0.0, 0.0, 0.0]);
    }
}
