//! Paths of index and variance under P, day after day, with jumps at their own times.
//!
//! ```text
//! a jump happens when the integral of the intensity since the last one passes an Exp(1) gap
//! ```
//!
//! Over a step the integral grows evenly by its mean given the step's start, in the clock and in the compensator alike, so
//! that the discounted index stays an exact martingale when P = Q. A lane whose step has a jump is done again in pieces
//! between the jumps. Gaps and sizes are addressed by the jump's number on its path: they move with neither the steps nor
//! each other.

use std::ops::Range;

use super::batch::PathBatch;
use super::coefficients::{Drift, StepCoefficients, check_moments};
use super::follow::Followed;
use super::lanes::{Positions, Scratch, advance_one_factor, advance_two_factors, run_clocks, run_clocks_by};
use super::lead::{Lead, LeadLanes};
use super::release::ReleaseDays;
use super::shock::Shocks;
use super::step::Position;
use crate::error::{DomainError, require};
use crate::math::InstructionSet;
use crate::math::vector::{exp, ln};
use crate::model::{JumpLaw, Law, Model, Physical, State, VixMap};
use crate::random::{Address, Draw, DrawLanes, LANES, Lanes, Purpose, fill_draws};

/// From one close to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayStep {
    /// Variance time, years; drives everything but carry.
    pub variance_years: f64,
    /// Calendar days / 365; drives carry.
    pub calendar_years: f64,
}

/// The market at the first close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start {
    /// Index points.
    pub spot: f64,
    /// Continuously compounded cash rate, a calendar year.
    pub rate: f64,
    /// Continuously compounded dividend yield, a calendar year.
    pub dividend_yield: f64,
    /// Both variance factors.
    pub state: State,
}

/// Simulates paths of one model from one start over one calendar.
#[derive(Debug, Clone)]
pub struct Generator {
    law: Law<Physical>,
    drift: Drift,
    start: Position,
    /// Distinct steps, and which of them each day takes.
    steps: Vec<(DayStep, StepCoefficients)>,
    step_of_day: Vec<usize>,
    steps_per_day: usize,
    seed: u64,
    lead: Option<Lead>,
    releases: Vec<ReleaseDays>,
    /// VIX by day, where something is released.
    vix_maps: Vec<VixMap>,
    followed: Followed,
    shocks: Shocks,
    instruction_set: InstructionSet,
}

/// Scratch memory of [`Generator::fill`]; one a worker, used again and again.
#[derive(Debug, Clone)]
pub struct Workspace {
    now: Box<Positions>,
    next: Box<Positions>,
    fast: DrawLanes,
    slow: DrawLanes,
    scratch: Scratch,
    /// Integrated intensity that is left until each lane's next jump, and that jump's number.
    clocks: Lanes,
    jumps: [u32; LANES],
    lead: LeadLanes,
}

impl Default for Workspace {
    fn default() -> Self {
        let nowhere = Position { spot: 1.0, x1: 0.0, x2: 0.0 };
        Self {
            now: Box::new(Positions::all(nowhere)),
            next: Box::new(Positions::all(nowhere)),
            fast: DrawLanes::default(),
            slow: DrawLanes::default(),
            scratch: Scratch::default(),
            clocks: [0.0; LANES],
            jumps: [0; LANES],
            lead: LeadLanes::default(),
        }
    }
}

impl Generator {
    /// A generator for paths of `days.len()` days after day 0, each in `steps_per_day` equal steps.
    ///
    /// # Errors
    /// A start, rate or day outside its domain; a positive correlation for which a step is too long (see the module
    /// `coefficients`).
    pub fn new(
        model: &Model,
        start: Start,
        days: &[DayStep],
        steps_per_day: usize,
        seed: u64,
    ) -> Result<Self, DomainError> {
        assert!(steps_per_day > 0, "a day has at least one step");
        assert!(u32::try_from(days.len() * steps_per_day).is_ok(), "steps are numbered in 32 bits");
        let Start { spot, rate, dividend_yield, state } = start;
        require("spot", spot, spot > 0.0, "a number above 0")?;
        require("rate", rate, true, "a finite number")?;
        require("dividend_yield", dividend_yield, true, "a finite number")?;
        require("x1", state.x1, state.x1 >= 0.0, "a number of at least 0")?;
        require("x2", state.x2, state.x2 >= 0.0, "a number of at least 0")?;
        let law = *model.physical();
        let drift = Drift {
            carry: rate - dividend_yield,
            equity_premium: model.equity_premium(),
            compensator: model.compensator(),
        };
        let x2 = if law.has_slow_factor() { state.x2 } else { 0.0 };
        let mut generator = Self {
            law,
            drift,
            start: Position { spot, x1: state.x1, x2 },
            steps: Vec::new(),
            step_of_day: Vec::with_capacity(days.len()),
            steps_per_day,
            seed,
            lead: None,
            releases: Vec::new(),
            vix_maps: Vec::new(),
            followed: Followed::default(),
            shocks: Shocks::default(),
            instruction_set: InstructionSet::Best,
        };
        for &day in days {
            let step = generator.step_index(day)?;
            generator.step_of_day.push(step);
        }
        Ok(generator)
    }

    /// The same generator with jumps that weak breadth leads; `None`, or no skill, leaves every path as it is.
    #[must_use]
    pub fn with_lead(mut self, lead: Option<Lead>) -> Self {
        self.lead = lead.filter(|lead| lead.skill > 0.0 && self.law.has_jumps());
        self
    }

    /// The same generator with scheduled releases; `vix_maps` holds VIX's map of every day, day 0 included.
    #[must_use]
    pub fn with_releases(mut self, releases: Vec<ReleaseDays>, vix_maps: &[VixMap]) -> Self {
        let days = self.step_of_day.len() + 1;
        assert!(
            vix_maps.len() == days && releases.iter().all(|news| news.days.len() == days),
            "a value for every close"
        );
        self.vix_maps = if releases.is_empty() { Vec::new() } else { vix_maps.to_vec() };
        self.releases = releases;
        self
    }

    /// The same generator along closes that are given.
    #[must_use]
    pub fn with_followed(mut self, followed: Followed) -> Self {
        self.followed = followed;
        self
    }

    /// The same generator with forced moves.
    #[must_use]
    pub fn with_shocks(mut self, shocks: Shocks) -> Self {
        self.shocks = shocks;
        self
    }

    /// The same generator held to an instruction set: slower, with the same results to the bit.
    #[must_use]
    pub fn held_to(mut self, instruction_set: InstructionSet) -> Self {
        self.instruction_set = instruction_set;
        self
    }

    /// Fills `batch` with the paths `first_path`, `first_path + 1`, ... in `lanes` lanes.
    ///
    /// A path depends on its index and on nothing else: neither on its lane nor on the number of lanes.
    pub fn fill(&self, first_path: u64, lanes: usize, batch: &mut PathBatch, workspace: &mut Workspace) {
        batch.resize(self.step_of_day.len() + 1, lanes);
        for first_lane in (0..lanes).step_by(LANES) {
            let lanes = first_lane..lanes.min(first_lane + LANES);
            self.fill_lanes(first_path.wrapping_add(first_lane as u64), lanes, batch, workspace);
        }
    }

    /// Fills up to [`LANES`] lanes; of a workspace's lanes the last ones may be idle.
    fn fill_lanes(&self, first_path: u64, lanes: Range<usize>, batch: &mut PathBatch, workspace: &mut Workspace) {
        self.begin(first_path, workspace);
        batch.store(0, lanes.clone(), &workspace.now);
        let mut step_number = 0;
        for (day, &index) in self.step_of_day.iter().enumerate() {
            if let Some(lead) = &self.lead {
                lead.close(self.seed, first_path, day, &mut workspace.lead);
            }
            for _ in 0..self.steps_per_day {
                self.step(first_path, step_number, lanes.len(), &self.steps[index].1, workspace);
                step_number += 1;
            }
            for news in &self.releases {
                news.apply(self.seed, first_path, day + 1, &self.vix_maps[day + 1], lanes.len(), &mut workspace.now);
            }
            self.followed.apply(day + 1, self.start.spot, lanes.clone(), &mut workspace.now);
            self.shocks.apply(day + 1, lanes.clone(), batch, &mut workspace.now);
            batch.store(day + 1, lanes.clone(), &workspace.now);
        }
    }

    /// The coefficients of a day's steps, made when a length is first met.
    fn step_index(&mut self, day: DayStep) -> Result<usize, DomainError> {
        if let Some(known) = self.steps.iter().position(|(length, _)| *length == day) {
            return Ok(known);
        }
        let allowed = "a number above 0 and at most 1 year";
        require("variance_years", day.variance_years, day.variance_years > 0.0 && day.variance_years <= 1.0, allowed)?;
        require("calendar_years", day.calendar_years, (0.0..=1.0).contains(&day.calendar_years), allowed)?;
        let parts = self.steps_per_day as f64;
        let coefficients =
            StepCoefficients::new(&self.law, &self.drift, day.variance_years / parts, day.calendar_years / parts);
        check_moments(&self.law, &coefficients)?;
        self.steps.push((day, coefficients));
        Ok(self.steps.len() - 1)
    }

    fn begin(&self, first_path: u64, workspace: &mut Workspace) {
        *workspace.now = Positions::all(self.start);
        *workspace.next = Positions::all(self.start);
        workspace.jumps = [0; LANES];
        if self.law.has_jumps() {
            for (lane, clock) in workspace.clocks.iter_mut().enumerate() {
                *clock = gap(self.seed, first_path.wrapping_add(lane as u64), 0);
            }
        }
    }

    /// Moves all lanes over one step: draws, diffusion, then the lanes that jump once more.
    fn step(
        &self,
        first_path: u64,
        step_number: u32,
        busy_lanes: usize,
        step: &StepCoefficients,
        workspace: &mut Workspace,
    ) {
        let Workspace { now, next, fast, slow, scratch, clocks, jumps, lead } = workspace;
        let set = self.instruction_set;
        let address = Address { seed: self.seed, path: first_path, step: step_number, purpose: Purpose::Diffusion };
        fill_draws(set, address, FAST_BLOCK, fast);
        if self.law.has_slow_factor() {
            fill_draws(set, address, SLOW_BLOCK, slow);
            advance_two_factors(set, step, now, fast, slow, scratch, next);
        } else {
            advance_one_factor(set, step, now, fast, scratch, next);
        }
        if self.law.has_jumps() {
            match &self.lead {
                None => run_clocks(set, step, now, clocks),
                Some(_) => run_clocks_by(set, step, now, &lead.multiples, clocks),
            }
            let signs = clocks.iter().fold(0, |signs, clock| signs | clock.to_bits());
            if signs >> 63 == 0 {
                std::mem::swap(now, next);
                return;
            }
            let only_index = self.law.dynamics.jumps.mean_variance_jump == 0.0;
            for lane in 0..busy_lanes {
                if clocks[lane] >= 0.0 {
                    continue;
                }
                let address = Address { path: first_path.wrapping_add(lane as u64), ..address };
                let (clock, jumps) = (&mut clocks[lane], &mut jumps[lane]);
                if only_index {
                    next.spot[lane] *= self.index_jumps(address.seed, address.path, clock, jumps);
                } else {
                    let from = now.lane(lane);
                    let hazard = step.hazard(from.x1, from.x2);
                    let hazard = if self.lead.is_some() { hazard * lead.multiples[lane] } else { hazard };
                    next.set_lane(lane, self.step_with_jumps(address, step, from, hazard, clock, jumps));
                }
            }
        }
        std::mem::swap(now, next);
    }

    /// One lane's step in pieces between its jumps. `clock` has already run down over the step, by `hazard`.
    fn step_with_jumps(
        &self,
        address: Address,
        step: &StepCoefficients,
        from: Position,
        hazard: f64,
        clock: &mut f64,
        jumps: &mut u32,
    ) -> Position {
        let Address { seed, path, .. } = address;
        let log_drift = step.log_drift(from.x1, from.x2);
        let mut position = from;
        let mut to_next_jump = *clock + hazard;
        let mut done = 0.0;
        for piece in 0.. {
            let jumps_here = to_next_jump < hazard;
            let until = if jumps_here { to_next_jump / hazard } else { 1.0 };
            position = self.advance_piece(address, piece, step.dt_years, until - done, log_drift, position);
            done = until;
            if !jumps_here {
                break;
            }
            let (variance, log_index) = sizes(&self.law.dynamics.jumps, seed, path, *jumps);
            position.x1 += variance;
            position.spot *= exp(log_index);
            *jumps += 1;
            to_next_jump += gap(seed, path, *jumps);
        }
        *clock = to_next_jump - hazard;
        position
    }

    /// Jumps of the index alone, which leave the step that they fall into as it is: their product.
    fn index_jumps(&self, seed: u64, path: u64, clock: &mut f64, jumps: &mut u32) -> f64 {
        let mut log_index = 0.0;
        while *clock < 0.0 {
            log_index += sizes(&self.law.dynamics.jumps, seed, path, *jumps).1;
            *jumps += 1;
            *clock += gap(seed, path, *jumps);
        }
        exp(log_index)
    }

    /// A share of a step, with coefficients and draws of its own and its share of the whole step's drift.
    fn advance_piece(
        &self,
        address: Address,
        piece: u32,
        dt_years: f64,
        share: f64,
        log_drift: f64,
        from: Position,
    ) -> Position {
        let coefficients = StepCoefficients::without_jumps(&self.law, self.drift.equity_premium, dt_years * share);
        let first_block = BLOCKS_PER_PIECE * piece;
        let fast = Draw::at(address, first_block + FAST_BLOCK);
        let slow = self.law.has_slow_factor().then(|| Draw::at(address, first_block + SLOW_BLOCK));
        coefficients.advance(from, log_drift * share, fast, slow)
    }
}

/// Blocks of a step: the fast factor's also holds the index's normal.
const FAST_BLOCK: u32 = 0;
const SLOW_BLOCK: u32 = 1;
const BLOCKS_PER_PIECE: u32 = 2;

/// Integrated intensity between the jump before and this one of a path, Exp(1).
fn gap(seed: u64, path: u64, jump: u32) -> f64 {
    -ln(Draw::at(jump_address(seed, path, jump), 1).uniform)
}

/// Jump of the fast variance factor, and log jump of the index.
fn sizes(law: &JumpLaw, seed: u64, path: u64, jump: u32) -> (f64, f64) {
    let draw = Draw::at(jump_address(seed, path, jump), 0);
    sizes_of(law, -ln(draw.uniform), draw.normals()[0])
}

/// From an Exp(1) and a normal.
fn sizes_of(law: &JumpLaw, exponential: f64, normal: f64) -> (f64, f64) {
    let variance = law.mean_variance_jump * exponential;
    (variance, law.mean_log_jump + law.jump_slope * variance + law.log_jump_vol * normal)
}

fn jump_address(seed: u64, path: u64, jump: u32) -> Address {
    Address { seed, path, step: jump, purpose: Purpose::Jumps }
}

impl PathBatch {
    /// Writes the first positions into a range of lanes.
    fn store(&mut self, day: usize, lanes: Range<usize>, positions: &Positions) {
        let first = self.row(day).start;
        let row = first + lanes.start..first + lanes.end;
        self.spot[row.clone()].copy_from_slice(&positions.spot[..lanes.len()]);
        self.x1[row.clone()].copy_from_slice(&positions.x1[..lanes.len()]);
        self.x2[row].copy_from_slice(&positions.x2[..lanes.len()]);
    }
}

#[cfg(test)]
mod tests;
