"""Answers to any inputs: those of a plain forward pass, and the outputs at the corners."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from xorsweep.grid.schema import Point
from xorsweep.networks.engines.predict import POINTS_AT_ONCE, predict
from xorsweep.networks.single_run import train_single

PointOf = Callable[..., Point]

SHAPES: list[dict[str, Any]] = [
    {},
    {"hidden": 1, "skip": True, "activation": "tanh", "output": "linear"},
    {"activation": "leaky_relu", "task__encoding": "bipolar"},
    {"task": "parity", "task__bits": 3, "hidden": 4},
    {"task": "encoder", "task__size": 4, "hidden": 2},
]


@pytest.mark.parametrize("keys", SHAPES)
def test_answers_to_the_rows_are_the_outputs_of_training(
    point_of: PointOf, keys: dict[str, Any]
) -> None:
    run = train_single(point_of(lr=0.3, epochs=50, **keys))
    for place in (0, 7, -1):
        found = predict(run.training, run.parameters[:, place], run.training.inputs)
        np.testing.assert_allclose(found, run.outputs[..., place], rtol=1e-12)


@pytest.mark.parametrize("count", [1, 9, POINTS_AT_ONCE, POINTS_AT_ONCE + 3])
def test_answers_between_the_rows_are_those_of_the_formula(point_of: PointOf, count: int) -> None:
    run = train_single(point_of(lr=1.0, epochs=100, hidden=3))
    points = np.random.RandomState(1).uniform(-3, 3, size=(count, 2))
    w1, b1, w2, b2, _ = run.final
    hidden = 1 / (1 + np.exp(-(points @ w1 + b1)))
    expected = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
    found = predict(run.training, run.parameters[:, -1], points)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_overflow_gives_no_warning(point_of: PointOf) -> None:
    run = train_single(point_of(epochs=1))
    size = run.training.network.size
    assert np.isnan(predict(run.training, np.full(size, np.nan), np.ones((1, 2)))).all()
    huge = predict(run.training, np.full(size, 1.7e308), np.ones((1, 2)))
    assert huge.shape == (1, 1)
