"""Holds a sweep against separate runs: figures, paired differences and ties, from paths.parquet by their definitions.

Usage: recompute_sweep.py SWEEP REFERENCE_RUN BEST_RUN, folders that were left behind; the goal of the sweep is es(0.99).
"""

import json
import math
import sys
from statistics import NormalDist

import numpy
import pandas

LEVEL = 0.99


def shortfall(losses, level):
    """Expected shortfall after Rockafellar and Uryasev, and value at risk."""
    n = len(losses)
    ordered = numpy.sort(losses)
    rank = math.ceil(round(level * n, 9))
    at_risk = ordered[rank - 1]
    return at_risk + numpy.maximum(losses - at_risk, 0.0).sum() / ((1 - level) * n), at_risk


def close(found, expected, what, relative=1e-9):
    if not math.isclose(found, expected, rel_tol=relative, abs_tol=1e-7):
        sys.exit(f"{what}: {found} against {expected}")


def main(sweep, reference_run, best_run):
    with open(f"{sweep}/summary.json") as file:
        summary = json.load(file)
    assert summary["goal"]["expression"] == "es(0.99)"
    table = pandas.read_csv(f"{sweep}/sweep.csv").set_index("setting")
    rows = {"reference": table.loc[summary["reference"]], "best": table.loc[summary["best"]]}
    paths = {"reference": pandas.read_parquet(f"{reference_run}/paths.parquet")}
    paths["best"] = pandas.read_parquet(f"{best_run}/paths.parquet")
    days = summary["horizon_days"]
    influences = {}
    for name, row in rows.items():
        pnl = paths[name]["hedged_pnl_usd"].to_numpy()
        losses = -pnl
        goal, at_risk = shortfall(losses, LEVEL)
        cost = (paths[name]["unhedged_pnl_usd"] - paths[name]["hedged_pnl_usd"]).mean() * 252 / days
        close(row["goal"], goal, f"goal of the {name}")
        close(row["hedged_expected_shortfall_99_usd"], goal, f"ES of the {name}")
        close(row["hedged_value_at_risk_99_usd"], at_risk, f"VaR of the {name}")
        close(row["hedged_mean_pnl_usd"], pnl.mean(), f"mean of the {name}")
        close(row["hedged_probability_of_loss"], (pnl < 0).mean(), f"P(loss) of the {name}")
        close(row["hedge_cost_usd_a_year"], cost, f"cost of the {name}")
        influences[name] = at_risk + numpy.maximum(losses - at_risk, 0.0) / (1 - LEVEL)
    difference = influences["best"] - influences["reference"]
    error = difference.std(ddof=1) / math.sqrt(len(difference))
    best = rows["best"]
    close(best["goal_less_reference"], best["goal"] - rows["reference"]["goal"], "difference")
    close(best["goal_less_reference_standard_error"], error, "error of the difference")

    compared = table[table["compared"] == 1]
    critical = NormalDist().inv_cdf(1 - 0.05 / summary["rivals"])
    assert summary["rivals"] == len(compared) - 1
    close(summary["critical_standard_errors"], critical, "critical value", 1e-7)
    behind = compared["goal_less_best"]
    tied = behind <= critical * compared["goal_less_best_standard_error"]
    assert (tied == (compared["tied"] == 1)).all(), "tied settings"
    assert behind.min() == 0.0 and compared["goal"].min() == best["goal"], "the best"
    print(f"{len(compared)} settings: figures, paired difference and {tied.sum()} ties agree with separate runs")


main(*sys.argv[1:])
