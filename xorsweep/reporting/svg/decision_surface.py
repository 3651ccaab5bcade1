"""The output of a network over the square of its two inputs, as a small image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Network
from xorsweep.networks.engines.predict import predict
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.palette import BLACK, WHITE, draw_mark, output_image, png

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import TrainingBatch

MARGIN = 0.35
"""How far a surface reaches beyond the corners, as a share of the square's side."""
PIXELS_AN_ANSWER = 2
"""How many pixels apart, each way, the network is asked; between them outputs are interpolated."""
MARK = 1 / 9
"""The width of a row's mark, as a share of the image's."""


def has_surface(network: Network) -> bool:
    """Tell whether a network's answers are a surface: one output over two inputs."""
    return (network.inputs, network.outputs) == (2, 1)


def decision_surface(training: TrainingBatch, parameters: FloatArray, pixels: int = 160) -> bytes:
    """Return the output of a network over the square of inputs as PNG.

    Input 1 runs from left to right and input 2 from below to above, MARGIN beyond the corners. Dark
    is 0 and bright is 1; a white line within a black one separates outputs above one half from
    those below. The rows of `training` are marked by their targets: a white disc for the higher
    target, a black square for the lower. Grey is an output that is no number. The network has the
    parameters (P,), and the image is `pixels` wide and high.

    Raises:
        ValueError: The network has other than two inputs and one output.
    """
    return png(surface_image(training, parameters, pixels))


def surface_image(training: TrainingBatch, parameters: FloatArray, pixels: int) -> Image.Image:
    """Return the image of `decision_surface`, `pixels` each way."""
    if not has_surface(training.network):
        raise ValueError("only a network of two inputs and one output has a surface")
    asked = -(-pixels // PIXELS_AN_ANSWER)
    ticks = _ticks(training.inputs, asked)
    # The first line of an image is its top, where input 2 is largest.
    first, second = np.meshgrid(ticks, ticks[::-1])
    points = np.stack([first.ravel(), second.ravel()], axis=1)
    outputs = predict(training, parameters, points).reshape(asked, asked)
    known = np.clip(np.nan_to_num(outputs, nan=0.0), 0, 1)
    enlarged = _enlarged(known, pixels)
    # NaN can't be interpolated: a pixel that would take a part of one has no number.
    enlarged[_enlarged(np.isnan(outputs), pixels) > 0] = np.nan
    found = output_image(enlarged)
    _draw_boundary(found, known)
    _draw_rows(found, training)
    return found


def describe_surface(training: TrainingBatch, parameters: FloatArray) -> str:
    """Return the text alternative of `decision_surface`: each row's output and target."""
    outputs = predict(training, parameters, training.inputs)[:, 0]
    rows = [
        f"{number(float(output))} at {' '.join(f'{x:g}' for x in row)} (target {target:g})"
        for row, output, target in zip(
            training.inputs, outputs, training.targets[:, 0], strict=True
        )
    ]
    return f"Output over the square of inputs: {', '.join(rows)}."


def _enlarged(values: FloatArray, pixels: int) -> FloatArray:
    """Return values (n, n) interpolated to (pixels, pixels)."""
    whole = Image.fromarray(values.astype(np.float32))
    return np.array(whole.resize((pixels, pixels), Image.Resampling.BILINEAR), float)


def _ticks(inputs: FloatArray, count: int) -> FloatArray:
    """Return the inputs in the middles of `count` pixels."""
    low, high = inputs.min(), inputs.max()
    margin = MARGIN * (high - low)
    edges = np.linspace(low - margin, high + margin, 2 * count + 1)
    return edges[1::2]


def _draw_boundary(found: Image.Image, outputs: FloatArray) -> None:
    """Draw where the output passes one half: white within black.

    It is found, and drawn, on an image of twice the size, which gives the line soft edges.
    """
    above = Image.fromarray(_enlarged(outputs, 2 * found.width) > 0.5).convert("L")
    white = 2 + found.width // 240
    black = white + 1 + found.width // 160
    for color, reach in ((BLACK, black), (WHITE, white)):
        share_above = above.filter(ImageFilter.BoxBlur(reach))
        # Blurred pixels lie near the boundary: all others are still 0 or 255.
        is_near = share_above.point([255 * (0 < share < 255) for share in range(256)])
        found.paste(color, mask=is_near.reduce(2))


def _draw_rows(found: Image.Image, training: TrainingBatch) -> None:
    """Mark the rows: as bright as the surface should be beneath them."""
    ticks = _ticks(training.inputs, found.width)
    places = (training.inputs - ticks[0]) / (ticks[1] - ticks[0])
    targets = training.targets[:, 0]
    middle = (targets.min() + targets.max()) / 2
    for (across, up), target in zip(places, targets, strict=True):
        # Image lines are counted downwards.
        down = found.height - 1 - up
        draw_mark(found, across, down, round(MARK * found.width), bool(target > middle))
