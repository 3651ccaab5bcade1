"""Python values as the overrides that a person would type: `lr=[0.1, 1]` as `lr=0.1,1`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from xorsweep.again import quoted, typed
from xorsweep.config import GROUPS, SETTINGS
from xorsweep.rules import ConfigError

NAME = "name"
"""The key under which a mapping for a config group has its choice, as in the YAML files."""

SHORT = 3
"""Whole numbers in equal steps up to which they are written one by one."""


def flattened(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by flat key: a mapping for a group as its choice and that one's parameters.

    `optimizer={"name": "momentum", "momentum": 0.9}` becomes `optimizer="momentum"` and
    `optimizer.momentum=0.9`. Raises ConfigError for a mapping elsewhere and a key given twice.
    """
    flat: dict[str, Any] = {}
    for key, value in given.items():
        for name, each in _parameters(key, value).items():
            if name in flat:
                raise ConfigError(f"{name}: given twice, as {flat[name]} and {each}; give it once")
            flat[name] = each
    return flat


def _parameters(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {key: value}
    if key not in GROUPS and key not in SETTINGS:
        groups = ", ".join([*GROUPS, *SETTINGS])
        raise ConfigError(f"{key}={value}: a mapping is for config groups alone: {groups}")
    return {
        key if name == NAME else f"{key}.{name}": each
        for name, each in sorted(value.items(), key=lambda item: item[0] != NAME)
    }


def overrides(given: Mapping[str, Any]) -> list[str]:
    """Return values by key as overrides, a list of values as an axis; raises ConfigError."""
    return [f"{key}={levels_text(key, value)}" for key, value in flattened(given).items()]


def grid_overrides(
    blocks: Iterable[Mapping[str, Any]] | None,
    zipped: Iterable[Iterable[str]] | None,
    where: str | None,
) -> list[str]:
    """Return what the node `grid` holds but for axes, as overrides; raises ConfigError."""
    lines = []
    if blocks is not None:
        lines.append(f"grid.blocks=[{', '.join(map(_block_text, blocks))}]")
    if zipped is not None:
        lines.append(f"grid.zip=[{','.join(map(_group_text, zipped))}]")
    if where is not None:
        lines.append(f"grid.where={quoted(where)}")
    return lines


def _group_text(keys: Iterable[str]) -> str:
    return f"[{','.join(keys)}]"


def _block_text(block: Mapping[str, Any]) -> str:
    levels = (f"{k}: {typed(levels_text(k, value))}" for k, value in flattened(block).items())
    return f"{{{', '.join(levels)}}}"


def levels_text(key: str, value: Any) -> str:
    """Return one value, or several with commas between them; raises ConfigError."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, str) or not isinstance(value, Iterable):
        return _level_text(key, value)
    levels = value if isinstance(value, range) else _as_range(list(value))
    if isinstance(levels, range):
        step = "" if levels.step == 1 else f",{levels.step}"
        return f"range({levels.start},{levels.stop}{step})"
    if not levels:
        raise ConfigError(f"{key}=[]: this axis has no levels")
    return ",".join(_level_text(key, level) for level in levels)


def _as_range(levels: list[Any]) -> list[Any] | range:
    """Return whole numbers in equal steps as a range: Hydra's parser takes 0.1 ms for each text."""
    if len(levels) <= SHORT or any(type(level) is not int for level in levels):
        return levels
    step = levels[1] - levels[0] or 1
    steps = range(levels[0], levels[0] + step * len(levels), step)
    return steps if levels == list(steps) else levels


def _level_text(key: str, level: Any) -> str:
    level = level.item() if isinstance(level, np.generic) else level
    if level is None or isinstance(level, bool | int | float | str):
        return typed(level)
    if isinstance(level, Mapping) and key in GROUPS:
        raise ConfigError(
            f"{key}={level}: choices with parameters of their own make no axis; use blocks, such "
            f"as blocks=[dict({key}={level})]"
        )
    raise ConfigError(
        f"{key}={level}: must be a number, a text, True, False or None, or a list of them"
    )
