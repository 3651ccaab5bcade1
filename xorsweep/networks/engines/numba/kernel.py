"""The kernel for any network, task, optimizer and schedule: tiles of LANES networks, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from xorsweep.networks.engines.numba.compile import LANES, compile_function, kernel
from xorsweep.networks.engines.numba.convergence import freeze, observe, open_count
from xorsweep.networks.engines.numba.forward_backward import backward, forward
from xorsweep.networks.engines.numba.optimizers import step
from xorsweep.networks.engines.numba.row_order import draw_orders, pick


@kernel
def train_tiles(
    shape: Any, codes: Any, span: Any, factor: Any, x: Any, nonzero: Any, t: Any, w: Any,
    state: Any, settings: Any, convergence_state: Any, seeds: Any, y: Any, kept_w: Any, kept_y: Any
) -> None:  # fmt: skip
    """Train tiles from one epoch to another, in place.

    shape is (inputs, hidden, outputs, skip); codes (activation, output, criterion, optimizer,
    online, order, held_for, until_converged); span (first epoch, last epoch, the last that was
    observed). The task, for each of its R rows: x (R, inputs, LANES), nonzero (R, inputs) bool,
    where x isn't zero, t (R, outputs, LANES). For each of T tiles: parameters w (T, P, LANES), the
    optimizer's state (T, S, P, LANES), settings and convergence_state (T, rows, LANES), seeds (T,
    LANES) uint64; outputs y (T, R * outputs, LANES), written; kept_w and kept_y, like w and y, of
    the networks that converged, written where they are to stand still from there on. Floats are
    float64 or float32, all alike.
    """
    for tile in range(len(w)):
        _train_tile(
            shape, codes, span, factor, x, nonzero, t, w[tile], state[tile], settings[tile],
            convergence_state[tile], seeds[tile], y[tile], kept_w[tile], kept_y[tile]
        )  # fmt: skip


@compile_function
def _train_tile(
    shape: Any, codes: Any, span: Any, factor: Any, x: Any, nonzero: Any, t: Any, w: Any,
    state: Any, settings: Any, convergence_state: Any, seeds: Any, y: Any, kept_w: Any, kept_y: Any
) -> None:  # fmt: skip
    activation, output, criterion, optimizer, online, _, held_for, until = codes
    first, last, observed = span
    output_layer = (shape[0] + 1) * shape[1]
    a = np.empty((shape[1], LANES), w.dtype)
    d = np.empty((shape[1] + shape[2], LANES), w.dtype)
    g = np.empty_like(w)
    for epoch in range(first, last + 1):
        g[:] = 0
        for row in range(len(x)):
            outputs = y[row * shape[2] : (row + 1) * shape[2]]
            forward(shape, activation, output, settings, x[row], nonzero[row], w, a, outputs)
            # After the last epoch only outputs are wanted; online, `_train_online` makes the
            # updates.
            if not online and epoch < last:
                backward(
                    shape, activation, output, factor, settings,
                    x[row], nonzero[row], t[row], w, a, outputs, d, g,
                )  # fmt: skip
        # The first epoch of a span was observed at the end of the one before.
        if epoch > observed:
            observe(
                criterion, held_for, epoch, y, t.reshape(y.shape), settings, convergence_state, d[0]
            )
            if until:
                freeze(epoch, convergence_state, w, y, kept_w, kept_y)
                if not open_count(convergence_state):
                    return
        if epoch == last:
            return
        if online:
            _train_online(
                shape, codes, epoch + 1, factor, x, t, w, state, settings, seeds, a, d, g
            )  # fmt: skip
        else:
            step(optimizer, output_layer, w, g, state, settings)


@compile_function
def _train_online(
    shape: Any, codes: Any, epoch: Any, factor: Any, x: Any, t: Any, w: Any, state: Any,
    settings: Any, seeds: Any, a: Any, d: Any, g: Any
) -> None:  # fmt: skip
    """Make an update after each row, in the order of each network."""
    activation, output, _, optimizer, _, order, _, _ = codes
    rows = len(x)
    orders, keys = np.empty((rows, LANES), np.int64), np.empty(rows, np.uint64)
    own_x, own_t = np.empty_like(x[0]), np.empty_like(t[0])
    # The lanes are at different rows, so an input that is 0 in one may not be in the next.
    outputs, nonzero = np.empty_like(t[0]), np.ones(shape[0], np.bool_)
    draw_orders(order, seeds, epoch, keys, orders)
    for place in range(rows):
        pick(orders, place, x, own_x)
        pick(orders, place, t, own_t)
        g[:] = 0
        forward(shape, activation, output, settings, own_x, nonzero, w, a, outputs)
        backward(
            shape, activation, output, factor, settings, own_x, nonzero, own_t, w, a, outputs, d, g
        )  # fmt: skip
        step(optimizer, (shape[0] + 1) * shape[1], w, g, state, settings)
