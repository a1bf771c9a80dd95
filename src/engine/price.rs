//! Answers many questions for exact values at once, in parallel; each answer is a function of its own question alone.
//!
//! Questions are sorted by what their pricers depend on. Those of one law without closed form share the transform of that
//! law, those of one law and expiry share the pricer, and neither lives longer than it is needed.

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use crate::error::{DomainError, Error, Result};
use crate::pricing::Query;
use crate::pricing::query::{Key, Pricers, Transform};

/// Questions of one pricer that a thread answers in a row.
const CHUNK: usize = 64;

/// A question's number and the answer to it.
type Numbered = (usize, std::result::Result<f64, DomainError>);

/// The values of queries, in their order, on a number of threads (one for each core by default).
///
/// # Errors
/// The threads cannot be started. What is wrong with one question is the answer to it.
pub fn price(queries: &[Query], threads: Option<usize>) -> Result<Vec<std::result::Result<f64, DomainError>>> {
    let mut order: Vec<(Key, usize)> = queries.iter().map(Query::key).zip(0..).collect();
    order.sort_unstable();
    let laws: Vec<&[(Key, usize)]> = order.chunk_by(|(a, _), (b, _)| a.transform == b.transform).collect();
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|error| Error::Run(format!("cannot start the threads: {error}")))?;
    let mut answers: Vec<Numbered> =
        pool.install(|| laws.par_iter().flat_map(|law| of_one_law(queries, law)).collect());
    answers.sort_unstable_by_key(|(number, _)| *number);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

fn of_one_law(queries: &[Query], law: &[(Key, usize)]) -> Vec<Numbered> {
    let transform = Transform::new(&queries[law[0].1]);
    let expiries: Vec<&[(Key, usize)]> = law.chunk_by(|(a, _), (b, _)| a == b).collect();
    expiries.par_iter().flat_map(|expiry| of_one_pricer(queries, &transform, expiry)).collect()
}

fn of_one_pricer(queries: &[Query], transform: &Transform, expiry: &[(Key, usize)]) -> Vec<Numbered> {
    match Pricers::sharing(&queries[expiry[0].1], transform) {
        Ok(pricers) => {
            let answer = |&(_, number): &(Key, usize)| (number, queries[number].value_by(&pricers));
            expiry.par_iter().with_min_len(CHUNK).map(answer).collect()
        }
        Err(error) => expiry.iter().map(|&(_, number)| (number, Err(error.clone()))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Preset, State, VixMap};
    use crate::pricing::{Discounting, Want};

    #[test]
    fn answers_stand_in_the_order_of_the_questions_and_do_not_depend_on_each_other() {
        let market = Discounting { spot: 100.0, rate: 0.03, dividend_yield: 0.01, years: 0.2 };
        let mut queries = Vec::new();
        for i in 0..40 {
            let law = *Preset::ALL[i % 4].model().risk_neutral();
            let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
            let state = State { x1: 0.01 + 0.001 * i as f64, x2: if law.has_slow_factor() { 0.01 } else { 0.0 } };
            let years = 0.05 + 0.01 * (i % 7) as f64;
            let want = match i % 3 {
                0 => Want::Option { is_call: i % 2 == 0, strike: 90.0 + i as f64, market },
                1 => Want::VixFuture { map },
                _ => Want::VixOption { is_call: true, strike: 20.0, discount: 1.0, map },
            };
            queries.push(Query { law, state, years, want });
        }
        let alone: Vec<u64> = queries.iter().map(|query| query.value().unwrap().to_bits()).collect();
        for threads in [1, 2, 3] {
            let together = price(&queries, Some(threads)).unwrap();
            let together: Vec<u64> = together.into_iter().map(|answer| answer.unwrap().to_bits()).collect();
            assert_eq!(together, alone);
        }
    }

    #[test]
    fn a_wrong_question_spoils_no_other() {
        let law = *Preset::Svcj.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let good = Query { law, state: State { x1: 0.02, x2: 0.0 }, years: 0.1, want: Want::VixFuture { map } };
        let answers = price(&[good, Query { years: -1.0, ..good }, good], None).unwrap();
        assert!(answers[0].is_ok() && answers[0] == answers[2]);
        assert_eq!(answers[1].as_ref().unwrap_err().parameter, "years");
        assert!(price(&[], None).unwrap().is_empty());
    }
}
