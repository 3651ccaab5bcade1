"""The function agrees with the theory of the map, and works element by element."""

import math

import numpy as np
import pytest
from xorsweep_example.logistic_map import lyapunov

from xorsweep.functions import check_function


def exponent(r: float, seed: int) -> float:
    return float(lyapunov(np.array([r]), np.array([seed]))["exponent"][0])


@pytest.mark.parametrize("r", [1.5, 2.5, 2.9])
def test_at_a_fixed_point_it_is_the_logarithm_of_the_slope(r: float) -> None:
    assert exponent(r, 1) == pytest.approx(math.log(abs(2 - r)), abs=0.01)


def test_at_four_it_is_the_logarithm_of_two() -> None:
    assert np.mean([exponent(4.0, seed) for seed in range(1, 30)]) == pytest.approx(
        math.log(2), abs=0.01
    )


def test_it_works_element_by_element() -> None:
    check_function(lyapunov, {"r": np.linspace(2.5, 4.0, 40), "seed": range(5)}, vectorized=True)
