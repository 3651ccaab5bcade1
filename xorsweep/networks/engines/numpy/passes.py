"""Forward and backward passes through some rows of a task, for all networks of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.architecture import Weights
from xorsweep.networks.engines.numpy.input_layers import InputLayer

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import TrainingBatch

Array = NDArray[Any]


class Pass:
    """A forward and a backward pass of B networks through n rows, with their buffers.

    `weights` and `gradients` are views by role into parameters (P, B) and minus the gradient of the
    loss by them. outputs and errors are (outputs, n, B), activations (n, hidden, B), output_deltas
    (outputs, n, B) minus the derivative of the loss by the pre-activations of the outputs.
    `set_rows` says which rows go through.
    """

    def __init__(
        self, training: TrainingBatch, weights: Weights, gradients: Weights, rows: int
    ) -> None:
        network, members = training.network, len(training.learning_rate)
        dtype = weights.b1.dtype
        self.errors = np.empty((network.outputs, rows, members), dtype)
        self.outputs = np.empty_like(self.errors)
        self._training, self._weights, self._gradients = training, weights, gradients
        self.activations = np.empty((rows, network.hidden, members), dtype)
        self._products = np.empty_like(self.activations)
        self._product_of = [self._products[:, unit] for unit in range(network.hidden)]
        self._deltas = np.empty_like(self.activations)
        self.output_deltas = np.empty_like(self.errors)
        self._output_scratch = np.empty_like(self.errors)
        self._factor = training.loss.factor(training.targets.size)
        self._bias = np.empty(members, dtype)
        self._no_bias = np.zeros_like(weights.b2)
        if network.outputs > 1:
            self._backpropagated = np.empty_like(self.activations)
            self._discarded = np.empty_like(weights.b1)

    def set_rows(self, layer: InputLayer, targets: Array) -> None:
        """Set the n rows: their input layer, and targets that broadcast to (outputs, n, B)."""
        self._layer, self._targets = layer, targets

    def forward(self) -> None:
        """Compute outputs and errors from the parameters."""
        training, weights = self._training, self._weights
        hidden, outputs = self.activations, self.outputs
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
        weights = self._weights
        step = np.subtract if negated else np.add
        first, *others = self._product_of
        for k, total in enumerate(self.outputs):
            np.multiply(self.activations, weights.w2[:, k], out=self._products)
            bias = np.negative(weights.b2[k], out=self._bias) if negated else weights.b2[k]
            step(bias, first, out=total)
            for product in others:
                step(total, product, out=total)
        if len(weights.direct):
            scratch = self._output_scratch
            self._layer.forward(weights.direct, self._no_bias, by_row(scratch), negated)
            np.add(self.outputs, scratch, out=self.outputs)

    def backward(self) -> None:
        """Write minus the gradient of the loss, from the outputs of the last forward pass."""
        self._differentiate_outputs()
        self._differentiate_hidden()

    def _differentiate_outputs(self) -> None:
        """Write minus the derivative of the loss by the outputs' pre-activations."""
        deltas, slope = self.output_deltas, self._output_scratch
        logistic = self._training.output == "logistic"
        if logistic and not self._training.loss.cancels_slope:
            np.subtract(1.0, self.outputs, out=slope)
            np.multiply(slope, self.outputs, out=slope)
            np.multiply(self.errors, slope, out=deltas)
        else:
            deltas[...] = self.errors
        if self._factor != 1.0:
            np.multiply(deltas, self._factor, out=deltas)

    def _differentiate_hidden(self) -> None:
        """Write minus the gradient by every parameter, given that by the outputs."""
        gradients, deltas = self._gradients, self.output_deltas
        if len(gradients.direct):
            scratch = by_row(self._output_scratch)
            self._layer.backward(by_row(deltas), scratch, gradients.direct, gradients.b2)
        else:
            np.add.reduce(deltas, axis=1, out=gradients.b2)
        if len(deltas) == 1:
            self._through_one_output(deltas[0])
        else:
            self._through_several_outputs(deltas)

    def _through_one_output(self, delta: Array) -> None:
        """Propagate back; one output's weight is the same for all rows, so it scales their sums."""
        gradients, weights = self._gradients, self._weights.w2[:, 0]
        self._through_hidden(delta[:, None], gradients.w2[:, 0])
        np.multiply(gradients.w1, weights, out=gradients.w1)
        np.multiply(gradients.b1, weights, out=gradients.b1)

    def _through_several_outputs(self, deltas: Array) -> None:
        gradients, weights = self._gradients, self._weights.w2
        back, products = self._backpropagated, self._products
        for k, delta in enumerate(deltas):
            np.multiply(delta[:, None], self.activations, out=products)
            np.add.reduce(products, axis=0, out=gradients.w2[:, k])
            if k == 0:
                np.multiply(delta[:, None], weights[:, k], out=back)
            else:
                np.multiply(delta[:, None], weights[:, k], out=products)
                np.add(back, products, out=back)
        self._through_hidden(back, self._discarded)

    def _through_hidden(self, delta: Array, w2: Array) -> None:
        """Write the sums over rows of delta * a into w2, and the hidden layer's gradients.

        delta is what reaches the hidden activations, (rows, 1, B) or (rows, hidden, B).
        """
        products, back, gradients = self._products, self._deltas, self._gradients
        np.multiply(delta, self.activations, out=products)
        np.add.reduce(products, axis=0, out=w2)
        self._training.activation.back(products, delta, self.activations, back)
        self._layer.backward(back, products, gradients.w1, gradients.b1)


def by_row(units: Array) -> Array:
    """Return a view (rows, units, B) of what is (units, rows, B)."""
    return units.transpose(1, 0, 2)
