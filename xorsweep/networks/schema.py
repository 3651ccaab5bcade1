"""The schema of networks: every key of a point, and which values can't be used together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.fields import Boolean, Choice, Field, FloatArray, Integer, Nullable, Real
from xorsweep.grid.schema import Schema
from xorsweep.networks.activations import ACTIVATIONS, SIGMOID
from xorsweep.networks.architecture import Network
from xorsweep.networks.criteria import CRITERIA
from xorsweep.networks.hints import KEYS, VALUES
from xorsweep.networks.initializers import INITIALIZERS, Initializer, Plane
from xorsweep.networks.losses import LOSSES
from xorsweep.networks.optimizers import OPTIMIZERS, Optimizer
from xorsweep.networks.schedules import SCHEDULES, Schedule
from xorsweep.networks.tasks import TASKS
from xorsweep.registry import Registry

COMPONENTS: Mapping[str, Registry[Any]] = {
    "task": TASKS,
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "init": INITIALIZERS,
    "criterion": CRITERIA,
}
"""The registry of each key of a point that chooses a component."""

SCALAR_KEYS: Mapping[str, Field] = {
    "hidden": Integer(1, 4096),
    "skip": Boolean(),
    "output": Choice(("logistic", "linear"), SIGMOID, VALUES["output"]),
    "until_converged": Boolean(),
    "lr": Real(above=0.0),
    "lr_output": Nullable(Real(above=0.0)),
    "epochs": Integer(1, 10**9),
    # The seeds that NumPy's legacy generator takes, from which the notebook draws.
    "seed": Integer(0, 2**32 - 1),
}
"""The field of each key of a point with a plain value."""


def network_of(values: Mapping[str, Any]) -> Network:
    """Return the network that a point or a batch trains."""
    task = component_of("task", values)
    inputs, outputs = task.inputs().shape[1], task.targets().shape[1]
    return Network(inputs, int(values["hidden"]), outputs, bool(values["skip"]))


def task_rows(values: Mapping[str, Any]) -> int:
    """Return the number of rows in the truth table of a point or a batch."""
    return len(component_of("task", values).inputs())


def epochs_of(values: Mapping[str, Any]) -> int:
    """Return the epochs of a point."""
    return int(values["epochs"])


def learning_rates(values: Mapping[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Return the learning rate and that of the output layer, numbers or arrays (N,), as values."""
    rate = np.asarray(values["lr"], np.float64)
    given = np.asarray(values.get("lr_output"), np.float64)  # null is NaN
    return rate, np.where(np.isnan(given), rate, given)


def _check_together(values: Mapping[str, Any], components: Mapping[str, Any]) -> None:
    components["optimizer"].check_rate(values["lr"])
    _check_output_rate(values, components["optimizer"])
    _check_seeds(values, components["init"], components["schedule"])
    components["init"].check_network(network_of(values), values["seed"])
    if values["loss"] == "cross_entropy" and values["output"] != "logistic":
        raise ConfigError(
            f"loss=cross_entropy with output={values['output']}: "
            "cross-entropy needs outputs between 0 and 1, so output must be logistic"
        )
    if values["skip"] and not components["task"].allows_skip:
        raise ConfigError(
            f"skip=true with task={values['task']}: direct connections would carry the inputs past "
            "the hidden units, which are to encode them, so skip must be false"
        )
    if values["schedule"] == "online" and not components["optimizer"].online:
        raise ConfigError(
            f"optimizer={values['optimizer']} with schedule=online: this rule compares the slopes "
            "of whole epochs, and those of single rows say nothing, so schedule must be batch"
        )


def _check_output_rate(values: Mapping[str, Any], optimizer: Optimizer) -> None:
    given = np.ravel(np.asarray(values.get("lr_output"), np.float64))
    for rate in given[~np.isnan(given)][:1]:
        if not optimizer.per_parameter_rate:
            raise ConfigError(
                f"lr_output={rate:g} with optimizer={values['optimizer']}: this rule has no "
                "learning rate that layers could differ in, so lr_output must be null"
            )


def _check_seeds(values: Mapping[str, Any], init: Initializer, schedule: Schedule) -> None:
    """Raise ConfigError for seeds of a plane that would all give the same network."""
    # An order of rows of its own makes another run of the same weights.
    is_shuffled = getattr(schedule, "order", "fixed") == "shuffled"
    if is_shuffled or not (isinstance(init, Plane) and init.is_drawn_once):
        return
    seeds = len(np.unique(values["seed"]))
    if seeds > 1:
        raise ConfigError(
            f"init=plane with {seeds:,} seeds: its weights are the same for every seed, so seed "
            "must be one value, such as seed=0"
        )


NETWORK_SCHEMA = Schema(
    keys=(
        "task",
        "hidden",
        "skip",
        "activation",
        "output",
        "loss",
        "optimizer",
        "schedule",
        "init",
        "criterion",
        "until_converged",
        "lr",
        "lr_output",
        "epochs",
        "seed",
    ),
    scalars=SCALAR_KEYS,
    components=COMPONENTS,
    independent_keys=("epochs", "seed"),
    check_together=_check_together,
    words=KEYS,
    value_words=VALUES,
)
"""The keys of a point for a network."""

component_of = NETWORK_SCHEMA.component_of
