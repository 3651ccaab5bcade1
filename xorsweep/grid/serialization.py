"""Conversion of grids to JSON and back, with validation of untrusted input."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.fields import Nullable, Scalar
from xorsweep.fields.values import read_value
from xorsweep.grid.axes import Axis, Block, check_size, is_composed, size_of
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point, Schema


def grid_to_data(grid: Grid) -> list[dict[str, Any]]:
    """Return the grid as data for JSON: one dictionary per block."""
    return [
        {
            "axes": [
                {"key": axis.key, "levels": list(axis.levels), "structural": axis.structural}
                for axis in block.axes
            ],
            "bases": list(block.bases),
            "zipped": [list(keys) for keys in block.zipped],
            "where": block.where,
        }
        for block in grid.blocks
    ]


def grid_from_data(schema: Schema, data: Any) -> Grid:
    """Return the grid that `grid_to_data` described.

    Raises ConfigError for data of another form and for a value that isn't allowed.
    """
    blocks = [_block_from_data(schema, entry) for entry in _items(data)]
    # Before any column is made: a manifest may claim any number of points.
    check_size(*({"all": block.points} for block in blocks))
    return concatenate(
        [
            product_grid(schema, block.axes, block.bases, block.zipped, block.where)
            for block in blocks
        ]
    )


def _block_from_data(schema: Schema, entry: Any) -> Block:
    # Exactly these: an entry of a later version could change which points there are.
    _expect(isinstance(entry, Mapping) and set(entry) == {"axes", "bases", "zipped", "where"})
    axes = tuple(_axis_from_data(schema, axis) for axis in _items(entry["axes"], empty=True))
    bases = tuple(_checked_base(schema, base) for base in _items(entry["bases"]))
    keys = [axis.key for axis in axes]
    _expect(len(set(keys)) == len(keys))
    where = entry["where"]
    _expect(where is None or isinstance(where, str))
    block = Block(axes, bases, _zipped_from_data(entry["zipped"], keys), where)
    combinations = prod(size_of(each) for each in block.dimensions if is_composed(each))
    _expect(combinations == len(bases))
    return block


def _zipped_from_data(data: Any, keys: list[str]) -> tuple[tuple[str, ...], ...]:
    groups = tuple(tuple(_items(group)) for group in _items(data, empty=True))
    named = [key for group in groups for key in group]
    _expect(all(key in keys for key in named) and len(set(named)) == len(named))
    return groups


def _axis_from_data(schema: Schema, axis: Any) -> Axis:
    _expect(isinstance(axis, Mapping) and set(axis) == {"key", "levels", "structural"})
    key, structural = axis["key"], axis["structural"]
    _expect(isinstance(key, str) and isinstance(structural, bool))
    # A component's levels bring parameters along, which only bases have.
    _expect(structural or key not in schema.components)
    levels = tuple(_items(axis["levels"]))
    _expect(all(level is None or isinstance(level, Scalar) for level in levels))
    return Axis(key, levels, structural)


def _checked_base(schema: Schema, base: Any) -> Point:
    _expect(isinstance(base, Mapping))
    names = {
        key: read_value(key, base.get(key), schema.field_of(key, {})) for key in schema.components
    }
    point = {
        key: read_value(key, value, schema.field_of(key, names)) for key, value in base.items()
    }
    # A key that may be null is missing in a sweep that was started before there was such a key.
    missing = [key for key in schema.keys_of(names) if key not in point]
    _expect(all(isinstance(schema.field_of(key, names), Nullable) for key in missing))
    return point


def _items(data: Any, empty: bool = False) -> list[Any]:
    _expect(isinstance(data, list) and (empty or data))
    return list(data)


def _expect(is_so: object) -> None:
    if not is_so:
        raise ConfigError("its points aren't a grid")
