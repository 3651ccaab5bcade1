"""The grid as columns of codes into short lists of levels, never as one object per point."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.config import GROUPS, POINT_KEYS, Point, check_points, rule_of
from xorsweep.rules import ConfigError, Scalar, read, shown

Codes = NDArray[np.int32]

BYTES_A_POINT = 600
"""Memory that a point takes at most while its sweep runs and is reported."""
MOST_PRODUCTS = 3
"""Products that the text of a grid names one by one."""


@dataclass(frozen=True)
class Axis:
    """A swept key and its levels, distinct and typed, in the order in which they were given.

    Levels of a structural axis are the texts of overrides; each of them composes a base point.
    """

    key: str
    levels: tuple[Scalar, ...]
    structural: bool = False


@dataclass(frozen=True)
class Column:
    """One key of all N points: `levels[codes[i]]` is its value at point i."""

    levels: tuple[Scalar, ...]
    codes: Codes

    @property
    def batched(self) -> bool:
        """Tell whether members of one batch may differ in this key: real numbers alone may."""
        return bool(self.level_array.dtype == np.float64)

    def array(self, rows: Any = slice(None)) -> NDArray[Any]:
        """Return the values at `rows`, typed as `level_array`."""
        values: NDArray[Any] = self.level_array[self.codes[rows]]
        return values

    @cached_property
    def level_array(self) -> NDArray[Any]:
        """Return the levels (levels,) as float64 (NaN: doesn't apply), int64 or object."""
        kinds = {type(level) for level in self.levels}
        if kinds <= {float, type(None)} and float in kinds:
            return np.array([np.nan if level is None else level for level in self.levels])
        array = np.empty(len(self.levels), np.int64 if kinds == {int} else object)
        array[:] = self.levels
        return array


@dataclass(frozen=True)
class Block:
    """A full product of axes, the last varying fastest.

    `bases` holds a point for each combination of the structural axes, in the same order.
    """

    axes: tuple[Axis, ...]
    bases: tuple[Point, ...]

    @property
    def points(self) -> int:
        """Return how many points the product has."""
        return prod(len(axis.levels) for axis in self.axes)

    @property
    def text(self) -> str:
        """Return the axes with their numbers of levels; nothing where there is no axis."""
        return " x ".join(f"{axis.key} {len(axis.levels)}" for axis in self.axes)


@dataclass(frozen=True)
class Grid:
    """N points in order of rows: columns by flat key, and the blocks that follow each other.

    The last `added` of them lie in no block: rounds of further seeds have put them there.
    """

    columns: Mapping[str, Column]
    blocks: tuple[Block, ...]
    added: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).codes)

    @property
    def text(self) -> str:
        """Return the grid in a few words, such as `lr 5 x seed 100 = 500 points`."""
        count = f"{len(self):,} point{'s' if len(self) != 1 else ''}"
        products = Counter(block.text for block in self.blocks)
        sizes = [f"{n} times ({text})" if n > 1 else text for text, n in products.items() if text]
        if len(sizes) > MOST_PRODUCTS:
            sizes[MOST_PRODUCTS - 1 :] = [f"{len(sizes) - MOST_PRODUCTS + 1} more products"]
        if self.added:
            sizes.append(f"{self.added:,} of further seeds")
        repeated = sum(block.points for block in self.blocks) + self.added > len(self)
        once = ", each once" if repeated else ""
        return f"{' + '.join(sizes)} = {count}{once}" if sizes else count

    @property
    def swept(self) -> tuple[str, ...]:
        """Return the flat keys that some block sweeps, then those in which only blocks differ."""
        keys = [axis.key for block in self.blocks for axis in block.axes]
        if len(self.blocks) > 1:
            keys += [key for key, column in self.columns.items() if len(column.levels) > 1]
        return tuple(key for key in dict.fromkeys(keys) if key in self.columns)

    def point(self, row: int) -> Point:
        """Return one point, flat, without the keys that don't apply to it."""
        values = {key: column.levels[column.codes[row]] for key, column in self.columns.items()}
        return {key: value for key, value in values.items() if value is not None}

    @cached_property
    def identities(self) -> NDArray[np.uint64]:
        """Return a 64-bit identity a point (N,), made of every key and value that it has.

        Each (key, value) is hashed by BLAKE2b; a point's identity is the sum of its hashes modulo
        2**64, so it depends neither on the order of keys nor on the rest of the grid.
        """
        total = np.zeros(len(self), np.uint64)
        for key, column in self.columns.items():
            hashes = np.array([_hash(key, level) for level in column.levels], np.uint64)
            total += hashes[column.codes] if len(hashes) > 1 else hashes
        return total

    def rows_of(self, identities: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the rows (n,) of points with these identities, -1 for those not in the grid."""
        order, ordered = self._by_identity
        place = np.minimum(np.searchsorted(ordered, identities), len(ordered) - 1)
        return np.where(ordered[place] == identities, order[place], -1)

    @cached_property
    def _by_identity(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        order = np.argsort(self.identities, kind="stable")
        return order, self.identities[order]


def product_grid(axes: Sequence[Axis], bases: Sequence[Point]) -> Grid:
    """Return the full product of the axes, the last of them varying fastest.

    bases: one checked point a combination of structural axes, last varying fastest; the levels
    of the other axes replace its values. Raises ConfigError for a level that isn't allowed, with
    every level checked on its own and every combination that a batch can't hold apart.
    """
    refuse_too_large({axis.key: len(axis.levels) for axis in axes})
    axes = [axis if axis.structural else _typed(axis, bases) for axis in axes]
    sizes = [len(axis.levels) for axis in axes]
    strides = [prod(sizes[i + 1 :]) for i in range(len(sizes))]
    count = prod(sizes)
    coded = {
        axis.key: _codes(count, size, stride)
        for axis, size, stride in zip(axes, sizes, strides, strict=True)
    }
    combination = np.zeros(count, np.int32)
    for axis in axes:
        if axis.structural:
            combination = combination * np.int32(len(axis.levels)) + coded[axis.key]
    swept = {axis.key: axis.levels for axis in axes if not axis.structural}
    columns = {
        key: Column(swept[key], coded[key])
        if key in swept
        else _base_column(key, bases, combination)
        for key in _keys(bases)
    }
    grid = Grid(columns, (Block(tuple(axes), tuple(bases)),))
    check_grid(grid)
    return grid


def concatenated(grids: Sequence[Grid]) -> Grid:
    """Return the points of all the grids, one grid after the other, each point once."""
    keys = _keys([dict.fromkeys(grid.columns) for grid in grids])
    columns = {key: _joined(key, grids) for key in keys}
    joined = Grid(columns, tuple(block for grid in grids for block in grid.blocks))
    _, first = np.unique(joined.identities, return_index=True)
    if len(first) == len(joined):
        return joined
    rows = np.sort(first)
    kept = {key: Column(column.levels, column.codes[rows]) for key, column in columns.items()}
    starts = np.cumsum([0, *map(len, grids)])
    added = np.diff(np.searchsorted(rows, starts))
    blocks = (
        block for grid, count in zip(grids, added, strict=True) if count for block in grid.blocks
    )
    return Grid(kept, tuple(blocks))


def _joined(key: str, grids: Sequence[Grid]) -> Column:
    absent = Column((None,), np.zeros(1, np.int32))
    parts = [grid.columns.get(key, absent) for grid in grids]
    levels = distinct(level for part in parts for level in part.levels)
    index = {(type(level), level): code for code, level in enumerate(levels)}
    codes = [
        np.array([index[(type(level), level)] for level in part.levels], np.int32)[
            part.codes if part is not absent else np.zeros(len(grid), np.int32)
        ]
        for part, grid in zip(parts, grids, strict=True)
    ]
    return Column(levels, np.concatenate(codes))


def extended(grid: Grid, more: Sequence[Axis]) -> Grid:
    """Return the grid with further levels behind those of its axes, in each of its blocks.

    A key that has had one value for all points becomes the last axis, its old value first. Raises
    ConfigError for a structural axis, whose levels would have to be composed.
    """
    return concatenated([_extended_block(block, more) for block in grid.blocks])


def _extended_block(block: Block, more: Sequence[Axis]) -> Grid:
    axes = {axis.key: axis for axis in block.axes}
    for axis in more:
        known = axes.get(axis.key)
        if axis.structural or (known and known.structural):
            raise ConfigError(
                f"{axis.key}: a sweep can be extended along keys with plain values alone; "
                "start another sweep for other config groups"
            )
        levels = known.levels if known else _fixed_levels(block, axis.key)
        axes[axis.key] = Axis(axis.key, (*levels, *axis.levels))
    return product_grid(list(axes.values()), block.bases)


def _fixed_levels(block: Block, key: str) -> tuple[Scalar, ...]:
    for base in block.bases:
        rule_of(key, base)
    levels = distinct(base[key] for base in block.bases)
    if len(levels) > 1:
        raise ConfigError(f"{key}: its value follows from another axis, so it can't be extended")
    return levels


def refuse_too_large(*products: Mapping[str, int]) -> None:
    """Raise ConfigError, before anything is allocated, where the rows wouldn't fit into memory.

    Each of the products maps the key of an axis to how many levels it has.
    """
    count = sum(prod(levels.values()) for levels in products)
    needed = count * BYTES_A_POINT
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > memory // 2:
        largest = max(products, key=lambda levels: prod(levels.values()))
        sizes = " x ".join(f"{key} {number:,}" for key, number in largest.items() if number > 1)
        others = " and the other blocks" if len(products) > 1 else ""
        raise ConfigError(
            f"{sizes}{others} = {count:,} points: their rows need about {needed / 2**30:,.0f} GiB, "
            f"and half of this machine's memory is {memory / 2**31:,.0f} GiB; sweep fewer levels"
        )


def check_grid(grid: Grid) -> None:
    """Raise ConfigError where levels that are each allowed mean nothing together."""
    structural = [key for key, column in grid.columns.items() if not column.batched]
    structural = [key for key in structural if key not in ("epochs", "seed")]
    sizes = {key: len(grid.columns[key].levels) for key in structural}
    varying = [key for key in structural if sizes[key] > 1]
    batched = [key for key in grid.columns if key not in structural]
    for codes in product(*(range(sizes[key]) for key in varying)):
        chosen = dict(zip(varying, codes, strict=True))
        rows = _first_rows(grid, chosen, [key for key in batched if key not in ("epochs", "seed")])
        if len(rows):
            check_points({**_present(grid, rows), "seed": grid.columns["seed"].level_array})


def _first_rows(grid: Grid, chosen: Mapping[str, int], batched: list[str]) -> NDArray[np.intp]:
    """Return one row for each combination of batched levels among the points chosen."""
    mask = np.ones(len(grid), bool)
    for key, code in chosen.items():
        mask &= grid.columns[key].codes == code
    rows = np.flatnonzero(mask)
    key_code = np.zeros(len(rows), np.int64)
    for key in batched:
        column = grid.columns[key]
        if len(column.levels) > 1:
            key_code = key_code * len(column.levels) + column.codes[rows]
    return rows[np.unique(key_code, return_index=True)[1]]


def _present(grid: Grid, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    return {
        key: column.array(rows)
        for key, column in grid.columns.items()
        if column.levels[column.codes[rows[0]]] is not None
    }


def distinct(levels: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Return the levels without repetitions, in order of first appearance; 1 and 1.0 differ."""
    return tuple({(type(level), level): level for level in levels}.values())


def _typed(axis: Axis, bases: Sequence[Point]) -> Axis:
    if not axis.levels:
        raise ConfigError(f"{axis.key}=: an axis needs at least one level")
    typed: list[Scalar] = []
    for base in bases[:1] or [{}]:
        rule = rule_of(axis.key, base)
        typed = [read(axis.key, level, rule) for level in axis.levels]
    for base in bases[1:]:
        rule_of(axis.key, base)
    return Axis(axis.key, distinct(typed))


def _codes(count: int, size: int, stride: int) -> Codes:
    if size == 1:
        return np.broadcast_to(np.int32(0), (count,))
    one_cycle = np.repeat(np.arange(size, dtype=np.int32), stride)
    return np.tile(one_cycle, count // len(one_cycle)) if count else one_cycle


def _base_column(key: str, bases: Sequence[Point], combination: Codes) -> Column:
    values = [base.get(key) for base in bases]
    levels = distinct(values)
    if len(levels) == 1:
        return Column(levels, np.broadcast_to(np.int32(0), combination.shape))
    index = {(type(level), level): code for code, level in enumerate(levels)}
    table = np.array([index[(type(value), value)] for value in values], np.int32)
    return Column(levels, table[combination])


def _keys(bases: Sequence[Point]) -> list[str]:
    """Return every flat key that some base has, in the order of columns."""
    found = {key for base in bases for key in base}
    ordered: list[str] = []
    for key in POINT_KEYS:
        ordered.append(key)
        if key in GROUPS:
            parts = [k for base in bases for k in base if k.startswith(f"{key}.")]
            ordered += dict.fromkeys(parts)
    return [key for key in ordered if key in found]


def _hash(key: str, level: Scalar) -> int:
    if level is None:
        return 0
    text = f"{key}\0{type(level).__name__}\0{shown(level)}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
