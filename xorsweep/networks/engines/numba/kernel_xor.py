"""The kernel for the most common case: 2-H-1 on a truth table of two bits, logistic, sgd, batch.

It computes the same as `kernel`, some three times as fast: the four rows are written out, so that a
hidden unit's values stay in registers, and inputs of 0 and 1 need no multiplication.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xorsweep.networks.engines.numba.compile import LANES, compile_function, kernel
from xorsweep.networks.engines.numba.convergence import (
    CONVERGED,
    LARGEST_ERROR,
    freeze,
    observe,
    open_count,
)
from xorsweep.networks.engines.numba.math import logistic
from xorsweep.networks.engines.numba.optimizers import LIMIT, OUTPUT_RATE, RATE

FIRST, SECOND, BIAS, OUT, A00, A01, A10, A11 = (LANES * row for row in range(8))
"""Offsets of a hidden unit's weights, in the order in which a column of parameters has them, and of
its activations for each row of the table."""
WEIGHTS, UNIT = 4, 8 * LANES
Y00, Y01, Y10, Y11, D00, D01, D10, D11 = (LANES * row for row in range(8))
OUTPUT_BIAS, RATES, OUTPUT_SCALES, LIMITS = (LANES * row for row in range(8, 12))
"""Offsets of the output unit's values, deltas and bias, of the learning rates, of the factors of
those of the output layer, and of the limits of errors below which a network newly converges,
negative once it has. All of a unit is one array, so that LLVM knows that its rows don't overlap."""
OUTPUT = 12 * LANES


@kernel
def train_truth_tables(
    hidden: Any, codes: Any, span: Any, targets: Any, factor: Any, t: Any, w: Any, settings: Any,
    convergence_state: Any, y: Any, kept_w: Any, kept_y: Any
) -> None:  # fmt: skip
    """Train tiles from one epoch to another, in place.

    codes is (criterion, held_for, until_converged), targets (4,); all else is as in
    `kernel.train_tiles`.
    """
    units, output = np.empty(hidden * UNIT, w.dtype), np.empty(OUTPUT, w.dtype)
    for tile in range(len(w)):
        _load(hidden, w[tile], settings[tile], factor, units, output)
        _train_tile(
            hidden, codes, span, targets, t, units, output, w[tile], settings[tile],
            convergence_state[tile], y[tile], kept_w[tile], kept_y[tile]
        )  # fmt: skip
        _store(hidden, units, output, w[tile])


@compile_function
def _train_tile(
    hidden: Any, codes: Any, span: Any, targets: Any, t: Any, units: Any, output: Any, w: Any,
    settings: Any, convergence_state: Any, y: Any, kept_w: Any, kept_y: Any
) -> None:  # fmt: skip
    criterion, held_for, until = codes
    first, last, observed = span
    scratch = np.empty(LANES, w.dtype)
    # The rows Y00 to Y11, as `observe` takes outputs.
    values = output[: 4 * LANES].reshape(4, LANES)
    errors_decide = criterion == LARGEST_ERROR and held_for == 1
    _write_limits(settings, convergence_state, output)
    for epoch in range(first, last + 1):
        forward(hidden, units, output)
        if epoch > observed and (epoch == last or _may_converge(errors_decide, targets, output)):
            observe(criterion, held_for, epoch, values, t, settings, convergence_state, scratch)
            _write_limits(settings, convergence_state, output)
            if until:
                _store(hidden, units, output, w)
                freeze(epoch, convergence_state, w, values, kept_w, kept_y)
                if not open_count(convergence_state):
                    return
        if epoch < last:
            update(hidden, targets, units, output)
    y[:] = values


@compile_function
def _write_limits(settings: Any, convergence_state: Any, output: Any) -> None:
    """Write the limits of errors below which each network newly converges."""
    for lane in range(LANES):
        # No absolute error is below a negative limit.
        limit = settings[LIMIT, lane]
        output[LIMITS + lane] = limit if convergence_state[CONVERGED, lane] < 0 else -limit


@compile_function
def _may_converge(errors_decide: Any, targets: Any, output: Any) -> bool:
    """Tell whether any network newly converges; true where errors alone don't decide that."""
    if not errors_decide:
        return True
    t00, t01, t10, t11 = targets[0], targets[1], targets[2], targets[3]
    count = 0
    for lane in range(LANES):
        limit = output[LIMITS + lane]
        near0 = abs(t00 - output[Y00 + lane]) < limit
        near1 = abs(t01 - output[Y01 + lane]) < limit
        near2 = abs(t10 - output[Y10 + lane]) < limit
        near3 = abs(t11 - output[Y11 + lane]) < limit
        count += near0 & near1 & near2 & near3
    return count > 0


@compile_function
def _load(hidden: Any, w: Any, settings: Any, factor: Any, units: Any, output: Any) -> None:
    """Arrange the weights by unit; a loss's factor is taken into the learning rate."""
    for h in range(hidden):
        for weight in range(WEIGHTS):
            for lane in range(LANES):
                units[h * UNIT + weight * LANES + lane] = w[weight * hidden + h, lane]
    for lane in range(LANES):
        output[OUTPUT_BIAS + lane] = w[4 * hidden, lane]
        output[RATES + lane] = factor * settings[RATE, lane]
        # A number by itself is exactly 1, so lr_output=null has the bits of a single rate.
        output[OUTPUT_SCALES + lane] = settings[OUTPUT_RATE, lane] / settings[RATE, lane]


@compile_function
def _store(hidden: Any, units: Any, output: Any, w: Any) -> None:
    for h in range(hidden):
        for weight in range(WEIGHTS):
            for lane in range(LANES):
                w[weight * hidden + h, lane] = units[h * UNIT + weight * LANES + lane]
    for lane in range(LANES):
        w[4 * hidden, lane] = output[OUTPUT_BIAS + lane]


@compile_function
def forward(hidden: Any, units: Any, output: Any) -> None:
    """Compute the activations of the four rows of the table."""
    for lane in range(LANES):
        bias = output[OUTPUT_BIAS + lane]
        output[Y00 + lane] = bias
        output[Y01 + lane] = bias
        output[Y10 + lane] = bias
        output[Y11 + lane] = bias
    for h in range(hidden):
        unit = h * UNIT
        for lane in range(LANES):
            second, bias = units[unit + SECOND + lane], units[unit + BIAS + lane]
            with_first = bias + units[unit + FIRST + lane]
            out = units[unit + OUT + lane]
            a00, a01 = logistic(bias), logistic(bias + second)
            a10, a11 = logistic(with_first), logistic(with_first + second)
            units[unit + A00 + lane] = a00
            units[unit + A01 + lane] = a01
            units[unit + A10 + lane] = a10
            units[unit + A11 + lane] = a11
            output[Y00 + lane] += out * a00
            output[Y01 + lane] += out * a01
            output[Y10 + lane] += out * a10
            output[Y11 + lane] += out * a11
    for lane in range(LANES):
        output[Y00 + lane] = logistic(output[Y00 + lane])
        output[Y01 + lane] = logistic(output[Y01 + lane])
        output[Y10 + lane] = logistic(output[Y10 + lane])
        output[Y11 + lane] = logistic(output[Y11 + lane])


@compile_function
def update(hidden: Any, targets: Any, units: Any, output: Any) -> None:
    """Move the weights down the gradient, by one epoch."""
    one = output.dtype.type(1)
    t00, t01, t10, t11 = targets[0], targets[1], targets[2], targets[3]
    for lane in range(LANES):
        y00, y01 = output[Y00 + lane], output[Y01 + lane]
        y10, y11 = output[Y10 + lane], output[Y11 + lane]
        rate = output[RATES + lane]
        d00 = (t00 - y00) * (y00 * (one - y00)) * rate
        d01 = (t01 - y01) * (y01 * (one - y01)) * rate
        d10 = (t10 - y10) * (y10 * (one - y10)) * rate
        d11 = (t11 - y11) * (y11 * (one - y11)) * rate
        output[D00 + lane] = d00
        output[D01 + lane] = d01
        output[D10 + lane] = d10
        output[D11 + lane] = d11
        output[OUTPUT_BIAS + lane] += output[OUTPUT_SCALES + lane] * ((d00 + d01) + (d10 + d11))
    for h in range(hidden):
        unit = h * UNIT
        for lane in range(LANES):
            a00, a01 = units[unit + A00 + lane], units[unit + A01 + lane]
            a10, a11 = units[unit + A10 + lane], units[unit + A11 + lane]
            p00, p01 = output[D00 + lane] * a00, output[D01 + lane] * a01
            p10, p11 = output[D10 + lane] * a10, output[D11 + lane] * a11
            g00, g01 = p00 - p00 * a00, p01 - p01 * a01
            g10, g11 = p10 - p10 * a10, p11 - p11 * a11
            out = units[unit + OUT + lane]
            units[unit + FIRST + lane] += out * (g10 + g11)
            units[unit + SECOND + lane] += out * (g01 + g11)
            units[unit + BIAS + lane] += out * ((g00 + g01) + (g10 + g11))
            scale = output[OUTPUT_SCALES + lane]
            units[unit + OUT + lane] = out + scale * ((p00 + p01) + (p10 + p11))
