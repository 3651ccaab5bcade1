"""The arguments of both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from time import perf_counter

import numpy as np

from benchmarks.peers import LEARNING_RATE
from benchmarks.points import point_of
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training


def train_with(
    engine: Callable[[TrainingBatch], TrainingResult],
    parameters: np.ndarray,
    hidden: int,
    epochs: int,
) -> tuple[np.ndarray, float]:
    """Train all networks, with everything kept that a sweep keeps."""
    training = replace(
        training_of(hidden, parameters.shape[1]),
        parameters=parameters,
        snapshots=(epochs,),
        curve_epochs=learning_curve_epochs(epochs),
    )
    engine(replace(training, snapshots=(1,), curve_epochs=()))  # compiled, if it has to be
    started = perf_counter()
    trained = engine(training)
    return trained.parameters[-1], perf_counter() - started


@cache
def training_of(hidden: int, networks: int) -> TrainingBatch:
    """Return the notebook's networks, a seed each."""
    point = point_of(hidden=hidden, lr=LEARNING_RATE)
    fixed = {key: value for key, value in point.items() if key not in ("epochs", "seed")}
    rows = np.arange(networks)[None]
    return build_training(Batch(fixed, {"seed": rows[0]}, (1,), rows, rows.astype(np.uint64)))
