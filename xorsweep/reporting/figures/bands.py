"""Lines with bands: over all steps, of several cells in a panel or of the runs of one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from xorsweep.analysis.learning_curves import CellLearningCurves
from xorsweep.reporting.figures.axes import facets, legend_below, legend_lines, line_styles
from xorsweep.reporting.figures.style import GREY
from xorsweep.reporting.layout import Layout, mpl_label, panels
from xorsweep.reporting.selection import SelectedCells, in_order

BEYOND = 1e100
"""Stands for infinity, so that a line leaves the axis where runs diverge."""


def draw_bands(
    shown: SelectedCells,
    layout: Layout,
    bands: Mapping[int, pd.DataFrame],
    xlabel: str,
    ylabel: str,
    is_step: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a line and a band per cell, in panels.

    Args:
        shown: The cells.
        layout: Which key tells the lines of a panel apart.
        bands: For each cell the columns `x`, `middle`, `low` and `high`, by its index.
        xlabel: The label across.
        ylabel: The label upwards.
        is_step: Whether a value holds until the next one.
    """
    cells = shown.cells.loc[[place for place in shown.cells.index if place in bands]]
    parts = panels(in_order(cells, shown.keys), shown.keys)
    figure, grid = facets(
        parts,
        3.1,
        2.5,
        sharey=True,
        xlabel=mpl_label(xlabel),
        ylabel=mpl_label(ylabel),
    )
    styles = line_styles(cells, layout.hue)
    for axes, (_, part) in zip(grid, parts, strict=True):
        for place in part.index:
            band = bands[place]
            colour = styles[part.loc[place, layout.hue] if layout.hue else None]["color"]
            axes.plot(
                band["x"],
                band["middle"],
                drawstyle="steps-post" if is_step else "default",
                linewidth=1.4,
                marker="o" if len(band) == 1 else None,
                markersize=4,
                color=colour,
            )
            axes.fill_between(
                band["x"],
                band["low"],
                band["high"],
                step="post" if is_step else None,
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    unmarked = {level: {**style, "marker": None} for level, style in styles.items()}
    legend_below(figure, legend_lines(unmarked))
    return figure, grid


def draw_quantiles(axes: Axes, found: CellLearningCurves, colour: str) -> None:
    """Draw the median of a cell's runs by epoch, and the band of their middle half."""
    low, middle, high = np.clip(found.quantiles(), -BEYOND, BEYOND)
    axes.plot(found.epochs, middle, color=colour, linewidth=1.4)
    axes.fill_between(found.epochs, low, high, color=colour, alpha=0.25, linewidth=0)


def quantile_handles(colour: str, label: str) -> tuple[Artist, Artist]:
    """Return the entries of a legend for the line and the band of `draw_quantiles`."""
    return (
        Line2D([], [], color=colour, linewidth=1.4, label=label),
        Patch(color=GREY, alpha=0.25, linewidth=0, label="middle half"),
    )
