"""Where runs end: final errors by outcome, and the plateaus of the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES, error_label, plateau_labels
from xorsweep.reporting.figures.axes import (
    SIDES,
    WIDE,
    DrawnFigure,
    by_level,
    columns_of,
    facets,
    label_decades,
    legend_below,
    patches,
    show_percent,
)
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import OUTCOME_COLOURS, PLATEAU_LINE
from xorsweep.reporting.layout import panels
from xorsweep.reporting.selection import in_order, select_final_cells

SMALLEST_ERROR = 1e-8
"""Smaller final errors, which are rounding errors, are drawn here."""
LARGEST_ERROR = 1e12
EDGES: FloatArray = 10 ** (np.arange(-81.0, 122.0) / 10 - 0.05)
"""The edges of bins, ten per decade, so laid that no plateau is an edge."""
BIN_OF_ONE = int(np.searchsorted(EDGES, 1.0)) - 1
MOST_CELLS = 24
MOST_COLUMNS = 4
MOST_ENLARGED = 0.48
"""Share of the runs up to which the highest bar is as high as the panel."""
WIDEST, LOWEST, HIGHEST, ALL_ROWS = 4.3, 0.78, 2.2, 4.0
"""Inches of a panel, and of all rows of panels where they fit."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return how the final errors of each cell are distributed, by outcome, one panel per cell."""
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok"], MOST_CELLS)
    if shown.cells.empty:
        return None
    counts = {place: _counts(tables, place) for place in shown.cells.index}
    (used,) = np.nonzero(sum(each.sum(axis=0) for each in counts.values()))
    bins = slice(max(used[0] - 1, 0), max(used[-1], BIN_OF_ONE) + 2)
    edges = EDGES[bins.start : bins.stop + 1]
    cells = in_order(shown.cells, (*layout.col, layout.x, layout.hue))
    parts = panels(cells, shown.keys)
    columns = columns_of(cells, layout.hue if layout.x else "", MOST_COLUMNS)
    width = min(WIDEST, (WIDE - SIDES) / columns)
    height = min(HIGHEST, max(LOWEST, ALL_ROWS / ceil(len(parts) / columns)))
    figure, grid = facets(parts, width, height, columns, xlabel="final error", ylabel="runs")
    # With limits, no bar makes seaborn find new ones for all panels.
    grid[0].set(xscale="log", xlim=edges[[0, -1]], ylim=(0, 1), yticks=(0, 1))
    label_decades(grid[0].xaxis, edges[[0, -1]])
    for axes, (_, part) in zip(grid, parts, strict=True):
        _draw_cell(axes, counts[part.index[0]][:, bins], edges)
        if tables.plateaus:
            upwards = axes.get_xaxis_transform()
            axes.vlines([*tables.plateaus.values()], 0, 1, transform=upwards, **PLATEAU_LINE)
    show_percent(grid[0].yaxis)
    highest = max(axes.dataLim.y1 for axes in grid)
    if highest < MOST_ENLARGED:
        grid[0].set_ylim(0, 1.05 * highest)
        grid[0].yaxis.set_major_locator(MaxNLocator(2))
    runs = pd.DataFrame({place: each.sum(axis=1) for place, each in counts.items()}, [*OUTCOMES]).T
    names = [name for name in OUTCOMES if runs[name].any()]
    legend_below(figure, _legend_handles(names, tables.plateaus))
    return DrawnFigure(figure, _alt_text(runs, layout.hue, shown.cells), shown.note)


def _counts(tables: Tables, cell: int) -> NDArray[np.int64]:
    """Return the number of a cell's runs that are ok in each bin, by outcome (outcomes, bins)."""
    runs = tables.runs_of(cell, ["status", "outcome", "final_error"])
    is_ok = (runs["status"] == "ok").to_numpy()
    errors = np.log10(runs["final_error"].clip(SMALLEST_ERROR, LARGEST_ERROR).to_numpy()[is_ok])
    outcome = pd.Categorical(runs["outcome"], categories=OUTCOMES).codes[is_ok]
    bins = len(EDGES) - 1
    bin_of = np.searchsorted(np.log10(EDGES), errors, side="right") - 1
    counts = np.bincount(outcome.astype(np.int64) * bins + bin_of, minlength=len(OUTCOMES) * bins)
    return counts.reshape(-1, bins)


def _draw_cell(axes: Axes, counts: NDArray[np.int64], edges: FloatArray) -> None:
    """Draw the share of a cell's runs in each bin, bars of the outcomes on each other."""
    tops = counts.cumsum(axis=0) / counts.sum()
    for name, its, top in zip(OUTCOMES, counts, tops, strict=True):
        if its.any():  # bins without runs aren't drawn, which takes a third of the bytes
            axes.stairs(
                np.where(its, top, np.nan),
                edges,
                baseline=top - its / counts.sum(),
                fill=True,
                color=OUTCOME_COLOURS[name],
            )


def _legend_handles(outcomes: Sequence[str], plateaus: Mapping[str, float]) -> Sequence[Artist]:
    labels = {name: name.replace("_", " ") for name in outcomes}
    labels |= {name: next(iter(plateau_labels({name: at}))) for name, at in plateaus.items()}
    handles = patches({labels[name]: OUTCOME_COLOURS[name] for name in outcomes})
    if not plateaus:
        return handles
    named = ", ".join(map(error_label, sorted({*plateaus.values()})))
    return [*handles, Line2D([], [], label=f"plateaus at {named}", **PLATEAU_LINE)]


def _alt_text(counts: pd.DataFrame, key: str, cells: pd.DataFrame) -> str:
    """Return the number of runs by outcome, given those of each cell (cells, outcomes)."""
    parts = []
    for words, part in by_level(cells, key):
        of_level = counts.loc[part.index].sum()
        named = [
            f"{of_level[name]:,} {name.replace('_', ' ')}" for name in OUTCOMES if of_level[name]
        ]
        parts.append(f"{words}{', '.join(named)}")
    return (
        f"Histograms of the error after {cells['epochs'].max():,} epochs, a panel for each of "
        f"{len(cells):,} cells, in bars coloured by outcome. Runs: {'; '.join(parts)}."
    )
