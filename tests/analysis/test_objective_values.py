"""Objectives of runs whose numbers are written down, against formulas and SciPy."""

import math
from dataclasses import FrozenInstanceError
from statistics import median

import numpy as np
import pytest
from scipy.stats import binom, norm

from xorsweep.analysis.objective_values import ObjectiveValue, estimate_objective
from xorsweep.networks.objectives import SeedRuns

EPOCHS = 1_000
INF = math.inf


def runs(converged_epochs: list[int], errors: list[float] | None = None) -> SeedRuns:
    """Return runs of 1,000 epochs, -1 for one that never converged."""
    found = np.array(errors or [0.5] * len(converged_epochs))
    return SeedRuns.read(found, np.array(converged_epochs), EPOCHS)


def test_the_failure_rate_has_wilsons_interval() -> None:
    found = estimate_objective("failure_rate", runs([5] * 14 + [-1] * 6))
    z, n, rate = norm.ppf(0.975), 20, 0.3
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    assert found.value == rate
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half))


def test_the_failure_rate_at_its_ends_is_inside_its_interval() -> None:
    none = estimate_objective("failure_rate", runs([5] * 20))
    every = estimate_objective("failure_rate", runs([-1] * 20))
    assert (none.value, none.low, every.value, every.high) == (0, 0, 1, 1)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert every.low == pytest.approx(0.025 ** (1 / 20))


def test_the_expected_running_time_is_all_epochs_over_the_solutions() -> None:
    epochs = [100, 200, -1, 400, 300, -1, 250]
    found = estimate_objective("expected_running_time", runs(epochs))
    spent = [EPOCHS if each < 0 else each for each in epochs]
    solved = [each >= 0 for each in epochs]
    value = sum(spent) / sum(solved)
    residual = sum((s - value * c) ** 2 for s, c in zip(spent, solved, strict=True))
    half = norm.ppf(0.975) * math.sqrt(7 / 6 * residual) / sum(solved)
    assert found.value == value
    assert found.high == pytest.approx(value + half)
    assert found.low == pytest.approx(max(0, value - half))


def test_a_running_time_is_not_below_zero_and_may_be_infinite() -> None:
    few = estimate_objective("expected_running_time", runs([10, 20, *[-1] * 20]))
    assert (few.value, few.low) == (20_030 / 2, 0)
    assert estimate_objective("expected_running_time", runs([-1] * 5)) == ObjectiveValue(INF)
    one = estimate_objective("expected_running_time", runs([10, -1, -1]))
    assert one == ObjectiveValue(2_010)


@pytest.mark.parametrize("n", [5, 6, 9, 20, 101])
def test_the_median_error_has_limits_among_the_runs(n: int) -> None:
    errors = np.random.default_rng(n).exponential(1, n).tolist()
    found = estimate_objective("final_error", runs([-1] * n, errors))
    assert found.value == median(errors)
    # The kth smallest and largest, with the largest k that the binomial distribution allows.
    allowed = [k for k in range(1, n // 2 + 1) if binom.cdf(k - 1, n, 0.5) <= 0.025]
    ordered = sorted(errors)
    limits = (ordered[allowed[-1] - 1], ordered[-allowed[-1]]) if allowed else (None, None)
    assert (found.low, found.high) == limits


def test_a_network_that_diverged_counts_as_infinite_in_the_median() -> None:
    errors = [0.1, math.nan, 0.3, INF, 0.2]
    assert estimate_objective("final_error", runs([-1] * 5, errors)).value == 0.3
    assert estimate_objective("final_error", runs([-1] * 4, [0.1, INF, 0.2, INF])).value == INF
    largest = [1.7e308, 1.6e308]
    assert estimate_objective("final_error", runs([-1] * 2, largest)).value > 1.6e308


@pytest.mark.parametrize(
    ("objective", "value"),
    [("final_error", 0.25), ("failure_rate", 0.0), ("expected_running_time", 70.0)],
)
def test_one_run_has_no_interval(objective: str, value: float) -> None:
    assert estimate_objective(objective, runs([70], [0.25])) == ObjectiveValue(value)


def test_a_value_is_a_number_and_stays_as_it_is() -> None:
    value = ObjectiveValue(0.25, 0.1, 0.4)
    assert float(value) == 0.25
    with pytest.raises(FrozenInstanceError):
        value.value = 0.0  # type: ignore[misc]
