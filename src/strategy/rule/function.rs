//! The functions that rules can call: their names, arguments and meaning in one table.

/// Largest period, trading days (about eight years).
pub const PERIOD_MAX: u32 = 2000;

/// A function of the rule language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Relative strength, Wilder's averages.
    Rsi,
    /// Relative strength, simple averages.
    RsiCutler,
    /// Fast less slow exponential average.
    Macd,
    /// Exponential average of the MACD.
    MacdSignal,
    /// MACD less its signal.
    MacdHistogram,
    /// Exponential average.
    Ema,
    /// Simple average.
    Sma,
    /// Distance from the average in standard deviations.
    Zscore,
    /// Standard deviation.
    Stdev,
    /// Rank among the days before.
    Percentile,
    /// Highest value.
    High,
    /// Lowest value.
    Low,
    /// Difference to an earlier day.
    Change,
    /// Relative difference to an earlier day.
    Return,
    /// Realised volatility.
    Realized,
    /// Price near its high while breadth has fallen.
    Divergence,
    /// Above today, not above yesterday.
    CrossedAbove,
    /// Below today, not below yesterday.
    CrossedBelow,
    /// Days since a condition held.
    DaysSince,
    /// Absolute value.
    Abs,
    /// Least of several numbers.
    Min,
    /// Greatest of several numbers.
    Max,
}

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Any number.
    Number,
    /// A number whose past is looked at.
    Past,
    /// A truth value whose past is looked at.
    Condition,
    /// A whole number from this one to [`PERIOD_MAX`], known before the run.
    Period(u32),
    /// A number from 0 to below 1, known before the run.
    Tolerance,
}

/// How a function is called.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The function.
    pub function: Function,
    /// Its name in rules.
    pub name: &'static str,
    pub(super) arguments: &'static [(&'static str, Kind)],
    /// How many of the arguments, from the last, can be left out.
    pub(super) optional: usize,
    /// Whether the last argument can be repeated.
    pub(super) repeats: bool,
    /// What it gives.
    pub meaning: &'static str,
}

use Kind::{Condition, Number, Past, Period, Tolerance};

const fn entry(
    function: Function,
    name: &'static str,
    arguments: &'static [(&'static str, Kind)],
    meaning: &'static str,
) -> Signature {
    Signature { function, name, arguments, optional: 0, repeats: false, meaning }
}

const MACD: [(&str, Kind); 4] = [("x", Past), ("fast", Period(1)), ("slow", Period(2)), ("signal", Period(1))];

/// Every function, in the order in which they are explained.
pub const FUNCTIONS: [Signature; 22] = [
    entry(
        Function::Rsi,
        "rsi",
        &[("x", Past), ("n", Period(2))],
        "relative strength index, Wilder's averages, 0 to 100",
    ),
    entry(
        Function::RsiCutler,
        "rsi_cutler",
        &[("x", Past), ("n", Period(2))],
        "relative strength index, simple averages",
    ),
    entry(Function::Macd, "macd", &[MACD[0], MACD[1], MACD[2]], "fast less slow exponential average"),
    entry(Function::MacdSignal, "macd_signal", &MACD, "exponential average of the MACD"),
    entry(Function::MacdHistogram, "macd_histogram", &MACD, "MACD less its signal"),
    entry(Function::Ema, "ema", &[("x", Past), ("n", Period(1))], "exponential average, weight 2/(n+1)"),
    entry(Function::Sma, "sma", &[("x", Past), ("n", Period(1))], "average of the last n days"),
    entry(Function::Zscore, "zscore", &[("x", Past), ("n", Period(2))], "distance from sma(x, n) in stdev(x, n)"),
    entry(Function::Stdev, "stdev", &[("x", Past), ("n", Period(2))], "standard deviation of the last n days"),
    entry(
        Function::Percentile,
        "percentile",
        &[("x", Past), ("n", Period(1))],
        "percent of the n days before that lie below today",
    ),
    entry(Function::High, "high", &[("x", Past), ("n", Period(1))], "highest of the last n days"),
    entry(Function::Low, "low", &[("x", Past), ("n", Period(1))], "lowest of the last n days"),
    entry(Function::Change, "change", &[("x", Past), ("n", Period(1))], "today less n days ago"),
    entry(Function::Return, "return", &[("x", Past), ("n", Period(1))], "today over n days ago, less 1"),
    entry(
        Function::Realized,
        "realized",
        &[("x", Past), ("n", Period(2))],
        "volatility of n daily log returns, percent a year",
    ),
    Signature {
        optional: 1,
        ..entry(
            Function::Divergence,
            "divergence",
            &[("price", Past), ("breadth", Past), ("n", Period(2)), ("tolerance", Tolerance)],
            "price within tolerance (0.01) of its n-day high, breadth lower than n days ago",
        )
    },
    entry(Function::CrossedAbove, "crossed_above", &[("a", Past), ("b", Past)], "a > b today and a <= b yesterday"),
    entry(Function::CrossedBelow, "crossed_below", &[("a", Past), ("b", Past)], "a < b today and a >= b yesterday"),
    entry(
        Function::DaysSince,
        "days_since",
        &[("condition", Condition)],
        "days since the condition last held, 0 today",
    ),
    entry(Function::Abs, "abs", &[("x", Number)], "absolute value"),
    Signature { repeats: true, ..entry(Function::Min, "min", &[("a", Number), ("b", Number)], "least of the numbers") },
    Signature {
        repeats: true,
        ..entry(Function::Max, "max", &[("a", Number), ("b", Number)], "greatest of the numbers")
    },
];

impl Function {
    /// The function of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|signature| signature.name == name).map(|signature| signature.function)
    }

    /// How it is called.
    #[must_use]
    pub fn signature(self) -> &'static Signature {
        // The table is in the order of the enum; a test holds it to that.
        &FUNCTIONS[self as usize]
    }
}

impl Signature {
    /// What the argument at `at` must be, counted from 0; `None` where there can be no such argument.
    pub(super) fn argument(&self, at: usize) -> Option<(&'static str, Kind)> {
        let last = self.arguments.len() - 1;
        self.arguments.get(if self.repeats { at.min(last) } else { at }).copied()
    }

    /// How many arguments it takes, as in "3 or 4 arguments".
    pub(super) fn arity(&self) -> String {
        let most = self.arguments.len();
        match (self.repeats, most - self.optional) {
            (true, _) => format!("{most} or more arguments"),
            (_, 1) => "1 argument".to_owned(),
            (_, least) if least == most => format!("{most} arguments"),
            (_, least) => format!("{least} or {most} arguments"),
        }
    }

    /// Whether it can be called with this many arguments.
    pub(super) fn accepts(&self, count: usize) -> bool {
        count >= self.arguments.len() - self.optional && (self.repeats || count <= self.arguments.len())
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", self.name)?;
        let first_optional = self.arguments.len() - self.optional;
        for (at, (name, _)) in self.arguments.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            if at >= first_optional { write!(f, "[{comma}{name}]")? } else { write!(f, "{comma}{name}")? }
        }
        f.write_str(if self.repeats { ", ...)" } else { ")" })
    }
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (at, signature) in FUNCTIONS.iter().enumerate() {
            assert_eq!(signature.function as usize, at, "{}", signature.name);
        }
    }
}
