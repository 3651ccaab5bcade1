"""Panels, axes, line styles, legends and notes of all figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from math import ceil
from textwrap import fill
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import TextToPath

from xorsweep.reporting.figures.style import GREY, SMALL, chosen_width
from xorsweep.reporting.layout import mpl_text, panels
from xorsweep.text import MINUS, NO_BREAK

MOST_PANELS = 12
LINE_HEIGHT = 0.17
"""Inches that a line of text takes."""
NARROW, WIDE = 7.2, 9.6
"""Inches of a figure: about as many for all, so that their text has about the same size."""
WIDEST = 4.3
"""Inches of a panel with a single cell."""
NARROWEST = 1.2
"""Inches of a panel in a figure whose width was chosen."""
MOST_WIDENED = 1.4
"""By how much a panel becomes wider for its title; a longer one takes several lines."""
LEAST_NARROWED = 0.9
"""By how much panels become narrower so that one more has room beside them."""
SIDES, LEAST_SIDES = 0.9, 0.6
"""Inches beside the panels, for the labels of an axis; in a figure whose width was chosen."""


class Facets(sns.FacetGrid):  # type: ignore[misc]
    """Seaborn's facets, which are laid out once, when their figure is written."""

    def tight_layout(self, *_: Any, **__: Any) -> Facets:
        """Leave the layout to the engine of the figure; seaborn would draw all panels for it."""
        return self


@dataclass(frozen=True)
class DrawnFigure:
    """A figure, its text alternative, and a note of the part of the sweep that it excludes."""

    figure: Figure
    alt: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.note:
            note = fitted(mpl_text(self.note), self.figure.get_figwidth(), SMALL)
            self.figure.suptitle(note, fontsize=SMALL, color=GREY)


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of a width and a height in inches, or as wide as was chosen."""
    return Figure(figsize=(chosen_width() or width, height), layout="constrained")


def facets(
    panels: Sequence[tuple[str, Any]],
    width: float,
    height: float,
    columns: int = 3,
    sharey: bool = True,
    xlabel: str = "",
    ylabel: str = "",
    narrowest: float = NARROWEST,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes for each panel, `width` by `height` inches where there is room.

    A panel's first entry is its title. The lowest panels have the label and the ticks of x, the
    leftmost those of y. Where the figure's width was chosen, a panel has at least `narrowest`
    inches if the figure has.
    """
    titles = [title for title, _ in panels]
    wanted = max(text_width(title) for title in titles) + 0.1
    total = chosen_width()
    if total is None:
        width = max(width, min(wanted, MOST_WIDENED * width))
        room = int((WIDE - SIDES) / (LEAST_NARROWED * width))
        across = _balanced(len(panels), min(columns, room))
        total = min(WIDE, max(across * width + SIDES, NARROW))
        width = (total - SIDES) / across
    else:
        across = _balanced(len(panels), min(columns, int((total - LEAST_SIDES) / narrowest)))
        natural, width = width, (total - LEAST_SIDES) / across
        height *= min(1.0, max(0.7, width / natural))
    data = pd.DataFrame({"panel": range(len(panels))})
    with no_windows():
        grid = Facets(
            data,
            col="panel",
            col_wrap=across,
            height=height,
            aspect=width / height,
            sharex="all",
            sharey=sharey and "all",
        )
    shown = list(grid.axes.flat)
    for place, (axes, title) in enumerate(zip(shown, titles, strict=True)):
        is_lowest, is_leftmost = place >= len(panels) - across, place % across == 0
        axes.xaxis.set_visible(is_lowest)
        axes.tick_params("y", which="both", left=is_leftmost, labelleft=is_leftmost)
        axes.yaxis.set_in_layout(is_leftmost or not sharey)
        axes.spines[:].set_in_layout(False)
        axes.set(xlabel=xlabel, ylabel=ylabel)  # else seaborn would look for some
        axes.xaxis.label.set_visible(is_lowest)
        axes.yaxis.label.set_visible(is_leftmost)
        axes.set_title("")  # which names the column of the data
        axes.set_title(fitted(title, 0.9 * width), loc="left")  # gaps and a colour bar take a part
    grid.figure.set_size_inches(total, ceil(len(panels) / across) * height + 0.6)
    # The last number along one panel stays clear of the next panel's first.
    grid.figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.08))
    return grid.figure, shown


def _balanced(count: int, most: int) -> int:
    """Return how many panels lie side by side, at most so many, in rows that are equally full."""
    rows = ceil(count / max(1, most))
    return ceil(count / rows)


def cell_facets(
    cells: pd.DataFrame,
    keys: Sequence[str],
    across: str,
    most_columns: int,
    heights: tuple[float, float, float],
    xlabel: str,
    ylabel: str = "",
) -> tuple[Figure, dict[int, Axes]]:
    """Return a figure with a panel per cell, by its index, and the same ones in a column.

    Args:
        cells: The cells in the order of their panels.
        keys: The keys that titles have.
        across: The key whose levels make the columns, if it can.
        most_columns: Panels that lie side by side at most.
        heights: Inches of a panel, at least and at most, and of all rows if these have room.
        xlabel: The label across.
        ylabel: The label upwards.
    """
    parts = panels(cells, keys)
    columns = _columns_of(cells, across, most_columns)
    lowest, highest, all_rows = heights
    height = min(highest, max(lowest, all_rows / ceil(len(parts) / columns)))
    width = min(WIDEST, (WIDE - SIDES) / columns)
    figure, grid = facets(parts, width, height, columns, xlabel=xlabel, ylabel=ylabel)
    places = (int(part.index[0]) for _, part in parts)
    return figure, dict(zip(places, grid, strict=True))


def _columns_of(cells: pd.DataFrame, key: str, most: int) -> int:
    """Return how many panels lie side by side: a key's levels, where these make whole rows."""
    levels_across = cells[key].nunique() if key else 1
    is_whole = levels_across <= most and len(cells) % levels_across == 0
    return levels_across if is_whole and (key or len(cells) <= most) else min(4, len(cells))


@contextmanager
def no_windows() -> Iterator[None]:
    """Have pyplot, by which seaborn makes figures, open none in a window and keep none of them."""
    before, known = mpl.get_backend(), plt.get_fignums()
    plt.switch_backend("agg")
    try:
        yield
    finally:
        for number in set(plt.get_fignums()) - {*known}:
            plt.close(number)
        with suppress(ImportError):  # of a window, where there is no screen
            plt.switch_backend(before)


@cache
def _width_at(text: str, size: float) -> float:
    width, _, _ = TextToPath().get_text_width_height_descent(
        text.replace(r"\$", "$"), FontProperties(size=size), ismath=False
    )
    return float(width) / 72


def text_width(text: str, size: float | None = None) -> float:
    """Return the inches that a line of text takes, in the figure's own size by default."""
    return _width_at(text, size or mpl.rcParams["font.size"])


def fitted(words: str, inches: float, size: float | None = None) -> str:
    """Return words in lines of at most `inches`; a key and its number stay together if they can."""
    if text_width(words, size) <= inches:
        return words
    width = int(0.95 * len(words) * inches / text_width(words, size))
    joined = re.sub(
        rf"\S+ [-{MINUS}\d.e]+(?=,|$)",
        lambda found: found[0].replace(" ", NO_BREAK) if len(found[0]) < width else found[0],
        words,
    )
    lines = fill(joined, max(1, width), break_long_words=False, break_on_hyphens=False)
    return lines.replace(NO_BREAK, " ")


def room_across(axes: Axes) -> float:
    """Return about how many inches wide axes are, before they are laid out."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    across = axes.get_subplotspec()
    panels = across.get_gridspec().ncols if across else 1
    return float(figure.get_figwidth() - SIDES) / panels
