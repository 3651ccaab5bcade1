"""Forward and backward through one row of any task, for the networks of a tile.

Arrays are (rows, LANES): x (inputs) and t (outputs) the row, w and g (P) the parameters, laid out
as `Network.views` says, and minus the gradient by them, a (hidden) activations, y (outputs),
d (hidden + outputs) a buffer for deltas. `shape` is (inputs, hidden, outputs, skip).
"""

from __future__ import annotations

from typing import Any

from xorsweep.networks.engines.numba.compile import LANES, compile_function
from xorsweep.networks.engines.numba.math import logistic, tanh
from xorsweep.networks.engines.numba.optimizers import SLOPE

LOGISTIC, TANH, RELU, LEAKY_RELU = range(4)
LINEAR_OUTPUT, LOGISTIC_OUTPUT, CANCELLED_OUTPUT = range(3)
"""Outputs: linear, logistic, and logistic with a loss that cancels its slope."""


@compile_function
def forward(
    shape: Any, activation: Any, output: Any, settings: Any, x: Any, nonzero: Any, w: Any, a: Any,
    y: Any
) -> None:  # fmt: skip
    """Write activations and outputs; an input that isn't `nonzero` is zero for every network."""
    inputs, hidden, outputs, skip = shape
    bias, to_output = inputs * hidden, (inputs + 1) * hidden
    output_bias = to_output + hidden * outputs
    for h in range(hidden):
        _copy(w[bias + h], a[h])
        _add_inputs(x, nonzero, w, h, hidden, a[h])
        _activate(activation, settings[SLOPE], a[h])
    for o in range(outputs):
        _copy(w[output_bias + o], y[o])
        for h in range(hidden):
            _add_product(w[to_output + h * outputs + o], a[h], y[o])
        if skip:
            _add_inputs(x, nonzero, w, output_bias + outputs + o, outputs, y[o])
        if output != LINEAR_OUTPUT:
            _activate(LOGISTIC, settings[SLOPE], y[o])


@compile_function
def backward(
    shape: Any, activation: Any, output: Any, factor: Any, settings: Any, x: Any, nonzero: Any,
    t: Any, w: Any, a: Any, y: Any, d: Any, g: Any
) -> None:  # fmt: skip
    """Add minus the gradient of the loss for this row, from the outputs of `forward`, to g."""
    inputs, hidden, outputs, skip = shape
    bias, to_output = inputs * hidden, (inputs + 1) * hidden
    output_bias = to_output + hidden * outputs
    for o in range(outputs):
        delta = d[hidden + o]
        _output_delta(output, factor, t[o], y[o], delta)
        _add(delta, g[output_bias + o])
        if skip:
            _add_outer(x, nonzero, delta, g, output_bias + outputs + o, outputs)
    for h in range(hidden):
        back = d[h]
        back[:] = 0
        for o in range(outputs):
            weight = to_output + h * outputs + o
            _add_product(w[weight], d[hidden + o], back)
            _add_product(a[h], d[hidden + o], g[weight])
        _times_slope(activation, settings[SLOPE], a[h], back)
        _add(back, g[bias + h])
        _add_outer(x, nonzero, back, g, h, hidden)


@compile_function
def _copy(source: Any, target: Any) -> None:
    for lane in range(LANES):
        target[lane] = source[lane]


@compile_function
def _add(source: Any, target: Any) -> None:
    for lane in range(LANES):
        target[lane] += source[lane]


@compile_function
def _add_product(u: Any, v: Any, target: Any) -> None:
    for lane in range(LANES):
        target[lane] += u[lane] * v[lane]


@compile_function
def _add_inputs(x: Any, nonzero: Any, w: Any, first: Any, step: Any, z: Any) -> None:
    """Add the sum over inputs of x times rows first, first + step, ... of w."""
    for i in range(len(nonzero)):
        if nonzero[i]:
            _add_product(x[i], w[first + i * step], z)


@compile_function
def _add_outer(x: Any, nonzero: Any, delta: Any, g: Any, first: Any, step: Any) -> None:
    """Add x times delta to rows first, first + step, ... of g."""
    for i in range(len(nonzero)):
        if nonzero[i]:
            _add_product(x[i], delta, g[first + i * step])


@compile_function
def _activate(activation: Any, slope: Any, z: Any) -> None:
    zero = z.dtype.type(0)
    if activation == LOGISTIC:
        for lane in range(LANES):
            z[lane] = logistic(z[lane])
    elif activation == TANH:
        for lane in range(LANES):
            z[lane] = tanh(z[lane])
    elif activation == RELU:
        for lane in range(LANES):
            # NaN isn't below 0, and stays NaN as in the reference engine.
            z[lane] = zero if z[lane] < zero else z[lane]
    else:
        for lane in range(LANES):
            lower = slope[lane] * z[lane]
            z[lane] = lower if z[lane] < zero else z[lane]


@compile_function
def _times_slope(activation: Any, slope: Any, a: Any, d: Any) -> None:
    """Multiply by the derivative of the activation where it is a."""
    zero, one = a.dtype.type(0), a.dtype.type(1)
    if activation == LOGISTIC:
        for lane in range(LANES):
            d[lane] *= a[lane] * (one - a[lane])
    elif activation == TANH:
        for lane in range(LANES):
            d[lane] *= one - a[lane] * a[lane]
    elif activation == RELU:
        for lane in range(LANES):
            d[lane] *= one if a[lane] > zero else zero
    else:
        for lane in range(LANES):
            d[lane] *= one if a[lane] > zero else slope[lane]


@compile_function
def _output_delta(output: Any, factor: Any, t: Any, y: Any, d: Any) -> None:
    """Write minus the derivative of the loss by an output's pre-activation."""
    one = y.dtype.type(1)
    if output == LOGISTIC_OUTPUT:
        for lane in range(LANES):
            d[lane] = (t[lane] - y[lane]) * (y[lane] * (one - y[lane])) * factor
    else:
        for lane in range(LANES):
            d[lane] = (t[lane] - y[lane]) * factor
