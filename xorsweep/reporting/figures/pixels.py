"""Figures of maps: one pixel per point or a whole multiple, axes, legend, colour bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xorsweep.analysis.maps import MapAxes, MapAxis
from xorsweep.fields import FloatArray
from xorsweep.reporting.figures.axes import LINE_HEIGHT, label_decades, text_width
from xorsweep.reporting.figures.style import DOTS_PER_INCH
from xorsweep.reporting.layout import mpl_label

LEAST_DOTS = 768
"""Dots along each side of a map: the least multiple of its points that is as long."""
MOST_TICKS, FEW_TICKS = 6, 4
LONG_LABEL = 6
"""Characters of a label from which on fewer of them find room."""
MOST_DIGITS = 12
LARGE = 1e6
"""From here on numbers are written with powers of ten."""

Image = NDArray[np.uint8]
"""Colours of pixels (rows, columns, 4), the lowest row first."""


@dataclass(frozen=True)
class Entry:
    """An entry of a legend: its colour and its text."""

    colour: str
    text: str


def map_figure(
    axes: MapAxes,
    image: Image,
    entries: Sequence[Entry] = (),
    scale: ScalarMappable | None = None,
    scale_label: str = "",
    title: str = "",
) -> Figure:
    """Return a map with both axes, a legend below it, and a colour bar beside it.

    Args:
        axes: The axes of the map.
        image: The colours of its pixels.
        entries: The legend.
        scale: The colours and numbers of the colour bar, if there is one.
        scale_label: The label of its numbers.
        title: The title above the map.
    """
    x_ticks, y_ticks = _ticks(axes.x), _ticks(axes.y)
    wide, high = (max(1, ceil(LEAST_DOTS / n)) * n for n in (len(axes.x), len(axes.y)))
    left = round((0.5 + _widest(y_ticks.labels)) * DOTS_PER_INCH)
    right = round((0.95 if scale else 0.3) * DOTS_PER_INCH)
    columns = _legend_columns(entries, (left + wide + right) / DOTS_PER_INCH)
    rows = ceil(len(entries) / columns)
    bottom = round((0.55 + 1.25 * LINE_HEIGHT * rows) * DOTS_PER_INCH)
    top = round((0.35 if title else 0.15) * DOTS_PER_INCH)
    size = left + wide + right, bottom + high + top
    figure = Figure(figsize=(size[0] / DOTS_PER_INCH, size[1] / DOTS_PER_INCH), dpi=DOTS_PER_INCH)
    shown = figure.add_axes((left / size[0], bottom / size[1], wide / size[0], high / size[1]))
    extent = (*_ends(axes.x), *_ends(axes.y))
    # Without interpolation the SVG holds each pixel once.
    shown.imshow(image, origin="lower", extent=extent, aspect="auto", interpolation="none")
    shown.set(xlabel=mpl_label(axes.x.key), ylabel=mpl_label(axes.y.key))
    x_ticks.show(shown.xaxis)
    y_ticks.show(shown.yaxis)
    if title:
        shown.set_title(mpl_label(title), loc="left")
    if scale:
        _add_scale(figure, shown, scale, scale_label, wide / size[0])
    if entries:
        handles = [Patch(facecolor=each.colour, linewidth=0, label=each.text) for each in entries]
        figure.legend(handles=handles, loc="lower left", ncols=columns, bbox_to_anchor=(0.01, 0.0))
    return figure


def _longest(labels: Sequence[str]) -> int:
    return max(map(len, labels), default=0)


def _widest(labels: Sequence[str]) -> float:
    return max(map(text_width, labels), default=0.0)


def _legend_columns(entries: Sequence[Entry], inches: float) -> int:
    entry = 0.6 + _widest([each.text for each in entries])
    return max(1, min(len(entries), int(inches / entry)))


def _ends(axis: MapAxis) -> tuple[float, float]:
    """Return the outer edges of the first and the last pixel, on the axis's own scale."""
    first, last = axis.coordinates(axis.levels[[0, -1]]).tolist()
    half = (last - first) / (len(axis) - 1) / 2
    return first - half, last + half


def _add_scale(
    figure: Figure, shown: Axes, scale: ScalarMappable, label: str, width: float
) -> None:
    box = shown.get_position()
    beside = figure.add_axes((box.x1 + 0.02 * width, box.y0, 0.03 * width, box.height))
    bar = figure.colorbar(scale, cax=beside)
    bar.outline.set_visible(False)
    bar.set_label(mpl_label(label))
    if isinstance(scale.norm, LogNorm):
        label_decades(beside.yaxis, np.array([scale.norm.vmin, scale.norm.vmax]))


@dataclass(frozen=True)
class _Ticks:
    """Places on an axis's own scale with their labels, and smaller ones without."""

    places: FloatArray
    labels: Sequence[str]
    minor: FloatArray

    def show(self, axis: Axis) -> None:
        axis.set_ticks(self.places, labels=list(self.labels))
        axis.set_ticks(self.minor, minor=True)


def _ticks(axis: MapAxis) -> _Ticks:
    low, high = axis.levels[[0, -1]].tolist()
    minor = np.empty(0)
    if axis.spacing == "uneven":
        values = axis.levels[np.unique(np.linspace(0, len(axis) - 1, FEW_TICKS).astype(int))]
    elif axis.spacing == "log" and high >= 10 * low:
        exponents = np.arange(np.ceil(np.log10(low) - 1e-9), np.floor(np.log10(high) + 1e-9) + 1)
        values = 10.0 ** exponents[:: ceil(len(exponents) / MOST_TICKS)]
        if len(values) < FEW_TICKS - 1:
            values = _steps_of_decades(low, high)
        around = 10.0 ** np.append(exponents[0] - 1, exponents)
        steps = np.multiply.outer(around, np.arange(2, 10)).ravel()
        minor = axis.coordinates(steps[(steps >= low) & (steps <= high)])
    else:
        values = _round_values(low, high, MOST_TICKS)
        if _longest(_labels(values)) > LONG_LABEL:
            values = _round_values(low, high, FEW_TICKS)
    return _Ticks(axis.coordinates(values), _labels(values), minor)


def _steps_of_decades(low: float, high: float) -> FloatArray:
    exponents = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    values = np.multiply.outer(10.0**exponents, [1.0, 2.0, 5.0]).ravel()
    return values[(values >= low) & (values <= high)]


def _round_values(low: float, high: float, most: int) -> FloatArray:
    values = np.asarray(MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high))
    return values[(values >= low) & (values <= high)]


def _labels(values: FloatArray) -> list[str]:
    """Return values with as many digits as tell each from its neighbours and from rounder ones."""
    step = np.abs(np.diff(values)).min() if len(values) > 1 else np.abs(values).max(initial=1.0)
    texts: list[str] = []
    for digits in range(1, MOST_DIGITS + 1):
        texts = [f"{0.0 if abs(value) < 1e-6 * step else value:.{digits}g}" for value in values]
        rounded = np.array([float(text) for text in texts])
        if (np.abs(rounded - values) < 1e-3 * np.minimum(step, np.abs(values) + step)).all():
            break
    if np.abs(values).max(initial=0.0) < LARGE:
        return [np.format_float_positional(float(text), trim="-") for text in texts]
    return texts


def coloured(codes: NDArray[Any], colours: Sequence[str]) -> Image:
    """Return the colours that codes (rows, columns) stand for; codes below 0 are transparent."""
    table = np.vstack([to_rgba_array(list(colours)), np.zeros((1, 4))])
    image: Image = np.round(255 * table).astype(np.uint8)[np.where(codes < 0, len(colours), codes)]
    return image
