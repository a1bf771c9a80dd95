//! Samples exact values of VIX options for their table: the strikes of a band against all its states.
//!
//! Strikes are laid out in `u = sqrt(K - floor)`, where `floor` is the lowest VIX: the law of a variance factor may be
//! singular at 0, and in `u` a put near the floor is smooth. The sums are those of `pricing::vix_option`, coarser, with
//! one contour for a whole band:
//!
//! ```text
//! call = Re sum over nodes p of  [ w(p) E e^{p (X - b)} ] [ e^{p (b - k^2)} erfcx(k sqrt p) ],    k = K / 100
//! ```
//!
//! a product of states and strikes, as in `pricing::fan`.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::f64::consts::PI;

use super::fan::{LANES, sums};
use super::fit::{Nodes, OCTAVES_MAX, Sampler, Side, Terms, WORTHLESS, octave_nodes};
use super::option_cell::Layout;
use super::surface::{Surface, X1_MAX};
use super::vix_future::VixFuture;
use super::vix_option::{ROTATION, SCALE, VixOption};
use crate::math::complex::{Complex64, exp_slices, real, size, sqrt};
use crate::math::erf::ComplexErfcx;
use crate::model::vix::Affine;
use crate::model::{Characteristic, Exponents, Law, RiskNeutral, State, VixMap};

/// Spacing of the sums: an error of about `exp(-2 pi 0.35 / 0.075) = 2e-13` of the integrand.
const SPACING: f64 = 0.075;
/// Powers of two that the largest vertex is divided by.
const POWERS: usize = 30;
/// Terms of the expansion of erfcx: 1e-7.
const ERFCX_TERMS: usize = 18;
/// Terms below this, in VIX points, end a sum.
const NEGLIGIBLE: f64 = 1e-6;
/// Largest `y`.
const Y_MAX: f64 = 27.0;
/// Puts that end in the money with less than this probability times the accuracy are worthless.
const IMPROBABLE: f64 = 5e-4;
/// Arguments `s`, powers of two, at which `E e^{-s X}` bounds the probability of a low VIX.
const BOUND_POWERS: std::ops::Range<i32> = -2..24;
/// Nodes in the level of each band.
const LEVEL_NODES: usize = 8;
/// Size of a large value, VIX points.
const VALUE_SCALE: f64 = 100.0;
/// Units of `u`, in deviations, and bits that divide octaves, tried in turn.
const LAYOUTS: [(f64, u32); 8] = [(4.0, 1), (2.0, 1), (2.0, 2), (1.0, 2), (0.5, 2), (0.5, 3), (0.25, 3), (0.125, 3)];

/// Lays out and fills the table; `level` is the mean of `X`.
pub(super) fn build(
    law: &Law<RiskNeutral>,
    exact: &VixOption,
    map: &VixMap,
    level: &Affine,
    x2_max: f64,
    accuracy: f64,
) -> Surface {
    let sampler = VixOptions {
        accuracy,
        map: *map,
        floor: map.floor(),
        years: exact.years(),
        level,
        x2_max,
        two_factors: law.has_slow_factor(),
        vertex_max: exact.vertex_max(),
        characteristic: Characteristic::new(law),
        future: exact.future(),
        erfcx: ComplexErfcx::with_terms(ERFCX_TERMS),
        lines: Default::default(),
        bounds: Vec::new(),
    };
    let bounds = BOUND_POWERS.map(|power| sampler.bound(libm::exp2(f64::from(power)))).collect();
    let sampler = VixOptions { bounds, ..sampler };
    let terms = Terms {
        level,
        two_factors: law.has_slow_factor(),
        x2_max,
        accuracy,
        scale: VALUE_SCALE,
        level_nodes: LEVEL_NODES,
    };
    super::fit::build(&terms, &sampler)
}

struct VixOptions<'a> {
    accuracy: f64,
    map: VixMap,
    floor: f64,
    years: f64,
    level: &'a Affine,
    x2_max: f64,
    two_factors: bool,
    vertex_max: f64,
    characteristic: Characteristic<RiskNeutral>,
    future: &'a VixFuture,
    erfcx: ComplexErfcx,
    /// By the power of two that divides the largest vertex.
    lines: [OnceCell<Vec<Node>>; POWERS],
    bounds: Vec<Bound>,
}

/// `ln E e^{-s X}` as an affine function of the state.
struct Bound {
    s: f64,
    log: Affine,
}

/// A point of a contour.
struct Node {
    p: Complex64,
    root: Complex64,
    weight: Complex64,
    exponents: Exponents,
}

/// Transforms at the nodes for every state, `[state][term]`.
struct Transforms<'a> {
    line: &'a [Node],
    padded: usize,
    parts: [Vec<f64>; 2],
    /// Logarithm of the largest size over the states, by term.
    sizes: Vec<f64>,
}

impl Sampler for VixOptions<'_> {
    fn layouts(&self, low: f64, high: f64) -> Vec<Layout> {
        let center = 0.5 * (low + high);
        let above_floor = (center * center - self.level.b).max(0.0);
        let slow = if self.two_factors { (above_floor / self.level.a2).min(self.x2_max) } else { 0.0 };
        let ends = [State { x1: above_floor / self.level.a1, x2: 0.0 }, State { x1: 0.0, x2: slow }];
        let ends = if self.two_factors { &ends[..] } else { &ends[..1] };
        let deviation = ends.iter().map(|&state| self.future.square_deviation(state)).fold(f64::INFINITY, f64::min)
            / (2.0 * center);
        let origin = (100.0 * center - self.floor).max(1e-6).sqrt();
        let width = (100.0 * deviation / (2.0 * origin)).max(1e-4 * origin);
        let layout = |(units, bits): (f64, u32)| {
            // The last octave of puts ends at the floor.
            let octaves = libm::ceil(libm::log2(origin / (units * width) + 1.0)).max(1.0);
            Layout { shift: 1.0, bits, origin, unit: origin / (libm::exp2(octaves) - 1.0) }
        };
        let mut layouts: Vec<Layout> = LAYOUTS.into_iter().map(layout).collect();
        layouts.dedup();
        layouts
    }

    fn sample(&self, nodes: &Nodes, layout: &Layout, calls: bool) -> Side {
        let states: Vec<State> = nodes.rows.iter().flatten().copied().collect();
        let deviations: Vec<f64> = states.iter().map(|&state| self.future.square_deviation(state)).collect();
        let groups = self.groups(&states, &deviations);
        let futures: Vec<f64> = states.iter().map(|&state| self.future.price(state)).collect();
        let lowest: Vec<f64> = states.iter().map(|&state| self.hardly_below(state)).collect();
        let z = octave_nodes(layout.shift, layout.bits);
        let puts_end = libm::log2(layout.origin / layout.unit + 1.0).round() as usize;
        let mut side = Side { values: Vec::new(), cells: 0 };
        let mut sums = vec![0.0; z.len() * states.len()];
        for octave in 0..if calls { OCTAVES_MAX } else { puts_end } {
            let scale = (1u64 << octave) as f64;
            let m = |z: &f64| if calls { z * scale - layout.shift } else { layout.shift - z * scale };
            let strike = |z: &f64| {
                let u = (layout.origin + layout.unit * m(z)).max(0.0);
                self.floor + u * u
            };
            let strikes: Vec<f64> = z.iter().map(strike).collect();
            for (group, transforms) in &groups {
                self.sum(transforms, &strikes, group, states.len(), &mut sums);
            }
            let mut largest = 0.0f64;
            for (&strike, row) in strikes.iter().zip(sums.chunks_exact(states.len())) {
                let square = 1e-4 * strike * strike;
                for (j, &call) in row.iter().enumerate() {
                    let value = match (calls, square < lowest[j]) {
                        (true, _) => call,
                        (false, true) => 0.0,
                        (false, false) => call - futures[j] + strike,
                    };
                    side.values.push(value);
                    largest = largest.max(value);
                }
            }
            side.cells += 1 << layout.bits;
            if largest < WORTHLESS * self.accuracy {
                break;
            }
        }
        side
    }
}

impl VixOptions<'_> {
    fn bound(&self, s: f64) -> Bound {
        let exponents = self.characteristic.variance(real(s * self.map.a1), real(s * self.map.a2), self.years);
        let log = Affine { a1: exponents.b1.re, a2: exponents.b2.re, b: exponents.a.re - s * self.map.b };
        Bound { s, log }
    }

    /// What `(VIX/100)^2` hardly ends below: `e^{s square} E e^{-s X}` bounds the probability for every `s`.
    fn hardly_below(&self, state: State) -> f64 {
        let improbable = libm::log(IMPROBABLE * self.accuracy);
        let square = |bound: &Bound| (improbable - bound.log.at(state)) / bound.s;
        self.bounds.iter().map(square).fold(0.0, f64::max)
    }

    /// States with one contour each, and their transforms on it.
    fn groups(&self, states: &[State], deviations: &[f64]) -> Vec<(Vec<usize>, Transforms<'_>)> {
        let index = |deviation: f64| {
            let powers = libm::ceil(libm::log2((self.vertex_max * deviation).max(1.0)));
            (powers as usize).min(self.lines.len() - 1)
        };
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (n, &deviation) in deviations.iter().enumerate() {
            groups.entry(index(deviation)).or_default().push(n);
        }
        let transforms = |group: &[usize], index: usize| {
            let states: Vec<State> = group.iter().map(|&n| states[n]).collect();
            self.transforms(&states, index)
        };
        groups.into_iter().map(|(index, group)| (group.clone(), transforms(&group, index))).collect()
    }

    /// Weighted transforms of states on a contour.
    fn transforms(&self, states: &[State], index: usize) -> Transforms<'_> {
        let line = self.lines[index].get_or_init(|| self.line(self.vertex_max / libm::exp2(index as f64)));
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
        Transforms { line, padded, parts, sizes }
    }

    /// Calls for every strike and the states of a group, into `[strike][state]` of all states, VIX points.
    fn sum(&self, transforms: &Transforms<'_>, strikes: &[f64], group: &[usize], states: usize, out: &mut [f64]) {
        let Transforms { line, padded, parts, sizes } = transforms;
        let mut kernel = [vec![0.0; strikes.len() * padded], vec![0.0; strikes.len() * padded]];
        let mut root = [vec![0.0; *padded], vec![0.0; *padded]];
        let floor = libm::log(NEGLIGIBLE);
        for (n, &strike) in strikes.iter().enumerate() {
            let k = 0.01 * strike;
            let below = self.map.b - k * k;
            let negligible = |n: &usize| sizes[*n] + line[*n].p.re * below < floor;
            let terms = (0..line.len()).rev().find(|n| !negligible(n)).map_or(1, |n| n + 1);
            let row = n * padded..n * padded + terms;
            let [re, im] = &mut kernel;
            let (re, im) = (&mut re[row.clone()], &mut im[row]);
            for (n, node) in line[..terms].iter().enumerate() {
                (re[n], im[n]) = (node.p.re * below, node.p.im * below);
                (root[0][n], root[1][n]) = (node.root.re * k, node.root.im * k);
            }
            exp_slices(re, im);
            let [root_re, root_im] = &mut root;
            self.erfcx.values(&mut root_re[..terms], &mut root_im[..terms]);
            for (((re, im), &a), &b) in re.iter_mut().zip(im).zip(root_re.iter()).zip(root_im.iter()) {
                (*re, *im) = (*re * a - *im * b, *re * b + *im * a);
            }
        }
        let mut own = vec![0.0; strikes.len() * group.len()];
        sums([&kernel[0], &kernel[1]], [&parts[0], &parts[1]], *padded, &mut own);
        for (own, out) in own.chunks_exact(group.len()).zip(out.chunks_exact_mut(states)) {
            for (&own, &state) in own.iter().zip(group) {
                out[state] = own;
            }
        }
    }

    fn line(&self, vertex: f64) -> Vec<Node> {
        let (sin, cos) = libm::sincos(ROTATION);
        let mut line: Vec<Node> = Vec::new();
        for j in 0..(Y_MAX / SPACING) as usize {
            let y = SPACING * j as f64;
            let (cosh, sinh) = (libm::cosh(y), libm::sinh(y));
            let half = libm::sinh(0.5 * y);
            let p = Complex64::new(1.0 + SCALE * sin * 2.0 * half * half, SCALE * cos * sinh) * vertex;
            let slope = Complex64::new(SCALE * sin * sinh, SCALE * cos * cosh) * vertex;
            let share = if y == 0.0 { 0.5 } else { 1.0 };
            let root = sqrt(p);
            let weight = slope / (p * root) * Complex64::new(0.0, -share) * (50.0 * SPACING / PI.sqrt());
            let exponents = self.characteristic.variance(-p * self.map.a1, -p * self.map.a2, self.years);
            let finite = [exponents.a, exponents.b1, exponents.b2].iter().all(|part| part.is_finite());
            // The largest that the transform can be in any state.
            let slow = if self.two_factors { exponents.b2.re.max(0.0) * self.x2_max } else { 0.0 };
            let largest = exponents.a.re + exponents.b1.re.max(0.0) * X1_MAX + slow;
            let last = largest + libm::log(size(weight)) < libm::log(NEGLIGIBLE);
            // Not finite beyond what the integration of the exponents reaches, where the transform is nothing.
            if !finite || y > 1.0 && last {
                break;
            }
            line.push(Node { p, root, weight, exponents });
        }
        line
    }
}
