"""Convergence rates with 95 % intervals."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95


@cache
def rate_interval(successes: int, runs: int) -> tuple[float, float]:
    """Return the limits of a rate: Wilson's, or Clopper and Pearson's at 0 and at all of n.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927); C. J. Clopper and E. S. Pearson, "The use of
    confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26 (1934).
    """
    if runs == 0:
        return np.nan, np.nan
    method: Literal["exact", "wilson"] = "exact" if successes in (0, runs) else "wilson"
    interval = binomtest(successes, runs).proportion_ci(CONFIDENCE, method=method)
    return float(interval.low), float(interval.high)
