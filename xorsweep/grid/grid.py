"""The grid as columns of codes into short lists of levels, never as one object per point."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar, allows, format_value
from xorsweep.grid.axes import (
    Axis,
    Block,
    Dimension,
    check_size,
    dimensions,
    is_composed,
    size_of,
    sizes,
    typed_dimension,
)
from xorsweep.grid.columns import Codes, Column, ProductCodes, encode
from xorsweep.grid.where import KEY as WHERE
from xorsweep.grid.where import read_where
from xorsweep.text import count_text

if TYPE_CHECKING:
    from xorsweep.grid.schema import Point, Schema

MOST_CODES = 2
"""Times as many codes as points, above which a table of all of them is too large."""
MOST_OFFSETS = 64
"""Combinations of axes that are tried one by one where a point of a product is searched for."""
SEARCHED_EVERY = 64
"""Points of a batch of which one is searched for, if the others are where they are expected."""
MOST_PRODUCTS = 3
"""Products that the text of a grid names one by one."""


@dataclass(frozen=True)
class Grid:
    """N points in order of rows: columns by flat key, and the blocks that follow each other.

    The last `added` of them lie in no block: rounds of further seeds have put them there.
    `left_out` counts the points of the blocks that aren't there because of their `where`. With
    `distinct` it is known that no point is there twice.
    """

    columns: Mapping[str, Column]
    blocks: tuple[Block, ...]
    added: int = 0
    left_out: int = 0
    distinct: bool = False

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).codes)

    @property
    def text(self) -> str:
        """Return the grid in words, such as `5 learning rates x 100 seeds: 500 results`."""
        count = count_text(len(self), "result")
        products = Counter(block.text for block in self.blocks)
        sizes = [f"{n} times ({text})" if n > 1 else text for text, n in products.items() if text]
        if len(sizes) > MOST_PRODUCTS:
            sizes[MOST_PRODUCTS - 1 :] = [f"{len(sizes) - MOST_PRODUCTS + 1} more grids"]
        if self.added:
            sizes.append(f"{self.added:,} with further seeds")
        given = sum(block.points for block in self.blocks) - self.left_out + self.added
        repeated = given > len(self)
        once = ", each once" if repeated else ""
        return f"{' + '.join(sizes)}: {count}{once}" if sizes else count

    @property
    def swept(self) -> tuple[str, ...]:
        """Return the flat keys that some block sweeps, then those in which only blocks differ."""
        keys = [axis.key for block in self.blocks for each in block.dimensions for axis in each]
        if len(self.blocks) > 1:
            keys += [key for key, column in self.columns.items() if len(column.levels) > 1]
        return tuple(key for key in dict.fromkeys(keys) if key in self.columns)

    def point(self, row: int) -> Point:
        """Return one point, flat, without the keys that don't apply to it."""
        values = {key: column.levels[column.codes[row]] for key, column in self.columns.items()}
        return {key: value for key, value in values.items() if value is not None}

    def at(self, rows: NDArray[np.int64]) -> Grid:
        """Return the grid of some of the points, by their rows (n,)."""
        columns = {key: column.at(rows) for key, column in self.columns.items()}
        return replace(self, columns=columns)

    def read_again(self, schema: Schema) -> Grid:
        """Return the grid with its plain values as a schema reads them, where it allows them."""

        def read(key: str, level: Scalar) -> Scalar:
            field = schema.scalars.get(key)
            return field.read(level) if field and allows(field, level) else level

        def levels(key: str, of: Sequence[Scalar]) -> tuple[Scalar, ...]:
            return tuple(read(key, level) for level in of)

        columns = {
            key: Column(levels(key, column.levels), column.codes)
            for key, column in self.columns.items()
        }
        blocks = tuple(
            replace(
                block,
                axes=tuple(
                    replace(axis, levels=levels(axis.key, axis.levels)) for axis in block.axes
                ),
                bases=tuple(
                    {key: read(key, value) for key, value in base.items()} for base in block.bases
                ),
            )
            for block in self.blocks
        )
        return replace(self, columns=columns, blocks=blocks)

    @property
    def identities(self) -> NDArray[np.uint64]:
        """Return the identities of all points (N,)."""
        return self.identities_of(slice(None))

    def identities_of(self, rows: Any) -> NDArray[np.uint64]:
        """Return a 64-bit identity of each of some points, made of all keys and values it has.

        Each (key, value) is hashed by BLAKE2b; a point's identity is the sum of its hashes modulo
        2**64, so it depends neither on the order of keys nor on the rest of the grid.
        """
        shared, swept = self._hashes
        total = np.full(np.shape(next(iter(self.columns.values())).codes[rows]), shared)
        for codes, hashes in swept:
            # uint64 wraps around at 2**64, as the definition of the sum asks.
            total += hashes[codes[rows]]
        return total

    @cached_property
    def _hashes(self) -> tuple[np.uint64, list[tuple[Codes, NDArray[np.uint64]]]]:
        """Return the sum of the hashes that all points share, and those of codes that differ.

        Keys of one axis of a product have one sum for each of its levels.
        """
        shared, swept = 0, list[tuple[Codes, NDArray[np.uint64]]]()
        by_axis: dict[tuple[int, int], NDArray[np.uint64]] = {}
        for key, column in self.columns.items():
            hashes = _hashes_of(key, column.levels)
            if len(hashes) == 1:
                shared += int(hashes[0])
            elif isinstance(codes := column.codes, ProductCodes):
                axis = codes.stride, len(codes.of_level)
                # One look-up for zipped keys, and for the parameters that a component's axis brings
                # along.
                by_axis[axis] = by_axis.get(axis, np.uint64(0)) + hashes[codes.of_level]
            else:
                swept.append((codes, hashes))
        for (stride, size), hashes in by_axis.items():
            swept.append((ProductCodes(len(self), stride, np.arange(size, dtype=np.int32)), hashes))
        # Python's sum has no bounds; modulo 2**64 it is that of uint64.
        return np.uint64(shared % 2**64), swept

    def rows_of(self, identities: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the rows (n,) of points with these identities, -1 for those not in the grid.

        Neighbours in a batch are mostly equally far apart in the grid, so few of them are searched
        for, and the rows between these are checked by their identities.
        """
        searched = self._search(identities[::SEARCHED_EVERY])
        if len(searched) < 2:
            return self._search(identities)
        strides = np.diff(searched) // SEARCHED_EVERY
        steps = np.append(strides, strides[-1])[:, None] * np.arange(SEARCHED_EVERY)
        expected = (searched[:, None] + steps).ravel()[: len(identities)]
        rows: NDArray[np.int64] = np.clip(expected, 0, len(self) - 1)
        # Computing an identity is cheaper than searching for it, and exact: no guess survives it.
        wrong = np.flatnonzero(self.identities_of(rows) != identities)
        rows[wrong] = self._search(identities[wrong])
        return rows

    def _search(self, identities: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the rows of identities, each found by binary search."""
        index = self._index
        found = np.full(len(identities), -1)
        for offset, row in zip(index.offsets, index.first_rows, strict=True):
            left = np.flatnonzero(found < 0)
            # Modulo 2**64, as the sum of hashes was.
            wanted = identities[left] - offset
            # A number above all has a place behind the end, where nothing equals it.
            place = np.minimum(np.searchsorted(index.ordered, wanted), len(index.ordered) - 1)
            hit = index.ordered[place] == wanted
            found[left[hit]] = row + index.rows[place[hit]].astype(np.int64)
        return found

    @cached_property
    def _index(self) -> _Index:
        shared, swept = self._hashes
        axes = [(codes, hashes) for codes, hashes in swept if isinstance(codes, ProductCodes)]
        if len(axes) < len(swept):
            return _Index.of(np.array([shared]), np.array([0]), self.identities - shared)
        few = _Sums(np.array([shared]), np.array([0]))
        many = _Sums(np.array([0], np.uint64), np.array([0]))
        # The short axes are tried one by one, so that the array to be searched has only the
        # combinations of the others, and not all points.
        for codes, hashes in sorted(axes, key=lambda each: len(each[1])):
            if len(few.rows) * len(hashes) <= MOST_OFFSETS:
                few = few.times(hashes, codes.stride)
            else:
                many = many.times(hashes, codes.stride)
        return _Index.of(few.hashes, few.rows, many.hashes, many.rows)


@dataclass(frozen=True)
class _Sums:
    """The sums of hashes (n,) of some axes of a product, and their parts of the row number (n,)."""

    hashes: NDArray[np.uint64]
    rows: NDArray[np.int64]

    def times(self, hashes: NDArray[np.uint64], stride: int) -> _Sums:
        """Return the sums with a further axis."""
        rows = np.arange(len(hashes)) * stride
        return _Sums(
            np.add.outer(self.hashes, hashes).ravel(), np.add.outer(self.rows, rows).ravel()
        )


@dataclass(frozen=True)
class _Index:
    """Where identities are found: each is one of `offsets` and one of `ordered`, which ascend."""

    offsets: NDArray[np.uint64]
    first_rows: NDArray[np.int64]
    ordered: NDArray[np.uint64]
    rows: NDArray[np.integer[Any]]

    @classmethod
    def of(
        cls,
        offsets: NDArray[np.uint64],
        first_rows: NDArray[np.int64],
        identities: NDArray[np.uint64],
        rows: NDArray[np.int64] | None = None,
    ) -> _Index:
        order = np.argsort(identities, kind="stable")
        rows = order if rows is None else rows[order]
        # The fewest bytes that hold the largest row, as the index may be as long as the grid.
        dtype = np.min_scalar_type(int(rows.max(initial=0)))
        return cls(offsets, first_rows, identities[order], rows.astype(dtype))


def product_grid(
    schema: Schema,
    axes: Sequence[Axis],
    bases: Sequence[Point],
    zipped: Sequence[Sequence[str]] = (),
    where: str | None = None,
) -> Grid:
    """Return the product of the axes, the last of them varying fastest, where `where` is true.

    Args:
        schema: The keys of the points, and how their values are checked.
        axes: The swept keys with their levels; equal levels count once.
        bases: One point per combination of structural dimensions, the last varying fastest; the
            levels of the other axes replace its values.
        zipped: The keys of the axes that vary together.
        where: An expression that is true at the points to keep.

    Raises:
        ConfigError: A level isn't allowed, or a combination of levels can't be used together.
    """
    check_size(sizes(axes, zipped))
    typed = [typed_dimension(schema, each, bases) for each in dimensions(axes, zipped)]
    expression = read_where(schema, where) if where else None
    block = Block(
        tuple(axis for each in typed for axis in each),
        tuple(bases),
        tuple(tuple(keys) for keys in zipped),
        expression.text if expression else None,
    )
    columns = _columns(typed, bases)
    grid = Grid(columns, (block,), distinct=_are_distinct(typed, bases))
    if expression:
        rows = expression.rows(columns)
        grid = replace(grid.at(rows), left_out=len(grid) - len(rows))
        # Only points that are kept: an expression may leave out those that aren't allowed.
        _check_combinations(schema, grid, grid.columns)
    else:
        dependent = [each for each in typed if not _is_independent(schema, each)]
        # Seeds and epochs combine with everything, so a grid without them has every combination.
        _check_combinations(schema, Grid(_columns(dependent, bases), ()), columns)
    return grid


def _is_independent(schema: Schema, dimension: Dimension) -> bool:
    return all(axis.key in schema.independent_keys for axis in dimension)


def _are_distinct(typed: Sequence[Dimension], bases: Sequence[Point]) -> bool:
    """Tell whether a product has each point once: whether its bases differ in keys of no axis."""
    axes = {axis.key for each in typed for axis in each if not axis.structural}
    kept = {
        tuple((key, type(value), value) for key, value in base.items() if key not in axes)
        for base in bases
    }
    return len(kept) == len(bases)


def _columns(typed: Sequence[Dimension], bases: Sequence[Point]) -> dict[str, Column]:
    sizes = [size_of(each) for each in typed]
    axes = [_codes(sizes, place) for place in range(len(typed))]
    swept = {
        axis.key: _column(axis.levels, codes)
        for each, codes in zip(typed, axes, strict=True)
        for axis in each
        if not axis.structural
    }
    composed = [place for place, each in enumerate(typed) if is_composed(each)]
    combination = axes[composed[0]] if composed else np.broadcast_to(np.int32(0), (prod(sizes),))
    for place in composed[1:]:
        # The number of a base, which is in the order of the composed dimensions.
        combination = combination * np.int32(sizes[place]) + axes[place]
    return {
        key: swept[key] if key in swept else _column([b.get(key) for b in bases], combination)
        for key in _keys(bases)
    }


def _column(levels: Sequence[Scalar], codes: Codes) -> Column:
    """Return the column of some levels, which may be given more than once."""
    given = encode(levels)
    if len(given.levels) == 1:
        return Column(given.levels, np.broadcast_to(np.int32(0), codes.shape))
    if isinstance(codes, ProductCodes):
        return Column(given.levels, replace(codes, of_level=given.codes[codes.of_level]))
    return given.at(codes)


def concatenate(grids: Sequence[Grid]) -> Grid:
    """Return the points of all the grids, one grid after the other, each point once.

    Raises ConfigError where expressions leave none.
    """
    filled = [grid for grid in grids if len(grid)]
    keys = _keys([dict.fromkeys(grid.columns) for grid in filled])
    columns = {key: _joined(key, filled) for key in keys}
    joined = Grid(
        columns,
        tuple(block for grid in grids for block in grid.blocks),
        left_out=sum(grid.left_out for grid in grids),
        distinct=len(filled) == 1 and filled[0].distinct,
    )
    if not filled:
        raise _empty(joined)
    if joined.distinct:
        return joined
    # Equal identities are equal points: at 64 bits a collision isn't expected below billions of
    # points.
    _, first = np.unique(joined.identities, return_index=True)
    if len(first) == len(joined):
        return joined
    # The first of equal points stays, in the order of the grid.
    rows = np.sort(first)
    kept = {key: column.at(rows) for key, column in columns.items()}
    return replace(joined, columns=kept, blocks=tuple(_telling_blocks(grids, rows)))


def _empty(grid: Grid) -> ConfigError:
    wheres = " or ".join(dict.fromkeys(str(block.where) for block in grid.blocks))
    return ConfigError(
        f"{WHERE}={wheres}: is true at none of the grid's {grid.left_out:,} points, so there is "
        "nothing to run"
    )


def _telling_blocks(grids: Sequence[Grid], rows: NDArray[np.intp]) -> Iterator[Block]:
    """Yield the blocks without those that add nothing, and never will with further levels."""
    starts = np.cumsum([0, *map(len, grids)])
    added = np.diff(np.searchsorted(rows, starts))
    for grid, count in zip(grids, added, strict=True):
        if count or any(block.where for block in grid.blocks):
            yield from grid.blocks


def _joined(key: str, grids: Sequence[Grid]) -> Column:
    parts = [grid.columns.get(key) or _absent(len(grid)) for grid in grids]
    if len(grids) == 1:
        return parts[0]
    every = encode([level for part in parts for level in part.levels])
    if len(every.levels) == 1:
        return Column(every.levels, np.broadcast_to(np.int32(0), (sum(map(len, grids)),)))
    # For each grid, from its codes to those of the joined levels.
    code_of = np.split(every.codes, np.cumsum([len(part.levels) for part in parts])[:-1])
    codes = [codes[part.codes] for part, codes in zip(parts, code_of, strict=True)]
    return Column(every.levels, np.concatenate(codes))


def _absent(count: int) -> Column:
    return Column((None,), np.broadcast_to(np.int32(0), (count,)))


def _check_combinations(schema: Schema, grid: Grid, all_columns: Mapping[str, Column]) -> None:
    """Raise ConfigError where levels that are each allowed can't be used together.

    The schema checks each combination of the levels that points of one batch share, with all
    combinations of the others. `all_columns` have all levels of the independent keys.
    """
    columns = grid.columns
    dependent = [key for key in columns if key not in schema.independent_keys]
    batched = [key for key in dependent if columns[key].batched]
    shared = [key for key in dependent if key not in batched and len(columns[key].levels) > 1]
    independent = {key: all_columns[key].level_array for key in schema.independent_keys}
    for codes in product(*(range(len(columns[key].levels)) for key in shared)):
        rows = _first_rows(grid, dict(zip(shared, codes, strict=True)), batched)
        if len(rows):
            schema.check_points({**_present(columns, rows), **independent})


def _first_rows(grid: Grid, chosen: Mapping[str, int], batched: Sequence[str]) -> NDArray[np.int64]:
    """Return one row for each combination of batched levels among the points with some codes."""
    mask = np.ones(len(grid), bool)
    for key, code in chosen.items():
        mask &= grid.columns[key].codes == code
    rows = np.flatnonzero(mask)
    _, first = np.unique(combined_codes(grid, batched, rows), return_index=True)
    return rows[first]


def _present(columns: Mapping[str, Column], rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """Return the values at some rows, by key, without keys that none of them has.

    Rows that share a batch agree in whether they have a key, except for real numbers: null
    in some of them is NaN.
    """
    found = {}
    for key, column in columns.items():
        if column.batched:
            values = column.array(rows)
            if not np.isnan(values).all():
                found[key] = values
        elif column.levels[column.codes[rows[0]]] is not None:
            found[key] = column.array(rows)
    return found


def _codes(sizes: Sequence[int], place: int) -> Codes:
    """Return the codes of the axis at a place of a product."""
    count, size = prod(sizes), sizes[place]
    if size == 1:
        return np.broadcast_to(np.int32(0), (count,))
    return ProductCodes(count, prod(sizes[place + 1 :]), np.arange(size, dtype=np.int32))


def _keys(points: Sequence[Iterable[str]]) -> list[str]:
    """Return every flat key of some points, the parameters of a component behind its key."""
    found = dict.fromkeys(key for point in points for key in point)
    parameters: dict[str, list[str]] = {}
    for key in found:
        parameters.setdefault(key.partition(".")[0], []).append(key)
    return [key for keys in parameters.values() for key in keys]


def _hashes_of(key: str, levels: Iterable[Scalar]) -> NDArray[np.uint64]:
    """Return the hashes (levels,) of a key with its levels, 0 where it doesn't apply."""
    # A key that doesn't apply adds nothing, as if it weren't there.
    digests = (bytes(8) if level is None else _digest(key, level) for level in levels)
    # Little-endian on every machine: identities are stored.
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def _digest(key: str, level: Scalar) -> bytes:
    # With the type, as 1, 1.0 and True are different values; \0 is in no key.
    text = f"{key}\0{type(level).__name__}\0{format_value(level)}"
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def combined_codes(grid: Grid, keys: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return codes (n,) for rows (n,), which differ where any of the keys differs."""
    combined = np.zeros(len(rows), np.int64)
    size = 1
    for key in keys:
        column = grid.columns[key]
        levels = len(column.levels)
        if levels == 1:
            continue
        # The codes would overflow int64; numbered anew they are at most as many as rows.
        if size * levels > 2**62:
            _, combined = np.unique(combined, return_inverse=True)
            size = int(combined.max(initial=0)) + 1
        combined = combined * levels + column.codes[rows]
        size *= levels
    return combined


def number_by_appearance(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return numbers from 0 for codes (n,), in the order in which the codes first appear."""
    size = int(codes.max(initial=-1)) + 1
    if size > MOST_CODES * len(codes):
        _, codes = np.unique(codes, return_inverse=True)
        size = int(codes.max(initial=-1)) + 1
    first = np.full(size, len(codes))
    np.minimum.at(first, codes, np.arange(len(codes)))
    present = np.flatnonzero(first < len(codes))
    number = np.empty(size, np.int64)
    number[present[np.argsort(first[present])]] = np.arange(len(present))
    return number[codes]
