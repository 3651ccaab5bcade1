"""Which runs stand for a cell: the typical one, the best and the worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.grid.grid import Grid
from xorsweep.networks.trainer import FAILED
from xorsweep.storage.results import ResultColumns

KINDS = ("typical", "best", "worst")

RULE = (
    "A cell's runs are put in order: those that met the criterion, the soonest first, then the "
    "others by their final error, those that diverged last. The best run is the first, the worst "
    "the last, and the typical one lies in the middle."
)

Rows = NDArray[np.int64]


def representatives(grid: Grid, assembled: ResultColumns) -> Rows:
    """Return the rows (cells, 3) of each cell's typical, best and worst run, -1 where none is.

    Cells are in order of their first points, as in summary.csv. A run that failed stands for
    nothing; of two in the middle the better one is typical, and runs that are equal lie in the
    order of rows.
    """
    index = CellIndex.of_grid(grid)
    cell, found = index.number, np.full((len(index), len(KINDS)), -1, np.int64)
    trained = np.flatnonzero(assembled.present & (assembled.status != FAILED))
    epoch, error = assembled.converged_epoch[trained], assembled.final_error[trained]
    by_epoch = np.where(epoch < 0, np.inf, epoch)
    by_error = np.where(np.isfinite(error), error, np.inf)
    ranked = trained[np.lexsort((by_error, by_epoch, cell[trained]))]
    cells, first, runs = np.unique(cell[ranked], return_index=True, return_counts=True)
    places = np.column_stack([first + (runs - 1) // 2, first, first + runs - 1])
    found[cells] = ranked[places]
    return found


def best_first(grid: Grid, assembled: ResultColumns) -> Rows:
    """Return the rank (cells,) of each cell, 0 for the best.

    That is the one where most runs converge, of several the one with the least expected running
    time, and then the first.
    """
    index, counted = CellIndex.of_grid(grid), assembled.present & (assembled.status != FAILED)
    cell, count = index.number, len(index)
    epoch, budget = assembled.converged_epoch, grid.columns["epochs"].array()
    converged = np.bincount(cell[counted], epoch[counted] >= 0, count)
    runs = np.bincount(cell[counted], minlength=count)
    spent = np.bincount(cell[counted], np.where(epoch < 0, budget, epoch)[counted], count)
    rate = converged / np.maximum(runs, 1)
    cost = np.divide(spent, converged, out=np.full(count, np.inf), where=converged > 0)
    rank = np.empty(count, np.int64)
    rank[np.lexsort((cost, -rate))] = np.arange(count)
    return rank
