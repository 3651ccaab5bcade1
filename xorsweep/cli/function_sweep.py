"""Sweeps of a function or an experiment of one's own, from the command line and config files.

Their keys are no keys of the configuration: before Hydra reads the command line, they
are moved into `grid.axes`, where every axis of a config file lies, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf

from xorsweep.cli.config_files import composed_files
from xorsweep.cli.experiments import load_class
from xorsweep.cli.hydra_config import AXES, levels_of, plain
from xorsweep.cli.own_sweep import (
    EXPERIMENT,
    FUNCTION,
    FUNCTION_KEYS,
    SWEEP_KEYS,
    typed_command,
)
from xorsweep.errors import ConfigError
from xorsweep.experiment import Experiment
from xorsweep.fields import Boolean
from xorsweep.fields.values import read_value
from xorsweep.functions.experiment import FunctionExperiment, read_rate, read_times
from xorsweep.functions.signature import RESERVED, Function, Signature
from xorsweep.functions.source import load_function, name_of, short_name
from xorsweep.grid.axes import Axis
from xorsweep.grid.product import grid_of_levels
from xorsweep.hints import KEYS, key_hint, meant_key
from xorsweep.networks.schema import COMPONENTS
from xorsweep.settings import FIGURES, read_sweep
from xorsweep.storage.paths import named_folder
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest, provenance_of, resume_with
from xorsweep.tabular_experiment import TabularExperiment
from xorsweep.text import format_value, shorten


def compose_own(
    loader: ConfigLoader, config: DictConfig, folder: Path, command_line: Sequence[str]
) -> SweepRequest | ResumeRequest:
    """Return the sweep of a function or an experiment that a configuration asks for.

    Raises:
        ConfigError: Something isn't allowed; the message names it.
    """
    values = plain(config)
    settings = read_sweep(values)
    recorded = {*SWEEP_KEYS, "parallel", FIGURES} - {"study"}  # none of the keys of networks
    options: dict[str, Any] = {
        "times": read_times(values["times"]),
        "rate": read_rate(values["rate"]),
    }
    axes = _axes_of(loader, config, values)
    provenance = provenance_of(
        typed_command(command_line, axes),
        {key: value for key, value in values.items() if key in recorded},
    )
    function = _function(values, axes)
    if values["resume"] is not None:
        opened = open_sweep(named_folder(str(values["resume"]), "resume"))
        experiment = _resumed(values, opened.store.experiment, function, options)
        more = [Axis(key, tuple(found)) for key, found in _levels(axes).items()]
        given = {each.partition("=")[0] for each in config.hydra.overrides.task}
        return resume_with(opened.store.folder, settings, given, more, experiment, provenance)
    blocks = [_levels({**axes, **block}) for block in values["grid"].get("blocks") or [{}]]
    zipped = [tuple(keys) for keys in values["grid"].get("zip") or ()]
    where = values["grid"].get("where")
    if function is None:
        cls = load_class(values[EXPERIMENT])
        experiment = cls(**options) if issubclass(cls, TabularExperiment) else cls()
        _check_sweep_keys(axes, experiment.schema.keys)
        grid = grid_of_levels(experiment.schema, blocks, zipped, where)
    else:
        vectorized = bool(read_value("vectorized", values["vectorized"], Boolean()))
        experiment, grid = FunctionExperiment.of(
            function, blocks, zipped, where, vectorized=vectorized, **options
        )
    documents = {"multirun.yaml": OmegaConf.to_yaml(config)}
    return SweepRequest(experiment, grid, settings, folder, provenance, documents=documents)


def _function(values: Mapping[str, Any], axes: Mapping[str, str]) -> Function | None:
    """Return the function that is named; None where it is an experiment, whose class is loaded."""
    name = values[FUNCTION]
    if name is None:
        load_class(values[EXPERIMENT])
        return None
    if not isinstance(name, str):
        raise ConfigError(
            f"function={shorten(name)}: a function is named as package.module:function"
        )
    function = load_function(name)
    if isinstance(function, type) and issubclass(function, Experiment):
        raise ConfigError(f"function={name}: is an experiment; give experiment={name} instead")
    _check_keys(axes, function)
    return function


def _resumed(
    values: Mapping[str, Any],
    recorded: Experiment[Any],
    function: Function | None,
    options: Mapping[str, Any],
) -> Experiment[Any]:
    """Return the experiment of a folder, with the options that are given now in place of its own.

    Raises:
        ConfigError: The folder isn't one of the function, or of the experiment, that is named.
    """
    if function is not None:
        if not isinstance(recorded, FunctionExperiment):
            raise ConfigError(
                f"resume={values['resume']}: holds a sweep of {recorded.name}, of no function"
            )
        recorded = recorded.with_function(function)
    elif type(recorded) is not load_class(values[EXPERIMENT]):
        raise ConfigError(
            f"resume={values['resume']}: holds a sweep of {recorded.name}, and not of "
            f"{values[EXPERIMENT]}"
        )
    given = {key: value for key, value in options.items() if value}
    return replace(recorded, **given) if isinstance(recorded, TabularExperiment) else recorded


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


def _check_sweep_keys(keys: Iterable[str], known: Sequence[str]) -> None:
    """Raise ConfigError for a key that an experiment hasn't and that means one of the sweep."""
    for key in (key for key in keys if key not in known):
        if hint := key_hint(key, [*known, *FUNCTION_KEYS], KEYS):
            raise ConfigError(f"{key}: unknown key; {hint}")


def _levels(axes: Mapping[str, Any]) -> dict[str, Any]:
    return levels_of([f"{key}={text}" for key, text in axes.items()])


def _axes_of(loader: ConfigLoader, config: DictConfig, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the levels of the function's arguments, as texts, from files and overrides.

    The axes of xorsweep's own file are those of networks, and aren't among them.
    """
    # As `with_axes` has written them.
    prefix = f"++{AXES}."
    task = [each for each in config.hydra.overrides.task if each.startswith(prefix)]
    given = [each.removeprefix(prefix).partition("=")[0] for each in task]
    others = [file for file in composed_files(loader, config.hydra) if not file.is_primary]
    chosen = [key for file in others for key in (*file.axes, *file.plain, *file.unknown)]
    found: dict[str, str] = {}
    # Files first, so that the axes of the command line vary faster.
    for key in dict.fromkeys([*chosen, *given]):
        axes = values["grid"]["axes"]
        if key in axes:
            found[key] = format_value(axes[key])
        elif key in values and key not in COMPONENTS:
            found[key] = format_value(values[key])
    return found
