"""The share of the variance of a rate that each axis explains, as bars."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xorsweep.reporting.figures import legends, scales
from xorsweep.reporting.figures.axes import NARROW, DrawnFigure, new_figure
from xorsweep.reporting.figures.column_data import AnyTables
from xorsweep.reporting.figures.legends import COLOURS
from xorsweep.reporting.figures.style import INK
from xorsweep.reporting.layout import mpl_label
from xorsweep.text import level_text

MOST_AXES = 12
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
    value, low, high = (
        rows[[f"{kind}{end}" for kind in KINDS]].clip(0, 1).to_numpy()
        for end in ("", "_low", "_high")
    )
    pd.DataFrame(value, rows["axis"].map(mpl_label).array, [*KINDS]).plot.barh(
        ax=axes,
        width=0.72,
        xerr=np.array([value - low, high - value]).transpose(2, 0, 1),
        color=[colour for _, colour in KINDS.values()],
        error_kw={"ecolor": INK, "linewidth": 0.8, "capsize": 2},
        legend=False,
    )
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1), ylabel="axis")
    axes.set_xlabel("share of the variance of the rate")
    scales.show_percent(axes.xaxis)
    axes.tick_params("y", length=0)
    axes.grid(axis="x")
    legends.put_below(figure, legends.patches(dict(KINDS.values())))
    held = ", ".join(level_text(*each) for each in found.product.held.items())
    note = f"cells with {held} alone" if held else ""
    return DrawnFigure(figure, _alt_text(rows), note, has_all_epochs=True)


def _alt_text(rows: pd.DataFrame) -> str:
    parts = []
    for row in rows.to_dict("records"):
        first, total = (100 * min(1.0, max(0.0, row[kind])) for kind in KINDS)
        parts.append(f"{row['axis']} {first:.0f} % alone, {total:.0f} % with its interactions")
    return f"Bars of the shares of the variance of the rate that axes explain: {'; '.join(parts)}."
