"""Figures of maps: one pixel per point or a whole multiple, axes, legend, colour bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, ScalarFormatter
from numpy.typing import NDArray

from xorsweep.analysis.maps import MapAxes, MapAxis
from xorsweep.reporting.figures import legends, scales
from xorsweep.reporting.figures.axes import LINE_HEIGHT, text_width
from xorsweep.reporting.figures.style import DOTS_PER_INCH
from xorsweep.reporting.layout import mpl_label
from xorsweep.text import level_name, percent_text

LEAST_DOTS = 768
"""Dots along each side of a map: the least multiple of its points that is as long."""
MOST_STEPS = 5
"""Steps between the labels of an axis, so that there is room for numbers of many digits."""

Image = NDArray[np.uint8]
"""Colours of pixels (rows, columns, 4), the lowest row first."""


def map_figure(
    axes: MapAxes,
    image: Image,
    entries: Mapping[str, str] | None = None,
    scale: ScalarMappable | None = None,
    scale_label: str = "",
    title: str = "",
) -> Figure:
    """Return a map with both axes, a legend below it, and a colour bar beside it.

    `entries` are the colours of the legend by their texts; `scale` has the colours and numbers of
    the colour bar, if there is one.
    """
    figure = Figure(dpi=DOTS_PER_INCH)
    shown = figure.subplots()
    shown.set(
        xlabel=mpl_label(axes.x.key),
        ylabel=mpl_label(axes.y.key),
        xscale="log" if axes.x.spacing == "log" else "linear",
        yscale="log" if axes.y.spacing == "log" else "linear",
        xlim=_ends(axes.x),
        ylim=_ends(axes.y),
    )
    _set_ticks(shown.xaxis, axes.x)
    _set_ticks(shown.yaxis, axes.y)
    # The pixels are even on the axes, whatever these show. Without interpolation the SVG holds
    # each pixel once.
    shown.imshow(
        image,
        origin="lower",
        extent=(0, 1, 0, 1),
        transform=shown.transAxes,
        aspect="auto",
        interpolation="none",
    )
    wide, high = (max(1, ceil(LEAST_DOTS / n)) * n for n in (len(axes.x), len(axes.y)))
    widest = max((text_width(text.get_text()) for text in shown.get_yticklabels()), default=0.0)
    left = round((0.5 + widest) * DOTS_PER_INCH)
    right = round((0.95 if scale else 0.3) * DOTS_PER_INCH)
    handles = legends.patches(entries or {})
    columns = legends.columns(handles, (left + wide + right) / DOTS_PER_INCH)
    bottom = round((0.55 + 1.25 * LINE_HEIGHT * ceil(len(handles) / columns)) * DOTS_PER_INCH)
    top = round((0.35 if title else 0.15) * DOTS_PER_INCH)
    across, up = left + wide + right, bottom + high + top
    figure.set_size_inches(across / DOTS_PER_INCH, up / DOTS_PER_INCH)
    shown.set_position((left / across, bottom / up, wide / across, high / up))
    shown.set_title(mpl_label(title), loc="left")
    if scale:
        place = (left + 1.02 * wide) / across, bottom / up, 0.03 * wide / across, high / up
        bar = figure.colorbar(scale, cax=figure.add_axes(place), label=mpl_label(scale_label))
        bar.outline.set_visible(False)
        if isinstance(scale.norm, LogNorm):
            scales.label_decades(bar.ax.yaxis, np.array([scale.norm.vmin, scale.norm.vmax]))
    if handles:
        figure.legend(handles=handles, loc="lower left", ncols=columns, bbox_to_anchor=(0.01, 0.0))
    return figure


def _ends(axis: MapAxis) -> tuple[float, float]:
    """Return the outer edges of the first and the last pixel."""
    first, last = axis.coordinates(axis.levels[[0, -1]]).tolist()
    half = (last - first) / (len(axis) - 1) / 2
    low, high = first - half, last + half
    return (10**low, 10**high) if axis.spacing == "log" else (low, high)


def _set_ticks(shown: Axis, axis: MapAxis) -> None:
    """Label an axis with round numbers, or with some of its levels where they are uneven."""
    low, high = axis.levels[[0, -1]]
    if axis.spacing == "uneven":
        values = axis.levels[np.linspace(0, len(axis) - 1, MOST_STEPS).astype(int)]
        shown.set_ticks(
            axis.coordinates(values), labels=[mpl_label(level_name(value)) for value in values]
        )
    elif axis.spacing == "log" and high >= 10 * low:
        scales.label_decades(shown, axis.levels)
    else:
        shown.set_major_locator(MaxNLocator(MOST_STEPS, steps=[1, 2, 5, 10]))
        shown.set_major_formatter(ScalarFormatter(useOffset=False))
        shown.set_minor_locator(NullLocator())


def coloured(codes: NDArray[Any], colours: Sequence[str]) -> Image:
    """Return the colours that codes (rows, columns) stand for; codes below 0 are transparent."""
    table = np.vstack([to_rgba_array(list(colours)), np.zeros((1, 4))])
    image: Image = np.round(255 * table).astype(np.uint8)[np.where(codes < 0, len(colours), codes)]
    return image


def legend_entries(
    codes: NDArray[Any], names: Sequence[str], colours: Sequence[str]
) -> dict[str, str]:
    """Return the colours of names that codes stand for, by name and share of the coded pixels."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names)).tolist()
    return {
        f"{name.replace('_', ' ')} {percent_text(count / sum(counts))} %": colour
        for name, colour, count in zip(names, colours, counts, strict=True)
        if count
    }


def map_text(axes: MapAxes, kind: str, words: str) -> str:
    """Return a text alternative of a map of points of some kind."""
    return (
        f"A map of {len(axes.x):,} by {len(axes.y):,} {kind}: across {axes.x.text}; upwards "
        f"{axes.y.text}. {words[:1].upper()}{words[1:]}."
    )
