"""Where the units of a network lie in a figure, and which links run between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from numpy.typing import NDArray

from xorsweep.networks.architecture import Weights

MOST_UNITS = 12
"""Units of a layer that are drawn; of a larger layer the first, and how many are excluded."""
ROOMY = 4
"""Most units of a layer that has room for weights and biases in words."""
MOST_SPREAD = 1.8
"""How much wider apart a small layer may be drawn than the largest."""
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
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
    """A weight between two units, `curved` where it is a direct connection past a hidden layer."""

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

    columns: Sequence[list[Unit]]
    excluded: Sequence[int]
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


def lay_out(weights: Weights) -> Layout:
    """Return where the units of a network without a batch axis lie, from left to right."""
    inputs, hidden = weights.w1.shape
    layers: tuple[tuple[str, str, int, NDArray[Any] | None], ...] = (
        ("x", "input", inputs, None),
        ("h", "hidden", hidden, weights.b1),
        ("y", "output", len(weights.b2), weights.b2),
    )
    sizes = [size for _, _, size, _ in layers]
    roomy = max(sizes) <= ROOMY
    spacing, gap = (68.0, 160.0) if roomy else (27.0, 140.0)
    # Of a larger layer the last line is for the number of units that are excluded.
    lines = [min(size, MOST_UNITS) for size in sizes]
    shown = [size if size <= MOST_UNITS else MOST_UNITS - 1 for size in sizes]
    bend = 0.6 * spacing if len(weights.direct) else 0.0
    height = max(lines) * spacing + 2 * (bend + ABOVE)
    columns = []
    for place, (letter, spoken, size, biases) in enumerate(layers):
        gaps = lines[place] - 1
        spread = min((max(lines) - 1) / gaps, MOST_SPREAD) if roomy and gaps else 1.0
        columns.append(
            [
                Unit(
                    letter + str(unit + 1).translate(SUBSCRIPTS) if size > 1 else letter,
                    f"{spoken} {unit + 1}",
                    LEFT + gap * place,
                    height / 2 + spacing * spread * (unit - gaps / 2),
                    None if biases is None else float(biases[unit]),
                )
                for unit in range(shown[place])
            ]
        )
    excluded = [size - count for size, count in zip(sizes, shown, strict=True)]
    return Layout(columns, excluded, _links(weights, columns), roomy, 2 * (LEFT + gap), height)


def _links(weights: Weights, columns: Sequence[list[Unit]]) -> list[Link]:
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
