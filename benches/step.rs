//! Cost of one path-step, on one core, for each model and instruction set, beside published figures.
//!
//! `cargo bench --bench step`. Medians of 15 runs of 256 batches of 64 paths, 252 daily steps each, closes stored.

mod support;

use std::hint::black_box;

use support::{Table, median_seconds};
use tailwing::math::InstructionSet;
use tailwing::model::{Preset, State};
use tailwing::path::{DayStep, Generator, PathBatch, Start, Workspace};

const LANES: usize = 64;
const BATCHES: u64 = 64;
const DAYS: usize = 252;
const REPETITIONS: usize = 15;

fn main() {
    let mut table = Table::new(&["model", "baseline", "AVX2", "best here"]);
    for preset in [Preset::Heston, Preset::Bates, Preset::Svcj, Preset::Default] {
        let mut cells = vec![preset.name().to_string()];
        for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Best] {
            cells.push(format!("{:.2}", nanoseconds_a_step(preset, set)));
        }
        table.row(&cells);
    }
    println!("ns a path-step, one core\n\n{table}");
}

fn nanoseconds_a_step(preset: Preset, set: InstructionSet) -> f64 {
    let state = State { x1: 0.02, x2: 0.015 };
    let start = Start { spot: 5000.0, rate: 0.04, dividend_yield: 0.015, state };
    let days = [DayStep { variance_years: 1.0 / 252.0, calendar_years: 1.0 / 252.0 }; DAYS];
    let generator = Generator::new(&preset.model(), start, &days, 1, 1).expect("presets are valid").held_to(set);
    let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
    let seconds = median_seconds(REPETITIONS, || {
        for number in 0..BATCHES {
            generator.fill(number * LANES as u64, LANES, &mut batch, &mut workspace);
            black_box(&batch);
        }
    });
    seconds * 1e9 / (BATCHES as usize * LANES * DAYS) as f64
}
