"""Batches as the worker builds them, from a point and the seeds of its members."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.grid.schema import Point
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.engines.numpy.operations import run
from xorsweep.networks.engines.numpy.passes import Pass
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training


def batch_of(point: Point, seeds: Any, snapshots: Sequence[int], **varying: Any) -> Batch:
    """Return a batch of one network a seed; `varying` are values (B,) that replace the point's."""
    values = {key.replace("__", "."): np.asarray(value) for key, value in varying.items()}
    fixed = {k: v for k, v in point.items() if k not in ("epochs", "seed", *values)}
    rows = np.arange(len(snapshots) * len(seeds)).reshape(len(snapshots), len(seeds))
    return Batch(
        fixed, {"seed": np.asarray(seeds), **values}, tuple(snapshots), rows, rows.astype(np.uint64)
    )


def training_of(
    point: Point, seeds: Any, snapshots: Sequence[int], **varying: Any
) -> TrainingBatch:
    """Return the arguments of an engine for such a batch."""
    return build_training(batch_of(point, seeds, snapshots, **varying))


def gradient(training: TrainingBatch, parameters: FloatArray) -> FloatArray:
    """Return the gradient of the loss over all rows (P,) at weights (P,), by the backward pass."""
    through = Pass.over_task(training, parameters[:, None].astype(np.float64))
    with np.errstate(all="ignore"):
        run(through.forward)
        run(through.backward)
    return -through.negative_gradient[:, 0]


def bits_of(trained: TrainingResult) -> list[np.ndarray]:
    """Return every number of the result of a batch as bits, members last."""
    kinds = {8: np.uint64, 1: np.uint8}
    return [
        np.ascontiguousarray(array).view(kinds[array.dtype.itemsize])
        for array in vars(trained).values()
    ]
