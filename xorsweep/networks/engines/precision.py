"""The precision of a training: everything that enters it is cast once, before the first epoch."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from xorsweep.networks.engines.interface import TrainingBatch

Choice = TypeVar("Choice", bound=Any)


def cast(training: TrainingBatch, dtype: str) -> TrainingBatch:
    """Return the training with its arrays, and those of its choices, in float64 or float32."""
    if dtype == "float64":
        return training
    return replace(
        training,
        inputs=training.inputs.astype(dtype),
        targets=training.targets.astype(dtype),
        learning_rate=training.learning_rate.astype(dtype),
        parameters=training.parameters.astype(dtype),
        activation=_choice_cast(training.activation, dtype),
        optimizer=_choice_cast(training.optimizer, dtype),
        criterion=_choice_cast(training.criterion, dtype),
    )


def _choice_cast(choice: Choice, dtype: str) -> Choice:
    values = {entry.name: getattr(choice, entry.name) for entry in fields(choice)}
    return replace(
        choice,
        **{name: v.astype(dtype) for name, v in values.items() if isinstance(v, np.ndarray)},
    )
