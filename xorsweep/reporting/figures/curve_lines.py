"""Arrays by step: the median and the middle half of each cell."""

from __future__ import annotations

import numpy as np

from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.bands import draw_bands, last_values_text
from xorsweep.reporting.figures.column_data import ColumnTables


def draw(tables: ColumnTables, column: str) -> DrawnFigure | None:
    """Return the median of an array by step, with the middle half of the runs."""
    layout, shown = tables.by_lines()
    found = tables.curves[column]
    bands = {place: found[found["cell"] == place] for place in found["cell"].unique()}
    if not bands:
        return None
    grid = draw_bands(shown, layout.hue, bands, "step", column)
    values = found["middle"].to_numpy(float)
    scales.scale_values(grid.first, values[np.isfinite(values)])
    statistic = "medians" if tables.every.has_seeds else "values"
    ends = last_values_text(bands, shown.cells, layout.hue, "{:.3g}".format)
    alt = f"{column} by step, a line per cell. The last {statistic}: {ends}."
    return DrawnFigure(grid.figure, alt, shown.note)
