"""The gradient where a network stands: that of plain loops over rows and weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from naive_loop import gradient_of
from training_batches import gradient

from xorsweep.grid.schema import Point
from xorsweep.networks.single_run import train_single

PointOf = Callable[..., Point]

NETWORKS: list[dict[str, Any]] = [
    {},
    {"hidden": 1, "skip": True, "activation": "tanh", "output": "linear", "loss": "mse"},
    {"activation": "leaky_relu", "task__encoding": "bipolar", "task__levels": "soft"},
    {"task": "parity", "task__bits": 3, "hidden": 4, "loss": "cross_entropy"},
    {"task": "encoder", "task__size": 4, "hidden": 2, "loss": "half_mse"},
    {"schedule": "online", "optimizer": "momentum"},
]


@pytest.mark.parametrize("keys", NETWORKS)
def test_the_gradient_is_that_of_plain_loops(point_of: PointOf, keys: dict[str, Any]) -> None:
    point = point_of(lr=0.1, epochs=20, **keys)
    run = train_single(point)
    for place in (0, -1):
        weights = run.parameters[:, place]
        wanted = gradient_of(point, weights.tolist())
        np.testing.assert_allclose(gradient(run.training, weights), wanted, rtol=1e-9, atol=1e-14)


def test_overflow_gives_no_warning(point_of: PointOf) -> None:
    run = train_single(point_of(epochs=1))
    nothing = np.full(run.training.network.size, np.nan)
    assert np.isnan(gradient(run.training, nothing)).all()
