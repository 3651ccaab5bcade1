"""The schema: every key of a point and of a sweep, and every check of a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.activations import ACTIVATIONS, SIGMOID
from xorsweep.choices import Choices
from xorsweep.criteria import CRITERIA
from xorsweep.engines import Engine
from xorsweep.exceptions import in_line, text_of
from xorsweep.hints import key_hint
from xorsweep.init import INITS
from xorsweep.losses import LOSSES
from xorsweep.network import Network
from xorsweep.optimizers import OPTIMIZERS
from xorsweep.rules import (
    Boolean,
    Choice,
    ConfigError,
    Integer,
    OrNull,
    Real,
    Rule,
    Scalar,
    Text,
    brief,
    parameter,
    read,
    rules_of,
)
from xorsweep.schedules import SCHEDULES
from xorsweep.tasks import TASKS

Point = dict[str, Scalar]
"""One point, flat: `task`, `task.levels`, ..., `lr`, `epochs`, `seed`, in the order of columns."""

GROUPS: Mapping[str, Choices[Any]] = {
    "task": TASKS,
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "init": INITS,
    "criterion": CRITERIA,
}
"""The config groups of a point: a registry of choices each."""

PLAIN: Mapping[str, Rule] = {
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


@dataclass(frozen=True)
class Parallel:
    """Where batches are trained.

    `n_jobs` counts processes, -1 stands for every core; with the `address` of a Dask scheduler it
    counts the workers to make batches for, and -1 stands for those that it has. `shards` counts
    the jobs that a launcher of Hydra is given; None stands for as many as this machine has cores.
    """

    backend: str = parameter("loky", Choice(("serial", "loky", "dask")))
    n_jobs: int = parameter(-1, Integer(-1, 4096))
    address: str | None = parameter(None, OrNull(Text()))
    shards: int | None = parameter(None, OrNull(Integer(1, 100_000)))

    def check(self) -> None:
        """Raise ConfigError where there would be no worker, or an address that nobody calls."""
        if self.n_jobs == 0:
            raise ConfigError("parallel.n_jobs=0: must be -1 (every core) or at least 1")
        if self.address is not None and self.backend != "dask":
            raise ConfigError(
                f"parallel.address={self.address}: is where a Dask scheduler listens, so it needs "
                f"parallel=dask and not parallel={self.backend}"
            )


@dataclass(frozen=True)
class Rounds:
    """How sure each rate must be before no more seeds are added to its cell.

    `precision` is half the width of the 95 % interval, or null for the seeds that were given and
    no more; `max_seeds` ends a cell that isn't as sure as that, too.
    """

    precision: float | None = parameter(None, OrNull(Real(above=0.0, below=0.5)))
    max_seeds: int = parameter(10_000, Integer(1, 2**32))


@dataclass(frozen=True)
class Sweep:
    """How a sweep is run and what it leaves; of all this only engine and rounds touch numbers."""

    parallel: Parallel = Parallel()
    engine: Engine = Engine()
    rounds: Rounds = Rounds()
    report: bool = parameter(True, Boolean())
    on_failure: str = parameter("continue", Choice(("continue", "stop")))


SETTINGS: Mapping[str, type] = {"parallel": Parallel, "engine": Engine}
"""The config groups that say how a sweep is run."""

Settings = TypeVar("Settings", Parallel, Engine)


def read_point(config: Mapping[str, Any]) -> Point:
    """Return a nested configuration as one checked, flat point; raises ConfigError."""
    point = read_values(config)
    check_points({key: np.array([value]) for key, value in point.items()})
    return point


def read_values(config: Mapping[str, Any]) -> Point:
    """Return a flat point whose values are checked each on its own; raises ConfigError."""
    point: Point = {}
    for key in POINT_KEYS:
        if key in GROUPS:
            point.update(_read_group(key, _section(config, key)))
        else:
            point[key] = read(key, config.get(key), PLAIN[key])
    return point


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return flat keys as a nested configuration; raises ConfigError for one that nothing reads.

    A group that isn't given has its first choice, a choice its defaults for what isn't given.
    """
    config = {key: value for key, value in flat.items() if key in PLAIN}
    for group, choices in GROUPS.items():
        name = flat.get(group, next(iter(choices)))
        choice = choices.get(choices.canonical(str(name)))
        config[group] = {"name": name, **_defaults(choice)}
    for key, value in flat.items():
        group, _, name = key.partition(".")
        if name and group in GROUPS:
            config[group][name] = value
        elif key not in config:
            refuse_unknown("", [key], POINT_KEYS)
    return config


def _defaults(choice: type | None) -> dict[str, Any]:
    return {name: getattr(choice(), name) for name in rules_of(choice)} if choice else {}


def read_sweep(config: Mapping[str, Any]) -> Sweep:
    """Return the checked settings of a sweep; raises ConfigError."""
    return Sweep(
        parallel=read_settings("parallel", config, Parallel),
        engine=read_settings("engine", config, Engine),
        rounds=Rounds(**_read_all("", config, Rounds)),
        **_read_all("", config, Sweep),
    )


def refuse_unknown_keys(config: Mapping[str, Any], others: Iterable[str] = ()) -> None:
    """Raise ConfigError for a top-level key that nothing reads, with the nearest that is read."""
    read_here = [*rules_of(Rounds), *rules_of(Sweep), *SETTINGS]
    refuse_unknown("", config, [*POINT_KEYS, *read_here, *others])


def every_point_key() -> list[str]:
    """Return every flat key that a point has whose choices are xorsweep's own."""
    parameters = (
        f"{group}.{name}"
        for group, choices in GROUPS.items()
        for choice in choices.own.values()
        for name in rules_of(choice)
    )
    return list(dict.fromkeys([*PLAIN, *GROUPS, *parameters]))


def rules_for(key: str) -> list[Rule]:
    """Return the rules of a flat key, one a choice that has it; none where no point has the key.

    Choices of others are imported where none of xorsweep's own has the key; broken ones have none.
    """
    group, _, name = key.partition(".")
    if key in PLAIN:
        return [PLAIN[key]]
    if group not in GROUPS:
        return []
    choices = GROUPS[group]
    if not name:
        return [_names_of(group)]
    own = [rules[name] for rules in map(rules_of, choices.own.values()) if name in rules]
    if own:
        return own
    return [rules[name] for _, each in choices.usable() if name in (rules := rules_of(each))]


def rule_of(key: str, point: Mapping[str, Scalar]) -> Rule:
    """Return the rule of a flat key, given the choices that `point` makes; raises ConfigError."""
    if key in PLAIN:
        return PLAIN[key]
    group, _, name = key.partition(".")
    if group in GROUPS and not name:
        return _names_of(group)
    if group in GROUPS:
        rules = rules_of(GROUPS[group][str(point[group])])
        if name in rules:
            return rules[name]
        refuse_unknown(f"{group}.", [name], rules, f" of {group}={point[group]}")
    refuse_unknown("", [key], POINT_KEYS)
    raise AssertionError(key)


def choose(group: str, values: Mapping[str, Any]) -> Any:
    """Return the group's choice with its parameters: scalars, or arrays (B,) of a batch.

    `values` maps flat keys to scalars, and batched keys to scalars or arrays.
    """
    choice = GROUPS[group][str(values[group])]
    return choice(**{name: values[f"{group}.{name}"] for name in rules_of(choice)})


def network_of(values: Mapping[str, Any]) -> Network:
    """Return the network that a point or a batch trains."""
    task = choose("task", values)
    inputs, outputs = task.inputs().shape[1], task.targets().shape[1]
    return Network(inputs, int(values["hidden"]), outputs, bool(values["skip"]))


def task_rows(values: Mapping[str, Any]) -> int:
    """Return the number of rows in the truth table of a point or a batch."""
    return len(choose("task", values).inputs())


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
        names = {group: str(columns[group][0]) for group in GROUPS}
        others = [
            f"{group}={names[group]}" for group in GROUPS if names[group] not in GROUPS[group].own
        ]
        if not others:
            raise
        reason = in_line(text_of(error))
        raise ConfigError(f"{' and '.join(others)}: can't be used ({reason})") from error


def _check_points(columns: Mapping[str, NDArray[Any]]) -> None:
    values = {
        key: column if column.dtype.kind == "f" else column[0] for key, column in columns.items()
    }
    choices = {group: choose(group, values) for group in GROUPS}
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
    return Choice(GROUPS[group], GROUPS[group].aliases)


def _read_group(group: str, section: Mapping[str, Any]) -> Point:
    chosen = str(read(group, section.get("name"), _names_of(group)))
    choice = GROUPS[group][chosen]
    refuse_unknown(f"{group}.", section, ["name", *rules_of(choice)], f" of {group}={chosen}")
    values = _read_all(f"{group}.", section, choice)
    return {group: chosen, **{f"{group}.{name}": value for name, value in values.items()}}


def read_settings(key: str, config: Mapping[str, Any], settings: type[Settings]) -> Settings:
    """Return the checked settings of one group, such as `engine`; raises ConfigError."""
    section = _section(config, key)
    refuse_unknown(f"{key}.", section, rules_of(settings))
    found = settings(**_read_all(f"{key}.", section, settings))
    found.check()
    return found


def _read_all(prefix: str, section: Mapping[str, Any], settings: type) -> dict[str, Any]:
    rules = rules_of(settings)
    return {name: read(prefix + name, section.get(name), rule) for name, rule in rules.items()}


def _section(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = config.get(key)
    if not isinstance(section, Mapping):
        names = ", ".join(GROUPS.get(key, ()))
        raise ConfigError(f"{key}={section}: {key} is a config group; choose one of {names}")
    return section


def refuse_unknown(
    prefix: str, given: Iterable[str], known: Iterable[str], where: str = ""
) -> None:
    """Raise ConfigError for the first given name that isn't known, both without the prefix."""
    known = list(known)
    for name in given:
        if name not in known:
            raise ConfigError(unknown_key(prefix + str(name), [prefix + k for k in known], where))


def unknown_key(key: str, known: Iterable[str], where: str = "") -> str:
    """Return the message for a key that nothing reads, naming the nearest that something does."""
    known = list(known)
    short = [each for each in known if "." not in each] or known
    hint = key_hint(key, known) or f"known keys: {', '.join(short)}"
    return f"{brief(key)}: unknown key{where}; {hint}"
