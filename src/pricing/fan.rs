//! Fourier sums of many options at once: all strikes of one level against all states of that level.
//!
//! A [`Line`] holds a contour's nodes with the transform at each, shared by a whole table. A [`Fan`] holds the phases
//! `e^{-i zeta k}` for the strikes of one octave and the weighted transforms of the states; its sums are the integrals of
//! Lewis' formula. From octave to octave, `|m| + c` doubling, phases are squared instead of recomputed.

use std::f64::consts::PI;

use super::contour::{Bend, Contour, Node, revival};
use crate::math::complex::{exp_slices, size};
use crate::model::{Characteristic, Exponents, Law, RiskNeutral, State};

/// Spacing of the trapezoidal sums.
const SPACING: f64 = 0.075;
/// Terms of a sum below this, in units of the forward, are dropped.
const NEGLIGIBLE: f64 = 1e-10;
/// Largest `y` of a line.
const Y_MAX: f64 = 34.0;
/// Lanes of the sums; the number of terms is padded to a multiple.
pub(super) const LANES: usize = 8;

/// Nodes of one contour with the transform at each.
#[derive(Debug)]
pub(super) struct Line {
    nodes: Vec<Node>,
    exponents: Vec<Exponents>,
}

impl Line {
    /// Nodes up to where the transform of the lowest state is negligible.
    pub(super) fn new(law: &Law<RiskNeutral>, years: f64, bend: Bend, lowest: State) -> Self {
        let contour = Contour::new(law, years, bend);
        let characteristic = Characteristic::new(law);
        let mut line = Self { nodes: Vec::new(), exponents: Vec::new() };
        let mut y = 0.0;
        loop {
            let node = contour.node(y);
            let exponents = characteristic.index(node.argument(), years);
            let term = exponents.at(lowest).re + libm::log(size(node.weight)) + revival(law, years, &node);
            // Not a number where the transform is too small to compute.
            if y > 1.0 && (term < libm::log(NEGLIGIBLE) || term.is_nan()) || y > Y_MAX {
                return line;
            }
            line.nodes.push(node);
            line.exponents.push(exponents);
            y += SPACING;
        }
    }
}

/// Phases of one level for the strikes of one octave, and the weighted transforms of its states.
#[derive(Debug, Default)]
pub(super) struct Fan {
    /// Terms of each sum, padded with zeros.
    terms: usize,
    /// `e^{-i zeta r c}`.
    shift: Parts,
    /// `[strike][term]`.
    phases: Parts,
    /// `[state][term]`.
    states: Parts,
}

/// Real and imaginary parts.
type Parts = [Vec<f64>; 2];

impl Fan {
    /// Prepares the sums of `states` for log-moneyness `signed_level * (z - shift)`, in the memory of a fan done with.
    pub(super) fn renew(mut self, line: &Line, states: &[State], signed_level: f64, shift: f64, z: &[f64]) -> Self {
        let terms = terms_needed(line, states);
        self.terms = terms.div_ceil(LANES) * LANES;
        let phases = |n: usize, k: f64| (line.nodes[n].zeta.im * k, -line.nodes[n].zeta.re * k);
        fill(&mut self.shift, 1, terms, self.terms, |_, n| phases(n, signed_level * shift));
        fill(&mut self.phases, z.len(), terms, self.terms, |strike, n| phases(n, signed_level * (z[strike] - shift)));
        fill(&mut self.states, states.len(), terms, self.terms, |state, n| {
            let exponent = line.exponents[n].at(states[state]);
            (exponent.re, exponent.im)
        });
        let [re, im] = &mut self.states;
        for (re, im) in re.chunks_exact_mut(self.terms).zip(im.chunks_exact_mut(self.terms)) {
            for (n, node) in line.nodes[..terms].iter().enumerate() {
                let weight = node.weight * (SPACING / PI * if n == 0 { 0.5 } else { 1.0 });
                (re[n], im[n]) = (re[n] * weight.re - im[n] * weight.im, re[n] * weight.im + im[n] * weight.re);
            }
        }
        self
    }

    /// Moves to the next octave: as `2 z - c = 2 (z - c) + c`, phases are squared and shifted.
    pub(super) fn double(&mut self) {
        #[multiversion::multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+avx512cd", "x86_64+avx2"))]
        fn best(phases: &mut Parts, shift: &Parts, terms: usize) {
            let ([re, im], [shift_re, shift_im]) = (phases, shift);
            for (re, im) in re.chunks_exact_mut(terms).zip(im.chunks_exact_mut(terms)) {
                for (((re, im), sr), si) in re.iter_mut().zip(im).zip(shift_re).zip(shift_im) {
                    let (square_re, square_im) = (*re * *re - *im * *im, 2.0 * *re * *im);
                    (*re, *im) = (square_re * sr - square_im * si, square_re * si + square_im * sr);
                }
            }
        }
        best(&mut self.phases, &self.shift, self.terms);
    }

    /// Integrals for every strike and state, `[strike][state]`.
    pub(super) fn sums(&self, out: &mut [f64]) {
        let [phase_re, phase_im] = &self.phases;
        let [state_re, state_im] = &self.states;
        assert_eq!(out.len() * self.terms * self.terms, phase_re.len() * state_re.len(), "one sum a strike and state");
        let rows = |parts| Rows { parts, length: self.terms };
        sums(rows([phase_re, phase_im]), rows([state_re, state_im]), self.terms, out);
    }
}

/// Terms up to where those of every state are negligible.
fn terms_needed(line: &Line, states: &[State]) -> usize {
    let floor = libm::log(NEGLIGIBLE);
    let largest = |n: usize| {
        let exponent = states.iter().map(|state| line.exponents[n].at(*state).re).fold(f64::NEG_INFINITY, f64::max);
        exponent + libm::log(size(line.nodes[n].weight))
    };
    // The terms fall in the end; look from there.
    (0..line.nodes.len()).rev().find(|&n| largest(n) > floor).map_or(1, |n| n + 1)
}

/// `e^exponent(row, term)`, `[row][term]`, padded with zeros.
fn fill(parts: &mut Parts, rows: usize, terms: usize, padded: usize, exponent: impl Fn(usize, usize) -> (f64, f64)) {
    parts.iter_mut().for_each(|part| part.resize(rows * padded, 0.0));
    let [re, im] = parts;
    for (row, (re, im)) in re.chunks_exact_mut(padded).zip(im.chunks_exact_mut(padded)).enumerate() {
        for n in 0..terms {
            (re[n], im[n]) = exponent(row, n);
        }
        re[terms..].fill(0.0);
        im[terms..].fill(0.0);
        exp_slices(&mut re[..terms], &mut im[..terms]);
    }
}

/// Real parts of the products of complex matrices `[strike][term]` and `[state][term]`: `[strike][state]`.
///
/// Rows may be longer than the number of terms that count, a multiple of [`LANES`].
pub(super) fn sums(phases: Rows<'_>, states: Rows<'_>, terms: usize, out: &mut [f64]) {
    #[multiversion::multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+avx512cd", "x86_64+avx2"))]
    fn best(phases: Rows<'_>, states: Rows<'_>, terms: usize, out: &mut [f64]) {
        sums_body(phases, states, terms, out);
    }
    best(phases, states, terms, out);
}

/// Rows of complex numbers: real and imaginary parts, and the length of a row.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub parts: [&'a [f64]; 2],
    pub length: usize,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    fn row(&self, number: usize, terms: usize) -> [&'a [[f64; LANES]]; 2] {
        let start = number * self.length;
        self.parts.map(|part| part[start..start + terms].as_chunks().0)
    }
}

/// Real parts of the products of complex matrices; sums run in lanes, in one order whatever the instruction set.
#[inline(always)]
fn sums_body(phases: Rows<'_>, states: Rows<'_>, terms: usize, out: &mut [f64]) {
    let count = states.parts[0].len() / states.length;
    for (strike, out) in out.chunks_exact_mut(count).enumerate() {
        let [pr, pi] = phases.row(strike, terms);
        for (state, out) in out.iter_mut().enumerate() {
            let [sr, si] = states.row(state, terms);
            let mut lanes = [0.0; LANES];
            for ((pr, pi), (sr, si)) in pr.iter().zip(pi).zip(sr.iter().zip(si)) {
                for lane in 0..LANES {
                    lanes[lane] += pr[lane] * sr[lane] - pi[lane] * si[lane];
                }
            }
            *out = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
        }
    }
}
