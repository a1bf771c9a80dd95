//! What marks cost and how far they are from exact values, beside published figures.
//!
//! `cargo bench --bench mark`

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod support;

use std::hint::black_box;
use std::sync::Arc;

use support::{Table, median_seconds};
use tailwing::instrument::OptionKind;
use tailwing::model::{Law, Preset, RiskNeutral, State, VixMap};
use tailwing::pricing::{
    European, OptionTable, Reading, VarianceTransform, VixFuture, VixOption, VixOptionTable, VxTable,
};

const STATES: usize = 4096;

/// A fixed sequence of numbers from 0 to 1.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A state with a VIX of about 12 to 40.
    fn common_state(&mut self, two_factors: bool) -> State {
        let x1 = 0.1 * self.uniform() * self.uniform();
        State { x1, x2: if two_factors { 0.004 + 0.04 * self.uniform() } else { 0.0 } }
    }

    /// A state with a VIX up to about 150.
    fn any_state(&mut self, two_factors: bool) -> State {
        let fourth = |u: f64| (u * u) * (u * u);
        let x1 = 2.8 * fourth(self.uniform());
        State { x1, x2: if two_factors { 0.2 * fourth(self.uniform()) } else { 0.0 } }
    }
}

fn main() {
    let mut options =
        Table::new(&["model", "days", "accuracy", "condor, ns", "build, CPU ms", "kB", "largest error", "at VIX, k"]);
    let mut options_on_vix =
        Table::new(&["model", "days", "VIX call, ns", "far ones, ns", "build, CPU ms", "kB", "largest error, points"]);
    let mut futures = Table::new(&["model", "days", "VX, ns", "build, CPU ms", "kB", "largest error, points"]);
    for preset in Preset::ALL {
        let model = preset.model();
        let law = model.risk_neutral();
        for days in [1.0, 5.0, 21.0, 45.0] {
            for accuracy in [1e-5, 1e-6] {
                options.row(&option_row(preset, law, days, accuracy));
            }
        }
        for days in [7.0, 30.0, 110.0, 220.0] {
            futures.row(&future_row(preset, law, days));
            options_on_vix.row(&vix_option_row(preset, law, days));
        }
    }
    println!("{options}\n{futures}\n{options_on_vix}");
    let mut total = Table::new(&["tables of 1 to 33 sessions (64 keys), CPU s", "1e-5", "1e-6"]);
    for preset in Preset::ALL {
        let seconds = |accuracy: f64| format!("{:.2}", programme_seconds(preset.model().risk_neutral(), accuracy));
        total.row(&[preset.name().to_string(), seconds(1e-5), seconds(1e-6)]);
    }
    println!("{total}");
    let mut layer = Table::new(&["VIX options of 15 to 157 sessions (143 keys, a 220-day layer)", "CPU s", "MB"]);
    for preset in Preset::ALL {
        let (seconds, bytes) = layer_seconds(preset.model().risk_neutral());
        layer.row(&[preset.name().to_string(), format!("{seconds:.2}"), format!("{:.0}", bytes as f64 / 1e6)]);
    }
    println!("{layer}");
    let mut exact =
        Table::new(&["exact, us each", "put and call, all greeks", "same, one law and expiry", "VX", "VIX option"]);
    for preset in Preset::ALL {
        exact.row(&exact_row(preset));
    }
    println!("{exact}");
    match others() {
        Some(table) => println!("{table}"),
        None => println!("No Python with NumPy here, so nothing else was timed."),
    }
    println!("Published, a four-leg condor: QuantLib 1.44 407 us; COS in NumPy or numba 3.2 or 2.1 us; COS in Rust");
    println!("230 to 564 ns; tables of one variance factor 20.7 ns within 5e-6 and 32 ns within 4.5e-7.");
}

/// Microseconds of exact prices: for an option by itself, for one more of the same law and expiry, VX, a VIX option.
fn exact_row(preset: Preset) -> Vec<String> {
    let model = preset.model();
    let law = model.risk_neutral();
    let (years, state) = (30.0 / 365.0, State { x1: 0.02, x2: if law.has_slow_factor() { 0.015 } else { 0.0 } });
    let map = VixMap::new(law, years).unwrap();
    let micros = |seconds: f64| format!("{:.1}", seconds * 1e6);
    let alone = median_seconds(51, || {
        black_box(European::new(law, years).unwrap().value(state, black_box(-0.05)).unwrap());
    });
    let pricer = European::new(law, years).unwrap();
    let again = median_seconds(51, || {
        black_box(pricer.value(state, black_box(-0.05)).unwrap());
    });
    let future = median_seconds(51, || {
        black_box(VixFuture::new(law, years, &map).unwrap().price(state));
    });
    let options = VixOption::new(law, years, &map).unwrap();
    let option = median_seconds(51, || {
        black_box(options.put_call(state, black_box(22.0)).unwrap());
    });
    vec![preset.name().to_string(), micros(alone), micros(again), micros(future), micros(option)]
}

fn option_row(preset: Preset, law: &Law<RiskNeutral>, days: f64, accuracy: f64) -> Vec<String> {
    let years = days / 365.0;
    let two_factors = law.has_slow_factor();
    let build = || OptionTable::build(law, years, accuracy).unwrap();
    let seconds = median_seconds(3, || {
        black_box(build());
    });
    let table = build();
    let mut draws = Draws(1);
    let readings: Vec<Reading<'_>> = (0..STATES)
        .map(|_| {
            let state = draws.common_state(two_factors);
            let scale = ((state.x1 + state.x2 + 0.01) * years).sqrt();
            let shift = scale * (draws.uniform() - 0.5);
            Reading { table: &table, state, k: [-2.0, -1.5, 1.3, 1.7].map(|m| m * scale + shift) }
        })
        .collect();
    let mut values = vec![[0.0; 2]; STATES];
    let condors = median_seconds(21, || Reading::sides(black_box(&readings), black_box(&mut values)));
    let exact = European::new(law, years).unwrap();
    let map = VixMap::new(law, 30.0 / 365.0).unwrap();
    let mut worst = (0.0, 0.0, 0.0);
    for _ in 0..2000 {
        let state = draws.any_state(two_factors);
        let scale = ((state.x1 + state.x2 + 0.003) * years).sqrt();
        let k = scale * 5.0 * (2.0 * draws.uniform() - 1.0);
        let error = (table.put(&table.locate(state), k) - exact.value(state, k).unwrap().put).abs();
        if error > worst.0 {
            worst = (error, map.vix(state), k);
        }
    }
    vec![
        preset.name().to_string(),
        format!("{days}"),
        format!("{accuracy:e}"),
        format!("{:.1}", condors / STATES as f64 * 1e9),
        format!("{:.1}", seconds * 1e3),
        format!("{}", table.memory_bytes() / 1024),
        format!("{:.1e}", worst.0),
        format!("{:.0}, {:.3}", worst.1, worst.2),
    ]
}

fn future_row(preset: Preset, law: &Law<RiskNeutral>, days: f64) -> Vec<String> {
    let years = days / 365.0;
    let map = VixMap::new(law, 30.0 / 365.0).unwrap();
    let build = || VxTable::build(law, years, &map).unwrap();
    let seconds = median_seconds(5, || {
        black_box(build());
    });
    let table = build();
    let two_factors = law.has_slow_factor();
    let mut draws = Draws(2);
    let (x1, x2): (Vec<f64>, Vec<f64>) =
        (0..STATES).map(|_| draws.common_state(two_factors)).map(|state| (state.x1, state.x2)).unzip();
    let mut out = vec![0.0; STATES];
    let slices = median_seconds(21, || table.futures(black_box(&x1), black_box(&x2), black_box(&mut out)));
    let exact = VixFuture::new(law, years, &map).unwrap();
    let worst = (0..5000)
        .map(|_| draws.any_state(two_factors))
        .map(|state| (table.future(state) - exact.price(state)).abs())
        .fold(0.0, f64::max);
    vec![
        preset.name().to_string(),
        format!("{days}"),
        format!("{:.1}", slices / STATES as f64 * 1e9),
        format!("{:.2}", seconds * 1e3),
        format!("{}", table.memory_bytes() / 1024),
        format!("{worst:.1e}"),
    ]
}

fn vix_option_row(preset: Preset, law: &Law<RiskNeutral>, days: f64) -> Vec<String> {
    let years = days / 365.0;
    let map = VixMap::new(law, 30.0 / 365.0).unwrap();
    let build = || VixOptionTable::build(law, years, &map, 1e-3).unwrap();
    let seconds = median_seconds(3, || {
        black_box(build());
    });
    let table = build();
    let two_factors = law.has_slow_factor();
    let mut draws = Draws(3);
    let (x1, x2): (Vec<f64>, Vec<f64>) =
        (0..STATES).map(|_| draws.common_state(two_factors)).map(|state| (state.x1, state.x2)).unzip();
    let mut out = vec![0.0; STATES];
    let mut time = |low: f64| {
        let strikes: Vec<f64> = (0..STATES).map(|_| low + 20.0 * draws.uniform()).collect();
        let call = OptionKind::Call;
        let all = median_seconds(21, || {
            table.values(black_box(&x1), black_box(&x2), black_box(&strikes), call, black_box(&mut out));
        });
        format!("{:.1}", all / STATES as f64 * 1e9)
    };
    let (near, far) = (time(15.0), time(40.0));
    let worst = (0..1000)
        .map(|_| (draws.any_state(two_factors), draws.uniform()))
        .map(|(state, u)| table.error_at(state, table.future(state) * (0.4 + 1.8 * u), OptionKind::Call))
        .fold(0.0, f64::max);
    vec![
        preset.name().to_string(),
        format!("{days}"),
        near,
        far,
        format!("{:.2}", seconds * 1e3),
        format!("{}", table.memory_bytes() / 1024),
        format!("{worst:.1e}"),
    ]
}

/// Seconds on one thread, and bytes, of the tables of VIX options for every number of sessions to expiry that a layer of
/// 220 calendar days meets until it rolls three weeks before expiry, weekends counted 0.3 a day, as a run builds them.
fn layer_seconds(law: &Law<RiskNeutral>) -> (f64, usize) {
    let years = |sessions: u32| (f64::from(sessions) + 0.6 * f64::from(sessions / 5)) / 285.55;
    let map = VixMap::new(law, years(21)).unwrap();
    let start = std::time::Instant::now();
    let transform = VarianceTransform::new(law, &map, years(157)).map(Arc::new);
    let tables = (15..=157).map(|sessions| match &transform {
        Some(transform) => VixOptionTable::sharing(transform, years(sessions), 1e-3).unwrap(),
        None => VixOptionTable::build(law, years(sessions), &map, 1e-3).unwrap(),
    });
    let bytes = tables.map(|table| black_box(table).memory_bytes()).sum();
    (start.elapsed().as_secs_f64(), bytes)
}

/// What other software takes on this machine, where Python and its libraries are present.
fn others() -> Option<Table> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/others.py");
    let output = std::process::Command::new("python3").arg(script).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut table = Table::new(&["a four-leg Bates condor of 30 days elsewhere", "us", "largest error"]);
    let mut rows = 0;
    for line in text.lines() {
        let cells: Vec<String> = line.split('|').map(str::to_owned).collect();
        if cells.len() == 3 {
            table.row(&cells);
            rows += 1;
        }
    }
    (rows > 0).then_some(table)
}

/// Seconds on one thread for the tables of every time to expiry up to 33 sessions, weekends counted 0.3 a day.
fn programme_seconds(law: &Law<RiskNeutral>, accuracy: f64) -> f64 {
    let start = std::time::Instant::now();
    for sessions in 1..=33u32 {
        let weekends = sessions / 5;
        for weekends in [weekends, weekends + 1] {
            if sessions < 5 && weekends > 0 && sessions > 2 {
                continue;
            }
            let years = (f64::from(sessions) + 0.6 * f64::from(weekends)) / 285.55;
            black_box(OptionTable::build(law, years, accuracy).unwrap());
        }
    }
    start.elapsed().as_secs_f64()
}
