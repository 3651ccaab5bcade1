"""The outputs of a network for every row of any task, as a small image: one square per output."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from xorsweep.fields import FloatArray
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.palette import WHITE, draw_mark, output_image

ROOM_FOR_MARKS = 16
ROOM_FOR_LINES = 5
"""Pixels of a field from which on it is marked with its target, or parted from the next."""


def answer_grid(outputs: FloatArray, targets: FloatArray, pixels: int) -> Image.Image:
    """Return outputs as an image: a square per output, in its colour, with its target's mark.

    Several outputs lie side by side and rows one below the other. Of a single output, the rows of
    the task are counted along the lines of a square. Dark is 0 and bright is 1; the mark is a white
    disc for the higher target and a black square for the lower; grey is no number. Outputs and
    targets are (rows, units), and the image has at most `pixels` along its longer side.
    """
    fields = _square(outputs)
    size = max(pixels // max(fields.shape), 1)
    height, width = (size * count for count in fields.shape)
    found = output_image(fields).resize((width, height), Image.Resampling.NEAREST)
    if size >= ROOM_FOR_MARKS:
        middle = _middle(targets)
        for (row, column), target in np.ndenumerate(_square(targets)):
            if not np.isnan(target):
                x, y = size * (column + 0.5) - 1, size * (row + 0.5) - 1
                draw_mark(found, x, y, size // 2, bool(target > middle))
    if size >= ROOM_FOR_LINES:
        draw = ImageDraw.Draw(found)
        for y in range(size - 1, height - 1, size):
            draw.line((0, y, width, y), WHITE)
        for x in range(size - 1, width - 1, size):
            draw.line((x, 0, x, height), WHITE)
    return found.crop((0, 0, min(width, pixels), min(height, pixels)))


def describe_answer_grid(outputs: FloatArray, targets: FloatArray) -> str:
    """Return the text alternative of `answer_grid`: the outputs on their target's side."""
    right = (outputs > 0.5) == (targets > _middle(targets))
    # NaN isn't above one half, which would be right for a low target.
    right &= ~np.isnan(outputs)
    off = np.abs(outputs - targets).max()
    return (
        f"{outputs.size} outputs, {right.sum()} of them on the right side of one half; "
        f"the furthest is off by {number(float(off))}."
    )


def _middle(targets: FloatArray) -> float:
    return float(targets.min() + targets.max()) / 2


def _square(values: FloatArray) -> FloatArray:
    """Return rows of several units as they are, those of one unit as lines of a square."""
    rows, units = values.shape
    if units > 1:
        return values
    # A power of two, so that rows of a truth table with a bit in common lie in straight lines.
    columns = 2 ** math.ceil(math.log2(rows) / 2)
    lines = -(-rows // columns)
    filled = np.full(lines * columns, np.nan)
    filled[:rows] = values[:, 0]
    return filled.reshape(lines, columns)
