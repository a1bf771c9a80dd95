//! Cost of one path-step on one core, for each model and instruction set, beside published figures.
//!
//! `cargo bench --bench step`. Medians of 601 runs of 64 paths and 252 daily steps each, closes stored. A run takes under
//! a millisecond, so that a busy machine disturbs few of them.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod support;

use std::hint::black_box;

use support::{Table, median_seconds};
use tailwing::math::InstructionSet;
use tailwing::model::{Preset, State};
use tailwing::path::{DayStep, Generator, PathBatch, Start, Workspace};
use tailwing::random::{Address, DrawLanes, LANES, Purpose, fill_draws};

const DAYS: usize = 252;
const REPETITIONS: usize = 601;

/// ns a path-step of Heston or Bates, measured in November 2026 on a two-core Zen 4 server with AVX-512, one thread.
const PUBLISHED: [(&str, &str); 9] = [
    ("QuantLib 1.44 C++, QE-M / Bates", "232-298 / 216-285"),
    ("libitofin (Rust port of QuantLib), QE-M", "241-250"),
    ("numba, parallel, hand-written QE-M Bates", "84-102"),
    ("RustyQLib QE-M, its normals not counted", "79"),
    ("NumPy, vectorised QE-M", "46"),
    ("stochastic-rs, Heston QE / Bates Euler", "40.5 / 25"),
    ("scalar Rust, ziggurat and xoshiro, QE-M Bates", "34"),
    ("structure of arrays, Philox, Box-Muller: SSE2 / AVX2 / AVX-512", "22 / 10.4 / 6.4"),
    ("the same with the exponential branch in most steps", "10.1"),
];

const SETS: [InstructionSet; 3] = [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Best];

fn main() {
    let mut table = Table::new(&["ns a path-step", "baseline", "AVX2", "best here"]);
    for preset in [Preset::Heston, Preset::Bates, Preset::Svcj, Preset::Default] {
        table.row(&row(preset.name(), |set| step_nanoseconds(preset, set)));
    }
    table.row(&row("(draws of one block)", draw_nanoseconds));
    println!("Here, one core:\n\n{table}");

    let mut published = Table::new(&["published measurements on another machine", "ns a path-step"]);
    for (name, nanoseconds) in PUBLISHED {
        published.row(&[name.to_string(), nanoseconds.to_string()]);
    }
    println!("{published}");
}

fn row(name: &str, nanoseconds: impl Fn(InstructionSet) -> f64) -> Vec<String> {
    let figures = SETS.map(|set| format!("{:.1}", nanoseconds(set)));
    std::iter::once(name.to_string()).chain(figures).collect()
}

fn step_nanoseconds(preset: Preset, set: InstructionSet) -> f64 {
    let state = State { x1: 0.02, x2: 0.015 };
    let start = Start { spot: 5000.0, rate: 0.04, dividend_yield: 0.015, state };
    let days = [DayStep { variance_years: 1.0 / 252.0, calendar_years: 1.0 / 252.0 }; DAYS];
    let generator = Generator::new(&preset.model(), start, &days, 1, 1).unwrap().held_to(set);
    let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
    let mut first_path = 0;
    let seconds = median_seconds(REPETITIONS, || {
        generator.fill(first_path, LANES, &mut batch, &mut workspace);
        black_box(&batch);
        first_path += LANES as u64;
    });
    seconds * 1e9 / (LANES * DAYS) as f64
}

fn draw_nanoseconds(set: InstructionSet) -> f64 {
    let mut draws = DrawLanes::default();
    let blocks = 256;
    let seconds = median_seconds(REPETITIONS, || {
        for step in 0..blocks {
            fill_draws(set, Address { seed: 1, path: 0, step, purpose: Purpose::Diffusion }, 0, &mut draws);
            black_box(&draws);
        }
    });
    seconds * 1e9 / (blocks as usize * LANES) as f64
}
