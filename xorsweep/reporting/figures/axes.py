"""What the figures share: panels, axes of epochs and shares, line styles, legends and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    EngFormatter,
    LogLocator,
    NullFormatter,
    NullLocator,
    PercentFormatter,
    StrMethodFormatter,
    SymmetricalLogLocator,
)
from numpy.typing import NDArray

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures.style import COLOURS, GREY
from xorsweep.reporting.layout import levels, mpl_label
from xorsweep.text import level_name, level_text

FEW_EPOCHS = 50
"""Up to this ratio of the ends of an axis, powers of ten alone would leave it without ticks."""
MARKERS = "osD^vPX*"
MOST_PANELS = 12
MOST_NAMED = 8
"""Levels that an alternative text names one by one; of more only the first and the last."""
MOST_TICKS = 8
CHARACTERS_PER_INCH = 13
LINE_HEIGHT = 0.17
"""Inches that a line of text takes."""
PANEL_WIDTH = 3.1
"""Inches of a panel with an axis of a key."""
MANY_TIMES = 50
"""From this ratio of the largest to the smallest value on, an axis is logarithmic."""
FEW_DECADES = 1_000
"""Up to this ratio powers of ten alone would be few labels."""
FINE = 1e-4
"""Up to this ratio of their range to their size, values need more digits than a label has."""


@dataclass(frozen=True)
class DrawnFigure:
    """A figure, what it shows in words, and which part of the sweep it excludes, if any."""

    figure: Figure
    alt: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.note:
            note = _fitting(self.note.replace("$", r"\$"), self.figure.get_figwidth())
            self.figure.suptitle(note, fontsize=8, color=GREY)


def facets(
    panels: Sequence[tuple[str, Any]],
    width: float,
    height: float,
    columns: int = 3,
    sharey: bool = True,
    xlabel: str = "",
    ylabel: str = "",
) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes for each panel, `width` by `height` inches.

    A panel's first entry is its title. The lowest panels have the label and the ticks of x, the
    leftmost those of y.
    """
    across = min(columns, len(panels))
    down = ceil(len(panels) / across)
    size = (max(across * width + 0.9, 4.6), down * height + 0.6)
    # The last number along one panel stays clear of the next panel's first.
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.08))
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=sharey).ravel()
    for axes in grid[len(panels) :]:
        axes.remove()
    for place, (axes, (title, _)) in enumerate(zip(grid, panels, strict=False)):
        is_lowest, is_leftmost = place >= len(panels) - across, place % across == 0
        axes.tick_params("x", which="both", bottom=is_lowest, labelbottom=is_lowest)
        axes.tick_params("y", which="both", left=is_leftmost, labelleft=is_leftmost)
        axes.set(xlabel=xlabel if is_lowest else "", ylabel=ylabel if is_leftmost else "")
        axes.set_title(_fitting(title, width), loc="left")
    return figure, list(grid[: len(panels)])


def _fitting(words: str, inches: float) -> str:
    """Return words in lines of at most so many inches."""
    width = int(CHARACTERS_PER_INCH * inches)
    return fill(words, width, break_long_words=False, break_on_hyphens=False)


def line_styles(frame: pd.DataFrame, key: str) -> dict[Any, dict[str, Any]]:
    """Return how each level's line is drawn: numbers along a scale, names in distinct colours."""
    if not key:
        return {None: {"color": COLOURS[0], "marker": MARKERS[0]}}
    found = levels(frame, key)
    colours: Sequence[Any] = COLOURS
    if is_numeric(frame[key]):
        # The yellow end of the scale is too light for a line on white.
        places = np.linspace(0, 0.75, len(found))
        colours = [mpl.colors.to_hex(colour) for colour in mpl.colormaps["viridis"](places)]
    return {
        level: {"color": colour, "marker": marker, "label": mpl_label(level_text(key, level))}
        for level, colour, marker in zip(found, colours, MARKERS, strict=False)
    }


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


def is_wide(numbers: pd.Series[Any]) -> bool:
    """Tell whether only a logarithmic axis shows all the numbers apart."""
    return bool(numbers.min() > 0 and numbers.max() >= 8 * numbers.min())


def scale_across(grid: Sequence[Axes], cells: pd.DataFrame, key: str) -> None:
    """Show the levels of a key along a shared axis: numbers at their values, names side by side."""
    found = levels(cells, key) if key else []
    names = [mpl_label(level_name(level)) for level in found]
    if not key or not is_numeric(cells[key]):
        grid[0].set_xticks(range(len(found)), names)
        taken = max(turn_labels(axes, names, PANEL_WIDTH) for axes in grid)
        figure = grid[0].get_figure(root=True)
        assert figure is not None
        figure.set_figheight(figure.get_figheight() + taken)
        return
    wide = is_wide(cells[key])
    if wide:
        grid[0].set_xscale("log")
        grid[0].xaxis.set_minor_formatter(NullFormatter())
    if len(found) <= MOST_TICKS:
        kept = _apart(np.log(found) if wide else np.array(found, float), names)
        grid[0].set_xticks([found[place] for place in kept], [names[place] for place in kept])


def turn_labels(axes: Axes, names: Sequence[str], width: float) -> float:
    """Turn the labels along an axis of `width` inches where they would touch.

    Some are left out if need be. Returns the inches of height that they take then.
    """
    longest = max(map(len, names), default=0)
    if longest + 1 < CHARACTERS_PER_INCH * width / max(1, len(names)):
        return 0.0
    step = ceil(len(names) * LINE_HEIGHT / width)
    axes.set_xticks(axes.get_xticks()[::step], names[::step])
    axes.tick_params(axis="x", labelrotation=90)
    return longest / CHARACTERS_PER_INCH


def _apart(places: NDArray[Any], names: Sequence[str]) -> list[int]:
    """Return which labels at ascending places don't touch the one before, from the first on."""
    span = float(places[-1] - places[0]) or 1.0
    room = CHARACTERS_PER_INCH * PANEL_WIDTH * (places - places[0]) / span
    kept = [0]
    for place in range(1, len(names)):
        needed = (len(names[kept[-1]]) + len(names[place])) / 2 + 1
        if room[place] - room[kept[-1]] >= needed:
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
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def needs_logarithm(values: NDArray[Any]) -> bool:
    """Tell whether a linear axis would hide the small ones of positive values."""
    return bool(values.min() > 0 and values.max() >= MANY_TIMES * values.min())


def label_decades(axis: Axis, values: NDArray[Any]) -> None:
    """Label a logarithmic axis with powers of ten, and with 2 and 5 times them if there are few."""
    if values.max() < FEW_DECADES * values.min():
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def percent_upwards(axes: Axes) -> None:
    """Show shares along the axis, 0 to 100 %."""
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def legend_below(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend below all panels, no wider than the figure."""
    if not handles:
        return
    entry = 0.6 + max(len(str(each.get_label())) for each in handles) / CHARACTERS_PER_INCH
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=max(1, min(len(handles), 4, int(figure.get_figwidth() / entry))),
    )


def legend_lines(styles: Mapping[Any, Mapping[str, Any]]) -> list[Line2D]:
    """Return a line for each style of `line_styles` that has a label, as a legend shows it."""
    return [
        Line2D([], [], linewidth=1.4, markersize=4, **style)
        for style in styles.values()
        if "label" in style
    ]


def by_level(frame: pd.DataFrame, key: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows at each level with the words for it; all together where there are many."""
    found = levels(frame, key) if key else []
    if not 1 < len(found) <= MOST_NAMED:
        yield "", frame
        return
    for level in found:
        yield f"{level_text(key, level)}, ", frame[frame[key] == level]


def ranges_text(
    frame: pd.DataFrame,
    key: str,
    values: pd.Series[Any],
    text: Callable[[float], str] = "{:.0%}".format,
) -> str:
    """Return the range of the values of some rows at each level of a key, in words."""
    parts = []
    for words, rows in by_level(frame, key):
        here = values[rows.index]
        ends = dict.fromkeys(text(end) for end in (here.min(), here.max()))
        parts.append(words + " to ".join(ends).replace("%", " %"))
    return "; ".join(parts)


def along_text(cells: pd.DataFrame, key: str) -> str:
    """Return a key with its levels, all of them or the first and the last, in words."""
    found = levels(cells, key)
    if len(found) <= MOST_NAMED:
        return f"{key} {', '.join(map(level_name, found))}"
    return f"{key}, {len(found):,} levels from {level_name(found[0])} to {level_name(found[-1])},"
