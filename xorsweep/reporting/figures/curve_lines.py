"""How an array goes on from step to step: its median and middle half."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xorsweep.reporting.figures.axes import DrawnFigure, ranges_text, scale_values
from xorsweep.reporting.figures.bands import draw_bands
from xorsweep.reporting.figures.column_data import ColumnTables


def draw(tables: ColumnTables, column: str) -> DrawnFigure | None:
    """Return the median of an array by step, with the middle half of the runs."""
    layout, shown = tables.by_lines()
    found = tables.curves[column]
    bands = {place: found[found["cell"] == place] for place in found["cell"].unique()}
    if not bands:
        return None
    figure, grid = draw_bands(shown, layout, bands, "step", column)
    values = np.concatenate([band["middle"] for band in bands.values()])
    scale_values(grid[0], values[np.isfinite(values)])
    cells = shown.cells.loc[shown.cells.index.isin([*bands])]
    ends = pd.Series({place: band["middle"].iloc[-1] for place, band in bands.items()})
    statistic = "medians" if tables.every.has_seeds else "values"
    alt = (
        f"{column} by step, a line per cell. The last {statistic}: "
        f"{ranges_text(cells, layout.hue, ends, '{:.3g}'.format)}."
    )
    return DrawnFigure(figure, alt, shown.note)
