//! The keys of a `[[layer]]`; part of the table in `keys`.

use super::key::{Absent, Key, Kind, above, from, key};
use super::value::Value;

use Absent::{Default as Or, Nothing, Required, Section};
use Kind::{Choice, Flag, List, Rule, Table, Text, Whole};

pub(super) const LAYER: &[Key] = &[
    key("name", Text, Required("\"L1 early warning\""), "its name, of which there is only one"),
    key("hold", Table(HOLD), Section, "what to hold"),
    key(
        "per_condor_risk",
        above(0.0, 1e12),
        Nothing("150_000"),
        "USD of condor risk that the contracts answer; none: the contracts are held as they are",
    ),
    key("weight", from(-10.0, 10.0), Nothing("0.3"), "instead of contracts: notional over equity, negative for short"),
    key("max_change", above(0.0, 10.0), Nothing("0.125"), "the most by which the weight changes in a day"),
    key(
        "premium_of_equity",
        from(-1.0, 1.0),
        Nothing("0.01"),
        "instead of contracts: share of equity spent on options at every opening, negative to sell",
    ),
    key(
        "premium_of_credit",
        from(-10.0, 10.0),
        Nothing("0.2"),
        "instead of contracts: share of the open condors' credit spent on options at every opening, negative to sell",
    ),
    key(
        "cells",
        List(CELL),
        Nothing("[{ name = \"calm\", when = \"vix < 15\", size = 2 }]"),
        "the size by rule, in place of contracts, weight or premium: the first cell that holds counts",
    ),
    key("fractional", Flag, Or(|| Value::Flag(false)), "true: parts of contracts are held, as an index holds them"),
    key("enter", Rule, Required("\"vix > 30\""), "puts the layer on, unless exit holds as well"),
    key("exit", Rule, Required("\"vix < sma(vix, 20)\""), "takes it off"),
    key("min_days", Whole(0, 2520), Or(|| Value::Whole(0)), "trading days for which it stays on at least"),
    key("cool_down_days", Whole(0, 2520), Or(|| Value::Whole(0)), "trading days for which it stays off at least"),
    key(
        "level",
        Choice(&["total", "add"]),
        Or(|| Value::text("total")),
        "the highest layer that is on sets the contracts (total), or layers stack (add); options always stack",
    ),
    key(
        "resize",
        Choice(&["daily", "at entry"]),
        Or(|| Value::text("daily")),
        "when the contracts follow condor risk or equity; options keep theirs until they roll",
    ),
    key(
        "roll_days",
        Whole(0, 250),
        Or(|| Value::Whole(5)),
        "calendar days before expiry at which the position rolls; 0: held to settlement",
    ),
    key(
        "roll_every",
        Whole(1, 2520),
        Nothing("8"),
        "trading days after which it rolls: options since their opening, VX since the first day",
    ),
    key("refresh", Rule, Nothing("\"vix < 15\""), "whether options roll by roll_every; none: always"),
];

const HOLD: &[Key] = &[
    key("vx", Whole(1, 8), Nothing("1"), "which VX, 1 for the front month"),
    key(
        "to",
        Whole(2, 8),
        Nothing("2"),
        "the month towards which the position rolls every day, at constant maturity: SPVXSP is 1 to 2, SPVXMP 4 to 7",
    ),
    key("mini", Flag, Nothing("true"), "mini VX, of 100 USD a point instead of 1,000"),
    key("option", Choice(&["vix call", "vix put"]), Nothing("\"vix call\""), "options on VIX instead of VX"),
    key(
        "delta",
        from(0.01, 0.99),
        Nothing("0.5"),
        "absolute Black-76 forward delta of the option, on the VX of its expiry",
    ),
    key("offset", from(-100.0, 200.0), Nothing("5"), "instead of delta: strike less the VX of its expiry, VIX points"),
    key(
        "short_delta",
        from(0.01, 0.99),
        Nothing("0.2"),
        "delta of a second option, sold for each one bought: a spread",
    ),
    key("short_offset", from(-100.0, 200.0), Nothing("15"), "instead of short_delta: its strike less that VX"),
    key("days", Whole(1, 270), Nothing("30"), "calendar days to the option's expiry; the nearest listed one is taken"),
    key("index", Flag, Nothing("true"), "the index itself with its dividends, paid for out of cash; 1 USD a point"),
    key("contracts", from(-1e6, 1e6), Nothing("3"), "contracts, negative for short"),
];

const CELL: &[Key] = &[
    key("name", Text, Required("\"calm\""), "its name within the layer"),
    key("when", Rule, Required("\"vix < 15\""), "where the cell applies, unless an earlier one does"),
    key("size", from(-1e6, 1e6), Required("2"), "contracts, weight or share of premium there"),
];
