"""Operations of engines on batches: padding, removal of members, casts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import TrainingBatch

Array = NDArray[Any]
Component = TypeVar("Component", bound=Any)

LANES = 8
"""Batches are padded to a multiple of this, so that no sum is ever over the contiguous axis."""


def pad(members: Array) -> Array:
    """Return the members with the last repeated until they fill whole lanes."""
    count = len(members)
    # Lanes that are left over train real networks, whose results are dropped: nothing is masked.
    return members[np.minimum(np.arange(-(-count // LANES) * LANES), count - 1)]


def take(training: TrainingBatch, members: Array) -> TrainingBatch:
    """Return the training of some members, given as places (n,) in the batch."""
    return replace(
        _with_components(training, lambda each: take_component(each, members)),
        learning_rate=training.learning_rate[members],
        output_rate=training.output_rate[members],
        # Indexing columns leaves the axis of parameters fastest, which NumPy's loops are slow on.
        parameters=np.ascontiguousarray(training.parameters[:, members]),
        seeds=training.seeds[members],
    )


def take_component(component: Component, members: Array) -> Component:
    """Return a component with the parameters of some members, where they differ between members."""
    return _with_arrays(component, lambda values: values[members])


def places_between(epochs: Sequence[int], first: int, last: int) -> list[int]:
    """Return the places of the epochs from `first` to `last`, both included."""
    return [place for place, epoch in enumerate(epochs) if first <= epoch <= last]


def cast(training: TrainingBatch, dtype: str) -> TrainingBatch:
    """Return a training in float64 or float32.

    Everything that enters it is cast here, once, so that no epoch mixes two precisions.
    """
    if dtype == "float64":
        return training
    return replace(
        _with_components(training, lambda each: _with_arrays(each, lambda v: v.astype(dtype))),
        inputs=training.inputs.astype(dtype),
        targets=training.targets.astype(dtype),
        learning_rate=training.learning_rate.astype(dtype),
        output_rate=training.output_rate.astype(dtype),
        parameters=training.parameters.astype(dtype),
    )


def _with_components(training: TrainingBatch, change: Callable[[Any], Any]) -> TrainingBatch:
    """Return a training with changed components, of those whose parameters may be arrays (B,)."""
    return replace(
        training,
        activation=change(training.activation),
        optimizer=change(training.optimizer),
        criterion=change(training.criterion),
    )


def _with_arrays(component: Component, change: Callable[[Array], Array]) -> Component:
    values = {entry.name: getattr(component, entry.name) for entry in fields(component)}
    changed = {name: change(v) for name, v in values.items() if isinstance(v, np.ndarray)}
    return replace(component, **changed)
