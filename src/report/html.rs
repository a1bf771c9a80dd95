//! `report.html`: one page for people, without scripts, network or anything outside its own bytes.
//!
//! The page carries a content-security policy that allows its own style sheet, by hash, and nothing else.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

use super::chart::{self, Mark, Series};
use super::facts::{FACTS, Fact};
use super::sections;
use super::table::{self, Row, rows};
use super::verdict::verdict;
use super::{Report, format};
use crate::error::{Error, Result};
use crate::risk::convergence::convergence;
use crate::risk::{Component, ComponentKind, Figure};
use crate::stats::{Estimate, Level};

const TEMPLATE: &str = include_str!("report.html");
/// How pages begin: title, facts, verdict.
const OPENING: &str = include_str!("opening.html");
pub(super) const STYLE: &str = include_str!("report.css");

/// The level at which losses are marked and divided among their parts.
const LEVEL: Level = Level::per_mille(990);

/// The report as one HTML page.
///
/// # Errors
/// The template does not fit its data, which is a fault of this program.
pub fn page(report: &Report) -> Result<String> {
    render("report.html", TEMPLATE, values(report))
}

/// A page from a template and its values.
///
/// # Errors
/// The template does not fit its values.
pub(super) fn render(name: &str, template: &str, values: Value) -> Result<String> {
    let page = || {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.add_template("opening.html", OPENING)?;
        environment.add_template(name, template)?;
        environment.get_template(name)?.render(values)
    };
    page().map_err(|error: minijinja::Error| Error::Run(format!("cannot write {name}: {error:#}")))
}

fn values(report: &Report) -> Value {
    let (plan, result) = (report.plan, report.result);
    let verdict = verdict(report);
    context! {
        style => STYLE,
        style_hash => style_hash(),
        title => plan.name.as_str(),
        is_broad => false,
        digest => plan.digest.as_str(),
        version => env!("CARGO_PKG_VERSION"),
        facts => facts(report),
        is_margined => plan.margin.regime != crate::book::Regime::None,
        headline => verdict.headline,
        sentences => verdict.sentences.iter().map(|sentence| signs(sentence)).collect::<Vec<_>>(),
        warnings => result.warnings.iter().map(|warning| pieces(&signs(warning))).collect::<Vec<_>>(),
        notes => result.notes.clone(),
        has_hedge => report.has_hedge(),
        pictures => pictures(report),
        margin => sections::margin(report),
        marks => legend(report),
        parts => parts(report),
        layers => sections::layers(report),
        layer_headings => sections::LAYER_HEADINGS,
        splits => sections::splits(report),
        split_headings => sections::SPLIT_HEADINGS,
        regimes => sections::regimes(report),
        regime_headings => sections::regime_headings(report.has_hedge()),
        worst_paths => sections::worst_paths(report),
        table => table(report),
        checks => checks(report),
        market => market_facts(report),
        resolved => plan.resolved.as_str(),
    }
}

/// The drawings of whole samples; an empty text for one that cannot be drawn.
fn pictures(report: &Report) -> Value {
    let result = report.result;
    let marks = marks(report);
    let real = |name: &str| result.outcomes.real(name);
    let fan = if result.profile.days.len() > 1 {
        chart::both(|width| chart::fan::draw(&result.profile, report.has_hedge(), width))
    } else {
        String::new()
    };
    let exceedance = |column: &str, scale: f64, axis: &str, title: &str| {
        let values: Vec<(&str, Vec<f64>)> = strategies(report)
            .iter()
            .filter_map(|strategy| {
                let values = real(&format!("{strategy}_{column}"))?;
                Some((*strategy, values.iter().map(|value| -scale * value).collect()))
            })
            .collect();
        let series: Vec<Series> =
            values.iter().map(|(class, values)| Series { class, pnl_usd: values, marks: &[] }).collect();
        if series.is_empty() {
            return String::new();
        }
        chart::both(|width| chart::tail::draw(&series, axis, title, width))
    };
    let falls = "Share of paths whose equity falls at least so far from a peak, on a logarithmic scale";
    let margin = "Share of paths whose margin takes at least such a share of equity, on a logarithmic scale";
    let losses = "Share of paths that lose at least a given amount, on a logarithmic scale";
    let scatter = match (real("index_return"), real("hedged_pnl_usd"), real("highest_vix")) {
        (Some(index), Some(pnl), Some(vix)) => chart::both(|width| chart::scatter::draw(index, pnl, vix, width)),
        _ => String::new(),
    };
    let settling: Vec<(&str, Vec<(usize, Estimate)>)> = strategies(report)
        .iter()
        .filter_map(|strategy| Some((*strategy, convergence(real(&format!("{strategy}_pnl_usd"))?, LEVEL))))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let settling: Vec<chart::convergence::Settling> =
        settling.iter().map(|(class, points)| (*class, points.as_slice())).collect();
    let settling = if settling.is_empty() {
        String::new()
    } else {
        chart::both(|width| chart::convergence::draw(&settling, width))
    };
    context! {
        fan,
        histogram => chart::both(|width| chart::histogram::draw(&series(report, &marks), width)),
        tail => chart::both(|width| {
            chart::tail::draw(&series(report, &marks), "loss of at least, USD", losses, width)
        }),
        drawdown => exceedance("max_drawdown_usd", 1.0, "deepest fall of at least, USD", falls),
        margin => exceedance("worst_margin_use", 100.0, "highest margin use of at least, % of equity", margin),
        scatter,
        convergence => settling,
    }
}

/// The accounts that are drawn: one where there is no hedge.
fn strategies<'a>(report: &Report) -> &'a [&'a str] {
    if report.has_hedge() { &["hedged", "unhedged"] } else { &["hedged"] }
}

/// The simulated world against the market; nothing for models other than the default one, which alone was measured.
fn market_facts(report: &Report) -> Vec<Value> {
    if report.plan.model_name != "default" {
        return Vec::new();
    }
    let row = |fact: &Fact| {
        let number = |value: f64| format::typeset(&format!("{value:.*}", fact.decimals));
        let [market, low, high] = fact.market.map(number);
        let band = format!("{low} to {high}");
        context! { what => fact.what, market, band, model => number(fact.model), holds => fact.holds() }
    };
    FACTS.iter().map(row).collect()
}

/// The `sha256-...` source by which the policy allows the style sheet.
pub(super) fn style_hash() -> String {
    format!("sha256-{}", base64(&Sha256::digest(STYLE)))
}

/// Standard base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0u32, |word, i| word << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// True minus signs in front of numbers, and no break between a number and its per cent sign.
pub(super) fn signs(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let starts_number = matches!(before, ' ' | '(') && letters.peek().is_some_and(char::is_ascii_digit);
        result.push(if letter == '-' && starts_number { '\u{2212}' } else { letter });
        before = letter;
    }
    result.replace(" %", "\u{a0}%")
}

/// A text with code between backticks, as pieces: whether each is code, and what it says.
pub(super) fn pieces(text: &str) -> Vec<Value> {
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces.map(|(number, piece)| context! { code => number % 2 == 1, text => piece }).collect()
}

/// What the reader needs to place the run: name and value.
fn facts(report: &Report) -> Vec<Vec<String>> {
    let plan = report.plan;
    let fact = |name: &str, value: String| vec![name.to_string(), value];
    vec![
        fact("Paths", format::count(report.result.outcomes.paths() as u64)),
        fact("Trading days", format::count(plan.run.horizon_days as u64)),
        fact("First day", plan.market.date.to_string()),
        fact("SPX", format::quantity(plan.market.spot, "ratio")),
        fact("VIX", format::quantity(plan.market.vix, "ratio")),
        fact("Equity", format::quantity(plan.equity, "USD")),
        fact("Model", plan.model_name.clone()),
        fact("Seed", plan.run.seed.to_string()),
    ]
}

/// The losses marked on the histogram, by strategy.
fn marks<'a>(report: &Report) -> Vec<(&'a str, Vec<Mark<'a>>)> {
    let loss = |strategy: &str, measure, name| {
        let figure = report.figure(strategy, measure, Some(LEVEL.value()))?;
        let interval_usd = figure.low.zip(figure.high).map(|(low, high)| [low, high]);
        Some(Mark { name, loss_usd: figure.value, interval_usd })
    };
    strategies(report)
        .iter()
        .map(|strategy| {
            let shortfall = loss(strategy, "expected_shortfall", "ES 99 %");
            let value_at_risk = loss(strategy, "value_at_risk", "VaR 99 %");
            (*strategy, [shortfall, value_at_risk].into_iter().flatten().collect())
        })
        .collect()
}

fn series<'a>(report: &Report<'a>, marks: &'a [(&'a str, Vec<Mark<'a>>)]) -> Vec<Series<'a>> {
    marks
        .iter()
        .filter_map(|(strategy, marks)| {
            let pnl_usd = report.result.outcomes.real(&format!("{strategy}_pnl_usd"))?;
            Some(Series { class: strategy, pnl_usd, marks })
        })
        .collect()
}

/// The marked losses in words, since the drawing has no room for intervals.
fn legend(report: &Report) -> Vec<Vec<String>> {
    let measures = [("value_at_risk", "value at risk"), ("expected_shortfall", "expected shortfall")];
    marks(report)
        .iter()
        .flat_map(|(strategy, _)| measures.map(|(measure, name)| (*strategy, measure, name)))
        .filter_map(|(strategy, measure, name)| {
            let figure = report.figure(strategy, measure, Some(LEVEL.value()))?;
            let account = if report.has_hedge() { strategy } else { "" };
            let words = format!("{account} {name} 99 %: {}", format::estimate(figure).phrase());
            Some(vec![strategy.to_string(), words.trim_start().to_string()])
        })
        .collect()
}

/// A chart for each measure that is divided among parts.
fn parts(report: &Report) -> Vec<Value> {
    let level = Some(LEVEL.value());
    let earned = "P&L, USD";
    let measures = [
        ("hedged", "mean_pnl", None, "What each part earns on average", earned),
        ("hedged", "expected_shortfall", level, "What each part loses on the worst 1 % of paths", "loss, USD"),
        ("hedge", "pnl_on_unhedged_worst", level, "What the hedge earns where the unhedged account loses most", earned),
    ];
    let components = &report.result.outcomes.components;
    let of = |component: &Component, strategy: &str, measure: &str, level| {
        report.result.figures.iter().find(|figure| {
            figure.component.as_deref() == Some(&component.name)
                && (figure.strategy == strategy && figure.measure == measure && figure.level == level)
                && report.is_whole_horizon(figure)
        })
    };
    measures
        .into_iter()
        .filter_map(|(strategy, measure, level, title, unit)| {
            // Costs of a hedge that there is not are no parts.
            let is_part = |component: &&Component| report.has_hedge() || component.kind != ComponentKind::HedgeCost;
            // Nor is what never happened, as a forced sale that nobody had to make.
            let happened =
                |figure: &Figure| figure.value != 0.0 || figure.standard_error.is_some_and(|error| error > 0.0);
            let bars: Vec<(&str, &Figure)> = components
                .iter()
                .filter(is_part)
                .filter_map(|component| Some((component.name.as_str(), of(component, strategy, measure, level)?)))
                .filter(|(_, figure)| happened(figure))
                .collect();
            let draw = |width| chart::bars::draw(title, unit, measure == "expected_shortfall", &bars, width);
            let whole = report.figure(strategy, measure, level).map(|figure| signs(&format::estimate(figure).phrase()));
            let whose = if strategy == "hedge" { "hedge" } else { "account" };
            (!bars.is_empty())
                .then(|| context! { title, whose, whole => whole.unwrap_or_default(), chart => chart::both(draw) })
        })
        .collect()
}

/// The table of figures, a group of lines for each horizon.
fn table(report: &Report) -> Vec<Value> {
    let columns = if report.has_hedge() { 3 } else { 1 };
    let rows: Vec<Row> =
        rows(report).into_iter().filter(|row| row.figures[..columns].iter().any(Option::is_some)).collect();
    rows.chunk_by(|row, next| row.days == next.days)
        .map(|group| {
            let title = match group[0].days {
                None => "The whole run".to_string(),
                Some(1) => "The first trading day".to_string(),
                Some(days) => format!("The first {days} trading days"),
            };
            context! { title, lines => group.iter().map(|row| line(row, columns)).collect::<Vec<_>>() }
        })
        .collect()
}

fn line(row: &Row, columns: usize) -> Value {
    let unit = row.figures.iter().flatten().next().map(|figure| format::estimate(figure).unit);
    let cell = |figure: &Figure| {
        let shown = format::estimate(figure);
        // A label may end in the per cent sign of its level.
        let value = if shown.unit == "%" { format!("{}\u{a0}%", shown.value) } else { shown.value.clone() };
        vec![format::typeset(&value), format::typeset(&shown.range().unwrap_or_default())]
    };
    context! {
        label => table::label(row.measure, row.level, None),
        unit => unit.filter(|unit| unit != "%").unwrap_or_default(),
        cells => row.figures[..columns].iter().map(|figure| figure.map(cell)).collect::<Vec<_>>(),
    }
}

fn checks(report: &Report) -> Vec<Value> {
    let text = |value: f64, unit: &str| format::typeset(&format::quantity(value, unit));
    report
        .result
        .checks
        .iter()
        .map(|check| {
            let value = match check.standard_error {
                Some(error) => format!("{} \u{00B1} {}", text(check.value, ""), text(error, &check.unit)),
                None => text(check.value, &check.unit),
            };
            let limit = check.limit.map_or_else(String::new, |limit| text(limit, ""));
            context! { name => check.name.as_str(), value, limit, passed => check.passed }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn example() -> String {
        let (plan, result) = (fixture::plan(), fixture::result(2000));
        page(&Report { plan: &plan, result: &result }).unwrap()
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        let told: Vec<String> = pieces("use `--paths 9`, then `x`").iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        let is_code = |piece: &Value| piece.get_attr("code").unwrap().is_true();
        assert_eq!(pieces("`a` b").iter().map(is_code).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn nothing_is_fetched_and_only_the_own_style_sheet_is_allowed() {
        let page = example();
        let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(page.contains("default-src 'none'; style-src 'sha256-"));
        assert!(page.contains(&format!("'sha256-{}'", base64(&Sha256::digest(style)))));
        for needle in ["http:", "https:", "<script", "style=", "src=", "url(", "@import"] {
            assert!(!page.contains(needle), "{needle}");
        }
    }

    #[test]
    fn what_users_write_is_escaped() {
        let page = example();
        assert!(page.contains("<h1>ten-lot &lt;condor&gt; &amp; layers</h1>"));
        assert!(!page.contains("<condor>"));
    }

    #[test]
    fn every_figure_warning_and_check_is_on_the_page_and_no_number_is_long() {
        let (page, result) = (example(), fixture::result(2000));
        let of_accounts = |figure: &&Figure| figure.component.is_none() && figure.condition.is_none();
        for range in result.figures.iter().filter(of_accounts).filter_map(|figure| format::estimate(figure).range()) {
            assert!(page.contains(&format::typeset(&range)), "{range}");
        }
        for words in result.warnings.iter().chain(&result.notes).chain(result.checks.iter().map(|check| &check.name)) {
            // What stands between backticks is set as code.
            let (plain, words) = (page.replace("<code>", "").replace("</code>", ""), words.replace('`', ""));
            assert!(plain.contains(&words) || plain.contains(&signs(&words)), "{words}");
        }
        let body = page.split_once("</style>").unwrap().1;
        let longest = body.split(|c: char| !c.is_ascii_digit() && c != '.').map(str::len).max();
        assert!(longest <= Some(10), "{longest:?}");
    }

    #[test]
    fn a_scenario_without_hedge_has_one_column() {
        let (mut plan, result) = (fixture::plan(), fixture::result(2000));
        plan.layers.clear();
        let page = page(&Report { plan: &plan, result: &result }).unwrap();
        assert!(page.contains("<th scope=\"col\">Account</th>") && !page.contains("Unhedged"));
    }

    #[test]
    fn base64_agrees_with_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn signs_of_numbers_are_minus_signs_and_hyphens_stay() {
        assert_eq!(signs("ten-lot is -5 (-6 to -4)"), "ten-lot is \u{2212}5 (\u{2212}6 to \u{2212}4)");
    }
}
