"""From rows to one row a cell: rates, times, costs, final errors, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.intervals import rate_intervals
from xorsweep.analysis.survival import Survival, bounds_at_ends, survival
from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
NOT_REACHED = "not reached"
MOST_STEPS = 300
"""Steps of a survival curve that a picture can show."""


def point_columns(results: pd.DataFrame) -> list[str]:
    """Return the columns of results, or of a summary, that say which point or cell a row is."""
    end = "final_error" if "final_error" in results.columns else "runs"
    return list(results.columns[: list(results.columns).index(end)])


def swept_columns(rows: pd.DataFrame) -> list[str]:
    """Return the point columns, other than seed, that tell the cells of results apart.

    A column whose values follow from those before it, as `init.low` does from `init`, isn't one.
    """
    return distinguishing_keys(rows, [key for key in point_columns(rows) if key != "seed"])


def distinguishing_keys(rows: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Return those of some columns that tell rows apart, without those that follow from others."""
    varying = [key for key in keys if rows[key].nunique(dropna=False) > 1]
    cells = rows[varying].drop_duplicates()
    found: list[str] = []
    for key in varying:
        if len(cells.drop_duplicates([*found, key])) > _count(cells, found):
            found.append(key)
    return found


def _count(cells: pd.DataFrame, keys: list[str]) -> int:
    return len(cells.drop_duplicates(keys)) if keys else 1


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell, in the order in which the cells first appear.

    Columns: the point columns but seed; `runs`, `ok`, `diverged`, `failed`, `converged`; `rate`
    among the runs that didn't fail, `rate_low`, `rate_high`; `diverged_rate`, the share of them
    that diverged before they converged, with `diverged_rate_low`, `diverged_rate_high`;
    `holds_rate`, the share of them that meet the criterion after their last epoch, with
    `holds_rate_low`, `holds_rate_high`; the
    Kaplan-Meier `median_epochs` with
    `median_epochs_low`, `median_epochs_high` and `median_note`; `unsolved_fraction`; the
    `expected_running_time` in epochs, all epochs spent over the runs that converged;
    quantiles of `final_error` over runs that are ok; `outcome_...`, the number of runs by outcome.
    """
    cells = list(_cells(results, swept_columns(results)))
    keys = [key for key in point_columns(results) if key != "seed"]
    described = results[keys].iloc[[cell.first for cell in cells]].reset_index(drop=True)
    counts = pd.DataFrame([_counts(cell) for cell in cells])
    trained = (counts["runs"] - counts["failed"]).to_numpy()
    diverged_first = np.array([cell.diverged_first.sum() for cell in cells])
    holds = np.array([cell.converged_at_end.sum() for cell in cells])
    rates = {
        **_rate("rate", counts["converged"].to_numpy(), trained),
        **_rate("diverged_rate", diverged_first, trained),
        **_rate("holds_rate", holds, trained),
    }
    measured = pd.DataFrame([_measured(cell) for cell in cells])
    return pd.concat([described, counts, pd.DataFrame(rates), measured], axis=1)


def survival_curves(results: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the share still unsolved by epoch, in long form, a curve for each level of the keys.

    Columns: the keys, `epoch`, `unsolved`, `low`, `high`; curves start at 1 and end at
    the budget, with at most 300 steps each.
    """
    frames = []
    for cell in _cells(results, keys):
        if not cell.counted.any():
            continue
        steps = drawn_steps(cell.survival(), float(cell.budget.max()), int(cell.counted.sum()))
        frame = pd.DataFrame(steps, columns=["epoch", "unsolved", "low", "high"])
        for key in reversed(keys):
            frame.insert(0, key, results[key].iloc[cell.first])
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


@dataclass(frozen=True)
class _Cell:
    """The runs of one cell: arrays (n,), and the place of the first among the results."""

    first: int
    final_error: NDArray[np.float64]
    converged_epoch: NDArray[np.int64]
    budget: NDArray[np.int64]
    outcome: NDArray[np.int64]
    status: NDArray[Any]

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Return which runs say something about convergence: those that didn't fail."""
        kept: NDArray[np.bool_] = self.status != "failed"
        return kept

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Return which runs met the criterion, whatever became of them later."""
        return self.counted & (self.converged_epoch >= 0)

    @property
    def diverged_first(self) -> NDArray[np.bool_]:
        """Return which runs diverged without having met the criterion before."""
        first: NDArray[np.bool_] = (self.status == "diverged") & ~self.converged
        return first

    @property
    def converged_at_end(self) -> NDArray[np.bool_]:
        """Return which runs meet the criterion after their last epoch: those that are solved."""
        solved: NDArray[np.bool_] = self.outcome == OUTCOMES.index("solved")
        return solved

    def survival(self) -> Survival:
        return survival(self.converged_epoch[self.counted], self.budget[self.counted])


def _cells(results: pd.DataFrame, keys: list[str]) -> Iterator[_Cell]:
    """Yield the cells in order of first appearance."""
    columns = (
        results["final_error"].to_numpy(np.float64),
        results["converged_epoch"].fillna(-1).to_numpy(np.int64),
        results["epochs"].to_numpy(np.int64),
        pd.Categorical(results["outcome"], categories=OUTCOMES).codes.astype(int),
        np.asarray(results["status"], object),
    )
    for rows in CellIndex.of_frame(results, keys).rows():
        yield _Cell(int(rows[0]), *(column[rows] for column in columns))


def _counts(cell: _Cell) -> dict[str, int]:
    return {
        "runs": len(cell.counted),
        **{name: int((cell.status == name).sum()) for name in ("ok", "diverged", "failed")},
        "converged": int(cell.converged.sum()),
    }


def _rate(name: str, happened: NDArray[Any], trained: NDArray[Any]) -> dict[str, FloatArray]:
    low, high = rate_intervals(happened, trained)
    return {
        name: happened / np.where(trained, trained, np.nan),
        f"{name}_low": low,
        f"{name}_high": high,
    }


def _measured(cell: _Cell) -> dict[str, Any]:
    outcomes = np.bincount(cell.outcome, minlength=len(OUTCOMES)).tolist()
    return {
        **_times(cell),
        **_final_errors(cell),
        **{f"outcome_{name}": count for name, count in zip(OUTCOMES, outcomes, strict=True)},
    }


def _times(cell: _Cell) -> dict[str, Any]:
    counted = cell.counted
    if not counted.any():
        names = ("median_epochs", "median_epochs_low", "median_epochs_high")
        return {
            **dict.fromkeys(names, np.nan),
            "median_note": "no run",
            "unsolved_fraction": np.nan,
            "expected_running_time": np.nan,
        }
    curve = cell.survival()
    median, low, high = curve.median()
    converged = int(cell.converged.sum())
    spent = np.where(cell.converged, cell.converged_epoch, cell.budget)[counted].sum()
    return {
        "median_epochs": median,
        "median_epochs_low": low,
        "median_epochs_high": high,
        "median_note": NOT_REACHED if np.isnan(median) else "",
        "unsolved_fraction": float(curve.unsolved[-1]),
        "expected_running_time": spent / converged if converged else np.nan,
    }


def _final_errors(cell: _Cell) -> dict[str, float]:
    errors = cell.final_error[cell.status == "ok"]
    values = np.quantile(errors, QUANTILES) if len(errors) else [np.nan] * len(QUANTILES)
    return {
        f"final_error_q{round(100 * level):02d}": float(value)
        for level, value in zip(QUANTILES, values, strict=True)
    }


def drawn_steps(curve: Survival, budget: float, runs: int) -> NDArray[np.float64]:
    """Return the steps (K, 4) from the start to the budget, as few as a picture can show.

    Each is a time, the share for which nothing has happened by then, and its limits.
    """
    (low,), _ = bounds_at_ends(np.array([runs]))
    start = [0.0, 1.0, low, 1.0]
    inside = curve.epochs <= budget
    steps = np.column_stack([curve.epochs, curve.unsolved, curve.low, curve.high])[inside]
    if len(steps) > MOST_STEPS:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, MOST_STEPS).astype(int))]
    end = steps[-1, 1:] if len(steps) else start[1:]
    return np.vstack([start, steps, [budget, *end]])


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether the levels of a key are numbers, which an axis can hold."""
    return column.dtype.kind in "iuf" and bool(column.notna().all())
