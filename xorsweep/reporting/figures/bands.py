"""Lines with bands: over all steps, of several cells in a panel or of the runs of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from xorsweep.analysis.learning_curves import CellLearningCurves
from xorsweep.reporting.figures import alt_text, legends
from xorsweep.reporting.figures.axes import LONE, Facets
from xorsweep.reporting.figures.style import GREY
from xorsweep.reporting.layout import mpl_label, panels
from xorsweep.reporting.selection import SelectedCells, in_order

BEYOND = 1e100
"""Stands for infinity, so that a line leaves the axis where runs diverge."""


def draw_bands(
    shown: SelectedCells,
    hue: str,
    bands: Mapping[int, pd.DataFrame],
    xlabel: str,
    ylabel: str,
    is_step: bool = False,
) -> Facets:
    """Return facets with a line and a band per cell.

    `bands` has the columns `x`, `low`, `middle` and `high` of each cell, by its index. `hue` is the
    key whose levels are the lines of a panel, if there is one. With `is_step` a value holds until
    the next one.
    """
    cells = shown.cells[shown.cells.index.isin([*bands])]
    parts = panels(in_order(cells, shown.keys), shown.keys)
    grid = Facets(parts, 2.5, lone=LONE, xlabel=mpl_label(xlabel), ylabel=mpl_label(ylabel))
    grid.first.xaxis.set_major_formatter("{x:,g}")
    styles = legends.line_styles(cells, hue)
    for axes, part in grid:
        for place in part.index:
            band = bands[place]
            colour = styles[part.loc[place, hue] if hue else None]["color"]
            axes.plot(
                band["x"],
                band["middle"],
                color=colour,
                linewidth=1.4,
                markersize=4,
                marker="o" if len(band) == 1 else "",
                drawstyle="steps-post" if is_step else "default",
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
        axes.grid(axis="y")
    lines = legends.lines({level: style | {"marker": None} for level, style in styles.items()})
    legends.put_below(grid.figure, lines)
    return grid


def last_values_text(
    bands: Mapping[int, pd.DataFrame], cells: pd.DataFrame, hue: str, text: Callable[[float], str]
) -> str:
    """Return the range of the last values of the cells' lines, in words."""
    ends = pd.Series({place: band["middle"].iloc[-1] for place, band in bands.items()})
    return alt_text.ranges(cells[cells.index.isin(ends.index)], hue, ends, text)


def draw_quantiles(axes: Axes, found: CellLearningCurves, colour: str) -> None:
    """Draw the median of a cell's runs by epoch, and the band of their middle half.

    Where a run diverged it counts as beyond the end of the axis. Axes are still linear here:
    seaborn would take quantiles of logarithms.
    """
    axes.set_ylabel("value", visible=False)  # else seaborn would make all ticks to choose one
    sns.lineplot(
        x=np.tile(found.epochs, len(found.curves)),
        y=np.clip(found.curves.ravel(), -BEYOND, BEYOND, dtype=np.float64),
        estimator=np.median,  # a name takes longer, through pandas
        errorbar=("pi", 50),
        color=colour,
        linewidth=1.4,
        err_kws={"alpha": 0.25, "linewidth": 0},
        ax=axes,
    )


def quantile_handles(colour: str, label: str) -> tuple[Artist, Artist]:
    """Return the entries of a legend for the line and the band of `draw_quantiles`."""
    return (
        Line2D([], [], color=colour, linewidth=1.4, label=label),
        Patch(color=GREY, alpha=0.25, linewidth=0, label="middle half"),
    )
