"""How often training converges: a heat map."""

from __future__ import annotations

from math import ceil
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.lines import levels_along
from xorsweep.reporting.figures.panels import add_note, panelled
from xorsweep.reporting.figures.selected_cells import in_map
from xorsweep.reporting.layout import Layout, mpl_label, panels
from xorsweep.text import level_name

MOST_FIELDS = 14
"""Rows or columns of a heat map up to which each field has room for its numbers."""


def rate_map(tables: Tables) -> Figure | None:
    """Return the convergence rate over two keys, with n of N in each field."""
    summary, layout = tables.summary, tables.layout
    if len(summary) == 1 or summary["rate"].isna().all():
        return None
    shown = in_map(tables)
    parts = panels(shown.cells, shown.panels)
    across, down = levels_along(summary, layout.x), levels_along(summary, layout.hue)
    width = max(2.2, 0.52 * min(len(across), MOST_FIELDS) + 0.6)
    height = max(1.9, 0.42 * min(len(down), MOST_FIELDS) + 1.1)
    figure, grid = panelled(parts, width, height)
    for axes, part in zip(grid, parts.frames, strict=False):
        table = _pivot(part, layout, across, down, "rate")
        sns.heatmap(
            table,
            ax=axes,
            vmin=0,
            vmax=1,
            cmap="cividis",
            annot=_n_of_n(part, layout, across, down),
            fmt="",
            annot_kws={"fontsize": 7, "in_layout": False},
            linewidths=0.6 if max(table.shape) <= MOST_FIELDS else 0,
            xticklabels=ceil(len(across) / MOST_FIELDS),
            cbar=False,
        )
        axes.set(xlabel=layout.x, ylabel=layout.hue if axes is grid[0] else "")
        axes.tick_params(length=0, labelrotation=0)
    bar = figure.colorbar(grid[0].collections[0], ax=list(grid), aspect=25, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    bar.set_label("runs that converged")
    add_note(figure, shown.note)
    return figure


def _pivot(
    part: pd.DataFrame, layout: Layout, across: list[Any], down: list[Any], column: str
) -> pd.DataFrame:
    """Return a column of the summary as a table, levels of one key across, of another down."""
    table = pd.DataFrame(
        {
            "across": part[layout.x].to_numpy() if layout.x else "",
            "down": part[layout.hue].to_numpy() if layout.hue else "",
            "value": part[column].to_numpy(),
        }
    ).pivot(index="down", columns="across", values="value")
    table = table.reindex(index=down[::-1], columns=across)
    table.index = [mpl_label(level_name(level)) for level in table.index]
    table.columns = [mpl_label(level_name(level)) for level in table.columns]
    return table


def _n_of_n(part: pd.DataFrame, layout: Layout, across: list[Any], down: list[Any]) -> Any:
    """Return `n of N` for each field, or False where the fields are too small for it."""
    if max(len(across), len(down)) > MOST_FIELDS:
        return False
    texts = [
        f"{converged:,}\nof {runs:,}"
        for converged, runs in zip(part["converged"], part["runs"] - part["failed"], strict=True)
    ]
    table = _pivot(part.assign(text=texts), layout, across, down, "text")
    return table.astype(object).fillna("").to_numpy()
