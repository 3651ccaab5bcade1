"""How long something takes: survival curves, the share of runs for which it hasn't happened yet."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xorsweep.analysis.summary import RUN_COLUMNS, drawn_steps, survival_curves
from xorsweep.analysis.survival import survival
from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import MOST_PANELS, DrawnFigure
from xorsweep.reporting.figures.bands import draw_bands, last_values_text
from xorsweep.reporting.figures.column_data import MOST_LINES, AnyTables, ColumnTables
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.selection import SelectedCells, final_epochs_only, select_cells

STEPS = ["x", "middle", "low", "high"]

_Curves = tuple[SelectedCells, str, dict[int, pd.DataFrame]]
"""The cells, the key of the lines, and the STEPS of each cell."""


def draw(tables: AnyTables, time: str = "epochs", flag: str = "converged") -> DrawnFigure | None:
    """Return Kaplan and Meier's curves of a time until a flag is true, with 95 % bands."""
    if isinstance(tables, Tables):
        shown, hue, curves = _converging(tables)
    else:
        shown, hue, curves = _becoming(tables, time, flag)
    if not curves:
        return None
    label = "still unsolved" if isinstance(tables, Tables) else f"not {flag} yet"
    grid = draw_bands(shown, hue, curves, time, label, is_step=True)
    times = np.concatenate([curve["x"] for curve in curves.values()])
    if isinstance(tables, Tables):
        first = times[times > 1].min(initial=times.max())
        scales.epochs_across(grid.first, times.max(), 10.0 ** np.floor(np.log10(first)))
    else:
        grid.first.set_xlim(0, times.max() or 1)
    scales.percent_upwards(grid.first)
    alt = (
        f"Falling curves, one per cell: the share of runs that aren't {flag} yet, by {time}. "
        f"At the end: {last_values_text(curves, shown.cells, hue, '{:.0%}'.format)}."
    )
    return DrawnFigure(grid.figure, alt, shown.note)


def _converging(tables: Tables) -> _Curves:
    cells = final_epochs_only(tables.summary).dropna(subset=["rate"])
    layout = tables.layout.at_the_end.with_few_lines(cells, MOST_LINES)
    shown = select_cells(cells, (layout.x, *layout.col), MOST_PANELS)
    curves = {}
    for place in shown.cells.index.sort_values():  # one at a time, as there may be millions of runs
        curve = survival_curves(tables.runs_of(place, RUN_COLUMNS), [])
        if len(curve):
            curves[place] = curve.rename(columns={"epoch": "x", "unsolved": "middle"})
            curves[place]["x"] = curves[place]["x"].clip(lower=1)  # the axis is logarithmic
    return shown, layout.hue, curves


def _becoming(tables: ColumnTables, time: str, flag: str) -> _Curves:
    layout, shown = tables.by_lines()
    rows = tables.every.runs_of(shown.cells.index)
    times = rows[time].to_numpy(float, na_value=np.nan)
    is_known = np.isfinite(times)
    if not is_known.any():
        return shown, layout.hue, {}
    times[~is_known] = times[is_known].max()  # it never happened
    happened = np.where(rows[flag].to_numpy(bool) & rows[time].notna().to_numpy(), times, -1)
    cell, curves = tables.every.cell_of[rows.index], {}
    for place in np.unique(cell):
        its = times[cell == place]
        steps = drawn_steps(survival(happened[cell == place], its), float(its.max()), len(its))
        curves[place] = pd.DataFrame(steps, columns=STEPS)
    return shown, layout.hue, curves
