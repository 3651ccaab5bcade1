"""Where runs end: final errors by outcome, and the plateaus of the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

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
    mark_plateaus,
)
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import OUTCOME_COLOURS, PLATEAU_LINE
from xorsweep.reporting.layout import panels
from xorsweep.reporting.selection import in_order, select_final_cells

SMALLEST_ERROR = 1e-8
"""Smaller final errors are drawn here: what is left of them is rounding."""
MOST_CELLS = 24
MOST_COLUMNS = 4
MOST_ENLARGED = 0.48
"""Share of the runs up to which the highest bar is as high as the panel."""
LOWEST, HIGHEST, ALL_ROWS = 0.78, 2.2, 4.0
"""Inches of a panel, and of all rows of panels where they fit."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return how the final errors of each cell are distributed, by outcome, one panel per cell."""
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok"], MOST_CELLS)
    if shown.cells.empty:
        return None
    rows = tables.rows_of(shown.cells, ["status", "outcome", "final_error"]).query("status == 'ok'")
    errors = rows["final_error"].clip(lower=SMALLEST_ERROR)
    rows = rows.assign(final_error=errors, cell=tables.cell_of[rows.index])
    edges = _log_edges(errors)
    cells = in_order(shown.cells, (*layout.col, layout.x, layout.hue))
    parts = panels(cells, shown.keys)
    columns = columns_of(cells, layout.hue if layout.x else "", MOST_COLUMNS)
    height = min(HIGHEST, max(LOWEST, ALL_ROWS / ceil(len(parts) / columns)))
    figure, grid = facets(
        parts, (WIDE - SIDES) / columns, height, columns, xlabel="final error", ylabel="runs"
    )
    # With limits, no bar makes seaborn find new ones for all panels.
    grid[0].set(xscale="log", xlim=edges[[0, -1]], ylim=(0, 1), yticks=(0, 1))
    label_decades(grid[0].xaxis, edges[[0, -1]])
    for axes, (_, part) in zip(grid, parts, strict=True):
        _draw_cell(axes, rows[rows["cell"] == part.index[0]], edges)
        mark_plateaus(axes, tables.plateaus.values(), is_across=True)
    grid[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    highest = max(axes.dataLim.y1 for axes in grid)
    if highest < MOST_ENLARGED:
        grid[0].set_ylim(0, 1.05 * highest)
        grid[0].yaxis.set_major_locator(MaxNLocator(2))
    found = [name for name in OUTCOMES if (rows["outcome"] == name).any()]
    legend_below(figure, _legend_handles(found, tables.plateaus))
    return DrawnFigure(figure, _alt_text(rows, layout.hue, cells), shown.note)


def _draw_cell(axes: Axes, cell: pd.DataFrame, edges: FloatArray) -> None:
    """Draw the share of a cell's runs in each bin, bars of the outcomes on each other."""
    sns.histplot(
        x=cell["final_error"].to_numpy(),
        hue=cell["outcome"].to_numpy(str),
        hue_order=[name for name in OUTCOMES if (cell["outcome"] == name).any()],
        palette=OUTCOME_COLOURS,
        multiple="stack",
        stat="proportion",
        bins=np.log10(edges),
        element="step",  # a patch per outcome rather than per bin, which takes a tenth of the time
        alpha=1,
        linewidth=0,
        legend=False,
        ax=axes,
    )


def _legend_handles(outcomes: Sequence[str], plateaus: Mapping[str, float]) -> list[Artist]:
    labels = {name: name.replace("_", " ") for name in outcomes}
    for name, plateau in plateaus.items():
        labels[name] = next(iter(plateau_labels({name: plateau})))
    colours: list[Artist] = [
        Patch(color=OUTCOME_COLOURS[name], label=labels[name]) for name in outcomes
    ]
    if plateaus:
        named = ", ".join(map(error_label, sorted({*plateaus.values()})))
        colours.append(Line2D([], [], label=f"plateaus at {named}", **PLATEAU_LINE))
    return colours


def _log_edges(errors: pd.Series[Any]) -> FloatArray:
    """Return the edges of bins, ten per decade, so laid that no plateau is an edge."""
    low, high = np.floor(10 * np.log10([errors.min(), max(errors.max(), 1.0)]))
    return np.asarray(10 ** (np.arange(low - 1, high + 3) / 10 - 0.05))


def _alt_text(rows: pd.DataFrame, key: str, cells: pd.DataFrame) -> str:
    parts = []
    for words, part in by_level(rows, key):
        counts = part["outcome"].astype(str).value_counts()
        named = [
            f"{counts[name]:,} {name.replace('_', ' ')}" for name in OUTCOMES if name in counts
        ]
        parts.append(f"{words}{', '.join(named)}")
    return (
        f"Histograms of the error after {cells['epochs'].max():,} epochs, a panel for each of "
        f"{len(cells):,} cells, in bars coloured by outcome. Runs: {'; '.join(parts)}."
    )
