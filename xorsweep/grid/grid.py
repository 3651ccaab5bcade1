"""The grid as columns of codes into short lists of levels, never as one object per point."""

from __future__ import annotations

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
from xorsweep.fields import Scalar, allows
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
from xorsweep.grid.columns import Codes, Column, ProductCodes, combined_codes, encode
from xorsweep.grid.identities import Identities
from xorsweep.grid.where import KEY as WHERE
from xorsweep.grid.where import read_where
from xorsweep.text import count_text

if TYPE_CHECKING:
    from xorsweep.grid.schema import Point, Schema

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
        return self._identities.of(slice(None))

    def identities_of(self, rows: Any) -> NDArray[np.uint64]:
        """Return a 64-bit identity of each of some points, made of all keys and values it has."""
        return self._identities.of(rows)

    def rows_of(self, identities: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the rows (n,) of points with these identities, -1 for those not in the grid."""
        return self._identities.rows_of(identities)

    @cached_property
    def _identities(self) -> Identities:
        return Identities(self.columns)


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
        independent = {*schema.independent_keys}
        dependent = [each for each in typed if not {axis.key for axis in each} <= independent]
        # Seeds and epochs combine with everything, so a grid without them has every combination.
        _check_combinations(schema, Grid(_columns(dependent, bases), ()), columns)
    return grid


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
        return Column.constant(given.levels[0], len(codes))
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
        wheres = " or ".join(dict.fromkeys(str(block.where) for block in joined.blocks))
        points = count_text(joined.left_out, "point")
        raise ConfigError(
            f"{WHERE}={wheres}: is true at no point of the grid ({points}), so there is nothing to "
            "run"
        )
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


def _telling_blocks(grids: Sequence[Grid], rows: NDArray[np.intp]) -> Iterator[Block]:
    """Yield the blocks without those that add nothing, and never will with further levels."""
    starts = np.cumsum([0, *map(len, grids)])
    added = np.diff(np.searchsorted(rows, starts))
    for grid, count in zip(grids, added, strict=True):
        if count or any(block.where for block in grid.blocks):
            yield from grid.blocks


def _joined(key: str, grids: Sequence[Grid]) -> Column:
    parts = [grid.columns.get(key) or Column.constant(None, len(grid)) for grid in grids]
    if len(grids) == 1:
        return parts[0]
    every = encode([level for part in parts for level in part.levels])
    if len(every.levels) == 1:
        return Column.constant(every.levels[0], sum(map(len, grids)))
    # For each grid, from its codes to those of the joined levels.
    code_of = np.split(every.codes, np.cumsum([len(part.levels) for part in parts])[:-1])
    codes = [codes[part.codes] for part, codes in zip(parts, code_of, strict=True)]
    return Column(every.levels, np.concatenate(codes))


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
    _, first = np.unique(combined_codes(grid.columns, batched, rows), return_index=True)
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
