//! Whether a generalised Pareto law describes the far tail, and what it says there; or why it does not apply.
//!
//! Excesses over VaR at 95 % (peaks over threshold; McNeil, Frey and Embrechts, Quantitative Risk Management, 5.2). Condor
//! losses are bounded: where many paths reach the bound, or the losses end while they are still likely, the law has nothing
//! to say beyond the sample, and that is what is reported.

use super::figure::{Figure, Quantity, Strategy};
use super::tail::LossTail;
use crate::stats::{Estimate, Level, Moments, Pareto};

/// The threshold.
const THRESHOLD: Level = Level::per_mille(950);

/// The levels at which the law's expected shortfall is given; the first is held against the sample's.
const LEVELS: [Level; 3] = [Level::per_mille(990), Level::per_mille(995), Level::per_mille(999)];

/// Fewest excesses that are worth a fit.
const EXCESSES_MIN: usize = 200;

/// Largest share of excesses that may be one and the same loss.
const ATOM_MAX: f64 = 0.01;

/// The fit's figures, or why there are none, in words.
pub(super) fn tail_law(strategy: Strategy, horizon_days: u32, tail: &LossTail) -> Result<Vec<Figure>, String> {
    let bound = tail.value_at_risk(THRESHOLD);
    let mut excesses: Vec<f64> = tail.above(bound.value).iter().map(|loss| loss - bound.value).collect();
    if excesses.len() < EXCESSES_MIN {
        return Err(format!("only {} losses exceed the value at risk at {THRESHOLD}", excesses.len()));
    }
    excesses.sort_unstable_by(f64::total_cmp);
    let largest_atom = excesses.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0);
    if largest_atom as f64 > ATOM_MAX * excesses.len() as f64 {
        let share = 100.0 * largest_atom as f64 / excesses.len() as f64;
        return Err(format!("{share:.0} % of the worst losses are one and the same, as positions at their bound lose"));
    }
    let Some(fit) = Pareto::fit(&excesses) else {
        return Err("the losses end while they are still likely, as those of defined-risk positions do".into());
    };
    let shortfall = |level: Level| {
        let (beyond, error) = fit.mean_beyond(level.tail() / THRESHOLD.tail())?;
        // The threshold is itself an estimate, and moves the whole tail.
        let error = libm::hypot(error, bound.standard_error?);
        Some(Estimate::normal(bound.value + beyond, error))
    };
    let of_sample = tail.expected_shortfall(LEVELS[0]);
    let Some(fitted) = shortfall(LEVELS[0]) else {
        return Err(format!("its shape of {:.2} leaves no mean", fit.shape));
    };
    let inside = of_sample.interval.low.zip(of_sample.interval.high);
    if !inside.is_some_and(|(low, high)| low <= fitted.value && fitted.value <= high) {
        return Err(format!("it misses the expected shortfall of the paths at {}", LEVELS[0]));
    }
    let figure = |quantity, estimate: &Estimate| Figure::new(strategy, quantity, horizon_days, estimate);
    let shape = Estimate::normal(fit.shape, fit.shape_error());
    let mut figures = vec![figure(Quantity::TailShape, &shape).at_level(THRESHOLD)];
    figures.extend(
        LEVELS
            .into_iter()
            .filter_map(|level| Some(figure(Quantity::ExpectedShortfallByPareto, &shortfall(level)?).at_level(level))),
    );
    Ok(figures)
}

/// Batches of paths for the other error of expected shortfall.
const BATCHES: usize = 20;

/// The 0.975 quantile of Student's t with 19 degrees of freedom.
const T_19: f64 = 2.093_024_054_408_263;

/// Fewest tail paths of a batch.
const BATCH_TAIL_MIN: usize = 10;

/// Expected shortfall of all losses with the error that its scatter between 20 batches of consecutive paths gives.
///
/// `None` where a batch has fewer than ten tail paths.
#[must_use]
pub fn shortfall_by_batches(losses: &[f64], value: f64, level: Level) -> Option<Estimate> {
    let size = losses.len() / BATCHES;
    if size == 0 || super::tail::tail_paths(size, level) < BATCH_TAIL_MIN {
        return None;
    }
    let of_batch = |batch: &[f64]| LossTail::new(batch, level).expected_shortfall(level).value;
    let scatter: Moments = losses.chunks_exact(size).take(BATCHES).map(of_batch).collect();
    let error = scatter.standard_error()?;
    let interval = crate::stats::Interval { low: Some(value - T_19 * error), high: Some(value + T_19 * error) };
    Some(Estimate { value, standard_error: Some(error), interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(losses: &[f64]) -> Result<Vec<Figure>, String> {
        tail_law(Strategy::Hedged, 252, &LossTail::new(losses, THRESHOLD))
    }

    #[test]
    fn an_exponential_tail_is_found_and_extrapolated() {
        let losses: Vec<f64> = (0..50_000).map(|i| -libm::log((f64::from(i) + 0.5) / 50_000.0)).collect();
        let figures = law(&losses).unwrap();
        assert!(figures[0].value.abs() < 0.01, "{:?}", figures[0]);
        let far = figures.iter().find(|figure| figure.level == Some(0.999)).unwrap();
        let exact = libm::log(1000.0) + 1.0;
        assert!((far.value - exact).abs() < 0.05, "{far:?}");
        assert!(far.low.unwrap() < exact && exact < far.high.unwrap());
    }

    #[test]
    fn it_says_why_it_does_not_apply() {
        let few: Vec<f64> = (0..1000).map(f64::from).collect();
        assert!(law(&few).unwrap_err().contains("only 50 losses"));
        let condor: Vec<f64> = (0..10_000u32).map(|i| if i < 300 { 100.0 } else { f64::from(i) / 1e3 }).collect();
        assert!(law(&condor).unwrap_err().contains("one and the same"));
        let uniform: Vec<f64> = (0..10_000).map(f64::from).collect();
        assert!(law(&uniform).unwrap_err().contains("end while they are still likely"));
    }

    #[test]
    fn batches_need_tails_of_their_own() {
        let losses: Vec<f64> = (0..20_000u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 12)).collect();
        let level = Level::per_mille(990);
        assert!(shortfall_by_batches(&losses, 1.0, level).is_some());
        assert!(shortfall_by_batches(&losses[..17_000], 1.0, level).is_none());
        assert!(shortfall_by_batches(&[], 1.0, level).is_none());
    }
}
