"""The axes of a grid: swept keys with their levels, alone or varying together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar
from xorsweep.fields.values import read_value
from xorsweep.grid.columns import distinct
from xorsweep.text import level_count_text

if TYPE_CHECKING:
    from xorsweep.grid.schema import Point, Schema

ZIP = "grid.zip"

BYTES_A_POINT = 120
"""Memory that a point takes at most while its sweep runs and is reported."""


@dataclass(frozen=True)
class Axis:
    """A swept key and its levels, distinct and typed, in the order in which they were given.

    Levels of a structural axis are the texts of overrides; each of them composes a base point.
    """

    key: str
    levels: tuple[Scalar, ...]
    structural: bool = False


Dimension = tuple[Axis, ...]
"""Axes that vary together, level by level; most often a single one."""


@dataclass(frozen=True)
class Block:
    """A full product of dimensions, the last varying fastest, without the excluded points.

    `zipped` names the keys of each dimension with several axes, which stands where its first axis
    does. `bases` holds a point for each combination of the dimensions with a structural axis, in
    the same order. `where` is the expression that is true at the points that are kept.
    """

    axes: tuple[Axis, ...]
    bases: tuple[Point, ...]
    zipped: tuple[tuple[str, ...], ...] = ()
    where: str | None = None

    @property
    def dimensions(self) -> list[Dimension]:
        """Return the axes in order of rows, those that vary together in one."""
        return dimensions(self.axes, self.zipped)

    @property
    def points(self) -> int:
        """Return how many points the product has, those excluded by `where` too."""
        return prod(size_of(each) for each in self.dimensions)

    @property
    def text(self) -> str:
        """Return the axes with their numbers of levels; nothing where there is no axis."""
        product = " x ".join(
            level_count_text([axis.key for axis in each], size_of(each)) for each in self.dimensions
        )
        return f"{product} where ({self.where})" if self.where else product


def dimensions(axes: Sequence[Axis], zipped: Sequence[Sequence[str]]) -> list[Dimension]:
    """Return axes as dimensions: those that `zipped` names together in the place of the first.

    Raises ConfigError where zipped axes have different numbers of levels.
    """
    partners = {key: tuple(keys) for keys in zipped for key in keys}
    by_key = {axis.key: axis for axis in axes}
    groups = dict.fromkeys(partners.get(axis.key, (axis.key,)) for axis in axes)
    found = [tuple(by_key[key] for key in keys) for keys in groups]
    for each in found:
        _check_lengths(each)
    return found


def _check_lengths(dimension: Dimension) -> None:
    if len({len(axis.levels) for axis in dimension}) > 1:
        counts = ", ".join(f"{axis.key} has {len(axis.levels):,}" for axis in dimension)
        keys = ",".join(axis.key for axis in dimension)
        raise ConfigError(
            f"{ZIP}=[[{keys}]]: {counts}; zipped axes need the same number of levels, or a single "
            "value"
        )


def size_of(dimension: Dimension) -> int:
    """Return how many levels a dimension has."""
    return len(dimension[0].levels)


def is_composed(dimension: Dimension) -> bool:
    """Tell whether each level of a dimension has a base point of its own."""
    return any(axis.structural for axis in dimension)


def _name(dimension: Dimension) -> str:
    keys = ", ".join(axis.key for axis in dimension)
    return keys if len(dimension) == 1 else f"({keys})"


def sizes(axes: Sequence[Axis], zipped: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return how many levels each dimension has, by its name."""
    return {_name(each): size_of(each) for each in dimensions(axes, zipped)}


def check_size(*products: Mapping[str, int]) -> None:
    """Raise ConfigError, before anything is allocated, where the rows wouldn't fit into memory.

    Each of the products maps the key of an axis to how many levels it has.
    """
    count = sum(prod(levels.values()) for levels in products)
    needed = count * BYTES_A_POINT
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    # The other half is for the engine, the tables and whatever else runs.
    if needed > memory // 2:
        largest = max(products, key=lambda levels: prod(levels.values()))
        sizes = " x ".join(f"{key} {number:,}" for key, number in largest.items() if number > 1)
        others = " and the other blocks" if len(products) > 1 else ""
        raise ConfigError(
            f"{sizes}{others} = {count:,} points: their rows need about {needed / 2**30:,.0f} GiB, "
            f"and half of this machine's memory is {memory / 2**31:,.0f} GiB; sweep fewer levels"
        )


def typed_dimension(schema: Schema, dimension: Dimension, bases: Sequence[Point]) -> Dimension:
    """Return a dimension with its levels typed, and each once unless bases belong to them."""
    axes = [axis if axis.structural else _typed_axis(schema, axis, bases) for axis in dimension]
    # A repeated level has a base point of its own; `concatenate` drops the points that are equal.
    if is_composed(dimension):
        return tuple(axes)
    if len(axes) == 1:
        return (Axis(axes[0].key, distinct(axes[0].levels)),)
    rows = zip(*(axis.levels for axis in axes), strict=True)
    # With their types, as 1, 1.0 and True are equal in Python and are different levels.
    unique = {tuple((type(level), level) for level in row): row for row in rows}
    columns = zip(*unique.values(), strict=True)
    return tuple(Axis(axis.key, levels) for axis, levels in zip(axes, columns, strict=True))


def _typed_axis(schema: Schema, axis: Axis, bases: Sequence[Point]) -> Axis:
    if not axis.levels:
        raise ConfigError(f"{axis.key}=: an axis needs at least one level")
    field, *_ = [schema.field_of(axis.key, base) for base in bases]  # each base must have the key
    return Axis(axis.key, tuple(read_value(axis.key, level, field) for level in axis.levels))
