"""The components keep the rules of a sweep, and agree with their papers."""

import numpy as np
import pytest
from xorsweep_example.components import FanIn, Majority, Percentage, Rmsprop

from xorsweep import check_component
from xorsweep.networks.architecture import Network


@pytest.mark.parametrize(
    ("group", "component"),
    [("task", Majority), ("init", FanIn), ("criterion", Percentage), ("optimizer", Rmsprop)],
)
def test_a_component_gives_the_same_rows_however_it_is_swept(group: str, component: type) -> None:
    check_component(group, component)


def test_three_bits_have_a_majority() -> None:
    assert Majority().truth().ravel().tolist() == [0, 0, 0, 1, 0, 1, 1, 1]


def test_weights_have_the_standard_deviation_of_their_fan_in() -> None:
    network = Network(4, 16, 1, False)
    weights = network.views(FanIn(gain=2.0).draw(network, np.arange(400, dtype=np.uint32)))
    assert weights.w1.std() == pytest.approx(2 / np.sqrt(4), rel=0.02)
    assert weights.w2.std() == pytest.approx(2 / np.sqrt(16), rel=0.02)
    assert not weights.b1.any()


def test_the_first_step_has_the_length_of_its_formula() -> None:
    weights, negative_gradient, rate = np.zeros((1, 1)), np.array([[3.0]]), np.array([0.1])
    rule = Rmsprop(decay=0.75)
    rule.step(rule.start(weights, rate), weights, negative_gradient, rate, np.empty((1, 1)))
    assert weights[0, 0] == pytest.approx(0.1 * 3 / np.sqrt(0.25 * 9))


def test_the_percentage_is_of_the_mean_square() -> None:
    errors, out = np.array([[0.1], [0.3]]), np.empty(1)
    Percentage().distance(errors, np.empty_like(errors), out)
    assert out[0] == pytest.approx(100 * (0.01 + 0.09) / 2)
