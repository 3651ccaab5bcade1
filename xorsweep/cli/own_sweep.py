"""Detects a sweep of a user's function or experiment in a command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from xorsweep.cli.defaults import read_defaults
from xorsweep.cli.hydra_config import AXES, GRID_KEYS
from xorsweep.cli.keys import RUN_KEYS, SWEEP_SETTINGS
from xorsweep.cli.yaml_errors import chosen_files, config_folders
from xorsweep.command_lines import quote
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import fields_of
from xorsweep.networks.schema import COMPONENTS
from xorsweep.settings import FIGURES, FigureSettings

FUNCTION, EXPERIMENT = "function", "experiment"
OUR_SWEEPER = "xorsweep_grid"
SWEEP_KEYS = frozenset({*RUN_KEYS, *SWEEP_SETTINGS} - {"parallel", FIGURES})
"""The keys of a function's sweep that aren't arguments of the function."""
FUNCTION_KEYS = (
    *sorted(SWEEP_KEYS - {"function", "experiment", "grid"}),
    *GRID_KEYS,
    *("parallel", *(f"parallel.{name}" for name in fields_of(ExecutionSettings))),
    *(FIGURES, *(f"{FIGURES}.{name}" for name in fields_of(FigureSettings))),
    "hydra.sweep.dir",
)
"""The same, with the keys below them, as they are typed."""


def check_sweeper(arguments: Sequence[str]) -> None:
    """Raise ConfigError where another sweeper is to call a function or an experiment."""
    for each in arguments:
        key, _, value = each.partition("=")
        if key.lstrip("+") == "hydra/sweeper" and value != OUR_SWEEPER:
            raise ConfigError(
                f"{each}: a function or an experiment is swept by hydra/sweeper={OUR_SWEEPER}, the "
                "default; leave it out"
            )


def own_config(text: str, arguments: Sequence[str]) -> str:
    """Return a printed configuration without the keys, and the axes, that only networks have."""
    config = yaml.safe_load(text)
    if not isinstance(config, dict) or "grid" not in config:  # a package of it, or Hydra's alone
        return text
    defaults = read_defaults("config")
    files = list(_named_files(arguments))
    plain_keys = {key for found in files for key in found}
    axes = {each.partition("=")[0].lstrip("+") for each in arguments if "=" in each} | plain_keys
    axes |= {key for found in files for key in (found.get("grid") or {}).get("axes", {})}
    own = {
        key: levels
        for key, levels in config["grid"]["axes"].items()
        if key not in defaults["grid"]["axes"] or key in axes
    }
    config["grid"] = {**config["grid"], "axes": own}
    of_networks = {*defaults, *COMPONENTS, "engine"} - {*SWEEP_KEYS, "parallel", FIGURES, "hydra"}
    shown = {key: config[key] for key in config if key not in of_networks - plain_keys}
    printed: str = yaml.safe_dump(shown, sort_keys=False, allow_unicode=True)
    return printed


def is_own_sweep(arguments: Sequence[str]) -> bool:
    """Tell whether a command names a function or an experiment, itself or in a config file."""
    named = [
        each.partition("=") for each in arguments if each.startswith(("function=", "experiment="))
    ]
    if any(name not in ("", "null") for _, _, name in named):
        return True
    return any(
        found.get(FUNCTION) or isinstance(found.get(EXPERIMENT), str)
        for found in _named_files(arguments)
    )


def _named_files(arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the user's config files that arguments name."""
    for path in chosen_files(arguments):
        try:
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):  # Hydra reports the error
            continue
        if isinstance(found, dict):
            yield found


def with_axes(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of a command with those of the function moved into `grid.axes`.

    A key that is a config group of the user's stays one. Raises ConfigError for one given twice.
    """
    groups = {path.name for folder in config_folders(arguments) for path in folder.glob("*/")}
    moved: list[str] = []
    seen: set[str] = set()
    for each in arguments:
        key, equals, value = each.partition("=")
        name = key.lstrip("+")
        if name.startswith("times."):
            # ++ adds an entry, of which conf/config.yaml has none, or replaces a config file's.
            moved.append(f"++{name}={value}")
            continue
        if not equals or each.startswith(("-", "~")) or name in groups or not _is_argument(name):
            moved.append(each)
            continue
        if name in seen:
            raise ConfigError(f"{name}: given twice; give it once")
        seen.add(name)
        # Quoted, so that Hydra keeps 0.1,1 as one text: without quotes it would sweep the key.
        moved.append(f"++{AXES}.{name}={quote(value)}")
    return moved


def typed_command(command_line: Sequence[str], axes: Mapping[str, str]) -> list[str]:
    """Return a command as it is typed: `function NAME x=1,2`, without the additions of `with_axes`.

    `axes` are the levels by argument, as they were typed.
    """
    program, arguments = command_line[:3], command_line[3:]  # python -m xorsweep
    prefix, flags = f"++{AXES}.", {"-m", "--multirun"}
    names = [each for each in arguments if each.startswith(("function=", "experiment="))]
    if len(names) != 1:  # a config file names it
        names = []
    typed = []
    for each in arguments:
        if each.startswith(prefix):
            key = each.removeprefix(prefix).partition("=")[0]
            typed.append(f"{key}={axes[key]}")
        elif not (each in names or (names and each in flags)):
            typed.append(each.removeprefix("++") if each.startswith("++times.") else each)
    return [*program, *(word for name in names for word in name.split("=", 1)), *typed]


def _is_argument(key: str) -> bool:
    is_setting = key.split(".")[0] in {"hydra", "grid", "parallel", FIGURES, "times"} or "/" in key
    return not is_setting and key not in SWEEP_KEYS and "@" not in key
