#!/usr/bin/env python3
"""The days on which rules of the built-in scenario hold on real closes of VIX and SPX, found without tailwing.

    triggers.py FILE                 a CSV with the columns date, vix, spx
    triggers.py VIX_FILE SPX_FILE    two CSVs with date and close each, joined on days that both have

Prints for every rule, and for two layers made of them, the number of days on which it holds, a checksum of those days,
and with a single file the days. Plain loops over plain definitions, so
that nothing is shared with the engine: every day's indicator is computed afresh from the closes up to that day.
"""
import csv
import sys


def cutler(x, t, n=14):
    """Relative strength of the last n moves; None before there are as many."""
    if t < n:
        return None
    moves = [x[i] - x[i - 1] for i in range(t - n + 1, t + 1)]
    up = sum(m for m in moves if m > 0)
    down = sum(-m for m in moves if m < 0)
    return 50.0 if up + down == 0 else 100.0 * up / (up + down)


def below(a, b):
    return a is not None and a < b


def above(a, b):
    return a is not None and a > b


RULES = {
    "rsi_cutler(vix, 14) < 30": lambda vix, spx, t: below(cutler(vix, t), 30),
    "rsi_cutler(vix, 14) > 60.000001": lambda vix, spx, t: above(cutler(vix, t), 60.000001),
    "vix > 30": lambda vix, spx, t: vix[t] > 30,
    "vix < sma(vix, 20)": lambda vix, spx, t: t >= 19 and vix[t] < sum(vix[t - 19 : t + 1]) / 20,
    "divergence(spx, -vix, 20)": lambda vix, spx, t: t >= 20
    and spx[t] >= 0.99 * max(spx[t - 19 : t + 1])
    and -vix[t] < -vix[t - 20],
}


LAYERS = {
    "layer 1": ("rsi_cutler(vix, 14) < 30", "rsi_cutler(vix, 14) > 60.000001"),
    "layer 3": ("vix > 30", "vix < sma(vix, 20)"),
}


def on_days(enter, exit, vix, spx):
    """A layer goes on when enter holds and exit does not, and stays on until exit holds."""
    on, days = False, []
    for t in range(len(vix)):
        on = not RULES[exit](vix, spx, t) and (on or RULES[enter](vix, spx, t))
        if on:
            days.append(t)
    return days


def column(path, name):
    with open(path, newline="") as file:
        return {row["date"]: float(row[name]) for row in csv.DictReader(file)}


def main():
    if len(sys.argv) == 2:
        vix, spx = column(sys.argv[1], "vix"), column(sys.argv[1], "spx")
    else:
        vix, spx = column(sys.argv[1], "close"), column(sys.argv[2], "close")
    dates = sorted(set(vix) & set(spx))
    vix, spx = [vix[d] for d in dates], [spx[d] for d in dates]
    found = {rule: [t for t in range(len(dates)) if holds(vix, spx, t)] for rule, holds in RULES.items()}
    found |= {layer: on_days(*rules, vix, spx) for layer, rules in LAYERS.items()}
    for name, days in found.items():
        checksum = sum(t * t % 1_000_003 for t in days) % 1_000_003
        print(name, len(days), checksum, *(dates[t] for t in days if len(sys.argv) == 2))


main()
