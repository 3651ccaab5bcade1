"""Kaplan-Meier curves against fractions by hand and a published example."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from xorsweep.analysis.survival import Survival, survival

NEVER = -1
Run = tuple[int, int]
"""The epoch of convergence, or NEVER, and the budget."""

DRUG = [
    *[(6, 99), (6, 99), (6, 99), (NEVER, 6), (7, 99), (NEVER, 9), (10, 99), (NEVER, 10)],
    *[(NEVER, 11), (13, 99), (16, 99), (NEVER, 17), (NEVER, 19), (NEVER, 20), (22, 99)],
    *[(23, 99), (NEVER, 25), (NEVER, 32), (NEVER, 32), (NEVER, 34), (NEVER, 35)],
]
"""Weeks in remission under 6-MP: E. A. Freireich et al., Blood 21 (1963)."""


@st.composite
def runs(draw: st.DrawFn) -> list[Run]:
    """Return runs with several budgets, of which some converge within theirs."""
    budgets = draw(st.lists(st.integers(1, 12), min_size=1, max_size=30))
    return [(draw(st.integers(NEVER, budget)), budget) for budget in budgets]


def curve_of(some: list[Run], confidence: float = 0.95) -> Survival:
    epochs, budgets = np.array(some, np.int64).T
    return survival(epochs, budgets, confidence)


def product_limit(some: list[Run]) -> dict[int, Fraction]:
    """Return the share that is still unsolved after each epoch at which a run ends."""
    ends = [budget if epoch == NEVER else epoch for epoch, budget in some]
    share, found = Fraction(1), {}
    for end in sorted(set(ends)):
        at_risk = sum(each >= end for each in ends)
        solved = sum(epoch == end for epoch, _ in some)
        share *= 1 - Fraction(solved, at_risk)
        found[end] = share
    return found


def clopper_pearson(successes: int, runs: int, confidence: float = 0.95) -> tuple[float, float]:
    interval = binomtest(successes, runs).proportion_ci(confidence, method="exact")
    return interval.low, interval.high


def at(curve: Survival, epoch: int) -> tuple[float, float, float]:
    (place,) = np.flatnonzero(curve.epochs == epoch)
    return float(curve.unsolved[place]), float(curve.low[place]), float(curve.high[place])


def test_a_small_example_by_hand() -> None:
    some = [(2, 10), (3, 10), (NEVER, 3), (5, 10), (NEVER, 10)]
    curve = curve_of(some)
    assert curve.epochs.tolist() == [2, 3, 5, 10]
    wanted = [Fraction(4, 5), Fraction(3, 5), Fraction(3, 10), Fraction(3, 10)]
    assert curve.unsolved.tolist() == pytest.approx([float(share) for share in wanted])
    assert curve.median()[0] == 5


@given(runs())
def test_the_curve_is_the_product_limit(some: list[Run]) -> None:
    wanted = product_limit(some)
    curve = curve_of(some)
    assert curve.epochs.tolist() == list(wanted)
    assert curve.unsolved.tolist() == pytest.approx([float(s) for s in wanted.values()], abs=1e-12)


@given(runs(), st.sampled_from([0.95, 0.99]))
def test_the_bounds_are_greenwoods_on_the_log_log_scale(some: list[Run], confidence: float) -> None:
    curve = curve_of(some, confidence)
    ends = [budget if epoch == NEVER else epoch for epoch, budget in some]
    variance, z = 0.0, float(norm.ppf((1 + confidence) / 2))
    for end, share in product_limit(some).items():
        at_risk = sum(each >= end for each in ends)
        solved = sum(epoch == end for epoch, _ in some)
        if share in (0, 1):
            left = sum(epoch != NEVER or budget >= end for epoch, budget in some)
            low, high = clopper_pearson(left * int(share), left, confidence)
            assert at(curve, end) == pytest.approx((float(share), low, high))
            continue
        variance += solved / (at_risk * (at_risk - solved))
        width = z * math.sqrt(variance) / math.log(share)
        low, high = (float(share) ** math.exp(sign * width) for sign in (-1, 1))
        assert at(curve, end) == pytest.approx((float(share), low, high), rel=1e-9)


@pytest.mark.parametrize(
    ("epoch", "unsolved", "low", "high"),
    [
        (6, 0.8571, 0.6197, 0.9516),
        (7, 0.8067, 0.5631, 0.9228),
        (10, 0.7529, 0.5032, 0.8894),
        (13, 0.6902, 0.4316, 0.8491),
        (16, 0.6275, 0.3675, 0.8049),
        (22, 0.5378, 0.2678, 0.7468),
        (23, 0.4482, 0.1881, 0.6801),
    ],
)
def test_the_published_example_comes_out(
    epoch: int, unsolved: float, low: float, high: float
) -> None:
    assert at(curve_of(DRUG), epoch) == pytest.approx((unsolved, low, high), abs=6e-5)


def test_a_limit_of_the_median_that_is_not_reached_is_not_a_number() -> None:
    median, low, high = curve_of(DRUG).median()
    assert (median, low) == (23, 13)
    assert math.isnan(high)


def test_the_median_is_not_reached_where_most_are_unsolved() -> None:
    assert np.isnan(curve_of([(3, 10), (NEVER, 10), (NEVER, 10)]).median()[0])
    assert np.isnan(curve_of([(NEVER, 10)] * 5).median()).all()


def test_the_median_is_the_first_epoch_with_half_or_fewer_unsolved() -> None:
    assert curve_of([(2, 10), (4, 10), (6, 10), (8, 10)]).median()[0] == 4
    assert curve_of([(2, 10), (4, 10), (6, 10)]).median()[0] == 4
    assert curve_of([(7, 10)]).median() == (7, 7, 7)


@given(runs())
def test_a_curve_falls_within_its_bounds(some: list[Run]) -> None:
    curve = curve_of(some)
    assert (np.diff(curve.epochs) > 0).all()
    assert (np.diff(curve.unsolved) <= 0).all()
    assert (curve.low <= curve.unsolved).all()
    assert (curve.unsolved <= curve.high).all()
    assert curve.low.min() >= 0
    assert curve.high.max() <= 1
    low, high = curve.median()[1:]
    assert np.isnan(high) or low <= high


@given(st.lists(st.integers(0, 10), min_size=1, max_size=20), st.integers(0, 20))
def test_without_other_budgets_the_curve_is_a_share_of_runs(
    epochs: list[int], unsolved: int
) -> None:
    curve = curve_of([(epoch, 10) for epoch in epochs] + [(NEVER, 10)] * unsolved)
    count = len(epochs) + unsolved
    for epoch, share in zip(curve.epochs, curve.unsolved, strict=True):
        left = unsolved + sum(each > epoch for each in epochs)
        assert share == pytest.approx(left / count, abs=1e-12)


def test_all_solved_at_once_leaves_none_but_the_doubt_of_so_few_runs() -> None:
    curve = curve_of([(0, 10)] * 3)
    assert curve.epochs.tolist() == [0]
    assert curve.unsolved.tolist() == curve.low.tolist() == [0]
    assert curve.high.tolist() == pytest.approx([clopper_pearson(0, 3)[1]])
    assert curve.median() == (0, 0, 0)


Fate = tuple[int, int]
"""The end of a run, CONVERGED, DIVERGED or OPEN, and its epoch."""
OPEN, CONVERGED, DIVERGED = range(3)


def with_diverged_kept(fates: list[Fate], budgets: list[int]) -> Survival:
    """Return the curve as sweeps make it: diverged runs censored at the end of their budgets."""
    runs = [
        (epoch if fate == CONVERGED else NEVER, budget)
        for (fate, epoch), budget in zip(fates, budgets, strict=True)
    ]
    return curve_of(runs)


def aalen_johansen(fates: list[Fate]) -> dict[int, Fraction]:
    """Return the incidence of convergence after each epoch, divergence being another event."""
    free, incidence, found = Fraction(1), Fraction(0), {}
    for epoch in sorted({epoch for _, epoch in fates}):
        at_risk = sum(each >= epoch for _, each in fates)
        ended = {fate: fates.count((fate, epoch)) for fate in (CONVERGED, DIVERGED)}
        incidence += free * Fraction(ended[CONVERGED], at_risk)
        free *= 1 - Fraction(sum(ended.values()), at_risk)
        found[epoch] = incidence
    return found


@given(st.lists(st.tuples(st.integers(OPEN, DIVERGED), st.integers(0, 12)), min_size=1))
def test_with_one_budget_the_curve_is_one_minus_aalen_and_johansens_incidence(
    drawn: list[Fate],
) -> None:
    fates = [(fate, 12 if fate == OPEN else epoch) for fate, epoch in drawn]
    curve = with_diverged_kept(fates, [12] * len(fates))
    wanted = aalen_johansen(fates)
    for epoch, unsolved in zip(curve.epochs, curve.unsolved, strict=True):
        assert unsolved == pytest.approx(1 - float(wanted.get(int(epoch), wanted[max(wanted)])))


def test_with_several_budgets_the_curve_still_estimates_that_incidence() -> None:
    """Of runs without end 3 in 10 converge and 5 in 10 diverge, each at any epoch to 100."""
    rng, count = np.random.default_rng(5), 10_000
    kind = rng.choice([OPEN, CONVERGED, DIVERGED], count, p=[0.2, 0.3, 0.5])
    when = np.where(kind == OPEN, 1000, rng.integers(1, 101, count))
    budgets = rng.integers(20, 151, count)
    fates = [
        (int(fate), int(epoch)) if epoch <= budget else (OPEN, int(budget))
        for fate, epoch, budget in zip(kind, when, budgets, strict=True)
    ]
    curve = with_diverged_kept(fates, budgets.tolist())
    other = aalen_johansen(fates)
    for epoch in (20, 60, 100):
        found = 1 - curve.unsolved[np.searchsorted(curve.epochs, epoch)]
        assert found == pytest.approx(0.3 * epoch / 100, abs=0.01)
        assert found == pytest.approx(float(other[epoch]), abs=0.005)
    early = curve_of([(e if f == CONVERGED else NEVER, e) for f, e in fates])
    assert 1 - early.unsolved[np.searchsorted(early.epochs, 100)] > 0.4
