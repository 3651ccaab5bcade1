"""How long something takes: the share of runs for which it hasn't happened yet."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.summary import drawn_steps
from xorsweep.analysis.survival import survival
from xorsweep.fields import FloatArray
from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.bands import draw_bands, last_values_text
from xorsweep.reporting.figures.column_data import ColumnTables


def draw(tables: ColumnTables, time: str, flag: str) -> DrawnFigure | None:
    """Return Kaplan and Meier's curves of a time, with pointwise 95 % bands."""
    layout, shown = tables.by_lines()
    rows = tables.rows_of(shown.cells)
    times = rows[time].to_numpy(float, na_value=np.nan)
    known = times[np.isfinite(times)]
    if not len(known):
        return None
    last = float(known.max())
    times = np.where(np.isfinite(times), times, last)  # it never happened
    happened = rows[flag].to_numpy(bool) & rows[time].notna().to_numpy()
    cell = tables.cell_of[rows.index]
    bands = {
        place: _steps(times[cell == place], happened[cell == place]) for place in np.unique(cell)
    }
    figure, grid = draw_bands(shown, layout.hue, bands, time, f"not {flag} yet", is_step=True)
    scales.percent_upwards(grid[0])
    grid[0].set_xlim(0, last or 1)
    ends = last_values_text(bands, shown.cells, layout.hue, "{:.0%}".format)
    alt = (
        f"Falling curves, one per cell: the share of runs that aren't {flag} yet, by {time}. "
        f"At the end: {ends}."
    )
    return DrawnFigure(figure, alt, shown.note)


def _steps(times: FloatArray, happened: NDArray[np.bool_]) -> pd.DataFrame:
    curve = survival(np.where(happened, times, -1), times)
    steps = drawn_steps(curve, float(times.max()), len(times))
    return pd.DataFrame(steps, columns=["x", "middle", "low", "high"])
