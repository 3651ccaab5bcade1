"""Rates with intervals, against published values, closed forms and SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binomtest, bootstrap, norm

from xorsweep.analysis.intervals import rate_interval, rate_intervals, running_time_intervals


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    """Return successes and runs, of which there is at least one."""
    runs = draw(st.integers(1, 10_000))
    return draw(st.integers(0, runs)), runs


@pytest.mark.parametrize(
    ("successes", "runs", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
        (0, 20, 0.0, 0.1684),
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (20, 20, 0.8316, 1.0),
    ],
)
def test_intervals_are_the_published_ones(
    successes: int, runs: int, low: float, high: float
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), table I; at 0 and n the exact interval."""
    assert rate_interval(successes, runs) == pytest.approx((low, high), abs=5e-5)


@given(counts())
def test_between_none_and_all_the_interval_is_wilsons(counted: tuple[int, int]) -> None:
    successes, runs = counted
    if successes in (0, runs):
        return
    z = norm.ppf(0.975)
    rate = successes / runs
    centre = rate + z**2 / (2 * runs)
    half = z * math.sqrt(rate * (1 - rate) / runs + z**2 / (4 * runs**2))
    scale = 1 + z**2 / runs
    wanted = ((centre - half) / scale, (centre + half) / scale)
    assert rate_interval(successes, runs) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@given(st.integers(1, 10_000))
def test_at_none_and_at_all_the_interval_is_clopper_and_pearsons(runs: int) -> None:
    low, high = rate_interval(0, runs)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / runs), rel=1e-9)
    assert high == pytest.approx(float(beta.ppf(0.975, 1, runs)), rel=1e-9)
    assert rate_interval(runs, runs) == pytest.approx((1 - high, 1), rel=1e-9)


@given(counts())
def test_an_interval_holds_its_rate_and_mirrors_that_of_the_failures(
    counted: tuple[int, int],
) -> None:
    successes, runs = counted
    low, high = rate_interval(successes, runs)
    assert 0 <= low <= successes / runs <= high <= 1
    assert low < high
    assert rate_interval(runs - successes, runs) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_more_runs_make_a_narrower_interval() -> None:
    widths = [high - low for low, high in (rate_interval(n // 2, n) for n in (10, 100, 1000))]
    assert widths == sorted(widths, reverse=True)


def test_no_run_has_no_interval() -> None:
    assert np.isnan(rate_interval(0, 0)).all()


@given(st.lists(counts(), min_size=1, max_size=20))
def test_many_intervals_at_once_are_those_of_scipy(counted: list[tuple[int, int]]) -> None:
    found = rate_intervals(*np.array(counted).T)
    for (successes, runs), low, high in zip(counted, *found, strict=True):
        test = binomtest(successes, runs)
        interval = test.proportion_ci(method="exact" if successes in (0, runs) else "wilson")
        assert (low, high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-12)


def test_where_every_run_converges_it_is_that_of_a_mean() -> None:
    spent = np.random.default_rng(1).gamma(9, 20, 50)
    low, high = running_time_intervals(np.zeros(50, int), spent, np.ones(50))
    half = 1.959964 * spent.std(ddof=1) / np.sqrt(50)
    np.testing.assert_allclose((low[0], high[0]), (spent.mean() - half, spent.mean() + half))


def test_with_failures_it_is_near_that_of_a_bootstrap() -> None:
    draw = np.random.default_rng(2)
    converged = (draw.random(400) < 0.7).astype(float)
    spent = np.where(converged, draw.gamma(9, 20, 400), 1000.0)
    low, high = running_time_intervals(np.zeros(400, int), spent, converged)
    found = bootstrap(
        (spent, converged),
        lambda s, c, axis: s.sum(axis=axis) / c.sum(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=4000,
        rng=3,
    ).confidence_interval
    width = found.high - found.low
    np.testing.assert_allclose((low[0], high[0]), found, atol=0.1 * width)


def test_each_cell_has_its_own_number_and_one_without_solutions_has_none() -> None:
    cell = np.array([1, 0, 1, 0, 2, 2])
    spent = np.array([10.0, 5, 10, 5, 99, 99])
    low, high = running_time_intervals(cell, spent, np.array([1.0, 1, 1, 1, 0, 0]))
    np.testing.assert_array_equal(low, [5, 10, np.nan])
    np.testing.assert_array_equal(high, low)
