"""The median and the middle half of a number, along a key."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.figures import alt_text, legends, scales
from xorsweep.reporting.figures.axes import MOST_PANELS, NARROW, DrawnFigure, Facets, new_figure
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.reporting.figures.legends import COLOURS
from xorsweep.reporting.layout import Layout, mpl_label, panels
from xorsweep.reporting.selection import in_order
from xorsweep.text import count_text

MOST_LINES = 8
MOST_MARKERS = 30
"""Levels along an axis of which each has a mark; more marks would cover the line."""


def draw(tables: ColumnTables, column: str) -> DrawnFigure | None:
    """Return a number's median along a key with the middle half, another key as lines."""
    layout = tables.layout.with_few_lines(tables.cells, MOST_LINES).with_x
    shown = tables.select(tables.cells, layout.col, MOST_PANELS)
    rows = tables.every.runs_of(shown.cells.index)
    rows = rows.assign(**{column: rows[column].astype("Float64").astype(float)})
    infinite = int(np.isinf(rows[column]).sum())
    rows = rows[np.isfinite(rows[column])]
    if rows.empty:
        return None
    if not layout.x:
        return _histogram(column, rows[column])
    medians = tables.every.statistic(f"{column}_median")[shown.cells.index].dropna()
    cells = shown.cells.loc[medians.index]
    parts = panels(in_order(rows, shown.keys), shown.keys)
    grid = Facets(parts, 2.7, xlabel=layout.x, ylabel=mpl_label(column))
    styles = legends.line_styles(cells, layout.hue)
    for axes, part in grid:
        _draw_panel(axes, part, column, layout, cells, tables.every.has_seeds)
        axes.grid(axis="y")
    drawn = np.concatenate(
        [tables.every.statistic(f"{column}_{name}")[cells.index] for name in ("q25", "q75")]
    )
    scales.scale_values(grid.first, drawn[np.isfinite(drawn)])
    scales.scale_across(grid, cells, layout.x)
    legends.put_below(grid.figure, legends.lines(styles))
    statistic = "Medians" if tables.every.has_seeds else "Values"
    ranges = alt_text.ranges(cells, layout.hue, medians, "{:.3g}".format)
    along = alt_text.along(cells, layout.x).removesuffix(",")
    alt = f"{statistic} of {column} along {along}. Range: {ranges}."
    excluded = f"{count_text(infinite, 'infinite value')} excluded" * (infinite > 0)
    return DrawnFigure(grid.figure, alt, "; ".join(filter(None, (shown.note, excluded))))


def _draw_panel(
    axes: Axes,
    part: pd.DataFrame,
    column: str,
    layout: Layout,
    cells: pd.DataFrame,
    has_seeds: bool,
) -> None:
    """Draw lines with bands along numbers, and points with bars beside each other along names."""
    is_number = is_numeric(cells[layout.x])
    few = not is_number or cells[layout.x].nunique() <= MOST_MARKERS
    styles = legends.line_styles(cells, layout.hue)
    for line, shift, style in legends.shifted_lines(part, layout.hue, styles):
        # A band of one point would have no width.
        has_bars = not is_number or line[layout.x].nunique() == 1
        sns.lineplot(
            x=scales.places_along(cells, line, layout.x, 0.0 if is_number else 0.5 * shift),
            y=line[column].to_numpy(),
            estimator="median",
            errorbar=("pi", 50) if has_seeds else None,
            err_style="bars" if has_bars else "band",
            err_kws={"linewidth": 0.9 if has_bars else 0},
            linewidth=1.2 if is_number else 0,
            markersize=4,
            markeredgewidth=0,
            legend=False,
            ax=axes,
            **{**style, "marker": style["marker"] if few else None},
        )


def _histogram(column: str, values: pd.Series[float]) -> DrawnFigure:
    """Return how the values of the only cell are spread."""
    figure = new_figure(NARROW, 2.7)
    axes = figure.subplots()
    wide = scales.needs_logarithm(values.to_numpy())
    sns.histplot(x=values.to_numpy(), log_scale=wide, color=COLOURS[0], ax=axes)
    if wide:
        scales.label_decades(axes.xaxis, values.to_numpy())
    axes.set(xlabel=mpl_label(column), ylabel="runs")
    low, median, high = (f"{values.quantile(share):.3g}" for share in (0.25, 0.5, 0.75))
    alt = (
        f"Histogram of {column} in {count_text(len(values), 'run')}. Median: {median}; the middle "
        f"half lies between {low} and {high}."
    )
    return DrawnFigure(figure, alt)
