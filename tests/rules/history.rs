//! Rules over the real history of index and VIX: one lane, and the days that an independent script finds.
//!
//! The script is `tests/rules/triggers.py`; run over a file of dates, VIX and SPX it prints the days on which each rule
//! holds and each layer is on. What it found is pinned here: for the six months before February 2018, which the project carries, and,
//! as counts and a checksum of days, for the whole history of 1990 to 2022 where `TAILWING_REFERENCE` names its folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tailwing::strategy::Layer;
use tailwing::strategy::rule::MarketSeries;

use super::truths;

/// Closes by date: VIX and SPX on days that have both.
struct Closes {
    dates: Vec<String>,
    vix: Vec<f64>,
    spx: Vec<f64>,
}

impl Closes {
    fn carried() -> Self {
        let text = std::fs::read_to_string("scenarios/before_february_2018.csv").unwrap();
        let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        Self::of(rows.map(|row| (row[0].clone(), row[1].parse().unwrap(), row[2].parse().unwrap())))
    }

    fn reference() -> Option<Self> {
        let Some(folder) = std::env::var_os("TAILWING_REFERENCE") else {
            eprintln!("skipped: TAILWING_REFERENCE does not name the folder with data/vix_daily_ohlc.csv");
            return None;
        };
        let read = |name: &str, column: usize| -> BTreeMap<String, f64> {
            let text = std::fs::read_to_string(PathBuf::from(&folder).join("data").join(name)).unwrap();
            let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
            rows.map(|row| (row[0].clone(), row[column].parse().unwrap())).collect()
        };
        let spx = read("spx_daily_close.csv", 1);
        let both = read("vix_daily_ohlc.csv", 4).into_iter();
        Some(Self::of(both.filter_map(|(date, vix)| spx.get(&date).map(|&spx| (date, vix, spx)))))
    }

    fn of(rows: impl Iterator<Item = (String, f64, f64)>) -> Self {
        let mut closes = Self { dates: Vec::new(), vix: Vec::new(), spx: Vec::new() };
        for (date, vix, spx) in rows {
            closes.dates.push(date);
            closes.vix.push(vix);
            closes.spx.push(spx);
        }
        closes
    }

    fn holds(&self, rule: &str) -> Vec<bool> {
        let held = truths(rule, &[(MarketSeries::Spx, &self.spx), (MarketSeries::Vix, &self.vix)]);
        held.into_iter().map(|truth| truth.holds()).collect()
    }

    /// Whether a layer is on after each close.
    fn is_on(&self, [enter, exit]: [&str; 2]) -> Vec<bool> {
        let mut on = false;
        let rules = self.holds(enter).into_iter().zip(self.holds(exit));
        rules
            .map(|(enter, exit)| {
                on = Layer::next_on(on, enter, exit);
                on
            })
            .collect()
    }

    /// What the script finds: numbers of days and their checksums, rules first, then layers.
    fn found(&self) -> Vec<(usize, usize)> {
        let layers = [[RULES[0], RULES[1]], [RULES[2], RULES[3]]];
        let rules = RULES.into_iter().map(|rule| self.holds(rule));
        rules.chain(layers.into_iter().map(|layer| self.is_on(layer))).map(|days| checksum(&days)).collect()
    }
}

/// The rules of the built-in scenario's first and third layer that need index and VIX alone, and one that needs both, in
/// which VIX upside down stands for breadth. Closes in cents put the index at exactly 60 on a day of 1990 to 2022, where the
/// last bit decides: the exit asks for a hair more than the scenario's 60.
const RULES: [&str; 5] = [
    "rsi_cutler(vix, 14) < 30",
    "rsi_cutler(vix, 14) > 60.000001",
    "vix > 30",
    "vix < sma(vix, 20)",
    "divergence(spx, -vix, 20)",
];

/// Number of days, and the sum over them of the square of the day's number from 0, modulo a million and three.
fn checksum(days: &[bool]) -> (usize, usize) {
    const MODULUS: usize = 1_000_003;
    let numbers: Vec<usize> = days.iter().enumerate().filter(|(_, held)| **held).map(|(day, _)| day).collect();
    (numbers.len(), numbers.iter().map(|day| day * day % MODULUS).sum::<usize>() % MODULUS)
}

#[test]
fn rules_fire_on_the_days_of_2017_and_2018_that_the_script_finds() {
    let closes = Closes::carried();
    let held = closes.holds(RULES[0]);
    let days: Vec<&str> =
        closes.dates.iter().zip(held).filter(|(_, held)| *held).map(|(date, _)| date.as_str()).collect();
    assert_eq!(days, ["2017-09-25", "2017-09-27", "2017-09-28", "2017-09-29", "2017-10-02", "2017-10-03"]);
    let script = [(6, 10_274), (19, 215_406), (0, 0), (64, 312_189), (48, 341_747), (20, 45_790), (0, 0)];
    assert_eq!(closes.found(), script);
}

#[test]
fn rules_fire_on_the_days_of_1990_to_2022_that_the_script_finds() {
    let Some(closes) = Closes::reference() else { return };
    assert_eq!((closes.dates.len(), closes.dates[0].as_str()), (8309, "1990-01-02"));
    let script = [
        (666, 517_302),
        (1557, 866_548),
        (719, 39_437),
        (4722, 993_704),
        (946, 850_446),
        (2866, 645_893),
        (573, 357_083),
    ];
    assert_eq!(closes.found(), script);
}
