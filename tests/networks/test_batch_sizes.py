"""Sizes of batches: none too small, workers that end together, little lost in a kill."""

from itertools import product
from math import ceil, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.networks.batch_sizes import LITTLE, LONG, Group, batch_counts, makespan

groups = st.builds(
    Group,
    members=st.integers(1, 20_000),
    most=st.integers(8, 10_000),
    per_batch=st.floats(1e-3, 100),
    per_network=st.floats(1e-6, 1),
)


def sizes(group: Group, count: int) -> tuple[int, int]:
    """Return the fewest and the most networks of the batches."""
    return group.members // count, ceil(group.members / count)


def all_seconds(found: list[Group], counts: list[int]) -> list[float]:
    return [
        group.per_batch + group.per_network * group.members / count
        for group, count in zip(found, counts, strict=True)
        for _ in range(count)
    ]


@given(st.lists(groups, min_size=1, max_size=6), st.integers(1, 9))
def test_no_batch_is_cut_below_where_its_fixed_cost_doubles_the_time_unless_it_is_long(
    found: list[Group], workers: int
) -> None:
    for group, count in zip(found, batch_counts(found, workers), strict=True):
        fewest, most = sizes(group, count)
        assert 1 <= fewest <= most <= group.most
        needed = count == ceil(group.members / group.most)
        knee = group.per_batch / group.per_network
        half = group.per_batch + group.per_network * knee > LONG
        assert needed or count == 1 or fewest >= (knee / 2 if half else knee)


@given(st.lists(groups, min_size=1, max_size=6), st.integers(1, 9))
def test_workers_end_not_long_after_an_ideal_division(found: list[Group], workers: int) -> None:
    """The bound is R. L. Graham's (SIAM J. Appl. Math. 17, 1969) for any order of the batches."""
    counts = batch_counts(found, workers)
    fewest = [ceil(group.members / group.most) for group in found]
    least = sum(all_seconds(found, fewest)) / workers
    unavoidable = max(all_seconds(found, fewest))
    end = makespan(all_seconds(found, counts), workers)
    assert least <= end * (1 + 1e-9)
    assert end <= (1 + LITTLE) * (least + unavoidable) * (1 + 1e-9)


@given(st.integers(1, 10**6), st.floats(1e-6, 1e-2), st.integers(1, 8))
def test_without_fixed_costs_workers_end_together_and_a_kill_costs_seconds(
    members: int, per_network: float, workers: int
) -> None:
    group = Group(members, 10**9, per_batch=1e-9, per_network=per_network)
    (count,) = batch_counts([group], workers)
    seconds = all_seconds([group], [count])
    assert max(seconds) <= LONG
    ideal = per_network * members / workers
    if members >= 100 * workers:
        assert makespan(seconds, workers) <= 1.06 * ideal


def test_a_batch_is_not_cut_where_that_would_cost_more_than_it_saves() -> None:
    array_calls = Group(4096, 4160, per_batch=0.35, per_network=47e-5)
    assert batch_counts([array_calls], 1) == [1]
    assert batch_counts([array_calls], 2) == [2]
    compiled = Group(4096, 8192, per_batch=0.005, per_network=17e-5)
    assert batch_counts([compiled], 1) == [8]


def test_settings_that_differ_in_size_are_not_cut_where_workers_end_together_anyway() -> None:
    found = [Group(500, 2000, 0.3, 1e-3 * seconds) for seconds in (1, 2, 2, 4)]
    assert batch_counts(found, 2) == [1, 1, 1, 1]


def test_a_batch_of_many_epochs_stays_whole_however_long_it_takes() -> None:
    hours = Group(4096, 4160, per_batch=3_500, per_network=4.7)
    assert batch_counts([hours], 1) == [1]
    assert batch_counts([hours], 2) == [2]


@pytest.mark.parametrize(("members", "most", "batches"), [(10_000, 600, 18), (8_700, 600, 16)])
def test_each_of_two_workers_has_as_many_batches(members: int, most: int, batches: int) -> None:
    assert batch_counts([Group(members, most, 0.3, 1e-3)], 2) == [batches]


def test_nothing_is_divided_into_nothing() -> None:
    assert batch_counts([], 2) == []


@given(st.lists(st.floats(0.1, 10), max_size=6), st.integers(1, 3))
def test_the_longest_batch_that_is_left_goes_to_the_first_worker_that_is_free(
    seconds: list[float], workers: int
) -> None:
    """It ends at most 4/3 as late as the best of all divisions: Graham's bound for this order."""
    best = inf
    for places in product(range(workers), repeat=len(seconds)):
        loads = [0.0] * workers
        for place, each in zip(places, seconds, strict=True):
            loads[place] += each
        best = min(best, max(loads))
    end = makespan(seconds, workers)
    assert best <= end * (1 + 1e-9)
    assert end <= best * 4 / 3 * (1 + 1e-9)


def test_the_makespan_of_known_batches() -> None:
    assert makespan([1.0, 2.0, 3.0, 4.0], 2) == 5.0
    assert makespan([9.0, 1.0, 1.0], 2) == 9.0
    assert makespan([], 2) == 0.0
