"""How the error falls: single runs, their median, and the band of their middle half."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from xorsweep.analysis import learning_curves
from xorsweep.analysis.learning_curves import CellLearningCurves
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.reporting.figures.axes import (
    DrawnFigure,
    epochs_across,
    facets,
    legend_below,
    ranges_text,
)
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import GREY, INK, OUTCOME_COLOURS, PLATEAU_LINE
from xorsweep.reporting.layout import Panel, panels
from xorsweep.reporting.selection import in_order, select_final_cells

MOST_CELLS = 24
MOST_SINGLE_RUNS = 200
"""Single runs in all panels together; each of them is some hundred characters of SVG."""
MOST_COLUMNS = 5
SMALLEST_ERROR, LARGEST_ERROR = 1e-8, 100.0
"""Errors beyond these are beyond the edge: they would leave no room for others."""
MEDIAN: dict[str, Any] = {"color": INK, "linewidth": 1.4}
BAND: dict[str, Any] = {"color": GREY, "alpha": 0.25, "linewidth": 0}


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the error by epoch, one panel per cell: some runs, and the median of all."""
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok", "diverged"], MOST_CELLS)
    curves = tables.learning_curves(shown.cells) if len(shown.cells) else {}
    cells = shown.cells[shown.cells.index.isin(list(curves))]
    if cells.empty:
        return None
    cells = in_order(cells, (*layout.col, layout.hue, layout.x))
    parts = panels(cells, shown.keys)
    figure, grid = _log_facets(parts, _columns(cells, layout.x), curves)
    trained = tables.rows_of(shown.cells, ["status", "outcome"]).query("status != 'failed'")
    single = single_runs(tables, trained, len(shown.cells))
    outcomes = tables.results["outcome"]
    for axes, (_, part) in zip(grid, parts, strict=True):
        found = curves[part.index[0]]
        _draw_runs(axes, found, single, outcomes)
        _draw_quantiles(axes, found)
        for plateau in tables.plateaus.values():
            axes.axhline(plateau, **PLATEAU_LINE)
    legend_below(figure, _legend_handles(set(outcomes.iloc[single].astype(str))))
    excluded = f"{len(single):,} of {len(trained):,} runs as thin lines"
    notes = (shown.note, excluded if len(single) < len(trained) else "")
    alt = _alt_text(shown.cells, layout.hue)
    return DrawnFigure(figure, alt, "; ".join(filter(None, notes)))


def single_runs(tables: Tables, trained: pd.DataFrame, cells: int) -> NDArray[np.intp]:
    """Return the rows of results that are drawn as one line each, a share of each cell's.

    Of each outcome of a cell the first ones, as many as its share of the runs, and one at least:
    a median hides those that are few.
    """
    cell = tables.cell_of[trained.index]
    of_cell, of_outcome = (
        trained.groupby(keys, sort=False, observed=True)["seed"]
        for keys in ([cell], [cell, trained["outcome"]])
    )
    has_curve = of_cell.cumcount() < learning_curves.MOST_CURVES
    room = max(1, MOST_SINGLE_RUNS // cells)
    wanted = np.ceil(room * of_outcome.transform("size") / of_cell.transform("size"))
    is_single = has_curve & (of_outcome.cumcount() < wanted)
    return trained.index[is_single].to_numpy()


def _columns(cells: pd.DataFrame, across: str) -> int:
    """Return how many panels lie side by side: a key's levels, where these make whole rows."""
    levels = cells[across].nunique() if across else len(cells)
    return levels if levels <= MOST_COLUMNS and len(cells) % levels == 0 else 4


def _log_facets(
    parts: Sequence[Panel], columns: int, curves: Mapping[int, CellLearningCurves]
) -> tuple[Figure, list[Axes]]:
    figure, grid = facets(parts, 10 / columns - 0.1, 1.7, columns, xlabel="epochs")
    epochs_across(grid[0], max(each.epochs[-1] for each in curves.values()), 0)
    grid[0].set_yscale("log")
    grid[0].set_ylim(*_limits(curves))
    grid[0].yaxis.set_minor_locator(NullLocator())
    for axes in grid:
        axes.grid(axis="y")
    figure.supylabel("half the sum of squared errors", fontsize=9)
    return figure, grid


def _draw_runs(
    axes: Axes, found: CellLearningCurves, single: NDArray[np.intp], outcomes: pd.Series[str]
) -> None:
    """Draw some runs as thin lines, those of an outcome as one line with gaps."""
    is_single = np.isin(found.rows, single)
    names = outcomes.iloc[found.rows].astype(str).to_numpy()
    for name in OUTCOMES:
        errors = found.curves[is_single & (names == name)]
        if len(errors):
            finite = np.where(np.isfinite(errors), errors, np.nan)
            ends = np.pad(finite, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
            epochs = np.tile(np.append(found.epochs, 0), len(errors))
            axes.plot(epochs, ends, color=OUTCOME_COLOURS[name], linewidth=0.6, alpha=0.6)


def _draw_quantiles(axes: Axes, found: CellLearningCurves) -> None:
    low, middle, high = found.quantiles()
    axes.plot(found.epochs, middle, **MEDIAN)
    axes.fill_between(found.epochs, low, high, **BAND)


def _legend_handles(outcomes: Collection[str]) -> list[Artist]:
    runs = [
        Line2D([], [], color=OUTCOME_COLOURS[name], linewidth=1.2, label=name.replace("_", " "))
        for name in OUTCOMES
        if name in outcomes
    ]
    median, band = (
        Line2D([], [], label="median of all runs", **MEDIAN),
        Patch(label="middle half", **BAND),
    )
    return [median, band, *runs]


def _alt_text(cells: pd.DataFrame, key: str) -> str:
    ends = cells.dropna(subset=["final_error_q50"])
    return (
        "Error by epoch on logarithmic axes, one panel per cell: single runs as thin lines "
        "coloured by outcome, their median and the band of their middle half. The medians end at: "
        f"{ranges_text(ends, key, ends['final_error_q50'], '{:.2g}'.format)}."
    )


def _limits(curves: Mapping[int, CellLearningCurves]) -> tuple[float, float]:
    """Return the ends of the axis of errors, which hold all that is finite and isn't too large."""
    errors = np.concatenate([each.curves.ravel() for each in curves.values()])
    shown = errors[(errors >= SMALLEST_ERROR) & (errors <= LARGEST_ERROR)]
    low, high = (shown.min(), shown.max()) if len(shown) else (1.0, 1.0)
    # Less than that would crowd the axis with numbers between powers of ten.
    return float(low / 1.5), float(max(high, 20 * low) * 1.5)
