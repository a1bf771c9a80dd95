//! The surprises of a day in the market, standardised: what macro factors correlate with.
//!
//! ```text
//! z = (ln(S'/S) - m) / sqrt(A),      u = ((y' - n) / sqrt(B) - c z) / sqrt(1 - c^2),      c = C / sqrt(A B)
//! ```
//!
//! `y = a1 x1 + a2 x2` is what moves `(VIX/100)^2`; `m`, `n` are the conditional means of log index and `y` under P given
//! the day before, `A`, `B` and `C` their conditional variances and covariance:
//!
//! ```text
//! A = E int V + E[J^2] E int L                        Var x1' = s1^2 E int x1 + E[Z^2] E int L,  Var x2' = s2^2 E int x2
//! C = a1 (rho1 s1 E int x1 + E[J Z] E int L) + a2 rho2 sqrt(beta) s2 E int x2
//! ```
//!
//! to the first order in the length of a day, plus what the releases of the day add. So `z` and `u` have mean 0 and
//! variance 1 on every day and are uncorrelated, whatever the state: `u` is the part of VIX's surprise that the index
//! does not explain. They are far from normal when something jumps.

use super::batch::PathBatch;
use super::generate::DayStep;
use super::release::ReleaseDays;
use crate::model::vix::{Affine, integrated_means, means};
use crate::model::{JumpLaw, Law, Model, Physical, State, VixMap};

/// Standardises the days of a run.
#[derive(Debug, Clone)]
pub struct Surprises {
    /// One a distinct step.
    steps: Vec<(DayStep, StepMoments)>,
    step_of_day: Vec<usize>,
    /// By day: the map at whose state the day ends.
    maps: Vec<VixMap>,
    releases: Vec<ReleaseDays>,
}

/// Conditional moments over one step, affine in the state.
#[derive(Debug, Clone, Copy)]
struct StepMoments {
    log_mean: Affine,
    x1_mean: Affine,
    x2_mean: Affine,
    log_variance: Affine,
    x1_variance: Affine,
    x2_variance: Affine,
    log_x1: Affine,
    log_x2: Affine,
}

impl Surprises {
    /// Surprises over `days.len()` days after day 0; `maps` holds VIX's map of every day, day 0 included.
    #[must_use]
    pub fn new(model: &Model, carry: f64, days: &[DayStep], maps: &[VixMap], releases: Vec<ReleaseDays>) -> Self {
        assert_eq!(maps.len(), days.len() + 1, "a map for every close");
        let mut shocks = Self { steps: Vec::new(), step_of_day: Vec::new(), maps: maps.to_vec(), releases };
        for &day in days {
            let known = shocks.steps.iter().position(|(length, _)| *length == day);
            shocks.step_of_day.push(known.unwrap_or_else(|| {
                shocks.steps.push((day, StepMoments::new(model, carry, day)));
                shocks.steps.len() - 1
            }));
        }
        shocks
    }

    /// Fills the surprises of index and VIX along the paths of a batch; those of day 0 are 0.
    ///
    /// # Shape
    /// `[day * lanes + lane]`, day 0 included.
    pub fn fill(&self, path: &PathBatch, index: &mut [f64], vix: &mut [f64]) {
        assert!(index.len() == path.spot.len() && vix.len() == path.spot.len(), "columns of the batch");
        assert_eq!(path.days(), self.maps.len(), "the days that the shocks were made for");
        let lanes = path.lanes();
        index[..lanes].fill(0.0);
        vix[..lanes].fill(0.0);
        for day in 1..path.days() {
            let moments = &self.steps[self.step_of_day[day - 1]].1;
            for lane in 0..lanes {
                let (now, before) = (path.row(day).start + lane, path.row(day - 1).start + lane);
                let log_return = crate::math::ln(path.spot[now] / path.spot[before]);
                let [from, to] = [path.state(day - 1, lane), path.state(day, lane)];
                [index[now], vix[now]] = self.standardised(moments, day, log_return, from, to);
            }
        }
    }

    fn standardised(&self, moments: &StepMoments, day: usize, log_return: f64, from: State, to: State) -> [f64; 2] {
        let map = &self.maps[day];
        let mut variances = [
            moments.log_variance.at(from),
            map.a1 * map.a1 * moments.x1_variance.at(from) + map.a2 * map.a2 * moments.x2_variance.at(from),
        ];
        let mut covariance = map.a1 * moments.log_x1.at(from) + map.a2 * moments.log_x2.at(from);
        for news in self.releases.iter().filter(|news| news.days[day]) {
            let [of_index, of_square] = [
                news.release.index_move * news.release.deviation,
                news.release.response(map, from) * news.release.deviation * map.a1 * from.x1,
            ];
            variances[0] += of_index * of_index;
            variances[1] += of_square * of_square;
            covariance += of_index * of_square;
        }
        let square = map.a1 * (to.x1 - moments.x1_mean.at(from)) + map.a2 * (to.x2 - moments.x2_mean.at(from));
        let z = over_root(log_return - moments.log_mean.at(from), variances[0]);
        let correlation = over_root(over_root(covariance, variances[0]), variances[1]).clamp(-1.0, 1.0);
        let u = over_root(over_root(square, variances[1]) - correlation * z, 1.0 - correlation * correlation);
        [z, u]
    }
}

/// `x / sqrt(y)`, and 0 where nothing can vary.
fn over_root(x: f64, y: f64) -> f64 {
    if y > 0.0 { x / y.sqrt() } else { 0.0 }
}

impl StepMoments {
    fn new(model: &Model, carry: f64, day: DayStep) -> Self {
        let law: &Law<Physical> = model.physical();
        let dt = day.variance_years;
        let [fast, slow] = integrated_means(law, dt, true);
        let [x1_mean, x2_mean] = means(law, dt);
        let intensity = |[l0, l1, l2]: [f64; 3]| sum(&[(l1, fast), (l2, slow), (l0, constant(dt))]);
        let jumps = intensity(law.dynamics.intensity);
        let compensator = intensity(model.compensator());
        let variance = sum(&[(1.0, fast), (law.shared.beta, slow)]);
        let [log_square, variance_square, product] = second_moments(&law.dynamics.jumps);
        let [f, s] = [law.shared.fast, law.shared.slow];
        let square = |sigma: f64| sigma * sigma;
        Self {
            log_mean: sum(&[
                (1.0, constant(carry * day.calendar_years)),
                (-1.0, compensator),
                (model.equity_premium() - 0.5, variance),
                (law.dynamics.jumps.mean_log(), jumps),
            ]),
            x1_mean,
            x2_mean,
            log_variance: sum(&[(1.0, variance), (log_square, jumps)]),
            x1_variance: sum(&[(square(f.vol_of_variance), fast), (variance_square, jumps)]),
            x2_variance: sum(&[(square(s.vol_of_variance), slow)]),
            log_x1: sum(&[(f.rho * f.vol_of_variance, fast), (product, jumps)]),
            log_x2: sum(&[(s.rho * s.vol_of_variance * law.shared.beta.sqrt(), slow)]),
        }
    }
}

/// `E[J^2]`, `E[Z^2]`, `E[J Z]` for `Z ~ Exp` of mean `mu_v` and `J | Z ~ N(mu + slope Z, delta^2)`.
fn second_moments(jumps: &JumpLaw) -> [f64; 3] {
    let (mu, mu_v, slope) = (jumps.mean_log_jump, jumps.mean_variance_jump, jumps.jump_slope);
    let z_square = 2.0 * mu_v * mu_v;
    let j_square =
        jumps.log_jump_vol * jumps.log_jump_vol + mu * mu + 2.0 * mu * slope * mu_v + slope * slope * z_square;
    [j_square, z_square, mu * mu_v + slope * z_square]
}

fn constant(b: f64) -> Affine {
    Affine { a1: 0.0, a2: 0.0, b }
}

fn sum(parts: &[(f64, Affine)]) -> Affine {
    parts.iter().fold(constant(0.0), |sum, (weight, part)| Affine {
        a1: sum.a1 + weight * part.a1,
        a2: sum.a2 + weight * part.a2,
        b: sum.b + weight * part.b,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;
    use crate::path::release::Release;
    use crate::path::{Generator, Start, Workspace};

    /// Means of `z`, `u`, `z^2`, `u^2`, `z u` on the second day over many paths, each with its standard error.
    fn moments(preset: Preset, releases: Vec<ReleaseDays>) -> [(f64, f64); 5] {
        let model = preset.model();
        let law = model.risk_neutral();
        let days = [DayStep { variance_years: 1.0 / 285.55, calendar_years: 1.0 / 365.0 }; 2];
        let maps = [VixMap::new(law, 30.0 / 365.0).unwrap(); 3];
        let state = State { x1: 0.012, x2: if law.has_slow_factor() { 0.016 } else { 0.0 } };
        let start = Start { spot: 100.0, rate: 0.04, dividend_yield: 0.01, state };
        let generator = Generator::new(&model, start, &days, 1, 5).unwrap().with_releases(releases.clone(), &maps);
        let shocks = Surprises::new(&model, 0.03, &days, &maps, releases);
        let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
        let (mut sums, mut squares, mut count) = ([0.0; 5], [0.0; 5], 0.0_f64);
        for group in 0..3000 {
            generator.fill(64 * group, 64, &mut batch, &mut workspace);
            let (mut z, mut u) = (vec![0.0; 192], vec![0.0; 192]);
            shocks.fill(&batch, &mut z, &mut u);
            for (&z, &u) in z[128..].iter().zip(&u[128..]) {
                for (at, value) in [z, u, z * z, u * u, z * u].into_iter().enumerate() {
                    sums[at] += value;
                    squares[at] += value * value;
                }
                count += 1.0;
            }
        }
        std::array::from_fn(|at| {
            let mean: f64 = sums[at] / count;
            (mean, ((squares[at] / count - mean * mean) / count).sqrt())
        })
    }

    #[test]
    fn shocks_are_standardised_and_uncorrelated_in_every_model() {
        let cpi = Release { deviation: 0.17, index_move: -0.033, vix_move: 3.6 };
        let news = vec![ReleaseDays { release: cpi, days: vec![false, false, true], rank: 0 }];
        for preset in Preset::ALL {
            for releases in [Vec::new(), news.clone()] {
                let found = moments(preset, releases);
                // Variances leave out the second order of a day's length, kappa dt and sigma^2 dt / v: 3 %.
                let expected = [(0.0, 0.0), (0.0, 0.0), (1.0, 0.03), (1.0, 0.03), (0.0, 0.03)];
                for (at, ((found, error), (expected, bias))) in found.into_iter().zip(expected).enumerate() {
                    assert!((found - expected).abs() < 4.0 * error + bias, "{preset:?}, moment {at}: {found} {error}");
                }
            }
        }
    }
}
