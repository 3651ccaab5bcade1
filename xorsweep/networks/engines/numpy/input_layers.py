"""The input layer of a batch: sums over a task's inputs forward, sums over its rows backward.

A layer feeds K units: their pre-activations z (rows, K, B) come from weights w (inputs, K, B)
and biases b (K, B). Every sum is written out in one order, so that a network's bits depend on
nothing but itself. With rows first, a row of z, w's part for an input and b are each contiguous,
and NumPy loops over them without an iterator.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.engines.numpy.operations import CALLS_PER_BROADCAST, Operation, sum_rows

Array = NDArray[Any]


class InputLayer(Protocol):
    """How a task's rows meet the weights."""

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> Iterator[Operation]:
        """Yield the computation of z = b + sum over inputs of x w for every row, or minus that."""
        ...

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> Iterator[Operation]:
        """Yield the sums over rows of x delta into w and of delta into b; delta is (rows, K, B)."""
        ...


def input_layer(inputs: FloatArray) -> InputLayer:
    """Return the fastest layer for the inputs (rows, inputs) of a task."""
    return TruthTable(inputs.shape[1]) if _is_truth_table(inputs) else SparseRows(inputs)


def _is_truth_table(inputs: FloatArray) -> bool:
    rows, bits = inputs.shape
    if rows != 2**bits:
        return False
    counted = (np.arange(rows)[:, None] >> np.arange(bits)[::-1]) & 1
    return bool((inputs == counted).all())


class TruthTable:
    """Every row of 0s and 1s in counting order: forward by doubling, backward by folding.

    The rows in which an input is 1 are those in which it is 0, plus its weight; so each input
    doubles the rows that are done, and a table of 2**n rows takes 2**n additions a unit.
    """

    def __init__(self, inputs: int) -> None:
        self._inputs = inputs

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> Iterator[Operation]:
        """Yield the pre-activations, the last input first because it counts fastest."""
        step = np.subtract if negated else np.add
        yield _bias(b, z[0], negated)
        done = 1
        for weights in w[::-1]:
            if done <= CALLS_PER_BROADCAST:
                for row in range(done):
                    yield partial(step, z[row], weights, z[done + row])
            else:
                yield partial(step, z[:done], weights, z[done : 2 * done])
            done *= 2

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> Iterator[Operation]:
        """Yield the sums over rows, the first input first: its rows are the upper half."""
        left = delta
        for sums in w[:-1]:
            half = len(left) // 2
            yield from sum_rows(left[half:], sums)
            yield partial(np.add, left[:half], left[half:], scratch[:half])
            left = scratch[:half]
        # np.positive copies in less time than np.copyto, which is no ufunc.
        yield partial(np.positive, left[1], w[-1])
        yield partial(np.add, left[0], left[1], b)


class SparseRows:
    """Any rows, such as one-hot or bipolar ones; zeros are skipped."""

    def __init__(self, inputs: FloatArray) -> None:
        self._rows = [
            [(int(i), float(row[i])) for i in np.flatnonzero(row)] for row in np.asarray(inputs)
        ]

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> Iterator[Operation]:
        """Yield the pre-activations row by row, the inputs in order."""
        for row, entries in enumerate(self._rows):
            yield _bias(b, z[row], negated)
            for i, x in entries:
                yield _accumulation(z[row], w[i], -x if negated else x)

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> Iterator[Operation]:
        """Yield the sums over rows, the rows in order."""
        # Rows are added to it, and an input that is 0 in every row stays at 0.
        yield partial(w.fill, 0.0)
        yield from sum_rows(delta, b)
        for row, entries in enumerate(self._rows):
            for i, x in entries:
                yield _accumulation(w[i], delta[row], x)


class PerNetworkRow:
    """One row a network, each its own: `row` (inputs, B), in the precision of `like` (..., B)."""

    def __init__(self, inputs: int, units: int, like: Array) -> None:
        members = like.shape[-1]
        self.row = np.empty((inputs, members), like.dtype)
        self._scratch = np.empty((units, members), like.dtype)

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> Iterator[Operation]:
        """Yield the pre-activations (1, K, B), the inputs in order."""
        total, products = z[0], self._scratch[: z.shape[1]]
        step = np.subtract if negated else np.add
        yield _bias(b, total, negated)
        for weights, x in zip(w, self.row, strict=True):
            # No input is skipped: one that is 0 for a network may not be for its neighbour.
            yield partial(np.multiply, weights, x, products)
            yield partial(step, total, products, total)

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> Iterator[Operation]:
        """Yield x delta into w and delta into b; delta is (1, K, B)."""
        yield partial(np.positive, delta[0], b)
        for sums, x in zip(w, self.row, strict=True):
            yield partial(np.multiply, delta[0], x, sums)


def _bias(b: Array, out: Array, negated: bool) -> Operation:
    return partial(np.negative if negated else np.positive, b, out)


def _accumulation(total: Array, term: Array, factor: float) -> Operation:
    """Return the addition of factor * term; factors of 1 and -1 need no multiplication."""
    if abs(factor) == 1.0:
        return partial(np.add if factor > 0 else np.subtract, total, term, total)
    # It allocates in each epoch, for inputs that only tasks of other packages have.
    return lambda: np.add(total, factor * term, total)
