"""Forward and backward through one row of any task, for one network.

Arrays of networks are (rows, B), and i is the network's column: w and g (P, B) the parameters, laid
out as `Network.views` says, and minus the gradient by them, a (hidden, B) activations, y the
outputs, those of this row from row `at` on, d (hidden + outputs, B) a buffer for deltas. The row of
the task is x (inputs,) and t (outputs,). `shape` is (inputs, hidden, outputs, skip); inputs of zero
are skipped but where `dense`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from xorsweep.networks.engines.cuda.compile import compile_function
from xorsweep.networks.engines.cuda.math import arithmetic
from xorsweep.networks.engines.numba.forward_backward import (
    LINEAR_OUTPUT,
    LOGISTIC,
    LOGISTIC_OUTPUT,
    RELU,
    TANH,
)
from xorsweep.networks.engines.numba.optimizers import SLOPE


class Passes(NamedTuple):
    """Functions of one precision that kernels call.

    Attributes:
        forward: Writes activations and outputs.
        backward: Adds minus the gradient of the loss for the row to g; needs `forward` first.
    """

    forward: Any
    backward: Any


@cache
def passes(dtype: str) -> Passes:
    """Return the functions for float64 or float32."""
    return Passes(_forward(dtype), _backward(dtype))


def _forward(dtype: str) -> Any:
    fma, product, logistic, tanh = arithmetic(dtype)
    zero = np.dtype(dtype).type(0)

    @compile_function
    def activate(activation: Any, slope: Any, z: Any) -> Any:
        if activation == LOGISTIC:
            return logistic(z)
        if activation == TANH:
            return tanh(z)
        if activation == RELU:
            return zero if z < zero else z
        return product(slope, z) if z < zero else z

    @compile_function
    def add_inputs(
        i: Any, x: Any, dense: Any, w: Any, first: Any, step: Any, z: Any
    ) -> Any:  # fmt: skip
        """Return z plus the sum over inputs of x times rows first, first + step, ... of w."""
        for k in range(len(x)):
            if dense or x[k] != zero:
                z = fma(x[k], w[first + k * step, i], z)
        return z

    @compile_function
    def forward(
        i: Any, shape: Any, codes: Any, settings: Any, x: Any, dense: Any, w: Any, a: Any, y: Any,
        at: Any
    ) -> None:  # fmt: skip
        inputs, hidden, outputs, skip = shape
        to_output = (inputs + 1) * hidden
        output_bias = to_output + hidden * outputs
        for h in range(hidden):
            z = add_inputs(i, x, dense, w, h, hidden, w[inputs * hidden + h, i])
            a[h, i] = activate(codes[0], settings[SLOPE, i], z)
        for o in range(outputs):
            z = w[output_bias + o, i]
            for h in range(hidden):
                z = fma(w[to_output + h * outputs + o, i], a[h, i], z)
            if skip:
                z = add_inputs(i, x, dense, w, output_bias + outputs + o, outputs, z)
            y[at + o, i] = z if codes[1] == LINEAR_OUTPUT else logistic(z)

    return forward


def _backward(dtype: str) -> Any:
    fma, product, _, _ = arithmetic(dtype)
    zero, one = np.dtype(dtype).type(0), np.dtype(dtype).type(1)

    @compile_function
    def output_delta(output: Any, factor: Any, t: Any, y: Any) -> Any:
        """Return minus the derivative of the loss by an output's pre-activation."""
        if output == LOGISTIC_OUTPUT:
            return product((t - y) * (y * (one - y)), factor)
        return product(t - y, factor)

    @compile_function
    def times_slope(activation: Any, slope: Any, a: Any, d: Any) -> Any:
        """Return d times the derivative of the activation where it is a."""
        if activation == LOGISTIC:
            return product(d, a * (one - a))
        if activation == TANH:
            return product(d, fma(-a, a, one))
        if a > zero:
            return d
        return product(d, zero if activation == RELU else slope)

    @compile_function
    def add_outer(
        i: Any, x: Any, dense: Any, delta: Any, g: Any, first: Any, step: Any
    ) -> None:  # fmt: skip
        """Add x times delta to rows first, first + step, ... of g."""
        for k in range(len(x)):
            if dense or x[k] != zero:
                p = first + k * step
                g[p, i] = fma(x[k], delta, g[p, i])

    @compile_function
    def backward(
        i: Any, shape: Any, codes: Any, factor: Any, settings: Any, x: Any, dense: Any, t: Any,
        w: Any, a: Any, y: Any, at: Any, d: Any, g: Any
    ) -> None:  # fmt: skip
        inputs, hidden, outputs, skip = shape
        to_output = (inputs + 1) * hidden
        output_bias = to_output + hidden * outputs
        for o in range(outputs):
            delta = output_delta(codes[1], factor, t[o], y[at + o, i])
            d[hidden + o, i] = delta
            g[output_bias + o, i] += delta
            if skip:
                add_outer(i, x, dense, delta, g, output_bias + outputs + o, outputs)
        for h in range(hidden):
            back = zero
            for o in range(outputs):
                p, delta = to_output + h * outputs + o, d[hidden + o, i]
                back = fma(w[p, i], delta, back)
                g[p, i] = fma(a[h, i], delta, g[p, i])
            back = times_slope(codes[0], settings[SLOPE, i], a[h, i], back)
            g[inputs * hidden + h, i] += back
            add_outer(i, x, dense, back, g, h, hidden)

    return backward
