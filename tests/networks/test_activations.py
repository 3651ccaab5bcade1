"""Activations against their definitions, and their slopes against finite differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xorsweep.networks.activations import ACTIVATIONS, Activation, LeakyRelu

Floats = NDArray[np.float64]

DEFINITIONS: dict[str, Callable[[float], float]] = {
    "logistic": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
}


def activated(activation: Activation, z: Floats) -> Floats:
    a = -z if activation.negated else z.copy()
    with np.errstate(over="ignore"):  # as in the engine, where -z may be large
        activation.activate(a, np.empty_like(a))
    return a


def slopes(activation: Activation, z: Floats, d: Floats) -> Floats:
    """Return d * f'(z) as the backward pass has it."""
    a, out = activated(activation, z), np.empty_like(z)
    activation.back(d * a, d, a, out)
    return out


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(numbers=st.lists(st.floats(-600, 600), min_size=1, max_size=9))
def test_an_activation_agrees_with_its_formula(name: str, numbers: list[float]) -> None:
    found = activated(ACTIVATIONS[name](), np.array(numbers))
    np.testing.assert_allclose(found, [DEFINITIONS[name](z) for z in numbers], rtol=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_its_slope_is_that_of_finite_differences(name: str) -> None:
    z = np.linspace(-6, 6, 50)  # none of them zero, where two have a corner
    d = np.cos(3 * z)
    h = 1e-5
    f = DEFINITIONS[name]
    wanted = [d_ * (f(z_ + h) - f(z_ - h)) / (2 * h) for z_, d_ in zip(z, d, strict=True)]
    np.testing.assert_allclose(slopes(ACTIVATIONS[name](), z, d), wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_its_second_derivative_is_that_of_finite_differences(name: str) -> None:
    activation = ACTIVATIONS[name]()
    z, h, ones = np.linspace(-6, 6, 50), 1e-5, np.ones(50)
    wanted = (slopes(activation, z + h, ones) - slopes(activation, z - h, ones)) / (2 * h)
    found = activation.second_derivative(activated(activation, z))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_broadcast_over_units(name: str) -> None:
    activation = ACTIVATIONS[name]()
    z, d = np.linspace(-2, 2, 24).reshape(3, 1, 8), np.linspace(-1, 1, 8)[None]
    each = np.stack([slopes(activation, unit, d) for unit in z])
    np.testing.assert_array_equal(slopes(activation, z, d), each)


@pytest.mark.parametrize("name", ["logistic", "tanh"])
def test_a_saturated_unit_is_at_its_end_and_flat(name: str) -> None:
    z = np.array([-1e4, -800.0, 800.0, 1e4])
    low = 0.0 if name == "logistic" else -1.0
    np.testing.assert_array_equal(activated(ACTIVATIONS[name](), z), [low, low, 1.0, 1.0])
    np.testing.assert_array_equal(slopes(ACTIVATIONS[name](), z, np.ones(4)), 0.0)


def test_each_network_may_leak_by_a_slope_of_its_own() -> None:
    leaks = np.array([0.01, 0.1, 0.5])
    z = np.array([[-2.0, -2.0, -2.0], [3.0, 3.0, 3.0]])
    activation = LeakyRelu(slope=leaks)
    np.testing.assert_array_equal(activated(activation, z), [-2 * leaks, [3.0, 3.0, 3.0]])
    np.testing.assert_array_equal(
        slopes(activation, z, np.full((2, 3), 2.0)), [2 * leaks, [2.0] * 3]
    )
