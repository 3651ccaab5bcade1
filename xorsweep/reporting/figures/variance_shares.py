"""The share of the variance of a rate that each axis explains, as bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from xorsweep.reporting.figures import legends, scales
from xorsweep.reporting.figures.axes import NARROW, DrawnFigure, new_figure
from xorsweep.reporting.figures.column_data import AnyTables
from xorsweep.reporting.figures.palette import COLOURS
from xorsweep.reporting.figures.style import INK
from xorsweep.reporting.layout import mpl_label
from xorsweep.text import level_text

MOST_AXES = 12
BAR = 0.36
"""Height of a bar; that of an axis is 1."""
KINDS = {
    "first_order": ("alone", COLOURS[0]),
    "total": ("with its interactions", COLOURS[1]),
}


def draw(tables: AnyTables, *columns: str) -> DrawnFigure | None:
    """Return both shares of each axis with their limits, the largest on top."""
    found = tables.variance_shares(*columns)
    if found is None or not found.is_shown:
        return None
    rows = found.largest_first.head(MOST_AXES)
    figure = new_figure(NARROW, 0.5 * len(rows) + 1.2)
    axes = figure.subplots()
    for place, kind in enumerate(KINDS):
        _draw_bars(axes, rows, kind, place)
    axes.set_yticks(np.arange(len(rows)), [mpl_label(name) for name in rows["axis"]])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1), ylabel="axis")
    axes.set_xlabel("share of the variance of the rate")
    scales.show_percent(axes.xaxis)
    axes.tick_params("y", length=0)
    axes.grid(axis="x")
    legends.put_below(figure, legends.patches(dict(KINDS.values())))
    held = ", ".join(level_text(*each) for each in found.product.held.items())
    return DrawnFigure(figure, _alt_text(rows), held and f"cells with {held} alone")


def _draw_bars(axes: Axes, rows: pd.DataFrame, kind: str, place: int) -> None:
    _, colour = KINDS[kind]
    value, low, high = (
        rows[name].clip(0, 1).to_numpy() for name in (kind, f"{kind}_low", f"{kind}_high")
    )
    where = np.arange(len(rows)) + (place - 0.5) * BAR
    axes.barh(
        where,
        value,
        BAR,
        xerr=[value - low, high - value],
        color=colour,
        error_kw={"ecolor": INK, "linewidth": 0.8, "capsize": 2},
    )


def _alt_text(rows: pd.DataFrame) -> str:
    parts = [_axis_text(row) for row in rows.to_dict("records")]
    return f"Bars of the shares of the variance of the rate that axes explain: {'; '.join(parts)}."


def _axis_text(row: dict[Any, Any]) -> str:
    first, total = (100 * min(1.0, max(0.0, row[kind])) for kind in KINDS)
    return f"{row['axis']} {first:.0f} % alone, {total:.0f} % with its interactions"
