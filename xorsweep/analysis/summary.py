"""From rows to one row per cell: rates, times, costs, final errors, outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import point_columns, swept_columns
from xorsweep.analysis.intervals import rate_columns
from xorsweep.analysis.solutions import counts_text, label_counts
from xorsweep.analysis.survival import Survival, bounds_at_ends, survival
from xorsweep.experiment import DIVERGED, FAILED, OK, STATUSES
from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.storage.mapped_arrays import release_pages

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
NOT_REACHED = "not reached"
RUN_COLUMNS = ("final_error", "converged_epoch", "epochs", "outcome", "status")
"""The columns of results that say how runs ended."""
MOST_STEPS = 300
"""Steps of a survival curve that a figure can show."""


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell, in the order in which the cells first appear.

    Columns: the point columns but seed; `runs`, `ok`, `diverged`, `failed`, `converged`; `rate`
    among the runs that didn't fail, `rate_low`, `rate_high`; `diverged_rate`, the share of them
    that diverged before they converged, with `diverged_rate_low`, `diverged_rate_high`;
    `holds_rate`, the share of them that meet the criterion after their last epoch, with
    `holds_rate_low`, `holds_rate_high`; the Kaplan-Meier `median_epochs` with `median_epochs_low`,
    `median_epochs_high` and `median_note`; `unsolved_fraction`; the `expected_running_time` in
    epochs, all epochs spent over the runs that converged; quantiles of `final_error` over runs
    that are ok; `outcome_...`, the number of runs by outcome; `solutions`, the number of runs by
    `solution`, as a text.
    """
    index = CellIndex.of_frame(results, swept_columns(results))
    runs = _Runs.of(results)
    release_pages()

    trained, converged = index.sums(runs.counted), index.sums(runs.converged)
    counts = {
        "runs": index.counts,
        **{name: index.sums(runs.status == code) for code, name in enumerate(STATUSES)},
        "converged": converged,
    }
    rates = {
        **rate_columns("rate", converged, trained),
        **rate_columns("diverged_rate", index.sums(runs.diverged_first), trained),
        **rate_columns("holds_rate", index.sums(runs.outcome == OUTCOMES.index("solved")), trained),
    }
    times = pd.DataFrame([_times(runs.counted_survival(rows)) for rows in index.rows()])
    spent = index.sums(np.where(runs.counted, runs.spent, 0))
    # NaN and not infinite: the cell of the table is empty.
    times["expected_running_time"] = spent / np.where(converged, converged, np.nan)
    errors = pd.DataFrame([_final_errors(runs, rows) for rows in index.rows()])
    outcomes = {f"outcome_{name}": index.sums(runs.outcome == k) for k, name in enumerate(OUTCOMES)}
    keys = [key for key in point_columns(results) if key != "seed"]
    described = results[keys].iloc[index.first].reset_index(drop=True)
    measured = [pd.DataFrame(columns) for columns in (counts, rates, times, errors, outcomes)]
    table = pd.concat([described, *measured], axis=1)
    if "solution" not in results:  # rows of a flag and a time of another experiment
        return table
    labels = label_counts(results["solution"], index)
    return table.assign(solutions=list(map(counts_text, labels)))


def survival_curves(results: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the share still unsolved by epoch, in long form, a curve for each level of the keys.

    Columns: the keys, `epoch`, `unsolved`, `low`, `high`; curves start at 1 and end at
    the budget, with at most 300 steps each.
    """
    frames = []
    runs = _Runs.of(results)
    for rows in CellIndex.of_frame(results, keys).rows():
        curve = runs.counted_survival(rows)
        if curve is None:
            continue
        count = int(runs.counted[rows].sum())
        steps = drawn_steps(curve, float(runs.budget[rows].max()), count)
        frame = pd.DataFrame(steps, columns=["epoch", "unsolved", "low", "high"])
        for key in reversed(keys):
            frame.insert(0, key, results[key].iloc[rows[0]])
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


@dataclass(frozen=True)
class _Runs:
    """The runs of results as arrays (N,); outcomes and statuses are codes into OUTCOMES, STATUSES.

    `counted` are those that say something about convergence: that didn't fail.
    """

    final_error: FloatArray
    converged_epoch: NDArray[np.int64]
    budget: NDArray[np.int64]
    outcome: NDArray[np.int8]
    status: NDArray[np.int8]

    @classmethod
    def of(cls, results: pd.DataFrame) -> _Runs:
        return cls(
            results["final_error"].to_numpy(np.float64),
            results["converged_epoch"].to_numpy(np.int64, na_value=-1),
            results["epochs"].to_numpy(np.int64),
            pd.Categorical(results["outcome"], categories=OUTCOMES).codes,
            pd.Categorical(results["status"], categories=STATUSES).codes,
        )

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = self.status != FAILED
        return kept

    @cached_property
    def converged(self) -> NDArray[np.bool_]:
        """Return which runs met the criterion, whatever their outcome."""
        return self.counted & (self.converged_epoch >= 0)

    @property
    def diverged_first(self) -> NDArray[np.bool_]:
        """Return which runs diverged without having met the criterion before."""
        first: NDArray[np.bool_] = (self.status == DIVERGED) & ~self.converged
        return first

    @property
    def spent(self) -> NDArray[np.int64]:
        """Return the epochs that each run took: to its convergence, or all of its budget."""
        return np.where(self.converged, self.converged_epoch, self.budget)

    def counted_survival(self, rows: NDArray[np.int64]) -> Survival | None:
        """Return the curve of those of some rows (n,) that count; None where there are none."""
        rows = rows[self.counted[rows]]
        return survival(self.converged_epoch[rows], self.budget[rows]) if len(rows) else None


def _times(curve: Survival | None) -> dict[str, Any]:
    median, low, high = curve.median() if curve else (np.nan, np.nan, np.nan)
    not_reached = NOT_REACHED if np.isnan(median) else ""
    return {
        "median_epochs": median,
        "median_epochs_low": low,
        "median_epochs_high": high,
        "median_note": not_reached if curve else "no run",
        "unsolved_fraction": float(curve.unsolved[-1]) if curve else np.nan,
    }


def _final_errors(runs: _Runs, rows: NDArray[np.int64]) -> dict[str, float]:
    errors = runs.final_error[rows[runs.status[rows] == OK]]
    values = np.quantile(errors, QUANTILES) if len(errors) else [np.nan] * len(QUANTILES)
    return {
        f"final_error_q{round(100 * level):02d}": float(value)
        for level, value in zip(QUANTILES, values, strict=True)
    }


def drawn_steps(curve: Survival, budget: float, runs: int) -> NDArray[np.float64]:
    """Return the steps (K, 4) from the start to the budget, as few as a figure can show.

    Each is a time, the share for which nothing has happened by then, and its limits.
    """
    (low,), _ = bounds_at_ends(np.array([runs]))
    start = [0.0, 1.0, low, 1.0]
    inside = curve.epochs <= budget
    steps = np.column_stack([curve.epochs, curve.unsolved, curve.low, curve.high])[inside]
    if len(steps) > MOST_STEPS:
        # Evenly over the steps, the first and the last among them.
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, MOST_STEPS).astype(int))]
    end = steps[-1, 1:] if len(steps) else start[1:]
    return np.vstack([start, steps, [budget, *end]])
