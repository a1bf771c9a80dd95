//! Forced moves: on a given day every path takes the same move of the index, of VIX, or of both.
//!
//! ```text
//! S_d   = S_(d-1) (1 + index)                      instead of the day's own move
//! VIX_d = VIX_(d-1) + vix                          at least the lowest VIX of the model
//! x2_d  = x2_(d-1) + slow (rise of VIX^2) / a2     or the mean of x2 at such a VIX; x1_d takes the rest through the VIX map
//! then for n days   S x (1 + index)^(-1/n),   x1 and x2 less a n-th of their forced moves, at least 0
//! ```
//!
//! Nothing else changes: the random numbers of all days are those of a run without shocks, and what is not forced moves on
//! by them. A forced move is no event of the model, so means are no longer those of the pricing measure.

use std::ops::Range;

use super::batch::PathBatch;
use super::lanes::Positions;
use crate::math::vector::{exp, ln};
use crate::model::{State, VixMap};

/// A forced move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shock {
    /// The close, from 1, at which the move has happened.
    pub day: usize,
    /// Relative move of the index.
    pub index: Option<f64>,
    /// Change of VIX, points.
    pub vix: Option<f64>,
    /// What the slow factor does.
    pub slow: SlowFactor,
    /// Days over which the move is taken back; 0: it is not.
    pub recovery_days: usize,
}

/// What the slow factor does in a shock of VIX; the fast one takes the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SlowFactor {
    /// It takes this share of the change of VIX squared.
    Share(f64),
    /// It goes to what goes with such a VIX on average: knots `(VIX, x2)`.
    Typical(&'static [(f64, f64)]),
}

/// A shock with what VIX means on the day before and on its own.
#[derive(Debug, Clone, Copy)]
struct Placed {
    shock: Shock,
    before: VixMap,
    on: VixMap,
}

/// The shocks of a run.
#[derive(Debug, Clone, Default)]
pub struct Shocks {
    placed: Vec<Placed>,
}

impl Shocks {
    /// Shocks on the days of a run with these VIX maps, one a close from the first on.
    ///
    /// # Panics
    /// A shock beyond the last close, or before the second.
    #[must_use]
    pub fn new(shocks: &[Shock], maps: &[VixMap]) -> Self {
        let place = |&shock: &Shock| Placed { shock, before: maps[shock.day - 1], on: maps[shock.day] };
        Self { placed: shocks.iter().map(place).collect() }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// Moves the positions of a range of lanes as the shocks of a day say, the days before being in the batch.
    pub(super) fn apply(&self, day: usize, lanes: Range<usize>, batch: &PathBatch, now: &mut Positions) {
        for placed in &self.placed {
            let shock = &placed.shock;
            if day == shock.day {
                for (place, lane) in lanes.clone().enumerate() {
                    placed.strike(batch, lane, place, now);
                }
            } else if day > shock.day && day - shock.day <= shock.recovery_days {
                for (place, lane) in lanes.clone().enumerate() {
                    placed.recover(batch, lane, place, now);
                }
            }
        }
    }
}

impl Placed {
    fn strike(&self, batch: &PathBatch, lane: usize, place: usize, now: &mut Positions) {
        let before = batch.row(self.shock.day - 1).start + lane;
        if let Some(index) = self.shock.index {
            now.spot[place] = batch.spot[before] * (1.0 + index);
        }
        if let Some(vix) = self.shock.vix {
            let state = self.shocked(State { x1: batch.x1[before], x2: batch.x2[before] }, vix);
            (now.x1[place], now.x2[place]) = (state.x1, state.x2);
        }
    }

    /// The state with the shocked VIX.
    fn shocked(&self, before: State, points: f64) -> State {
        let map = &self.on;
        let target = (self.before.vix(before) + points).max(map.floor());
        let share = match self.shock.slow {
            SlowFactor::Share(share) => share,
            // The floor is a VIX that the model has.
            SlowFactor::Typical(knots) => return map.state_from_vix(target, Some(knots)).unwrap_or(before),
        };
        let square = target * target * 1e-4;
        let rise = square - map.square(before);
        let room = (square - map.b).max(0.0);
        let x2 = if map.a2 > 0.0 { (before.x2 + share * rise / map.a2).clamp(0.0, room / map.a2) } else { 0.0 };
        State { x1: ((room - map.a2 * x2) / map.a1).max(0.0), x2 }
    }

    fn recover(&self, batch: &PathBatch, lane: usize, place: usize, now: &mut Positions) {
        let days = self.shock.recovery_days as f64;
        if let Some(index) = self.shock.index {
            now.spot[place] *= exp(-ln(1.0 + index) / days);
        }
        if self.shock.vix.is_some() {
            let [before, on] = [self.shock.day - 1, self.shock.day].map(|day| batch.row(day).start + lane);
            let back = |now: f64, factor: &[f64]| (now - (factor[on] - factor[before]) / days).max(0.0);
            now.x1[place] = back(now.x1[place], &batch.x1);
            now.x2[place] = back(now.x2[place], &batch.x2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;
    use crate::path::{DayStep, Generator, Start, Workspace};

    const DAYS: usize = 12;

    fn maps(preset: Preset) -> Vec<VixMap> {
        let law = *preset.model().risk_neutral();
        (0..=DAYS).map(|day| VixMap::new(&law, (30.0 + (day % 3) as f64) / 365.0).unwrap()).collect()
    }

    fn paths(preset: Preset, shocks: &[Shock]) -> PathBatch {
        let start = Start { spot: 6600.0, rate: 0.04, dividend_yield: 0.01, state: State { x1: 0.01, x2: 0.015 } };
        let day = DayStep { variance_years: 1.0 / 252.0, calendar_years: 1.0 / 365.0 };
        let generator = Generator::new(&preset.model(), start, &[day; DAYS], 1, 9).unwrap();
        let mut batch = PathBatch::new();
        let shocks = Shocks::new(shocks, &maps(preset));
        generator.with_shocks(shocks).fill(0, 40, &mut batch, &mut Workspace::default());
        batch
    }

    fn vix(preset: Preset, batch: &PathBatch, day: usize, lane: usize) -> f64 {
        let at = batch.row(day).start + lane;
        maps(preset)[day].vix(State { x1: batch.x1[at], x2: batch.x2[at] })
    }

    const CRASH: Shock =
        Shock { day: 5, index: Some(-0.12), vix: Some(30.0), slow: SlowFactor::Share(0.0), recovery_days: 0 };

    #[test]
    fn every_path_takes_the_move_and_none_changes_before_it() {
        for preset in [Preset::Default, Preset::Svcj] {
            let (free, shocked) = (paths(preset, &[]), paths(preset, &[CRASH]));
            for lane in 0..40 {
                let at = |day: usize| free.row(day).start + lane;
                for day in 0..5 {
                    assert_eq!(free.spot[at(day)].to_bits(), shocked.spot[at(day)].to_bits());
                    assert_eq!(free.x1[at(day)].to_bits(), shocked.x1[at(day)].to_bits());
                }
                let fall = shocked.spot[at(5)] / shocked.spot[at(4)] - 1.0;
                assert!((fall + 0.12).abs() < 1e-14, "{fall}");
                let rise = vix(preset, &shocked, 5, lane) - vix(preset, &shocked, 4, lane);
                assert!((rise - 30.0).abs() < 1e-9, "{rise}");
                assert_eq!(shocked.x2[at(5)], shocked.x2[at(4)], "the slow factor stands aside");
            }
        }
    }

    #[test]
    fn a_share_of_the_rise_goes_to_the_slow_factor() {
        let preset = Preset::Default;
        let half = paths(preset, &[Shock { slow: SlowFactor::Share(0.5), ..CRASH }]);
        let map = maps(preset)[5];
        for lane in 0..40 {
            let (before, on) = (half.row(4).start + lane, half.row(5).start + lane);
            assert!((vix(preset, &half, 5, lane) - vix(preset, &half, 4, lane) - 30.0).abs() < 1e-9);
            let [fast, slow] = [map.a1 * (half.x1[on] - half.x1[before]), map.a2 * (half.x2[on] - half.x2[before])];
            assert!((fast - slow).abs() < 1e-12, "{fast} {slow}");
        }
    }

    #[test]
    fn a_typical_slow_factor_is_the_preset_s_at_such_a_vix() {
        let preset = Preset::Default;
        let knots = preset.slow_state_given_vix().unwrap();
        let shocked = paths(preset, &[Shock { slow: SlowFactor::Typical(knots), ..CRASH }]);
        for lane in 0..40 {
            let on = shocked.row(5).start + lane;
            let level = vix(preset, &shocked, 5, lane);
            let expected = maps(preset)[5].state_from_vix(level, Some(knots)).unwrap();
            assert!((shocked.x2[on] - expected.x2).abs() < 1e-12);
            assert!((level - vix(preset, &shocked, 4, lane) - 30.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_fall_below_what_the_model_can_have_stops_at_its_lowest() {
        for slow in [0.0, 1.0].map(SlowFactor::Share) {
            let calm = paths(Preset::Default, &[Shock { index: None, vix: Some(-100.0), slow, ..CRASH }]);
            let row = calm.row(5);
            assert!(calm.x1[row.clone()].iter().chain(&calm.x2[row]).all(|&x| x == 0.0));
        }
    }

    #[test]
    fn a_recovery_gives_back_in_days_what_was_forced() {
        // Without a move of its own the index would be back where it was; with it, the average path nearly is.
        let preset = Preset::Default;
        let back = paths(preset, &[Shock { recovery_days: 4, ..CRASH }]);
        let free = paths(preset, &[]);
        let mean = |batch: &PathBatch, day: usize| batch.spot[batch.row(day)].iter().sum::<f64>() / 40.0;
        assert!((mean(&back, 9) / mean(&free, 9) - 1.0).abs() < 0.04);
        assert!(mean(&back, 5) < 0.9 * mean(&free, 5));
        for lane in 0..40 {
            let rise = vix(preset, &back, 9, lane) - vix(preset, &back, 4, lane);
            assert!(rise < 25.0, "{rise}");
        }
    }

    #[test]
    fn only_what_is_named_is_forced() {
        let (free, shocked) = (paths(Preset::Default, &[]), paths(Preset::Default, &[Shock { vix: None, ..CRASH }]));
        let row = free.row(5);
        assert_eq!(free.x1[row.clone()], shocked.x1[row.clone()]);
        assert_ne!(free.spot[row.clone()], shocked.spot[row]);
    }
}
