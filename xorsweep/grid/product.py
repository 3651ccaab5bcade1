"""A grid of levels by key, each read by a schema without defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.fields.values import read_value
from xorsweep.grid.axes import Axis, check_size
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.levels import levels_of_value
from xorsweep.grid.schema import Schema


def grid_of_levels(
    schema: Schema,
    blocks: Sequence[Mapping[str, Any]],
    zipped: Sequence[Sequence[str]] = (),
    where: str | None = None,
) -> Grid:
    """Return the grid of some products, one behind the other.

    Args:
        schema: The keys, all of which need levels.
        blocks: One value or several by key, for each product; the last key varies fastest.
        zipped: The keys that vary together.
        where: An expression that is true at the points to keep.

    Raises:
        ConfigError: A key is unknown or missing, or a level isn't allowed.
    """
    for key in (key for keys in zipped for key in keys):
        if key not in schema.keys:
            raise ConfigError(f"zip: {schema.unknown_key_message(key)}")
    read = [dict(_read_levels(schema, block)) for block in blocks]
    return concatenate([_product(schema, levels, zipped, where) for levels in read])


def _product(
    schema: Schema,
    levels: Mapping[str, tuple[Any, ...]],
    zipped: Sequence[Sequence[str]],
    where: str | None,
) -> Grid:
    swept = {key: found for key, found in levels.items() if len(found) > 1}
    together = [[key for key in keys if key in swept] for keys in zipped]
    return product_grid(
        schema,
        [Axis(key, found) for key, found in swept.items()],
        [{key: levels[key][0] for key in schema.keys}],
        [keys for keys in together if len(keys) > 1],
        where,
    )


def _read_levels(schema: Schema, given: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for key in given:
        if key not in schema.keys:
            raise ConfigError(schema.unknown_key_message(key))
    for key in schema.keys:
        if key not in given:
            raise ConfigError(f"{key}: has no default, so it needs a value or an axis")
    for key, value in given.items():
        levels = levels_of_value(key, value)
        # Before a list is made of it, for which there may be no memory.
        if isinstance(levels, range):
            check_size({key: len(levels)})
        found = [value] if levels is None else list(levels)
        if not found:
            raise ConfigError(f"{key}=: an axis needs at least one level")
        yield key, tuple(read_value(key, level, schema.scalars[key]) for level in found)
