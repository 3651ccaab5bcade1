"""Points that differ in epochs alone are one training, looked at after several budgets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import swept_columns
from xorsweep.errors import ConfigError
from xorsweep.storage.compact_columns import select_rows


def longest_rows(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row per training: its point with the most epochs of those that didn't fail."""
    if results["epochs"].nunique() <= 1:
        return results
    chosen = have_most_epochs(_reached(results), training_numbers(results))
    return select_rows(results, chosen)


def _reached(results: pd.DataFrame) -> NDArray[np.int64]:
    """Return the epochs (N,) of each row, below 0 where it failed."""
    epochs = results["epochs"].to_numpy(np.int64)
    return np.where(results["status"] == "failed", epochs - np.iinfo(np.int64).max, epochs)


def training_numbers(results: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number (N,) of the training that each row belongs to."""
    keys = [key for key in swept_columns(results) if key != "epochs"]
    return CellIndex.of_frame(results, [*keys, "seed"]).number


def have_most_epochs(epochs: NDArray[Any], group: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which of n have the most epochs (n,) of their group (n,), given by number."""
    most = pd.Series(epochs).groupby(group).transform("max")
    found: NDArray[np.bool_] = (epochs == most).to_numpy()
    return found


def first_rows(results: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows (N,) are their trainings' with the fewest epochs."""
    return have_most_epochs(-results["epochs"].to_numpy(), training_numbers(results))


def continued(results: pd.DataFrame, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Return how chosen rows (N,) ended with the most epochs that their training has.

    Columns: `epochs` and `outcome` of the chosen row, `last_epochs` and `last_outcome`. Rows that
    have the most epochs themselves aren't there, nor those whose training failed.
    """
    training = training_numbers(results)
    trained = (results["status"] != "failed").to_numpy()
    last = have_most_epochs(_reached(results), training) & trained
    end_of = np.full(int(training.max(initial=-1)) + 1, -1, np.int64)
    end_of[training[last]] = np.flatnonzero(last)
    rows = np.flatnonzero(chosen & trained)
    ends = end_of[training[rows]]
    epochs = results["epochs"].to_numpy()
    further = (ends >= 0) & (epochs[rows] < epochs[ends])
    rows, ends = rows[further], ends[further]
    outcome = results["outcome"]
    return pd.DataFrame(
        {
            "epochs": epochs[rows],
            "outcome": outcome.array.take(rows),
            "last_epochs": epochs[ends],
            "last_outcome": outcome.array.take(ends),
        }
    )


def at_epochs(rows: pd.DataFrame, epochs: int | None) -> pd.DataFrame:
    """Return the rows of results, or of a summary, after a number of epochs; None: all of them.

    They keep their index. Raises ConfigError where there is no such row.
    """
    if epochs is None:
        return rows
    found: pd.DataFrame = rows[rows["epochs"] == epochs]
    if found.empty:
        budgets = ", ".join(f"{budget:,}" for budget in sorted(rows["epochs"].unique()))
        raise ConfigError(f"epochs={epochs}: must be one of the sweep's, {budgets}")
    return found
