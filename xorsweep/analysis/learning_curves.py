"""The error by epoch: quantiles over the trajectories of a cell, from the parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.curves import curve_quantiles
from xorsweep.errors import StoreError
from xorsweep.grid.columns import Column
from xorsweep.grid.grid import Grid
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.point_results import LEARNING_CURVE

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.analysis.representative_runs import PartsOf

MOST_CURVES = 20_000
"""Trajectories of a cell that its quantiles are taken over, so that memory stays bounded."""

Curves = NDArray[np.float32]


@dataclass(frozen=True)
class CellLearningCurves:
    """Half the sum of squared errors of a cell's runs by epoch, or an eigenvalue of the Hessian.

    epochs: (C,); rows: (n,) the runs by their places among the points; curves: (n, C), infinite
    where a run diverged and NaN after it ended.
    """

    epochs: NDArray[np.int64]
    rows: NDArray[np.int64]
    curves: Curves

    def quantiles(self) -> NDArray[np.float64]:
        """Return the QUANTILES (3, C) over the runs at each epoch."""
        return curve_quantiles(self.curves)


@dataclass(frozen=True)
class LearningCurves:
    """The learning curves of a sweep, read when they are asked for, in whatever process.

    `parts` returns the stored parts of points; of a cell with more than `most` trajectories the
    first of them are taken.
    """

    grid: Grid
    parts: PartsOf
    most: int = MOST_CURVES

    def __call__(
        self, cells: pd.DataFrame, column: str = LEARNING_CURVE
    ) -> Mapping[int, CellLearningCurves]:
        """Return the learning curves of some cells, rows of the summary, by these rows' index.

        A cell whose trajectories continue in another, longer one is excluded. `column` is the
        column of the parts that holds them, or other values at the same epochs.
        """
        cell_of = _cell_of(self.grid, cells, self.most)
        parts = self.parts(self.grid.identities_of(np.flatnonzero(cell_of >= 0)))
        found = sorted(_by_cell(self.grid, parts, cell_of, column).items())
        return {
            cells.index[number]: CellLearningCurves(_epochs(self.grid, rows[0]), rows, curves)
            for number, (rows, curves) in found
        }


def _epochs(grid: Grid, row: int) -> NDArray[np.int64]:
    return np.array(learning_curve_epochs(int(grid.columns["epochs"].array(row))), np.int64)


def _cell_of(grid: Grid, cells: pd.DataFrame, most: int) -> NDArray[np.int32]:
    """Return the number of the cell of each point (N,), -1 for those in none of them.

    Points of a cell beyond the first `most` are in none.
    """
    keys = [key for key, column in grid.columns.items() if len(column.levels) > 1 and key != "seed"]
    index = CellIndex.of_grid(grid)
    cell_of = np.full(len(grid), -1, np.int32)
    for number, cell in enumerate(cells[keys].to_dict("records")):
        is_it = np.ones(len(index), bool)
        for key, value in cell.items():
            column = grid.columns[str(key)]
            is_it &= column.codes[index.first] == _code_of(column, value)
        for place in np.flatnonzero(is_it).tolist():
            cell_of[index.rows_of(place)[:most]] = number
    return cell_of


def _code_of(column: Column, value: Any) -> int:
    import pandas as pd

    absent = pd.isna(value)
    return next(
        code
        for code, level in enumerate(column.levels)
        if (level is None if absent else level == value)
    )


def _by_cell(
    grid: Grid, parts: Iterable[pa.Table], cell_of: NDArray[np.int32], column: str
) -> Mapping[int, tuple[NDArray[np.int64], Curves]]:
    """Return the rows (n,) and curves (n, C) of each cell by its number, each trajectory once."""
    found: dict[int, list[tuple[NDArray[np.int64], Curves]]] = {}
    left = cell_of.copy()
    for part in parts:
        if column not in part.column_names:  # all of its points failed
            continue
        rows = grid.rows_of(part["point_id"].to_numpy())
        curves = part[column].combine_chunks()
        has_curve = curves.value_lengths().to_numpy() > 0
        cells = np.where((rows >= 0) & has_curve, left[rows], -1)
        # A point may be in several parts, with the same curve: the first one is taken.
        left[rows[cells >= 0]] = -1
        for cell in np.unique(cells[cells >= 0]):
            mine = np.flatnonzero(cells == cell)
            some = curves.take(pa.array(mine))
            length = len(_epochs(grid, int(rows[mine[0]])))
            # Parts don't hold the epochs: they follow from the last one, and so must the length.
            if (some.value_lengths().to_numpy() != length).any():
                raise StoreError(
                    "the parts hold learning curves that haven't the length of their epochs"
                )
            values = some.flatten().to_numpy().reshape(len(mine), length)
            found.setdefault(int(cell), []).append((rows[mine], values))
    return {
        cell: (np.concatenate([rows for rows, _ in some]), np.concatenate([c for _, c in some]))
        for cell, some in found.items()
    }
