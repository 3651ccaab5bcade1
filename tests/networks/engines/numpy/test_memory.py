"""The reference engine allocates no arrays in an epoch."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from engine_cases import KINDS_OF_TASK, RULES, PointOf, rule
from training_batches import training_of

from xorsweep.grid.schema import Point
from xorsweep.networks.engines.numpy.engine import train
from xorsweep.networks.engines.numpy.recorder import Recorder
from xorsweep.networks.engines.numpy.state import NetworkState


def most_in_an_epoch(point: Point, members: int) -> int:
    """Return the bytes that an epoch takes at once beside the arrays that there already are."""
    training = training_of(point, range(members), [10**6], lr=np.full(members, 0.01))
    training = replace(training, curve_epochs=())
    networks, record = NetworkState(training), Recorder(training)
    networks.forward()
    peaks = []
    tracemalloc.start()
    with np.errstate(all="ignore"):
        for epoch in range(1, 4):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            networks.train(epoch)
            networks.forward()
            record.observe(epoch, networks)
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    return min(peaks)


@pytest.mark.parametrize(
    ("optimizer", "schedule"), [rule for rule in RULES if rule[1] != "shuffled"]
)
def test_an_epoch_allocates_no_array(point_of: PointOf, optimizer: str, schedule: str) -> None:
    """Shuffled orders are the exception: they are drawn anew for each epoch."""
    point = point_of(hidden=2, criterion="rms", skip=True, **rule(optimizer, schedule))
    # NumPy's own buffers are of one size; an array of one number a network would not be.
    assert most_in_an_epoch(point, 2**14) - most_in_an_epoch(point, 2**13) < 8 * 2**12


@pytest.mark.parametrize("criterion", ["fahlman", "sse"])
@pytest.mark.parametrize("kind", ["parity", "encoder", "bipolar"])
def test_an_epoch_allocates_no_array_whatever_the_task(
    point_of: PointOf, kind: str, criterion: str
) -> None:
    point = point_of(criterion=criterion, activation="leaky_relu", **KINDS_OF_TASK[kind])
    assert most_in_an_epoch(point, 2**14) - most_in_an_epoch(point, 2**13) < 8 * 2**12


def test_a_longer_training_needs_no_more_memory(point_of: PointOf) -> None:
    def peak(epochs: int) -> int:
        training = training_of(point_of(**rule("adam", "shuffled")), range(512), [epochs])
        training = replace(training, curve_epochs=())
        train(training)
        tracemalloc.start()
        train(training)
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    assert abs(peak(60) - peak(20)) < 8 * 512
