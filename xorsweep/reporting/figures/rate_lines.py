"""How precise the rates are: lines with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures.axes import (
    MOST_PANELS,
    DrawnFigure,
    along_text,
    facets,
    is_wide,
    legend_below,
    line_styles,
    percent_upwards,
    ranges_text,
    scale_across,
)
from xorsweep.reporting.figures.data import RateTables
from xorsweep.reporting.layout import levels, mpl_label, panels
from xorsweep.reporting.selection import in_order

MOST_LINES = 8


def draw(tables: RateTables, *columns: str) -> DrawnFigure | None:
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
    apart = min(0.012, 0.5 / (len(styles) * (len(levels(cells, key)) if key else 1)))
    percent_upwards(grid[0])
    for axes, (_, part) in zip(grid, parts, strict=True):
        for index, (level, style) in enumerate(styles.items()):
            line = part[part[layout.hue] == level] if layout.hue else part
            line = line.sort_values(key) if is_number else line
            # At all or none the interval lies on one side; rounding must not make the other < 0.
            rate, low, high = (rates.frame.loc[line.index, end] for end in ("rate", "low", "high"))
            errors = np.maximum([rate - low, high - rate], 0)
            axes.errorbar(
                _places(cells, line, key, (index - (len(styles) - 1) / 2) * apart),
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


def _places(cells: pd.DataFrame, line: pd.DataFrame, key: str, shift: float) -> NDArray[Any]:
    """Return where a line's points lie along a key, shifted so that intervals stay apart."""
    if not key:
        return np.full(len(line), shift)
    if not is_numeric(cells[key]):
        found = levels(cells, key)
        return np.array([found.index(level) for level in line[key]]) + 4 * shift
    low, high = cells[key].min(), cells[key].max()
    if is_wide(cells[key]):
        return np.asarray(line[key] * (high / low) ** shift)
    return np.asarray(line[key] + shift * (high - low))
