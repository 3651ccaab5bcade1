"""The work of kernels after an epoch: test the criterion, record convergence, stop networks.

Arrays are (rows, LANES). `convergence_state` holds three rows of whole numbers: for how many epochs
in a row each network has met the criterion, the epoch at which it converged or -1, and whether it
meets the criterion now.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xorsweep.networks.engines.numba.compile import LANES, compile_function
from xorsweep.networks.engines.numba.optimizers import LIMIT

LARGEST_ERROR, SUM_OF_SQUARES, ROOT_MEAN_SQUARE = range(3)
HELD, CONVERGED, MEETS = range(3)


@compile_function
def observe(
    criterion: Any, held_for: Any, epoch: Any, y: Any, t: Any, settings: Any,
    convergence_state: Any, scratch: Any
) -> None:  # fmt: skip
    """Update `convergence_state` after an epoch, given outputs y and targets t (rows * outputs)."""
    if criterion == LARGEST_ERROR:
        _largest_error(y, t, settings, scratch)
    else:
        _squares(criterion == ROOT_MEAN_SQUARE, y, t, settings, scratch)
    for lane in range(LANES):
        met = scratch[lane] > 0
        held = convergence_state[HELD, lane] + 1 if met else 0
        before = convergence_state[CONVERGED, lane]
        convergence_state[HELD, lane] = held
        convergence_state[CONVERGED, lane] = epoch if before < 0 and held >= held_for else before
        convergence_state[MEETS, lane] = 1 if met else 0


@compile_function
def _largest_error(y: Any, t: Any, settings: Any, met: Any) -> None:
    """Write 1 where every absolute error lies below the limit; a NaN doesn't."""
    zero, one = y.dtype.type(0), y.dtype.type(1)
    for lane in range(LANES):
        met[lane] = one
    for k in range(len(y)):
        for lane in range(LANES):
            near = abs(t[k, lane] - y[k, lane]) < settings[LIMIT, lane]
            met[lane] = met[lane] if near else zero


@compile_function
def _squares(root: Any, y: Any, t: Any, settings: Any, met: Any) -> None:
    """Write 1 where the sum of squared errors, or the root of their mean, is below the limit."""
    zero, one = y.dtype.type(0), y.dtype.type(1)
    count = y.dtype.type(len(y))
    for lane in range(LANES):
        met[lane] = zero
    for k in range(len(y)):
        for lane in range(LANES):
            error = t[k, lane] - y[k, lane]
            met[lane] += error * error
    for lane in range(LANES):
        distance = np.sqrt(met[lane] / count) if root else met[lane]
        met[lane] = one if distance < settings[LIMIT, lane] else zero


@compile_function
def open_count(convergence_state: Any) -> int:
    """Return how many networks haven't converged."""
    count = 0
    for lane in range(LANES):
        count += convergence_state[CONVERGED, lane] < 0
    return count


@compile_function
def freeze(epoch: Any, convergence_state: Any, w: Any, y: Any, kept_w: Any, kept_y: Any) -> None:
    """Copy parameters and outputs of the networks that converged at this epoch."""
    for lane in range(LANES):
        if convergence_state[CONVERGED, lane] == epoch:
            for p in range(len(w)):
                kept_w[p, lane] = w[p, lane]
            for k in range(len(y)):
                kept_y[k, lane] = y[k, lane]
