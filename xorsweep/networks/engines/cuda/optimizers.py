"""Update rules for one network, as in `networks.optimizers`, where their papers are named.

Arrays are (rows, B), and i is the network's column; rows of settings and states are those of
`numba.optimizers`.
"""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import Any

import numpy as np

from xorsweep.networks.engines.cuda.compile import compile_function
from xorsweep.networks.engines.cuda.math import arithmetic
from xorsweep.networks.engines.numba.optimizers import (
    ADAM,
    BETA1,
    BETA2,
    EPSILON,
    MOMENTUM,
    NESTEROV,
    OUTPUT_RATE,
    POWER1,
    POWER2,
    QUICKPROP,
    RATE,
    RPROP,
    RULE,
    SGD,
)


@cache
def update_rules(dtype: str) -> Any:
    """Return the function that updates a network's parameters and state, for a precision."""
    fma, product = arithmetic(dtype).fma, arithmetic(dtype).product
    real = np.dtype(dtype).type
    zero, one = real(0), real(1)

    @compile_function
    def momentum(i: Any, p: Any, rate: Any, w: Any, slope: Any, state: Any, settings: Any) -> None:
        velocity = fma(rate, slope, product(settings[RULE, i], state[0, p, i]))
        state[0, p, i] = velocity
        w[p, i] += velocity

    @compile_function
    def nesterov(i: Any, p: Any, rate: Any, w: Any, slope: Any, state: Any, settings: Any) -> None:
        pushed = product(rate, slope)
        velocity = fma(settings[RULE, i], state[0, p, i], pushed)
        state[0, p, i] = velocity
        w[p, i] += fma(settings[RULE, i], velocity, pushed)

    @compile_function
    def adam(i: Any, p: Any, rate: Any, w: Any, slope: Any, state: Any, settings: Any) -> None:
        beta1, beta2 = settings[BETA1, i], settings[BETA2, i]
        m = fma(one - beta1, slope, product(beta1, state[0, p, i]))
        v = fma(one - beta2, slope * slope, product(beta2, state[1, p, i]))
        state[0, p, i] = m
        state[1, p, i] = v
        m /= one - settings[POWER1, i]
        v /= one - settings[POWER2, i]
        w[p, i] += product(rate, m) / (real(sqrt(v)) + settings[EPSILON, i])

    @compile_function
    def rprop(i: Any, p: Any, w: Any, slope: Any, state: Any, settings: Any) -> None:
        sign = one if slope > zero else (-one if slope < zero else slope)
        turned = product(sign, state[1, p, i])
        size = state[0, p, i]
        if turned > zero:
            size = product(size, settings[RULE, i])
        elif turned < zero:
            size, sign = product(size, settings[RULE + 1, i]), zero
        smallest, largest = settings[RULE + 2, i], settings[RULE + 3, i]
        size = largest if size > largest else (smallest if size < smallest else size)
        state[0, p, i] = size
        state[1, p, i] = sign
        w[p, i] = fma(sign, size, w[p, i])

    @compile_function
    def quickprop(
        i: Any, p: Any, rate: Any, w: Any, slope: Any, state: Any, settings: Any
    ) -> None:  # fmt: skip
        growth = settings[RULE, i]
        slope = fma(-settings[RULE + 1, i], w[p, i], slope)
        before = state[1, p, i]
        jump = slope / (before - slope)
        # Neither a NaN nor a parabola without a minimum is below growth and above -1.
        if not (jump <= growth and jump > -one):
            jump = growth
        turned = (before > zero and slope < zero) or (before < zero and slope > zero)
        moved = fma(state[0, p, i], jump, zero if turned else product(rate, slope))
        state[0, p, i] = moved
        state[1, p, i] = slope
        w[p, i] += moved

    @compile_function
    def delta_bar_delta(i: Any, p: Any, w: Any, slope: Any, state: Any, settings: Any) -> None:
        bar, rate = state[1, p, i], state[0, p, i]
        if (bar > zero and slope > zero) or (bar < zero and slope < zero):
            rate += settings[RULE, i]
        elif (bar > zero and slope < zero) or (bar < zero and slope > zero):
            rate = fma(-settings[RULE + 1, i], rate, rate)
        state[0, p, i] = rate
        state[1, p, i] = fma(settings[RULE + 2, i], bar - slope, slope)
        w[p, i] = fma(rate, slope, w[p, i])

    @compile_function
    def step(
        i: Any, shape: Any, optimizer: Any, w: Any, g: Any, state: Any, settings: Any
    ) -> None:  # fmt: skip
        output_layer = (shape[0] + 1) * shape[1]
        if optimizer == ADAM:
            settings[POWER1, i] = product(settings[POWER1, i], settings[BETA1, i])
            settings[POWER2, i] = product(settings[POWER2, i], settings[BETA2, i])
        for p in range(len(w)):
            rate = settings[OUTPUT_RATE if p >= output_layer else RATE, i]
            slope = g[p, i]
            if optimizer == SGD:
                w[p, i] = fma(rate, slope, w[p, i])
            elif optimizer == MOMENTUM:
                momentum(i, p, rate, w, slope, state, settings)
            elif optimizer == NESTEROV:
                nesterov(i, p, rate, w, slope, state, settings)
            elif optimizer == ADAM:
                adam(i, p, rate, w, slope, state, settings)
            elif optimizer == RPROP:
                rprop(i, p, w, slope, state, settings)
            elif optimizer == QUICKPROP:
                quickprop(i, p, rate, w, slope, state, settings)
            else:
                delta_bar_delta(i, p, w, slope, state, settings)

    return step
