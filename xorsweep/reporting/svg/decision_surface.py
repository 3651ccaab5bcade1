"""What a network of two inputs answers between the corners, as a small image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Network
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.predict import predict
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.palette import (
    BLACK,
    COVERS,
    NO_NUMBER,
    WHITE,
    Pixels,
    blend,
    mark,
    png,
    shades,
)

MARGIN = 0.35
"""How far a surface reaches beyond the corners, as a share of the square's side."""
PIXELS_AN_ANSWER = 2
"""How many pixels apart, each way, the network is asked; between them outputs are interpolated."""
MARK = 1 / 24
"""Half the width of a row's mark, as a share of the image's."""


def has_surface(network: Network) -> bool:
    """Tell whether a network's answers are a surface: one output over two inputs."""
    return (network.inputs, network.outputs) == (2, 1)


def decision_surface(training: TrainingBatch, parameters: FloatArray, pixels: int = 160) -> bytes:
    """Return as PNG what a network answers over the square of inputs.

    Input 1 runs from left to right and input 2 from below to above, MARGIN beyond the corners.
    Dark is 0 and bright is 1; a white line within a black one separates outputs above one half from
    those below. The rows of `training` are marked with what they should be: a white disc for the
    higher target, a black square for the lower. Grey is an output that is no number.

    Args:
        training: The network and the rows of its task.
        parameters: The network's parameters (P,).
        pixels: The side of the image.

    Raises:
        ValueError: The network has other than two inputs and one output.
    """
    return png(surface_pixels(training, parameters, pixels))


def surface_pixels(training: TrainingBatch, parameters: FloatArray, pixels: int) -> Pixels:
    """Return what `decision_surface` does as places (pixels, pixels) in the palette."""
    if not has_surface(training.network):
        raise ValueError("only a network of two inputs and one output has a surface")
    asked = -(-pixels // PIXELS_AN_ANSWER)
    ticks = _ticks(training.inputs, asked)
    first, second = np.meshgrid(ticks, ticks[::-1])
    points = np.stack([first.ravel(), second.ravel()], axis=1)
    output = predict(training, parameters, points).reshape(asked, asked)
    known = np.clip(np.nan_to_num(output, nan=0.0), 0, 1)
    found = shades(_enlarged(known, pixels))
    _draw_boundary(found, known)
    if np.isnan(output).any():
        found[_enlarged(np.isnan(output), pixels) > 0] = NO_NUMBER
    _draw_rows(found, training)
    return found


def describe_surface(training: TrainingBatch, parameters: FloatArray) -> str:
    """Return in words what `decision_surface` shows: the output at each row, and its target."""
    outputs = predict(training, parameters, training.inputs)[:, 0]
    rows = [
        f"{number(float(output))} at {' '.join(f'{x:g}' for x in row)} (target {target:g})"
        for row, output, target in zip(
            training.inputs, outputs, training.targets[:, 0], strict=True
        )
    ]
    return f"Output over the square of inputs: {', '.join(rows)}."


def _enlarged(values: NDArray[np.generic], pixels: int) -> FloatArray:
    """Return values (n, n) interpolated to (pixels, pixels)."""
    whole = Image.fromarray(values.astype(np.float32))
    return np.asarray(whole.resize((pixels, pixels), Image.Resampling.BILINEAR), float)


def _ticks(inputs: FloatArray, count: int) -> FloatArray:
    """Return the inputs in the middles of so many pixels."""
    low, high = inputs.min(), inputs.max()
    margin = MARGIN * (high - low)
    edges = np.linspace(low - margin, high + margin, 2 * count + 1)
    return edges[1::2]


def _draw_boundary(found: Pixels, output: FloatArray) -> None:
    """Draw where the output passes one half: white within black.

    Each pixel is looked at in four parts, and is covered by those of them that are near.
    """
    above = _enlarged(output, 2 * len(found)) > 0.5
    passes = np.zeros(above.shape, bool)
    down, across = above[1:] != above[:-1], above[:, 1:] != above[:, :-1]
    for part, differs in (
        (passes[1:], down),
        (passes[:-1], down),
        (passes[:, 1:], across),
        (passes[:, :-1], across),
    ):
        part |= differs
    if not passes.any():
        return
    white = _grown(passes, 1 + len(found) // 240)
    black = _grown(white, 1 + len(found) // 160)
    for color, mask in ((BLACK, black), (WHITE, white)):
        parts = mask.view(np.uint8)
        covered = parts[::2, ::2] + parts[1::2, ::2] + parts[::2, 1::2] + parts[1::2, 1::2]
        blend(found, color, covered * (COVERS // 4))


def _grown(mask: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Return a mask with the places within so many steps of it."""
    grown = mask.copy()
    for _ in range(steps):
        once = grown.copy()
        grown[1:] |= once[:-1]
        grown[:-1] |= once[1:]
        grown[:, 1:] |= once[:, :-1]
        grown[:, :-1] |= once[:, 1:]
    return grown


def _draw_rows(found: Pixels, training: TrainingBatch) -> None:
    """Mark the rows: as bright as the surface should be beneath them."""
    ticks = _ticks(training.inputs, len(found))
    places = (training.inputs - ticks[0]) / (ticks[1] - ticks[0])
    targets = training.targets[:, 0]
    middle = (targets.min() + targets.max()) / 2
    size = MARK * len(found)
    reach = int(1.5 * size) + 2
    for (across, up), target in zip(places, targets, strict=True):
        down = len(found) - 1 - up
        top, left = max(int(down) - reach, 0), max(int(across) - reach, 0)
        window = found[top : int(down) + reach + 1, left : int(across) + reach + 1]
        for color, cover in mark(window.shape, down - top, across - left, size, target > middle):
            blend(window, color, cover)
