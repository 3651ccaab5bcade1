"""The interval of what a solution costs, against a bootstrap and against a mean's own."""

import numpy as np
from scipy.stats import bootstrap

from xorsweep.analysis.costs import running_time_intervals


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


def test_cells_are_told_apart_and_one_without_solutions_has_none() -> None:
    cell = np.array([1, 0, 1, 0, 2, 2])
    spent = np.array([10.0, 5, 10, 5, 99, 99])
    low, high = running_time_intervals(cell, spent, np.array([1.0, 1, 1, 1, 0, 0]))
    np.testing.assert_array_equal(low, [5, 10, np.nan])
    np.testing.assert_array_equal(high, low)
