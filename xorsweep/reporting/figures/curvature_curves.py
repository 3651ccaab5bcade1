"""The extreme eigenvalues of the Hessian by epoch, and where gradient descent loses stability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from xorsweep.analysis.learning_curves import CellLearningCurves
from xorsweep.fields import FloatArray
from xorsweep.networks.point_results import CURVATURE_LISTS
from xorsweep.reporting.figures import alt_text, legends, scales
from xorsweep.reporting.figures.axes import DrawnFigure, cell_facets
from xorsweep.reporting.figures.bands import draw_quantiles, quantile_handles
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.legends import COLOURS
from xorsweep.reporting.figures.style import GREY, INK
from xorsweep.reporting.selection import select_final_cells

LINEAR = 1e-3
"""Eigenvalues between this and minus this lie on a linear part of the axis."""
TICKS = (-1e4, -1e2, -1, -1e-2, 0, 1e-2, 1, 1e2, 1e4)
SMALLEST_COLOUR, LARGEST_COLOUR = COLOURS[3], COLOURS[0]
LIMIT: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (4, 3))}
ZERO: dict[str, Any] = {"color": GREY, "linewidth": 0.6}

Curves = Mapping[int, CellLearningCurves]


def draw(tables: Tables) -> DrawnFigure | None:
    """Return both eigenvalues by epoch, one panel per cell: their medians and middle halves."""
    if "curvature_max" not in tables.results:
        return None
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok", "diverged"])
    smallest, largest = (
        _known(tables.learning_curves(shown.cells, name)) if len(shown.cells) else {}
        for name in CURVATURE_LISTS
    )
    cells = shown.cells[shown.cells.index.isin(list(largest))]
    if cells.empty:
        return None
    grid = cell_facets(cells, shown.keys, layout.x, 1.7, xlabel="epochs")
    for axes, place in grid:
        axes.axhline(0, **ZERO)
        axes.axhline(2 / cells["lr"][place], **LIMIT)
        for curves, colour in ((smallest, SMALLEST_COLOUR), (largest, LARGEST_COLOUR)):
            draw_quantiles(axes, curves[place], colour)
        axes.grid(axis="y")
    scales.epochs_across(grid.first, max(each.epochs[-1] for each in largest.values()), 0)
    quantiles = [each.quantiles().ravel() for each in (*smallest.values(), *largest.values())]
    _scale_values(grid.first, np.concatenate([*quantiles, 2 / cells["lr"].to_numpy()]))
    grid.figure.supylabel("eigenvalue of the Hessian", fontsize="medium")
    legends.put_below(grid.figure, _legend_handles())
    return DrawnFigure(grid.figure, _alt_text(cells, layout.hue, largest), shown.note)


def _known(curves: Curves) -> Curves:
    """Return the cells in which some run has a curvature."""
    return {place: each for place, each in curves.items() if np.isfinite(each.curves).any()}


def _scale_values(axes: Axes, values: FloatArray) -> None:
    finite = values[np.isfinite(values)]
    axes.set_ylim(1.5 * min(finite.min(), 0), 1.5 * finite.max())
    axes.set_yscale("symlog", linthresh=LINEAR)
    axes.yaxis.set_major_locator(FixedLocator(TICKS))  # others would crowd around 0
    axes.yaxis.set_minor_locator(NullLocator())


def _legend_handles() -> Sequence[Artist]:
    (largest, band), (smallest, _) = (
        quantile_handles(colour, f"{which}, median")
        for which, colour in (("largest", LARGEST_COLOUR), ("smallest", SMALLEST_COLOUR))
    )
    return [largest, smallest, band, Line2D([], [], label="2 / lr", **LIMIT)]


def _alt_text(cells: pd.DataFrame, key: str, largest: Curves) -> str:
    ends = pd.Series(
        {
            place: largest[place].quantiles()[1, -1] * cells.loc[place, "lr"] / 2
            for place in cells.index
        }
    )
    return (
        "Smallest and largest eigenvalue of the Hessian by epoch, one panel per cell, with a "
        "dashed line at 2 / lr. The medians of the largest end at this share of 2 / lr: "
        f"{alt_text.ranges(cells, key, ends, '{:.2g}'.format)}."
    )
