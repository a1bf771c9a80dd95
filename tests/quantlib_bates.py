"""Holds `tailwing price` against QuantLib's Bates engine: random parameter sets, options near and far from the money.

    python3 tests/quantlib_bates.py target/release/tailwing

QuantLib integrates by adaptive Gauss-Lobatto quadrature (its Gauss-Laguerre rules are wrong by up to 1e-3 of spot for
options of a day). Its own error is its tolerance in the integral; the largest difference that is accepted covers it.
"""

import csv
import io
import math
import random
import subprocess
import sys

import QuantLib as ql

SETS = 60
SPOT, RATE, DIVIDEND_YIELD = 100.0, 0.03, 0.01
DAYS = [1, 7, 30, 180, 730]
LOG_MONEYNESS = [-0.25, -0.1, -0.03, 0.0, 0.03, 0.1, 0.2]
# QuantLib is asked for 1e-9 absolute in the integral, which weighs about a forward over pi.
TOLERANCE = 1e-8 * SPOT


def parameters(draw):
    """A Bates model and a state, from the domain that the pricers are tested on."""
    return {
        "kappa": math.exp(draw(math.log(0.2), math.log(40.0))),
        "theta": draw(0.005, 0.2),
        "vol_of_variance": draw(0.05, 1.5),
        "rho": draw(-0.95, 0.3),
        "intensity": draw(0.0, 20.0),
        "mean_log_jump": draw(-0.2, 0.15),
        "log_jump_vol": draw(0.01, 0.2),
        "variance": draw(0.005, 0.5),
    }


def by_quantlib(given, days, strikes):
    """Prices of calls."""
    today = ql.Date(2, 1, 2025)
    ql.Settings.instance().evaluationDate = today
    counter = ql.Actual365Fixed()
    curve = lambda rate: ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter))
    process = ql.BatesProcess(
        curve(RATE), curve(DIVIDEND_YIELD), ql.QuoteHandle(ql.SimpleQuote(SPOT)), given["variance"], given["kappa"],
        given["theta"], given["vol_of_variance"], given["rho"], given["intensity"], given["mean_log_jump"],
        given["log_jump_vol"],
    )
    engine = ql.BatesEngine(ql.BatesModel(process), 1e-9, 20_000)
    exercise = ql.EuropeanExercise(today + ql.Period(days, ql.Days))
    prices = []
    for strike in strikes:
        option = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call, strike), exercise)
        option.setPricingEngine(engine)
        try:
            prices.append(option.NPV())
        except RuntimeError:
            prices.append(None)  # its quadrature gives up
    return prices


def main():
    random.seed(7)
    rows, expected = [], []
    for number in range(SETS):
        given = parameters(random.uniform)
        days = DAYS[number % len(DAYS)]
        forward = SPOT * math.exp((RATE - DIVIDEND_YIELD) * days / 365)
        strikes = [forward * math.exp(k) for k in LOG_MONEYNESS]
        expected += by_quantlib(given, days, strikes)
        rows += [
            {"kind": "call", "spot": SPOT, "rate": RATE, "dividend_yield": DIVIDEND_YIELD, "years": f"{days}/365",
             "strike": strike, **given}
            for strike in strikes
        ]
    table = io.StringIO()
    writer = csv.DictWriter(table, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    answer = subprocess.run([sys.argv[1], "price", "--batch", "-"], input=table.getvalue(), capture_output=True, text=True)
    found = [row["value"] for row in csv.DictReader(io.StringIO(answer.stdout))]
    assert answer.returncode == 0 and len(found) == len(rows), answer.stderr
    compared = [(abs(float(f) - e), row) for f, e, row in zip(found, expected, rows) if e is not None]
    worst, where = max(compared, key=lambda pair: pair[0])
    print(f"{len(compared)} of {len(rows)} Bates options against QuantLib {ql.__version__}: largest difference "
          f"{worst / SPOT:.1e} of spot, at {where['years']} years, strike {where['strike']:.2f}")
    assert len(compared) > 0.9 * len(rows), "QuantLib answered too few"
    assert worst < TOLERANCE, where


main()
