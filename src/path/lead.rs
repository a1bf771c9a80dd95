//! Signal skill: how strongly weak breadth foretells jumps.
//!
//! ```text
//! hazard of a day under P  =  m x its hazard without skill,   m = 1 + skill min(max(-b / sd(b), 0), 2) / 2
//! ```
//!
//! `b` is the persistent part of [`Breadth`] at the close before, `sd(b)` its stationary standard deviation. So `m` runs
//! from 1, where breadth is not weak, to `1 + skill`, where it is two standard deviations weak or more. Only the intensity
//! under P moves: marks and the index's compensator keep Q's, so what more jumps cost, the index's mean return falls by.
//! With no skill nothing here is computed and paths are what they are without this module, to the bit.

use super::factors::Breadth;
use crate::math::InstructionSet;
use crate::random::{Address, DrawLanes, LANES, Lanes, Purpose, fill_draws};

/// Weakness of breadth, standard deviations, beyond which jumps become no more frequent.
const WEAKEST: f64 = 2.0;

/// Breadth that leads jumps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lead {
    /// The law of breadth, the same as of the line that rules see.
    pub breadth: Breadth,
    /// How many times more jumps than usual follow the weakest breadth: 0 for none.
    pub skill: f64,
}

/// What leads each lane of a group of paths.
#[derive(Debug, Clone)]
pub(super) struct LeadLanes {
    draws: DrawLanes,
    persistent: Lanes,
    /// What the hazard of the day to come is multiplied by.
    pub(super) multiples: Lanes,
}

impl Default for LeadLanes {
    fn default() -> Self {
        Self { draws: DrawLanes::default(), persistent: [0.0; LANES], multiples: [1.0; LANES] }
    }
}

impl Lead {
    /// What the hazard is multiplied by after a close at which the persistent part of breadth was `persistent`.
    #[must_use]
    pub fn multiple(&self, persistent: f64) -> f64 {
        let weakness = (-persistent / self.breadth.persistent_deviation()).clamp(0.0, WEAKEST);
        1.0 + self.skill * weakness / WEAKEST
    }

    /// Learns the breadth of a close, from 0 on, of the lanes that begin with the path `first_path`.
    pub(super) fn close(&self, seed: u64, first_path: u64, day: usize, lanes: &mut LeadLanes) {
        let address = Address { seed, path: first_path, step: day as u32, purpose: Purpose::Breadth };
        fill_draws(InstructionSet::Best, address, 0, &mut lanes.draws);
        self.breadth.move_persistent(day == 0, &lanes.draws, &mut lanes.persistent);
        lanes.multiples = lanes.persistent.map(|persistent| self.multiple(persistent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_multiple_is_bounded_and_grows_with_weakness() {
        let lead = Lead { breadth: Breadth::default(), skill: 3.0 };
        let deviation = lead.breadth.persistent_deviation();
        for (weakness, multiple) in [(-5.0, 1.0), (0.0, 1.0), (0.5, 1.75), (1.0, 2.5), (2.0, 4.0), (9.0, 4.0)] {
            assert!((lead.multiple(-weakness * deviation) - multiple).abs() < 1e-12, "{weakness}");
        }
    }
}
