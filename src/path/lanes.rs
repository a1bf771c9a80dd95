//! The step of all lanes at once, in short loops that the compiler turns into vector code.
//!
//! One long loop over lanes would wait for its own results: a step is a chain of some 300 cycles and longer than what
//! a processor reorders. Short loops that pass intermediate values through memory keep many lanes in flight; measured,
//! they are twice as fast. The arithmetic is that of [`super::step`], called lane by lane.

use super::coefficients::{FactorStep, Moments, StepCoefficients};
use super::step::{HalfDraw, IndexStep, Position};
use crate::math::dispatch::dispatched;
use crate::math::vector::ln_normal;
use crate::random::{Draw, DrawLanes, LANES, Lanes};

/// Positions of all lanes.
#[derive(Debug, Clone)]
pub(crate) struct Positions {
    pub(crate) spot: Lanes,
    pub(crate) x1: Lanes,
    pub(crate) x2: Lanes,
}

impl Positions {
    pub(crate) fn all(position: Position) -> Self {
        Self { spot: [position.spot; LANES], x1: [position.x1; LANES], x2: [position.x2; LANES] }
    }

    pub(crate) fn lane(&self, lane: usize) -> Position {
        Position { spot: self.spot[lane], x1: self.x1[lane], x2: self.x2[lane] }
    }

    pub(crate) fn set_lane(&mut self, lane: usize, position: Position) {
        (self.spot[lane], self.x1[lane], self.x2[lane]) = (position.spot, position.x1, position.x2);
    }
}

/// Intermediate values of a step of all lanes.
#[derive(Debug, Clone)]
pub(crate) struct Scratch {
    mean: Lanes,
    centre: Lanes,
    width: Lanes,
    length: Lanes,
    share: Lanes,
    index_mean: Lanes,
    index_variance: Lanes,
    index_damping: Lanes,
    index_scale: Lanes,
}

impl Default for Scratch {
    fn default() -> Self {
        let zero = [0.0; LANES];
        Self {
            mean: zero,
            centre: zero,
            width: zero,
            length: zero,
            share: zero,
            index_mean: zero,
            index_variance: zero,
            index_damping: zero,
            index_scale: zero,
        }
    }
}

dispatched!(
    /// Moves all lanes of a one-factor model over one step, jumps apart.
    pub(crate) fn advance_one_factor(
        step: &StepCoefficients,
        from: &Positions,
        fast: &DrawLanes,
        scratch: &mut Scratch,
        to: &mut Positions,
    ) = one_factor_body
);

dispatched!(
    /// Moves all lanes of a two-factor model over one step, jumps apart.
    pub(crate) fn advance_two_factors(
        step: &StepCoefficients,
        from: &Positions,
        fast: &DrawLanes,
        slow: &DrawLanes,
        scratch: &mut Scratch,
        to: &mut Positions,
    ) = two_factor_body
);

dispatched!(
    /// Lets every lane's clock run down by its expected number of jumps; a negative clock has jumped.
    pub(crate) fn run_clocks(step: &StepCoefficients, from: &Positions, clocks: &mut Lanes) = clock_body
);

dispatched!(
    /// The same, with hazards that are multiplied lane by lane.
    pub(crate) fn run_clocks_by(step: &StepCoefficients, from: &Positions, multiples: &Lanes, clocks: &mut Lanes) =
        multiplied_clock_body
);

#[inline(always)]
fn one_factor_body(
    step: &StepCoefficients,
    from: &Positions,
    fast: &DrawLanes,
    scratch: &mut Scratch,
    to: &mut Positions,
) {
    for lane in 0..LANES {
        scratch.begin(lane, step.log_drift(from.x1[lane], 0.0));
        scratch.open(lane, step.fast_moments(from.x1[lane], 0.0), fast.uniform[lane]);
    }
    scratch.take_logarithms();
    for lane in 0..LANES {
        to.x1[lane] = scratch.close(lane, &step.fast, from.x1[lane], fast.lane(lane));
    }
    move_index(from, fast, scratch, to);
}

#[inline(always)]
fn two_factor_body(
    step: &StepCoefficients,
    from: &Positions,
    fast: &DrawLanes,
    slow: &DrawLanes,
    scratch: &mut Scratch,
    to: &mut Positions,
) {
    for lane in 0..LANES {
        scratch.begin(lane, step.log_drift(from.x1[lane], from.x2[lane]));
        scratch.open(lane, step.slow_moments(from.x2[lane]), slow.uniform[lane]);
    }
    scratch.take_logarithms();
    for lane in 0..LANES {
        to.x2[lane] = scratch.close(lane, &step.slow, from.x2[lane], slow.lane(lane));
    }
    for lane in 0..LANES {
        scratch.open(lane, step.fast_moments(from.x1[lane], from.x2[lane]), fast.uniform[lane]);
    }
    scratch.take_logarithms();
    for lane in 0..LANES {
        to.x1[lane] = scratch.close(lane, &step.fast, from.x1[lane], fast.lane(lane));
    }
    move_index(from, fast, scratch, to);
}

#[inline(always)]
fn move_index(from: &Positions, fast: &DrawLanes, scratch: &mut Scratch, to: &mut Positions) {
    for lane in 0..LANES {
        scratch.index_mean[lane] = scratch.index(lane).exponent(fast.lane(lane));
    }
    for lane in 0..LANES {
        to.spot[lane] = from.spot[lane] * scratch.index(lane).factor(scratch.index_mean[lane]);
    }
}

impl Scratch {
    #[inline(always)]
    fn begin(&mut self, lane: usize, log_drift: f64) {
        self.set_index(lane, IndexStep::begin(log_drift));
    }

    #[inline(always)]
    fn open(&mut self, lane: usize, moments: Moments, uniform: f64) {
        let half = HalfDraw::new(moments, uniform);
        self.mean[lane] = half.mean;
        self.centre[lane] = half.centre;
        self.width[lane] = half.width;
        self.length[lane] = half.length;
        self.share[lane] = half.share;
    }

    #[inline(always)]
    fn take_logarithms(&mut self) {
        // The sign marks the exponential branch; a factor far from zero never takes it.
        let signs = self.centre.iter().fold(0, |signs, centre| signs | centre.to_bits());
        if signs >> 63 == 0 {
            return;
        }
        for share in &mut self.share {
            *share = ln_normal(*share);
        }
    }

    #[inline(always)]
    fn close(&mut self, lane: usize, step: &FactorStep, from: f64, draw: Draw) -> f64 {
        let half = HalfDraw {
            mean: self.mean[lane],
            centre: self.centre[lane],
            width: self.width[lane],
            length: self.length[lane],
            share: 0.0,
        };
        let mut index = self.index(lane);
        let value = index.add(step, from, half.finish(step.tilt, self.share[lane], draw));
        self.set_index(lane, index);
        value
    }

    #[inline(always)]
    fn index(&self, lane: usize) -> IndexStep {
        IndexStep {
            mean: self.index_mean[lane],
            variance: self.index_variance[lane],
            damping: self.index_damping[lane],
            scale: self.index_scale[lane],
        }
    }

    #[inline(always)]
    fn set_index(&mut self, lane: usize, index: IndexStep) {
        self.index_mean[lane] = index.mean;
        self.index_variance[lane] = index.variance;
        self.index_damping[lane] = index.damping;
        self.index_scale[lane] = index.scale;
    }
}

#[inline(always)]
fn clock_body(step: &StepCoefficients, from: &Positions, clocks: &mut Lanes) {
    for lane in 0..LANES {
        clocks[lane] -= step.hazard(from.x1[lane], from.x2[lane]);
    }
}

#[inline(always)]
fn multiplied_clock_body(step: &StepCoefficients, from: &Positions, multiples: &Lanes, clocks: &mut Lanes) {
    for lane in 0..LANES {
        clocks[lane] -= step.hazard(from.x1[lane], from.x2[lane]) * multiples[lane];
    }
}
