"""The boundary between the two values of a flag on a map, and its box-counting dimension.

Sohl-Dickstein, "The boundary of neural network trainability is fractal", arXiv 2402.06184.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray

FEWEST_ACROSS = 4
"""Boxes that the largest size of box has along the shorter side at least."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Boundary:
    """How many boxes of each size, in pixels, hold a part of a boundary.

    sizes (S,) int64 are 1, 2, 4 and so on; counts (S,) int64.
    """

    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]

    @cached_property
    def slopes(self) -> FloatArray:
        """Return the local dimensions (S - 1,): how the logarithm of the count falls with the size.

        They are empty where there is no boundary.
        """
        if not self.counts[0]:
            return np.empty(0)
        return np.diff(np.log2(self.counts)) / -np.diff(np.log2(self.sizes))

    @property
    def dimension(self) -> float:
        """Return the box-counting dimension, the median of the slopes; NaN without a boundary."""
        return float(np.median(self.slopes)) if len(self.slopes) else float("nan")

    @property
    def pixels(self) -> int:
        """Return the number of blocks of 2 x 2 pixels with both values."""
        return int(self.counts[0])


def boundary_blocks(flag: NDArray[np.int8]) -> Mask:
    """Return which blocks of 2 x 2 pixels have both values of a flag.

    Args:
        flag: Of each pixel (rows, columns): 1, 0, or below 0 where there is none.

    Returns:
        A block per pixel that has neighbours above and to its right (rows - 1, columns - 1). A
        block in which a pixel has no value isn't one.
    """
    # A pixel without a value is below 0, so the minimum of its block isn't 0.
    corners = np.stack([flag[1:, 1:], flag[:-1, 1:], flag[1:, :-1], flag[:-1, :-1]])
    mixed: Mask = (corners.min(axis=0) == 0) & (corners.max(axis=0) == 1)
    return mixed


def measure_boundary(flag: NDArray[np.int8]) -> Boundary:
    """Return the box counts of the boundary between the two values of a flag (rows, columns)."""
    blocks = boundary_blocks(flag)
    # Of fewer boxes most would hold a part of the boundary, whatever its dimension.
    largest = max(1, min(blocks.shape) // FEWEST_ACROSS)
    sizes = 2 ** np.arange(int(np.log2(largest)) + 1)
    return Boundary(sizes, np.array([_boxes(blocks, size) for size in sizes.tolist()]))


def _boxes(blocks: Mask, size: int) -> int:
    """Return how many boxes of a size hold a boundary block; at the far sides some are cut off."""
    rows, columns = (np.arange(0, length, size) for length in blocks.shape)
    counts = np.add.reduceat(np.add.reduceat(blocks, rows, axis=0, dtype=np.int64), columns, axis=1)
    return int(np.count_nonzero(counts))


def busiest_window(blocks: Mask, shape: tuple[int, int]) -> tuple[int, int]:
    """Return the first row and column of the window that holds most of some blocks.

    Args:
        blocks: The blocks (rows, columns) that are counted.
        shape: The rows and columns of the window, at most those of the blocks.

    Returns:
        Of several windows with as many the lowest, and of these the leftmost.
    """
    down, across = shape
    # A summed-area table: the blocks of any window are four look-ups, whatever its size.
    sums = np.pad(blocks.cumsum(axis=0, dtype=np.int64).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across]
    inside = inside + sums[:-down, :-across]
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(row), int(column)
