"""The columns of a grid: codes into short lists of levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xorsweep.fields import Scalar

MOST_CODES = 2
"""Times as many codes as points, above which a table of all of them is too large."""


@dataclass(frozen=True, eq=False)
class ProductCodes(NDArrayOperatorsMixin):
    """The codes (N,) of a key in a product of axes, worked out where they are needed.

    An axis keeps each of its levels for `stride` points, one level after the other and from the
    beginning again; `of_level` holds the codes of its levels.
    """

    count: int
    stride: int
    of_level: NDArray[np.int32]

    @property
    def shape(self) -> tuple[int]:
        """Return the shape of the array that these are."""
        return (self.count,)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, rows: Any) -> Any:
        return self.of_level[self.level_at(rows)]

    def level_at(self, rows: Any) -> Any:
        """Return the number of the axis' level at some rows, as an index of an array takes them."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self.count))
        elif not isinstance(rows, int):
            rows = np.asarray(rows)
            rows = rows.nonzero()[0] if rows.dtype == bool else rows
        # rows // stride % size, without %, which takes NumPy longer.
        cycle = rows // self.stride
        return cycle - cycle // len(self.of_level) * len(self.of_level)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = (each[:] if isinstance(each, ProductCodes) else each for each in inputs)
        return getattr(ufunc, method)(*arrays, **options)


Codes = NDArray[np.int32] | ProductCodes


@dataclass(frozen=True)
class Column:
    """One key of all N points: `levels[codes[i]]` is its value at point i."""

    levels: tuple[Scalar, ...]
    codes: Codes

    @classmethod
    def constant(cls, level: Scalar, count: int) -> Column:
        """Return one level at each of `count` points, with one code in memory."""
        return cls((level,), np.broadcast_to(np.int32(0), (count,)))

    @property
    def batched(self) -> bool:
        """Tell whether members of one batch may differ in this key: real numbers alone may."""
        return bool(self.level_array.dtype == np.float64)

    @property
    def first_rows(self) -> NDArray[np.int64]:
        """Return the first row (levels,) of each level."""
        if isinstance(self.codes, ProductCodes) and len(self.codes.of_level) == len(self.levels):
            # The first cycle has each level once, `stride` rows apart.
            return self.codes.stride * np.argsort(self.codes.of_level)
        first: NDArray[np.int64] = np.unique(self.codes, return_index=True)[1]
        return first

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return how many points (levels,) have each level."""
        if isinstance(self.codes, ProductCodes):
            counts = np.bincount(self.codes.of_level, minlength=len(self.levels))
            # A product has each level of an axis equally often.
            return counts * (len(self.codes) // len(self.codes.of_level))
        return np.bincount(self.codes, minlength=len(self.levels))

    def mark_changes(self, changed: NDArray[np.bool_]) -> None:
        """Set at least those points (N,) true whose level isn't that of the point before."""
        if isinstance(self.codes, ProductCodes):
            changed[:: self.codes.stride] = True
        elif len(self.levels) > 1:
            changed[1:] |= self.codes[1:] != self.codes[:-1]

    def at(self, rows: NDArray[np.integer[Any]]) -> Column:
        """Return the column at some rows (n,), with the levels that are left."""
        if len(self.levels) == 1:
            return Column.constant(self.levels[0], len(rows))
        codes = self.codes[rows]
        left = np.bincount(codes, minlength=len(self.levels)) > 0
        if left.all() or not len(rows):
            return Column(self.levels, codes)
        levels = tuple(level for level, is_left in zip(self.levels, left, strict=True) if is_left)
        # The remaining levels keep their order, and are numbered anew.
        return Column(levels, (np.cumsum(left) - 1).astype(np.int32)[codes])

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
        # Not np.array, which makes float64 of integers and floats, and loses the digits of large
        # ones.
        array = np.empty(len(self.levels), np.int64 if kinds == {int} else object)
        array[:] = self.levels
        return array


def encode(values: Sequence[Scalar]) -> Column:
    """Return values, one a point, as a column with its levels in order of first appearance."""
    levels = distinct(values)
    if len(levels) == len(values):
        return Column(levels, np.arange(len(levels), dtype=np.int32))
    code_of = {(type(level), level): code for code, level in enumerate(levels)}
    return Column(levels, np.array([code_of[type(each), each] for each in values], np.int32))


def distinct(levels: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Return the levels without repetitions, in order of first appearance; 1 and 1.0 differ."""
    levels = tuple(levels)
    if len(set(map(type, levels))) == 1:  # most often, and far quicker
        return tuple(dict.fromkeys(levels))
    return tuple({(type(level), level): level for level in levels}.values())


def combined_codes(
    columns: Mapping[str, Column], keys: Sequence[str], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return codes (n,) for rows (n,), which differ where any of the keys differs."""
    combined = np.zeros(len(rows), np.int64)
    size = 1
    for key in keys:
        column = columns[key]
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
