//! Exact values of VIX options for their table: many strikes against many states.
//!
//! The sums are those of `pricing::vix_option`, coarser, with one contour for all states of a patch:
//!
//! ```text
//! call = Re sum over nodes p of  [ w(p) E e^{p (X - b)} ] [ e^{p (b - k^2)} erfcx(k sqrt p) ],    k = K / 100
//! ```
//!
//! a product of states and strikes, as in `pricing::fan`.

use std::cell::OnceCell;
use std::f64::consts::PI;

use super::fan::{LANES, Rows, sums};
use super::surface::X1_MAX;
use super::vix_future::VixFuture;
use super::vix_option::{LADDER, LOWEST, NODES, Node, SPACING, VixOption};
use crate::math::complex::{Complex64, exp_slices, size, sqrt};
use crate::math::erf::ComplexErfcx;
use crate::model::vix::Affine;
use crate::model::{Exponents, State, VixMap};

/// Every how many nodes of the exact contours there is one of the sums', tried in turn. The first makes an error of about
/// `exp(-2 pi 0.35 / 0.11) = 2e-9` of the integrand, which is too much where that is large.
const STEPS: [usize; 2] = [2, 1];
/// Share of the accuracy that the error of a sum may have by its estimate.
const SUM_SHARE: f64 = 0.05;
/// Where between the lowest strike that is worth anything and the mean sums are tried.
const TRIALS: [f64; 4] = [0.05, 0.35, 0.7, 1.0];
/// A sum has this many nodes of the exact contour at least.
const FIRST_END: usize = 18;
/// Terms of the expansion of erfcx: 1e-7.
const ERFCX_TERMS: usize = 18;
/// Terms below this, in VIX points, end a sum.
const NEGLIGIBLE: f64 = 1e-5;
/// Puts that end in the money with less than this probability times the accuracy are worthless.
const IMPROBABLE: f64 = 5e-4;
/// Arguments `s`, powers of two, at which `E e^{-s X}` bounds the probability of a low VIX.
const BOUND_POWERS: std::ops::Range<i32> = -2..24;

/// Exact values of the options of one expiry.
pub(super) struct VixOptions<'a> {
    accuracy: f64,
    map: VixMap,
    x2_max: f64,
    exact: &'a VixOption,
    /// Coarser than that of `exact`.
    future: &'a VixFuture,
    erfcx: ComplexErfcx,
    /// By step and vertex.
    lines: [[OnceCell<Vec<Point>>; LADDER]; STEPS.len()],
    bounds: Vec<Bound>,
}

/// `ln E e^{-s X}` as an affine function of the state.
struct Bound {
    s: f64,
    log: Affine,
}

/// A node of a contour, with what depends on it alone.
struct Point {
    p: Complex64,
    root: Complex64,
    weight: Complex64,
    exponents: Exponents,
}

/// States with their transforms at the nodes of one contour, `[state][term]`.
pub(super) struct Samples<'a> {
    line: &'a [Point],
    padded: usize,
    parts: [Vec<f64>; 2],
    /// Logarithm of the largest size over the states, by term.
    sizes: Vec<f64>,
    /// What VIX settles at in the mean, points.
    futures: Vec<f64>,
    /// What `(VIX/100)^2` hardly settles below.
    lowest: Vec<f64>,
    /// The least spread of `(VIX/100)^2` at settlement.
    pub spread_min: f64,
}

impl<'a> VixOptions<'a> {
    /// The options that `exact` prices, on a future that may be coarser.
    pub(super) fn new(exact: &'a VixOption, future: &'a VixFuture, map: &VixMap, x2_max: f64, accuracy: f64) -> Self {
        let mut options = Self {
            accuracy,
            map: *map,
            x2_max,
            exact,
            future,
            erfcx: ComplexErfcx::with_terms(ERFCX_TERMS),
            lines: [const { [const { OnceCell::new() }; LADDER] }; STEPS.len()],
            bounds: Vec::new(),
        };
        let bound = |power: i32| {
            let (s, exponents) = exact.tail((power + LOWEST) as usize);
            Bound { s, log: Affine { a1: exponents.b1.re, a2: exponents.b2.re, b: exponents.a.re - s * map.b } }
        };
        options.bounds = BOUND_POWERS.map(bound).collect();
        options
    }

    /// Prepares the values of some states; none where no sum is good enough.
    pub(super) fn states(&self, states: &[State]) -> Option<Samples<'_>> {
        let spreads = states.iter().map(|&state| self.future.square_spread(state));
        let line = self.line_for(states)?;
        let padded = line.len().div_ceil(LANES) * LANES;
        let mut parts = [vec![0.0; states.len() * padded], vec![0.0; states.len() * padded]];
        let mut sizes = vec![f64::NEG_INFINITY; line.len()];
        let [re, im] = &mut parts;
        for ((&state, re), im) in states.iter().zip(re.chunks_exact_mut(padded)).zip(im.chunks_exact_mut(padded)) {
            for (n, node) in line.iter().enumerate() {
                let exponent = node.exponents.at(state);
                (re[n], im[n]) = (exponent.re, exponent.im);
                sizes[n] = sizes[n].max(exponent.re);
            }
            exp_slices(&mut re[..line.len()], &mut im[..line.len()]);
            for (n, node) in line.iter().enumerate() {
                let value = Complex64::new(re[n], im[n]) * node.weight;
                (re[n], im[n]) = (value.re, value.im);
            }
        }
        for (size_log, node) in sizes.iter_mut().zip(line) {
            *size_log += libm::log(size(node.weight));
        }
        let mut scratch = Vec::new();
        Some(Samples {
            line,
            padded,
            parts,
            sizes,
            futures: states.iter().map(|&state| self.future.price_roughly(state, &mut scratch)).collect(),
            lowest: states.iter().map(|&state| self.hardly_below(state)).collect(),
            spread_min: spreads.fold(f64::INFINITY, f64::min),
        })
    }

    /// The coarsest line that is good enough for the widest of some states.
    fn line_for(&self, states: &[State]) -> Option<&[Point]> {
        let deviations = states.iter().map(|&state| (self.future.square_deviation(state), state));
        let (deviation, widest) = deviations.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let vertex = self.exact.vertex(deviation);
        let lines =
            self.lines.iter().zip(STEPS).map(|(lines, step)| &**lines[vertex].get_or_init(|| self.line(vertex, step)));
        lines.into_iter().find(|line| self.sum_error(line, widest) <= SUM_SHARE * self.accuracy)
    }

    /// About the error of sums over a line in a state: halving the number of nodes takes the root of it, over the size of
    /// the integrand.
    fn sum_error(&self, line: &[Point], state: State) -> f64 {
        let low = self.hardly_below(state).max(self.map.b);
        let high = 1e-4 * self.future.price_roughly(state, &mut Vec::new()).powi(2);
        let length = line.len();
        let [mut re, mut im, mut root_re, mut root_im] = [const { Vec::new() }; 4];
        for trial in TRIALS {
            let square = low + trial * (high - low).max(0.0);
            for Point { p, root, exponents, .. } in line {
                let exponent = exponents.at(state) + p * (self.map.b - square);
                re.push(exponent.re);
                im.push(exponent.im);
                let root = root * square.sqrt();
                root_re.push(root.re);
                root_im.push(root.im);
            }
        }
        exp_slices(&mut re, &mut im);
        self.erfcx.values(&mut root_re, &mut root_im);
        let mut largest = 0.0f64;
        for trial in 0..TRIALS.len() {
            let (mut all, mut even, mut size_of_all) = (0.0, 0.0, 0.0);
            for (n, point) in line.iter().enumerate() {
                let at = trial * length + n;
                let kernel = Complex64::new(root_re[at], root_im[at]);
                let term = Complex64::new(re[at], im[at]) * kernel * point.weight;
                all += term.re;
                even += if n % 2 == 0 { term.re } else { 0.0 };
                size_of_all += size(term);
            }
            let error = all - 2.0 * even;
            let error = error * error / size_of_all;
            // What is not a number stays.
            largest = if error <= largest || largest.is_nan() { largest } else { error };
        }
        largest
    }

    /// Calls or puts, `[strike][state]`, VIX points.
    pub(super) fn values(&self, samples: &Samples<'_>, strikes: &[f64], calls: bool) -> Vec<f64> {
        let mut values = self.calls(samples, strikes);
        if !calls {
            let Samples { futures, lowest, .. } = samples;
            for (&strike, row) in strikes.iter().zip(values.chunks_exact_mut(futures.len())) {
                let square = 1e-4 * strike * strike;
                for ((value, future), &lowest) in row.iter_mut().zip(futures).zip(lowest) {
                    *value = if square < lowest { 0.0 } else { *value - future + strike };
                }
            }
        }
        values
    }

    fn calls(&self, samples: &Samples<'_>, strikes: &[f64]) -> Vec<f64> {
        let Samples { line, padded, parts, sizes, .. } = samples;
        let floor = libm::log(NEGLIGIBLE);
        let terms = strikes.iter().map(|&strike| {
            let below = self.map.b - 1e-4 * strike * strike;
            let negligible = |n: &usize| sizes[*n] + line[*n].p.re * below < floor;
            (0..line.len()).rev().find(|n| !negligible(n)).map_or(1, |n| n + 1)
        });
        // All strikes of one call to as many terms as the lowest one needs, in whole lanes.
        let length = terms.max().unwrap_or(1).next_multiple_of(LANES);
        let mut kernel = [vec![0.0; strikes.len() * length], vec![0.0; strikes.len() * length]];
        let mut root = kernel.clone();
        for (row, &strike) in strikes.iter().enumerate() {
            let k = 0.01 * strike;
            let below = self.map.b - k * k;
            for (n, node) in line.iter().take(length).enumerate() {
                let at = row * length + n;
                (kernel[0][at], kernel[1][at]) = (node.p.re * below, node.p.im * below);
                (root[0][at], root[1][at]) = (node.root.re * k, node.root.im * k);
            }
        }
        let ([re, im], [root_re, root_im]) = (&mut kernel, &mut root);
        exp_slices(re, im);
        self.erfcx.values(root_re, root_im);
        for (((re, im), &a), &b) in re.iter_mut().zip(im).zip(root_re.iter()).zip(root_im.iter()) {
            (*re, *im) = (*re * a - *im * b, *re * b + *im * a);
        }
        // Beyond the end of the line states are zero.
        let mut out = vec![0.0; strikes.len() * samples.futures.len()];
        let kernel = Rows { parts: [&kernel[0], &kernel[1]], length };
        sums(kernel, Rows { parts: [&parts[0], &parts[1]], length: *padded }, length, &mut out);
        out
    }

    /// What `(VIX/100)^2` hardly ends below: `e^{s square} E e^{-s X}` bounds the probability for every `s`.
    fn hardly_below(&self, state: State) -> f64 {
        let improbable = libm::log(IMPROBABLE * self.accuracy);
        let square = |bound: &Bound| (improbable - bound.log.at(state)) / bound.s;
        self.bounds.iter().map(square).fold(0.0, f64::max)
    }

    fn line(&self, vertex: usize, step: usize) -> Vec<Point> {
        let mut line = Vec::new();
        for j in (0..NODES).step_by(step) {
            let &Node { p, weight, exponents } = self.exact.node(vertex, j);
            let weight = weight * (50.0 * step as f64 * SPACING / PI.sqrt());
            let finite = [exponents.a, exponents.b1, exponents.b2].iter().all(|part| part.is_finite());
            // The largest that the transform can be in any state.
            let [fast, slow] = [exponents.b1, exponents.b2].map(|b| b.re.max(0.0));
            let slow = if self.x2_max.is_finite() { slow * self.x2_max } else { 0.0 };
            let largest = exponents.a.re + fast * X1_MAX + slow;
            let last = largest + libm::log(size(weight)) < libm::log(NEGLIGIBLE);
            // Not finite beyond what the integration of the exponents reaches, where the transform is nothing.
            if !finite || j > FIRST_END && last {
                break;
            }
            line.push(Point { p, root: sqrt(p), weight, exponents });
        }
        line
    }
}
