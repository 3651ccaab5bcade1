"""How precise the rates are: lines with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures import alt_text, legends, scales
from xorsweep.reporting.figures.axes import MOST_PANELS, DrawnFigure, Facets
from xorsweep.reporting.figures.column_data import AnyTables
from xorsweep.reporting.figures.data import Rates
from xorsweep.reporting.layout import Layout, mpl_label, panels
from xorsweep.reporting.selection import in_order

MOST_LINES = 8


def draw(tables: AnyTables, *columns: str) -> DrawnFigure | None:
    """Return the rate along one key with 95 % intervals, another as lines."""
    rates = tables.rates(*columns)
    known = tables.cells[tables.cells.index.isin(rates.frame.index)]
    layout = tables.layout.with_few_lines(known, MOST_LINES)
    shown = tables.select(known, layout.col, MOST_PANELS)
    # A lone setting has its rate in the text.
    if shown.cells.empty or not (layout.x or layout.hue):
        return None
    parts = panels(in_order(shown.cells, shown.keys), shown.keys)
    grid = Facets(parts, 2.7, xlabel=layout.x or "all runs", ylabel=mpl_label(rates.label))
    scales.percent_upwards(grid.first)
    for axes, part in grid:
        _draw_lines(axes, part, rates.frame, layout, shown.cells)
        axes.grid(axis="y")
    scales.scale_across(grid, shown.cells, layout.x)
    legends.put_below(grid.figure, grid.first.get_legend_handles_labels()[0])
    return DrawnFigure(
        grid.figure, _alt_text(tables, shown.cells, layout, rates), shown.note, has_all_epochs=True
    )


def _draw_lines(
    axes: Axes, part: pd.DataFrame, rates: pd.DataFrame, layout: Layout, cells: pd.DataFrame
) -> None:
    """Draw lines along numbers, and points beside each other along names, with intervals."""
    key, styles = layout.x, legends.line_styles(cells, layout.hue)
    is_number = bool(key) and is_numeric(cells[key])
    room = min(0.012 * len(styles), 0.5 / cells[key].nunique()) if is_number else 0.5
    for line, shift, style in legends.shifted_lines(part, layout.hue, styles):
        line = line.sort_values(key) if is_number else line
        # At all or none the interval lies on one side; rounding must not make the other < 0.
        rate, low, high = (rates.loc[line.index, end] for end in ("rate", "low", "high"))
        axes.errorbar(
            scales.places_along(cells, line, key, room * shift),
            rate,
            yerr=np.maximum([rate - low, high - rate], 0),
            linewidth=1.2 if is_number or not key else 0,
            markersize=4,
            elinewidth=0.9,
            capsize=2,
            clip_on=line.empty,  # no points have no place either, and would take room
            **style,
        )


def _alt_text(tables: AnyTables, cells: pd.DataFrame, layout: Layout, rates: Rates) -> str:
    along = f" along {alt_text.along(cells, layout.x)}".removesuffix(",") if layout.x else ""
    last = tables.at_the_end(cells)
    when = "At the most epochs" if len(last) < len(cells) else "Range"
    ranges = alt_text.ranges(last, layout.hue, rates.frame.loc[last.index, "rate"])
    return f"Rates with intervals{along}. {when}: {ranges}."
