"""The state of the networks that are still in training."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.engines.batch_ops import take
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.input_layers import InputLayer, input_layer
from xorsweep.networks.engines.numpy.operations import Operations, run
from xorsweep.networks.engines.numpy.passes import Pass
from xorsweep.networks.engines.numpy.row_order import RowOrder, row_order
from xorsweep.networks.optimizers import State
from xorsweep.networks.schedules import Online

Array = NDArray[Any]


class NetworkState:
    """B networks in training: parameters (P, B) and the optimizer's state.

    outputs and errors (outputs, rows, B) are those of the last `forward`; `flat_errors` is a view
    (outputs * rows, B) of the errors.
    """

    def __init__(self, training: TrainingBatch, state: State | None = None) -> None:
        """Start the optimizer, or continue with its state after some epochs."""
        optimizer, rates = training.optimizer, _rates(training)
        self._training = training
        # A training can be run again, so its initial weights stay as they are.
        self.parameters = training.parameters.copy()
        self._state = optimizer.start(self.parameters, rates) if state is None else state
        self._negative_gradient, scratch = np.empty((2, *self.parameters.shape), rates.dtype)
        self._step = partial(
            optimizer.step, self._state, self.parameters, self._negative_gradient, rates, scratch
        )
        whole = self._pass(input_layer(training.inputs), training.targets.T[:, :, None])
        self._forward = whole.forward
        self._updates = self._updates_from(whole)
        self.outputs, self.errors = whole.outputs, whole.errors
        self.flat_errors = self.errors.reshape(-1, len(training.seeds))

    def _pass(self, layer: InputLayer, targets: Array) -> Pass:
        return Pass(self._training, self.parameters, self._negative_gradient, layer, targets)

    def _updates_from(self, whole: Pass) -> RowOrder[Operations]:
        """Return the updates of an epoch: one from all rows, or one from each."""
        if isinstance(self._training.schedule, Online):
            return row_order(self._training, self._training.schedule, self._row_update)
        # `observe` needs the outputs after each update, so the forward pass is done.
        update: Operations = (*whole.backward, self._step)
        return lambda epoch: (update,)

    def _row_update(self, layer: InputLayer, targets: Array) -> Operations:
        row = self._pass(layer, targets)
        return (*row.forward, *row.backward, self._step)

    def taken(self, members: Array) -> NetworkState:
        """Return some of the networks with their present state."""
        parameters = np.ascontiguousarray(self.parameters[:, members])
        # Buffers are taken with the rest: which part is one, only the optimizer knows.
        state = tuple(np.ascontiguousarray(part[..., members]) for part in self._state)
        training = replace(take(self._training, members), parameters=parameters)
        networks = NetworkState(training, state)
        # `train` starts from outputs, and those of the whole batch lie in arrays of another width.
        networks.forward()
        return networks

    def forward(self) -> None:
        """Compute outputs and errors from the parameters, for every row."""
        run(self._forward)

    def train(self, epoch: int) -> None:
        """Train for an epoch, the first of which is 1; the last call must have been `forward`."""
        for update in self._updates(epoch):
            run(update)


def _rates(training: TrainingBatch) -> Array:
    """Return the learning rates, (P, B) where the rule allows: NumPy is slower to broadcast."""
    if not training.optimizer.per_parameter_rate:
        return training.learning_rate
    rates = np.empty_like(training.parameters)
    rates[...] = training.learning_rate
    rates[training.network.output_layer] = training.output_rate
    return rates
