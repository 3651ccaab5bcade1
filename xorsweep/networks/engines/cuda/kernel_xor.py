"""The kernel for the most common case: 2-H-1 on a truth table of two bits, logistic, sgd, batch.

It is compiled for each H. The arrays of a thread have fixed lengths, so loops over them are written
out and they lie in registers, up to H = 8 or so. Products and sums are those of `numba.kernel_xor`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import cuda

from xorsweep.networks.engines.cuda.compile import compile_function, kernel
from xorsweep.networks.engines.cuda.math import arithmetic
from xorsweep.networks.engines.cuda.observation import epoch_at, observation, record
from xorsweep.networks.engines.numba.convergence import CONVERGED, LARGEST_ERROR
from xorsweep.networks.engines.numba.optimizers import LIMIT, OUTPUT_RATE, RATE

MOST_HIDDEN = 64
"""Up to here a thread's arrays are small enough for its memory."""


@cache
def train_truth_tables(hidden: int, dtype: str) -> Any:
    """Return the kernel for networks with `hidden` hidden units, in float64 or float32."""
    forward, backward, observe = _forward(dtype), _backward(dtype), observation(dtype)
    weights, real = 4 * hidden, np.dtype(dtype).type

    @kernel
    def train(
        members: Any, span: Any, codes: Any, targets: Any, factor: Any, w: Any, settings: Any,
        convergence_state: Any, y: Any, curve_epochs: Any, place: Any, curve: Any
    ) -> None:  # fmt: skip
        """Train from one epoch to another, in place.

        codes is (criterion, held_for, until_converged), targets (4,); all else is as in
        `kernel.train_networks`.
        """
        thread = cuda.grid(1)
        if thread >= len(members):
            return
        i = members[thread]
        first, last, observed = span
        criterion, held_for, until = codes
        is_open = convergence_state[CONVERGED, i] < 0
        if until and not is_open:
            return
        # The weights of hidden units, by weight and unit, and their activations, by unit and row.
        u, a = cuda.local.array(weights, real), cuda.local.array(weights, real)
        bias = _load(i, w, u)
        limit, rate = settings[LIMIT, i], factor * settings[RATE, i]
        scale = settings[OUTPUT_RATE, i] / settings[RATE, i]
        t = targets[0], targets[1], targets[2], targets[3]
        errors_decide = criterion == LARGEST_ERROR and held_for == 1
        mark = epoch_at(place, curve_epochs)
        for epoch in range(first, last + 1):
            outputs = forward(u, bias, a)
            errors = _differences(t, outputs)
            may_converge = (_all_below(errors, limit) & is_open) | (not errors_decide)
            stands_still = False
            if may_converge | (epoch == mark) | (epoch == last):
                _write(i, outputs, y)
                if epoch > observed and observe(
                    i, epoch, criterion, limit, held_for, y, targets, convergence_state
                ):
                    is_open, stands_still = False, until > 0
                place = record(i, epoch, stands_still, y, targets, curve_epochs, place, curve)
                mark = epoch_at(place, curve_epochs)
            if stands_still or epoch == last:
                break
            bias = backward(errors, outputs, rate, scale, a, u, bias)
        _store(i, u, bias, w)

    return train


def _forward(dtype: str) -> Any:
    """Return the function that passes all rows forward."""
    fma, _, logistic, _ = arithmetic(dtype)

    @compile_function
    def forward(u: Any, bias: Any, a: Any) -> Any:
        """Write the activations; return the four outputs."""
        hidden = len(u) // 4
        y00 = y01 = y10 = y11 = bias
        for h in range(hidden):
            second, own_bias, out = u[hidden + h], u[2 * hidden + h], u[3 * hidden + h]
            with_first = own_bias + u[h]
            a00, a01 = logistic(own_bias), logistic(own_bias + second)
            a10, a11 = logistic(with_first), logistic(with_first + second)
            a[4 * h], a[4 * h + 1], a[4 * h + 2], a[4 * h + 3] = a00, a01, a10, a11
            y00, y01 = fma(out, a00, y00), fma(out, a01, y01)
            y10, y11 = fma(out, a10, y10), fma(out, a11, y11)
        return logistic(y00), logistic(y01), logistic(y10), logistic(y11)

    return forward


def _backward(dtype: str) -> Any:
    """Return the function that passes errors back and updates the weights."""
    fma, product, _, _ = arithmetic(dtype)
    one = np.dtype(dtype).type(1)

    @compile_function
    def delta(error: Any, y: Any, rate: Any) -> Any:
        return product(error * (y * (one - y)), rate)

    @compile_function
    def backward(
        errors: Any, outputs: Any, rate: Any, scale: Any, a: Any, u: Any, bias: Any
    ) -> Any:  # fmt: skip
        """Update the weights of hidden units; return the new bias of the output unit."""
        e00, e01, e10, e11 = errors
        y00, y01, y10, y11 = outputs
        d00, d01 = delta(e00, y00, rate), delta(e01, y01, rate)
        d10, d11 = delta(e10, y10, rate), delta(e11, y11, rate)
        hidden = len(u) // 4
        for h in range(hidden):
            a00, a01, a10, a11 = a[4 * h], a[4 * h + 1], a[4 * h + 2], a[4 * h + 3]
            p00, p01 = product(d00, a00), product(d01, a01)
            p10, p11 = product(d10, a10), product(d11, a11)
            g00, g01 = fma(-p00, a00, p00), fma(-p01, a01, p01)
            g10, g11 = fma(-p10, a10, p10), fma(-p11, a11, p11)
            out = u[3 * hidden + h]
            u[h] = fma(out, g10 + g11, u[h])
            u[hidden + h] = fma(out, g01 + g11, u[hidden + h])
            u[2 * hidden + h] = fma(out, (g00 + g01) + (g10 + g11), u[2 * hidden + h])
            u[3 * hidden + h] = fma(scale, (p00 + p01) + (p10 + p11), out)
        return fma(scale, (d00 + d01) + (d10 + d11), bias)

    return backward


@compile_function
def _load(i: Any, w: Any, u: Any) -> Any:
    """Copy the weights of hidden units; return the bias of the output unit."""
    for k in range(len(u)):
        u[k] = w[k, i]
    return w[len(u), i]


@compile_function
def _store(i: Any, u: Any, bias: Any, w: Any) -> None:
    for k in range(len(u)):
        w[k, i] = u[k]
    w[len(u), i] = bias


@compile_function
def _differences(t: Any, y: Any) -> Any:
    return t[0] - y[0], t[1] - y[1], t[2] - y[2], t[3] - y[3]


@compile_function
def _all_below(errors: Any, limit: Any) -> Any:
    """Tell whether all four absolute errors are below the limit; a NaN isn't."""
    e00, e01, e10, e11 = errors
    near = (abs(e00) < limit) & (abs(e01) < limit)
    return near & (abs(e10) < limit) & (abs(e11) < limit)


@compile_function
def _write(i: Any, outputs: Any, y: Any) -> None:
    y[0, i], y[1, i], y[2, i], y[3, i] = outputs
