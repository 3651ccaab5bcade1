"""Update rules on a tile, each as its counterpart in `optimizers`, whose papers are named there.

Arrays are rows of LANES numbers: parameters w and descent g (P rows), the rule's state (as many
rows of P as `STATES` says), and settings, of which row RATE holds the learning rates and those
from RULE on the rule's own parameters, in the order of its fields.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xorsweep.engines.numba_compile import LANES, compiled

RATE, LIMIT, SLOPE, RULE = range(4)
"""Rows of the settings: learning rate, limit of the criterion, slope of leaky_relu, the rule's."""
SGD, MOMENTUM, NESTEROV, ADAM, RPROP, QUICKPROP, DELTA_BAR_DELTA = range(7)
STATES = (0, 1, 1, 2, 2, 2, 2)
"""Numbers that a rule remembers for each parameter; those of rprop and delta_bar_delta that come
first begin with the learning rate, all others with zero."""
BETA1, BETA2, EPSILON, POWER1, POWER2 = range(RULE, RULE + 5)
"""Rows of the settings under adam, the last two its powers of beta, which begin with one."""


@compiled
def step(rule: Any, w: Any, g: Any, state: Any, settings: Any) -> None:
    """Update parameters and state."""
    if rule == SGD:
        _sgd(w, g, settings)
    elif rule == MOMENTUM:
        _momentum(w, g, state, settings)
    elif rule == NESTEROV:
        _nesterov(w, g, state, settings)
    elif rule == ADAM:
        _adam(w, g, state, settings)
    elif rule == RPROP:
        _rprop(w, g, state, settings)
    elif rule == QUICKPROP:
        _quickprop(w, g, state, settings)
    else:
        _delta_bar_delta(w, g, state, settings)


@compiled
def _sgd(w: Any, g: Any, settings: Any) -> None:
    for p in range(0, w.size, LANES):
        for lane in range(LANES):
            w[p + lane] += settings[RATE * LANES + lane] * g[p + lane]


@compiled
def _momentum(w: Any, g: Any, state: Any, settings: Any) -> None:
    for p in range(0, w.size, LANES):
        for lane in range(LANES):
            pushed = settings[RATE * LANES + lane] * g[p + lane]
            velocity = settings[RULE * LANES + lane] * state[p + lane] + pushed
            state[p + lane] = velocity
            w[p + lane] += velocity


@compiled
def _nesterov(w: Any, g: Any, state: Any, settings: Any) -> None:
    for p in range(0, w.size, LANES):
        for lane in range(LANES):
            pushed = settings[RATE * LANES + lane] * g[p + lane]
            velocity = settings[RULE * LANES + lane] * state[p + lane] + pushed
            state[p + lane] = velocity
            w[p + lane] += settings[RULE * LANES + lane] * velocity + pushed


@compiled
def _adam(w: Any, g: Any, state: Any, settings: Any) -> None:
    one = w.dtype.type(1)
    square = w.size
    for lane in range(LANES):
        settings[POWER1 * LANES + lane] *= settings[BETA1 * LANES + lane]
        settings[POWER2 * LANES + lane] *= settings[BETA2 * LANES + lane]
    for p in range(0, w.size, LANES):
        for lane in range(LANES):
            beta1, beta2 = settings[BETA1 * LANES + lane], settings[BETA2 * LANES + lane]
            slope = g[p + lane]
            m = beta1 * state[p + lane] + (one - beta1) * slope
            v = beta2 * state[square + p + lane] + (one - beta2) * (slope * slope)
            state[p + lane] = m
            state[square + p + lane] = v
            m /= one - settings[POWER1 * LANES + lane]
            v /= one - settings[POWER2 * LANES + lane]
            scale = np.sqrt(v) + settings[EPSILON * LANES + lane]
            w[p + lane] += settings[RATE * LANES + lane] * m / scale


@compiled
def _rprop(w: Any, g: Any, state: Any, settings: Any) -> None:
    zero, one = w.dtype.type(0), w.dtype.type(1)
    previous = w.size
    for p in range(0, w.size, LANES):
        for lane in range(LANES):
            sign = one if g[p + lane] > zero else (-one if g[p + lane] < zero else g[p + lane])
            product = sign * state[previous + p + lane]
            size = state[p + lane]
            grown = size * settings[RULE * LANES + lane]
            shrunk = size * settings[(RULE + 1) * LANES + lane]
            size = grown if product > zero else (shrunk if product < zero else size)
            smallest = settings[(RULE + 2) * LANES + lane]
            largest = settings[(RULE + 3) * LANES + lane]
            size = largest if size > largest else (smallest if size < smallest else size)
            sign = zero if product < zero else sign
            state[p + lane] = size
            state[previous + p + lane] = sign
            w[p + lane] += sign * size


@compiled
def _quickprop(w: Any, g: Any, state: Any, settings: Any) -> None:
    zero, one = w.dtype.type(0), w.dtype.type(1)
    previous = w.size
    for p in range(0, w.size, LANES):
        for lane in range(LANES):
            growth = settings[RULE * LANES + lane]
            slope = g[p + lane] - settings[(RULE + 1) * LANES + lane] * w[p + lane]
            before = state[previous + p + lane]
            jump = slope / (before - slope)
            # Neither a NaN nor a parabola without a minimum is below growth and above -1.
            jump = jump if jump <= growth and jump > -one else growth
            pushed = settings[RATE * LANES + lane] * slope
            turned = (before > zero and slope < zero) or (before < zero and slope > zero)
            pushed = zero if turned else pushed
            moved = state[p + lane] * jump + pushed
            state[p + lane] = moved
            state[previous + p + lane] = slope
            w[p + lane] += moved


@compiled
def _delta_bar_delta(w: Any, g: Any, state: Any, settings: Any) -> None:
    zero = w.dtype.type(0)
    average = w.size
    for p in range(0, w.size, LANES):
        for lane in range(LANES):
            slope, bar, rate = g[p + lane], state[average + p + lane], state[p + lane]
            kappa, phi = settings[RULE * LANES + lane], settings[(RULE + 1) * LANES + lane]
            same = (bar > zero and slope > zero) or (bar < zero and slope < zero)
            turned = (bar > zero and slope < zero) or (bar < zero and slope > zero)
            rate = rate + kappa if same else (rate - phi * rate if turned else rate)
            state[p + lane] = rate
            theta = settings[(RULE + 2) * LANES + lane]
            state[average + p + lane] = slope + theta * (bar - slope)
            w[p + lane] += rate * slope
