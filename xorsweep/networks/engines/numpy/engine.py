"""The reference engine: one array program a batch, batch axis last, nothing allocated an epoch."""

from __future__ import annotations

import numpy as np

from xorsweep.networks.architecture import Network
from xorsweep.networks.engines.batch_ops import LANES, cast, pad, take
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.engines.numpy.recorder import Recorder
from xorsweep.networks.engines.numpy.state import NetworkState

WORKING_SET = 2**21
"""Bytes that a batch's arrays may fill, by `benchmarks.working_set`: below it call overhead shows,
above it memory."""


def train(training: TrainingBatch, dtype: str = "float64") -> TrainingResult:
    """Train a batch; a network's bits depend on nothing but its own weights and settings."""
    members = len(training.learning_rate)
    whole = take(cast(training, dtype), pad(np.arange(members)))
    recorder = Recorder(whole, len(whole.learning_rate))
    # A diverging network is a row's status; NumPy need not mention it.
    with np.errstate(all="ignore"):
        _train(whole, recorder)
    return recorder.result(members)


def capacity(network: Network, rows: int, dtype: str = "float64") -> int:
    """Return how many networks keep a batch inside the cache, in whole lanes."""
    units = network.hidden + network.outputs
    numbers = 3 * rows * units + 3 * network.size
    return max(LANES, WORKING_SET // (np.dtype(dtype).itemsize * numbers) // LANES * LANES)


def _train(training: TrainingBatch, recorder: Recorder) -> None:
    networks = NetworkState(training)
    networks.forward()
    recorder.observe(0, networks)
    for epoch in range(1, training.snapshots[-1] + 1):
        networks.train(epoch)
        networks.forward()
        recorder.observe(epoch, networks)
        if training.until_converged and recorder.should_drop():
            left = recorder.drop_converged()
            if not len(left):
                return
            networks = networks.taken(left)
