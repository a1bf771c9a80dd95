//! Samples exact values of index options for their table: all strikes of one level against all states of that level.

use std::cell::RefCell;

use super::contour::{Bend, Chooser};
use super::fan::{Fan, Line};
use super::fit::{Nodes, OCTAVES_MAX, Sampler, Side, Terms, WORTHLESS, octave_nodes};
use super::option_cell::Layout;
use super::surface::Surface;
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State};

/// Nodes in the level of each band, for one factor and for two.
const LEVEL_NODES: [usize; 2] = [8, 6];
/// Layouts of the cells in `m` tried in turn: `c` and the bits that divide each octave.
const LAYOUTS: [(f64, u32); 10] =
    [(4.0, 1), (2.0, 1), (4.0, 2), (2.0, 2), (1.0, 2), (2.0, 3), (1.0, 3), (0.5, 3), (0.25, 3), (0.0625, 3)];

/// Lays out and fills the table.
pub(super) fn build(law: &Law<RiskNeutral>, years: f64, accuracy: f64, level: &Affine, x2_max: f64) -> Surface {
    let lowest = State { x1: 0.0, x2: 0.0 };
    let sampler = IndexOptions {
        accuracy,
        chooser: Chooser::new(law, years),
        lines: [Bend::Straight, Bend::Lower, Bend::Upper].map(|bend| Line::new(law, years, bend, lowest)),
        spare: RefCell::default(),
    };
    let terms = Terms {
        level,
        two_factors: law.has_slow_factor(),
        x2_max,
        accuracy,
        level_nodes: LEVEL_NODES[usize::from(law.has_slow_factor())],
    };
    super::fit::build(&terms, &sampler)
}

struct IndexOptions {
    accuracy: f64,
    chooser: Chooser,
    /// Straight, lower (calls), upper (puts).
    lines: [Line; 3],
    /// Fans that are done with: new memory for each costs as much as filling it.
    spare: RefCell<Vec<Fan>>,
}

impl Sampler for IndexOptions {
    fn layouts(&self, _low: f64, _high: f64) -> Vec<Layout> {
        LAYOUTS.map(|(shift, bits)| Layout { shift, bits }).to_vec()
    }

    fn sample(&self, nodes: &Nodes, layout: &Layout, calls: bool) -> Side {
        let sign = if calls { 1.0 } else { -1.0 };
        let own_bend = if calls { Bend::Lower } else { Bend::Upper };
        let own_line = &self.lines[if calls { 1 } else { 2 }];
        let rows = &nodes.rows;
        let Layout { shift, bits } = *layout;
        let z = octave_nodes(shift, bits);
        let fan = |line: &Line, i: usize| {
            let spare = self.spare.borrow_mut().pop().unwrap_or_default();
            spare.renew(line, &rows[i], sign * nodes.levels[i], shift, &z)
        };
        let mut bent: Vec<Fan> = (0..rows.len()).map(|i| fan(own_line, i)).collect();
        let mut straight: Vec<Option<Fan>> = rows.iter().map(|_| None).collect();
        let (splits, states) = (rows[0].len(), rows.len() * rows[0].len());
        let mut sums = [vec![0.0; z.len() * splits], vec![0.0; z.len() * splits]];
        let mut side = Side { values: Vec::new(), cells: 0 };
        for octave in 0..OCTAVES_MAX {
            let scale = (1u64 << octave) as f64;
            let start = side.values.len();
            side.values.resize(start + z.len() * states, 0.0);
            let mut largest = 0.0f64;
            for (i, &level) in nodes.levels.iter().enumerate() {
                let k = |n: usize| sign * level * (z[n] * scale - shift);
                let crosses = |n: usize| rows[i].iter().any(|&state| self.chooser.bend(state, k(n)) != own_bend);
                bent[i].sums(&mut sums[0]);
                if crosses(0) || crosses(z.len() - 1) {
                    let fan = straight[i].get_or_insert_with(|| {
                        let mut fan = fan(&self.lines[0], i);
                        (0..octave).for_each(|_| fan.double());
                        fan
                    });
                    fan.sums(&mut sums[1]);
                }
                for n in 0..z.len() {
                    let k = k(n);
                    let (half, whole) = (libm::exp(0.5 * k), if calls { 1.0 } else { libm::exp(k) });
                    for (j, &state) in rows[i].iter().enumerate() {
                        let own = self.chooser.bend(state, k) == own_bend;
                        let value = whole - half * sums[usize::from(!own)][n * splits + j];
                        side.values[start + n * states + i * splits + j] = value;
                        largest = largest.max(value);
                    }
                }
            }
            side.cells += 1 << bits;
            if largest < WORTHLESS * self.accuracy {
                break;
            }
            bent.iter_mut().chain(straight.iter_mut().flatten()).for_each(Fan::double);
        }
        self.spare.borrow_mut().extend(bent.into_iter().chain(straight.into_iter().flatten()));
        side
    }
}
