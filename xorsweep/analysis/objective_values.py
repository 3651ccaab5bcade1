"""The value of an objective over several seeds, with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xorsweep.analysis.intervals import median_interval, rate_interval, running_time_intervals

if TYPE_CHECKING:
    from xorsweep.networks.objectives import SeedRuns


@dataclass(frozen=True)
class ObjectiveValue:
    """The value of an objective; `float` returns it as a number.

    Attributes:
        value: The value, infinite where no run gives a finite one.
        low: The lower limit of its 95 % interval; None where there is no interval.
        high: The upper limit.
    """

    value: float
    low: float | None = None
    high: float | None = None

    def __float__(self) -> float:
        return self.value


def estimate_objective(objective: str, runs: SeedRuns) -> ObjectiveValue:
    """Return an objective with its 95 % interval.

    Args:
        objective: `final_error` is the median of the runs, with its limits by order statistics;
            `failure_rate` is the share that didn't converge, with Wilson's limits;
            `expected_running_time` is all epochs spent over the runs that converged, with
            Cochran's limits, and infinite where none did.
        runs: The runs (n,), at least one.

    Returns:
        The value. It has no interval where there are too few runs for one, and of a single run.
    """
    match objective:
        case "failure_rate":
            return _failure_rate(runs)
        case "expected_running_time":
            return _expected_running_time(runs)
        case _:
            return _median_error(runs)


def _failure_rate(runs: SeedRuns) -> ObjectiveValue:
    count = len(runs.converged)
    failures = int(np.count_nonzero(~runs.converged))
    limits = rate_interval(failures, count) if count > 1 else ()
    return ObjectiveValue(failures / count, *limits)


def _expected_running_time(runs: SeedRuns) -> ObjectiveValue:
    solved = int(np.count_nonzero(runs.converged))
    if not solved:
        return ObjectiveValue(np.inf)
    value = float(runs.epochs_spent.sum()) / solved
    cell = np.zeros(len(runs.converged), np.intp)
    (low,), (high,) = running_time_intervals(
        cell, runs.epochs_spent, runs.converged.astype(np.float64)
    )
    if np.isnan(low):
        return ObjectiveValue(value)
    # The normal limits may reach below 0, where no time is.
    return ObjectiveValue(value, max(0.0, float(low)), float(high))


def _median_error(runs: SeedRuns) -> ObjectiveValue:
    with np.errstate(over="ignore"):  # of the two in the middle, near the largest float
        value = float(np.median(runs.final_error))
    limits = median_interval(runs.final_error) if len(runs.final_error) > 1 else None
    return ObjectiveValue(value, *(limits or ()))
