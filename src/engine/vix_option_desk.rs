//! Trades the layers that hold VIX options: marks and settles them, opens, rolls and closes.
//!
//! Premium is paid in cash when a position is opened; what it is worth is marked every day and paid out when its contract
//! settles, off the VIX that the same-expiry VX settles on.

use super::close::Close;
use super::context::OptionLayer;
use super::layer_switch::{LayerSwitch, LayerTruths, Measures};
use super::vix_option_marks::VixOptionDay;
use crate::book::futures::kept;
use crate::book::margin::VxMargin;
use crate::book::vix_options::NONE;
use crate::book::{Action, Attribution, ComponentId, Entry, Holding, Ledger, Side, VixOptions};
use crate::calendar::sessions::days_between;
use crate::instrument::{OptionKind, nearest_vix_strike};
use crate::math::exp;
use crate::model::State;
use crate::strategy::layer::{Layer, Size, StrikeChoice, VixOptionHold};
use crate::strategy::strike::log_moneyness_of_delta;
use crate::units::{VIX_OPTION_MULTIPLIER, VX_MULTIPLIER};

/// The VIX options of a batch, one book a layer of them.
#[derive(Debug, Default)]
pub(super) struct VixOptionDesk {
    books: Vec<VixOptions>,
    still: Vec<f64>,
    gather: Gather,
}

/// Paths whose options are of one contract, and what decides their marks.
#[derive(Debug, Default)]
struct Gather {
    waiting: Vec<usize>,
    lanes: Vec<usize>,
    columns: [Vec<f64>; 4],
}

impl VixOptionDesk {
    /// Empties the desk for a batch.
    pub(super) fn reset(&mut self, layers: &[OptionLayer<'_>], lanes: usize) {
        self.books.clear();
        self.books.extend(layers.iter().map(|layer| {
            let VixOptionHold { kind, short, .. } = layer.hold;
            VixOptions::new(*kind, short.is_some(), lanes)
        }));
        self.still.clear();
        self.still.resize(lanes, 0.0);
    }

    /// What each layer holds on a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let books = self.books.iter().zip(&close.context.option_layers).filter(|(book, _)| book.is_open(lane));
        let holding = |(book, layer): (&VixOptions, &OptionLayer<'_>)| Holding {
            component: close.context.components.layer(layer.layer),
            what: name(close, book, lane),
            quantity: book.quantity[lane],
            price: book.package_value(lane),
            value_usd: book.worth_usd(lane),
            credit: None,
        };
        books.map(holding).collect()
    }

    /// Adds what the positions tie up, USD a path.
    pub(super) fn tie_up(&self, close: &Close<'_, '_>, rules: &VxMargin, usd: &mut [f64]) {
        for book in &self.books {
            for (lane, usd) in usd.iter_mut().enumerate().filter(|(lane, _)| book.is_open(*lane)) {
                let worth = book.worth_usd(lane);
                *usd += worth.max(0.0);
                if book.quantity[lane] < 0.0 {
                    let standard = book.quantity[lane] * VIX_OPTION_MULTIPLIER / VX_MULTIPLIER;
                    *usd += rules.maintenance(standard, 1, close.vix(lane), close.vix(lane));
                }
            }
        }
    }

    /// Adds what it would cost to close the options sold, USD a path.
    pub(super) fn debit(&self, close: &Close<'_, '_>, usd: &mut [f64]) {
        for book in &self.books {
            for lane in (0..close.lanes).filter(|&lane| book.is_open(lane)) {
                usd[lane] += (-book.worth_usd(lane)).max(0.0);
            }
        }
    }

    /// Marks what is held, splits its gain, and pays out what settles.
    pub(super) fn revalue(&mut self, close: &Close<'_, '_>, ledger: &mut Ledger, attribution: &mut Attribution) {
        let Self { books, still, gather } = self;
        for (book, layer) in books.iter_mut().zip(&close.context.option_layers) {
            if !book.quantity.iter().any(|&quantity| quantity != 0.0) {
                continue;
            }
            let growth = close.context.cash_growth(close.day);
            still.clear();
            still.extend((0..close.lanes).map(|lane| -book.package_value(lane) * growth * VIX_OPTION_MULTIPLIER));
            gather.mark(close, close.day - 1, book);
            for (lane, carry) in still.iter_mut().enumerate() {
                *carry += book.package_value(lane) * VIX_OPTION_MULTIPLIER;
            }
            attribution.add_carry(layer.layer, &book.quantity, still);
            gather.mark(close, close.day, book);
            let component = close.context.components.layer(layer.layer);
            settle(close, book, component, ledger);
            state_marks(book, component, ledger);
        }
    }

    /// Opens, rolls and closes after the layers were switched.
    pub(super) fn trade(
        &mut self,
        close: &Close<'_, '_>,
        switch: &LayerSwitch,
        rules: LayerTruths<'_>,
        measures: Measures<'_>,
        ledger: &mut Ledger,
        attribution: &mut Attribution,
    ) {
        for (book, layer) in self.books.iter_mut().zip(&close.context.option_layers) {
            let refresh = rules.of(layer.refresh);
            let mut traded = false;
            for lane in 0..close.lanes {
                let on = switch.on[layer.layer * close.lanes + lane];
                let held = book.contract[lane] != NONE;
                let stays = held && on && !is_due(close, layer, book, lane, refresh[lane].holds());
                if stays || (!held && !on) {
                    continue;
                }
                let old = held.then(|| Fill::closing(close, book, lane));
                book.clear(lane);
                let mut new = None;
                if on && open(close, layer, book, lane, (rules, measures)) {
                    new = Some(Fill::opening(close, book, lane));
                }
                book_fills(close, layer.layer, lane, [old, new], ledger, attribution);
                traded = true;
            }
            if traded {
                state_marks(book, close.context.components.layer(layer.layer), ledger);
            }
        }
    }
}

impl Gather {
    /// Marks a book at today's times to expiry, in the states of a day.
    fn mark(&mut self, close: &Close<'_, '_>, states_of: usize, book: &mut VixOptions) {
        self.waiting.clear();
        self.waiting.extend((0..close.lanes).filter(|&lane| book.is_open(lane)));
        while let Some(&first) = self.waiting.first() {
            let contract = book.contract[first];
            self.lanes.clear();
            self.lanes.extend(self.waiting.iter().filter(|&&lane| book.contract[lane] == contract));
            self.waiting.retain(|&lane| book.contract[lane] != contract);
            self.mark_contract(close, states_of, &close.vix_options(contract), book);
        }
    }

    fn mark_contract(
        &mut self,
        close: &Close<'_, '_>,
        states_of: usize,
        day: &VixOptionDay<'_>,
        book: &mut VixOptions,
    ) {
        let Self { lanes, columns: [x1, x2, strikes, values], .. } = self;
        let at = |&lane: &usize| states_of * close.lanes + lane;
        x1.clear();
        x1.extend(lanes.iter().map(|lane| close.market.path.x1[at(lane)]));
        x2.clear();
        x2.extend(lanes.iter().map(|lane| close.market.path.x2[at(lane)]));
        values.resize(lanes.len(), 0.0);
        // With a basis the future is another: an option on a multiple of it is that multiple of one on the future itself.
        let Some(&first) = lanes.first() else { return };
        let contract = close.context.vix_options.contract(book.contract[first]);
        let basis = |lane: usize| close.basis_factor(contract, states_of, lane);
        let mut mark = |of: &[f64], out: &mut [f64]| {
            strikes.clear();
            strikes.extend(lanes.iter().map(|&lane| of[lane] / basis(lane)));
            day.table.values(x1, x2, strikes, book.kind, values);
            lanes.iter().zip(values.iter()).for_each(|(&lane, value)| out[lane] = value * day.discount * basis(lane));
        };
        mark(&book.strike, &mut book.value);
        if book.is_spread {
            mark(&book.short_strike, &mut book.short_value);
        }
    }
}

/// Whether a position rolls today: near its expiry, or after its days where it is to be refreshed.
fn is_due(close: &Close<'_, '_>, layer: &OptionLayer<'_>, book: &VixOptions, lane: usize, refresh: bool) -> bool {
    let days_open = (close.day - usize::from(book.opened[lane])) as u32;
    let by_days = layer.hold.roll_every.is_some_and(|every| days_open >= every) && refresh;
    by_days || book.contract[lane] < layer.first_kept[close.day]
}

/// Pays out the options whose contract settles today.
fn settle(close: &Close<'_, '_>, book: &mut VixOptions, component: ComponentId, ledger: &mut Ledger) {
    for lane in 0..close.lanes {
        if book.contract[lane] == NONE || !close.context.vix_options.settles_on(book.contract[lane], close.day) {
            continue;
        }
        if book.is_open(lane) {
            let cash_usd = book.worth_usd(lane);
            ledger.post(component, lane, cash_usd);
            ledger.pay(Side::Hedge, lane, cash_usd);
            ledger.note(|| Entry {
                day: close.day,
                lane,
                component,
                action: Action::Settle,
                what: name(close, book, lane),
                quantity: -book.quantity[lane],
                price: book.package_value(lane),
                cash_usd,
                spread_usd: 0.0,
                fees_usd: 0.0,
            });
        }
        book.clear(lane);
    }
}

/// States what a book is worth.
fn state_marks(book: &VixOptions, component: ComponentId, ledger: &mut Ledger) {
    for (lane, mark) in ledger.marks_mut(component).iter_mut().enumerate() {
        *mark = book.worth_usd(lane);
    }
}

/// Finds today's package and its size; whether anything is held then.
fn open(
    close: &Close<'_, '_>,
    layer: &OptionLayer<'_>,
    book: &mut VixOptions,
    lane: usize,
    (rules, measures): (LayerTruths<'_>, Measures<'_>),
) -> bool {
    let contract = layer.picks[close.day];
    let day = close.vix_options(contract);
    let hold = layer.hold;
    let state = close.state(lane);
    let basis = close.basis_factor(close.context.vix_options.contract(contract), close.day, lane);
    let Some(strike) = strike(&day, state, basis, hold.kind, hold.strike) else { return false };
    let short_strike = match hold.short {
        Some(choice) => self::strike(&day, state, basis, hold.kind, choice),
        None => Some(0.0),
    };
    let Some(short_strike) = short_strike.filter(|&short| short != strike) else { return false };
    let located = day.table.locate(state);
    let value = |strike: f64| day.table.value(&located, strike / basis, hold.kind) * day.discount * basis;
    let short_value = if book.is_spread { value(short_strike) } else { 0.0 };
    (book.strike[lane], book.short_strike[lane]) = (strike, short_strike);
    (book.value[lane], book.short_value[lane]) = (value(strike), short_value);
    let plan_layer = &close.context.plan.layers[layer.layer];
    let amount = LayerSwitch::amount(close, layer.layer, plan_layer, rules, lane);
    book.quantity[lane] = packages(plan_layer, amount, book.package_value(lane), measures, lane);
    (book.contract[lane], book.opened[lane]) = (contract, close.day as u16);
    book.is_open(lane)
}

/// How many packages an amount comes to at `value` points each.
fn packages(layer: &Layer, amount: f64, value: f64, measures: Measures<'_>, lane: usize) -> f64 {
    let premium_usd = value * VIX_OPTION_MULTIPLIER;
    match layer.size {
        Size::Contracts { per_condor_risk: Some(per) } => layer.rounded(amount * measures.condor_risk_usd[lane] / per),
        Size::PremiumOfEquity => layer.bought_with(amount * measures.equity_usd[lane], premium_usd),
        Size::PremiumOfCredit => layer.bought_with(amount * measures.condor_credit_usd[lane], premium_usd),
        Size::Contracts { per_condor_risk: None } | Size::Weight { .. } => layer.rounded(amount),
    }
}

/// The listed strike that a choice comes to in a state, with VX at `basis` times the model's; `None` where the smile has none
/// of that delta.
fn strike(day: &VixOptionDay<'_>, state: State, basis: f64, kind: OptionKind, choice: StrikeChoice) -> Option<f64> {
    let future = day.table.future(state);
    let target = match choice {
        StrikeChoice::Offset(points) => future * basis + points,
        StrikeChoice::Delta(delta) => {
            let located = day.table.locate(state);
            let price = |k: f64| day.table.value(&located, future * exp(k), kind) / future;
            let years = day.table.years();
            // About what listed VIX options imply: 100 % for a month, half of that for a year.
            let deviation = years.sqrt() / (1.0 + years);
            future * basis * exp(log_moneyness_of_delta(kind, delta, deviation, price)?)
        }
    };
    Some(nearest_vix_strike(target))
}

/// Packages bought or sold on a path.
struct Fill {
    what: String,
    /// Packages before or after.
    held: f64,
    traded: f64,
    price: f64,
    fees_usd: f64,
    spread_usd: f64,
}

impl Fill {
    fn closing(close: &Close<'_, '_>, book: &VixOptions, lane: usize) -> Self {
        Self::new(close, book, lane, -book.quantity[lane])
    }

    fn opening(close: &Close<'_, '_>, book: &VixOptions, lane: usize) -> Self {
        Self::new(close, book, lane, book.quantity[lane])
    }

    fn new(close: &Close<'_, '_>, book: &VixOptions, lane: usize, traded: f64) -> Self {
        let expiry = close.context.vix_options.contract(book.contract[lane]).expiry;
        let days = days_between(close.context.grid.date(close.day), expiry) as f64;
        let (fees_usd, spread_usd) = book.cost_usd(lane, traded, days, close.strain(lane), &close.context.plan.costs);
        let (held, price) = (book.quantity[lane], book.package_value(lane));
        Self { what: name(close, book, lane), held, traded, price, fees_usd, spread_usd }
    }
}

/// Books what a layer sold and what it bought at a close: of both, what stays is a roll.
fn book_fills(
    close: &Close<'_, '_>,
    layer: usize,
    lane: usize,
    [old, new]: [Option<Fill>; 2],
    ledger: &mut Ledger,
    attribution: &mut Attribution,
) {
    let held = |fill: &Option<Fill>| fill.as_ref().map_or(0.0, |fill| fill.held);
    let kept = kept(held(&old), held(&new));
    let components = &close.context.components;
    for (fill, action) in [(old, Action::Close), (new, Action::Open)] {
        let Some(fill) = fill.filter(|fill| fill.traded != 0.0) else { continue };
        let premium_usd = -fill.traded * fill.price * VIX_OPTION_MULTIPLIER;
        let rolled = kept / fill.traded.abs();
        let roll_usd = rolled * (fill.fees_usd + fill.spread_usd);
        ledger.post(components.layer(layer), lane, premium_usd);
        ledger.post(components.hedge_fees, lane, -(1.0 - rolled) * fill.fees_usd);
        ledger.post(components.hedge_spread, lane, -(1.0 - rolled) * fill.spread_usd);
        ledger.post(components.hedge_roll, lane, -roll_usd);
        ledger.pay(Side::Hedge, lane, premium_usd - fill.fees_usd - fill.spread_usd);
        attribution.add_roll_cost(layer, lane, roll_usd);
        ledger.note(|| Entry {
            day: close.day,
            lane,
            component: components.layer(layer),
            action: if kept > 0.0 { Action::Roll } else { action },
            what: fill.what,
            quantity: fill.traded,
            price: fill.price,
            cash_usd: premium_usd,
            spread_usd: fill.spread_usd,
            fees_usd: fill.fees_usd,
        });
    }
}

/// A package in words: `VIX 2026-12-16 20 call`, or `VIX 2026-12-16 20/30 calls`.
fn name(close: &Close<'_, '_>, book: &VixOptions, lane: usize) -> String {
    let expiry = close.context.vix_options.contract(book.contract[lane]).expiry;
    let kind = match book.kind {
        OptionKind::Put => "put",
        OptionKind::Call => "call",
    };
    let strike = book.strike[lane];
    if book.is_spread {
        format!("VIX {expiry} {strike}/{} {kind}s", book.short_strike[lane])
    } else {
        format!("VIX {expiry} {strike} {kind}")
    }
}
