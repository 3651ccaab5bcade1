"""Some runs as the parts of a sweep keep them: how each ended, its weights, its error by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.planning import combined_codes
from xorsweep.networks.trainer import FAILED
from xorsweep.storage.results import ResultColumns

Rows = NDArray[np.int64]
Curve = NDArray[np.float32]


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
    grid: Grid, assembled: ResultColumns, parts: Iterable[pa.Table], rows: Rows
) -> dict[int, StoredRun]:
    """Return the runs in some rows (n,) of a grid, none of which failed, by row."""
    siblings = _siblings(grid, rows)
    parameters, curves = _read(grid, parts, siblings)
    return {
        row: _run(grid, assembled, row, parameters[row], _curve(grid, siblings[row], curves))
        for row in rows.tolist()
    }


def _run(
    grid: Grid,
    assembled: ResultColumns,
    row: int,
    parameters: FloatArray,
    curve: tuple[NDArray[np.int64], Curve],
) -> StoredRun:
    point = grid.point(row)
    last = int(grid.columns["epochs"].array(row))
    epochs, half_sse = curve
    before = epochs < last
    converged_epoch = int(assembled.converged_epoch[row])
    return StoredRun(
        row=row,
        point=point,
        parameters=parameters,
        epochs=(*epochs[before].tolist(), last),
        half_sse=np.append(half_sse[before].astype(np.float64), assembled.final_error[row]),
        converged_epoch=None if converged_epoch < 0 else converged_epoch,
    )


def _siblings(grid: Grid, rows: Rows) -> Mapping[int, Rows]:
    """Return by row the rows of its trajectory that go as far or further, the nearest first."""
    keys = [key for key in grid.columns if key != "epochs"]
    trajectory = combined_codes(grid, keys, np.arange(len(grid)))
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
    grid: Grid, parts: Iterable[pa.Table], siblings: Mapping[int, Rows]
) -> tuple[Mapping[int, FloatArray], Mapping[int, Curve]]:
    """Return by row the parameters of the runs, and the curves that their siblings keep."""
    parameters: dict[int, FloatArray] = {}
    curves: dict[int, Curve] = {}
    related = np.unique(np.concatenate([np.empty(0, np.int64), *siblings.values()]))
    for part in parts:
        rows = grid.rows_of(part["point_id"].to_numpy())
        ended = part["status"].to_numpy() != FAILED
        for place in np.flatnonzero(ended & np.isin(rows, related)).tolist():
            row = int(rows[place])
            curve = part["learning_curve"][place].values.to_numpy()
            if len(curve):
                curves[row] = curve
            if row in siblings:
                parameters[row] = part["parameters"][place].values.to_numpy()
    return parameters, curves


def _curve(
    grid: Grid, siblings: Rows, curves: Mapping[int, Curve]
) -> tuple[NDArray[np.int64], Curve]:
    """Return epochs (C,) and errors (C,) of the first sibling that keeps a curve."""
    row = next(row for row in siblings.tolist() if row in curves)
    last = int(grid.columns["epochs"].array(row))
    return np.array(learning_curve_epochs(last), np.int64), curves[row]
