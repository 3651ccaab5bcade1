"""The state of the networks that are still in training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.engines.batch_ops import take
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.input_layers import input_layer
from xorsweep.networks.engines.numpy.passes import Pass
from xorsweep.networks.engines.numpy.row_order import row_order
from xorsweep.networks.schedules import Online

Array = NDArray[Any]


class NetworkState:
    """B networks in training: parameters (P, B) and the optimizer's state.

    outputs and errors (outputs, rows, B) are those of the last `forward`.
    """

    def __init__(self, training: TrainingBatch) -> None:
        self.parameters = training.parameters.copy()
        self._training = training
        self._rates = _rates(training)
        self._state = training.optimizer.start(self.parameters, self._rates)
        self._negative_gradient = np.empty_like(self.parameters)
        self._scratch = np.empty_like(self.parameters)
        self._whole = self._pass(len(training.inputs))
        wanted = np.empty_like(self._whole.errors)
        wanted[...] = training.targets.T[:, :, None]
        self._whole.set_rows(input_layer(training.inputs), wanted)
        if isinstance(training.schedule, Online):
            self._single = self._pass(1)
            self._row_order = row_order(training, training.schedule)

    def _pass(self, rows: int) -> Pass:
        views = self._training.network.views
        return Pass(self._training, views(self.parameters), views(self._negative_gradient), rows)

    @property
    def outputs(self) -> Array:
        """Return the outputs for every row (outputs, rows, B)."""
        return self._whole.outputs

    @property
    def errors(self) -> Array:
        """Return target - output for every row (outputs, rows, B)."""
        return self._whole.errors

    def taken(self, members: Array) -> NetworkState:
        """Return some of the networks with their present state."""
        parameters = np.ascontiguousarray(self.parameters[:, members])
        networks = NetworkState(replace(take(self._training, members), parameters=parameters))
        networks._state = tuple(np.ascontiguousarray(part[..., members]) for part in self._state)
        networks.forward()
        return networks

    def forward(self) -> None:
        """Compute outputs and errors from the parameters, for every row."""
        self._whole.forward()

    def train(self, epoch: int) -> None:
        """Train for an epoch, the first of which is 1; the last call must have been `forward`."""
        for each in self._passes(epoch):
            each.backward()
            self._training.optimizer.step(
                self._state,
                self.parameters,
                self._negative_gradient,
                self._rates,
                self._scratch,
            )

    def _passes(self, epoch: int) -> Iterator[Pass]:
        """Yield the forward passes of an epoch, after each of which comes an update."""
        if not isinstance(self._training.schedule, Online):
            yield self._whole
            return
        for layer, targets in self._row_order(epoch):
            self._single.set_rows(layer, targets)
            self._single.forward()
            yield self._single


def _rates(training: TrainingBatch) -> Array:
    """Return the learning rates (B,), or (P, B) where that of an output layer is its own."""
    if (training.output_rate == training.learning_rate).all():
        return training.learning_rate
    rates = np.empty_like(training.parameters)
    rates[...] = training.learning_rate
    rates[training.network.output_layer] = training.output_rate
    return rates
