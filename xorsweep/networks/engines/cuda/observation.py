"""The work of kernels after an epoch, for one network: test the criterion, keep the learning curve.

Arrays of networks are (rows, B), and i is the network's column: the outputs y (rows * outputs, B)
have the targets t (rows * outputs,).
"""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import Any

import numpy as np

from xorsweep.networks.engines.cuda.compile import compile_function
from xorsweep.networks.engines.cuda.math import arithmetic
from xorsweep.networks.engines.numba.convergence import (
    CONVERGED,
    HELD,
    LARGEST_ERROR,
    MEETS,
    ROOT_MEAN_SQUARE,
)

_product = arithmetic("float64").product


@cache
def observation(dtype: str) -> Any:
    """Return the function that tests the criterion, for float64 or float32."""
    fma, real = arithmetic(dtype).fma, np.dtype(dtype).type
    zero = real(0)

    @compile_function
    def meets(i: Any, criterion: Any, limit: Any, y: Any, t: Any) -> Any:
        if criterion == LARGEST_ERROR:
            met = True
            for k in range(len(t)):
                met &= abs(t[k] - y[k, i]) < limit
            return met
        total = zero
        for k in range(len(t)):
            error = t[k] - y[k, i]
            total = fma(error, error, total)
        if criterion == ROOT_MEAN_SQUARE:
            return real(sqrt(total / real(len(t)))) < limit
        return total < limit

    @compile_function
    def observe(
        i: Any, epoch: Any, criterion: Any, limit: Any, held_for: Any, y: Any, t: Any,
        convergence_state: Any
    ) -> Any:  # fmt: skip
        """Update `convergence_state` after an epoch; tell whether the network converged there.

        Its rows (3, B) are HELD, CONVERGED and MEETS of `numba.convergence`.
        """
        met = meets(i, criterion, limit, y, t)
        held = convergence_state[HELD, i] + 1 if met else 0
        convergence_state[HELD, i] = held
        convergence_state[MEETS, i] = 1 if met else 0
        if convergence_state[CONVERGED, i] < 0 and held >= held_for:
            convergence_state[CONVERGED, i] = epoch
            return True
        return False

    return observe


@compile_function
def epoch_at(place: Any, curve_epochs: Any) -> Any:
    """Return the epoch at a place of curve_epochs (C,), or -1 after the last."""
    return curve_epochs[place] if place < len(curve_epochs) else -1


@compile_function
def _half_sse(i: Any, y: Any, t: Any) -> Any:
    """Return half the sum of squared errors, float64."""
    total = 0.0
    for k in range(len(t)):
        error = np.float64(t[k]) - np.float64(y[k, i])
        total += _product(error, error)
    return 0.5 * total


@compile_function
def record(
    i: Any, epoch: Any, stands_still: Any, y: Any, t: Any, curve_epochs: Any, place: Any, curve: Any
) -> Any:
    """Write the learning curve (C, B) if its next epoch, the one at `place`, is this one.

    A network that stands still has this value at all later epochs, too. Return the next place.
    """
    end = len(curve_epochs) if stands_still else place + (epoch_at(place, curve_epochs) == epoch)
    for later in range(place, end):
        curve[later, i] = _half_sse(i, y, t)
    return end
