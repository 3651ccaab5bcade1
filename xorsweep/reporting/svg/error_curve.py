"""How an error falls, as a small figure: epochs and errors on log axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.reporting.svg.markup import (
    NEGATIVE,
    PAPER,
    POSITIVE,
    SOFT,
    group,
    number,
    place,
    svg_document,
    text,
)
from xorsweep.text import count_text

LARGEST = 1e9
"""Errors from here on are excluded: the run has diverged, and the rest would be squeezed flat."""
SMALLEST = 1e-8
"""The axis ends below it: a longer fall would compress the rest of the curve."""
HALF_SSE = "half the sum of squared errors"
WIDTH, HEIGHT = 420.0, 250.0
FEWEST_TICKS, MOST_TICKS = 3, 8
LINE = 12.0
"""Pixels from one line of words to the next."""
CHARACTER, GAP = 6.0, 6.0
"""About the pixels that a digit takes, and those between two labels."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class LogAxes:
    """Where epochs and errors lie in a figure of width by height pixels."""

    width: float
    height: float
    last: int
    low: float
    high: float
    left: float = 50.0
    right: float = 16.0
    top: float = 30.0
    bottom: float = 36.0

    def x(self, epoch: float) -> float:
        """Return where an epoch lies: linear up to 1, from there on by its logarithm."""
        return self.left + (self.width - self.left - self.right) * (
            _epoch_scale(epoch) / _epoch_scale(max(self.last, 1))
        )

    def y(self, error: float) -> float:
        """Return where an error lies, by its logarithm; one below the axis lies on it."""
        share = math.log(max(error, self.low) / self.low) / math.log(self.high / self.low)
        return self.height - self.bottom - share * (self.height - self.bottom - self.top)


def error_curve(
    epochs: Sequence[int],
    errors: FloatArray,
    levels: Mapping[str, float] | None = None,
    met: int | None = None,
) -> str:
    """Return errors by epoch as SVG text on log axes.

    Errors that are 0, beyond LARGEST or not finite can't be drawn; the curve ends before them, and
    the alternative text says so. Errors far below SMALLEST lie on the edge.

    Args:
        epochs: After how many epochs each error was measured (E,), ascending.
        errors: The errors (E,).
        levels: Errors to be marked by name where they lie in the figure.
        met: The epoch at which the criterion was met.
    """
    drawn = drawable(errors)
    alt = describe_curve(epochs, errors, met)
    if not drawn.any():
        words = text(WIDTH / 2, HEIGHT / 2, "no error that can be drawn", "middle")
        return svg_document(WIDTH, HEIGHT, alt, [words])
    values = errors[drawn]
    axes = LogAxes(WIDTH, HEIGHT, int(epochs[-1]), *span(values))
    points = [
        (axes.x(epoch), axes.y(value))
        for epoch, value in zip(np.asarray(epochs)[drawn], values, strict=True)
    ]
    parts = chain(
        _error_ticks(axes),
        _epoch_ticks(axes),
        _levels(axes, levels or {}, points),
        [_curve(points)],
        [] if met is None else _mark(axes, met),
    )
    return svg_document(WIDTH, HEIGHT, alt, parts)


def drawable(errors: FloatArray) -> NDArray[np.bool_]:
    """Return which errors can be drawn on a log axis; others are 0, or follow divergence."""
    return (errors > 0) & (errors < LARGEST)


def count_before_divergence(errors: FloatArray) -> int:
    """Return how many errors come before the first that is beyond LARGEST or not finite."""
    return int((errors < LARGEST).cumprod().sum())


def describe_curve(epochs: Sequence[int], errors: FloatArray, met: int | None = None) -> str:
    """Return the text alternative of `error_curve`."""
    first, last = number(float(errors[0])), number(float(errors[-1]))
    description = f"{HALF_SSE.capitalize()} by epoch: {first} before training"
    if len(epochs) > 1:
        description += f", {last} after {count_text(epochs[-1], 'epoch')}"
    # Not >=, as NaN is lost, too.
    lost = ~(errors < LARGEST)
    if lost.any():
        description += f"; it exceeds the plotted range at epoch {epochs[int(np.argmax(lost))]:,}"
    if met is not None:
        description += f"; the criterion was first met after {count_text(met, 'epoch')}"
    return description + "."


def _epoch_scale(epoch: float) -> float:
    # Epoch 0 lies as far from 1 as 1 does from 10.
    return epoch if epoch < 1 else 1 + math.log10(epoch)


def span(values: FloatArray) -> tuple[float, float]:
    """Return the errors between which the axis runs, a little wider than the values."""
    low, high = (math.log10(max(end, SMALLEST)) for end in (values.min(), values.max()))
    # Errors that are all equal span nothing: the axis is a little wider, 0.04 decades each way.
    room = max(0.05 * (high - low), 0.04)
    return 10 ** (low - room), 10 ** (high + room)


def _error_ticks(axes: LogAxes) -> Iterator[str]:
    lines, names = [], []
    for value, name in _round_errors(axes.low, axes.high):
        y = axes.y(value)
        lines.append(f'<path d="M{place(axes.left)} {place(y)}H{place(axes.width - axes.right)}"/>')
        names.append(text(axes.left - 6, y + 4, name, "end"))
    yield group(f"stroke:{SOFT};stroke-opacity:.25;stroke-width:1px", lines)
    yield group(f"fill:{SOFT}", names)


def _round_errors(low: float, high: float) -> Iterator[tuple[float, str]]:
    """Return as many round errors as there is room for, and how they are written."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = [10.0**power for power in range(first, last + 1)]
    for digits in ((1,), (1, 2, 5), range(1, 10)):
        ticks = [digit * power for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= FEWEST_TICKS:
            break
    else:
        ticks = pick_evenly(low, high)
    # Rounded up, so that there are never more than MOST_TICKS.
    every = -(-len(ticks) // MOST_TICKS)
    for tick in ticks[::-1][::every]:
        # Python writes exponents with at least two digits.
        yield tick, f"{tick:.6g}".replace("e-0", "e-").replace("e+0", "e")


def pick_evenly(low: float, high: float) -> list[float]:
    """Return round errors at even distances, for a span without enough of one digit."""
    step = 10.0 ** math.floor(math.log10((high - low) / FEWEST_TICKS))
    step *= next(factor for factor in (10, 5, 2, 1) if factor * step * FEWEST_TICKS <= high - low)
    return [count * step for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _epoch_ticks(axes: LogAxes) -> Iterator[str]:
    below = axes.height - axes.bottom
    yield group(
        f"stroke:{SOFT};fill:none",
        [f'<path d="M{place(axes.left)} {place(below)}H{place(axes.width - axes.right)}"/>'],
    )
    decades = [10**power for power in range(len(str(axes.last)))]
    room = axes.x(10) - axes.x(1)
    every = math.ceil((CHARACTER * len(f"{decades[-1]:,}") + GAP) / room)
    ticks = [0, *decades[::every]] if axes.last else [0]
    labels = {f"{epoch:,}": axes.x(epoch) for epoch in ticks}
    # Within the figure, also beside the end of the axis.
    names = [
        text(min(x, axes.width - CHARACTER * len(label) / 2), below + 14, label, "middle")
        for label, x in labels.items()
    ]
    middle = (axes.left + axes.width - axes.right) / 2
    names += [text(middle, axes.height - 6, "epochs", "middle"), text(4, 12, HALF_SSE)]
    yield group(f"fill:{SOFT}", names)


def _levels(axes: LogAxes, levels: Mapping[str, float], points: Points) -> Iterator[str]:
    """Return lines at the levels within the figure; those that have room are named."""
    shown = {name: axes.y(y) for name, y in levels.items() if axes.low < y < axes.high}
    names: list[str] = []
    named: list[float] = []
    for name, y in shown.items():
        if all(abs(y - other) > LINE for other in named):
            named.append(y)
            below = any(0 < y - other < LINE for other in shown.values())
            names.append(_name_of_level(axes, name, y, below, points))
    reach = f"M{place(axes.left)} {{}}H{place(axes.width - axes.right)}"
    lines = [f'<path d="{reach.format(place(y))}"/>' for y in shown.values()]
    yield group(f"stroke:{SOFT};stroke-dasharray:4 3;stroke-width:1px", lines)
    halo = f"paint-order:stroke;stroke:{PAPER};stroke-width:3px"
    yield group(f"fill:{SOFT};font-size:10px;{halo}", names)


def _name_of_level(axes: LogAxes, name: str, y: float, below: bool, points: Points) -> str:
    """Return a level's name beside its line: on the left, or the right if the curve is there."""
    start, end = axes.left + 4, axes.width - axes.right - 4
    # About the width of a character of 10 pixels.
    reach = start + 5.2 * len(name)
    top, base = (y + 2, y + LINE - 2) if below else (y - LINE, y - 3)
    crossed = any(x < reach and top < over < top + LINE - 2 for x, over in points)
    return text(end, base, name, "end") if crossed else text(start, base, name)


def _curve(points: Points) -> str:
    if len(points) == 1:
        x, y = points[0]
        return f'<circle cx="{place(x)}" cy="{place(y)}" r="3" style="fill:{POSITIVE}"/>'
    style = f"fill:none;stroke:{POSITIVE};stroke-width:2px;stroke-linejoin:round"
    places = " ".join(f"{place(x)},{place(y)}" for x, y in points)
    return f'<polyline points="{places}" style="{style}"/>'


def _mark(axes: LogAxes, met: int) -> Iterator[str]:
    x, below = axes.x(met), axes.height - axes.bottom
    yield f'<path d="M{place(x)} {place(axes.top)}V{place(below)}" style="stroke:{NEGATIVE}"/>'
    anchor, x = ("end", x - 4) if x > axes.width / 2 else ("start", x + 4)
    words = text(x, below - 6, f"criterion met after {count_text(met, 'epoch')}", anchor)
    yield group(f"fill:{NEGATIVE}", [words])
