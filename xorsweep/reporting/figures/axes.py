"""Panels, notes, and the inches that texts take, of all figures."""

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
import numpy as np
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
MOST_COLUMNS = 5
"""Panels of single cells that lie side by side."""
LINE_HEIGHT = 0.17
"""Inches that a line of text takes."""
NARROW, WIDE = 7.2, 9.6
"""Inches of a figure: about as many for all, so that their text has about the same size."""
LONE = 4.8
"""Inches of a figure of one panel by epochs or errors, which so fits the screen of a phone."""
NARROWEST, WIDEST = 1.15, 2.9
"""Inches of a panel, at least and at most."""
ALL_ROWS = 2.5
"""Inches of all rows of panels with a cell each, if they have room there."""
SIDES = 0.9
"""Inches beside the panels, for the labels of an axis."""


@dataclass(frozen=True)
class DrawnFigure:
    """A figure, its text alternative, and a note of the part of the sweep that it excludes.

    `has_all_epochs` tells whether it shows settings after fewer than their most epochs, too.
    """

    figure: Figure
    alt: str
    note: str = ""
    has_all_epochs: bool = False

    def __post_init__(self) -> None:
        if self.note:
            note = fitted(mpl_text(self.note), self.figure.get_figwidth(), SMALL)
            self.figure.suptitle(note, fontsize=SMALL, color=GREY)


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of a width and a height in inches, or as wide as was chosen."""
    return Figure(figsize=(chosen_width() or width, height), layout="constrained")


class Facets(sns.FacetGrid):  # type: ignore[misc]
    """Seaborn's facets with a given panel in each, laid out once, when the figure is written.

    Iterating yields the axes and the content of each panel.

    Args:
        panels: The title and the content of each panel.
        height: Inches of a panel, less in a narrow figure.
        columns: Panels that lie side by side at most.
        narrowest: Inches of a panel at least, if the figure has as many.
        widest: Inches of a panel at most, if the figure needn't be wider.
        lone: Inches of the figure at least, if it has one panel.
        sharey: Whether panels share the axis upwards.
        xlabel: The label below the lowest panels.
        ylabel: The label beside the leftmost panels.
    """

    def __init__(
        self,
        panels: Sequence[tuple[str, Any]],
        height: float,
        columns: int = 3,
        *,
        narrowest: float = NARROWEST,
        widest: float = WIDEST,
        lone: float = NARROW,
        sharey: bool = True,
        xlabel: str = "",
        ylabel: str = "",
    ) -> None:
        total = chosen_width()
        room = (total or WIDE) - SIDES
        rows = ceil(len(panels) / max(1, min(columns, int(room / narrowest))))
        across = ceil(len(panels) / rows)  # so that the rows are equally full
        least = lone if len(panels) == 1 else NARROW
        total = total or float(np.clip(across * widest + SIDES, least, WIDE))
        self.panel_width = (total - SIDES) / across
        height *= float(np.clip(total / NARROW, 0.7, 1))
        self._panels = panels
        with no_windows():
            super().__init__(
                pd.DataFrame({"panel": range(len(panels))}),
                col="panel",
                col_wrap=across,
                height=height,
                sharex="all",
                sharey=sharey and "all",
            )
        self.figure.set_size_inches(total, rows * height + 0.6)
        # The last number along one panel stays clear of the next panel's first.
        self.figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.08))
        for place, axes in enumerate(self.axes):
            is_lowest, is_leftmost = place >= len(panels) - across, place % across == 0
            axes.xaxis.set_visible(is_lowest)
            axes.tick_params("y", which="both", left=is_leftmost, labelleft=is_leftmost)
            axes.yaxis.set_in_layout(is_leftmost or not sharey)
            axes.spines[:].set_in_layout(False)
            axes.set(xlabel=xlabel, ylabel=ylabel)  # else seaborn would look for some
            axes.xaxis.label.set_visible(is_lowest)
            axes.yaxis.label.set_visible(is_leftmost)

    def __iter__(self) -> Iterator[tuple[Axes, Any]]:
        return zip(self.axes, (content for _, content in self._panels), strict=True)

    @property
    def first(self) -> Axes:
        """Return the first panel, whose scales are those of all that share them."""
        first: Axes = self.axes[0]
        return first

    def set_titles(self, *_: Any, **__: Any) -> Facets:
        """Set the titles, in as many lines as they need."""
        for axes, (title, _) in zip(self.axes, self._panels, strict=True):
            axes.set_title(fitted(title, 0.9 * self.panel_width), loc="left")
        return self

    def tight_layout(self, *_: Any, **__: Any) -> Facets:
        """Leave the layout to the engine of the figure; seaborn would draw all panels for it."""
        return self


def cell_facets(
    cells: pd.DataFrame, keys: Sequence[str], across: str, lowest: float, **labels: Any
) -> Facets:
    """Return facets with a cell in each panel, by its index, and the same ones in a column.

    `keys` are those that titles have, `across` is the key whose levels make the columns, if they
    make whole rows, and `lowest` are the inches of a panel at least.
    """
    columns = cells[across].nunique() if across else ceil(len(cells) / MOST_COLUMNS)
    if columns > MOST_COLUMNS or (across and len(cells) % columns):
        columns = 4
    height = max(lowest, ALL_ROWS / ceil(len(cells) / columns))
    parts = [(title, int(part.index[0])) for title, part in panels(cells, keys)]
    widest = 4.3 if len(parts) > 1 else LONE - SIDES
    return Facets(parts, height, columns, widest=widest, lone=LONE, **labels)


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
