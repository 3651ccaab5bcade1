"""Tells from a command line that a function or an experiment of the user's is to be swept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from xorsweep.cli.hydra_config import GRID_KEYS
from xorsweep.command_lines import quote
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import fields_of
from xorsweep.settings import FIGURES, AdaptiveSeeds, FigureSettings, SweepSettings

FUNCTION, EXPERIMENT = "function", "experiment"
AXES = "grid.axes"
SWEEP_KEYS = frozenset(
    {
        *("function", "experiment", "vectorized", "times", "rate"),
        *("plan", "resume", "study", "grid"),
        *fields_of(AdaptiveSeeds),
        *fields_of(SweepSettings),
    }
)
"""The keys of a function's sweep that aren't arguments of the function."""
FUNCTION_KEYS = (
    *sorted(SWEEP_KEYS - {"function", "experiment", "grid"}),
    *GRID_KEYS,
    *("parallel", *(f"parallel.{name}" for name in fields_of(ExecutionSettings))),
    *(FIGURES, *(f"{FIGURES}.{name}" for name in fields_of(FigureSettings))),
    "hydra.sweep.dir",
)
"""The same, with what lies below them, as they are typed."""
_CONFIG_DIR = ("--config-dir", "-cd")


def is_own_sweep(arguments: Sequence[str]) -> bool:
    """Tell whether a command names a function or an experiment, itself or in a config file."""
    keys = {each.partition("=")[0].lstrip("+"): each.partition("=")[2] for each in arguments}
    named = [
        each.partition("=") for each in arguments if each.startswith(("function=", "experiment="))
    ]
    if any(name not in ("", "null") for _, _, name in named):
        return True
    return any(
        isinstance(found, dict) and (found.get(FUNCTION) or isinstance(found.get(EXPERIMENT), str))
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
    is_setting = key.split(".")[0] in {"hydra", "grid", "parallel", FIGURES, "times"} or "/" in key
    return not is_setting and key not in SWEEP_KEYS and "@" not in key
