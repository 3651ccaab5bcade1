"""Python values as the overrides that a person would type: `lr=[0.1, 1]` as `lr=0.1,1`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xorsweep.command_lines import override_value, quote
from xorsweep.errors import ConfigError
from xorsweep.fields import shorten
from xorsweep.grid.levels import levels_of_value, plain_value, range_length
from xorsweep.networks.schema import COMPONENTS
from xorsweep.settings import SETTINGS

NAME = "name"
"""The key under which a mapping for a config group has its choice, as in the YAML files."""

_KEY = re.compile(r"[A-Za-z_][\w./@]*")
_ZIP_ALLOWED = 'a list of lists of keys that go together, such as [("lr", "epochs")]'
_BLOCKS_ALLOWED = 'a list of dictionaries, such as [{"optimizer": "sgd", "lr": [0.5, 2]}]'
_WHERE_ALLOWED = 'an expression over keys, such as "lr*hidden < 8"'

SHORT = 3
"""Whole numbers in equal steps up to which they are written one by one."""


def flattened(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by flat key: a mapping for a group as its choice and that one's parameters.

    `optimizer={"name": "momentum", "momentum": 0.9}` becomes `optimizer="momentum"` and
    `optimizer.momentum=0.9`. Raises ConfigError for a mapping elsewhere and a key given twice.
    """
    flat: dict[str, Any] = {}
    for key, value in given.items():
        _refuse_no_key(key)
        for name, each in _parameters(key, value).items():
            if name in flat:
                both = f"{shorten(flat[name])} and {shorten(each)}"
                raise ConfigError(f"{name}: given twice, as {both}; give it once")
            flat[name] = each
    return flat


def _refuse_no_key(key: object, within: str = "") -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ConfigError(f"{within}{shorten(key)}: a key is a text of letters, digits, _ and dots")


def _parameters(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {key: value}
    if key not in COMPONENTS and key not in SETTINGS:
        groups = ", ".join([*COMPONENTS, *SETTINGS])
        raise ConfigError(f"{key}={shorten(value)}: a mapping is for config groups alone: {groups}")
    for name in value:
        _refuse_no_key(name, f"{key}: ")
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
        texts = map(_block_text, _items("blocks", blocks, _BLOCKS_ALLOWED))
        lines.append(f"grid.blocks=[{', '.join(texts)}]")
    if zipped is not None:
        groups = map(_group_text, _items("zip", zipped, _ZIP_ALLOWED))
        lines.append(f"grid.zip=[{','.join(groups)}]")
    if where is not None:
        if not isinstance(where, str):
            raise ConfigError(f"where={shorten(where)}: must be {_WHERE_ALLOWED}")
        lines.append(f"grid.where={quote(where)}")
    return lines


def _items(name: str, value: Any, allowed: str) -> Sequence[Any]:
    items = levels_of_value(name, value)
    if items is None or isinstance(items, range):
        raise ConfigError(f"{name}={shorten(value)}: must be {allowed}")
    return items


def _group_text(keys: Any) -> str:
    names = _items("zip", keys, _ZIP_ALLOWED)
    for name in names:
        if not isinstance(name, str):
            raise ConfigError(f"zip: {shorten(name)} is no key; it must be {_ZIP_ALLOWED}")
    return f"[{','.join(map(override_value, names))}]"


def _block_text(block: Any) -> str:
    if not isinstance(block, Mapping):
        raise ConfigError(f"blocks: {shorten(block)} is no block; it must be {_BLOCKS_ALLOWED}")
    try:
        levels = [
            f"{k}: {override_value(levels_text(k, value))}" for k, value in flattened(block).items()
        ]
    except ConfigError as error:
        raise ConfigError(f"blocks: {error}") from None
    return f"{{{', '.join(levels)}}}"


def levels_text(key: str, value: Any) -> str:
    """Return one value, or several with commas between them; raises ConfigError."""
    found = levels_of_value(key, value)
    if found is None:
        return _level_text(key, plain_value(value))
    levels = found if isinstance(found, range) else _as_range(found)
    if isinstance(levels, range) and range_length(levels) == 1:
        return _level_text(key, levels[0])
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
    if level is None or isinstance(level, bool | int | float | str):
        return override_value(level)
    if isinstance(level, Mapping) and key in COMPONENTS:
        raise ConfigError(
            f"{key}={shorten(level)}: choices with parameters of their own make no axis; use "
            f"blocks, such as blocks=[dict({key}={shorten(level)})]"
        )
    raise ConfigError(
        f"{key}={shorten(level)}: must be a number, a text, True, False or None, or a list of them"
    )
