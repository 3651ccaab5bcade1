"""How often training converges: a heat map."""

from __future__ import annotations

from math import ceil
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from xorsweep.reporting.figures.axes import MOST_PANELS, DrawnFigure, along_text, facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.layout import Layout, levels, mpl_label, panels
from xorsweep.reporting.selection import SelectedCells, select_cells
from xorsweep.text import level_name, level_text

MOST_FIELDS = 14
"""Rows or columns of a heat map up to which each field has room for its numbers."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the convergence rate over two keys, with n of N in each field."""
    summary, layout = tables.summary, tables.layout
    if len(summary) == 1 or summary["rate"].isna().all():
        return None
    shown = select_cells(summary, layout.col, MOST_PANELS)
    parts = panels(shown.cells, shown.keys)
    across, down = (levels(summary, key) if key else [""] for key in (layout.x, layout.hue))
    width = max(2.2, 0.52 * min(len(across), MOST_FIELDS) + 0.6)
    height = max(1.9, 0.42 * min(len(down), MOST_FIELDS) + 1.1)
    figure, grid = facets(parts, width, height, xlabel=layout.x, ylabel=layout.hue)
    for axes, (_, part) in zip(grid, parts, strict=True):
        _draw_map(axes, part, layout, across, down)
    bar = figure.colorbar(grid[0].collections[0], ax=grid, aspect=25, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    bar.set_label("runs that converged")
    return DrawnFigure(figure, _alt_text(shown, layout), shown.note)


def _draw_map(
    axes: Axes, part: pd.DataFrame, layout: Layout, across: list[Any], down: list[Any]
) -> None:
    """Draw the rates of a panel, levels of one key across, of another upwards."""
    counts = zip(part["converged"], part["runs"] - part["failed"], strict=True)
    fields = pd.DataFrame(
        {
            "across": part[layout.x].to_numpy() if layout.x else "",
            "down": part[layout.hue].to_numpy() if layout.hue else "",
            "rate": part["rate"].to_numpy(),
            "text": [f"{converged:,}\nof {runs:,}" for converged, runs in counts],
        }
    )
    rates, texts = (
        fields.pivot(index="down", columns="across", values=name).reindex(
            index=down[::-1], columns=across
        )
        for name in ("rate", "text")
    )
    has_room = max(rates.shape) <= MOST_FIELDS
    labels = {"xlabel": axes.get_xlabel(), "ylabel": axes.get_ylabel()}
    sns.heatmap(
        rates.rename(index=_label, columns=_label),
        ax=axes,
        vmin=0,
        vmax=1,
        cmap="cividis",
        annot=texts.astype(object).fillna("").to_numpy() if has_room else False,
        fmt="",
        annot_kws={"fontsize": 7},
        linewidths=0.6 if has_room else 0,
        xticklabels=ceil(len(across) / MOST_FIELDS),
        cbar=False,
    )
    axes.set(**labels)  # seaborn has replaced them
    axes.tick_params(length=0, labelrotation=0)


def _label(level: object) -> str:
    return mpl_label(level_name(level))


def _alt_text(shown: SelectedCells, layout: Layout) -> str:
    axes = [
        f"{along_text(shown.cells, key)} {where}"
        for key, where in ((layout.x, "across"), (layout.hue, "upwards"))
        if key
    ]
    facet_text = [f"a panel for each level of {', '.join(shown.keys)}"] if shown.keys else []
    cells = shown.cells.dropna(subset=["rate"])
    worst, best = (
        f"with {_name(cell, layout)}: {100 * cell['rate']:.0f} %, {cell['converged']:,} of "
        f"{cell['runs'] - cell['failed']:,}"
        for cell in (cells.iloc[cells["rate"].argmin()], cells.iloc[cells["rate"].argmax()])
    )
    return (
        f"Heat map, {', '.join([*axes, *facet_text])}. Most runs converge {best}. Fewest {worst}."
    )


def _name(cell: Any, layout: Layout) -> str:
    return ", ".join(level_text(key, cell[key]) for key in layout.keys if pd.notna(cell[key]))
