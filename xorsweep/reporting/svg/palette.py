"""The colours of images: outputs from 0 to 1, and greys for what is drawn on them.

Such an image is an array (height, width) of places in `palette()`, uint8.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xorsweep.fields import FloatArray

Pixels = NDArray[np.uint8]

SHADES = 96
"""Colours between an output of 0 and one of 1."""
GREYS = 16
"""Greys from black to white."""
BLACK, WHITE = SHADES, SHADES + GREYS - 1
NO_NUMBER = SHADES + 9
COVERS = 8
"""How finely a pixel can be covered by what is drawn on it."""

CIVIDIS = "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838"
"""Ten colours of cividis, from dark to bright at an even pace, for the colour-blind too.

J. R. Nuñez, C. R. Anderton and R. S. Renslow, "Optimizing colormaps with consideration for color
vision deficiency to enable accurate interpretation of scientific data", PLOS ONE 13 (2018).
"""


@cache
def palette() -> NDArray[np.uint8]:
    """Return the colours (SHADES + GREYS, 3): those of outputs from 0 to 1, then black to white."""
    stops = np.array([list(bytes.fromhex(color)) for color in CIVIDIS.split()], float)
    at, shares = np.linspace(0, 1, len(stops)), np.linspace(0, 1, SHADES)
    shades = np.stack([np.interp(shares, at, channel) for channel in stops.T], axis=1)
    greys = np.repeat(np.linspace(0, 255, GREYS)[:, None], 3, axis=1)
    return np.concatenate([shades, greys]).round().astype(np.uint8)


def shades(outputs: FloatArray) -> Pixels:
    """Return the colour of outputs of any shape; what lies beyond 0 and 1 has that of these."""
    share = np.clip(np.nan_to_num(outputs), 0, 1)
    found = (share * (SHADES - 1) + 0.5).astype(np.uint8)
    found[np.isnan(outputs)] = NO_NUMBER
    return found


def blend(pixels: Pixels, color: int, cover: NDArray[np.integer]) -> None:
    """Blend a colour over pixels of one shape, in place; cover goes from 0 to COVERS."""
    touched = cover > 0
    pixels[touched] = _mixed(color)[cover[touched], pixels[touched]]


@cache
def _mixed(color: int) -> Pixels:
    """Return which colour is nearest where `color` covers another, (COVERS + 1, colours)."""
    known = palette().astype(float)
    share = np.linspace(0, 1, COVERS + 1)[:, None, None]
    wanted = known + share * (known[color] - known)
    distance = ((wanted[:, :, None] - known) ** 2).sum(axis=-1)
    return np.asarray(distance.argmin(axis=-1), np.uint8)


def mark(
    shape: tuple[int, ...], down: float, across: float, size: float, high: bool
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Return what to blend over pixels (height, width) to mark a row, each colour with its cover.

    Where the target is high the mark is a white disc in a black ring, else a black square in a
    white frame; `size` is half its width.
    """
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    y, x = np.abs(rows - down), np.abs(columns - across)
    away, radius = (np.hypot(x, y), size) if high else (np.maximum(x, y), 0.9 * size)
    ring, inside = (BLACK, WHITE) if high else (WHITE, BLACK)
    for color, edge in ((ring, radius + 0.3 * size), (inside, radius)):
        yield color, np.clip((edge + 0.5 - away) * COVERS, 0, COVERS).round().astype(int)


def image(pixels: Pixels) -> Image.Image:
    """Return pixels as an image."""
    found = Image.fromarray(pixels, "P")
    found.putpalette(palette().tobytes())
    return found


def png(pixels: Pixels) -> bytes:
    """Return pixels as PNG."""
    stream = BytesIO()
    image(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()
