"""Holds a function to what a sweep asks of it: each point on its own, in any batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import FunctionError
from xorsweep.functions.contract import Batch, Function, call_batch
from xorsweep.functions.points import Levels, batches_of, grid_of
from xorsweep.functions.values import column_of

SIZES = (1, 2, 7)
MOST = 4096
"""Points of the largest batch that is compared with smaller ones."""
COMPARED = 256
"""Points that are computed in batches of each of those sizes."""


def check_function(function: Function, axes: Mapping[str, Levels]) -> None:
    """Raise FunctionError unless a function returns the same bits in batches of any size.

    The first 4,096 points of the axes are computed together, the first 256 of them in batches of
    1, 2 and 7 as well, and all of them in the reverse order. Whole numbers in one batch may be
    floats in another, as they become floats in a sweep, where a float can hold them.
    """
    grid = grid_of(axes)
    whole = next(batches_of(grid, np.arange(min(len(grid), MOST)), MOST))
    together = call_batch(function, whole)
    for size in SIZES:
        for start in range(0, min(len(whole), COMPARED), size):
            points = slice(start, start + size)
            _compare(call_batch(function, whole.part(points)), together, points, whole)
    backwards = slice(None, None, -1)
    _compare(call_batch(function, whole.part(backwards)), together, backwards, whole)


def _compare(
    few: Mapping[str, NDArray[Any]],
    together: Mapping[str, NDArray[Any]],
    points: slice,
    whole: Batch,
) -> None:
    if set(few) != set(together):
        raise FunctionError(f"returned {', '.join(few)} where it was {', '.join(together)}")
    for name, values in together.items():
        same = _same(name, few[name], values[points])
        if not same.all():
            where = int(np.arange(len(whole))[points][np.argmin(same)])
            point = ", ".join(f"{key}={column[where]}" for key, column in whole.columns.items())
            raise FunctionError(
                f"returned another {name} for {point} in a batch of {len(same)} than in one of "
                f"{len(whole):,} in order; it must work element by element"
            )


def _same(name: str, one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values (n,) are the same to the bit; none where their kinds can't be one."""
    if {one.dtype.kind, other.dtype.kind} == {"i", "f"}:
        one, other = (_floats(name, values) for values in (one, other))
    if one.dtype.kind != other.dtype.kind:
        return np.zeros(len(one), bool)
    same: NDArray[np.bool_] = _bits(one) == _bits(other)
    return same


def _floats(name: str, numbers: NDArray[Any]) -> NDArray[Any]:
    return column_of(name, [*numbers.tolist(), 0.5], len(numbers) + 1)[:-1]


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    values = np.ascontiguousarray(values)
    return values.view(np.uint64) if values.dtype == np.float64 else values
