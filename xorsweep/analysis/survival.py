"""Kaplan-Meier curves of `still unsolved` against epochs, and their medians.

E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", Journal of the
American Statistical Association 53 (1958). A run that hasn't converged is censored at its budget.
So is one that diverged, whatever its epoch: divergence is a competing event, such a run will never
be solved, and censoring it early would count it as if it might have been. It stays among the runs
at risk instead, as in J. P. Fine and R. J. Gray, "A proportional hazards model for the
subdistribution of a competing risk", Journal of the American Statistical Association 94 (1999),
where every run's time of censoring is known.

Where all runs have the same budget, as in a cell, the curve is one minus the incidence of
convergence that O. O. Aalen and S. Johansen estimate, "An empirical transition matrix for
non-homogeneous Markov chains", Scandinavian Journal of Statistics 5 (1978). Where budgets differ
both estimate the same incidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.analysis.intervals import CONFIDENCE, rate_intervals, standard_errors
from xorsweep.fields import FloatArray


@dataclass(frozen=True)
class Survival:
    """A step function: at each of `epochs` (K,) the share still unsolved falls to `unsolved`.

    `low` and `high` (K,) bound it pointwise, by default with 95 % confidence, by the log-log
    transformation that keeps them between 0 and 1. Where the curve is 1 or 0 that has no width, and
    they are Clopper and Pearson's for none or all of the runs that weren't censored before.
    """

    epochs: FloatArray
    unsolved: FloatArray
    low: FloatArray
    high: FloatArray

    def median(self) -> tuple[float, float, float]:
        """Return the median epoch and its interval, NaN for those that aren't reached.

        R. Brookmeyer and J. Crowley, "A confidence interval for the median survival time",
        Biometrics 38 (1982).
        """
        # That interval is one of the log-log bounds, which end where the curve is 1 or 0.
        return (
            _first_at_half(self.epochs, self.unsolved),
            _first_at_half(self.epochs, np.where(self.unsolved < 1, self.low, 1)),
            _first_at_half(self.epochs, np.where(self.unsolved > 0, self.high, 0)),
        )


def survival(
    converged_epoch: NDArray[Any], budget: NDArray[Any], confidence: float = CONFIDENCE
) -> Survival:
    """Return the curve of n runs; converged_epoch (n,) is negative where it wasn't reached."""
    solved = converged_epoch >= 0
    epochs, place = np.unique(np.where(solved, converged_epoch, budget), return_inverse=True)
    ended = np.bincount(place, minlength=len(epochs))
    solved_here = np.bincount(place[solved], minlength=len(epochs))
    # A run that is censored at an epoch is still at risk there.
    at_risk = ended[::-1].cumsum()[::-1]
    left = at_risk - solved_here
    unsolved = np.cumprod(left / at_risk)
    censored = ended - solved_here
    low, high = _log_log_interval(unsolved, at_risk, left, confidence)
    # The runs that were censored at earlier epochs say nothing about this one.
    none_low, all_high = bounds_at_ends(len(solved) - (censored.cumsum() - censored), confidence)
    low, high = np.where(unsolved < 1, low, none_low), np.where(unsolved > 0, high, all_high)
    return Survival(epochs.astype(np.float64), unsolved, low, high)


def bounds_at_ends(
    runs: NDArray[np.int64], confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return the lower limit (n,) where none of `runs` (n,) converged, the upper where all did."""
    _, high = rate_intervals(np.zeros_like(runs), runs, confidence)
    return 1 - high, high


def _log_log_interval(
    unsolved: FloatArray,
    at_risk: NDArray[np.int64],
    left: NDArray[np.int64],
    confidence: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the pointwise limits of a curve, which are the curve where it is 1 or 0.

    By Greenwood's variance of log(-log S): J. D. Kalbfleisch and R. L. Prentice, "The Statistical
    Analysis of Failure Time Data", 2nd edition (2002), section 1.4.
    """
    inside = (unsolved > 0) & (unsolved < 1)
    # Where none is left the curve is 0, which `inside` leaves out.
    curve, some_left = unsolved[inside], np.where(left > 0, left, 1)
    greenwood = np.cumsum((at_risk - left) / (at_risk * some_left))[inside]
    half = standard_errors(confidence) * np.sqrt(greenwood) / -np.log(curve)
    low, high = unsolved.copy(), unsolved.copy()
    low[inside], high[inside] = curve ** np.exp(half), curve ** np.exp(-half)
    return low, high


def _first_at_half(epochs: FloatArray, curve: FloatArray) -> float:
    reached = np.flatnonzero(curve <= 0.5)
    return float(epochs[reached[0]]) if len(reached) else np.nan
