"""Trains a batch as one array program: batch axis last, no allocation within an epoch."""

from __future__ import annotations

import numpy as np

from xorsweep.networks.architecture import Network
from xorsweep.networks.engines.batch_ops import LANES, cast, pad, take
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.engines.numpy.recorder import Recorder
from xorsweep.networks.engines.numpy.state import NetworkState

WORKING_SET = 2**21
"""Bytes that a batch's arrays may fill, by `benchmarks.working_set`: smaller batches are slowed by
the overhead of array calls, larger ones by memory."""


def train(training: TrainingBatch, dtype: str = "float64") -> TrainingResult:
    """Train a batch; a network's bits depend on its own weights and settings alone."""
    members = len(training.learning_rate)
    whole = take(cast(training, dtype), pad(np.arange(members)))
    recorder = Recorder(whole)
    # Divergence is a row's status, so NumPy's warnings of overflow say nothing new.
    with np.errstate(all="ignore"):
        _train(whole, recorder)
    return recorder.result(members)


def capacity(network: Network, rows: int, dtype: str = "float64") -> int:
    """Return how many networks a batch has that fits the cache, in whole lanes."""
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
