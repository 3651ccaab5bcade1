"""What a network answers to every row of any task, as a small image: one field per output."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.palette import WHITE, blend, mark, shades

Cells = NDArray[Any]

ROOM_FOR_MARKS = 16
ROOM_FOR_LINES = 5
"""Pixels of a field from which on it is marked with its target, or parted from the next."""


def answer_grid(outputs: FloatArray, targets: FloatArray, pixels: int) -> Cells:
    """Return outputs as an image: a field per output, in its colour, with its target's mark.

    Several outputs lie side by side and rows one below the other. Of a single output, the rows of
    the task are counted along the lines of a square. Dark is 0 and bright is 1; each field is
    marked with what it should be, a white disc for the higher target and a black square for the
    lower, and grey is no number.

    Args:
        outputs: What the network answers (rows, units).
        targets: What it should answer (rows, units).
        pixels: The longer side of the image at most.

    Returns:
        The image as places in `palette()`, uint8.
    """
    fields, high = _square(shades(outputs)), _square(targets > _middle(targets))
    size = max(pixels // max(fields.shape), 1)
    found = _fields(fields, size)
    if size >= ROOM_FOR_MARKS:
        used = _square(np.ones(outputs.shape, bool))
        for wanted in (False, True):
            marked = _fields(used & (high == wanted), size)
            for color, cover in mark((size, size), size / 2 - 1, size / 2 - 1, size / 5, wanted):
                blend(found, color, np.tile(cover, fields.shape) * marked)
    if size >= ROOM_FOR_LINES:
        found[size - 1 : -1 : size] = WHITE
        found[:, size - 1 : -1 : size] = WHITE
    return found[:pixels, :pixels]


def _fields(values: Cells, size: int) -> Cells:
    """Return each value as a square of so many pixels."""
    return values.repeat(size, axis=0).repeat(size, axis=1)


def describe_answer_grid(outputs: FloatArray, targets: FloatArray) -> str:
    """Return in words what `answer_grid` shows: how many answers are on their target's side."""
    right = (outputs > 0.5) == (targets > _middle(targets))
    right &= ~np.isnan(outputs)
    off = np.abs(outputs - targets).max()
    return (
        f"{outputs.size} outputs, {right.sum()} of them on the right side of one half; "
        f"the furthest is off by {number(float(off))}."
    )


def _middle(targets: FloatArray) -> float:
    return float(targets.min() + targets.max()) / 2


def _square(values: Cells) -> Cells:
    """Return rows of several units as they are, those of one unit as lines of a square."""
    rows, units = values.shape
    if units > 1:
        return values
    columns = 2 ** math.ceil(math.log2(rows) / 2)
    lines = -(-rows // columns)
    filled = np.zeros(lines * columns, values.dtype)
    filled[:rows] = values[:, 0]
    return filled.reshape(lines, columns)
