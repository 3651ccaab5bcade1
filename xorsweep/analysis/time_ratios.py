"""Ratios of the times of two cells' runs, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xorsweep.analysis.intervals import median_interval


@dataclass(frozen=True)
class TimeRatio:
    """The median of the ratios of epochs, with its limits.

    `converged` are the seeds that converged in both cells, of `seeds` that failed in neither.
    """

    value: float
    low: float
    high: float
    converged: int
    seeds: int


def time_ratio(a: pd.DataFrame, b: pd.DataFrame, confidence: float) -> TimeRatio | None:
    """Return how many times as many epochs cell a's runs take as those of cell b.

    It is of the seeds that converged in both: of the others the ratio isn't known. A run that
    converged before its first epoch counts as one that took an epoch. None where there are too few
    seeds for limits.
    """
    columns = ["seed", "converged_epoch"]
    of_a, of_b = (rows.loc[rows["status"] != "failed", columns] for rows in (a, b))
    pairs = of_a.merge(of_b, on="seed", suffixes=("_a", "_b"))
    both = pairs.dropna()
    epochs_a, epochs_b = (
        np.maximum(both[f"converged_epoch_{name}"].to_numpy(np.float64), 1) for name in ("a", "b")
    )
    # Logarithms, as twice as long and half as long are equally far from the same.
    logs = np.log(epochs_a / epochs_b)
    limits = median_interval(logs, confidence)
    if limits is None:
        return None
    value, low, high = np.exp([np.median(logs), *limits])
    return TimeRatio(float(value), float(low), float(high), len(both), len(pairs))
