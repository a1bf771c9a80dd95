//! Addressing, jumps and moments over horizons.

use super::*;
use crate::model::vix::means;
use crate::model::{Dynamics, Factor, Preset, Shared};

const DAY: f64 = 1.0 / 252.0;
const START: Start = Start { spot: 5000.0, rate: 0.04, dividend_yield: 0.015, state: State { x1: 0.02, x2: 0.015 } };

/// A night, and every fifth day a weekend.
fn calendar(days: usize) -> Vec<DayStep> {
    let night = DayStep { variance_years: 1.0 / 285.55, calendar_years: 1.0 / 365.0 };
    let weekend = DayStep { variance_years: 1.6 / 285.55, calendar_years: 3.0 / 365.0 };
    (0..days).map(|day| if day % 5 == 4 { weekend } else { night }).collect()
}

fn uniform_calendar(days: usize) -> Vec<DayStep> {
    vec![DayStep { variance_years: DAY, calendar_years: DAY }; days]
}

/// The default world with 40 jumps a year and intensities that follow both factors.
fn jumpy() -> Model {
    let base = Preset::Default.model();
    let intensity = [30.0, 100.0, 500.0];
    let with = |dynamics: JumpLaw| JumpLaw { mean_variance_jump: 0.01, ..dynamics };
    let (p, q) = (base.physical().dynamics, base.risk_neutral().dynamics);
    Model::new(
        base.physical().shared,
        Dynamics::new(p.kappa, intensity, with(p.jumps)),
        Dynamics::new(q.kappa, intensity, with(q.jumps)),
        base.equity_premium(),
    )
    .unwrap()
}

fn models() -> Vec<Model> {
    Preset::ALL.into_iter().map(Preset::model).chain([jumpy()]).collect()
}

fn filled(generator: &Generator, first_path: u64, lanes: usize) -> PathBatch {
    let mut batch = PathBatch::new();
    generator.fill(first_path, lanes, &mut batch, &mut Workspace::default());
    batch
}

/// All bits of one lane.
fn lane(batch: &PathBatch, lane: usize) -> Vec<[u64; 3]> {
    (0..batch.days())
        .map(|day| day * batch.lanes() + lane)
        .map(|at| [batch.spot[at], batch.x1[at], batch.x2[at]].map(f64::to_bits))
        .collect()
}

#[test]
fn a_path_depends_on_its_index_alone() {
    for model in models() {
        let generator = Generator::new(&model, START, &calendar(30), 2, 7).unwrap();
        let wide = filled(&generator, 1000, 150);
        for path in [0, 1, 63, 64, 100, 149] {
            let alone = filled(&generator, 1000 + path, 1);
            assert!(lane(&alone, 0) == lane(&wide, path as usize), "path {path} alone");
            let among = filled(&generator, 1000 + path - path.min(5), 9);
            assert!(lane(&among, path.min(5) as usize) == lane(&wide, path as usize), "path {path} among others");
        }
    }
}

#[test]
fn a_used_workspace_and_batch_change_nothing() {
    let generator = Generator::new(&jumpy(), START, &calendar(30), 1, 7).unwrap();
    let other = Generator::new(&Preset::Default.model(), START, &calendar(60), 1, 8).unwrap();
    let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
    other.fill(5, 100, &mut batch, &mut workspace);
    generator.fill(0, 70, &mut batch, &mut workspace);
    assert!(batch == filled(&generator, 0, 70));
}

#[test]
fn every_instruction_set_gives_the_same_paths() {
    for model in models() {
        let generator = Generator::new(&model, START, &calendar(30), 1, 7).unwrap();
        let best = filled(&generator, 0, 64);
        assert!(best == filled(&generator.clone().held_to(InstructionSet::Avx2), 0, 64));
        assert!(best == filled(&generator.held_to(InstructionSet::Baseline), 0, 64));
    }
}

#[test]
fn another_seed_gives_other_paths() {
    let [one, two] = [1, 2].map(|seed| filled(&Generator::new(&jumpy(), START, &calendar(3), 1, seed).unwrap(), 0, 64));
    let same = (64..one.spot.len()).filter(|&at| one.spot[at] == two.spot[at]).count();
    assert_eq!(same, 0);
}

#[test]
fn closes_are_those_of_the_finer_grid() {
    let halves: Vec<DayStep> = calendar(12)
        .into_iter()
        .map(|day| DayStep { variance_years: day.variance_years / 2.0, calendar_years: day.calendar_years / 2.0 })
        .flat_map(|half| [half, half])
        .collect();
    let days = filled(&Generator::new(&jumpy(), START, &calendar(12), 2, 3).unwrap(), 0, 64);
    let fine = filled(&Generator::new(&jumpy(), START, &halves, 1, 3).unwrap(), 0, 64);
    for day in 0..=12 {
        assert_eq!(days.spot[days.row(day)], fine.spot[fine.row(2 * day)]);
        assert_eq!(days.x1[days.row(day)], fine.x1[fine.row(2 * day)]);
    }
}

#[test]
fn day_zero_is_the_start_and_one_factor_models_have_no_slow_factor() {
    let batch = filled(&Generator::new(&Preset::Svcj.model(), START, &calendar(5), 1, 3).unwrap(), 0, 3);
    assert_eq!((batch.days(), batch.lanes()), (6, 3));
    assert_eq!(batch.spot[batch.row(0)], [5000.0; 3]);
    assert_eq!(batch.state(0, 2), State { x1: 0.02, x2: 0.0 });
    assert!(batch.x2.iter().all(|&x2| x2 == 0.0));
}

#[test]
fn bad_starts_and_days_are_refused() {
    let model = Preset::Default.model();
    let refused = |start: Start, day: DayStep| Generator::new(&model, start, &[day], 1, 0).unwrap_err().parameter;
    let day = calendar(1)[0];
    for spot in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(Start { spot, ..START }, day), "spot");
    }
    assert_eq!(refused(Start { rate: f64::NAN, ..START }, day), "rate");
    assert_eq!(refused(Start { dividend_yield: f64::INFINITY, ..START }, day), "dividend_yield");
    assert_eq!(refused(Start { state: State { x1: -1e-9, x2: 0.0 }, ..START }, day), "x1");
    assert_eq!(refused(Start { state: State { x1: 0.0, x2: f64::NAN }, ..START }, day), "x2");
    assert_eq!(refused(START, DayStep { variance_years: 0.0, ..day }), "variance_years");
    assert_eq!(refused(START, DayStep { calendar_years: -0.1, ..day }), "calendar_years");
}

#[test]
fn the_compensator_is_the_mean_of_the_jumps_that_are_drawn() {
    for jumps in models().iter().map(|model| model.physical().dynamics.jumps) {
        // E[e^J]: trapezoid over the normal, Simpson over the exponential's quantile e^-t.
        let (h, n) = (0.4, 8_000);
        let mut mean = 0.0;
        for i in -22..=22 {
            let z = h * f64::from(i);
            let density = h * libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
            for k in 0..=n {
                let t = 40.0 * f64::from(k) / f64::from(n);
                let simpson = if k == 0 || k == n { 1.0 } else { 2.0 + 2.0 * f64::from(k % 2) };
                let weight = density * simpson / 3.0 * 40.0 / f64::from(n) * libm::exp(-t);
                mean += weight * libm::exp(sizes_of(&jumps, t, z).1);
            }
        }
        assert!((mean - 1.0 - jumps.mean_relative_jump()).abs() < 1e-9, "{jumps:?}: {mean}");
    }
}

/// Mean of a sample and its standard error.
fn mean_and_error(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let square = values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    (mean, (square / n).sqrt())
}

const PATHS: usize = 40_000;

#[test]
fn the_discounted_index_is_a_martingale_without_premia() {
    for model in models() {
        let days = calendar(20);
        let generator = Generator::new(&model.without_premia(), START, &days, 1, 11).unwrap();
        let batch = filled(&generator, 0, PATHS);
        let years: f64 = days.iter().map(|day| day.calendar_years).sum();
        let forward = START.spot * libm::exp((START.rate - START.dividend_yield) * years);
        let (mean, error) = mean_and_error(batch.spot[batch.row(20)].iter().map(|spot| spot / forward));
        assert!((mean - 1.0).abs() < 4.0 * error, "{mean} +- {error} under {model:?}");
        if model == jumpy() {
            // A missing compensator would show.
            let [l0, l1, l2] = model.compensator();
            let drift = (l0 + l1 * START.state.x1 + l2 * START.state.x2) * 20.0 * DAY;
            assert!(drift.abs() > 8.0 * error, "{drift} {error}");
        }
    }
}

/// Means of both factors under the scheme: over a step, jumps come evenly.
fn scheme_means(law: &Law<Physical>, dt: f64, steps: usize) -> State {
    let drift = Drift { carry: 0.0, equity_premium: 0.0, compensator: [0.0; 3] };
    let step = StepCoefficients::new(law, &drift, dt, 0.0);
    let kappa1 = law.dynamics.kappa[0];
    let jump = law.dynamics.jumps.mean_variance_jump * -libm::expm1(-kappa1 * dt) / (kappa1 * dt);
    let mut state = START.state;
    for _ in 0..steps {
        state = State {
            x1: step.fast.mean[0] + step.fast.mean[1] * state.x1 + jump * step.hazard(state.x1, state.x2),
            x2: step.slow.mean[0] + step.slow.mean[1] * state.x2,
        };
    }
    state
}

#[test]
fn factors_have_their_conditional_means_at_every_horizon() {
    for model in models() {
        let law = model.physical();
        let generator = Generator::new(&model, START, &uniform_calendar(252), 1, 5).unwrap();
        let batch = filled(&generator, 0, PATHS / 4);
        for day in [1, 5, 21, 63, 252] {
            let exact = means(law, DAY * day as f64).map(|mean| mean.at(START.state));
            // Jumps that come evenly within a step cost less than this in the mean, relative, for these models.
            let scheme = scheme_means(law, DAY, day);
            assert!((scheme.x1 / exact[0] - 1.0).abs() < 2e-5, "after {day}: {} {}", scheme.x1, exact[0]);
            let (mean, error) = mean_and_error(batch.x1[batch.row(day)].iter().copied());
            assert!((mean - exact[0]).abs() < 4.0 * error, "x1 after {day}: {mean} +- {error}, {}", exact[0]);
            if law.has_slow_factor() {
                assert!((scheme.x2 / exact[1] - 1.0).abs() < 1e-12, "after {day}: {} {}", scheme.x2, exact[1]);
                let (mean, error) = mean_and_error(batch.x2[batch.row(day)].iter().copied());
                assert!((mean - exact[1]).abs() < 4.0 * error, "x2 after {day}: {mean} +- {error}, {}", exact[1]);
            }
        }
    }
}

#[test]
fn factors_have_their_conditional_variances_with_jumps_of_constant_intensity() {
    // model: dv = kappa (theta - v) dt + sigma sqrt v dW + Z dN;
    // Var v_T = v0 s2 E (1 - E) / k + theta* s2 (1 - E)^2 / (2 k) + lambda mu_v^2 (1 - E^2) / k,
    // with theta* = theta + lambda mu_v / k, and without the cross terms for a factor that does not jump.
    let svcj = Preset::Svcj.model();
    let often = |dynamics: Dynamics<Physical>| Dynamics::new(dynamics.kappa, [12.0, 0.0, 0.0], dynamics.jumps);
    let q = svcj.risk_neutral().dynamics;
    let model = Model::new(
        svcj.physical().shared,
        often(svcj.physical().dynamics),
        Dynamics::new(q.kappa, [12.0, 0.0, 0.0], q.jumps),
        0.0,
    )
    .unwrap();
    let law = model.physical();
    let (kappa, sigma) = (law.dynamics.kappa[0], law.shared.fast.vol_of_variance);
    let (lambda, jump) = (12.0, law.dynamics.jumps.mean_variance_jump);
    let level = law.theta()[0] + lambda * jump / kappa;
    let generator = Generator::new(&model, START, &uniform_calendar(63), 1, 5).unwrap();
    let batch = filled(&generator, 0, PATHS);
    for day in [1, 5, 21, 63] {
        let decay = libm::exp(-kappa * DAY * day as f64);
        let mean = level + (START.state.x1 - level) * decay;
        let variance = START.state.x1 * sigma * sigma * decay * (1.0 - decay) / kappa
            + level * sigma * sigma * (1.0 - decay) * (1.0 - decay) / (2.0 * kappa)
            + lambda * jump * jump * (1.0 - decay * decay) / kappa;
        let squares = batch.x1[batch.row(day)].iter().map(|x1| (x1 - mean) * (x1 - mean));
        let (found, error) = mean_and_error(squares);
        assert!((found - variance).abs() < 4.0 * error, "after {day}: {found} +- {error}, {variance}");
    }
}

#[test]
fn jumps_come_at_the_rate_of_the_clock_and_at_uniform_times() {
    // Without diffusion to speak of, x1 after one long step is a sum of e^(-kappa (T - t)) Z over the jumps.
    let fast = Factor { reversion: 0.0, vol_of_variance: 1e-6, rho: 0.0 };
    let shared = Shared { fast, slow: Factor::default(), beta: 0.0, coupling: 0.0 };
    let jumps = JumpLaw { mean_variance_jump: 0.1, ..JumpLaw::default() };
    let (kappa, lambda, years) = (3.0, 4.0, 0.5);
    let dynamics = [kappa, 0.0];
    let intensity = [lambda, 0.0, 0.0];
    let model =
        Model::new(shared, Dynamics::new(dynamics, intensity, jumps), Dynamics::new(dynamics, intensity, jumps), 0.0)
            .unwrap();
    let start = Start { state: State { x1: 0.0, x2: 0.0 }, ..START };
    let long = [DayStep { variance_years: years, calendar_years: years }];
    let batch = filled(&Generator::new(&model, start, &long, 1, 9).unwrap(), 0, PATHS);
    let x1 = &batch.x1[batch.row(1)];
    let none = x1.iter().filter(|&&x1| x1 == 0.0).count() as f64 / PATHS as f64;
    let expected = libm::exp(-lambda * years);
    assert!((none - expected).abs() < 4.0 * (expected * (1.0 - expected) / PATHS as f64).sqrt(), "{none} {expected}");
    // Campbell: mean lambda E[Z] (1 - E) / kappa, variance lambda E[Z^2] (1 - E^2) / (2 kappa).
    let decay = libm::exp(-kappa * years);
    let expected_mean = lambda * 0.1 * (1.0 - decay) / kappa;
    let expected_variance = lambda * 0.02 * (1.0 - decay * decay) / (2.0 * kappa);
    let (mean, error) = mean_and_error(x1.iter().copied());
    assert!((mean - expected_mean).abs() < 4.0 * error, "{mean} +- {error}, {expected_mean}");
    let (variance, error) = mean_and_error(x1.iter().map(|x1| (x1 - expected_mean) * (x1 - expected_mean)));
    assert!((variance - expected_variance).abs() < 4.0 * error, "{variance} +- {error}, {expected_variance}");
}

#[test]
fn pinned_paths_do_not_move() {
    // Value-breaking when they change: every run would give other figures.
    for (preset, pinned) in [
        (Preset::Default, [0x40b3_5743_a37b_1d96, 0, 0x3fa3_bdd6_5ac7_3521]),
        (Preset::Svcj, [0x40b6_184f_6e4c_400b, 0x3f7a_59b7_dc7f_af99, 0]),
        (Preset::Bates, [0x40b6_3126_2929_973f, 0x3f86_5ea3_801d_00aa, 0]),
        (Preset::Heston, [0x40b5_922e_a289_8762, 0x3f8f_5320_e8f4_638a, 0]),
    ] {
        let generator = Generator::new(&preset.model(), START, &calendar(252), 1, 20_261_123).unwrap();
        let batch = filled(&generator, 12_345, 1);
        assert_eq!(lane(&batch, 0)[252], pinned, "{}", preset.name());
    }
}

fn leading(skill: f64) -> Lead {
    Lead { breadth: crate::path::factors::Breadth::default(), skill }
}

#[test]
fn a_lead_without_skill_and_releases_on_no_day_leave_every_bit_as_it_is() {
    for model in models() {
        let generator = Generator::new(&model, START, &calendar(30), 2, 7).unwrap();
        let maps = vec![VixMap::new(model.risk_neutral(), 30.0 / 365.0).unwrap(); 31];
        let release = crate::path::Release { deviation: 1.0, index_move: -0.01, vix_move: 1.0 };
        let never = ReleaseDays { release, days: vec![false; 31], rank: 0 };
        let plain = filled(&generator, 0, 70);
        for same in [
            generator.clone().with_lead(Some(leading(0.0))),
            generator.clone().with_lead(None),
            generator.with_releases(vec![never], &maps),
        ] {
            assert!(filled(&same, 0, 70) == plain);
        }
    }
}

#[test]
fn with_skill_jumps_follow_weak_breadth_as_often_as_stated_and_the_index_pays_for_them() {
    let model = jumpy().without_premia();
    let lead = leading(3.0);
    let day = uniform_calendar(1);
    let plain = Generator::new(&model, START, &day, 1, 11).unwrap();
    let step = plain.steps[0].1;
    let hazard = step.hazard(START.state.x1, START.state.x2);
    let jump = model.risk_neutral().dynamics.jumps.mean_relative_jump();
    let generator = plain.with_lead(Some(lead));
    let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
    // By the multiple of the hazard: 1, up to 2.5, up to 4.
    let (mut expected, mut found, mut paths) = ([0.0; 3], [0.0; 3], 0.0);
    let (mut off, mut squares) = (0.0, 0.0_f64);
    let growth = libm::exp(step.carry);
    for group in 0..4000 {
        generator.fill(64 * group, 64, &mut batch, &mut workspace);
        for lane in 0..64 {
            let multiple = workspace.lead.multiples[lane];
            let class = usize::from(multiple > 1.0) + usize::from(multiple > 2.5);
            expected[class] += hazard * multiple;
            found[class] += f64::from(workspace.jumps[lane]);
            // The compensator stays that of the usual hazard.
            let mean = growth * libm::exp(hazard * jump * (multiple - 1.0));
            let excess = batch.spot[64 + lane] / START.spot - mean;
            off += excess;
            squares += excess * excess;
            paths += 1.0;
        }
    }
    for class in 0..3 {
        assert!(expected[class] > 5000.0, "{expected:?}");
        // Numbers of jumps are Poisson given the breadth.
        assert!((found[class] - expected[class]).abs() < 4.0 * expected[class].sqrt(), "{found:?} {expected:?}");
    }
    assert!(jump < 0.0 && (off / paths).abs() < 4.0 * squares.sqrt() / paths, "{off} {squares}");
}

#[test]
fn the_discounted_index_stays_a_martingale_through_releases() {
    let model = Preset::Default.model().without_premia();
    let maps = vec![VixMap::new(model.risk_neutral(), 30.0 / 365.0).unwrap(); 11];
    let release = crate::path::Release { deviation: 0.17, index_move: -0.033, vix_move: 3.6 };
    let news = |rank, every: usize| ReleaseDays { release, days: (0..11).map(|day| day % every == 0).collect(), rank };
    let generator = Generator::new(&model, START, &uniform_calendar(10), 1, 3).unwrap();
    let generator = generator.with_releases(vec![news(0, 2), news(1, 5)], &maps);
    let growth = libm::exp((START.rate - START.dividend_yield) * 10.0 * DAY);
    let [mean1, mean2] = means(model.physical(), 10.0 * DAY);
    let (mut sums, mut squares, mut paths) = ([0.0; 3], [0.0; 3], 0.0_f64);
    let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
    for group in 0..1500 {
        generator.fill(64 * group, 64, &mut batch, &mut workspace);
        for at in batch.row(10) {
            let off = [
                batch.spot[at] / START.spot / growth - 1.0,
                batch.x1[at] - mean1.at(START.state),
                batch.x2[at] - mean2.at(START.state),
            ];
            for k in 0..3 {
                sums[k] += off[k];
                squares[k] += off[k] * off[k];
            }
            paths += 1.0;
        }
    }
    for k in 0..3 {
        assert!(sums[k].abs() < 4.0 * squares[k].sqrt(), "{k}: {} {}", sums[k] / paths, squares[k].sqrt() / paths);
    }
}
