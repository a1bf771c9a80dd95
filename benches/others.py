"""Microseconds that other software takes for a four-leg condor under Bates, for `cargo bench --bench mark`.

Prints one line for each library that is installed: its name, microseconds a condor, largest error over the forward
against the finest COS sum. NumPy prices by the COS method of Fang and Oosterlee (2008).
"""

import time

import numpy as np

KAPPA, THETA, SIGMA, RHO, LAM, MU, DELTA = 4.0, 0.04, 0.6, -0.7, 0.5, -0.05, 0.08
YEARS = 30 / 365
LOG_STRIKES = np.array([-0.12, -0.08, 0.05, 0.08])
SIGNS = np.array([1.0, -1.0, -1.0, 1.0])
VARIANCES = np.linspace(0.01, 0.12, 500)


def transform(u):
    """Coefficients a, b of ln E exp(iu ln(S/F)) = a + b v (Bates 1996, the stable form of the square root)."""
    beta = KAPPA - 1j * RHO * SIGMA * u
    d = np.sqrt(beta**2 + SIGMA**2 * (u**2 + 1j * u))
    g = (beta - d) / (beta + d)
    e = np.exp(-d * YEARS)
    b = (beta - d) / SIGMA**2 * (1 - e) / (1 - g * e)
    a = KAPPA * THETA / SIGMA**2 * ((beta - d) * YEARS - 2 * np.log((1 - g * e) / (1 - g)))
    mean = np.exp(MU + DELTA**2 / 2) - 1
    return a + LAM * YEARS * (np.exp(1j * u * MU - DELTA**2 * u**2 / 2) - 1 - 1j * u * mean), b


def condors(variances, terms, width=1.2):
    """Condors over the forward for many variances, by `terms` terms of the COS sum on [-width, width]."""
    j = np.arange(terms)
    u = j * np.pi / (2 * width)
    a, b = transform(u)
    phi = np.exp(a + np.outer(variances, b) + 1j * u * width)
    # Payoff coefficients of the puts, strike by strike: int of (e^k - e^x) cos(u (x + width)) over x < k.
    k = LOG_STRIKES[:, None]
    angle = u * (k + width)
    with np.errstate(divide="ignore", invalid="ignore"):
        psi = np.where(j == 0, k + width, np.sin(angle) / np.where(j == 0, 1.0, u))
    chi = (np.cos(angle) * np.exp(k) - np.exp(-width) + u * np.sin(angle) * np.exp(k)) / (1 + u**2)
    payoff = (np.exp(k) * psi - chi) / width
    payoff[:, 0] *= 0.5
    puts = phi.real @ payoff.T
    calls = puts + 1 - np.exp(LOG_STRIKES)
    return np.where(LOG_STRIKES < 0, puts, calls) @ SIGNS


def median_micros(work, count, repetitions=7):
    """Median microseconds of one of `count` condors."""
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[repetitions // 2] / count * 1e6


def quantlib():
    """Prices the condors one by one with QuantLib's Bates engine and returns microseconds and the largest error."""
    import QuantLib as ql

    today = ql.Date(1, 6, 2026)
    ql.Settings.instance().evaluationDate = today
    flat = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, ql.Actual365Fixed()))
    spot = ql.QuoteHandle(ql.SimpleQuote(1.0))
    exercise = ql.EuropeanExercise(today + 30)

    def price(variance):
        process = ql.BatesProcess(flat, flat, spot, variance, KAPPA, THETA, SIGMA, RHO, LAM, MU, DELTA)
        engine = ql.BatesEngine(ql.BatesModel(process), 1e-8, 10_000)
        total = 0.0
        for k, sign in zip(LOG_STRIKES, SIGNS):
            kind = ql.Option.Put if k < 0 else ql.Option.Call
            option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, float(np.exp(k))), exercise)
            option.setPricingEngine(engine)
            total += sign * option.NPV()
        return total

    some = VARIANCES[::25]
    prices = np.array([price(float(v)) for v in some])
    error = np.abs(prices - condors(some, 4096, 3.0)).max()
    return median_micros(lambda: [price(float(v)) for v in some], len(some), 3), error


def main():
    fine = condors(VARIANCES, 4096, 3.0)
    error = np.abs(condors(VARIANCES, 128) - fine).max()
    print(f"NumPy {np.__version__}, COS of 128 terms|{median_micros(lambda: condors(VARIANCES, 128), 500):.2f}|{error:.0e}")
    try:
        micros, error = quantlib()
        print(f"QuantLib, BatesEngine|{micros:.0f}|{error:.0e}")
    except ImportError:
        pass


if __name__ == "__main__":
    main()
