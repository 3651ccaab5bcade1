"""Forward and backward passes through some rows of a task, for all networks of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.activations import apply_logistic
from xorsweep.networks.engines.numpy.input_layers import InputLayer, input_layer
from xorsweep.networks.engines.numpy.operations import Operation, Operations, sum_rows

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import TrainingBatch

Array = NDArray[Any]


class Pass:
    """A forward and a backward pass of B networks through n rows, with their buffers.

    `forward` computes outputs and errors (outputs, n, B) and the hidden activations (n, hidden, B)
    from the parameters; `backward`, from these, output_deltas (outputs, n, B), minus the derivative
    of the loss by the pre-activations of the outputs, and minus the gradient by every parameter.
    """

    def __init__(
        self,
        training: TrainingBatch,
        parameters: Array,
        negative_gradient: Array,
        layer: InputLayer,
        targets: Array,
    ) -> None:
        """Bind both passes to the arrays that they read and write.

        Args:
            training: The components of the networks and their task; its weights aren't used.
            parameters: The weights (P, B).
            negative_gradient: Where the backward pass writes (P, B).
            layer: The input layer of the n rows.
            targets: Those of the rows (outputs, n, B), or (outputs, n, 1) for all networks.
        """
        network, dtype = training.network, parameters.dtype
        rows, members = targets.shape[1], parameters.shape[1]
        self._training, self._layer = training, layer
        self._weights = network.views(parameters)
        self._gradients = network.views(negative_gradient)
        self._hidden_gradients = network.hidden_layer(negative_gradient)
        self.negative_gradient = negative_gradient
        self.outputs = np.empty((network.outputs, rows, members), dtype)
        self.errors = np.empty_like(self.outputs)
        # A view where it can be: targets may change from row to row.
        self._targets = np.ascontiguousarray(np.broadcast_to(targets, self.errors.shape))
        self.activations = np.empty((rows, network.hidden, members), dtype)
        self._products = np.empty_like(self.activations)
        self._output_scratch = np.empty_like(self.errors)
        self._factor = training.loss.factor(training.targets.size)
        logistic = training.output == "logistic"
        self._has_slope = logistic and not training.loss.cancels_slope
        scaled = self._has_slope or self._factor != 1.0
        # Where a delta is the error itself, the array is shared and no pass is spent on a copy.
        self.output_deltas = np.empty_like(self.errors) if scaled else self.errors
        self.forward: Operations = tuple(self._forward())
        self.backward: Operations = tuple(self._backward())

    @classmethod
    def over_task(cls, training: TrainingBatch, parameters: Array) -> Pass:
        """Return passes through all rows of a task, for the weights (P, B) of any B networks."""
        layer, targets = input_layer(training.inputs), training.targets.T[:, :, None]
        return cls(training, parameters, np.empty_like(parameters), layer, targets)

    def _forward(self) -> Iterator[Operation]:
        training, weights, hidden = self._training, self._weights, self.activations
        activation, logistic = training.activation, training.output == "logistic"
        yield from self._layer.forward(weights.w1, weights.b1, hidden, activation.negated)
        yield partial(activation.activate, hidden, self._products)
        for k in range(len(self.outputs)):
            yield from self._sum_into_output(k, negated=logistic)
        if len(weights.direct):
            yield from self._add_direct_links(negated=logistic)
        if logistic:
            yield partial(apply_logistic, self.outputs)
        yield partial(np.subtract, self._targets, self.outputs, self.errors)

    def _sum_into_output(self, k: int, negated: bool) -> Iterator[Operation]:
        """Yield an output's pre-activation, or minus it, one hidden unit after the other."""
        total, bias = self.outputs[k], self._weights.b2[k : k + 1]
        units = swapped(self.activations)
        products = self._products.reshape(units.shape)
        yield partial(np.multiply, units, self._weights.w2[:, k : k + 1], products)
        if negated:
            # The bias is negated anew in every pass, since each step changes it.
            minus_bias = np.empty_like(bias)
            yield partial(np.negative, bias, minus_bias)
            bias = minus_bias
        step = np.subtract if negated else np.add
        yield partial(step, bias, products[0], total)
        # One unit after the other: a sum over the axis of units would leave its order to NumPy.
        for product in products[1:]:
            yield partial(step, total, product, total)

    def _add_direct_links(self, negated: bool) -> Iterator[Operation]:
        sums, weights = self._output_scratch, self._weights.direct
        # `forward` writes its result; the links need a buffer, added to the sum over units.
        no_bias = np.zeros_like(self._weights.b2)
        yield from self._layer.forward(weights, no_bias, swapped(sums), negated)
        yield partial(np.add, self.outputs, sums, self.outputs)

    def _backward(self) -> Iterator[Operation]:
        yield from self._differentiate_outputs()
        yield from self._sum_into_output_biases()
        if len(self.outputs) == 1:
            yield from self._through_one_output()
        else:
            yield from self._through_several_outputs()

    def _differentiate_outputs(self) -> Iterator[Operation]:
        """Yield minus the derivative of the loss by the outputs' pre-activations."""
        outputs, deltas, slope = self.outputs, self.output_deltas, self._output_scratch
        # As arrays, since NumPy takes longer to convert a number than to start an operation.
        one, factor = (np.array(value, deltas.dtype) for value in (1.0, self._factor))
        derivative = self.errors
        if self._has_slope:
            yield partial(np.subtract, one, outputs, slope)
            yield partial(np.multiply, slope, outputs, slope)
            yield partial(np.multiply, derivative, slope, deltas)
            derivative = deltas
        if self._factor != 1.0:
            yield partial(np.multiply, derivative, factor, deltas)

    def _sum_into_output_biases(self) -> Iterator[Operation]:
        """Yield minus the gradient by the outputs' biases and direct connections."""
        gradients, deltas = self._gradients, swapped(self.output_deltas)
        if len(gradients.direct):
            scratch = swapped(self._output_scratch)
            yield from self._layer.backward(deltas, scratch, gradients.direct, gradients.b2)
        else:
            yield from sum_rows(deltas, gradients.b2)

    def _through_one_output(self) -> Iterator[Operation]:
        """Propagate back; one output's weight is the same for all rows, so it scales their sums."""
        delta, gradients = self.output_deltas[0][:, None], self._hidden_gradients
        yield from self._through_hidden(delta, self._gradients.w2[:, 0])
        # The step that changes w2 comes after all of `backward`, so it is that of the forward pass.
        yield partial(np.multiply, gradients, self._weights.w2[:, 0], gradients)

    def _through_several_outputs(self) -> Iterator[Operation]:
        gradients, weights = self._gradients.w2, self._weights.w2
        products, back = self._products, np.empty_like(self._products)
        for k, delta in enumerate(self.output_deltas[:, :, None]):
            yield partial(np.multiply, delta, self.activations, products)
            yield from sum_rows(products, gradients[:, k])
            if k == 0:
                yield partial(np.multiply, delta, weights[:, k], back)
            else:
                yield partial(np.multiply, delta, weights[:, k], products)
                yield partial(np.add, back, products, back)
        yield from self._through_hidden(back, np.empty_like(self._weights.b1))

    def _through_hidden(self, delta: Array, w2: Array) -> Iterator[Operation]:
        """Yield the sums over rows of delta * a into w2, and the hidden layer's gradients.

        delta is the negative gradient at the hidden activations, (n, 1, B) or (n, hidden, B).
        """
        products, hidden, gradients = self._products, self.activations, self._gradients
        # Not `products`, which `back` still reads after its first write.
        deltas = np.empty_like(products)
        yield partial(np.multiply, delta, hidden, products)
        yield from sum_rows(products, w2)
        yield partial(self._training.activation.back, products, delta, hidden, deltas)
        yield from self._layer.backward(deltas, products, gradients.w1, gradients.b1)


def swapped(array: Array) -> Array:
    """Return a view of an array whose first two axes, units and rows, are exchanged."""
    return array.transpose(1, 0, 2)
