"""The schema: every key of a point and of a sweep, and every check of a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import (
    Boolean,
    Choice,
    Field,
    Integer,
    Real,
    Scalar,
    check_known,
    fields_of,
    read_fields,
    read_value,
    section_of,
)
from xorsweep.networks.activations import ACTIVATIONS, SIGMOID
from xorsweep.networks.architecture import Network
from xorsweep.networks.criteria import CRITERIA
from xorsweep.networks.initializers import INITIALIZERS
from xorsweep.networks.losses import LOSSES
from xorsweep.networks.optimizers import OPTIMIZERS
from xorsweep.networks.schedules import SCHEDULES
from xorsweep.networks.tasks import TASKS
from xorsweep.registry import Registry
from xorsweep.text import exception_text, one_line

Point = dict[str, Scalar]
"""One point, flat: `task`, `task.levels`, ..., `lr`, `epochs`, `seed`, in the order of columns."""

COMPONENTS: Mapping[str, Registry[Any]] = {
    "task": TASKS,
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "init": INITIALIZERS,
    "criterion": CRITERIA,
}
"""The config groups of a point: a registry of choices each."""

SCALAR_KEYS: Mapping[str, Field] = {
    "hidden": Integer(1, 4096),
    "skip": Boolean(),
    "output": Choice(("logistic", "linear"), SIGMOID),
    "until_converged": Boolean(),
    "lr": Real(above=0.0),
    "epochs": Integer(1, 10**9),
    "seed": Integer(0, 2**32 - 1),
}
"""The keys of a point that belong to no group."""

POINT_KEYS = (
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
    "epochs",
    "seed",
)
"""The order of a point's columns; the keys of a group follow its name."""


def read_point(config: Mapping[str, Any]) -> Point:
    """Return a nested configuration as one checked, flat point; raises ConfigError."""
    point = read_values(config)
    check_points({key: np.array([value]) for key, value in point.items()})
    return point


def read_values(config: Mapping[str, Any]) -> Point:
    """Return a flat point whose values are checked each on its own; raises ConfigError."""
    point: Point = {}
    for key in POINT_KEYS:
        if key in COMPONENTS:
            point.update(_read_group(key, section_of(config, key, COMPONENTS[key])))
        else:
            point[key] = read_value(key, config.get(key), SCALAR_KEYS[key])
    return point


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return flat keys as a nested configuration; raises ConfigError for one that nothing reads.

    A group that isn't given has its first choice, a choice its defaults for what isn't given.
    """
    config = {key: value for key, value in flat.items() if key in SCALAR_KEYS}
    for group, choices in COMPONENTS.items():
        name = flat.get(group, next(iter(choices)))
        choice = choices.get(choices.canonical(str(name)))
        config[group] = {"name": name, **_defaults(choice)}
    for key, value in flat.items():
        group, _, name = key.partition(".")
        if name and group in COMPONENTS:
            config[group][name] = value
        elif key not in config:
            check_known("", [key], POINT_KEYS)
    return config


def _defaults(choice: type | None) -> dict[str, Any]:
    return {name: getattr(choice(), name) for name in fields_of(choice)} if choice else {}


def all_point_keys() -> list[str]:
    """Return every flat key that a point has whose choices are xorsweep's own."""
    parameters = (
        f"{group}.{name}"
        for group, choices in COMPONENTS.items()
        for choice in choices.own.values()
        for name in fields_of(choice)
    )
    return list(dict.fromkeys([*SCALAR_KEYS, *COMPONENTS, *parameters]))


def fields_for(key: str) -> list[Field]:
    """Return the rules of a flat key, one a choice that has it; none where no point has the key.

    Choices of others are imported where none of xorsweep's own has the key; broken ones have none.
    """
    group, _, name = key.partition(".")
    if key in SCALAR_KEYS:
        return [SCALAR_KEYS[key]]
    if group not in COMPONENTS:
        return []
    choices = COMPONENTS[group]
    if not name:
        return [_names_of(group)]
    own = [rules[name] for rules in map(fields_of, choices.own.values()) if name in rules]
    if own:
        return own
    return [rules[name] for _, each in choices.usable() if name in (rules := fields_of(each))]


def field_of(key: str, point: Mapping[str, Scalar]) -> Field:
    """Return the rule of a flat key, given the choices that `point` makes; raises ConfigError."""
    if key in SCALAR_KEYS:
        return SCALAR_KEYS[key]
    group, _, name = key.partition(".")
    if group in COMPONENTS and not name:
        return _names_of(group)
    if group in COMPONENTS:
        rules = fields_of(COMPONENTS[group][str(point[group])])
        if name in rules:
            return rules[name]
        check_known(f"{group}.", [name], rules, f" of {group}={point[group]}")
    check_known("", [key], POINT_KEYS)
    raise AssertionError(key)


def component_of(group: str, values: Mapping[str, Any]) -> Any:
    """Return the group's choice with its parameters: scalars, or arrays (B,) of a batch.

    `values` maps flat keys to scalars, and batched keys to scalars or arrays.
    """
    choice = COMPONENTS[group][str(values[group])]
    return choice(**{name: values[f"{group}.{name}"] for name in fields_of(choice)})


def network_of(values: Mapping[str, Any]) -> Network:
    """Return the network that a point or a batch trains."""
    task = component_of("task", values)
    inputs, outputs = task.inputs().shape[1], task.targets().shape[1]
    return Network(inputs, int(values["hidden"]), outputs, bool(values["skip"]))


def task_rows(values: Mapping[str, Any]) -> int:
    """Return the number of rows in the truth table of a point or a batch."""
    return len(component_of("task", values).inputs())


def check_points(columns: Mapping[str, NDArray[Any]]) -> None:
    """Raise ConfigError where values that are each allowed mean nothing together.

    columns: flat key -> array (N,) of points that share every key that isn't batched. What a choice
    of others raises by itself, `sys.exit` too, is a ConfigError that names the choice.
    """
    try:
        _check_points(columns)
    except (ConfigError, KeyboardInterrupt):
        raise
    except BaseException as error:
        names = {group: str(columns[group][0]) for group in COMPONENTS}
        others = [
            f"{group}={names[group]}"
            for group in COMPONENTS
            if names[group] not in COMPONENTS[group].own
        ]
        if not others:
            raise
        reason = one_line(exception_text(error))
        raise ConfigError(f"{' and '.join(others)}: can't be used ({reason})") from error


def _check_points(columns: Mapping[str, NDArray[Any]]) -> None:
    values = {
        key: column if column.dtype.kind == "f" else column[0] for key, column in columns.items()
    }
    choices = {group: component_of(group, values) for group in COMPONENTS}
    for choice in choices.values():
        if hasattr(choice, "check"):
            choice.check()
    choices["optimizer"].check_rate(values["lr"])
    choices["init"].check_network(network_of(values), columns["seed"])
    _check_together(values, choices)


def _check_together(values: Mapping[str, Any], choices: Mapping[str, Any]) -> None:
    if values["loss"] == "cross_entropy" and values["output"] != "logistic":
        raise ConfigError(
            f"loss=cross_entropy with output={values['output']}: "
            "cross-entropy needs outputs between 0 and 1, so output must be logistic"
        )
    if values["skip"] and not choices["task"].allows_skip:
        raise ConfigError(
            f"skip=true with task={values['task']}: direct links would carry the inputs past the "
            "hidden units, which are to encode them, so skip must be false"
        )
    if values["schedule"] == "online" and not choices["optimizer"].online:
        raise ConfigError(
            f"optimizer={values['optimizer']} with schedule=online: this rule compares the slopes "
            "of whole epochs, and those of single rows say nothing, so schedule must be batch"
        )


def _names_of(group: str) -> Choice:
    return Choice(COMPONENTS[group], COMPONENTS[group].aliases)


def _read_group(group: str, section: Mapping[str, Any]) -> Point:
    chosen = str(read_value(group, section.get("name"), _names_of(group)))
    choice = COMPONENTS[group][chosen]
    check_known(f"{group}.", section, ["name", *fields_of(choice)], f" of {group}={chosen}")
    values = read_fields(f"{group}.", section, choice)
    return {group: chosen, **{f"{group}.{name}": value for name, value in values.items()}}
