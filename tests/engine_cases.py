"""Kinds of tasks and update rules that the engines are tested with, and batches out of them."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from training_batches import training_of

from xorsweep.grid.schema import Point
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.optimizers import OPTIMIZERS

PointOf = Callable[..., Point]

ENGINES = ["numpy", pytest.param("numba", marks=pytest.mark.slow)]
"""Both engines; on a fresh machine the kernels of one are compiled first, which is slow."""
KINDS_OF_TASK: dict[str, dict[str, Any]] = {
    "xor": {},
    "parity": {"task": "parity", "task__bits": 3},
    "boolean": {"task": "boolean", "task__bits": 3, "task__table": 214},
    "encoder": {"task": "encoder", "task__size": 4},
    "bipolar": {"task__encoding": "bipolar"},
    "soft": {"task__levels": "soft"},
    "soft bipolar encoder": {
        "task": "encoder",
        "task__size": 3,
        "task__levels": "soft",
        "task__encoding": "bipolar",
    },
}
RATES = {
    "sgd": 0.5,
    "momentum": 0.3,
    "nesterov": 0.3,
    "adam": 0.1,
    "rprop": 0.1,
    "quickprop": 0.5,
    "delta_bar_delta": 0.3,
}
SCHEDULES: dict[str, dict[str, Any]] = {
    "batch": {},
    "online": {"schedule": "online"},
    "shuffled": {"schedule": "online", "schedule__order": "shuffled"},
}
RULES = [
    (optimizer, schedule)
    for optimizer, schedule in product(OPTIMIZERS, SCHEDULES)
    if schedule == "batch" or OPTIMIZERS[optimizer].online
]


def rule(optimizer: str, schedule: str) -> dict[str, Any]:
    return {"optimizer": optimizer, "lr": RATES[optimizer], **SCHEDULES[schedule]}


def population(
    point_of: PointOf, members: int, epochs: int = 24, **given: Any
) -> Callable[[Any], TrainingBatch]:
    """Return a function from members to their batch, out of networks that differ in numbers.

    The criterion is met by some at once, by some on the way and by some never.
    """
    chooser = np.random.default_rng(7)
    varying: dict[str, Any] = {
        "lr": given.pop("lr", 0.5) * chooser.uniform(0.5, 1.5, members),
        "criterion__threshold": chooser.uniform(0.45, 0.7, members),
    }
    if given.get("optimizer") in ("momentum", "nesterov"):
        varying["optimizer__momentum"] = chooser.uniform(0, 0.95, members)
    if given.get("activation") == "leaky_relu":
        varying["activation__slope"] = chooser.uniform(0.01, 0.5, members)
    point = point_of(**{"criterion": "margin", "init": "symmetric", "hidden": 3, **given})
    seeds = chooser.permutation(members)

    def training(chosen: Any) -> TrainingBatch:
        part = {key: values[chosen] for key, values in varying.items()}
        return training_of(point, seeds[chosen], (0, epochs // 3, epochs), **part)

    return training
