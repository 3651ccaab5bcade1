"""A network learning, as an animated GIF: its outputs beside its error by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from xorsweep.fields import FloatArray
from xorsweep.reporting.svg.error_curve import HALF_SSE, LogAxes, drawable, span
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.palette import FINER, WHITE, Color, draw_mark, gif, indexed, png
from xorsweep.text import count_text

SIDE = 200
"""Pixels of the answers, each way."""
PANEL = 260
PAPER: Color = (17, 17, 17)
DIM: Color = (136, 136, 136)
BRIGHT: Color = (254, 232, 56)
LINE = 2
DOT = 10
"""Pixels of the curve and of the dot that runs along it."""
FIRST, EACH, LAST = 900, 110, 2800
"""Milliseconds that a frame is shown."""


class Frame(NamedTuple):
    """The outputs of a network after some epochs, at most SIDE pixels each way, and its error."""

    answers: Image.Image
    epoch: int
    error: float


def learning_gif(frames: Sequence[Frame], epochs: Sequence[int], errors: FloatArray) -> bytes:
    """Return an animated GIF of some frames, with the errors by epoch beside the answers.

    GIF, because slides, mail and every browser play it; with at most 256 colours, as here, it loses
    nothing. `errors` (E,) are those after `epochs` (E,).
    """
    durations = [EACH] * len(frames)
    durations[0], durations[-1] = FIRST, LAST
    painted = _painted(frames, epochs, errors)
    return gif([indexed(each) for each in painted], durations, optimize=False)


def still(frame: Frame, epochs: Sequence[int], errors: FloatArray) -> bytes:
    """Return one frame of the animation as PNG, for readers who want nothing to move."""
    return png(_painted([frame], epochs, errors)[0])


def _painted(
    frames: Sequence[Frame], epochs: Sequence[int], errors: FloatArray
) -> list[Image.Image]:
    """Return the frames as images, SIDE + PANEL pixels across and SIDE down."""
    images = [_words_and_answers(frame) for frame in frames]
    drawn = drawable(errors)
    if not drawn.any():
        return images
    axes = LogAxes(
        SIDE + PANEL,
        SIDE,
        int(epochs[-1]),
        *span(errors[drawn]),
        left=SIDE + 16,
        right=16,
        top=74,
        bottom=18,
    )
    curve = _curve(axes, np.asarray(epochs)[drawn].tolist(), errors[drawn])
    for image, frame in zip(images, frames, strict=True):
        now = axes.x(frame.epoch)
        image.paste(DIM, mask=curve)
        # The curve up to now is bright, the rest of it dim.
        image.paste(BRIGHT, (0, 0), curve.crop((0, 0, round(now), SIDE)))
        if drawable(np.array(frame.error)):
            draw_mark(image, now, axes.y(frame.error), DOT, True)
    return images


def _words_and_answers(frame: Frame) -> Image.Image:
    image = Image.new("RGB", (SIDE + PANEL, SIDE), PAPER)
    width, height = frame.answers.size
    image.paste(frame.answers, ((SIDE - width) // 2, (SIDE - height) // 2))
    when = count_text(frame.epoch, "epoch") if frame.epoch else "before training"
    draw = ImageDraw.Draw(image)
    draw.text((SIDE + 16, 12), when, WHITE, _font(20))
    draw.text((SIDE + 16, 42), f"{HALF_SSE} {number(frame.error)}", WHITE, _font(12))
    return image


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _curve(axes: LogAxes, epochs: Sequence[int], errors: FloatArray) -> Image.Image:
    """Return how much of each pixel the curve covers, from 0 to 255."""
    mask = Image.new("L", (FINER * (SIDE + PANEL), FINER * SIDE))
    points = [
        (FINER * axes.x(epoch), FINER * axes.y(error))
        for epoch, error in zip(epochs, errors, strict=True)
    ]
    ImageDraw.Draw(mask).line(points, 255, width=FINER * LINE, joint="curve")
    return mask.reduce(FINER)
