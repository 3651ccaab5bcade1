"""Forward and backward through one row of any task, for the networks of a tile.

Arrays are rows of LANES numbers: x (inputs) and t (outputs) the row, w and g (P) the parameters,
as `Network.views` lays them out, and minus the gradient by them, a (hidden) activations,
y (outputs), d (hidden + outputs) room for deltas. `shape` is (inputs, hidden, outputs, skip).
"""

from __future__ import annotations

from typing import Any

from xorsweep.engines.numba_compile import LANES, compiled
from xorsweep.engines.numba_math import logistic, tanh
from xorsweep.engines.numba_rules import SLOPE

LOGISTIC, TANH, RELU, LEAKY_RELU = range(4)
LINEAR_OUTPUT, LOGISTIC_OUTPUT, CANCELLED_OUTPUT = range(3)
"""Outputs: linear, logistic, and logistic with a loss that cancels its slope."""


@compiled
def forward(
    shape: Any,
    activation: Any,
    output: Any,
    settings: Any,
    x: Any,
    seen: Any,
    w: Any,
    a: Any,
    y: Any,
) -> None:
    """Write activations and outputs; an input that isn't `seen` is zero for every network."""
    inputs, hidden, outputs, skip = shape
    bias, to_output = inputs * hidden, (inputs + 1) * hidden
    output_bias = to_output + hidden * outputs
    for h in range(hidden):
        _copy(w, (bias + h) * LANES, a, h * LANES)
        _add_inputs(x, seen, w, h, hidden, a, h * LANES)
        _activate(activation, settings, a, h * LANES)
    for o in range(outputs):
        _copy(w, (output_bias + o) * LANES, y, o * LANES)
        for h in range(hidden):
            _add_product(w, (to_output + h * outputs + o) * LANES, a, h * LANES, y, o * LANES)
        if skip:
            _add_inputs(x, seen, w, output_bias + outputs + o, outputs, y, o * LANES)
        if output != LINEAR_OUTPUT:
            _activate(LOGISTIC, settings, y, o * LANES)


@compiled
def backward(
    shape: Any,
    activation: Any,
    output: Any,
    factor: Any,
    settings: Any,
    x: Any,
    seen: Any,
    t: Any,
    w: Any,
    a: Any,
    y: Any,
    d: Any,
    g: Any,
) -> None:
    """Add minus the gradient of the loss for this row, from the outputs of `forward`, to g."""
    inputs, hidden, outputs, skip = shape
    bias, to_output = inputs * hidden, (inputs + 1) * hidden
    output_bias = to_output + hidden * outputs
    for o in range(outputs):
        at = (hidden + o) * LANES
        _output_delta(output, factor, t, y, o * LANES, d, at)
        _add(d, at, g, (output_bias + o) * LANES)
        if skip:
            _add_outer(x, seen, d, at, g, output_bias + outputs + o, outputs)
    for h in range(hidden):
        at = h * LANES
        for lane in range(LANES):
            d[at + lane] = 0
        for o in range(outputs):
            weight = (to_output + h * outputs + o) * LANES
            _add_product(w, weight, d, (hidden + o) * LANES, d, at)
            _add_product(a, at, d, (hidden + o) * LANES, g, weight)
        _times_slope(activation, settings, a, d, at)
        _add(d, at, g, (bias + h) * LANES)
        _add_outer(x, seen, d, at, g, h, hidden)


@compiled
def _copy(source: Any, start: Any, target: Any, at: Any) -> None:
    for lane in range(LANES):
        target[at + lane] = source[start + lane]


@compiled
def _add(source: Any, start: Any, target: Any, at: Any) -> None:
    for lane in range(LANES):
        target[at + lane] += source[start + lane]


@compiled
def _add_product(u: Any, first: Any, v: Any, second: Any, target: Any, at: Any) -> None:
    for lane in range(LANES):
        target[at + lane] += u[first + lane] * v[second + lane]


@compiled
def _add_inputs(x: Any, seen: Any, w: Any, first: Any, step: Any, z: Any, at: Any) -> None:
    """Add the sum over inputs of x times rows first, first + step, ... of w to a row of z."""
    for i in range(seen.size):
        if seen[i]:
            _add_product(x, i * LANES, w, (first + i * step) * LANES, z, at)


@compiled
def _add_outer(x: Any, seen: Any, d: Any, at: Any, g: Any, first: Any, step: Any) -> None:
    """Add x times a row of d to rows first, first + step, ... of g."""
    for i in range(seen.size):
        if seen[i]:
            _add_product(x, i * LANES, d, at, g, (first + i * step) * LANES)


@compiled
def _activate(activation: Any, settings: Any, z: Any, at: Any) -> None:
    """Turn a row of pre-activations into activations."""
    zero = z.dtype.type(0)
    if activation == LOGISTIC:
        for lane in range(LANES):
            z[at + lane] = logistic(z[at + lane])
    elif activation == TANH:
        for lane in range(LANES):
            z[at + lane] = tanh(z[at + lane])
    elif activation == RELU:
        for lane in range(LANES):
            z[at + lane] = zero if z[at + lane] < zero else z[at + lane]
    else:
        for lane in range(LANES):
            lower = settings[SLOPE * LANES + lane] * z[at + lane]
            z[at + lane] = lower if z[at + lane] < zero else z[at + lane]


@compiled
def _times_slope(activation: Any, settings: Any, a: Any, d: Any, at: Any) -> None:
    """Multiply a row of d by the derivative of the activation where it is a."""
    zero, one = a.dtype.type(0), a.dtype.type(1)
    if activation == LOGISTIC:
        for lane in range(LANES):
            d[at + lane] *= a[at + lane] * (one - a[at + lane])
    elif activation == TANH:
        for lane in range(LANES):
            d[at + lane] *= one - a[at + lane] * a[at + lane]
    elif activation == RELU:
        for lane in range(LANES):
            d[at + lane] *= one if a[at + lane] > zero else zero
    else:
        for lane in range(LANES):
            d[at + lane] *= one if a[at + lane] > zero else settings[SLOPE * LANES + lane]


@compiled
def _output_delta(output: Any, factor: Any, t: Any, y: Any, of: Any, d: Any, at: Any) -> None:
    """Write minus the derivative of the loss by an output's pre-activation."""
    one = y.dtype.type(1)
    if output == LOGISTIC_OUTPUT:
        for lane in range(LANES):
            slope = y[of + lane] * (one - y[of + lane])
            d[at + lane] = (t[of + lane] - y[of + lane]) * slope * factor
    else:
        for lane in range(LANES):
            d[at + lane] = (t[of + lane] - y[of + lane]) * factor
