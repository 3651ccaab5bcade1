"""Python values as the overrides that a person would type: `lr=[0.1, 1]` as `lr=0.1,1`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xorsweep.cli.keys import SETTINGS
from xorsweep.command_lines import override_value, quote
from xorsweep.errors import ConfigError
from xorsweep.grid.levels import levels_of_value, plain_value, range_length
from xorsweep.networks.schema import COMPONENTS
from xorsweep.settings import FIGURES
from xorsweep.text import shorten

Values = Mapping[str, Any]
"""One value, or a list or a range of them, by flat key."""

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
    `optimizer.momentum=0.9`. Several levels are a list of Python's own values, or a range. Raises
    ConfigError for a mapping elsewhere and a key given twice.
    """
    flat: dict[str, Any] = {}
    for key, value in given.items():
        _refuse_no_key(key)
        for name, each in _parameters(key, value).items():
            if name in flat:
                both = f"{shorten(flat[name])} and {shorten(each)}"
                raise ConfigError(f"{name}: given twice, as {both}; give it once")
            levels = levels_of_value(name, each)
            flat[name] = plain_value(each) if levels is None else levels
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
    if key == FIGURES:  # several columns or formats are one value
        value = {
            name: ",".join(map(str, each)) if isinstance(each, list | tuple) else each
            for name, each in value.items()
        }
    return {
        key if name == NAME else f"{key}.{name}": each
        # The choice before its parameters, which it decides.
        for name, each in sorted(value.items(), key=lambda item: item[0] != NAME)
    }


@dataclass(frozen=True)
class GivenSweep:
    """The request for a sweep from Python: values by flat key, and the structure of the grid.

    `overrides` are the words of a command line that asks for the same.
    """

    values: Values
    blocks: Sequence[Values] | None
    zipped: Sequence[Sequence[str]] | None
    where: str | None
    overrides: Sequence[str]

    @classmethod
    def read(
        cls, values: Mapping[str, Any], blocks: Any = None, zipped: Any = None, where: Any = None
    ) -> GivenSweep:
        """Return the request for values of Python's and NumPy's types; raises ConfigError."""
        flat = flattened(values)
        if flat.get("study", "") is None:  # as on a command line that names none
            del flat["study"]
        lines = [f"{key}={levels_text(key, value)}" for key, value in flat.items()]
        read = _read_blocks(blocks), _read_zip(zipped), _read_where(where)
        given = cls(flat, *read, lines)
        if given.blocks is not None:
            texts = ", ".join(map(_block_text, given.blocks))
            lines.append(f"grid.blocks=[{texts}]")
        if given.zipped is not None:
            groups = ",".join(f"[{','.join(map(override_value, keys))}]" for keys in given.zipped)
            lines.append(f"grid.zip=[{groups}]")
        if given.where is not None:
            lines.append(f"grid.where={quote(given.where)}")
        return given

    @property
    def merged_blocks(self) -> list[Values]:
        """Return the blocks, or the only one, with the values that hold for each of them."""
        return [{**block, **self.values} for block in self.blocks or [{}]]

    @property
    def grid_node(self) -> dict[str, Any]:
        """Return the given entries of the node `grid`, in the form of a configuration."""
        blocks = self.blocks and [dict(_texts(block)) for block in self.blocks]
        node = {"zip": self.zipped, "where": self.where, "blocks": blocks}
        return {key: value for key, value in node.items() if value is not None}


def _block_text(block: Values) -> str:
    levels = ", ".join(f"{key}: {override_value(text)}" for key, text in _texts(block))
    return f"{{{levels}}}"


def _texts(block: Values) -> Iterator[tuple[str, str]]:
    try:
        yield from ((key, levels_text(key, value)) for key, value in block.items())
    except ConfigError as error:
        raise ConfigError(f"blocks: {error}") from None


def _read_where(where: Any) -> str | None:
    if where is None or isinstance(where, str):
        return where
    raise ConfigError(f"where={shorten(where)}: must be {_WHERE_ALLOWED}")


def _read_zip(zipped: Any) -> list[list[str]] | None:
    if zipped is None:
        return None
    groups = [
        list(_items("zip", keys, _ZIP_ALLOWED)) for keys in _items("zip", zipped, _ZIP_ALLOWED)
    ]
    if any(len(keys) < 2 for keys in groups):
        raise ConfigError(f"zip={shorten(zipped)}: must be {_ZIP_ALLOWED}")
    for name in (name for keys in groups for name in keys):
        if not isinstance(name, str):
            raise ConfigError(f"zip: {shorten(name)} isn't a key; it must be {_ZIP_ALLOWED}")
    return groups


def _read_blocks(blocks: Any) -> list[dict[str, Any]] | None:
    if blocks is None:
        return None
    found = _items("blocks", blocks, _BLOCKS_ALLOWED)
    if not found:
        raise ConfigError(f"blocks=[]: must be {_BLOCKS_ALLOWED}")
    return [_read_block(block) for block in found]


def _read_block(block: Any) -> dict[str, Any]:
    if not isinstance(block, Mapping):
        raise ConfigError(f"blocks: {shorten(block)} isn't a block; it must be {_BLOCKS_ALLOWED}")
    try:
        return flattened(block)
    except ConfigError as error:
        raise ConfigError(f"blocks: {error}") from None


def _items(name: str, value: Any, allowed: str) -> Sequence[Any]:
    items = levels_of_value(name, value)
    if items is None or isinstance(items, range):
        raise ConfigError(f"{name}={shorten(value)}: must be {allowed}")
    return items


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
    # Equal levels have a step of 0, which range refuses.
    step = levels[1] - levels[0] or 1
    steps = range(levels[0], levels[0] + step * len(levels), step)
    return steps if levels == list(steps) else levels


def _level_text(key: str, level: Any) -> str:
    if level is None or isinstance(level, bool | int | float | str):
        return override_value(level)
    if isinstance(level, Mapping) and key in COMPONENTS:
        raise ConfigError(
            f"{key}={shorten(level)}: components with their own parameters can't be an axis; use "
            f"blocks, such as blocks=[dict({key}={shorten(level)})]"
        )
    raise ConfigError(
        f"{key}={shorten(level)}: must be a number, a text, True, False or None, or a list of them"
    )
