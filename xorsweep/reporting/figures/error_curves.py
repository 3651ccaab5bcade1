"""How the error falls: single runs, their median, and the band of their middle half."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from xorsweep.analysis.learning_curves import CellLearningCurves
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.lines import epochs_across
from xorsweep.reporting.figures.log_axes import mark_powers
from xorsweep.reporting.figures.panels import add_entries, add_note, panelled, without_inner_ticks
from xorsweep.reporting.figures.selected_cells import Rows, in_learning_curves, single_runs
from xorsweep.reporting.layout import in_order, panels
from xorsweep.reporting.style import GREY, INK, OUTCOME_COLOURS

MOST_COLUMNS = 5
SMALLEST_ERROR, LARGEST_ERROR = 1e-9, 100.0
"""Errors beyond these are beyond the edge: they would leave no room for others."""


def error_bands(tables: Tables) -> Figure | None:
    """Return the error by epoch, a panel a cell: some runs by outcome, and the median of all."""
    shown = in_learning_curves(tables)
    curves = tables.learning_curves(shown.cells) if len(shown.cells) else {}
    cells = shown.cells[shown.cells.index.isin(list(curves))]
    if cells.empty:
        return None
    layout = shown.layout
    parts = panels(in_order(cells, (*layout.col, layout.hue, layout.x)), shown.panels)
    columns = _columns(cells, layout.x)
    figure, grid = panelled(parts, 10 / columns - 0.1, 1.7, columns, sharex=True, sharey=True)
    grid[0].set_yscale("log")
    mark_powers(grid[0].yaxis)
    epochs_across(grid[0], max(each.epochs[-1] for each in curves.values()), 0)
    grid[0].set_ylim(*_limits(curves))
    outcomes = tables.results["outcome"].astype(str).to_numpy()
    single = single_runs(tables, shown.cells)
    for axes, part in zip(grid, parts.frames, strict=True):
        found = curves[part.index[0]]
        _draw_runs(axes, found, single, outcomes)
        _draw_median(axes, found)
        _draw_heights(axes, tables.plateaus.values())
    without_inner_ticks(grid, columns)
    for axes in grid[-min(columns, len(grid)) :]:
        axes.set_xlabel("epochs")
    figure.supylabel("half the sum of squared errors", fontsize=9)
    add_entries(figure, _legend([name for name in OUTCOMES if name in set(outcomes[single])]))
    add_note(figure, shown.note)
    return figure


def _columns(cells: pd.DataFrame, across: str) -> int:
    """Return how many panels lie side by side: a key's levels, where these make whole rows."""
    levels = cells[across].nunique() if across else len(cells)
    return levels if levels <= MOST_COLUMNS and len(cells) % levels == 0 else 4


def _draw_runs(
    axes: Axes, found: CellLearningCurves, single: Rows, outcomes: NDArray[np.object_]
) -> None:
    """Draw some runs as thin lines, those of an outcome as one line with gaps."""
    is_single = np.isin(found.rows, single)
    names = outcomes[found.rows]
    for name in OUTCOMES:
        errors = found.curves[is_single & (names == name)]
        if len(errors):
            finite = np.where(np.isfinite(errors), errors, np.nan)
            ends = np.pad(finite, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
            epochs = np.tile(np.append(found.epochs, 0), len(errors))
            axes.plot(epochs, ends, color=OUTCOME_COLOURS[name], linewidth=0.6, alpha=0.6)


def _draw_heights(axes: Axes, plateaus: Iterable[float]) -> None:
    """Draw lines across at powers of ten, and dashed ones at the plateaus."""
    low, high = axes.get_ylim()
    powers = 10.0 ** np.arange(np.ceil(np.log10(low)), np.log10(high))
    _draw_across(axes, powers, color="#b0b0b0", linewidth=0.4, alpha=0.6)
    _draw_across(axes, plateaus, color=GREY, linewidth=0.5, linestyle=(0, (4, 3)))


def _draw_across(axes: Axes, heights: Iterable[float], **style: Any) -> None:
    lines = [[(0.0, height), (1.0, height)] for height in heights]
    transform = axes.get_yaxis_transform()
    axes.add_collection(LineCollection(lines, transform=transform, zorder=0, **style), False)


def _draw_median(axes: Axes, found: CellLearningCurves) -> None:
    low, middle, high = found.quantiles()
    axes.plot(found.epochs, middle, color=INK, linewidth=1.4)
    axes.fill_between(found.epochs, low, high, color=GREY, alpha=0.25, linewidth=0)


def _limits(curves: Mapping[int, CellLearningCurves]) -> tuple[float, float]:
    """Return the ends of the axis of errors, which hold all that is finite and isn't too large."""
    errors = np.concatenate([each.curves.ravel() for each in curves.values()])
    shown = errors[(errors >= SMALLEST_ERROR) & (errors <= LARGEST_ERROR)]
    low, high = (shown.min(), shown.max()) if len(shown) else (1.0, 1.0)
    # Less than that would crowd the axis with numbers between powers of ten.
    return float(low / 1.5), float(max(high, 20 * low) * 1.5)


def _legend(outcomes: list[str]) -> list[Line2D | Patch]:
    runs = [
        Line2D([], [], color=OUTCOME_COLOURS[name], linewidth=1.2, label=name.replace("_", " "))
        for name in outcomes
    ]
    median = Line2D([], [], color=INK, linewidth=1.4, label="median of all runs")
    band = Patch(color=GREY, alpha=0.25, linewidth=0, label="middle half")
    return [median, band, *runs]
