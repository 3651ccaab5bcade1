"""How often something happens: a heat map."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from seaborn.utils import relative_luminance

from xorsweep.reporting.dark_mode import EQUAL_CONTRAST
from xorsweep.reporting.figures import alt_text, scales
from xorsweep.reporting.figures.axes import (
    MOST_PANELS,
    NARROWEST,
    WIDEST,
    DrawnFigure,
    Facets,
    text_width,
)
from xorsweep.reporting.figures.column_data import AnyTables
from xorsweep.reporting.figures.data import Rates
from xorsweep.reporting.figures.style import BLACK, SMALL
from xorsweep.reporting.layout import Layout, levels, panels
from xorsweep.reporting.selection import SelectedCells, in_order
from xorsweep.reporting.wording import levels_text

MOST_FIELDS = 14
"""Rows or columns of a heat map up to which each field has room for its numbers."""


def draw(tables: AnyTables, *columns: str, most_panels: int = MOST_PANELS) -> DrawnFigure | None:
    """Return the rate over two keys, with n of N in each field."""
    cells, layout, rates = tables.cells, tables.layout, tables.rates(*columns)
    if len(cells) == 1 or rates.frame.empty:
        return None
    shown = tables.select(cells, layout.col, most_panels)
    parts = panels(in_order(shown.cells, shown.keys), shown.keys)
    across, down = (levels(cells, key) if key else [""] for key in (layout.x, layout.hue))
    has_room = max(len(across), len(down)) <= MOST_FIELDS and not rates.are_values
    known = rates.frame.dropna() if has_room else rates.frame.head(0)
    count, total = (known[name].map("{:,.0f}".format).astype(str) for name in ("count", "total"))
    counts = count + "\nof " + total
    longest = max((text_width(f"of {text}", SMALL) for text in total.unique()), default=0.0)
    names = max(text_width(scales.level_label(level)) for level in down)
    needed = min(len(across), MOST_FIELDS) * (longest + 0.05) + 0.6
    grid = Facets(
        parts,
        height=max(1.9, 0.42 * min(len(down), MOST_FIELDS) + 1.1),
        narrowest=max(needed, NARROWEST),
        widest=max(needed, WIDEST) + names,
        xlabel=layout.x,
        ylabel=layout.hue,
    )
    has_texts = has_room and len(across) * longest <= grid.panel_width - 0.2
    for axes, part in grid:
        rate, text = (
            _by_level(part, layout, values, across, down)
            for values in (rates.frame["rate"], counts)
        )
        _draw_map(axes, rate, text if has_texts else None)
    scales.turn_labels(grid, [text.get_text() for text in grid.first.get_xticklabels()], names)
    bar = scales.add_percent_bar(grid, grid.first.collections[0], rates.label)
    if rates.are_values:
        bar.set_ticks([0, 1], labels=["false", "true"])
    return DrawnFigure(
        grid.figure, _alt_text(shown, layout, rates), shown.note, has_all_epochs=True
    )


def _by_level(
    part: pd.DataFrame,
    layout: Layout,
    values: pd.Series[Any],
    across: list[Any],
    down: list[Any],
) -> pd.DataFrame:
    """Return values of the cells of a panel by the levels upwards and across."""
    x, y = (part[key] if key else "" for key in (layout.x, layout.hue))
    table = pd.DataFrame({"x": x, "y": y, "value": values.reindex(part.index)})
    return table.pivot(index="y", columns="x", values="value").reindex(down[::-1], columns=across)


def _draw_map(axes: Axes, rates: pd.DataFrame, texts: pd.DataFrame | None) -> None:
    """Draw the rates of a panel as coloured fields with texts in them, levels as labels."""
    labels = {"xlabel": axes.get_xlabel(), "ylabel": axes.get_ylabel()}
    sns.heatmap(
        rates.rename(scales.level_label, axis=0).rename(scales.level_label, axis=1),
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
        f"{alt_text.along(shown.cells, key)} {where}"
        for key, where in ((layout.x, "across"), (layout.hue, "upwards"))
        if key
    ]
    facet_text = [f"a panel for each level of {', '.join(shown.keys)}"] if shown.keys else []
    figure_text = f"Heat map of {rates.label}, {', '.join([*axes, *facet_text])}."
    mine = rates.frame[rates.frame.index.isin(shown.cells.index)]
    if rates.are_values:
        return f"{figure_text} {rates.label} is true in {mine['count'].sum():,} of {len(mine):,}."
    ends: list[Any] = [mine["rate"].idxmax(), mine["rate"].idxmin()]
    most, fewest = (
        f"with {levels_text(shown.cells.loc[place], layout.keys)}: "
        f"{100 * mine.loc[place, 'rate']:.0f} %, "
        f"{mine.loc[place, 'count']:,} of {mine.loc[place, 'total']:,}"
        for place in ends
    )
    return f"{figure_text} Most often {most}. Least often {fewest}."
