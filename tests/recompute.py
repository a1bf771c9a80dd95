"""Recomputes every figure of a run's summary.json from its paths.parquet, by definitions of its own.

Usage: recompute.py FOLDER...   (needs pandas with pyarrow)
"""

import json
import math
import sys

import numpy as np
import pandas as pd

TOLERANCE = 1e-9
REGIMES = {
    "highest VIX below 20": (-math.inf, 20), "highest VIX 20 to 30": (20, 30), "highest VIX 30 to 40": (30, 40),
    "highest VIX 40 to 60": (40, 60), "highest VIX from 60": (60, math.inf),
}


def quantile(values, level):
    return np.sort(values)[math.ceil(round(level * 1e9) * len(values) / 1e9) - 1]


def shortfall(losses, level):
    """Rockafellar and Uryasev: the least value over v of v + E (L - v)+ / (1 - level), taken at VaR."""
    at = quantile(losses, level)
    return at + np.maximum(losses - at, 0).mean() / (1 - level)


def tail_weights(losses, level):
    """Weights with which expected shortfall averages losses; ties at VaR share what is left."""
    at = quantile(losses, level)
    above, ties = losses > at, losses == at
    weights = np.where(above, 1 / len(losses) / (1 - level), 0.0)
    return np.where(ties, (1 - weights.sum()) / ties.sum(), weights)


class Run:
    def __init__(self, folder):
        with open(f"{folder}/summary.json") as file:
            self.summary = json.load(file)
        self.paths = pd.read_parquet(f"{folder}/paths.parquet")
        self.days = self.summary["horizon_days"]
        self.per_year = 252 / self.days
        self.equity, self.cash = self.summary["equity_usd"], self.summary["cash_at_end_usd"]
        self.components = {part["name"]: part for part in self.summary["components"]}

    def column(self, name):
        return self.paths[name].to_numpy(dtype=float)

    def pnl(self, account, days=None):
        return self.column(f"{account}_pnl_usd" if days in (None, self.days) else f"{account}_pnl_{days}d_usd")

    def part(self, name, strategy):
        """P&L of a component in a strategy; condors of the unhedged account may have columns of their own."""
        column = self.components[name]["column"]
        own = f"unhedged_{column}"
        hedged = self.column(column)
        if self.components[name]["kind"].startswith("condor") and own in self.paths and strategy != "hedged":
            return self.column(own) if strategy == "unhedged" else hedged - self.column(own)
        return hedged

    def slope(self, account, worst):
        stem = "worst_days_" if worst else ""
        x, xx = (self.column(f"{stem}index_return_{what}").sum() for what in ("sum", "squares"))
        xy = self.column(f"{stem}{account}_index_product_usd").sum()
        y = (self.column(f"worst_days_{account}_pnl_usd") if worst else self.pnl(account)).sum()
        n = self.column("worst_days").sum() if worst else self.days * len(self.paths)
        return (xy - x * y / n) / (xx - x * x / n) / self.equity

    def account(self, measure, level, days, account):
        pnl = self.pnl(account, days)
        by_path = {
            "max_drawdown": lambda: self.column(f"{account}_max_drawdown_usd"),
            "worst_day": lambda: -self.column(f"{account}_worst_day_usd"),
            "drawdown_duration": lambda: self.column(f"{account}_longest_drawdown_days"),
            "worst_margin_use": lambda: self.column(f"{account}_worst_margin_use"),
            "most_drawn": lambda: self.column(f"{account}_most_drawn_usd"),
        }
        if measure in by_path:
            values = by_path[measure]()
            return values.mean() if level is None else quantile(values, level)
        lowest = {"lowest_excess_liquidity": "lowest_excess_usd", "lowest_quick_ratio": "lowest_quick_ratio"}
        if measure in lowest:
            values = self.column(f"{account}_{lowest[measure]}")
            return values.mean() if level is None else -quantile(-values, level)
        return {
            "probability_of_margin_call": lambda: (self.column(f"{account}_margin_calls") > 0).mean(),
            "days_in_call": lambda: self.column(f"{account}_days_in_call").mean(),
            "liquidation_cost": lambda: self.liquidation_cost(account),
            "mean_pnl": lambda: pnl.mean(),
            "standard_deviation": lambda: pnl.std(ddof=1),
            "probability_of_loss": lambda: (pnl < 0).mean(),
            "probability_of_ruin": lambda: self.ruined(account).mean(),
            "value_at_risk": lambda: quantile(-pnl, level),
            "expected_shortfall": lambda: shortfall(-pnl, level),
            "expected_shortfall_by_batches": lambda: shortfall(-pnl, level),
            "conditional_drawdown": lambda: shortfall(by_path["max_drawdown"](), level),
            "omega": lambda: np.maximum(pnl, 0).sum() / np.maximum(-pnl, 0).sum(),
            "sortino": lambda: pnl.mean() / math.sqrt((np.minimum(pnl, 0) ** 2).mean()),
            "return_on_condor_risk": lambda: pnl.mean() / self.column("max_condor_risk_usd").mean() * self.per_year,
            "return_on_margin": lambda: pnl.mean() / self.equity / self.column(f"{account}_worst_margin_use").mean()
            * self.per_year,
            "volatility_drag": lambda: self.drag(1 + pnl / self.cash) * self.per_year,
            "beta": lambda: self.slope(account, False),
            "beta_on_worst_days": lambda: self.slope(account, True),
        }[measure]()

    def ruined(self, account):
        if f"{account}_ruined" in self.paths:
            return self.column(f"{account}_ruined") > 0
        return self.column(f"{account}_lowest_equity_usd") <= 0

    def liquidation_cost(self, account):
        lines = ["unhedged_condor"] if account == "unhedged" else ["condor", "hedge"]
        return -sum(self.column(f"{line}_liquidation_pnl_usd").mean() for line in lines)

    @staticmethod
    def drag(wealth):
        return math.log(wealth.mean()) - np.log(wealth).mean()

    def given(self, measure, level, account, condition):
        low, high = REGIMES[condition]
        inside = (self.column("highest_vix") >= low) & (self.column("highest_vix") < high)
        pnl = self.pnl(account)[inside]
        return {
            "probability_of_condition": lambda: inside.mean(),
            "mean_pnl": lambda: pnl.mean(),
            "expected_shortfall": lambda: shortfall(-pnl, level),
        }[measure]()

    def hedge(self, measure, level, days):
        hedged, unhedged = self.pnl("hedged"), self.pnl("unhedged")
        cost = (unhedged - hedged).mean()
        if measure == "share_of_decline_paid":
            worst = self.worst(level)
            layers = [p["column"][: -len("_pnl_usd")] for p in self.components.values() if p["kind"] == "layer"]
            paid = sum(self.column(f"{layer}_decline_pnl_usd")[worst].sum() for layer in layers)
            return paid / self.column("unhedged_max_drawdown_usd")[worst].sum()
        if measure in ("pnl_on_unhedged_worst", "share_of_loss_paid"):
            weights = tail_weights(-unhedged, level)
            earned = (weights * (hedged - unhedged)).sum()
            return earned if measure == "pnl_on_unhedged_worst" else earned / (weights * -unhedged).sum()
        return {
            "hedge_cost": lambda: cost * self.per_year,
            "hedge_cost_of_equity": lambda: cost * self.per_year / self.equity * 1e4,
            "shortfall_saved_per_dollar": lambda: (shortfall(-unhedged, level) - shortfall(-hedged, level)) / cost,
        }.get(measure, lambda: self.account(measure, level, days, "hedged") - self.account(measure, level, days, "unhedged"))()

    def split(self, measure, level, name):
        """Carry, trigger profit and rolls of a layer or a position held at the start, or of all."""
        column = measure.split("_")[0]
        stems = [part["column"][: -len("_pnl_usd")] for part in self.components.values()
                 if part["kind"] in ("layer", "hedge position") and name in (None, part["name"])]
        pnl = sum(self.column(f"{stem}_{column}_pnl_usd") for stem in stems if f"{stem}_{column}_pnl_usd" in self.paths)
        return pnl.mean() if level is None else -(tail_weights(-self.pnl("hedged"), level) * pnl).sum()

    def worst(self, level):
        losses = -self.pnl("unhedged")
        return losses >= quantile(losses, level)

    def of_part(self, measure, level, strategy, name):
        pnl = self.part(name, strategy)
        if measure == "mean_pnl":
            return pnl.mean()
        if measure in ("expected_shortfall", "pnl_on_unhedged_worst"):
            account = strategy if measure == "expected_shortfall" else "unhedged"
            sign = -1 if measure == "expected_shortfall" else 1
            return sign * (tail_weights(-self.pnl(account), level) * pnl).sum()
        layer = self.components[name]["column"][: -len("_pnl_usd")]
        of = lambda what: self.column(f"{layer}_{what}")
        if level is None:
            return {
                "probability_on": lambda: (of("spells") > 0).mean(),
                "share_of_days_on": lambda: of("days_on").mean() / self.days,
                "pnl_per_day_on": lambda: pnl.sum() / of("days_on").sum(),
                "fired_for_nothing": lambda: of("spells_for_nothing").sum() / of("spells").sum(),
            }[measure]()
        worst = self.worst(level)
        trough = self.column("unhedged_trough_day")[worst]
        depth = self.column("unhedged_max_drawdown_usd")[worst]
        on, fall = of("decline_day_on")[worst], of("decline_fall_usd")[worst]
        before = (on >= 0) & (on < trough)
        return {
            "on_before_trough": lambda: before.mean(),
            "on_late": lambda: 1 - (before & (fall <= 0.5 * depth)).mean(),
            "days_before_trough": lambda: (trough - on)[before].mean(),
            "share_of_decline_paid": lambda: of("decline_pnl_usd")[worst].sum() / depth.sum(),
        }[measure]()

    def recompute(self, figure):
        measure, level, strategy = figure["measure"], figure["level"], figure["strategy"]
        if figure["condition"] is not None:
            return self.given(measure, level, strategy, figure["condition"])
        if measure.startswith(("carry_", "trigger_", "roll_")):
            return self.split(measure, level, figure["component"])
        if figure["component"] is not None:
            return self.of_part(measure, level, strategy, figure["component"])
        if strategy == "hedge":
            return self.hedge(measure, level, figure["horizon_days"])
        return self.account(measure, level, figure["horizon_days"], strategy)


def pareto_fits(run, figure):
    """A maximum of a likelihood is not recomputed but held against it: no shape nearby does better."""
    losses = -run.pnl(figure["strategy"])
    bound = quantile(losses, figure["level"])
    excess = losses[losses > bound] - bound

    def likelihood(shape):
        # The best scale for a shape, by bisection on its score.
        low, high = excess.mean() * 1e-3 + max(0.0, -shape * excess.max()), excess.mean() * 1e3
        for _ in range(200):
            scale = 0.5 * (low + high)
            score = ((1 + 1 / shape) * shape * excess / (scale + shape * excess)).mean() - 1
            low, high = (scale, high) if score > 0 else (low, scale)
        return -math.log(scale) - (1 + 1 / shape) * np.log1p(shape * excess / scale).mean()

    best = likelihood(figure["value"])
    return all(likelihood(figure["value"] + step) <= best + 1e-12 for step in (-0.01, -0.001, 0.001, 0.01))


def main(folders):
    faults = []
    for folder in folders:
        run = Run(folder)
        for figure in run.summary["figures"]:
            if figure["measure"] == "tail_shape":
                if not pareto_fits(run, figure):
                    faults.append(f"{figure}: not the best shape")
                continue
            if figure["measure"] == "expected_shortfall_by_pareto":
                continue
            expected = run.recompute(figure)
            # Sums in another order differ by a few units in the last place of the largest term.
            if not abs(figure["value"] - expected) <= TOLERANCE * max(abs(expected), 1.0):
                faults.append(f"{figure}: {expected}")
        for strategy in ("hedged", "unhedged"):
            for level in (0.95, 0.975, 0.99, 0.995):
                of = [f for f in run.summary["figures"] if f["measure"] == "expected_shortfall" and f["level"] == level
                      and f["strategy"] == strategy and f["horizon_days"] == run.days and f["condition"] is None]
                whole = next(f["value"] for f in of if f["component"] is None)
                parts = sum(f["value"] for f in of if f["component"] is not None)
                if abs(parts - whole) > TOLERANCE * abs(whole):
                    faults.append(f"parts of {strategy} ES at {level} sum to {parts}, not {whole}")
        print(f"{folder}: {len(run.summary['figures'])} figures recomputed")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
