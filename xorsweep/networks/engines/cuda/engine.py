"""Trains a batch on an NVIDIA GPU, and names the components that it leaves to NumPy.

A network's bits depend on its own weights and settings alone. On a processor with FMA `numba` has
the same bits but for 2-H-1 networks with more hidden units than `kernel_xor` takes and, where LLVM
has AVX-512 and fuses other products, for quickprop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
from numba import cuda
from numba.cuda.cudadrv.error import CudaSupportError
from numba.cuda.cudadrv.nvvm import NVVM

from xorsweep.networks.architecture import Network
from xorsweep.networks.engines.batch_ops import cast, places_between
from xorsweep.networks.engines.cuda.batch import LAUNCH, CudaBatch
from xorsweep.networks.engines.cuda.compile import announce_compilation
from xorsweep.networks.engines.interface import EpochCost, TrainingBatch, TrainingResult
from xorsweep.networks.engines.numba.batch import COMPILED
from xorsweep.networks.engines.numba.engine import REGISTRIES, unsupported_component
from xorsweep.networks.engines.numpy import engine as numpy_engine
from xorsweep.networks.metrics import learning_curve_epochs

__all__ = [
    "capacity",
    "compile_kernels",
    "epoch_cost",
    "missing_device",
    "train",
    "unsupported_component",
]

MOST_MEMBERS = 2**18
"""Networks that fill the largest GPU some times over; more would only take memory here."""
WORKING_SET = 2**28
"""Bytes that a batch may fill here, of which as many are on the GPU."""
DROP_STEPS = 8
"""How often per decade of epochs converged networks leave their batch."""


def train(
    training: TrainingBatch,
    dtype: str = "float64",
    launch_work: int = LAUNCH,
    drop_steps: int = DROP_STEPS,
) -> TrainingResult:
    """Train a batch, or have the reference engine train it where a component isn't compiled."""
    if any(type(getattr(training, group)) not in COMPILED for group in REGISTRIES):
        return numpy_engine.train(training, dtype)
    result = TrainingResult.unfilled(training)
    batch = CudaBatch(cast(training, dtype), launch_work)
    for last in _stops(training, drop_steps):
        batch.train(last)
        _keep(training, last, batch, result)
        if training.until_converged:
            batch.drop_converged()
    batch.read_curve(result.half_sse)
    result.converged_epoch[...] = batch.converged_epoch
    return result


def _keep(training: TrainingBatch, epoch: int, batch: CudaBatch, result: TrainingResult) -> None:
    """Keep the state of all networks where the epoch is marked."""
    for i in places_between(training.snapshots, epoch, epoch):
        batch.read_outputs(result.outputs[i])
        batch.read_parameters(result.parameters[i])
        result.meets[i] = batch.meets
    for i in places_between(training.loss_epochs, epoch, epoch):
        outputs = np.empty_like(result.outputs[0])
        batch.read_outputs(outputs)
        result.losses[i] = training.loss.value(outputs, training.targets)


def _stops(training: TrainingBatch, drop_steps: int) -> Iterator[int]:
    """Yield the epochs at which the batch is looked at, ascending."""
    stops = {*training.snapshots, *training.loss_epochs}
    if training.until_converged:
        stops |= {*learning_curve_epochs(training.snapshots[-1], drop_steps)}
    yield from sorted(stops)


def compile_kernels(
    trainings: Iterable[TrainingBatch], log: Callable[[str], None], dtype: str = "float64"
) -> None:
    """Compile the kernels that some trainings need, and report that."""
    with announce_compilation(lambda: log("compiling engine=cuda for this run")):
        for training in trainings:
            train(replace(training, snapshots=(1,), curve_epochs=(), loss_epochs=()), dtype)


def capacity(network: Network, rows: int, dtype: str = "float64") -> int:
    """Return the most networks that a batch should have: as many as fit here and on the GPU."""
    numbers = 6 * network.size + 2 * rows * network.outputs
    free, _ = cuda.current_context().get_memory_info()
    fitting = min(WORKING_SET, free // 4) // (8 * numbers)
    return int(max(1, min(MOST_MEMBERS, fitting)))


def epoch_cost(network: Network, rows: int, dtype: str = "float64") -> EpochCost:
    """Return a cost by which a batch is never smaller than one that fills the GPU."""
    return EpochCost(per_batch=1e-5, per_network=1e-12)


def missing_device() -> str | None:
    """Return why no GPU can be used here; None where one can."""
    try:
        cuda.current_context()
    except CudaSupportError as error:
        reason = " ".join(str(error).split())
        if "library cannot be found" in reason:
            return "there is no NVIDIA driver here"
        if "NO_DEVICE" in reason:
            return "the NVIDIA driver finds no GPU"
        return f"the GPU can't be used ({reason})"
    try:
        NVVM()
    except Exception as error:  # of several packages, by how NVIDIA's libraries are installed
        return f"NVIDIA's compiler isn't installed ({error}); pip install 'xorsweep[cuda]'"
    return None
