"""How precise the rates are: lines with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from matplotlib.transforms import ScaledTranslation

from xorsweep.analysis.summary import is_numeric
from xorsweep.reporting.figures.axes import (
    MOST_PANELS,
    DrawnFigure,
    along_text,
    facets,
    legend_below,
    line_styles,
    percent_upwards,
    ranges_text,
)
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.layout import levels, mpl_label, panels
from xorsweep.reporting.selection import final_epochs_only, select_cells
from xorsweep.text import level_name

MOST_LINES = 8
MOST_APART = 2.7
"""Points between neighbouring lines, so that their intervals don't cover each other."""
ROOM_APART = 110.0
"""Points of a panel's width that all lines at all levels may be moved together."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the convergence rate along one key with 95 % intervals, another as lines."""
    summary = tables.summary.dropna(subset=["rate"])
    layout = tables.layout.with_few_lines(summary, MOST_LINES)
    shown = select_cells(summary, layout.col, MOST_PANELS)
    cells, key = shown.cells, layout.x
    if cells.empty:
        return None
    places = _places(cells, key)
    parts = panels(cells.assign(place=cells[key].map(places) if key else 0), shown.keys)
    figure, grid = facets(parts, 3.1, 2.7, xlabel=key or "all runs", ylabel="runs that converged")
    percent_upwards(grid[0])
    styles = line_styles(cells, layout.hue)
    apart = min(MOST_APART, ROOM_APART / (len(styles) * len(places)))
    for axes, (_, part) in zip(grid, parts, strict=True):
        for index, (level, style) in enumerate(styles.items()):
            line = part[part[layout.hue] == level] if layout.hue else part
            is_joined = not key or is_numeric(cells[key])
            _draw_line(axes, line, apart * (index - (len(styles) - 1) / 2), is_joined, style)
        axes.grid(axis="y")
    _scale_across(grid[0], cells, key, places)
    legend_below(figure, grid[0].get_legend_handles_labels()[0])
    along = f" along {along_text(cells, key)}" if key else ""
    ranges = ranges_text(final_epochs_only(cells), layout.hue, "rate")
    alt = f"Rates with intervals{along}. At the most epochs: {ranges}."
    return DrawnFigure(figure, alt, shown.note)


def _places(cells: pd.DataFrame, key: str) -> dict[Any, float]:
    """Return where the levels of a key lie: numbers at themselves, names one after another."""
    found = levels(cells, key) if key else [""]
    is_number = key and is_numeric(cells[key])
    return dict(zip(found, found if is_number else range(len(found)), strict=True))


def _scale_across(axes: Axes, cells: pd.DataFrame, key: str, places: Mapping[Any, float]) -> None:
    """Show numbers along the axis, logarithmically where they are far apart, or names."""
    axes.margins(x=0.08)
    is_number = key and is_numeric(cells[key])
    low, high = min(places.values()), max(places.values())
    if is_number and low > 0 and high >= 8 * low:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    if not is_number or len(places) <= MOST_LINES:
        axes.set_xticks([*places.values()], [mpl_label(level_name(level)) for level in places])


def _draw_line(
    axes: Axes, line: pd.DataFrame, shift: float, is_joined: bool, style: Mapping[str, Any]
) -> None:
    """Draw the rates at the levels' places, shifted by some points, with their intervals."""
    line = line.sort_values("place")
    # At all or none the interval lies on one side; rounding must not make the other < 0.
    errors = np.maximum([line["rate"] - line["rate_low"], line["rate_high"] - line["rate"]], 0)
    inches = ScaledTranslation(shift / 72, 0, axes.figure.dpi_scale_trans)
    axes.update_datalim(line[["place", "rate"]])  # which what is shifted leaves as it is
    axes.errorbar(
        line["place"],
        line["rate"],
        yerr=errors,
        transform=axes.transData + inches,
        linewidth=1.2 if is_joined else 0,
        markersize=4,
        elinewidth=0.9,
        capsize=2,
        **style,
    )
