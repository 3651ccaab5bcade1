"""What a worker does: train one batch and return its points as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.config import choose, network_of
from xorsweep.engines import load_engine
from xorsweep.engines.contract import Trained, Training
from xorsweep.measures import classify, course_epochs, measure
from xorsweep.plan import Batch
from xorsweep.rules import FloatArray

STATUSES = ("ok", "diverged", "failed")
OK, DIVERGED, FAILED = range(3)


@dataclass(frozen=True)
class Rows:
    """n finished points and the t trajectories they were read off.

    identity (n,) uint64; final_error, mse, max_abs_error (n,) float64; outputs (rows * outputs, n)
    float64; converged_epoch (n,) int64, -1 for never; holds_at_end (n,) bool; outcome and status
    (n,) int8, codes into OUTCOMES and STATUSES; message (n,) str. courses (C, t) float32 is half
    the sum of squared errors by course epoch, and course_of (n,) the column of it that belongs to
    the longest point of a trajectory, -1 for its other points.
    """

    identity: NDArray[np.uint64]
    final_error: FloatArray
    mse: FloatArray
    max_abs_error: FloatArray
    outputs: FloatArray
    converged_epoch: NDArray[np.int64]
    holds_at_end: NDArray[np.bool_]
    outcome: NDArray[np.int8]
    status: NDArray[np.int8]
    message: list[str]
    courses: NDArray[np.float32]
    course_of: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.identity)


def train_batch(batch: Batch, engine: str) -> list[Rows]:
    """Return the points of a batch; where training it raises, of each half, down to single ones.

    A network whose training raises on its own becomes rows with the status `failed` and the
    exception's message, and costs the others nothing.
    """
    try:
        return [_rows(batch, load_engine(engine)(build_training(batch)))]
    except Exception as error:  # the message is the row's
        if batch.members == 1:
            return [failed_rows(batch, f"{type(error).__name__}: {error}")]
        half = batch.members // 2
        parts = batch.part(slice(None, half)), batch.part(slice(half, None))
        return [rows for part in parts for rows in train_batch(part, engine)]


def build_training(batch: Batch) -> Training:
    """Return the arrays that an engine trains, with the initial weights drawn from the seeds."""
    values: Mapping[str, Any] = {**batch.fixed, **batch.varying}
    seeds = np.broadcast_to(np.asarray(values["seed"], np.uint32), (batch.members,))
    rates = np.broadcast_to(np.asarray(values["lr"], np.float64), (batch.members,))
    task, network = choose("task", values), network_of(values)
    return Training(
        network=network,
        inputs=task.inputs(),
        targets=task.targets(),
        activation=choose("activation", values),
        output=values["output"],
        loss=choose("loss", values),
        optimizer=choose("optimizer", values),
        schedule=choose("schedule", values),
        criterion=choose("criterion", values),
        until_converged=bool(values["until_converged"]),
        learning_rate=np.ascontiguousarray(rates),
        parameters=choose("init", values).draw(network, seeds),
        seeds=np.ascontiguousarray(seeds),
        snapshots=batch.snapshots,
        course_epochs=course_epochs(batch.snapshots[-1]),
    )


def failed_rows(batch: Batch, message: str) -> Rows:
    """Return the points of a batch that couldn't be trained, each with the reason."""
    identity = batch.identities[batch.rows >= 0]
    count = len(identity)
    nothing = np.full(count, np.nan)
    return Rows(
        identity=identity,
        final_error=nothing,
        mse=nothing,
        max_abs_error=nothing,
        outputs=np.empty((0, count)),
        converged_epoch=np.full(count, -1, np.int64),
        holds_at_end=np.zeros(count, bool),
        outcome=np.full(count, OUTCOMES.index("failed"), np.int8),
        status=np.full(count, FAILED, np.int8),
        message=[message] * count,
        courses=np.empty((0, 0), np.float32),
        course_of=np.full(count, -1, np.int32),
    )


def _rows(batch: Batch, trained: Trained) -> Rows: ...
