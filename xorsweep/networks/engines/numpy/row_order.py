"""The rows of a task one at a time, in the order of a schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.input_layers import InputLayer, PerNetworkRow, SparseRows
from xorsweep.networks.schedules import Online, shuffled_rows

Array = NDArray[Any]
Row = TypeVar("Row")

RowOf = Callable[[InputLayer, Array], Row]
"""Makes something of a row's input layer and targets (outputs, 1, B) or (outputs, 1, 1)."""

RowOrder = Callable[[int], Iterable[Row]]
"""Returns the rows of an epoch; each is valid until the next one is taken."""


def row_order(training: TrainingBatch, schedule: Online, row_of: RowOf[Row]) -> RowOrder[Row]:
    """Return the rows of a batch in the order of its schedule."""
    order = _shuffled_order if schedule.order == "shuffled" else _fixed_order
    return order(training, row_of)


def _fixed_order(training: TrainingBatch, row_of: RowOf[Row]) -> RowOrder[Row]:
    """Return the rows as the truth table has them, the same for every network."""
    rows = [
        row_of(SparseRows(row[None]), targets[:, None, None])
        for row, targets in zip(training.inputs, training.targets, strict=True)
    ]
    return lambda epoch: rows


def _shuffled_order(training: TrainingBatch, row_of: RowOf[Row]) -> RowOrder[Row]:
    """Return the rows in an order of its own for each network and epoch."""
    network, parameters = training.network, training.parameters
    inputs = np.ascontiguousarray(training.inputs.T)
    targets = np.ascontiguousarray(training.targets.T)
    layer = PerNetworkRow(network.inputs, max(network.hidden, network.outputs), parameters)
    wanted = np.empty((network.outputs, 1, parameters.shape[1]), parameters.dtype)
    present = row_of(layer, wanted)

    def rows_of(epoch: int) -> Iterator[Row]:
        # rows (B,): at each step of an epoch every network is at a row of its own.
        for rows in shuffled_rows(training.seeds, epoch, len(training.inputs)):
            # In its default mode, which may raise, NumPy would buffer `out`.
            np.take(inputs, rows, axis=1, out=layer.row, mode="clip")
            np.take(targets, rows, axis=1, out=wanted[:, 0], mode="clip")
            yield present

    return rows_of
