"""The interface of engines; an engine is a function of a TrainingBatch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.activations import Activation
from xorsweep.networks.architecture import Network
from xorsweep.networks.criteria import Criterion
from xorsweep.networks.losses import Loss
from xorsweep.networks.optimizers import Optimizer
from xorsweep.networks.schedules import Schedule


@dataclass(frozen=True)
class TrainingBatch:
    """B networks that one array program trains.

    inputs (rows, inputs) and targets (rows, outputs) are the task's truth table; parameters (P, B)
    the initial weights; learning_rate (B,), and output_rate (B,) that of the output layer; all of
    them float64; seeds (B,) uint32, for schedules that shuffle. Parameters of `activation`,
    `optimizer` and `criterion` are numbers or arrays (B,).

    An epoch is one pass over the rows, with one update or, online, one per row. `snapshots` are the
    epochs, ascending, at which outputs and parameters are kept; training ends at the last of them.
    `curve_epochs`, ascending and not beyond that, are those at which half the sum of squared errors
    is kept; `loss_epochs`, likewise, those at which the loss is.
    """

    network: Network
    inputs: FloatArray
    targets: FloatArray
    activation: Activation
    output: str
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    criterion: Criterion
    until_converged: bool
    learning_rate: FloatArray
    output_rate: FloatArray
    parameters: FloatArray
    seeds: NDArray[np.uint32]
    snapshots: tuple[int, ...]
    curve_epochs: tuple[int, ...]
    loss_epochs: tuple[int, ...] = ()


@dataclass(frozen=True)
class TrainingResult:
    """The result of training a batch.

    outputs (S, rows, outputs, B), parameters (S, P, B) and whether the criterion is met, meets
    (S, B), after each of the S snapshot epochs; half_sse (C, B) after each of `curve_epochs` and
    losses (L, B) after each of `loss_epochs`;
    converged_epoch (B,) int64, the number of epochs after which the criterion was first met, or -1.
    With `until_converged` a network stands still from that epoch on. Floats are float64.
    """

    outputs: FloatArray
    parameters: FloatArray
    meets: NDArray[np.bool_]
    half_sse: FloatArray
    losses: FloatArray
    converged_epoch: NDArray[np.int64]

    @classmethod
    def unfilled(cls, training: TrainingBatch) -> TrainingResult:
        """Return a result whose arrays are to be filled, in which no network has converged."""
        members, snapshots = len(training.learning_rate), len(training.snapshots)
        return cls(
            outputs=np.empty((snapshots, *training.targets.shape, members)),
            parameters=np.empty((snapshots, training.network.size, members)),
            meets=np.empty((snapshots, members), bool),
            half_sse=np.empty((len(training.curve_epochs), members)),
            losses=np.empty((len(training.loss_epochs), members)),
            converged_epoch=np.full(members, -1, np.int64),
        )


Train = Callable[[TrainingBatch], TrainingResult]
"""Trains a batch; a network gets the same bits regardless of the batch.

In float32 everything is cast once, before the first epoch, and results are cast back.
"""

Capacity = Callable[[Network, int], int]
"""Returns how many networks a batch should have at most, given the rows of the task."""


@dataclass(frozen=True)
class EpochCost:
    """The seconds of an epoch of a batch: those whatever its size, and those of each network."""

    per_batch: float
    per_network: float


EpochCosts = Callable[[Network, int], EpochCost]
"""Returns the cost of an epoch, given the rows of the task; one update an epoch is assumed."""

Compile = Callable[[Iterable[TrainingBatch], Callable[[str], None]], None]
"""Compiles the kernels that some trainings need, or reads them from disk.

The function that it takes is called once with a line, where something has to be compiled.
"""

FindUnsupported = Callable[[Mapping[str, Any]], str | None]
"""Finds the component because of which an engine leaves a batch to the reference engine.

It takes flat keys and values, and returns `group=name`; None where there is no such component.
"""
