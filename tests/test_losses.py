"""Losses against the derivatives of their definitions, and how their learning rates convert."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from batches import training_of

from xorsweep.config import Point
from xorsweep.engines.numpy_engine import train
from xorsweep.losses import LOSSES

PointOf = Callable[..., Point]


def squares(targets: Sequence[float], outputs: Sequence[float]) -> float:
    return sum((t - y) ** 2 for t, y in zip(targets, outputs, strict=True))


DEFINITIONS: dict[str, Callable[[Sequence[float], Sequence[float]], float]] = {
    "half_sse": lambda t, y: squares(t, y) / 2,
    "half_mse": lambda t, y: squares(t, y) / len(t) / 2,
    "mse": lambda t, y: squares(t, y) / len(t),
    "cross_entropy": lambda targets, outputs: sum(
        -t * math.log(y) - (1 - t) * math.log(1 - y) for t, y in zip(targets, outputs, strict=True)
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_factor_of_an_error_is_minus_the_derivative(name: str) -> None:
    targets, outputs = [0.0, 1.0, 0.1, 0.9, 1.0, 0.0], [0.2, 0.7, 0.4, 0.8, 0.01, 0.5]
    loss, h = LOSSES[name](), 1e-6
    for row, (t, y) in enumerate(zip(targets, outputs, strict=True)):
        above, below = list(outputs), list(outputs)
        above[row], below[row] = y + h, y - h
        slope = (DEFINITIONS[name](targets, above) - DEFINITIONS[name](targets, below)) / (2 * h)
        # By the output, or where it cancels the logistic's slope y (1 - y) by what goes into it.
        scale = y * (1 - y) if loss.cancels_slope else 1.0
        assert loss.factor(len(targets)) * (t - y) == pytest.approx(-slope * scale, rel=1e-7)


@pytest.mark.parametrize(("task", "count"), [("xor", 4), ("encoder", 16)])
def test_learning_rates_convert_between_losses_as_documented(
    point_of: PointOf, task: str, count: int
) -> None:
    size: dict[str, Any] = {"task__size": 4} if task == "encoder" else {}
    rates = {"half_sse": 0.4, "half_mse": 0.4 * count, "mse": 0.4 * count / 2}
    ends = [
        train(training_of(point_of(task=task, loss=loss, lr=lr, **size), range(3), [50])).outputs
        for loss, lr in rates.items()
    ]
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-12)
    np.testing.assert_allclose(ends[2], ends[0], rtol=1e-12)
