"""Scales of axes, and how their numbers and names are written."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    LogLocator,
    NullLocator,
    StrMethodFormatter,
    SymmetricalLogLocator,
)
from numpy.typing import NDArray

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures.axes import LINE_HEIGHT, Facets, text_width
from xorsweep.reporting.layout import levels, mpl_label
from xorsweep.text import level_name, typeset

FEW_EPOCHS = 50
"""Up to this ratio of the ends of an axis, powers of ten alone would leave it without ticks."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_TICKS = 8
MANY_TIMES = 50
"""From this ratio of the largest to the smallest value on, an axis is logarithmic."""
LEVELS_APART = 8
"""From this ratio on, only a logarithmic axis shows all levels apart."""
FEW_DECADES = 100
"""Up to this ratio powers of ten alone would be few labels."""
FINE = 1e-4
"""Up to this ratio of their range to their size, values need more digits than a label has."""


def level_label(level: Any) -> str:
    """Return a level as a label of an axis."""
    return mpl_label(level_name(level))


def epochs_across(axes: Axes, last: float, first: float) -> None:
    """Show epochs along the axis, logarithmically, and from 0 on where `first` is 0."""
    if first:
        axes.set_xscale("log")
    else:
        axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(first, max(last, first + 1))
    if last < FEW_EPOCHS * max(first, 1):
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5))
            if first
            else SymmetricalLogLocator(base=10, linthresh=1, subs=(1, 2, 5))
        )
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_locator(NullLocator())


def scale_across(grid: Facets, cells: pd.DataFrame, key: str) -> None:
    """Show the levels of a key along a shared axis: numbers at their values, names side by side."""
    found = levels(cells, key) if key else []
    names = [level_label(level) for level in found]
    if not key or not is_numeric(cells[key]):
        grid.first.set_xticks(range(len(found)), names)
        if found:
            grid.first.set_xlim(-0.5, len(found) - 0.5)
        turn_labels(grid, names)
        return
    wide = needs_logarithm(cells[key].to_numpy(float), LEVELS_APART)
    if wide:
        grid.first.set_xscale("log")
        grid.first.xaxis.set_minor_locator(NullLocator())
    if wide and len(found) > MOST_TICKS:
        label_decades(grid.first.xaxis, np.array(found))
    elif len(found) <= MOST_TICKS:
        places = np.log(found) if wide else np.array(found, float)
        kept = _apart(places, names, grid.panel_width)
        grid.first.set_xticks([found[place] for place in kept], [names[place] for place in kept])


def places_along(
    cells: pd.DataFrame, line: pd.DataFrame, key: str, shift: float = 0.0
) -> NDArray[Any]:
    """Return where rows of a line lie along the axis of `scale_across`.

    `shift` is a share of the axis for numbers, and of the room of a level for names.
    """
    if not key:
        return np.full(len(line), shift)
    if not is_numeric(cells[key]):
        return np.asarray(pd.Index(levels(cells, key)).get_indexer(line[key]) + shift)
    every, own = (frame[key].to_numpy(float) for frame in (cells, line))
    if needs_logarithm(every, LEVELS_APART):
        return np.asarray(own * (every.max() / every.min()) ** shift)
    return np.asarray(own + shift * np.ptp(every))


def turn_labels(grid: Facets, names: Sequence[str], taken: float = 0.0) -> None:
    """Turn the labels along shared axes where they would touch, and leave some out if need be.

    `taken` are the inches of a panel beside its axes, of which no more than two thirds count. The
    figure becomes higher by as much as the labels take.
    """
    room = max(grid.panel_width - taken, grid.panel_width / 3)
    longest = max(map(text_width, names), default=0.0)
    if longest + 0.08 < room / max(1, len(names)):
        return
    step = ceil(len(names) * LINE_HEIGHT / room)
    grid.first.set_xticks(grid.first.get_xticks()[::step], names[::step])
    for axes in grid.axes:  # panels share their ticks, and each turns its own labels
        axes.tick_params(axis="x", labelrotation=90)
    grid.figure.set_figheight(grid.figure.get_figheight() + longest)


def _apart(places: NDArray[Any], names: Sequence[str], room: float) -> list[int]:
    """Return which labels at ascending places don't touch the one before, from the first on."""
    span = float(places[-1] - places[0]) or 1.0
    inches = 0.9 * room * (places - places[0]) / span  # there is a margin at both ends
    kept = [0]
    for place in range(1, len(names)):
        needed = (text_width(names[kept[-1]]) + text_width(names[place])) / 2 + 0.08
        if inches[place] - inches[kept[-1]] >= needed:
            kept.append(place)
    return kept


def scale_values(axes: Axes, values: NDArray[Any]) -> None:
    """Show values upwards, logarithmically where a linear axis would hide the small ones."""
    if not len(values):
        return
    smallest = np.min(values, where=values > 0, initial=np.inf)
    if needs_logarithm(values):
        axes.set_yscale("log")
        label_decades(axes.yaxis, values)
    elif values.min() == 0 and values.max() >= MANY_TIMES**2 * smallest:
        axes.set_yscale("symlog", linthresh=10 ** np.floor(np.log10(smallest)))
        axes.set_ylim(0, 2 * values.max())
    elif np.ptp(values) > FINE * np.abs(values).max():  # else an offset tells the numbers apart
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))


def needs_logarithm(values: NDArray[Any], times: float = MANY_TIMES) -> bool:
    """Tell whether a linear axis would hide the small ones of positive values."""
    return bool(values.min() > 0 and values.max() >= times * values.min())


def label_decades(axis: Axis, values: NDArray[Any]) -> None:
    """Label a logarithmic axis with powers of ten, and with 2 and 5 times them if there are few."""
    if values.max() < FEW_DECADES * values.min():
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    else:
        axis.set_major_formatter(FuncFormatter(_power_text))  # formulas take longer
    axis.set_minor_locator(NullLocator())


def _power_text(value: float, _: int) -> str:
    return "10" + str(round(np.log10(value))).translate(SUPERSCRIPTS)


def percent_upwards(axes: Axes) -> None:
    """Show shares along the axis, 0 to 100 %."""
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks(np.linspace(0, 1, 6))
    show_percent(axes.yaxis)


def show_percent(axis: Axis) -> None:
    """Write the numbers of an axis in percent, as the page does."""
    axis.set_major_formatter(FuncFormatter(_percent))


def _percent(share: float, _: int) -> str:
    return typeset(f"{100 * share:.6g} %")


def add_percent_bar(grid: Facets, fields: ScalarMappable, label: str) -> Colorbar:
    """Put a colour bar of shares beside all panels."""
    bar: Colorbar = grid.figure.colorbar(fields, ax=grid.axes, aspect=25, pad=0.02)
    bar.set_label(mpl_label(label))
    bar.outline.set_visible(False)
    show_percent(bar.ax.yaxis)
    return bar
