"""The columns of a grid: codes into short lists of levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import Scalar

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Column:
    """One key of all N points: `levels[codes[i]]` is its value at point i."""

    levels: tuple[Scalar, ...]
    codes: Codes

    @property
    def batched(self) -> bool:
        """Tell whether members of one batch may differ in this key: real numbers alone may."""
        return bool(self.level_array.dtype == np.float64)

    def at(self, rows: NDArray[np.integer[Any]]) -> Column:
        """Return the column at some rows (n,), with the levels that are left."""
        if len(self.levels) == 1:
            return Column(self.levels, np.broadcast_to(np.int32(0), rows.shape))
        codes = self.codes[rows]
        left = np.bincount(codes, minlength=len(self.levels)) > 0
        if left.all() or not len(rows):
            return Column(self.levels, codes)
        levels = tuple(level for level, is_left in zip(self.levels, left, strict=True) if is_left)
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
        array = np.empty(len(self.levels), np.int64 if kinds == {int} else object)
        array[:] = self.levels
        return array


def encode(values: Sequence[Scalar]) -> Column:
    """Return values, one a point, as a column with its levels in order of first appearance."""
    levels = distinct(values)
    code_of = {(type(level), level): code for code, level in enumerate(levels)}
    return Column(levels, np.array([code_of[type(each), each] for each in values], np.int32))


def distinct(levels: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Return the levels without repetitions, in order of first appearance; 1 and 1.0 differ."""
    return tuple({(type(level), level): level for level in levels}.values())
