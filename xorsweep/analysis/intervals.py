"""Intervals of convergence rates, and of the epochs that a solution is expected to cost."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray

CONFIDENCE = 0.95


def standard_errors(confidence: float) -> float:
    """Return how many standard errors a normal interval reaches to either side."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


Z = standard_errors(CONFIDENCE)


def simultaneous(count: int) -> float:
    """Return the confidence of each of several intervals, so that 95 % holds for all of them.

    O. J. Dunn, "Multiple comparisons among means", Journal of the American Statistical Association
    56 (1961), by C. E. Bonferroni's inequality. It holds whether or not the intervals depend on
    each other, and so for any of them that is selected by its value.
    """
    return 1 - (1 - CONFIDENCE) / max(1, count)


def rate_intervals(
    successes: NDArray[Any], runs: NDArray[Any], confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return the lower and upper limits (n,) of rates: `successes` (n,) of `runs` (n,), integers.

    They are Wilson's, or Clopper and Pearson's at 0 and at all of the runs; NaN where there is no
    run. E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927); C. J. Clopper and E. S. Pearson,
    "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika
    26 (1934).
    """
    count = np.where(runs > 0, runs, np.nan)
    score_low, score_high = score_intervals(successes, runs, confidence)
    # Where all n runs converged, the rate at which they do with this chance: p**n = alpha / 2.
    all_or_none = ((1 - confidence) / 2) ** (1 / count)
    none, every = successes == 0, successes == runs
    # 0 * count, and below count / count, are NaN where there is no run.
    low = np.select([none, every], [0 * count, all_or_none], score_low)
    high = np.select([none, every], [1 - all_or_none, count / count], score_high)
    return low, high


def score_intervals(
    successes: NDArray[Any], runs: NDArray[Any], confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's limits (n,) of rates, at 0 and at all of the runs, too."""
    count = np.where(runs > 0, runs, np.nan)
    squared = standard_errors(confidence) ** 2
    middle = (successes + squared / 2) / (count + squared)
    spread = successes * (count - successes) / count + squared / 4
    half = np.sqrt(squared * spread) / (count + squared)
    return middle - half, middle + half


def rate_columns(name: str, successes: NDArray[Any], runs: NDArray[Any]) -> dict[str, FloatArray]:
    """Return rates and their limits by the names of their columns, NaN where there is no run.

    Args:
        name: Of the rate's column; its limits are `name_low` and `name_high`.
        successes: How many runs of each cell it counts (n,).
        runs: Of how many (n,).
    """
    low, high = rate_intervals(successes, runs)
    rate = successes / np.where(runs, runs, np.nan)
    return {name: rate, f"{name}_low": low, f"{name}_high": high}


def rate_interval(successes: int, runs: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the limits of one rate."""
    low, high = rate_intervals(np.array([successes]), np.array([runs]), confidence)
    return float(low[0]), float(high[0])


def running_time_intervals(
    cell: NDArray[Any],
    spent: FloatArray,
    converged: FloatArray,
    confidence: float = CONFIDENCE,
) -> tuple[FloatArray, FloatArray]:
    """Return the limits (cells,) of the expected running time of each cell.

    It is a ratio of two sums; its limits are those of W. G. Cochran, "Sampling Techniques" (1977),
    section 6.3, NaN where fewer than two runs converged. They hold where some thirty did.

    Args:
        cell: The number of each run's cell, from 0 (N,).
        spent: The epochs that each took (N,).
        converged: 1 where it converged, else 0 (N,).
        confidence: How often the limits hold.
    """
    runs, total, solved = (np.bincount(cell, weights) for weights in (None, spent, converged))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = total / solved
        residual = np.bincount(cell, (spent - ratio[cell] * converged) ** 2)
        half = standard_errors(confidence) * np.sqrt(runs / (runs - 1) * residual) / solved
    sure = solved > 1
    return np.where(sure, ratio - half, np.nan), np.where(sure, ratio + half, np.nan)


def median_interval(
    values: FloatArray, confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Return limits of the median that n values (n,) were drawn around, None where n is too few.

    W. R. Thompson, "On confidence ranges for the median and other expectation distributions for
    populations of unknown distribution form", Annals of Mathematical Statistics 7 (1936): the kth
    smallest and the kth largest, with the largest k that a sign test allows. Whatever the
    distribution, they hold the median at least as often as `confidence` says.
    """
    ordered, n = np.sort(values), len(values)
    # The binomial coefficients of n and 0, 1, ..., each from the one before, as logarithms: the
    # import of SciPy's binomial distribution would take as long as all other sentences.
    below = np.arange(n // 2)
    factors = np.where(below, (n + 1 - below) / np.maximum(below, 1), 1.0)
    coefficients = np.log(factors).cumsum()
    # By k - 1: the chance that the median isn't between the kth smallest and the kth largest.
    missed = 2 * np.exp(coefficients - n * np.log(2)).cumsum()
    k = int((missed <= 1 - confidence).sum())
    return (float(ordered[k - 1]), float(ordered[n - k])) if k else None
