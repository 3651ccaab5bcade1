"""Which networks share a batch: whole lanes of them, and some of them taken out."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.engines.interface import TrainingBatch

Array = NDArray[Any]
Choice = TypeVar("Choice", bound=Any)

LANES = 8
"""Batches are padded to a multiple of this, so that no sum is ever over the contiguous axis."""


def pad(members: Array) -> Array:
    """Return the members with the last repeated until they fill whole lanes."""
    count = len(members)
    return members[np.minimum(np.arange(-(-count // LANES) * LANES), count - 1)]


def take(training: TrainingBatch, members: Array) -> TrainingBatch:
    """Return the training of some members."""
    return replace(
        training,
        activation=take_component(training.activation, members),
        optimizer=take_component(training.optimizer, members),
        criterion=take_component(training.criterion, members),
        learning_rate=training.learning_rate[members],
        parameters=np.ascontiguousarray(training.parameters[:, members]),
        seeds=training.seeds[members],
    )


def take_component(choice: Choice, members: Array) -> Choice:
    """Return a choice with the parameters of some members, where they differ between members."""
    values = {entry.name: getattr(choice, entry.name) for entry in fields(choice)}
    arrays = {name: v[members] for name, v in values.items() if isinstance(v, np.ndarray)}
    return replace(choice, **arrays)
