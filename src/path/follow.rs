//! A market that happened: closes of index and VIX that every path follows before it goes on at random.
//!
//! ```text
//! S_d    = S_0 x close_d / close_0
//! y_d    = (VIX_d / 100)^2 - b = a1 x1_d + a2 x2_d                   at least 0: a VIX that the model cannot have is its lowest
//! x2_d   = m2 + a2 v2 / V (y_d - a1 m1 - a2 m2),  V = a1^2 v1 + a2^2 v2     where a day without a jump is the likelier story,
//!          m2                                                              where one with a jump is; from 0 to y_d / a2
//! x1_d   = (y_d - a2 x2_d) / a1
//! ```
//!
//! `m` and `v` are the means and variances of both factors over a day without a jump, given the states of the day before, under
//! the real-world measure, to the first order in its length. VIX fixes one sum of the two factors; of what is left this is the
//! most likely value: if nothing jumped, both factors share the surprise as their variances have it; a jump is the fast
//! one's alone, and its size follows Exp(mean). So the slow factor takes little of a spike, and not much more of a level that
//! stays for weeks: by the model's own law that is no evidence for it. Random numbers are those of a run that follows nothing.

use std::ops::Range;

use super::generate::DayStep;
use super::lanes::Positions;
use crate::math::ln;
use crate::model::vix::{integrated_means, means};
use crate::model::{Law, Model, Physical, State, VixMap};

/// The closes of a run that are given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Followed {
    /// By day, the first one first: the index over that of the first day, and both factors.
    days: Vec<(f64, State)>,
}

impl Followed {
    /// Finds the states behind closes of index and VIX, the first of which are those of the first day in state `first`.
    ///
    /// `days` and `maps` are the run's steps and its VIX maps, one a close; closes beyond the run are left out.
    ///
    /// # Panics
    /// Not as many closes of VIX as of the index.
    #[must_use]
    pub fn new(index: &[f64], vix: &[f64], model: &Model, first: State, days: &[DayStep], maps: &[VixMap]) -> Self {
        assert_eq!(index.len(), vix.len(), "a close of VIX for each of the index");
        let mut followed = vec![(1.0, first)];
        let mut state = first;
        for day in 1..index.len().min(maps.len()) {
            state = most_likely(&maps[day], vix[day], model.physical(), days[day - 1], state);
            followed.push((index[day] / index[0], state));
        }
        Self { days: followed }
    }

    /// Moves the positions of all lanes to a day's close, if it is given.
    pub(super) fn apply(&self, day: usize, spot: f64, lanes: Range<usize>, now: &mut Positions) {
        let Some(&(index, state)) = self.days.get(day) else { return };
        let places = ..lanes.len();
        now.spot[places].fill(spot * index);
        now.x1[places].fill(state.x1);
        now.x2[places].fill(state.x2);
    }

    /// The states by day.
    pub fn states(&self) -> impl Iterator<Item = State> {
        self.days.iter().map(|(_, state)| *state)
    }
}

/// The likeliest state with a VIX after a day that began in a state.
fn most_likely(map: &VixMap, vix: f64, law: &Law<Physical>, day: DayStep, before: State) -> State {
    let room = (vix * vix * 1e-4 - map.b).max(0.0);
    let x2 = if map.a2 > 0.0 {
        slow_factor(map, room, law, day.variance_years, before).clamp(0.0, room / map.a2)
    } else {
        0.0
    };
    State { x1: ((room - map.a2 * x2) / map.a1).max(0.0), x2 }
}

fn slow_factor(map: &VixMap, room: f64, law: &Law<Physical>, years: f64, before: State) -> f64 {
    let [m1, m2] = means(law, years).map(|mean| mean.at(before));
    let [of_fast, of_slow] = integrated_means(law, years, false).map(|integral| integral.at(before));
    let square = |x: f64| x * x;
    let v1 = square(law.shared.fast.vol_of_variance) * of_fast;
    let v2 = square(law.shared.slow.vol_of_variance) * of_slow;
    let [l0, l1, l2] = law.dynamics.intensity;
    let jump = law.dynamics.jumps.mean_variance_jump;
    let jumps = (l0 + l1 * before.x1 + l2 * before.x2) * years;
    let variance = square(map.a1) * v1 + square(map.a2) * v2;
    let surprise = room - map.a1 * (m1 - jump * jumps) - map.a2 * m2;
    if variance <= 0.0 {
        return m2;
    }
    // Logarithms of the densities of the surprise without a jump and with one.
    let smooth = -0.5 * (ln(2.0 * std::f64::consts::PI * variance) + square(surprise) / variance);
    let scale = map.a1 * jump;
    let jumped =
        if surprise > 0.0 && jumps * scale > 0.0 { ln(jumps / scale) - surprise / scale } else { f64::NEG_INFINITY };
    if jumped > smooth { m2 } else { m2 + map.a2 * v2 / variance * surprise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;
    use crate::path::{Generator, PathBatch, Start, Workspace};

    const DAY: DayStep = DayStep { variance_years: 1.0 / 252.0, calendar_years: 1.0 / 365.0 };
    const FIRST: State = State { x1: 0.01, x2: 0.015 };

    fn maps(preset: Preset, days: usize) -> Vec<VixMap> {
        let law = *preset.model().risk_neutral();
        (0..=days).map(|day| VixMap::new(&law, (30.0 + (day % 3) as f64) / 365.0).unwrap()).collect()
    }

    fn followed(preset: Preset, vix: &[f64]) -> Vec<State> {
        let (model, maps) = (preset.model(), maps(preset, vix.len()));
        let days = vec![DAY; vix.len()];
        Followed::new(&vec![100.0; vix.len()], vix, &model, FIRST, &days, &maps).states().collect()
    }

    #[test]
    fn every_path_has_the_closes_and_goes_on_by_the_numbers_of_a_free_run() {
        for preset in [Preset::Default, Preset::Svcj] {
            let (model, maps) = (preset.model(), maps(preset, 12));
            let (index, vix) = ([400.0, 380.0, 390.0, 300.0], [18.0, 25.0, 24.0, 60.0]);
            let given = Followed::new(&index, &vix, &model, FIRST, &[DAY; 12], &maps);
            let start = Start { spot: 6600.0, rate: 0.04, dividend_yield: 0.01, state: FIRST };
            let generator = Generator::new(&model, start, &[DAY; 12], 1, 9).unwrap().with_followed(given);
            let mut batch = PathBatch::new();
            generator.fill(0, 70, &mut batch, &mut Workspace::default());
            for lane in 0..70 {
                for day in 1..4 {
                    let at = batch.row(day).start + lane;
                    assert!((batch.spot[at] / 6600.0 - index[day] / 400.0).abs() < 1e-15);
                    assert!((maps[day].vix(batch.state(day, lane)) - vix[day]).abs() < 1e-9);
                }
            }
            let last = &batch.spot[batch.row(4)];
            assert!(last.iter().any(|spot| spot != &last[0]), "paths go on by themselves");
        }
    }

    #[test]
    fn the_slow_factor_is_the_conditional_mean_of_many_simulated_days() {
        // Of the days that end at a given VIX: their mean slow factor, against what is inferred from VIX alone.
        let preset = Preset::Default;
        let (model, map) = (preset.model(), maps(preset, 1)[1]);
        let start = Start { spot: 100.0, rate: 0.0, dividend_yield: 0.0, state: State { x1: 0.03, x2: 0.02 } };
        let generator = Generator::new(&model, start, &[DAY], 1, 3).unwrap();
        let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
        let (mut errors, mut count) = ([0.0; 2], 0.0);
        for group in 0..1000 {
            generator.fill(64 * group, 64, &mut batch, &mut workspace);
            for lane in 0..64 {
                let state = batch.state(1, lane);
                let inferred = most_likely(&map, map.vix(state), model.physical(), DAY, start.state);
                errors[0] += (inferred.x2 - state.x2) * (inferred.x2 - state.x2);
                let unmoved = means(model.physical(), 1.0 / 252.0)[1].at(start.state) - state.x2;
                errors[1] += unmoved * unmoved;
                count += 1.0;
            }
        }
        // VIX says little of the slow factor in a day, but what it says helps.
        assert!(errors[0] < 0.99 * errors[1], "{:?}", errors.map(|error| (error / count).sqrt()));
    }

    #[test]
    fn a_spike_is_fast_and_a_level_that_stays_moves_the_slow_factor_a_little() {
        let mut vix = vec![18.0; 5];
        vix.extend([40.0; 120]);
        let states = followed(Preset::Default, &vix);
        assert!((states[5].x2 / states[4].x2 - 1.0).abs() < 0.01, "{:?} {:?}", states[4], states[5]);
        assert!(states[124].x2 > states[5].x2 && states[124].x1 < states[5].x1, "{:?} {:?}", states[5], states[124]);
        // A fall is shared by both, and below the lowest VIX of the model both are at rest.
        let fallen = followed(Preset::Default, &[18.0, 17.0, 16.0]);
        assert!(fallen[2].x2 < fallen[0].x2 && fallen[2].x1 < fallen[0].x1);
        let low = followed(Preset::Default, &[18.0, 1.0]);
        assert_eq!(low[1], State { x1: 0.0, x2: 0.0 });
        assert!(followed(Preset::Svcj, &[18.0, 40.0, 30.0]).iter().skip(1).all(|state| state.x2 == 0.0));
    }
}
