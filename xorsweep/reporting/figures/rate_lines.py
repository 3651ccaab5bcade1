"""How precise the rates are: lines with intervals."""

from __future__ import annotations

import numpy as np

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures.axes import (
    MOST_PANELS,
    DrawnFigure,
    along_text,
    facets,
    legend_below,
    line_shifts,
    line_styles,
    percent_upwards,
    places_along,
    ranges_text,
    scale_across,
)
from xorsweep.reporting.figures.column_data import AnyTables
from xorsweep.reporting.layout import levels, mpl_label, panels
from xorsweep.reporting.selection import in_order

MOST_LINES = 8


def draw(tables: AnyTables, *columns: str) -> DrawnFigure | None:
    """Return the rate along one key with 95 % intervals, another as lines."""
    rates = tables.rates(*columns)
    known = tables.cells[tables.cells.index.isin(rates.frame.index)]
    layout = tables.layout.with_few_lines(known, MOST_LINES)
    shown = tables.select(known, layout.col, MOST_PANELS)
    cells, key = shown.cells, layout.x
    if cells.empty:
        return None
    parts = panels(in_order(cells, shown.keys), shown.keys)
    figure, grid = facets(
        parts,
        3.1,
        2.7,
        xlabel=key or "all runs",
        ylabel=mpl_label(rates.label),
    )
    styles = line_styles(cells, layout.hue)
    is_number = bool(key) and is_numeric(cells[key])
    count = len(levels(cells, key)) if key else 1
    room = min(0.012 * len(styles), 0.5 / count) if is_number else 0.5
    percent_upwards(grid[0])
    for axes, (_, part) in zip(grid, parts, strict=True):
        for shift, (level, style) in zip(line_shifts(len(styles)), styles.items(), strict=True):
            line = part[part[layout.hue] == level] if layout.hue else part
            line = line.sort_values(key) if is_number else line
            # At all or none the interval lies on one side; rounding must not make the other < 0.
            rate, low, high = (rates.frame.loc[line.index, end] for end in ("rate", "low", "high"))
            errors = np.maximum([rate - low, high - rate], 0)
            axes.errorbar(
                places_along(cells, line, key, room * shift),
                rate,
                yerr=errors,
                linewidth=1.2 if is_number or not key else 0,
                markersize=4,
                elinewidth=0.9,
                capsize=2,
                clip_on=line.empty,  # no points have no place either, and would take room
                **style,
            )
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    scale_across(grid, cells, key)
    legend_below(figure, grid[0].get_legend_handles_labels()[0])
    along = f" along {along_text(cells, key)}".removesuffix(",") if key else ""
    last = tables.at_the_end(cells)
    ranges = ranges_text(last, layout.hue, rates.frame.loc[last.index, "rate"])
    when = "At the most epochs" if len(last) < len(cells) else "Range"
    alt = f"Rates with intervals{along}. {when}: {ranges}."
    return DrawnFigure(figure, alt, shown.note)
