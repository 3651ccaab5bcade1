"""The typical, the best and the worst run of a cell, with their stored values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.analysis.cells import ROWS_AT_ONCE, CellIndex
from xorsweep.experiment import FAILED, POINT_ID, STATUS
from xorsweep.fields import FloatArray
from xorsweep.grid.columns import combined_codes
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.storage.results import StoredColumns

KINDS = ("typical", "best", "worst")

RULE = (
    "The runs of a setting are sorted: first those that met the criterion, the earliest first, "
    "then the others by final error, and last those that diverged. The best run is the first, the "
    "worst is the last, and the typical run is in the middle."
)

SORTED_AT_ONCE = 2**14
"""Rows of several cells that are sorted together; of a larger cell three are selected."""

Rows = NDArray[np.int64]
PartsOf = Callable[[NDArray[np.uint64]], Iterable[pa.Table]]
"""Returns the parts, with lists where one has some of these points."""
Curve = NDArray[np.float32]


def representatives(grid: Grid, stored: StoredColumns) -> Rows:
    """Return the rows (cells, 3) of each cell's typical, best and worst run, -1 where none is.

    Cells are in order of their first points, as in summary.csv. A run that failed stands for
    nothing; of two in the middle the better one is typical, and runs that are equal lie in the
    order of rows.
    """
    index = CellIndex.of_grid(grid)
    cell, found = index.number, np.full((len(index), len(KINDS)), -1, np.int64)
    ended = stored.ended
    epochs = stored.column("converged_epoch", np.int64)
    errors = stored.column("final_error", np.float64)
    for rows in index.blocks(SORTED_AT_ONCE):
        trained = rows[ended[rows]]
        epoch, error = epochs[trained], errors[trained]
        by_epoch = np.where(epoch < 0, np.inf, epoch)
        by_error = np.where(np.isfinite(error), error, np.inf)
        if len(trained) > SORTED_AT_ONCE and cell[rows[0]] == cell[rows[-1]]:
            ranks = ((len(trained) - 1) // 2, 0, len(trained) - 1)
            chosen = [_place_of_rank(rank, by_epoch, by_error) for rank in ranks]
            found[cell[rows[0]]] = trained[chosen]
            continue
        # lexsort's last key counts most, and it is stable: equal runs keep the order of rows.
        ranked = trained[np.lexsort((by_error, by_epoch, cell[trained]))]
        cells, first, runs = np.unique(cell[ranked], return_index=True, return_counts=True)
        places = np.column_stack([first + (runs - 1) // 2, first, first + runs - 1])
        found[cells] = ranked[places]
    return found


def _place_of_rank(rank: int, *keys: FloatArray) -> int:
    """Return the place of the value that a stable sort by some keys (n,) puts at a rank.

    The first key counts most. A selection takes linear time, and a fifth of that of a sort.
    """
    places = np.arange(len(keys[0]))
    for key in keys:
        values = key[places]
        at_rank = np.partition(values, rank)[rank]
        rank -= int(np.count_nonzero(values < at_rank))
        places = places[values == at_rank]
    return int(places[rank])


def best_first(grid: Grid, stored: StoredColumns) -> Rows:
    """Return the rank (cells,) of each cell, 0 for the best.

    That is the one where most runs converge, of several the one with the least expected running
    time, and then the first.
    """
    index, ended = CellIndex.of_grid(grid), stored.ended
    count = len(index)
    epochs, budgets = stored.column("converged_epoch", np.int64), grid.columns["epochs"]
    converged, runs, spent = np.zeros((3, count))
    for start in range(0, len(grid), ROWS_AT_ONCE):
        rows = start + np.flatnonzero(ended[start : start + ROWS_AT_ONCE])
        cell, epoch = index.number[rows], epochs[rows]
        converged += np.bincount(cell, epoch >= 0, count)
        runs += np.bincount(cell, minlength=count)
        spent += np.bincount(cell, np.where(epoch < 0, budgets.array(rows), epoch), count)
    rate = converged / np.maximum(runs, 1)
    cost = np.divide(spent, converged, out=np.full(count, np.inf), where=converged > 0)
    rank = np.empty(count, np.int64)
    rank[np.lexsort((cost, -rate))] = np.arange(count)
    return rank


@dataclass(frozen=True)
class StoredRun:
    """A run by its row of the results, after the last of its epochs.

    parameters (P,) float64 are its final weights and biases, none of a network too large to be
    kept; half_sse (C,) is half the sum of squared errors after each of `epochs`; converged_epoch is
    None where the criterion was never met.
    """

    row: int
    point: Point
    parameters: FloatArray
    epochs: tuple[int, ...]
    half_sse: FloatArray
    converged_epoch: int | None


def read_runs(
    grid: Grid, stored: StoredColumns, parts: PartsOf, rows: Rows
) -> dict[int, StoredRun]:
    """Return the runs in some rows (n,) of a grid, none of which failed, by row."""
    siblings = _siblings(grid, rows)
    parameters, curves = _read(grid, parts, siblings)
    budgets = grid.columns["epochs"]
    final_error = stored.column("final_error", np.float64)
    converged_epoch = stored.column("converged_epoch", np.int64)
    runs = {}
    for row in rows.tolist():
        with_curve = next(sibling for sibling in siblings[row].tolist() if sibling in curves)
        epochs = np.array(learning_curve_epochs(int(budgets.array(with_curve))), np.int64)
        last, met = int(budgets.array(row)), int(converged_epoch[row])
        # The curve of a longer sibling has other epochs behind, and not the last one of this run.
        before = epochs < last
        half_sse = curves[with_curve][before].astype(np.float64)
        runs[row] = StoredRun(
            row=row,
            point=grid.point(row),
            parameters=parameters[row],
            epochs=(*epochs[before].tolist(), last),
            half_sse=np.append(half_sse, final_error[row]),
            converged_epoch=None if met < 0 else met,
        )
    return runs


def _siblings(grid: Grid, rows: Rows) -> Mapping[int, Rows]:
    """Return by row the rows of its trajectory that go as far or further, the nearest first."""
    keys = [key for key in grid.columns if key != "epochs"]
    trajectory = combined_codes(grid.columns, keys, np.arange(len(grid)))
    # A learning curve is stored with the longest point of its trajectory.
    related = np.flatnonzero(np.isin(trajectory, trajectory[rows]))
    epochs = grid.columns["epochs"].array(related)
    order = np.lexsort((epochs, trajectory[related]))
    related, epochs = related[order], epochs[order]
    starts = np.searchsorted(trajectory[related], trajectory[rows])
    ends = np.searchsorted(trajectory[related], trajectory[rows], side="right")
    last = grid.columns["epochs"].array(rows)
    return {
        row: related[start:end][epochs[start:end] >= own]
        for row, start, end, own in zip(rows.tolist(), starts, ends, last, strict=True)
    }


def _read(
    grid: Grid, parts: PartsOf, siblings: Mapping[int, Rows]
) -> tuple[Mapping[int, FloatArray], Mapping[int, Curve]]:
    """Return by row the parameters of the runs, and the curves that their siblings keep."""
    parameters: dict[int, FloatArray] = {}
    curves: dict[int, Curve] = {}
    related = np.unique(np.concatenate([np.empty(0, np.int64), *siblings.values()]))
    points = grid.identities_of(related)
    row_of = dict(zip(points.tolist(), related.tolist(), strict=True))
    for part in parts(points):
        found = part[POINT_ID].to_numpy()
        ended = part[STATUS].to_numpy() != FAILED
        for place in np.flatnonzero(ended & np.isin(found, points)).tolist():
            row = row_of[int(found[place])]
            curve = part["learning_curve"][place].values.to_numpy()
            if len(curve):
                curves[row] = curve
            if row in siblings:
                parameters[row] = part["parameters"][place].values.to_numpy()
    return parameters, curves
