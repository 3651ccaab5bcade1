"""Measurements of a sweep's rows for published values, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.boundary import measure_boundary
from xorsweep.analysis.curvature_states import are_unsolved, states_of
from xorsweep.analysis.intervals import CONFIDENCE, median_interval, rate_interval
from xorsweep.analysis.maps import ABSENT
from xorsweep.analysis.studies.spec import PublishedValue
from xorsweep.analysis.survival import survival
from xorsweep.fields import FloatArray, Scalar
from xorsweep.networks.metrics import PLATEAUS, STATES
from xorsweep.networks.schema import component_of
from xorsweep.text import level_text

RESAMPLES = 2_000


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, NaN where there is none; `note` completes its text."""

    value: float
    low: float = np.nan
    high: float = np.nan
    note: str = ""


class Cells:
    """The rows of a sweep, and those of a published value's cell."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._rows = rows
        # Values of a study share most levels of their cells.
        self._where = cache(self._find)

    def rows(self, published: PublishedValue) -> pd.DataFrame:
        """Return a value's rows; none where its cell or its seeds aren't there."""
        inside = np.ones(len(self._rows), bool)
        for item in published.cell.items():
            inside &= self._where(*item)
        rows = self._rows[inside]
        if published.seeds is None:
            return rows
        rows = rows[rows["seed"] < published.seeds]
        # All of these seeds or none: the value is of exactly that many runs.
        return rows if rows["seed"].nunique() == published.seeds else rows[:0]

    def _find(self, key: str, level: Scalar) -> NDArray[np.bool_]:
        if key not in self._rows:
            return np.full(len(self._rows), level is None)
        if level is None:
            return self._rows[key].isna().to_numpy(bool)
        # A nullable column, compared where it is missing, is missing again.
        return (self._rows[key] == level).fillna(False).to_numpy(bool)


def measure(published: PublishedValue, cells: Cells) -> Estimate | None:
    """Return the measured value for a published one, None where its cell isn't there."""
    rows = cells.rows(published)
    return _MEASURES[published.measure](rows, published) if len(rows) else None


def _share(hits: Any, of: int, note: str = "") -> Estimate | None:
    if not of:
        return None
    low, high = rate_interval(int(hits), of)
    return Estimate(100 * int(hits) / of, 100 * low, 100 * high, note)


def _converged_count(rows: pd.DataFrame, _: PublishedValue) -> Estimate:
    converged = int(rows["converged"].sum())
    low, high = rate_interval(converged, len(rows))
    note = f" of {len(rows):,}, a rate of {100 * low:.0f} to {100 * high:.0f} %"
    return Estimate(converged, note=note)


def _epochs(rows: pd.DataFrame) -> FloatArray:
    """Return the epochs (n,) of the runs that converged."""
    return rows["converged_epoch"].dropna().to_numpy(np.float64)


def _spent(rows: pd.DataFrame) -> FloatArray:
    """Return the epochs that each run took (n,): to its convergence, or all of its budget."""
    return rows["converged_epoch"].fillna(rows["epochs"]).to_numpy(np.float64)


def _mean_epochs(rows: pd.DataFrame, _: PublishedValue) -> Estimate | None:
    epochs = _epochs(rows)
    return _ratio(epochs, np.ones(len(epochs))) if len(epochs) else None


def _median_epochs(rows: pd.DataFrame, _: PublishedValue) -> Estimate:
    epoch = rows["converged_epoch"].fillna(-1).to_numpy(np.int64)
    return Estimate(*survival(epoch, rows["epochs"].to_numpy(np.int64)).median())


def _extreme(rows: pd.DataFrame, end: Callable[[FloatArray], float]) -> Estimate | None:
    epochs = _epochs(rows)
    return Estimate(end(epochs)) if len(epochs) else None


def _running_time(rows: pd.DataFrame, _: PublishedValue) -> Estimate:
    return _ratio(_spent(rows), rows["converged"].to_numpy(np.float64))


def _best_running_time(rows: pd.DataFrame, published: PublishedValue) -> Estimate | None:
    """Return the running time at the best levels, selected on one half of the seeds.

    The other half measures it: the least of several measured times would be too small.
    """
    keys = published.compared
    half = rows["seed"].quantile(0.5)
    first, second = rows[rows["seed"] <= half], rows[rows["seed"] > half]
    sums = first.assign(spent=_spent(first)).groupby(keys, observed=True)[["spent", "converged"]]
    totals = sums.sum().query("converged > 0")
    if totals.empty or second.empty:
        return None
    levels = (totals["spent"] / totals["converged"]).idxmin()
    best = second
    # pandas has a tuple of several keys, and the level itself of one.
    for key, level in zip(keys, levels if isinstance(levels, tuple) else (levels,), strict=True):
        best = best[best[key] == level]
    found = _running_time(best, published)
    return replace(found, note=_best_note(best, rows, keys))


def _best_note(best: pd.DataFrame, tried: pd.DataFrame, keys: list[str]) -> str:
    """Return the place of the best, its runs, and whether it lies at the edge of the grid."""
    where = ", ".join(level_text(key, best[key].iloc[0]) for key in keys)
    is_edge = "lr" in keys and best["lr"].iloc[0] in (tried["lr"].min(), tried["lr"].max())
    text = f" at {where}: {100 * best['converged'].mean():.1f} % of {len(best):,} runs"
    return text + "; the edge of the lr tried" * is_edge


def _rising_steps(rows: pd.DataFrame, published: PublishedValue) -> Estimate | None:
    missed = 1 - rows.groupby(published.compared, observed=True)["converged"].mean().sort_index()
    steps = np.diff(missed.to_numpy(np.float64))
    if not len(steps):
        return None
    return Estimate(100 * (steps > 0).mean(), note=f", {(steps > 0).sum()} of {len(steps)}")


def _at_levels(rows: pd.DataFrame, _: PublishedValue) -> Estimate | None:
    unsolved = rows[are_unsolved(rows)]
    return _share(unsolved["outcome"].isin(list(PLATEAUS)).sum(), len(unsolved))


def _unsolved_rms(rows: pd.DataFrame, published: PublishedValue) -> Estimate | None:
    unsolved = rows[are_unsolved(rows)]
    if unsolved.empty:
        return None
    count = component_of("task", published.cell).targets().size
    # final_error is half the sum of squared errors.
    rms = np.sqrt(2 * unsolved["final_error"].to_numpy(np.float64) / count)
    return Estimate(float(np.median(rms)), rms.min(), rms.max())


def _standing(rows: pd.DataFrame, published: PublishedValue) -> Estimate | None:
    """Return how many of the runs at a plateau stand where, by their curvature."""
    state, _, plateau = published.measure.partition("_")
    states = states_of(rows)[(rows["outcome"] == plateau).to_numpy()]
    known = states[states != ""]
    return _share((known == state).sum(), len(known), f" of {len(known):,}")


def _pixels(rows: pd.DataFrame, published: PublishedValue) -> Estimate:
    """Return the share of a map's pixels, which are no sample, so that it has no interval."""
    name = published.measure.removesuffix("_pixels")
    hits = rows[name] if name in rows else rows["outcome"] == name
    return Estimate(100 * float(hits.mean()))


def _dimension(rows: pd.DataFrame, published: PublishedValue) -> Estimate | None:
    """Return the dimension of a flag's boundary on a map, which has one row per pixel."""
    flag, keys = published.measure.removesuffix("_dimension"), published.compared
    if flag not in rows or rows.duplicated(keys).any():
        return None
    # A nullable type, since a pixel without a row is missing.
    pixels = rows.pivot(index=keys[1], columns=keys[0], values=flag).astype("boolean")
    found = measure_boundary(pixels.to_numpy(np.int8, na_value=ABSENT))
    slopes = found.slopes
    note = f", slopes {slopes.min():.2f} to {slopes.max():.2f}" if len(slopes) else ""
    return Estimate(found.dimension, note=note)


def _median_of(values: pd.Series[Any]) -> Estimate | None:
    known = values.dropna().to_numpy(np.float64)
    if not len(known):
        return None
    limits = median_interval(known, CONFIDENCE) or (np.nan, np.nan)
    return Estimate(float(np.median(known)), *limits)


def _column(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    return rows[name] if name in rows else pd.Series(dtype=np.float64)


_MEASURES: Mapping[str, Callable[[pd.DataFrame, PublishedValue], Estimate | None]] = {
    "rate": lambda rows, _: _share(rows["converged"].sum(), len(rows)),
    "not_converged": lambda rows, _: _share((~rows["converged"]).sum(), len(rows)),
    "converged_count": _converged_count,
    "mean_epochs": _mean_epochs,
    "median_epochs": _median_epochs,
    "median_of_converged": lambda rows, _: _median_of(rows["converged_epoch"]),
    "fewest_epochs": lambda rows, _: _extreme(rows, np.min),
    "most_epochs": lambda rows, _: _extreme(rows, np.max),
    "epochs_of_run": lambda rows, _: _extreme(rows, np.min),
    "expected_running_time": _running_time,
    "best_running_time": _best_running_time,
    "rising_steps": _rising_steps,
    "at_levels": _at_levels,
    "unsolved_rms": _unsolved_rms,
    **dict.fromkeys(
        PLATEAUS,
        lambda rows, published: _share((rows["outcome"] == published.measure).sum(), len(rows)),
    ),
    **dict.fromkeys([f"{state}_{name}" for name in PLATEAUS for state in STATES], _standing),
    "gradient_norm": lambda rows, _: _median_of(_column(rows, "gradient_norm")),
    "curvature_min": lambda rows, _: _median_of(_column(rows, "curvature_min")),
    "sharpness": lambda rows, _: _median_of(_column(rows, "curvature_max") * rows["lr"] / 2),
    "diverged": lambda rows, _: _share((rows["status"] == "diverged").sum(), len(rows)),
    "converged_pixels": _pixels,
    "two_rows_at_half_pixels": _pixels,
    "converged_dimension": _dimension,
    "trainable_dimension": _dimension,
}


def _ratio(spent: FloatArray, solved: FloatArray) -> Estimate:
    """Return the sum of one over the sum of the other, both (n,), with its bootstrap interval.

    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979);
    the percentile interval.
    """
    from scipy.stats import bootstrap

    def ratio(a: FloatArray, b: FloatArray, axis: int = -1) -> FloatArray:
        return np.asarray(a.sum(axis=axis) / b.sum(axis=axis))

    with np.errstate(divide="ignore", invalid="ignore"):  # no run converged: never solved
        value = float(ratio(spent, solved))
        if len(spent) < 2:
            return Estimate(value)
        interval = bootstrap(
            (spent, solved),
            ratio,
            n_resamples=RESAMPLES,
            # Resamples at a time: all of them would take 2,000 times the memory of the rows.
            batch=100,
            vectorized=True,
            paired=True,
            confidence_level=CONFIDENCE,
            method="percentile",
            # A seed of its own, so that a report made again has the same limits.
            rng=np.random.default_rng(0),
        ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high))
