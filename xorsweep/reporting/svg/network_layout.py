"""Where the units of a network lie in a figure, and which links run between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.architecture import Weights

MOST_UNITS = 12
"""Units of a layer that are drawn; of a larger layer the first, and how many are excluded."""
ROOMY = 4
"""Layers of at most so many units have room for weights and biases in words."""
MOST_SPREAD = 1.8
"""How much wider apart a small layer may be drawn than the largest."""
LEFT, ABOVE = 44.0, 6.0
"""Pixels beside the inputs and above the largest layer."""


class Unit(NamedTuple):
    """A unit and its place; an input has no bias."""

    name: str
    spoken: str
    x: float
    y: float
    bias: float | None


class Link(NamedTuple):
    """A weight between two units, `curved` where it is a direct link past a hidden layer."""

    start: Unit
    end: Unit
    weight: float
    curved: bool = False

    @property
    def spoken(self) -> str:
        """Return between which units it runs."""
        return f"{self.start.spoken} to {self.end.spoken}"


@dataclass(frozen=True)
class Layout:
    """Units layer by layer, how many of each layer are excluded, the links, and the size."""

    columns: tuple[list[Unit], ...]
    excluded: tuple[int, ...]
    links: list[Link]
    roomy: bool
    width: float
    height: float

    @property
    def radius(self) -> float:
        """Return that of a unit, in pixels."""
        return 17.0 if self.roomy else 10.0

    @property
    def units(self) -> Iterator[Unit]:
        """Return the units of all layers."""
        return chain.from_iterable(self.columns)


class _Layer(NamedTuple):
    """A layer: what its units are called, how many there are, and their biases."""

    letter: str
    spoken: str
    size: int
    biases: NDArray[np.floating] | None = None

    @property
    def shown(self) -> int:
        return self.size if self.size <= MOST_UNITS else MOST_UNITS - 1

    @property
    def lines(self) -> int:
        """Return how many lines the layer takes, one of them for what is excluded."""
        return min(self.size, MOST_UNITS)

    def name(self, unit: int) -> str:
        return f"{self.letter}{_lowered(unit + 1)}" if self.size > 1 else self.letter

    def bias(self, unit: int) -> float | None:
        return None if self.biases is None else float(self.biases[unit])


def lay_out(weights: Weights) -> Layout:
    """Return where the units of a network without a batch axis lie, from left to right."""
    inputs, hidden = weights.w1.shape
    layers = (
        _Layer("x", "input", inputs),
        _Layer("h", "hidden", hidden, weights.b1),
        _Layer("y", "output", len(weights.b2), weights.b2),
    )
    roomy = max(layer.size for layer in layers) <= ROOMY
    spacing, gap = (68.0, 160.0) if roomy else (27.0, 140.0)
    lines = max(layer.lines for layer in layers)
    bend = 0.6 * spacing if len(weights.direct) else 0.0
    height = lines * spacing + 2 * (bend + ABOVE)
    columns = tuple(
        _column(layer, LEFT + gap * place, height / 2, spacing * _spread(layer, lines, roomy))
        for place, layer in enumerate(layers)
    )
    excluded = tuple(layer.size - layer.shown for layer in layers)
    width = 2 * (LEFT + gap)
    return Layout(columns, excluded, _links(weights, columns), roomy, width, height)


def _column(layer: _Layer, x: float, middle: float, step: float) -> list[Unit]:
    return [
        Unit(
            layer.name(unit),
            f"{layer.spoken} {unit + 1}",
            x,
            middle + step * (unit - (layer.lines - 1) / 2),
            layer.bias(unit),
        )
        for unit in range(layer.shown)
    ]


def _spread(layer: _Layer, lines: int, roomy: bool) -> float:
    """Return how much wider apart a layer is drawn than the largest, of so many lines."""
    if not roomy or layer.lines == 1:
        return 1.0
    return min((lines - 1) / (layer.lines - 1), MOST_SPREAD)


def _lowered(count: int) -> str:
    return "".join(chr(0x2080 + int(digit)) for digit in str(count))


def _links(weights: Weights, columns: tuple[list[Unit], ...]) -> list[Link]:
    first, middle, last = columns
    return [
        Link(start, end, float(matrix[i, j]), curved)
        for starts, ends, matrix, curved in (
            (first, middle, weights.w1, False),
            (middle, last, weights.w2, False),
            (first if len(weights.direct) else [], last, weights.direct, True),
        )
        for i, start in enumerate(starts)
        for j, end in enumerate(ends)
    ]
