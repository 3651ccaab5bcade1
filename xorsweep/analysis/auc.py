"""How well a number distinguishes two kinds of runs: the area under the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorsweep.analysis.intervals import CONFIDENCE, standard_errors
from xorsweep.fields import FloatArray


@dataclass(frozen=True)
class Auc:
    """The area under the ROC curve with its limits, which are NaN where they can't be computed.

    Attributes:
        value: The share of pairs, one positive and one negative, in which the positive has the
            larger score; pairs with the same score count one half.
        low: Its lower limit.
        high: Its upper limit.
    """

    value: float
    low: float
    high: float


def auc(scores: FloatArray, positive: NDArray[np.bool_], confidence: float = CONFIDENCE) -> Auc:
    """Return the area under the ROC curve, NaN unless there are positives and negatives.

    It is the statistic of H. B. Mann and D. R. Whitney, "On a test of whether one of two random
    variables is stochastically larger than the other", Annals of Mathematical Statistics 18 (1947),
    divided by the number of pairs. The limits are those of E. R. DeLong, D. M. DeLong and D. L.
    Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
    characteristic curves", Biometrics 44 (1988); they are NaN where all scores of one kind are
    above all of the other, or either has one score.

    Args:
        scores: Of n runs (n,).
        positive: Which of them are positive (n,).
        confidence: How often the limits hold.
    """
    above, below = scores[positive], scores[~positive]
    if not (len(above) and len(below)):
        return Auc(np.nan, np.nan, np.nan)
    ranks = mean_ranks(scores)
    # Of each run, the share of those of the other kind that it lies above, or below.
    of_above = (ranks[positive] - mean_ranks(above)) / len(below)
    of_below = 1 - (ranks[~positive] - mean_ranks(below)) / len(above)
    value = float(of_above.mean())
    # With one run, or with no pair the wrong way round, the variance is NaN or 0.
    if min(len(above), len(below)) < 2 or value in (0, 1):
        return Auc(value, np.nan, np.nan)
    # Positives and negatives are independent samples, so their variances add up.
    variance = of_above.var(ddof=1) / len(above) + of_below.var(ddof=1) / len(below)
    half = standard_errors(confidence) * float(np.sqrt(variance))
    return Auc(value, max(0.0, value - half), min(1.0, value + half))


def mean_ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each value (n,), from 1; equal values share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks
