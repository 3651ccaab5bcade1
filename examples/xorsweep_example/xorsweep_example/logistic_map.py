"""How fast neighbouring orbits of the logistic map part, a function of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

SETTLING, MEASURED = 200, 800
"""Steps before the orbit is looked at, and steps over which it is."""
GOLDEN = (5**0.5 - 1) / 2


def lyapunov(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the Lyapunov exponent, and where the orbit ends, of x -> r x (1 - x).

    `r` lies between 0 and 4, `seed` numbers where the orbit starts; both are arrays (N,), and so
    is what is returned. The exponent is the mean of log |r (1 - 2 x)| along the orbit. R. M. May,
    "Simple mathematical models with very complicated dynamics", Nature 261 (1976).
    """
    r, seed = columns["r"], columns["seed"]
    x = (0.5 + seed * GOLDEN) % 1.0
    total = np.zeros(len(x))
    for step in range(SETTLING + MEASURED):
        if step >= SETTLING:
            slope = np.abs(r * (1 - 2 * x))
            total += np.log(np.maximum(slope, 1e-300))
        x = r * x * (1 - x)
    return {"exponent": total / MEASURED, "x": x}
