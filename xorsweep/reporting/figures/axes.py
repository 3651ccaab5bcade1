"""What the figures share: panels, axes of epochs and shares, line styles, legends and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import (
    EngFormatter,
    LogLocator,
    NullLocator,
    PercentFormatter,
    SymmetricalLogLocator,
)

from xorsweep.analysis.summary import is_numeric
from xorsweep.reporting.figures.style import COLOURS, GREY
from xorsweep.reporting.layout import Panel, levels, mpl_label
from xorsweep.text import level_name, level_text

FEW_EPOCHS = 50
"""Up to this ratio of the ends of an axis, powers of ten alone would leave it without ticks."""
MARKERS = "osD^vPX*"
MOST_PANELS = 12
MOST_NAMED = 8
"""Levels that an alternative text names one by one; of more only the first and the last."""
CHARACTERS_PER_INCH = 13


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
    panels: Sequence[Panel],
    width: float,
    height: float,
    columns: int = 3,
    sharey: bool = True,
    xlabel: str = "",
    ylabel: str = "",
) -> tuple[Figure, list[Axes]]:
    """Return a figure with titled axes for each panel, `width` by `height` inches.

    The lowest panels have the label and the ticks of x, the leftmost those of y.
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
        places = np.linspace(0, 1, len(found) + 3)[1:-2]
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


def by_level(frame: pd.DataFrame, key: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows at each level with the words for it; all together where there are many."""
    found = levels(frame, key) if key else []
    if not 1 < len(found) <= MOST_NAMED:
        yield "", frame
        return
    for level in found:
        yield f"{level_text(key, level)}, ", frame[frame[key] == level]


def ranges_text(
    frame: pd.DataFrame, key: str, column: str, text: Callable[[float], str] = "{:.0%}".format
) -> str:
    """Return the range of a column at each level of a key, in words."""
    parts = []
    for words, rows in by_level(frame, key):
        ends = dict.fromkeys(text(end) for end in (rows[column].min(), rows[column].max()))
        parts.append(words + " to ".join(ends).replace("%", " %"))
    return "; ".join(parts)


def along_text(cells: pd.DataFrame, key: str) -> str:
    """Return a key with its levels, all of them or the first and the last, in words."""
    found = levels(cells, key)
    if len(found) <= MOST_NAMED:
        return f"{key} {', '.join(map(level_name, found))}"
    return f"{key}, {len(found):,} levels from {level_name(found[0])} to {level_name(found[-1])},"
