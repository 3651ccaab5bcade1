"""How fast neighbouring orbits of the logistic map part, a function of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SETTLING, MEASURED = 200, 800
"""Steps before the orbit is looked at, and steps over which it is."""
GOLDEN = (5**0.5 - 1) / 2


def lyapunov(r: NDArray[Any], seed: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the Lyapunov exponent, and where the orbit ends, of x -> r x (1 - x).

    The exponent is the mean of log |r (1 - 2 x)| along the orbit. R. M. May, "Simple mathematical
    models with very complicated dynamics", Nature 261 (1976).

    Args:
        r: Growth rates (n,) between 0 and 4.
        seed: Numbers (n,) of the places where orbits start.

    Returns:
        `exponent` (n,), whether orbits part, `chaotic` (n,), and their ends `x` (n,).
    """
    x = (0.5 + seed * GOLDEN) % 1.0
    total = np.zeros(len(x))
    for step in range(SETTLING + MEASURED):
        if step >= SETTLING:
            slope = np.abs(r * (1 - 2 * x))
            total += np.log(np.maximum(slope, 1e-300))
        x = r * x * (1 - x)
    exponent = total / MEASURED
    return {"exponent": exponent, "chaotic": exponent > 0, "x": x}
