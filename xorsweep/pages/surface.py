"""What a network of two inputs answers between the corners, as a small picture of pixels."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xorsweep.engines.answers import answers
from xorsweep.engines.contract import Training
from xorsweep.network import Network
from xorsweep.pages.svg import number
from xorsweep.rules import FloatArray

MARGIN = 0.35
"""How far a surface reaches beyond the corners, as a share of the square's side."""
SHADES = 96
"""Colours between an output of 0 and one of 1."""
GREYS = 8
"""Greys from black to white, for marks and their edges; the last of them but one is no number."""

CIVIDIS = "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838"
"""Ten colours of cividis, from dark to bright at an even pace, for the colour-blind too.

J. R. Nuñez, C. R. Anderton and R. S. Renslow, "Optimizing colormaps with consideration for color
vision deficiency to enable accurate interpretation of scientific data", PLOS ONE 13 (2018).
"""

NO_NUMBER = 150.0
"""Grey level of what isn't a number."""


def has_surface(network: Network) -> bool:
    """Tell whether a network's answers are a surface: one output over two inputs."""
    return (network.inputs, network.outputs) == (2, 1)


def decision_surface(training: Training, parameters: FloatArray, pixels: int = 160) -> bytes:
    """Return as PNG what a network with these parameters (P,) answers over the square of inputs.

    Input 1 runs from left to right and input 2 from below to above, MARGIN beyond the corners.
    Dark is 0 and bright is 1; a white line on black parts outputs above one half from those below.
    The rows of `training` are marked with what they should be: a white disc for the higher target,
    a black square for the lower. Grey is an output that is no number. Raises ValueError where the
    network has no surface.
    """
    return png(surface_image(training, parameters, pixels))


def png(image: Image.Image) -> bytes:
    """Return an image as PNG."""
    stream = BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def surface_image(training: Training, parameters: FloatArray, pixels: int) -> Image.Image:
    """Return what `decision_surface` does, as an image with `palette` for its colours."""
    if not has_surface(training.network):
        raise ValueError("only a network of two inputs and one output has a surface")
    ticks = _ticks(training.inputs, pixels)
    first, second = np.meshgrid(ticks, ticks[::-1])
    points = np.stack([first.ravel(), second.ravel()], axis=1)
    output = answers(training, parameters, points).reshape(pixels, pixels)
    colors = shades(output)
    with np.errstate(all="ignore"):
        _draw_boundary(colors, output)
    _draw_rows(colors, training)
    return reduced(colors)


def describe_surface(training: Training, parameters: FloatArray) -> str:
    """Return in words what `decision_surface` shows: the output at each row, and its target."""
    outputs = answers(training, parameters, training.inputs)[:, 0]
    rows = [
        f"{number(float(output))} at {' '.join(f'{x:g}' for x in row)} (target {target:g})"
        for row, output, target in zip(
            training.inputs, outputs, training.targets[:, 0], strict=True
        )
    ]
    return f"Output over the square of inputs: {', '.join(rows)}."


def palette() -> NDArray[np.uint8]:
    """Return the colours (SHADES + GREYS, 3): from an output of 0 to 1, then black to white."""
    greys = np.repeat(np.linspace(0, 255, GREYS)[:, None], 3, axis=1)
    return np.concatenate([_cividis(np.linspace(0, 1, SHADES)), greys]).round().astype(np.uint8)


def shades(output: FloatArray) -> FloatArray:
    """Return the colour of outputs of any shape, with red, green and blue behind it, 0 to 255.

    Outputs beyond 0 and 1 have the colours of these, and what is no number is grey.
    """
    known = np.where(np.isnan(output), 0.5, output)
    colors = _cividis(np.round(np.clip(known, 0, 1) * (SHADES - 1)) / (SHADES - 1))
    colors[np.isnan(output)] = NO_NUMBER
    return colors


def reduced(colors: FloatArray) -> Image.Image:
    """Return colours (height, width, 3) as an image of the palette's nearest ones."""
    known = Image.new("P", (1, 1))
    known.putpalette(palette().tobytes())
    whole = Image.fromarray(colors.round().astype(np.uint8), "RGB")
    return whole.quantize(palette=known, dither=Image.Dither.NONE)


def _cividis(shares: FloatArray) -> FloatArray:
    stops = np.array([list(bytes.fromhex(color)) for color in CIVIDIS.split()], float)
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(shares, at, channel) for channel in stops.T], axis=-1)


def _ticks(inputs: FloatArray, pixels: int) -> FloatArray:
    """Return the inputs at the middles of the pixels."""
    low, high = inputs.min(), inputs.max()
    margin = MARGIN * (high - low)
    edges = np.linspace(low - margin, high + margin, 2 * pixels + 1)
    return edges[1::2]


def _draw_boundary(colors: FloatArray, output: FloatArray) -> None:
    """Draw where the output passes one half: white with black beside it."""
    above = output > 0.5
    passes = _grown(above) & _grown(~above & ~np.isnan(output))
    slope = np.hypot(*np.gradient(output))
    distance = np.where(passes, np.abs(output - 0.5) / slope, np.inf)
    thickness = max(1.0, len(output) / 160)
    for ink, width in ((0.0, 1.9 * thickness), (255.0, 0.9 * thickness)):
        _lay(colors, ink, width + 0.5 - np.nan_to_num(distance, nan=np.inf))


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask with the pixels within two of it."""
    grown = mask.copy()
    for axis in (0, 1):
        for _ in range(2):
            wide = np.pad(grown, [(1, 1) if axis == at else (0, 0) for at in (0, 1)])
            size = mask.shape[axis]
            grown |= wide.take(range(size), axis) | wide.take(range(2, size + 2), axis)
    return grown


def _draw_rows(colors: FloatArray, training: Training) -> None:
    """Mark the rows: as bright as the surface should be beneath them."""
    pixels = len(colors)
    ticks = _ticks(training.inputs, pixels)
    places = (training.inputs - ticks[0]) / (ticks[1] - ticks[0])
    targets = training.targets[:, 0]
    middle = (targets.min() + targets.max()) / 2
    size = pixels / 24
    for (x, y), target in zip(places, targets, strict=True):
        across = np.arange(pixels) - x
        down = np.arange(pixels)[:, None] - (pixels - 1 - y)
        high = target > middle
        away = np.hypot(across, down) if high else np.maximum(np.abs(across), np.abs(down))
        radius = size if high else 0.9 * size
        ring, inside = (0.0, 255.0) if high else (255.0, 0.0)
        _lay(colors, ring, radius + 0.3 * size + 0.5 - away)
        _lay(colors, inside, radius + 0.5 - away)


def _lay(colors: FloatArray, ink: float, cover: FloatArray) -> None:
    """Lay a grey over colours, where `cover` is 1 or more wholly, at 0 or less not at all."""
    share = np.clip(cover, 0, 1)[..., None]
    colors += share * (ink - colors)
