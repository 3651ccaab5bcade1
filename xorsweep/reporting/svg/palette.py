"""Images of outputs: colours from 0 to 1, marks for targets, and how an image becomes a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from xorsweep.fields import FloatArray

Color = tuple[int, int, int]

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)
NO_NUMBER: Color = (153, 153, 153)
SHADES = 96
"""Colours between an output of 0 and one of 1."""
GREYS = 16
"""Greys from black to white, for marks on outputs."""
FINER = 4
"""How many times larger shapes are drawn before they are reduced, so that their edges are soft."""

CIVIDIS = "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838"
"""Ten colours of cividis, from dark to bright at an even pace, for the colour-blind too.

J. R. Nuñez, C. R. Anderton and R. S. Renslow, "Optimizing colormaps with consideration for color
vision deficiency to enable accurate interpretation of scientific data", PLOS ONE 13 (2018).
"""


@cache
def shades() -> NDArray[np.uint8]:
    """Return the colours (SHADES, 3) of outputs from 0 to 1."""
    stops = np.array([list(bytes.fromhex(color)) for color in CIVIDIS.split()], float)
    at, shares = np.linspace(0, 1, len(stops)), np.linspace(0, 1, SHADES)
    channels = [np.interp(shares, at, channel) for channel in stops.T]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def output_image(outputs: FloatArray) -> Image.Image:
    """Return outputs (height, width) as an image: those beyond 0 and 1 look like these."""
    share = np.clip(np.nan_to_num(outputs), 0, 1)
    colors = shades()[(share * (SHADES - 1) + 0.5).astype(int)]
    # NaN can't be an index, so it was coloured as 0.
    colors[np.isnan(outputs)] = NO_NUMBER
    return Image.fromarray(colors)


def draw_mark(image: Image.Image, x: float, y: float, size: int, high: bool) -> None:
    """Mark the place of a row in an image, `size` pixels across.

    The mark is a white disc in a black ring where the target is high, else a black square in a
    white frame.
    """
    shape = _mark(size, high)
    image.paste(shape, (round(x - (size - 1) / 2), round(y - (size - 1) / 2)), shape)


@cache
def _mark(size: int, high: bool) -> Image.Image:
    last = FINER * size - 1
    shape = Image.new("RGBA", (FINER * size, FINER * size))
    draw = ImageDraw.Draw(shape)
    if high:
        draw.ellipse((0, 0, last, last), WHITE, BLACK, width=FINER * size // 8)
    else:
        draw.rectangle((0, 0, last, last), BLACK, WHITE, width=FINER * size // 8)
    return shape.reduce(FINER)


def indexed(image: Image.Image) -> Image.Image:
    """Return an image in shades and greys alone, which PNG and GIF store in a byte a pixel."""
    return image.quantize(palette=_palette(), dither=Image.Dither.NONE)


@cache
def _palette() -> Image.Image:
    greys = np.linspace(0, 255, GREYS).round().astype(np.uint8)
    found = Image.new("P", (1, 1))
    found.putpalette(shades().tobytes() + greys.repeat(3).tobytes())
    return found


def gif(images: Sequence[Image.Image], durations: Sequence[int], optimize: bool) -> bytes:
    """Return indexed images as an endless animated GIF.

    Each is shown for its duration in milliseconds. `optimize` removes colours from the palette of a
    frame that it doesn't use.
    """
    stream = BytesIO()
    images[0].save(
        stream,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=list(durations),
        loop=0,
        optimize=optimize,
    )
    return stream.getvalue()


def png(image: Image.Image) -> bytes:
    """Return an image as PNG."""
    stream = BytesIO()
    indexed(image).save(stream, "PNG", optimize=True)
    return stream.getvalue()
