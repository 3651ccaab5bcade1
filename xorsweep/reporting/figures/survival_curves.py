"""How long training takes: survival curves."""

from __future__ import annotations

import numpy as np

from xorsweep.analysis.summary import RUN_COLUMNS, survival_curves
from xorsweep.reporting.figures import alt_text, scales
from xorsweep.reporting.figures.axes import MOST_PANELS, DrawnFigure
from xorsweep.reporting.figures.bands import draw_bands
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.selection import final_epochs_only, select_cells

MOST_LINES = 4
"""Of lines with bands, more would hide each other."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the share of runs still unsolved by epoch, with pointwise 95 % bands."""
    cells = final_epochs_only(tables.summary).dropna(subset=["rate"])
    layout = tables.layout.at_the_end.with_few_lines(cells, MOST_LINES)
    shown = select_cells(cells, (layout.x, *layout.col), MOST_PANELS)
    curves, first = {}, np.inf
    for place in shown.cells.index.sort_values():
        rows = tables.runs_of(place, RUN_COLUMNS)  # one cell at a time, as there may be millions
        curve = survival_curves(rows, [])
        if len(curve):
            reached = rows["converged_epoch"].to_numpy(float, na_value=np.nan)
            first = min(first, float(reached[reached > 0].min(initial=np.inf)))
            curves[place] = curve.rename(columns={"unsolved": "middle"})
            curves[place]["x"] = curve["epoch"].clip(lower=1)  # the axis is logarithmic
    if not curves:
        return None
    figure, grid = draw_bands(shown, layout.hue, curves, "epochs", "still unsolved", is_step=True)
    decade = float(10 ** np.floor(np.log10(first))) if np.isfinite(first) else 1.0
    scales.epochs_across(grid[0], shown.cells["epochs"].max(), decade)
    scales.percent_upwards(grid[0])
    ranges = alt_text.ranges(shown.cells, layout.hue, shown.cells["unsolved_fraction"])
    alt = f"Falling curves, one per cell. Still unsolved at the end: {ranges}."
    return DrawnFigure(figure, alt, shown.note)
