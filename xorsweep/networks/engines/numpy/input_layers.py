"""The input layer of a batch: sums over a task's inputs forward, sums over its rows backward.

A layer feeds K units: their pre-activations z (rows, K, B) come from weights w (inputs, K, B)
and biases b (K, B). Every sum is written out in one order, so that a network's bits depend on
nothing but itself. With rows first, a row of z, w's part for an input and b are each contiguous,
and NumPy loops over them without an iterator.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray

Array = NDArray[Any]


class InputLayer(Protocol):
    """How a task's rows meet the weights."""

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> None:
        """Write z = b + sum over inputs of x w for every row, or minus that."""
        ...

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> None:
        """Write the sums over rows of x delta into w and of delta into b; delta is (rows, K, B)."""
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

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> None:
        """Write the pre-activations, the last input first because it counts fastest."""
        step = np.subtract if negated else np.add
        _write_bias(b, z[0], negated)
        done = 1
        for weights in w[::-1]:
            step(z[:done], weights, out=z[done : 2 * done])
            done *= 2

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> None:
        """Write the sums over rows, the first input first: its rows are the upper half."""
        left = delta
        for sums in w:
            half = len(left) // 2
            if half == 1:
                sums[...] = left[1]
                np.add(left[0], left[1], out=b)
                return
            np.add.reduce(left[half:], axis=0, out=sums)
            np.add(left[:half], left[half:], out=scratch[:half])
            left = scratch[:half]


class SparseRows:
    """Any rows, such as one-hot or bipolar ones; zeros are skipped."""

    def __init__(self, inputs: FloatArray) -> None:
        self._rows = [
            [(int(i), float(row[i])) for i in np.flatnonzero(row)] for row in np.asarray(inputs)
        ]

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> None:
        """Write the pre-activations row by row, the inputs in order."""
        for row, entries in enumerate(self._rows):
            _write_bias(b, z[row], negated)
            for i, x in entries:
                _accumulate(z[row], w[i], -x if negated else x)

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> None:
        """Write the sums over rows, the rows in order."""
        w[...] = 0.0
        np.add.reduce(delta, axis=0, out=b)
        for row, entries in enumerate(self._rows):
            for i, x in entries:
                _accumulate(w[i], delta[row], x)


class PerNetworkRow:
    """One row a network, each its own: `row` (inputs, B), in the precision of `like` (..., B)."""

    def __init__(self, inputs: int, units: int, like: Array) -> None:
        members = like.shape[-1]
        self.row = np.empty((inputs, members), like.dtype)
        self._scratch = np.empty((units, members), like.dtype)

    def forward(self, w: Array, b: Array, z: Array, negated: bool) -> None:
        """Write the pre-activations (1, K, B), the inputs in order."""
        total, products = z[0], self._scratch[: z.shape[1]]
        step = np.subtract if negated else np.add
        _write_bias(b, total, negated)
        for weights, x in zip(w, self.row, strict=True):
            np.multiply(weights, x, out=products)
            step(total, products, out=total)

    def backward(self, delta: Array, scratch: Array, w: Array, b: Array) -> None:
        """Write x delta into w and delta into b; delta is (1, K, B)."""
        b[...] = delta[0]
        for sums, x in zip(w, self.row, strict=True):
            np.multiply(delta[0], x, out=sums)


def _write_bias(b: Array, out: Array, negated: bool) -> None:
    if negated:
        np.negative(b, out=out)
    else:
        out[...] = b


def _accumulate(total: Array, term: Array, factor: float) -> None:
    """Add factor * term to total; factors of 1 and -1 need no multiplication."""
    if factor == 1.0:
        np.add(total, term, out=total)
    elif factor == -1.0:
        np.subtract(total, term, out=total)
    else:
        np.add(total, factor * term, out=total)
