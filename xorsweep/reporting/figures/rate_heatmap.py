"""How often something happens: a heat map."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from seaborn.utils import relative_luminance

from xorsweep.reporting.figures.axes import (
    MOST_PANELS,
    NARROWEST,
    DrawnFigure,
    along_text,
    facets,
    level_label,
    room_across,
    show_percent,
    text_width,
    turn_labels,
)
from xorsweep.reporting.figures.column_data import AnyTables
from xorsweep.reporting.figures.data import Rates
from xorsweep.reporting.figures.style import SMALL
from xorsweep.reporting.layout import Layout, levels, mpl_label, panels
from xorsweep.reporting.selection import SelectedCells, in_order
from xorsweep.text import level_text

BLACK = "#010101"
"""SVG leaves #000000 out, and text without a colour is light on a dark page; fields stay as is."""
EQUAL_CONTRAST = 0.179
"""The relative luminance to which black and white have the same contrast (WCAG 2.1)."""
MOST_FIELDS = 14
"""Rows or columns of a heat map up to which each field has room for its numbers."""


def draw(tables: AnyTables, *columns: str) -> DrawnFigure | None:
    """Return the rate over two keys, with n of N in each field."""
    cells, layout, rates = tables.cells, tables.layout, tables.rates(*columns)
    if len(cells) == 1 or rates.frame.empty:
        return None
    shown = tables.select(cells, layout.col, MOST_PANELS)
    parts = panels(in_order(shown.cells, shown.keys), shown.keys)
    across, down = (levels(cells, key) if key else [""] for key in (layout.x, layout.hue))
    counts = _counts(rates.frame)
    lines = [line for text in counts.dropna() for line in text.split("\n")]
    longest = max((text_width(line, SMALL) for line in lines), default=0.0)
    has_room = max(len(across), len(down)) <= MOST_FIELDS
    has_texts = has_room and not rates.are_values
    room_for_names = max(text_width(level_label(level)) for level in down)
    field = max(0.52, longest + 0.12) if has_texts else 0.3
    fields = max(2.2, field * min(len(across), MOST_FIELDS) + 0.6)
    width = fields + max(0.0, room_for_names - 0.6)
    height = max(1.9, 0.42 * min(len(down), MOST_FIELDS) + 1.1)
    narrowest = len(across) * (longest + 0.05) + 0.6 if has_texts else NARROWEST
    figure, grid = facets(
        parts, width, height, xlabel=layout.x, ylabel=layout.hue, narrowest=narrowest
    )
    has_texts = has_texts and len(across) * longest <= room_across(grid[0]) - 0.2
    for axes, (_, part) in zip(grid, parts, strict=True):
        table = pd.DataFrame(
            {
                "across": part[layout.x] if layout.x else "",
                "down": part[layout.hue] if layout.hue else "",
                "rate": rates.frame["rate"].reindex(part.index),
                "text": counts.reindex(part.index),
            }
        )
        rate, text = (
            table.pivot(index="down", columns="across", values=name).reindex(
                index=down[::-1], columns=across
            )
            for name in ("rate", "text")
        )
        _draw_map(axes, rate, text if has_texts else None)
    room = min(fields, room_across(grid[0]))
    turn_labels(grid, [text.get_text() for text in grid[0].get_xticklabels()], room)
    bar = figure.colorbar(grid[0].collections[0], ax=grid, aspect=25, pad=0.02)
    bar.outline.set_visible(False)
    show_percent(bar.ax.yaxis)
    if rates.are_values:
        bar.set_ticks([0, 1], labels=["false", "true"])
    bar.set_label(mpl_label(rates.label))
    return DrawnFigure(figure, _alt_text(shown, layout, rates), shown.note)


def _counts(rates: pd.DataFrame) -> pd.Series[Any]:
    """Return n of N as text for each rate, nothing where there is none."""
    texts = {
        place: f"{int(cell['count']):,}\nof {int(cell['total']):,}"
        for place, cell in rates.dropna().iterrows()
    }
    return pd.Series(texts, index=rates.index, dtype=object)


def _draw_map(axes: Axes, rates: pd.DataFrame, texts: pd.DataFrame | None) -> None:
    """Draw the rates of a panel as coloured fields with texts in them, levels as labels."""
    labels = {"xlabel": axes.get_xlabel(), "ylabel": axes.get_ylabel()}
    sns.heatmap(
        rates.rename(level_label, axis=0).rename(level_label, axis=1),
        ax=axes,
        vmin=0,
        vmax=1,
        cmap="cividis",
        annot=False if texts is None else texts.astype(object).fillna("").to_numpy(),
        fmt="",
        annot_kws={"fontsize": SMALL},
        linewidths=0.6 if max(rates.shape) <= MOST_FIELDS else 0,
        xticklabels=ceil(rates.shape[1] / MOST_FIELDS),
        cbar=False,
    )
    axes.set(**labels)  # seaborn has replaced them
    axes.tick_params(length=0, labelrotation=0)
    if texts is not None:
        _set_text_colours(axes)


def _set_text_colours(axes: Axes) -> None:
    """Draw each text in black or white, whichever has the higher contrast to its field.

    Seaborn chooses white up to a luminance at which its contrast is 2.3.
    """
    mesh: Any = axes.collections[0]
    colours = mesh.get_facecolors()[~np.ma.getmaskarray(mesh.get_array()).ravel()]
    for text, colour in zip(axes.texts, colours, strict=True):
        text.set_color(BLACK if relative_luminance(colour) > EQUAL_CONTRAST else "white")


def _alt_text(shown: SelectedCells, layout: Layout, rates: Rates) -> str:
    axes = [
        f"{along_text(shown.cells, key)} {where}"
        for key, where in ((layout.x, "across"), (layout.hue, "upwards"))
        if key
    ]
    facet_text = [f"a panel for each level of {', '.join(shown.keys)}"] if shown.keys else []
    figure_text = f"Heat map, {', '.join([*axes, *facet_text])}."
    mine = rates.frame[rates.frame.index.isin(shown.cells.index)]
    if rates.are_values:
        return f"{figure_text} {rates.label} is true in {mine['count'].sum():,} of {len(mine):,}."
    named = shown.cells.loc[mine.index]
    most, fewest = (
        f"with {_name(named.iloc[place], layout)}: {100 * mine['rate'].iloc[place]:.0f} %, "
        f"{mine['count'].iloc[place]:,} of {mine['total'].iloc[place]:,}"
        for place in (mine["rate"].argmax(), mine["rate"].argmin())
    )
    return f"{figure_text} {rates.most} {most}. {rates.fewest} {fewest}."


def _name(cell: Any, layout: Layout) -> str:
    return ", ".join(level_text(key, cell[key]) for key in layout.keys if pd.notna(cell[key]))
