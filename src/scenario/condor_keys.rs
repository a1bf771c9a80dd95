//! The keys of condor programmes and of positions held at the start: their types, ranges, defaults and meanings.

use crate::calendar::expiry::MONTHLY_EXPIRY_DAYS;

use super::key::{Absent, Key, Kind, above, from, key};
use super::value::Value;

use Absent::{Default as Or, Nothing, Required};
use Kind::{Choice, Date, Rule, Table, Text, Whole};

const NAME: Key = key("name", Text, Required("\"core\""), "its name, of which there is only one");

/// `[[condor]]`.
pub(super) const CONDOR: &[Key] = &[
    NAME,
    key(
        "lots",
        Whole(1, 1_000_000),
        Nothing("10"),
        "condors opened at an entry; the most of them, beside `max_risk` or `collateral`",
    ),
    key(
        "max_risk",
        above(0.0, 100.0),
        Nothing("0.10"),
        "condor risk of the whole account that an entry may reach, a fraction of equity; as many whole lots as fit",
    ),
    key(
        "collateral",
        from(0.1, 1e4),
        Nothing("10"),
        "equity behind each condor, as a multiple of its largest loss; as many whole lots as that gives",
    ),
    key(
        "days",
        Whole(0, MONTHLY_EXPIRY_DAYS),
        Required("45"),
        "calendar days to expiry at entry; the nearest listed expiry is taken, 0 and 1 being the next session",
    ),
    key(
        "expiry",
        Choice(&["listed", "third friday"]),
        Or(|| Value::text("listed")),
        "which expiries: all that are listed, or those of third Fridays",
    ),
    key(
        "settlement",
        Choice(&["pm", "am"]),
        Or(|| Value::text("pm")),
        "when options settle on the day of their expiry: at its close, or, those of third Fridays, in the morning",
    ),
    key("put", Table(WING), Nothing("{ short_delta = 0.16, width = 150 }"), "the puts"),
    key("call", Table(WING), Nothing("{ short_delta = 0.16, width = 150 }"), "the calls"),
    key(
        "credit",
        above(0.0, 1e5),
        Nothing("1.15"),
        "index points that the condor shall bring, half-spread paid; decides the short strikes of both sides, at one delta",
    ),
    key("credit_share", above(0.0, 1.0), Nothing("0.0002"), "the same as a fraction of the index"),
    key(
        "every",
        Choice(&["day", "week", "month", "third friday", "flat"]),
        Or(|| Value::text("month")),
        "when an entry falls due, \"flat\" being whenever nothing is open",
    ),
    key("enter", Rule, Or(|| Value::text("true")), "opens a condor that is due, once this holds"),
    key(
        "exit",
        Rule,
        Nothing("\"profit >= 0.5 * credit\""),
        "closes it at the close at which this holds; none: held to expiry",
    ),
    key(
        "shift_forward",
        Table(SHIFT),
        Nothing("{ when = \"breakeven_distance < 0.002\", to_days = 7 }"),
        "moves it to a later expiry",
    ),
    key("shift_back", Table(SHIFT), Nothing("{ when = \"vix < 14\", to_days = 1 }"), "moves it to an earlier expiry"),
];

const WING: &[Key] = &[
    key("short_delta", from(0.001, 0.5), Nothing("0.16"), "absolute Black delta of the option sold"),
    key(
        "short_range",
        from(0.0, 100.0),
        Nothing("1.1"),
        "distance of the option sold from the index, in expected daily ranges: VIX / sqrt(252) percent each",
    ),
    key(
        "short_offset",
        from(0.0, 0.9),
        Nothing("0.0"),
        "distance of the option sold, a fraction of the index; 0 is at the money",
    ),
    key("width", from(1.0, 1e5), Nothing("150"), "index points from the option sold to the one bought"),
    key("long_delta", from(0.001, 0.5), Nothing("0.05"), "absolute Black delta of the option bought"),
    key("long_offset", from(0.0, 0.9), Nothing("0.05"), "distance of the option bought, a fraction of the index"),
];

const SHIFT: &[Key] = &[
    key("when", Rule, Required("\"breakeven_distance < 0.002\""), "shifts a position at the close at which this holds"),
    key(
        "to_days",
        Whole(0, MONTHLY_EXPIRY_DAYS),
        Required("7"),
        "calendar days to the expiry aimed at; the nearest one is taken",
    ),
    key(
        "side",
        Choice(&["threatened", "both"]),
        Or(|| Value::text("threatened")),
        "the side whose short strike the index is nearer to, or both",
    ),
    key(
        "strikes",
        Choice(&["same", "new"]),
        Or(|| Value::text("same")),
        "the strikes it had, or those that an entry would take today",
    ),
    key(
        "min_credit",
        from(-1e5, 1e5),
        Nothing("2.5"),
        "index points that the shift must bring, half-spreads paid, or it is not made; none: whatever it brings",
    ),
];

/// `[[position]]`.
pub(super) const POSITION: &[Key] = &[
    key("name", Text, Required("\"december condor\""), "its name, of which there is only one"),
    key(
        "kind",
        Choice(&["condor", "spx_option", "vx", "mini_vx", "vix_option"]),
        Required("\"condor\""),
        "what is held when the run begins; an option has `right` and `strike` in place of the four strikes, a future none",
    ),
    key(
        "expiry",
        Date,
        Required("2026-12-18"),
        "the session at whose close it expires; of VX and VIX options the morning on which they settle",
    ),
    key(
        "settlement",
        Choice(&["pm", "am"]),
        Nothing("\"am\""),
        "of SPX options: \"pm\", at the close of their expiry, if it is left out; those of third Fridays also in the morning",
    ),
    key("quantity", Whole(-1_000_000, 1_000_000), Required("-10"), "how many; negative where they were sold"),
    key(
        "price",
        from(0.0, 1e5),
        Required("12.5"),
        "points received or paid for each at entry; for rules, since P&L starts at the first day's mark",
    ),
    key("put_long", above(0.0, 1e6), Nothing("6050"), "strike of the put bought, of a condor"),
    key("put_short", above(0.0, 1e6), Nothing("6200"), "strike of the put sold, of a condor"),
    key("call_short", above(0.0, 1e6), Nothing("6900"), "strike of the call sold, of a condor"),
    key("call_long", above(0.0, 1e6), Nothing("7050"), "strike of the call bought, of a condor"),
    key("right", Choice(&["put", "call"]), Nothing(""), "of an option"),
    key("strike", above(0.0, 1e6), Nothing(""), "of an option"),
    key(
        "exit",
        Rule,
        Nothing("\"profit >= 0.5 * credit\""),
        "closes it at the close at which this holds; none: held to expiry",
    ),
];
