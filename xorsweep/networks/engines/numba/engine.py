"""Trains a batch in tiles by Numba's machine code, and names the components left to NumPy.

A network's bits depend on its own weights and settings alone. From those of the reference engine
they differ in the last places, since products and sums fuse and exp isn't NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xorsweep.networks.activations import ACTIVATIONS
from xorsweep.networks.architecture import Network
from xorsweep.networks.criteria import CRITERIA
from xorsweep.networks.engines.batch_ops import cast
from xorsweep.networks.engines.interface import EpochCost, TrainingBatch, TrainingResult
from xorsweep.networks.engines.numba.batch import COMPILED, NumbaBatch
from xorsweep.networks.engines.numba.compile import (
    LANES,
    announce_compilation,
    cache_folder,
    is_kept,
    one_at_a_time,
)
from xorsweep.networks.engines.numba.recorder import NumbaRecorder
from xorsweep.networks.engines.numpy import engine as numpy_engine
from xorsweep.networks.losses import LOSSES
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.optimizers import OPTIMIZERS
from xorsweep.networks.schedules import SCHEDULES

WORKING_SET = 2**25
"""Bytes that a batch may fill; it is a tile that has to fit the cache, so this is large."""
MOST_MEMBERS = 2**13
WEIGHT = 0.5e-9
"""Seconds that a weight of a 2-H-1 network takes at each row, by `benchmarks.epoch_cost`; those of
other networks take two to four times as long."""
DROP_STEPS = 32
"""How often per decade of epochs converged networks leave their batch."""

REGISTRIES: Mapping[str, Mapping[str, type]] = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "criterion": CRITERIA,
}


def train(training: TrainingBatch, dtype: str = "float64") -> TrainingResult:
    """Train a batch, or have the reference engine train it where a component isn't compiled."""
    if any(type(getattr(training, group)) not in COMPILED for group in REGISTRIES):
        # Not an error: `warm_up` reports which component it is.
        return numpy_engine.train(training, dtype)
    training = cast(training, dtype)
    recorder, batch = NumbaRecorder(training), NumbaBatch.of(training)
    for last in _stops(training):
        batch.train(last)
        recorder.keep(last, batch)
        if training.until_converged:
            batch = batch.still_open()
            if not len(batch.where):
                break
    return recorder.result


def compile_kernels(
    trainings: Iterable[TrainingBatch], log: Callable[[str], None], dtype: str = "float64"
) -> None:
    """Compile the kernels that some trainings need, or read them from disk; report compilation."""
    with one_at_a_time(), announce_compilation(lambda: log(_compiling())):
        # Numba compiles a function for the types of its first call, so one epoch is enough.
        for training in trainings:
            train(replace(training, snapshots=(1,), curve_epochs=(), loss_epochs=()), dtype)


def _compiling() -> str:
    if is_kept():
        return f"compiling engine=numba for this machine; kept in {cache_folder()}"
    return (
        f"compiling engine=numba for this run only: {cache_folder()} can't be written; "
        "set NUMBA_CACHE_DIR to a folder that can"
    )


def capacity(network: Network, rows: int, dtype: str = "float64") -> int:
    """Return how many networks a batch should have at most, in whole tiles."""
    numbers = 6 * network.size + 2 * rows * network.outputs
    fitting = WORKING_SET // (np.dtype(dtype).itemsize * numbers)
    return max(LANES, min(MOST_MEMBERS, fitting) // LANES * LANES)


def epoch_cost(network: Network, rows: int, dtype: str = "float64") -> EpochCost:
    """Return the seconds of an epoch: those of a network, and of half of the last tile."""
    per_network = WEIGHT * rows * network.size * np.dtype(dtype).itemsize / 8
    return EpochCost(LANES / 2 * per_network, per_network)


def unsupported_component(values: Mapping[str, Any]) -> str | None:
    """Return the first component that isn't compiled, as `group=name`; None where all are."""
    for group, registry in REGISTRIES.items():
        if registry[values[group]] not in COMPILED:
            return f"{group}={values[group]}"
    return None


def _stops(training: TrainingBatch) -> Iterator[int]:
    """Yield the epochs at which the kernel returns, ascending."""
    last = training.snapshots[-1]
    stops = {*training.snapshots, *training.curve_epochs, *training.loss_epochs}
    if training.until_converged:
        stops |= {*learning_curve_epochs(last, DROP_STEPS)}
    yield from sorted(stops)
