"""Classes of solutions by cell: the number of runs and a typical run of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from xorsweep.analysis.cells import CellIndex
from xorsweep.experiment import FAILED, STATUS
from xorsweep.fields import FloatArray
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.networks.solutions import is_solution

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.networks.plugins import PluginSet
    from xorsweep.storage.store import Store


def label_counts(solutions: pd.Series[str], index: CellIndex) -> list[dict[str, int]]:
    """Return how many runs of each cell have each label, the most frequent first.

    The labels of N runs are missing where a run has none; `index` has their cells.
    """
    known = solutions.astype("category").cat
    names, codes = known.categories.to_list(), known.codes.to_numpy()
    by_cell: list[dict[str, int]] = []
    for rows in index.rows():
        of_cell = codes[rows]
        counts = np.bincount(of_cell[of_cell >= 0], minlength=len(names))  # -1 is no label
        order = np.argsort(-counts, kind="stable")  # categories are in order
        by_cell.append({names[label]: int(counts[label]) for label in order if counts[label]})
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
