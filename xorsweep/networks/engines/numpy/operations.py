"""Array operations that are bound to their arrays before the first epoch.

In a small batch a call of NumPy takes longer than its numbers: a slice costs as much as a sum, and
a number beside an array half as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

Operation = Callable[[], object]
"""A function with its arrays, such as partial(np.add, a, b, out): positional `out` is cheapest."""
Operations = tuple[Operation, ...]

CALLS_PER_BROADCAST = 2
"""Operations on arrays of one shape that NumPy starts in the time of a broadcast or a reduction."""


def run(operations: Operations) -> None:
    """Run operations, one after the other."""
    for operation in operations:
        operation()


def sum_rows(rows: Array, out: Array) -> Iterator[Operation]:
    """Yield the sum over the first axis as NumPy starts it, from 0: that of -0.0 alone is 0.0."""
    if len(rows) > CALLS_PER_BROADCAST:
        # It adds row after row, as the loop below does, if the last axis is longer than 1.
        yield partial(np.add.reduce, rows, 0, None, out)
        return
    total: Array = np.zeros((), rows.dtype)
    for row in rows:
        yield partial(np.add, total, row, out)
        total = out
