//! With P = Q, one cash rate, fills at marks, no fees: every strategy, hedge and roll earns on average just the cash
//! rate. What the test cannot see is stated: four standard errors and the bias of the scheme.

mod support;
