"""Sweeps of a function from the command line and from config files.

A function's arguments are no keys of the configuration: before Hydra reads the command line, they
are moved into `grid.axes`, where every axis of a config file lies, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf

from xorsweep.cli.config_files import composed_files
from xorsweep.cli.hydra_config import GRID_KEYS, levels_of, plain
from xorsweep.command_lines import quote
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import Boolean, fields_of, format_value, read_value, shorten
from xorsweep.functions.experiment import FunctionExperiment, read_rate, read_times
from xorsweep.functions.signature import RESERVED, Function, Signature
from xorsweep.functions.source import load_function, name_of, short_name
from xorsweep.grid.axes import Axis
from xorsweep.hints import KEYS, key_hint, meant_key
from xorsweep.networks.schema import COMPONENTS
from xorsweep.settings import AdaptiveSeeds, SweepSettings, read_sweep
from xorsweep.storage.paths import named_folder
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest, provenance_of

FUNCTION = "function"
AXES = "grid.axes"
SWEEP_KEYS = frozenset(
    {
        *("function", "vectorized", "times", "rate", "plan", "resume", "study", "grid"),
        *fields_of(AdaptiveSeeds),
        *fields_of(SweepSettings),
    }
)
"""The keys of a function's sweep that aren't arguments of the function."""
FUNCTION_KEYS = (
    *sorted(SWEEP_KEYS - {"function", "grid"}),
    *GRID_KEYS,
    *("parallel", *(f"parallel.{name}" for name in fields_of(ExecutionSettings))),
    "hydra.sweep.dir",
)
"""The same, with what lies below them, as they are typed."""
_CONFIG_DIR = ("--config-dir", "-cd")


def is_function_sweep(arguments: Sequence[str]) -> bool:
    """Tell whether a command names a function, itself or in a config file that it chooses."""
    keys = {each.partition("=")[0].lstrip("+"): each.partition("=")[2] for each in arguments}
    if keys.get(FUNCTION) not in (None, "", "null"):
        return True
    return any(
        isinstance(found, dict) and found.get(FUNCTION)
        for folder in _config_folders(arguments)
        for key, choice in keys.items()
        for found in _read_yaml(folder / key / f"{choice}.yaml")
    )


def _config_folders(arguments: Sequence[str]) -> Iterator[Path]:
    for place, each in enumerate(arguments):
        flag, _, value = each.partition("=")
        if flag in _CONFIG_DIR:
            yield Path(value or next(iter(arguments[place + 1 :]), ""))


def _read_yaml(path: Path) -> Iterator[Any]:
    try:
        yield yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):  # Hydra says what is wrong with it
        return


def with_axes(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of a command with those of the function moved into `grid.axes`.

    A key that is a config group of the user's stays one.

    Raises:
        ConfigError: An argument is given twice.
    """
    groups = {path.name for folder in _config_folders(arguments) for path in folder.glob("*/")}
    moved: list[str] = []
    seen: set[str] = set()
    for each in arguments:
        key, equals, value = each.partition("=")
        name = key.lstrip("+")
        if name.startswith("times."):
            moved.append(f"++{name}={value}")
            continue
        if not equals or each.startswith(("-", "~")) or name in groups or not _is_argument(name):
            moved.append(each)
            continue
        if name in seen:
            raise ConfigError(f"{name}: given twice; give it once")
        seen.add(name)
        moved.append(f"++{AXES}.{name}={quote(value)}")
    return moved


def _is_argument(key: str) -> bool:
    is_setting = key.split(".")[0] in {"hydra", "grid", "parallel", "times"} or "/" in key
    return not is_setting and key not in SWEEP_KEYS and "@" not in key


def compose_function(
    loader: ConfigLoader, config: DictConfig, folder: Path, command_line: Sequence[str]
) -> SweepRequest | ResumeRequest:
    """Return the sweep of a function that a configuration asks for; raises ConfigError."""
    values = plain(config)
    name = values[FUNCTION]
    if not isinstance(name, str):
        raise ConfigError(
            f"function={shorten(name)}: a function is named as package.module:function"
        )
    settings = read_sweep(values)
    provenance = provenance_of(command_line, _recorded(values))
    function = load_function(name)
    axes = _axes_of(loader, config, values)
    _check_keys(axes, function)
    if values["resume"] is not None:
        opened = open_sweep(named_folder(str(values["resume"]), "resume"))
        recorded = opened.store.experiment
        if not isinstance(recorded, FunctionExperiment):
            raise ConfigError(
                f"resume={values['resume']}: holds a sweep of {recorded.name}, of no function"
            )
        levels = levels_of([f"{key}={text}" for key, text in axes.items()])
        more = [Axis(key, tuple(found)) for key, found in levels.items()]
        given = {each.partition("=")[0] for each in config.hydra.overrides.task}
        rounds = {key: value for key, value in vars(settings.rounds).items() if key in given}
        experiment = replace(
            recorded.with_function(function),
            times=read_times(values["times"]) or recorded.times,
            rate=read_rate(values["rate"]) or recorded.rate,
        )
        return ResumeRequest(
            opened.store.folder, settings, more, rounds, experiment, provenance=provenance
        )
    blocks = values["grid"].get("blocks") or [{}]
    experiment, grid = FunctionExperiment.of(
        function,
        [_levels({**axes, **block}) for block in blocks],
        [tuple(keys) for keys in values["grid"].get("zip") or ()],
        values["grid"].get("where"),
        vectorized=bool(read_value("vectorized", values["vectorized"], Boolean())),
        times=read_times(values["times"]),
        rate=read_rate(values["rate"]),
    )
    documents = {"multirun.yaml": OmegaConf.to_yaml(config)}
    return SweepRequest(experiment, grid, settings, folder, provenance, documents=documents)


def _check_keys(keys: Collection[str], function: Function) -> None:
    """Raise ConfigError for a key that is no argument of a function and means one of the sweep."""
    name = short_name(name_of(function))
    signature = Signature.of(function, name)
    takes_all = signature.takes_any or signature.takes_mapping(keys)
    known = [*signature.names, *FUNCTION_KEYS]
    for key in keys:
        if key in RESERVED and (meant := meant_key(key, known, KEYS)):
            raise ConfigError(f"{name}: {key}: unknown key; did you mean {meant}?")
        is_argument = takes_all or key in signature.names or key in RESERVED
        if not is_argument and (hint := key_hint(key, known, KEYS)):
            raise ConfigError(f"{name}: {key}: unknown key; {hint}")


def _levels(axes: Mapping[str, Any]) -> dict[str, Any]:
    return levels_of([f"{key}={text}" for key, text in axes.items()])


def _axes_of(loader: ConfigLoader, config: DictConfig, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the levels of the function's arguments, as texts, from files and overrides.

    The axes of xorsweep's own file are those of networks, and aren't among them.
    """
    prefix = f"++{AXES}."
    task = [each for each in config.hydra.overrides.task if each.startswith(prefix)]
    given = [each.removeprefix(prefix).partition("=")[0] for each in task]
    others = [file for file in composed_files(loader, config.hydra) if not file.is_primary]
    chosen = [key for file in others for key in (*file.axes, *file.plain, *file.unknown)]
    found: dict[str, str] = {}
    for key in dict.fromkeys([*chosen, *given]):
        axes = values["grid"]["axes"]
        if key in axes:
            found[key] = format_value(axes[key])
        elif key in values and key not in COMPONENTS:
            found[key] = format_value(values[key])
    return found


def _recorded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a manifest records of a configuration: nothing that networks alone have."""
    kept = {*SWEEP_KEYS, "parallel"} - {"study"}
    return {key: value for key, value in values.items() if key in kept}
