"""The reference engine: one array program a batch, batch axis last, nothing allocated an epoch."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.criteria import Criterion
from xorsweep.engines.contract import Trained, Training
from xorsweep.engines.layers import input_layer
from xorsweep.engines.precision import cast
from xorsweep.network import Network

Array = NDArray[Any]
Choice = TypeVar("Choice", bound=Any)

LANES = 8
"""Batches are padded to a multiple of this, so that no sum is ever over the contiguous axis."""
WORKING_SET = 2**22
"""Bytes that a batch's arrays may fill; measured: below it call overhead shows, above it memory."""
RETIRING_SHARE = 0.25
"""Converged networks leave their batch once they make up this share of it."""


def train(training: Training, dtype: str = "float64") -> Trained:
    """Train a batch; a network's bits depend on nothing but its own weights and settings."""
    members = len(training.learning_rate)
    padded = _taken(cast(training, dtype), _padded(np.arange(members)))
    record = _Record(padded, len(padded.learning_rate))
    # A diverging network is a row's status; NumPy need not mention it.
    with np.errstate(all="ignore"):
        _train(padded, record)
    return record.trained(members)


def capacity(network: Network, rows: int, dtype: str = "float64") -> int:
    """Return how many networks keep a batch inside the cache, in whole lanes."""
    units = network.hidden + network.outputs
    numbers = 3 * rows * units + 3 * network.size
    return max(LANES, WORKING_SET // (np.dtype(dtype).itemsize * numbers) // LANES * LANES)


def _train(training: Training, record: _Record) -> None:
    networks = _Networks(training)
    networks.forward()
    record.observe(0, networks)
    for epoch in range(1, training.snapshots[-1] + 1):
        networks.update()
        networks.forward()
        record.observe(epoch, networks)
        if training.until_converged and record.retiring():
            left = record.retire()
            if not len(left):
                return
            networks = networks.taken(left)


class _Networks:
    """The B networks of a batch that are still being trained, and the arrays they work in.

    activations (hidden, rows, B); outputs and errors (outputs, rows, B); parameters and descent
    (P, B), with views into them by role.
    """

    def __init__(self, training: Training) -> None:
        network, members = training.network, len(training.learning_rate)
        rows = len(training.inputs)
        self.training = training
        self.parameters = training.parameters.copy()
        dtype = self.parameters.dtype
        self.errors = np.empty((network.outputs, rows, members), dtype)
        self.outputs = np.empty_like(self.errors)
        self.state = training.optimizer.start(self.parameters, training.learning_rate)
        self._weights = network.views(self.parameters)
        self._descent = np.empty_like(self.parameters)
        self._gradients = network.views(self._descent)
        self._activations = np.empty((network.hidden, rows, members), dtype)
        self._products = np.empty_like(self._activations)
        self._deltas = np.empty_like(self._activations)
        self._output_deltas = np.empty_like(self.errors)
        self._output_scratch = np.empty_like(self.errors)
        self._parameter_scratch = np.empty_like(self.parameters)
        self._targets = np.ascontiguousarray(training.targets.T)[:, :, None]
        self._layer = input_layer(training.inputs)
        self._factor = training.loss.factor(training.targets.size)
        self._bias = np.empty(members, dtype)
        self._no_bias = np.zeros_like(self._weights.b2)
        if network.outputs > 1:
            self._backpropagated = np.empty_like(self._activations)
            self._discarded = np.empty_like(self._weights.b1)

    def taken(self, members: Array) -> _Networks:
        """Return some of the networks, as they stand."""
        parameters = np.ascontiguousarray(self.parameters[:, members])
        chosen = replace(_taken(self.training, members), parameters=parameters)
        networks = _Networks(chosen)
        networks.state = tuple(np.ascontiguousarray(part[..., members]) for part in self.state)
        networks.outputs[...] = self.outputs[..., members]
        networks.errors[...] = self.errors[..., members]
        networks._activations[...] = self._activations[..., members]
        return networks

    def forward(self) -> None:
        """Compute outputs and errors from the parameters."""
        training, weights = self.training, self._weights
        hidden, outputs = self._activations, self.outputs
        activation = training.activation
        self._layer.forward(weights.w1, weights.b1, hidden, activation.negated)
        activation.activate(hidden, self._products)
        negated = training.output == "logistic"
        self._sum_into_outputs(negated)
        if negated:
            np.exp(outputs, out=outputs)
            np.add(outputs, 1.0, out=outputs)
            np.divide(1.0, outputs, out=outputs)
        np.subtract(self._targets, outputs, out=self.errors)

    def _sum_into_outputs(self, negated: bool) -> None:
        """Write the outputs' pre-activations, or minus them, one hidden unit after the other."""
        weights, products = self._weights, self._products
        step = np.subtract if negated else np.add
        for k, total in enumerate(self.outputs):
            np.multiply(self._activations, weights.w2[:, k, None], out=products)
            bias = np.negative(weights.b2[k], out=self._bias) if negated else weights.b2[k]
            step(bias, products[0], out=total)
            for product in products[1:]:
                step(total, product, out=total)
        if len(weights.direct):
            self._layer.forward(weights.direct, self._no_bias, self._output_scratch, negated)
            np.add(self.outputs, self._output_scratch, out=self.outputs)

    def update(self) -> None:
        """Take one step of the optimizer from the outputs of the last forward pass."""
        training = self.training
        self._differentiate_outputs()
        self._differentiate_hidden()
        training.optimizer.step(
            self.state,
            self.parameters,
            self._descent,
            training.learning_rate,
            self._parameter_scratch,
        )

    def _differentiate_outputs(self) -> None:
        """Write minus the derivative of the loss by the outputs' pre-activations."""
        deltas, slope = self._output_deltas, self._output_scratch
        logistic = self.training.output == "logistic"
        if logistic and not self.training.loss.cancels_slope:
            np.subtract(1.0, self.outputs, out=slope)
            np.multiply(slope, self.outputs, out=slope)
            np.multiply(self.errors, slope, out=deltas)
        else:
            deltas[...] = self.errors
        if self._factor != 1.0:
            np.multiply(deltas, self._factor, out=deltas)

    def _differentiate_hidden(self) -> None:
        """Write minus the gradient by every parameter, given that by the outputs."""
        gradients, deltas = self._gradients, self._output_deltas
        if len(gradients.direct):
            self._layer.backward(deltas, self._output_scratch, gradients.direct, gradients.b2)
        else:
            np.add.reduce(deltas, axis=1, out=gradients.b2)
        if len(deltas) == 1:
            self._through_one_output(deltas[0])
        else:
            self._through_several_outputs(deltas)

    def _through_one_output(self, delta: Array) -> None:
        """Propagate back with the output weight taken out of the sums over rows."""
        gradients, weights = self._gradients, self._weights.w2[:, 0]
        self._through_hidden(delta, gradients.w2[:, 0])
        np.multiply(gradients.w1, weights, out=gradients.w1)
        np.multiply(gradients.b1, weights, out=gradients.b1)

    def _through_several_outputs(self, deltas: Array) -> None:
        gradients, weights = self._gradients, self._weights.w2
        back, products = self._backpropagated, self._products
        for k, delta in enumerate(deltas):
            np.multiply(delta, self._activations, out=products)
            np.add.reduce(products, axis=1, out=gradients.w2[:, k])
            if k == 0:
                np.multiply(delta, weights[:, k, None], out=back)
            else:
                np.multiply(delta, weights[:, k, None], out=products)
                np.add(back, products, out=back)
        self._through_hidden(back, self._discarded)

    def _through_hidden(self, delta: Array, w2: Array) -> None:
        """Write the sums over rows of delta * a into w2, and the hidden layer's gradients.

        delta is what reaches the hidden activations, (rows, B) or (hidden, rows, B).
        """
        products, back, gradients = self._products, self._deltas, self._gradients
        np.multiply(delta, self._activations, out=products)
        np.add.reduce(products, axis=1, out=w2)
        self.training.activation.back(products, delta, self._activations, back)
        self._layer.backward(back, products, gradients.w1, gradients.b1)


class _Record:
    """What is kept of a batch: outputs, parameters and errors at the marked epochs, convergence.

    `_where` holds, for each network still in the batch, its place in the record.
    """

    def __init__(self, training: Training, members: int) -> None:
        rows, outputs = training.targets.shape
        self._training = training
        self._snapshots, self._course = training.snapshots, training.course_epochs
        self._outputs = np.empty((len(self._snapshots), rows, outputs, members))
        self._parameters = np.empty((len(self._snapshots), training.network.size, members))
        self._meets = np.empty((len(self._snapshots), members), bool)
        self._half_sse = np.empty((len(self._course), members))
        self._converged = np.full(members, -1, np.int64)
        self._marked = {*self._snapshots, *self._course}
        self._admit(np.arange(members), np.zeros(members, np.int64), training.criterion)

    def _admit(self, where: Array, held: Array, criterion: Criterion) -> None:
        """Take up the networks that are (still) in the batch, none of them converged."""
        count = len(where)
        self._where, self._held, self._criterion = where, held, criterion
        self._open = np.ones(count, bool)
        self._left = count
        self._met = np.empty(count, bool)
        dtype = self._training.parameters.dtype
        self._distance = np.empty(count, dtype)
        self._scratch = np.empty((self._training.targets.size, count), dtype)

    def observe(self, epoch: int, networks: _Networks) -> None:
        """Note which networks have converged and keep what is to be kept after this epoch."""
        if self._left:
            self._check(epoch, networks)
        if epoch in self._marked:
            going_on = self._open if self._training.until_converged else slice(None)
            at = [i for i, mark in enumerate(self._snapshots) if mark == epoch]
            course_at = [i for i, mark in enumerate(self._course) if mark == epoch]
            self._keep(at, course_at, going_on, networks)

    def retiring(self) -> bool:
        """Tell whether enough networks have converged to be worth taking out of the batch."""
        return self._left <= (1 - RETIRING_SHARE) * len(self._open)

    def retire(self) -> Array:
        """Let the converged networks go and return the places of the others, in whole lanes."""
        left = np.flatnonzero(self._open)
        if len(left):
            left = _padded(left)
            criterion = _choice_taken(self._criterion, left)
            self._admit(self._where[left], self._held[left], criterion)
        return left

    def trained(self, members: int) -> Trained:
        """Return the record of the first networks, without those that only filled the lanes."""
        return Trained(
            outputs=self._outputs[..., :members],
            parameters=self._parameters[..., :members],
            meets=self._meets[:, :members],
            half_sse=self._half_sse[:, :members],
            converged_epoch=self._converged[:members],
        )

    def _check(self, epoch: int, networks: _Networks) -> None:
        met, criterion = self._met, self._criterion
        np.less(self._measured(networks), criterion.limit, out=met)
        if criterion.held_for > 1:
            np.add(self._held, 1, out=self._held)
            np.multiply(self._held, met, out=self._held)
            np.greater_equal(self._held, criterion.held_for, out=met)
        np.logical_and(met, self._open, out=met)
        if met.any():
            self._converge(epoch, np.flatnonzero(met), networks)

    def _measured(self, networks: _Networks) -> Array:
        """Return the criterion's distance of the networks as they stand (B,)."""
        errors = networks.errors.reshape(self._scratch.shape)
        self._criterion.distance(errors, self._scratch, self._distance)
        return self._distance

    def _converge(self, epoch: int, new: Array, networks: _Networks) -> None:
        self._converged[self._where[new]] = epoch
        self._open[new] = False
        self._left -= len(new)
        if self._training.until_converged:
            to_come = [i for i, mark in enumerate(self._snapshots) if mark >= epoch]
            course_to_come = [i for i, mark in enumerate(self._course) if mark >= epoch]
            self._keep(to_come, course_to_come, new, networks)

    def _keep(self, at: list[int], course_at: list[int], which: Any, networks: _Networks) -> None:
        """Keep the state of some networks at some of the snapshots and course epochs."""
        where = self._where[which]
        for i in at:
            self._outputs[i][..., where] = networks.outputs.transpose(1, 0, 2)[..., which]
            self._parameters[i][:, where] = networks.parameters[:, which]
            self._meets[i, where] = (self._measured(networks) < self._criterion.limit)[which]
        if course_at:
            squares = networks.errors.reshape(self._scratch.shape) ** 2
            half_sse = 0.5 * np.add.reduce(squares, axis=0)
            for i in course_at:
                self._half_sse[i, where] = half_sse[which]


def _padded(members: Array) -> Array:
    """Return the members with the last repeated until they fill whole lanes."""
    count = len(members)
    return members[np.minimum(np.arange(-(-count // LANES) * LANES), count - 1)]


def _taken(training: Training, members: Array) -> Training:
    """Return the training of some members."""
    return replace(
        training,
        activation=_choice_taken(training.activation, members),
        optimizer=_choice_taken(training.optimizer, members),
        criterion=_choice_taken(training.criterion, members),
        learning_rate=training.learning_rate[members],
        parameters=np.ascontiguousarray(training.parameters[:, members]),
        seeds=training.seeds[members],
    )


def _choice_taken(choice: Choice, members: Array) -> Choice:
    """Return a choice with the parameters of some members, where they differ between members."""
    values = {entry.name: getattr(choice, entry.name) for entry in fields(choice)}
    arrays = {name: v[members] for name, v in values.items() if isinstance(v, np.ndarray)}
    return replace(choice, **arrays)
