"""Checks that a function returns the same row for a point in any batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.errors import FunctionError
from xorsweep.experiment import FAILED, ExperimentTask
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.functions.points import Levels, PointBatch, batch_of
from xorsweep.functions.signature import Function
from xorsweep.functions.source import short_name
from xorsweep.grid.grid import Grid
from xorsweep.storage.results import ResultTable, assemble

SIZES = (1, 2, 7)
MOST = 4096
"""Points of the largest batch that is compared with smaller ones."""
COMPARED = 256
"""Points that are run in batches of each of those sizes."""


def check_function(
    function: Function, axes: Mapping[str, Levels], vectorized: bool = False
) -> None:
    """Raise FunctionError unless a function returns the same bits in batches of any size.

    The first 4,096 points of the axes are run together, the first 256 of them in batches of 1, 2
    and 7 as well, and all of them in the reverse order.

    Args:
        function: The function.
        axes: Levels by argument.
        vectorized: Whether the function takes and returns arrays (n,).
    """
    experiment, grid = FunctionExperiment.of(function, [axes], vectorized=vectorized)
    whole = batch_of(grid, np.arange(min(len(grid), MOST)))
    few = whole.part(slice(COMPARED))
    together = _table(experiment, grid, [whole])
    for row in np.flatnonzero(together.status == FAILED)[:1]:
        message = together.message[row]
        # Only a value that no column can hold: a point may fail by an exception of its own, in
        # any batch alike.
        if message.startswith(f"{short_name(experiment.full_name)} returned "):
            raise FunctionError(message)
    for size in SIZES:
        starts = range(0, len(few.point_ids), size)
        parts = [few.part(slice(start, start + size)) for start in starts]
        _compare(grid, _table(experiment, grid, parts), together, f"in a batch of {size}")
    # A function that keeps a state between its calls gives other rows in another order.
    backwards = _table(experiment, grid, [whole.part(slice(None, None, -1))])
    _compare(grid, backwards, together, "in the reverse order")


def _table(
    experiment: FunctionExperiment, grid: Grid, batches: Sequence[PointBatch]
) -> ResultTable:
    task = ExperimentTask(experiment)
    return experiment.tabulate(grid, assemble(grid, map(task, batches)))


def _compare(grid: Grid, few: ResultTable, together: ResultTable, where: str) -> None:
    """Raise FunctionError where points that both tables have differ."""
    rows = np.flatnonzero(few.present & together.present)
    names = dict.fromkeys([*together.columns, *few.columns, "status"])
    for name in names:
        one, other = (_bits(table, name, rows) for table in (few, together))
        if one.dtype != other.dtype or (one != other).any():
            place = 0 if one.dtype != other.dtype else int(np.argmax(one != other))
            point = grid.point(int(rows[place]))
            text = ", ".join(f"{key}={value}" for key, value in point.items())
            raise FunctionError(
                f"returned another {name} for {text} {where} than in one of "
                f"{together.present.sum():,}; it must work element by element"
            )


def _bits(table: ResultTable, name: str, rows: NDArray[np.intp]) -> NDArray[Any]:
    if name == "status":
        return table.status[rows]
    if name not in table.columns:
        return np.full(len(rows), "", object)
    array = table.columns[name](slice(0, len(table.present))).take(pa.array(rows))
    if pa.types.is_floating(array.type):
        values = array.fill_null(np.nan).to_numpy()
        bits: NDArray[Any] = values.view(np.uint64)
        return bits
    return np.array([str(value) for value in array.to_pylist()], object)
