"""The kernel for the most common case: 2-H-1 on a truth table of two bits, logistic, sgd, batch.

It is compiled for each H. Its loops over hidden units have that fixed length, so they are written
out and the arrays of a thread lie in registers, up to H = 8 or so. Products and sums are those of
`numba.kernel_xor`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import cuda

from xorsweep.networks.engines.cuda.compile import compile_function, kernel
from xorsweep.networks.engines.cuda.math import arithmetic
from xorsweep.networks.engines.cuda.observation import note, observation
from xorsweep.networks.engines.numba.convergence import CONVERGED, LARGEST_ERROR
from xorsweep.networks.engines.numba.optimizers import LIMIT, OUTPUT_RATE, RATE

MOST_HIDDEN = 64
"""Up to here a thread's arrays are small enough for its memory."""


@cache
def train_truth_tables(hidden: int, dtype: str) -> Any:
    """Return the kernel for networks with `hidden` hidden units, in float64 or float32."""
    fma, product, logistic, _ = arithmetic(dtype)
    meets, half_sse = observation(dtype)
    real = np.dtype(dtype).type
    one, weights = real(1), 4 * hidden

    @compile_function
    def forward(u: Any, bias: Any, a: Any) -> Any:
        """Write the activations a (H * 4,) by unit and row; return the four outputs."""
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

    @compile_function
    def delta(error: Any, y: Any, rate: Any) -> Any:
        return product(error * (y * (one - y)), rate)

    @compile_function
    def update(u: Any, a: Any, d00: Any, d01: Any, d10: Any, d11: Any, scale: Any) -> None:
        """Update the weights u (4 * H,) of hidden units, by weight and unit."""
        for h in range(hidden):
            a00, a01, a10, a11 = a[4 * h], a[4 * h + 1], a[4 * h + 2], a[4 * h + 3]
            p00, p01, p10, p11 = (
                product(d00, a00), product(d01, a01), product(d10, a10), product(d11, a11)
            )  # fmt: skip
            g00, g01 = fma(-p00, a00, p00), fma(-p01, a01, p01)
            g10, g11 = fma(-p10, a10, p10), fma(-p11, a11, p11)
            out = u[3 * hidden + h]
            u[h] = fma(out, g10 + g11, u[h])
            u[hidden + h] = fma(out, g01 + g11, u[hidden + h])
            u[2 * hidden + h] = fma(out, (g00 + g01) + (g10 + g11), u[2 * hidden + h])
            u[3 * hidden + h] = fma(scale, (p00 + p01) + (p10 + p11), out)

    @kernel
    def train(
        members: Any, first: Any, last: Any, observed: Any, criterion: Any, held_for: Any,
        until: Any, targets: Any, factor: Any, w: Any, settings: Any, convergence_state: Any,
        y: Any, curve_epochs: Any, place: Any, curve: Any
    ) -> None:  # fmt: skip
        """Train from one epoch to another, in place; see `kernel.train_networks`."""
        thread = cuda.grid(1)
        if thread >= len(members):
            return
        i = members[thread]
        is_open = convergence_state[CONVERGED, i] < 0
        if until and not is_open:
            return
        u, a = cuda.local.array(weights, real), cuda.local.array(weights, real)
        for k in range(weights):
            u[k] = w[k, i]
        bias = w[weights, i]
        limit = settings[LIMIT, i]
        rate = factor * settings[RATE, i]
        scale = settings[OUTPUT_RATE, i] / settings[RATE, i]
        t00, t01, t10, t11 = targets[0], targets[1], targets[2], targets[3]
        is_simple = criterion == LARGEST_ERROR and held_for == 1
        mark = curve_epochs[place] if place < len(curve_epochs) else -1
        for epoch in range(first, last + 1):
            y00, y01, y10, y11 = forward(u, bias, a)
            e00, e01, e10, e11 = t00 - y00, t01 - y01, t10 - y10, t11 - y11
            near = (abs(e00) < limit) & (abs(e01) < limit)
            near &= (abs(e10) < limit) & (abs(e11) < limit)
            stands_still = False
            if (near & is_open) | (epoch == mark) | (epoch == last) | (not is_simple):
                y[0, i], y[1, i], y[2, i], y[3, i] = y00, y01, y10, y11
                if epoch > observed:
                    met = near if is_simple else meets(criterion, limit, y, targets, i)
                    if note(met, held_for, epoch, convergence_state, i):
                        is_open, stands_still = False, until
                end = len(curve_epochs) if stands_still else place + (epoch == mark)
                for later in range(place, end):
                    curve[later, i] = half_sse(y, targets, i)
                place = end
                mark = curve_epochs[place] if place < len(curve_epochs) else -1
            if stands_still or epoch == last:
                break
            d00, d01 = delta(e00, y00, rate), delta(e01, y01, rate)
            d10, d11 = delta(e10, y10, rate), delta(e11, y11, rate)
            bias = fma(scale, (d00 + d01) + (d10 + d11), bias)
            update(u, a, d00, d01, d10, d11, scale)
        for k in range(weights):
            w[k, i] = u[k]
        w[weights, i] = bias

    return train
