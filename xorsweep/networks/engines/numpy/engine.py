"""Trains a batch as one array program: batch axis last, no allocation within an epoch."""

from __future__ import annotations

import numpy as np

from xorsweep.networks.architecture import Network
from xorsweep.networks.engines.batch_ops import LANES, cast, pad, take
from xorsweep.networks.engines.interface import EpochCost, TrainingBatch, TrainingResult
from xorsweep.networks.engines.numpy.recorder import Recorder
from xorsweep.networks.engines.numpy.state import NetworkState

WORKING_SET = 2**21
"""Bytes that a batch's arrays may fill, by `benchmarks.working_set`: smaller batches are slowed by
the overhead of array calls, larger ones by memory."""
CALL, CALLS = 0.73e-6, 27
"""Seconds of an array call, and how many an epoch has beside one for each weight."""
WEIGHT = 3.3e-9
"""Seconds that a network's weight takes at each row; both are by `benchmarks.epoch_cost`."""


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
    # Activations, products and deltas of every row; parameters, gradient and scratch. The
    # state of an optimizer isn't counted.
    numbers = 3 * rows * units + 3 * network.size
    return max(LANES, WORKING_SET // (np.dtype(dtype).itemsize * numbers) // LANES * LANES)


def epoch_cost(network: Network, rows: int, dtype: str = "float64") -> EpochCost:
    """Return the seconds of the array calls of an epoch, and of the numbers of a network."""
    weights = rows * network.size * np.dtype(dtype).itemsize / 8
    return EpochCost(CALL * (CALLS + network.size), WEIGHT * weights)


def _train(training: TrainingBatch, recorder: Recorder) -> None:
    networks = NetworkState(training)
    networks.forward()
    # Initial weights may meet the criterion, with `converged_epoch` 0.
    recorder.observe(0, networks)
    for epoch in range(1, training.snapshots[-1] + 1):
        # An epoch ends with the outputs after its update: they are observed, and start the next.
        networks.train(epoch)
        networks.forward()
        recorder.observe(epoch, networks)
        if training.until_converged and recorder.should_drop():
            left = recorder.drop_converged()
            if not len(left):
                return
            networks = networks.taken(left)
