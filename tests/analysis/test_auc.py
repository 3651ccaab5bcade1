"""The area under the ROC curve, against loops over all pairs and against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from profiles import examples
from scipy.stats import mannwhitneyu, norm

from xorsweep.analysis.auc import auc, mean_ranks


def share_of_pairs(above: list[float], below: list[float]) -> float:
    pairs = [(a > b) + (a == b) / 2 for a in above for b in below]
    return sum(pairs) / len(pairs)


def delong(above: list[float], below: list[float]) -> float:
    """Return the standard error of DeLong, DeLong and Clarke-Pearson by loops over pairs."""
    total = 0.0
    for ones, others in ((above, below), (below, above)):
        parts = [share_of_pairs([each], others) for each in ones]
        middle = sum(parts) / len(parts)
        total += sum((each - middle) ** 2 for each in parts) / (len(parts) - 1) / len(parts)
    return float(np.sqrt(total))


SCORES = arrays(float, st.integers(4, 40), elements=st.integers(0, 9).map(float))


@settings(examples(20, 120))
@given(SCORES, st.randoms(use_true_random=False))
def test_it_is_the_share_of_pairs_with_delongs_limits(scores, random) -> None:  # type: ignore[no-untyped-def]
    positive = np.array([random.random() < 0.5 for _ in scores])
    above, below = scores[positive].tolist(), scores[~positive].tolist()
    found = auc(scores, positive, 0.9)
    if not (above and below):
        assert np.isnan([found.value, found.low, found.high]).all()
        return
    value = share_of_pairs(above, below)
    assert found.value == pytest.approx(value)
    assert found.value == pytest.approx(
        mannwhitneyu(above, below).statistic / (len(above) * len(below))
    )
    assert auc(-scores, positive).value == pytest.approx(1 - value)
    if min(len(above), len(below)) < 2 or value in (0, 1):
        assert np.isnan([found.low, found.high]).all()
        return
    half = norm.ppf(0.95) * delong(above, below)
    assert found.low == pytest.approx(max(0, value - half))
    assert found.high == pytest.approx(min(1, value + half))


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    assert mean_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_the_limits_have_their_nominal_coverage() -> None:
    rng = np.random.default_rng(0)
    true = norm.cdf(0.7 / np.sqrt(2))
    held = 0
    for _ in range(1_000):
        positive = np.arange(120) < 40
        found = auc(rng.standard_normal(120) + 0.7 * positive, positive)
        held += found.low <= true <= found.high
    assert 0.92 < held / 1_000 < 0.97
