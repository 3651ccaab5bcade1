"""Classes of solutions by cell: the number of runs and a typical run of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.experiment import FAILED, STATUS
from xorsweep.fields import FloatArray
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.networks.solutions import is_solution
from xorsweep.storage.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.networks.plugins import PluginSet


def label_counts(
    solutions: pd.Series[str], cell: NDArray[np.int64], cells: int
) -> list[dict[str, int]]:
    """Return how many runs of each cell have each label, the most frequent first.

    Args:
        solutions: The labels of N runs, missing where a run has none.
        cell: The number of the cell of each run (N,).
        cells: How many cells there are.
    """
    known = solutions.astype("category").cat.remove_unused_categories()
    names, codes = known.cat.categories.to_list(), known.cat.codes.to_numpy(np.int64)
    labelled = codes >= 0
    # One number per cell and label, so that np.unique counts all cells at once.
    pairs = cell[labelled] * max(1, len(names)) + codes[labelled]
    found, counts = np.unique(pairs, return_counts=True)
    places, labels = np.divmod(found, max(1, len(names)))
    by_cell: list[dict[str, int]] = [{} for _ in range(cells)]
    for row in np.lexsort((labels, -counts, places)).tolist():  # categories are in order
        by_cell[places[row]][names[labels[row]]] = int(counts[row])
    return by_cell


def counts_text(counts: Mapping[str, int]) -> str:
    """Return the counts of labels as `summary.csv` has them: `AND+OR: 48, f2+f4: 52`."""
    return ", ".join(f"{label}: {count}" for label, count in counts.items())


def classes_only(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of classes of solutions, without functions that unsolved runs answer."""
    return {label: count for label, count in counts.items() if is_solution(label)}


@dataclass(frozen=True)
class StoredNetworks:
    """The networks of a sweep, read when they are asked for, in whatever process.

    `plugins` are those that the process needs to draw them.
    """

    grid: Grid
    store: Store
    plugins: PluginSet

    def __call__(self, rows: Iterable[int]) -> Mapping[int, tuple[Point, FloatArray]]:
        """Return the point and the final parameters (P,) of some runs that didn't fail, by row."""
        self.plugins.install()
        rows = list(rows)
        parts = self.store.parts(self.grid.identities_of(np.array(rows, np.int64)))
        return networks_of(self.grid, parts, rows)


def networks_of(
    grid: Grid, parts: Iterable[pa.Table], rows: Iterable[int]
) -> Mapping[int, tuple[Point, FloatArray]]:
    """Return the point and the final parameters (P,) of the runs in some rows, by row.

    Runs whose parameters aren't kept are excluded.
    """
    wanted = np.array(sorted(rows), np.int64)
    found: dict[int, tuple[Point, FloatArray]] = {}
    for part in parts:
        if len(found) == len(wanted):
            break
        places = grid.rows_of(part["point_id"].to_numpy())
        ended = part[STATUS].to_numpy() != FAILED
        for place in np.flatnonzero(ended & np.isin(places, wanted)).tolist():
            row = int(places[place])
            parameters = part["parameters"][place].values.to_numpy()
            if len(parameters):
                found[row] = (grid.point(row), parameters)
    return found
