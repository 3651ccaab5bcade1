"""Losses against the derivatives of their definitions, and how their learning rates convert."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from training_batches import training_of

from xorsweep.grid.schema import Point
from xorsweep.networks.engines.numpy.engine import train
from xorsweep.networks.losses import LOSSES

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
        # By the output, or by its net input where the loss cancels the logistic's slope y (1 - y).
        scale = y * (1 - y) if loss.cancels_slope else 1.0
        assert loss.factor(len(targets)) * (t - y) == pytest.approx(-slope * scale, rel=1e-7)


# The keys that convert with the loss beside lr; rules that are free of scale keep theirs.
CONVERTING: dict[str, dict[str, float]] = {
    "sgd": {"lr": 0.4},
    "momentum": {"lr": 0.2},
    "nesterov": {"lr": 0.2},
    "delta_bar_delta": {"lr": 0.2, "optimizer__kappa": 0.1},
    "quickprop": {"lr": 0.5},
    "rprop": {},
}


@pytest.mark.parametrize("optimizer", CONVERTING)
@pytest.mark.parametrize(("loss", "factor"), [("half_mse", 4.0), ("mse", 2.0)])
def test_learning_rates_convert_between_losses_as_documented(
    point_of: PointOf, loss: str, factor: float, optimizer: str
) -> None:
    """To the bit, as the factors are powers of two."""
    numbers = CONVERTING[optimizer]
    converted = {key: factor * value for key, value in numbers.items()}
    outputs = [
        train(training_of(point_of(optimizer=optimizer, loss=name, **keys), range(3), [50])).outputs
        for name, keys in (("half_sse", numbers), (loss, converted))
    ]
    np.testing.assert_array_equal(outputs[1], outputs[0])


def test_rates_convert_by_the_rows_and_outputs_of_the_task(point_of: PointOf) -> None:
    keys: dict[str, Any] = {"task": "encoder", "task__size": 4, "hidden": 2}
    sums = train(training_of(point_of(lr=0.4, **keys), range(3), [50]))
    means = train(training_of(point_of(lr=0.4 * 16, loss="half_mse", **keys), range(3), [50]))
    np.testing.assert_array_equal(means.outputs, sums.outputs)


def test_the_decay_of_quickprop_converts_the_other_way(point_of: PointOf) -> None:
    keys: dict[str, Any] = {"optimizer": "quickprop"}
    sums = point_of(lr=0.5, optimizer__decay=0.01, **keys)
    means = point_of(lr=2.0, optimizer__decay=0.0025, loss="half_mse", **keys)
    outputs = [train(training_of(point, range(3), [50])).outputs for point in (sums, means)]
    np.testing.assert_array_equal(*outputs)
