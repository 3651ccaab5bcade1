"""A network learning, as an animated GIF: what it answers beside how its error falls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from xorsweep.fields import FloatArray
from xorsweep.reporting.svg.error_curve import HALF_SSE, LogAxes, drawable, span
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.palette import (
    COVERS,
    GREYS,
    SHADES,
    WHITE,
    Pixels,
    blend,
    image,
    mark,
    png,
)

SIDE = 200
"""Pixels of the answers, each way."""
PANEL = 260
PAPER, DIM, BRIGHT = SHADES + 1, SHADES + GREYS // 2, SHADES - 1
FINER = 3
"""How many parts of a pixel, each way, the curve is drawn in."""
DOT = 8
"""Pixels of the dot that runs along the curve."""
FIRST, EACH, LAST = 900, 110, 2800
"""Milliseconds that a frame is shown."""


class Frame(NamedTuple):
    """What a network answers after some epochs, at most SIDE pixels each way, and its error."""

    answers: Pixels
    epoch: int
    error: float


def learning_gif(frames: Sequence[Frame], epochs: Sequence[int], errors: FloatArray) -> bytes:
    """Return an animated GIF of some frames, with the errors by epoch beside the answers.

    GIF, because slides, mail and every browser play it; with at most 256 colours, as here, it loses
    nothing.

    Args:
        frames: What is shown, in order.
        epochs: After how many epochs each error was measured (E,).
        errors: The errors (E,).
    """
    drawn = [image(pixels) for pixels in _painted(frames, epochs, errors)]
    durations = [EACH] * len(drawn)
    durations[0], durations[-1] = FIRST, LAST
    stream = BytesIO()
    first, *others = drawn
    first.save(
        stream,
        "GIF",
        save_all=True,
        append_images=others,
        duration=durations,
        loop=0,
        optimize=False,
    )
    return stream.getvalue()


def still(frame: Frame, epochs: Sequence[int], errors: FloatArray) -> bytes:
    """Return one frame of the animation as PNG, for readers who want nothing to move."""
    return png(_painted([frame], epochs, errors)[0])


def _painted(frames: Sequence[Frame], epochs: Sequence[int], errors: FloatArray) -> list[Pixels]:
    """Return the frames as pixels (SIDE, SIDE + PANEL)."""
    drawn = drawable(errors)
    if not drawn.any():
        return [np.hstack([_framed(frame.answers), _panel(frame)]) for frame in frames]
    axes = LogAxes(PANEL, SIDE, int(epochs[-1]), *span(errors[drawn]), 16, 16, 74, 18)
    points = [
        (axes.x(epoch), axes.y(error))
        for epoch, error in zip(np.asarray(epochs)[drawn], errors[drawn], strict=True)
    ]
    curve = _curve(points)
    return [np.hstack([_framed(frame.answers), _panel(frame, axes, curve)]) for frame in frames]


def _framed(answers: Pixels) -> Pixels:
    """Return answers in the middle of a square of SIDE pixels each way."""
    framed = np.full((SIDE, SIDE), PAPER, np.uint8)
    (height, width), (top, left) = answers.shape, ((SIDE - side) // 2 for side in answers.shape)
    framed[top : top + height, left : left + width] = answers
    return framed


def _panel(frame: Frame, axes: LogAxes | None = None, curve: Pixels | None = None) -> Pixels:
    panel = np.full((SIDE, PANEL), PAPER, np.uint8)
    counted = f"{frame.epoch:,} epoch{'' if frame.epoch == 1 else 's'}"
    _write(panel, (16, 12), "before training" if not frame.epoch else counted, 20)
    _write(panel, (16, 42), f"{HALF_SSE} {number(frame.error).replace(chr(0x2212), '-')}", 12)
    if axes is None or curve is None:
        return panel
    blend(panel, DIM, curve)
    now = axes.x(frame.epoch)
    blend(panel[:, : round(now)], BRIGHT, curve[:, : round(now)])
    if drawable(np.array([frame.error]))[0]:
        _draw_dot(panel, axes.y(frame.error), now)
    return panel


def _draw_dot(panel: Pixels, down: float, across: float) -> None:
    top, left = int(down) - DOT, int(across) - DOT
    window = panel[top : top + 2 * DOT, left : left + 2 * DOT]
    for color, cover in mark(window.shape, down - top, across - left, DOT / 2, True):
        blend(window, color, cover)


def _write(panel: Pixels, place: tuple[int, int], words: str, size: int) -> None:
    """Write words whose upper left corner is at (across, down)."""
    mask = Image.new("L", (PANEL, size + 8))
    ImageDraw.Draw(mask).text((place[0], 0), words, 255, _font(size))
    blend(panel[place[1] : place[1] + size + 8], WHITE, _cover(mask))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _curve(points: Sequence[tuple[float, float]]) -> Pixels:
    """Return how much of each pixel of the panel the curve covers, from 0 to COVERS."""
    mask = Image.new("L", (FINER * PANEL, FINER * SIDE))
    finer = [(FINER * x, FINER * y) for x, y in points]
    ImageDraw.Draw(mask).line(finer, 255, width=2 * FINER, joint="curve")
    return _cover(mask.reduce(FINER))


def _cover(mask: Image.Image) -> Pixels:
    return (np.asarray(mask).astype(int) * COVERS // 255).astype(np.uint8)
