"""Draws for many seeds at once: those of NumPy's RandomState for each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xorsweep.networks.architecture import Network
from xorsweep.networks.initializers import Uniform
from xorsweep.networks.mersenne_twister import (
    AT_ONCE,
    FEWEST_SEEDS,
    MOST_DRAWS,
    uniform_draws,
)

SEEDS = st.integers(0, 2**32 - 1)


def drawn_by_numpy(seeds: NDArray[np.uint32], count: int) -> NDArray[np.float64]:
    return np.stack([np.random.RandomState(s).random_sample(count) for s in seeds.tolist()], axis=1)


@given(st.lists(SEEDS, min_size=1, max_size=9), st.integers(1, MOST_DRAWS))
def test_draws_are_those_of_numpy(seeds: list[int], count: int) -> None:
    numbers = np.array(seeds, np.uint32)
    np.testing.assert_array_equal(uniform_draws(numbers, count), drawn_by_numpy(numbers, count))


@pytest.mark.parametrize("count", [1, 9, MOST_DRAWS])
def test_more_seeds_than_are_drawn_at_once_are_drawn_too(count: int) -> None:
    seeds = np.arange(AT_ONCE + 3, dtype=np.uint32) * np.uint32(977_777)
    some = np.r_[0, 1, AT_ONCE - 1 : AT_ONCE + 3]
    found = uniform_draws(seeds, count)
    assert found.shape == (count, len(seeds))
    np.testing.assert_array_equal(found[:, some], drawn_by_numpy(seeds[some], count))


@pytest.mark.parametrize("hidden", [2, 40])
def test_a_network_starts_with_the_same_weights_among_few_and_among_many(hidden: int) -> None:
    network, seeds = Network(2, hidden, 1), np.arange(2 * FEWEST_SEEDS, dtype=np.uint32)
    assert (network.size <= MOST_DRAWS) == (hidden == 2)
    together = Uniform(low=-1.0).draw(network, seeds)
    apart = np.concatenate(
        [Uniform(low=-1.0).draw(network, some) for some in np.split(seeds, 4)], 1
    )
    np.testing.assert_array_equal(together, apart)
