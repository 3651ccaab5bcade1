"""The definition of a grid: its axes, blocks and zipped axes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.grid.axes import ZIP, Axis, check_size
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.text import format_value

_ZIP_ALLOWED = "must be a list of lists of keys that go together, such as [[lr,epochs]]"

Zipped = tuple[tuple[str, ...], ...]
Setting = Hashable
"""The setting of one key in a configuration: an override of Hydra's, or a key and its value."""


@dataclass(frozen=True)
class ParsedAxis:
    """A key that was given: its axis, the setting of each level, whether it has levels at all."""

    axis: Axis
    settings: tuple[Setting, ...]
    is_axis: bool


@dataclass(frozen=True)
class GridSpec:
    """The parts of a grid: the keys of each block, and those of all blocks."""

    blocks: tuple[Mapping[str, ParsedAxis], ...]
    zipped: Zipped = ()
    where: str | None = None


def check_counts(blocks: Sequence[Mapping[str, int]], zipped: Zipped) -> None:
    """Raise ConfigError where the points of all blocks wouldn't fit into memory.

    Each block has the numbers of its keys' levels: nothing has to be made of them yet.
    """
    products = []
    for counts in blocks:
        # Keys that vary together are one dimension, which is counted by its first key.
        later = {key for keys in zipped_in(zipped, counts) for key in keys[1:]}
        products.append({key: count for key, count in counts.items() if key not in later})
    check_size(*products)


def zipped_in(zipped: Zipped, counts: Mapping[str, int]) -> Zipped:
    """Return which axes of a block go together: a key with one value goes with every level."""
    here = (tuple(key for key in keys if counts.get(key, 1) > 1) for keys in zipped)
    return tuple(keys for keys in here if len(keys) > 1)


def read_zip(groups: Any) -> Zipped:
    """Return the keys that vary together; raises ConfigError."""
    if groups is None:
        return ()
    if not _is_list(groups) or any(not _is_list(keys) or len(keys) < 2 for keys in groups):
        raise ConfigError(f"{ZIP}={_listed(groups)}: {_ZIP_ALLOWED}")
    named = [str(key) for keys in groups for key in keys]
    for key in named:
        if not NETWORK_SCHEMA.fields_for(key):
            hint = NETWORK_SCHEMA.unknown_key_message(key)
            raise ConfigError(f"{ZIP}={_listed(groups)}: {hint}")
        if named.count(key) > 1:
            raise ConfigError(f"{ZIP}={_listed(groups)}: {key} is named twice; name it once")
    return tuple(tuple(keys) for keys in groups)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _listed(value: Any) -> str:
    """Return a list of lists as an override has it."""
    return f"[{','.join(map(_listed, value))}]" if _is_list(value) else format_value(value)
