"""How sure the epochs are that a solution costs where runs that fail are followed by others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.analysis.intervals import CONFIDENCE, standard_errors
from xorsweep.fields import FloatArray


def running_time_intervals(
    cell: NDArray[Any],
    spent: FloatArray,
    converged: FloatArray,
    confidence: float = CONFIDENCE,
) -> tuple[FloatArray, FloatArray]:
    """Return the limits (cells,) of the expected running time of each cell.

    `cell` (N,) numbers the cell of each run from 0, `spent` (N,) is the epochs that it took and
    `converged` (N,) 1 where it converged, else 0. The expected running time is a ratio of two
    sums; its limits are those of W. G. Cochran, "Sampling Techniques" (1977), section 6.3, NaN
    where fewer than two runs converged. They hold where some thirty did.
    """
    runs, total, solved = (np.bincount(cell, weights) for weights in (None, spent, converged))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = total / solved
        residual = np.bincount(cell, (spent - ratio[cell] * converged) ** 2)
        half = standard_errors(confidence) * np.sqrt(runs / (runs - 1) * residual) / solved
    sure = solved > 1
    return np.where(sure, ratio - half, np.nan), np.where(sure, ratio + half, np.nan)
