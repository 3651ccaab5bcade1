"""Points that differ in epochs alone are one training, looked at after several budgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import swept_columns
from xorsweep.errors import ConfigError
from xorsweep.grid.columns import number_by_appearance
from xorsweep.storage.column_bits import is_constant

Numbers = NDArray[np.int64]

WAYS = ("epochs", "outcome", "last_epochs", "last_outcome")
"""The columns that tell how a row and its training ended."""


def are_longest(results: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows (N,) are their trainings' with the most epochs of those that didn't fail."""
    longest = np.ones(len(results), bool)
    if not is_constant(results["epochs"]):
        for rows, training in _trainings(results):
            longest[rows] = have_most_epochs(_reached(results, rows), training)
    return longest


def are_first(results: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows (N,) are their trainings' with the fewest epochs."""
    first, epochs = np.zeros(len(results), bool), results["epochs"].to_numpy()
    for rows, training in _trainings(results):
        first[rows] = have_most_epochs(-epochs[rows], training)
    return first


def _trainings(results: pd.DataFrame) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield rows (n,) of whole trainings, and the number of the training (n,) of each.

    They are those of some settings at a time, so that memory stays bounded.
    """
    seeds = results["seed"].to_numpy(np.int64)
    settings = CellIndex.of_frame(
        results, [key for key in swept_columns(results) if key != "epochs"]
    )
    for rows in settings.blocks():
        seed, setting = seeds[rows], settings.number[rows]
        if not len(rows):
            continue
        # Indexing has made a copy.
        seed -= seed.min()
        if int(seed.max()) * len(settings) > 2**62:
            seed = np.unique(seed, return_inverse=True)[1]
        yield rows, number_by_appearance((setting - setting.min()) * (int(seed.max()) + 1) + seed)


def _reached(results: pd.DataFrame, rows: Numbers) -> Numbers:
    """Return the epochs (n,) of some rows (n,), below 0 where one failed."""
    epochs = results["epochs"].to_numpy(np.int64)[rows]
    # Below any that ended, and still ordered among themselves.
    failed = np.asarray(results["status"].array.take(rows) == "failed", bool)
    return np.where(failed, epochs - np.iinfo(np.int64).max, epochs)


def have_most_epochs(epochs: Numbers, group: Numbers) -> NDArray[np.bool_]:
    """Tell which of n have the most epochs (n,) of their group (n,), given by number."""
    most = np.full(int(group.max(initial=-1)) + 1, np.iinfo(np.int64).min)
    np.maximum.at(most, group, epochs)
    found: NDArray[np.bool_] = epochs == most[group]
    return found


def have_most_epochs_among(rows: pd.DataFrame, keys: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which rows (n,) have the most epochs of those that are equal in some keys."""
    group = CellIndex.of_frame(rows, keys).number
    return have_most_epochs(rows["epochs"].to_numpy(np.int64), group)


def continued(results: pd.DataFrame, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Return how many of the chosen rows (N,) ended how with the most epochs of their training.

    Rows that have the most epochs themselves don't count, nor those whose training failed.

    Returns:
        A row for each combination of `epochs` and `outcome` of chosen rows with `last_epochs` and
        `last_outcome`, in the order in which they first appear, and the number of such `runs`.
    """
    epochs, outcome = results["epochs"].to_numpy(np.int64), pd.Categorical(results["outcome"])
    parts = []
    for rows, training in _trainings(results):
        if not chosen[rows].any():
            continue
        reached = _reached(results, rows)
        is_last = have_most_epochs(reached, training) & (reached >= 0)
        end_of = np.full(int(training.max()) + 1, -1, np.int64)
        end_of[training[is_last]] = rows[is_last]
        ends = end_of[training]
        further = chosen[rows] & (reached >= 0) & (epochs[rows] < epochs[ends])
        rows, ends = rows[further], ends[further]
        ways = (epochs[rows], outcome.codes[rows], epochs[ends], outcome.codes[ends])
        part = pd.DataFrame(dict(zip(WAYS, ways, strict=True))).assign(row=rows, runs=1)
        parts.append(_counted(part))
    found = _counted(pd.concat([pd.DataFrame(columns=[*WAYS, "row", "runs"], dtype=int), *parts]))
    names = {
        name: outcome.categories.take(found[name].to_numpy(np.int64))
        for name in ("outcome", "last_outcome")
    }
    return found.assign(**names).sort_values("row").drop(columns="row").reset_index(drop=True)


def _counted(ways: pd.DataFrame) -> pd.DataFrame:
    """Return the number of runs of each way, and its first row."""
    groups = ways.groupby(list(WAYS), sort=False, as_index=False)
    return groups.agg(row=("row", "min"), runs=("runs", "sum"))


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
