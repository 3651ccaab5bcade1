"""The median of ratios of times: its limits by a sign test, and of which seeds it is."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import quantile_test

from xorsweep.analysis.time_ratios import median_interval, time_ratio


def runs(*epochs: float | None, failed: tuple[int, ...] = ()) -> pd.DataFrame:
    """Return a run a seed: the epoch at which it converged, None where it didn't."""
    status = ["failed" if seed in failed else "ok" for seed in range(len(epochs))]
    frame = pd.DataFrame({"seed": range(len(epochs)), "status": status, "converged_epoch": epochs})
    return frame.astype({"converged_epoch": "Int64"})


def test_the_ratio_is_of_the_seeds_that_converged_in_both() -> None:
    slow = runs(*range(100, 112), None, 50, 70)
    fast = runs(*[10] * 12, 10, None, 70, None)
    found = time_ratio(slow, fast, 0.95)
    assert found
    assert (found.converged, found.seeds) == (13, 15)
    assert found.value == pytest.approx(10.5)
    assert found.low <= found.value <= found.high
    turned = time_ratio(fast, slow, 0.95)
    assert turned
    assert (1 / turned.value, 1 / turned.high, 1 / turned.low) == pytest.approx(
        (found.value, found.low, found.high)
    )


def test_runs_that_failed_are_no_seeds_and_the_first_epoch_is_one() -> None:
    slow, fast = runs(*[8] * 10, failed=(0, 1)), runs(*[0] * 10)
    found = time_ratio(slow, fast, 0.95)
    assert found
    assert (found.converged, found.seeds) == (8, 8)
    assert (found.value, found.low, found.high) == pytest.approx((8, 8, 8))


def test_too_few_seeds_have_no_interval() -> None:
    assert time_ratio(runs(*[20] * 5), runs(*[10] * 5), 0.95) is None
    assert time_ratio(runs(*[20] * 6), runs(*[10] * 6), 0.95) is not None
    assert time_ratio(runs(*[20] * 6), runs(*[10] * 6), 0.99) is None
    assert time_ratio(runs(None), runs(10), 0.95) is None


@given(
    st.lists(st.floats(-9, 9), max_size=80, unique=True), st.sampled_from([0.8, 0.95, 0.99, 0.9995])
)
def test_the_limits_are_the_narrowest_that_a_sign_test_allows(
    values: list[float], confidence: float
) -> None:
    found, n, ordered = median_interval(np.array(values), confidence), len(values), sorted(values)

    def misses(k: int) -> float:  # the median lies outside the kth smallest and the kth largest
        return 2 * sum(comb(n, below) for below in range(k)) / 2**n

    allowed = [k for k in range(1, n // 2 + 1) if misses(k) <= 1 - confidence]
    if not allowed:
        assert found is None
        return
    k = max(allowed)
    assert found == (ordered[k - 1], ordered[n - k])
    scipys = quantile_test(values, p=0.5).confidence_interval(confidence)
    assert found[0] <= scipys.high
    assert found[1] >= scipys.low


def test_the_limits_of_the_median_have_their_nominal_coverage() -> None:
    rng = np.random.default_rng(5)
    found = [median_interval(rng.exponential(1, 25), 0.95) for _ in range(4_000)]
    held = [low <= np.log(2) <= high for low, high in filter(None, found)]
    assert len(held) == 4_000
    assert np.mean(held) >= 0.945
