"""The work of kernels after an epoch, for one network: test the criterion, keep the learning curve.

`convergence_state` (3, B) has the rows HELD, CONVERGED and MEETS of `numba.convergence`. Outputs y
are (rows * outputs, B), targets t (rows * outputs,).
"""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import Any, NamedTuple

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


class Observation(NamedTuple):
    """Functions of one precision that kernels call.

    Attributes:
        meets: Tells whether a network meets the criterion.
        half_sse: Returns half the sum of squared errors, float64.
    """

    meets: Any
    half_sse: Any


@cache
def observation(dtype: str) -> Observation:
    """Return the functions for float64 or float32."""
    fma, product = arithmetic(dtype).fma, arithmetic("float64").product
    zero = np.dtype(dtype).type(0)
    real = np.dtype(dtype).type

    @compile_function
    def meets(criterion: Any, limit: Any, y: Any, t: Any, i: Any) -> Any:
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
    def half_sse(y: Any, t: Any, i: Any) -> Any:
        total = 0.0
        for k in range(len(t)):
            error = np.float64(t[k]) - np.float64(y[k, i])
            total += product(error, error)
        return 0.5 * total

    return Observation(meets, half_sse)


@compile_function
def note(met: Any, held_for: Any, epoch: Any, convergence_state: Any, i: Any) -> Any:
    """Update `convergence_state` after an epoch; tell whether the network converged there."""
    held = convergence_state[HELD, i] + 1 if met else 0
    convergence_state[HELD, i] = held
    convergence_state[MEETS, i] = 1 if met else 0
    if convergence_state[CONVERGED, i] < 0 and held >= held_for:
        convergence_state[CONVERGED, i] = epoch
        return True
    return False
