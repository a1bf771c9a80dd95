//! Evaluates many plans on the same paths, each to the bits that a run of its own would have.
//!
//! What plans share is computed once a batch:
//!
//! ```text
//! same market                  calendar, tables, paths, marks, indicators
//! same market and condors      the condors, the unhedged account, and what margin they need
//! each plan                    its layers, its accounts, and the paths on which it decides over condors
//! ```
//!
//! Plans are taken in passes over the paths, as many at a time as their outcomes fit into memory; the market is simulated
//! again in every pass, which costs little beside the settings.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::batch::BatchWorker;
use super::collect::{BatchOutcome, OutcomeStore};
use super::context::Context;
use super::expected::expected_marks;
use super::result::Progress;
use super::run::{refuse_too_many_unmarked, summary_terms};
use super::world::World;
use crate::plan::{BATCH_PATHS, Plan};
use crate::risk::Outcomes;
use crate::risk::summary::SummaryTerms;
use crate::{Error, Result};

/// Bytes of outcomes that are held at once, about.
const BYTES_MAX: usize = 1 << 29;
/// Plans of one pass at most: the memory of their rules and accounts, and what an interruption loses.
const PLANS_MAX: usize = 64;

/// What a plan of a sweep found out: all that `engine::run` would have found on these paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// One row a path.
    pub outcomes: Outcomes,
    /// What [`summarise`](crate::risk::summary::summarise) needs beside them.
    pub terms: SummaryTerms,
    /// Largest difference between an account and the sum of its parts, USD.
    pub imbalance_usd: f64,
}

/// What a sweep cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SweepCost {
    /// Plans.
    pub settings: usize,
    /// Groups of plans with a market of their own.
    pub markets: usize,
    /// Groups of plans with condors of their own.
    pub condor_books: usize,
    /// Passes over the paths.
    pub passes: usize,
    /// Paths, marks, indicators, condors and the unhedged account: nanoseconds a path-step and core, once a pass.
    pub base_ns: f64,
    /// One more setting: nanoseconds a path-step and core.
    pub setting_ns: f64,
}

/// Evaluates plans on the paths of those numbers; `plan.run.paths` and `plan.run.stop_when` are not looked at.
///
/// `each` hears every plan once, by its place in `plans`, with an error where the plan alone cannot be evaluated. The plans of
/// the first one's market come first, and of those the ones with its condors.
///
/// # Errors
/// That of `each`; a table of marks that cannot be built to the accuracy asked for; an interruption. What `each` has heard
/// by then stays valid.
pub fn run_together(
    plans: &[&Plan],
    paths: Range<usize>,
    threads: Option<usize>,
    progress: &dyn Progress,
    each: &mut dyn FnMut(usize, Result<Setting>) -> Result<()>,
) -> Result<SweepCost> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|error| Error::Run(format!("cannot start the threads: {error}")))?;
    let meter = Meter::default();
    let mut cost = SweepCost { settings: plans.len(), ..SweepCost::default() };
    progress.start((plans.len() * paths.len()) as u64);
    for market in group(0..plans.len(), |a, b| plans[a].has_market_of(plans[b])) {
        cost.markets += 1;
        let of_market: Vec<&Plan> = market.iter().map(|&number| plans[number]).collect();
        let world = Arc::new(pool.install(|| World::new(&of_market, progress))?);
        let books = group(market, |a, b| plans[a].has_condors_of(plans[b]));
        cost.condor_books += books.len();
        for pass in books.concat().chunks(plans_at_once(&of_market, paths.len())) {
            cost.passes += 1;
            let of_pass: Vec<&Plan> = pass.iter().map(|&number| plans[number]).collect();
            let hear = &mut |place: usize, setting| each(pass[place], setting);
            Pass { pool: &pool, meter: &meter, world: &world }.run(&of_pass, paths.clone(), progress, hear)?;
        }
    }
    progress.finish();
    let horizon = |plan: &&Plan| plan.run.horizon_days;
    let steps = (plans.iter().map(horizon).sum::<usize>() as f64 / plans.len().max(1) as f64) * paths.len() as f64;
    cost.base_ns = meter.base.load(Ordering::Relaxed) as f64 / (steps * cost.passes as f64);
    cost.setting_ns = meter.settings.load(Ordering::Relaxed) as f64 / (steps * plans.len() as f64);
    Ok(cost)
}

/// Puts what belongs together into one group; groups, and their members, in the order of their first.
fn group(numbers: impl IntoIterator<Item = usize>, same: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for number in numbers {
        match groups.iter_mut().find(|group| same(group[0], number)) {
            Some(group) => group.push(number),
            None => groups.push(vec![number]),
        }
    }
    groups
}

/// How many plans of a market can be evaluated in one pass.
fn plans_at_once(plans: &[&Plan], paths: usize) -> usize {
    // Columns that plans with the same condors share are held once.
    let columns = |plan: &&Plan| 36 + 10 * plan.layers.len() + 2 * (plan.condors.len() + plan.held_condors.len());
    let bytes = 8 * paths * plans.iter().map(columns).max().unwrap_or(1);
    (BYTES_MAX / bytes.max(1)).clamp(1, PLANS_MAX)
}

/// Nanoseconds of all threads.
#[derive(Default)]
struct Meter {
    base: AtomicU64,
    settings: AtomicU64,
}

/// One pass over the paths.
struct Pass<'a, 'p> {
    pool: &'a ThreadPool,
    meter: &'a Meter,
    world: &'a Arc<World<'p>>,
}

impl<'p> Pass<'_, 'p> {
    fn run(
        &self,
        plans: &[&'p Plan],
        paths: Range<usize>,
        progress: &dyn Progress,
        each: &mut dyn FnMut(usize, Result<Setting>) -> Result<()>,
    ) -> Result<()> {
        let contexts = Context::together(self.world, plans);
        let books: Vec<&[Context<'p>]> = contexts.chunk_by(Context::has_condors_of).collect();
        let store = |place| Mutex::new(OutcomeStore::new(paths.clone(), place > 0));
        let stores: Vec<_> = books.iter().flat_map(|book| (0..book.len()).map(store)).collect();
        self.simulate(&books, &stores, &paths, progress)?;
        let mut stores = stores.into_iter().map(|store| store.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut common = Vec::new();
        let of_books = books.iter().flat_map(|book| book.iter().enumerate());
        for (heard, (place, context)) in of_books.enumerate() {
            let Some(store) = stores.next() else { unreachable!("every setting has a store") };
            if place == 0 {
                common = store.common();
            }
            let (outcomes, imbalance_usd) = store.finish(&common, &context.components);
            let setting = Setting { outcomes, terms: summary_terms(context), imbalance_usd };
            each(heard, refuse_too_many_unmarked(&setting.outcomes).map(|()| setting))?;
        }
        Ok(())
    }

    /// Takes all settings along the paths, batch after batch on all threads.
    fn simulate(
        &self,
        books: &[&[Context<'p>]],
        stores: &[Mutex<OutcomeStore>],
        paths: &Range<usize>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let workers = Mutex::new(Vec::new());
        let settings = stores.len();
        self.pool.install(|| {
            books.iter().try_for_each(|book| book[0].options.build(&expected_marks(&book[0]), progress))?;
            (0..paths.len().div_ceil(BATCH_PATHS)).into_par_iter().try_for_each(|batch| {
                if progress.interrupted() {
                    return Err(Error::Interrupted);
                }
                let first = paths.start + batch * BATCH_PATHS;
                let lanes = BATCH_PATHS.min(paths.end - first);
                let idle = lock(&workers).pop();
                let mut worker = idle.unwrap_or_else(|| BatchWorker::new(&books[0][0], BATCH_PATHS));
                self.run_batch(&mut worker, books, first..first + lanes, stores)?;
                lock(&workers).push(worker);
                progress.advance((lanes * settings) as u64);
                Ok(())
            })
        })
    }

    fn run_batch(
        &self,
        worker: &mut BatchWorker,
        books: &[&[Context<'p>]],
        paths: Range<usize>,
        stores: &[Mutex<OutcomeStore>],
    ) -> Result<()> {
        let start = Instant::now();
        worker.show_market(&books[0][0], paths.start as u64, paths.len());
        self.meter.base.fetch_add(nanoseconds(start), Ordering::Relaxed);
        let mut stores = stores.iter();
        for &book in books {
            let start = Instant::now();
            worker.trade_condors(&book[0])?;
            self.meter.base.fetch_add(nanoseconds(start), Ordering::Relaxed);
            let start = Instant::now();
            for (context, store) in book.iter().zip(stores.by_ref()) {
                worker.hedge(context)?;
                lock(store).put(paths.start, BatchOutcome::take(worker, context, paths.len()));
            }
            self.meter.settings.fetch_add(nanoseconds(start), Ordering::Relaxed);
        }
        Ok(())
    }
}

fn nanoseconds(since: Instant) -> u64 {
    since.elapsed().as_nanos() as u64
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
