"""The rows of a task one at a time, in the order of a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.input_layers import InputLayer, PerNetworkRow, SparseRows
from xorsweep.networks.schedules import Online, shuffled_rows

Array = NDArray[Any]


class RowOrder(Protocol):
    """Goes through the rows of an epoch."""

    def of(self, epoch: int) -> Iterator[tuple[InputLayer, Array]]:
        """Yield rows as their input layer and targets (outputs, 1, B) or (outputs, 1, 1).

        Both are valid until the next row is taken.
        """
        ...


def row_order(training: TrainingBatch, schedule: Online) -> RowOrder:
    """Return the rows of a batch in the order of its schedule."""
    return ShuffledOrder(training) if schedule.order == "shuffled" else FixedOrder(training)


class FixedOrder:
    """The rows as the truth table has them, the same for every network."""

    def __init__(self, training: TrainingBatch) -> None:
        self._rows = [
            (SparseRows(row[None]), targets[:, None, None])
            for row, targets in zip(training.inputs, training.targets, strict=True)
        ]

    def of(self, epoch: int) -> Iterator[tuple[InputLayer, Array]]:
        """Yield the rows."""
        return iter(self._rows)


class ShuffledOrder:
    """The rows in an order of its own for each network and epoch."""

    def __init__(self, training: TrainingBatch) -> None:
        network, parameters = training.network, training.parameters
        self._seeds, self._count = training.seeds, len(training.inputs)
        self._inputs = np.ascontiguousarray(training.inputs.T)
        self._targets = np.ascontiguousarray(training.targets.T)
        units = max(network.hidden, network.outputs)
        self._layer = PerNetworkRow(network.inputs, units, parameters)
        wanted = (network.outputs, 1, parameters.shape[1])
        self._wanted = np.empty(wanted, parameters.dtype)

    def of(self, epoch: int) -> Iterator[tuple[InputLayer, Array]]:
        """Yield the rows, for each network in its own order."""
        for rows in shuffled_rows(self._seeds, epoch, self._count):
            # In its default mode, which may raise, NumPy would buffer `out`.
            np.take(self._inputs, rows, axis=1, out=self._layer.row, mode="clip")
            np.take(self._targets, rows, axis=1, out=self._wanted[:, 0], mode="clip")
            yield self._layer, self._wanted
