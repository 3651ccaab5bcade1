"""Figures of panels: places, titles, labels, legends, and notes of what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from textwrap import fill

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from xorsweep.reporting.layout import Panels
from xorsweep.reporting.style import GREY

CHARACTERS_AN_INCH = 13
"""How many of them a line of text has room for."""

BETWEEN_PANELS = 0.16
"""Inches at least, so that the last number along one panel stays clear of the next one's first."""


def panelled(
    parts: Panels,
    width: float,
    height: float,
    columns: int = 3,
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a titled place for each panel, the surplus ones taken away."""
    across = min(columns, len(parts))
    down = ceil(len(parts) / across)
    size = (max(across * width + 0.9, 4.6), down * height + 0.6)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=BETWEEN_PANELS / 2))
    grid = figure.subplots(down, across, squeeze=False, sharex=sharex, sharey=sharey).ravel()
    for axes in grid[len(parts) :]:
        axes.remove()
    for axes in grid[max(0, len(parts) - across) : len(parts)]:
        axes.tick_params(labelbottom=True)
    for axes, title in zip(grid, parts.titles, strict=False):
        axes.set_title(fill(title, int(CHARACTERS_AN_INCH * width)), loc="left")
    return figure, list(grid[: len(parts)])


def outer_labels(grid: Sequence[Axes], below: str, left: str, columns: int = 3) -> None:
    """Label the lowest panels below and the leftmost on the left."""
    columns = min(columns, len(grid))
    for place, axes in enumerate(grid):
        axes.set_xlabel(below if place >= len(grid) - columns else "")
        axes.set_ylabel(left if place % columns == 0 else "")


def without_inner_ticks(grid: Sequence[Axes], columns: int) -> None:
    """Leave ticks to the lowest and the leftmost of panels that share both axes.

    Those of all others say nothing, and take most of the time that drawing a panel does.
    """
    columns = min(columns, len(grid))
    for place, axes in enumerate(grid):
        axes.xaxis.set_visible(place >= len(grid) - columns)
        axes.yaxis.set_visible(place % columns == 0)


def add_legend(figure: Figure, axes: Axes) -> None:
    """Put the legend of one panel below all of them, no wider than the figure."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        add_entries(figure, handles)


def add_entries(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend of these below all panels, no wider than the figure."""
    labels = [str(handle.get_label()) for handle in handles]
    entry = 0.6 + max(map(len, labels)) / CHARACTERS_AN_INCH
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=max(1, min(len(labels), 4, int(figure.get_figwidth() / entry))),
        frameon=False,
    )


def add_note(figure: Figure, note: str) -> None:
    """Say above the panels what is left out of them."""
    if note:
        width = int(CHARACTERS_AN_INCH * figure.get_figwidth())
        text = fill(f"{note}; summary.csv holds all".replace("$", r"\$"), width)
        figure.suptitle(text, fontsize=8, color=GREY)
