"""Update rules on a tile, as in `networks.optimizers`, where their papers are named.

Parameters w and minus the gradient g are (P, LANES), the optimizer's state (S, P, LANES) with S as
in `STATES`, and settings (rows, LANES): row RATE holds the learning rates, row OUTPUT_RATE those of
the parameters from `output_layer` on, and those from RULE on the optimizer's own parameters, in the
order of its fields.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xorsweep.networks.engines.numba.compile import LANES, compile_function

RATE, OUTPUT_RATE, LIMIT, SLOPE, RULE = range(5)
"""Rows of the settings: learning rate, that of the output layer, limit of the criterion, slope of
leaky_relu, and the first of the optimizer's own."""
SGD, MOMENTUM, NESTEROV, ADAM, RPROP, QUICKPROP, DELTA_BAR_DELTA = range(7)
STATES = (0, 1, 1, 2, 2, 2, 2)
"""Numbers of state per parameter and optimizer. They start at zero, except the first of rprop and
delta_bar_delta, which starts at the learning rate."""
BETA1, BETA2, EPSILON, POWER1, POWER2 = range(RULE, RULE + 5)
"""Rows of the settings under adam, the last two its powers of beta, which begin with one."""


@compile_function
def step(
    optimizer: Any, output_layer: Any, w: Any, g: Any, state: Any, settings: Any
) -> None:  # fmt: skip
    """Update parameters and state."""
    if optimizer == SGD:
        _sgd(output_layer, w, g, settings)
    elif optimizer == MOMENTUM:
        _momentum(output_layer, w, g, state, settings)
    elif optimizer == NESTEROV:
        _nesterov(output_layer, w, g, state, settings)
    elif optimizer == ADAM:
        _adam(output_layer, w, g, state, settings)
    elif optimizer == RPROP:
        _rprop(w, g, state, settings)
    elif optimizer == QUICKPROP:
        _quickprop(output_layer, w, g, state, settings)
    else:
        _delta_bar_delta(w, g, state, settings)


@compile_function
def _sgd(output_layer: Any, w: Any, g: Any, settings: Any) -> None:
    for p in range(len(w)):
        rate = OUTPUT_RATE if p >= output_layer else RATE
        for lane in range(LANES):
            w[p, lane] += settings[rate, lane] * g[p, lane]


@compile_function
def _momentum(output_layer: Any, w: Any, g: Any, state: Any, settings: Any) -> None:
    for p in range(len(w)):
        rate = OUTPUT_RATE if p >= output_layer else RATE
        for lane in range(LANES):
            pushed = settings[rate, lane] * g[p, lane]
            velocity = settings[RULE, lane] * state[0, p, lane] + pushed
            state[0, p, lane] = velocity
            w[p, lane] += velocity


@compile_function
def _nesterov(output_layer: Any, w: Any, g: Any, state: Any, settings: Any) -> None:
    for p in range(len(w)):
        rate = OUTPUT_RATE if p >= output_layer else RATE
        for lane in range(LANES):
            pushed = settings[rate, lane] * g[p, lane]
            velocity = settings[RULE, lane] * state[0, p, lane] + pushed
            state[0, p, lane] = velocity
            w[p, lane] += settings[RULE, lane] * velocity + pushed


@compile_function
def _adam(output_layer: Any, w: Any, g: Any, state: Any, settings: Any) -> None:
    one = w.dtype.type(1)
    for lane in range(LANES):
        # One product a step, as in `optimizers.Adam`: pow isn't correctly rounded.
        settings[POWER1, lane] *= settings[BETA1, lane]
        settings[POWER2, lane] *= settings[BETA2, lane]
    for p in range(len(w)):
        rate = OUTPUT_RATE if p >= output_layer else RATE
        for lane in range(LANES):
            beta1, beta2 = settings[BETA1, lane], settings[BETA2, lane]
            slope = g[p, lane]
            m = beta1 * state[0, p, lane] + (one - beta1) * slope
            v = beta2 * state[1, p, lane] + (one - beta2) * (slope * slope)
            state[0, p, lane] = m
            state[1, p, lane] = v
            m /= one - settings[POWER1, lane]
            v /= one - settings[POWER2, lane]
            scale = np.sqrt(v) + settings[EPSILON, lane]
            w[p, lane] += settings[rate, lane] * m / scale


@compile_function
def _rprop(w: Any, g: Any, state: Any, settings: Any) -> None:
    zero, one = w.dtype.type(0), w.dtype.type(1)
    for p in range(len(w)):
        for lane in range(LANES):
            # 0 and NaN are their own sign, as in np.sign.
            sign = one if g[p, lane] > zero else (-one if g[p, lane] < zero else g[p, lane])
            product = sign * state[1, p, lane]
            size = state[0, p, lane]
            grown = size * settings[RULE, lane]
            shrunk = size * settings[RULE + 1, lane]
            size = grown if product > zero else (shrunk if product < zero else size)
            smallest = settings[RULE + 2, lane]
            largest = settings[RULE + 3, lane]
            size = largest if size > largest else (smallest if size < smallest else size)
            # The weight rests, and the next slope is compared with none: the sign kept is 0.
            sign = zero if product < zero else sign
            state[0, p, lane] = size
            state[1, p, lane] = sign
            w[p, lane] += sign * size


@compile_function
def _quickprop(output_layer: Any, w: Any, g: Any, state: Any, settings: Any) -> None:
    zero, one = w.dtype.type(0), w.dtype.type(1)
    for p in range(len(w)):
        rate = OUTPUT_RATE if p >= output_layer else RATE
        for lane in range(LANES):
            growth = settings[RULE, lane]
            slope = g[p, lane] - settings[RULE + 1, lane] * w[p, lane]
            before = state[1, p, lane]
            jump = slope / (before - slope)
            # Neither a NaN nor a parabola without a minimum is below growth and above -1.
            jump = jump if jump <= growth and jump > -one else growth
            pushed = settings[rate, lane] * slope
            turned = (before > zero and slope < zero) or (before < zero and slope > zero)
            pushed = zero if turned else pushed
            moved = state[0, p, lane] * jump + pushed
            state[0, p, lane] = moved
            state[1, p, lane] = slope
            w[p, lane] += moved


@compile_function
def _delta_bar_delta(w: Any, g: Any, state: Any, settings: Any) -> None:
    zero = w.dtype.type(0)
    for p in range(len(w)):
        for lane in range(LANES):
            slope, bar, rate = g[p, lane], state[1, p, lane], state[0, p, lane]
            kappa, phi = settings[RULE, lane], settings[RULE + 1, lane]
            same = (bar > zero and slope > zero) or (bar < zero and slope < zero)
            turned = (bar > zero and slope < zero) or (bar < zero and slope > zero)
            rate = rate + kappa if same else (rate - phi * rate if turned else rate)
            state[0, p, lane] = rate
            theta = settings[RULE + 2, lane]
            state[1, p, lane] = slope + theta * (bar - slope)
            w[p, lane] += rate * slope
