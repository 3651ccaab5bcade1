"""How long training takes: survival curves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xorsweep.analysis.summary import RUN_COLUMNS, survival_curves
from xorsweep.reporting.figures.axes import (
    MOST_PANELS,
    DrawnFigure,
    epochs_across,
    facets,
    legend_below,
    line_styles,
    percent_upwards,
    ranges_text,
)
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.layout import panels
from xorsweep.reporting.selection import final_epochs_only, in_order, select_cells

MOST_LINES = 4
"""Of lines with bands, more would hide each other."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the share of runs still unsolved by epoch, with pointwise 95 % bands."""
    cells = final_epochs_only(tables.summary).dropna(subset=["rate"])
    layout = tables.layout.at_the_end.with_few_lines(cells, MOST_LINES)
    shown = select_cells(cells, (layout.x, *layout.col), MOST_PANELS)
    rows = tables.rows_of(shown.cells, list(RUN_COLUMNS))
    curves = survival_curves(rows, layout.keys)
    if curves.empty:
        return None
    parts = panels(in_order(curves, shown.keys), shown.keys)
    figure, grid = facets(parts, 3.1, 2.5, xlabel="epochs", ylabel="still unsolved")
    first = rows.loc[rows["converged_epoch"] > 0, "converged_epoch"].min()
    decade = 1.0 if pd.isna(first) else float(10 ** np.floor(np.log10(first)))
    epochs_across(grid[0], rows["epochs"].max(), decade)
    percent_upwards(grid[0])
    for axes, (_, part) in zip(grid, parts, strict=True):
        for level, style in line_styles(curves, layout.hue).items():
            line = part[part[layout.hue] == level] if layout.hue else part
            epochs = line["epoch"].clip(lower=1)
            style = {**style, "marker": None}
            axes.plot(epochs, line["unsolved"], drawstyle="steps-post", linewidth=1.4, **style)
            axes.fill_between(
                epochs,
                line["low"],
                line["high"],
                step="post",
                color=style["color"],
                alpha=0.15,
                linewidth=0,
            )
        axes.grid(axis="y")
    legend_below(figure, grid[0].get_legend_handles_labels()[0])
    ranges = ranges_text(shown.cells, layout.hue, shown.cells["unsolved_fraction"])
    alt = f"Falling curves, one per cell. Still unsolved at the end: {ranges}."
    return DrawnFigure(figure, alt, shown.note)
