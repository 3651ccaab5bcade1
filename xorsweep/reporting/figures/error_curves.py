"""How the error falls: single runs, their median, and the band of their middle half."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from xorsweep.analysis import learning_curves
from xorsweep.analysis.learning_curves import CellLearningCurves
from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.reporting.figures import alt_text, legends, scales
from xorsweep.reporting.figures.axes import DrawnFigure, cell_facets
from xorsweep.reporting.figures.bands import draw_quantiles, quantile_handles
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import INK, OUTCOME_COLOURS, PLATEAU_LINE
from xorsweep.reporting.selection import MOST_CELLS, select_final_cells

MOST_SINGLE_RUNS = 200
"""Single runs in all panels together; each of them is some hundred characters of SVG."""
SMALLEST_ERROR, LARGEST_ERROR = 1e-8, 100.0
"""Errors beyond these are beyond the edge: they would leave no room for others."""

SEVERAL: dict[str, Any] = {"linewidth": 0.6, "alpha": 0.6}
ALONE: dict[str, Any] = {"linewidth": 1.4}
"""How a run looks, with others below their median or as the only one of its cell."""


def draw(
    tables: Tables, most_runs: int = MOST_SINGLE_RUNS, most_cells: int = MOST_CELLS
) -> DrawnFigure | None:
    """Return the error by epoch, one panel per cell: some runs, and the median of all."""
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok", "diverged"], most_cells)
    curves = tables.learning_curves(shown.cells) if len(shown.cells) else {}
    cells = shown.cells[shown.cells.index.isin(list(curves))]
    if cells.empty:
        return None
    grid = cell_facets(cells, shown.keys, layout.x, 1.7, xlabel="epochs")
    single, trained = single_runs(tables, shown.cells.index.to_list(), most_runs)
    outcomes = tables.results["outcome"]
    has_several = any(len(each.rows) > 1 for each in curves.values())
    last, limits = max(each.epochs[-1] for each in curves.values()), _limits(curves)
    # With limits, no line makes Matplotlib find new ones for all panels.
    grid.first.set(xlim=(0, max(last, 1)), ylim=limits)
    for axes, place in grid:
        _draw_runs(axes, curves[place], single, outcomes, SEVERAL if has_several else ALONE)
        if has_several:
            draw_quantiles(axes, curves[place], INK)
        if tables.plateaus:
            across = axes.get_yaxis_transform()
            axes.hlines([*tables.plateaus.values()], 0, 1, transform=across, **PLATEAU_LINE)
        axes.grid(axis="y")
    scales.epochs_across(grid.first, last, 0)
    grid.first.set_yscale("log")
    scales.label_decades(grid.first.yaxis, limits)
    grid.figure.supylabel("half the sum of squared errors", fontsize="medium")
    legends.put_below(
        grid.figure, _legend_handles({*outcomes.iloc[single].astype(str)}, has_several)
    )
    excluded = f"{len(single):,} of {trained:,} runs as thin lines"
    notes = (shown.note, excluded if len(single) < trained else "")
    alt = _alt_text(shown.cells, layout.hue, has_several)
    return DrawnFigure(grid.figure, alt, "; ".join(filter(None, notes)))


def single_runs(
    tables: Tables, cells: Sequence[int], most_runs: int
) -> tuple[NDArray[np.int64], int]:
    """Return the rows (n,) of results to draw as single lines, and the number of all runs.

    Of each outcome of a cell the first ones, as many as its share of the runs, and one at least:
    a median hides those that are few.
    """
    room, trained, chosen = max(1, most_runs // len(cells)), 0, [np.empty(0, np.int64)]
    for cell in cells:
        runs = tables.runs_of(cell, ["status", "outcome"])
        runs = runs[runs["status"] != "failed"]
        trained += len(runs)
        with_curve = runs["outcome"].iloc[: learning_curves.MOST_CURVES]
        for name, count in runs["outcome"].value_counts().items():
            own = with_curve.index[with_curve == name]
            chosen.append(own[: ceil(room * count / len(runs))].to_numpy())
    return np.sort(np.concatenate(chosen)), trained


def _draw_runs(
    axes: Axes,
    found: CellLearningCurves,
    single: NDArray[np.intp],
    outcomes: pd.Series[str],
    look: Mapping[str, Any],
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
            axes.plot(epochs, ends, color=OUTCOME_COLOURS[name], **look)


def _legend_handles(outcomes: Collection[str], has_several: bool) -> list[Artist]:
    runs: list[Artist] = [
        Line2D([], [], color=OUTCOME_COLOURS[name], linewidth=1.2, label=name.replace("_", " "))
        for name in OUTCOMES
        if name in outcomes
    ]
    return [*quantile_handles(INK, "median of all runs"), *runs] if has_several else runs


def _alt_text(cells: pd.DataFrame, key: str, has_several: bool) -> str:
    ends = cells.dropna(subset=["final_error_q50"])
    lines, end = "one run, coloured by its outcome", "They"
    if has_several:
        lines = "single runs as thin lines coloured by outcome, their median and their middle half"
        end = "The medians"
    return (
        f"Error by epoch on logarithmic axes, one panel per cell: {lines}. {end} end at: "
        f"{alt_text.ranges(ends, key, ends['final_error_q50'], '{:.2g}'.format)}."
    )


def _limits(curves: Mapping[int, CellLearningCurves]) -> FloatArray:
    """Return the ends of the axis of errors, which hold all that is finite and isn't too large."""
    errors = np.concatenate([each.curves.ravel() for each in curves.values()])
    shown = errors[(errors >= SMALLEST_ERROR) & (errors <= LARGEST_ERROR)]
    low, high = (shown.min(), shown.max()) if len(shown) else (1.0, 1.0)
    return np.array([low / 1.5, high * 1.5], np.float64)
