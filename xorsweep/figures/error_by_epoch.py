"""How the error falls: medians and bands."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from xorsweep.figures.lines import (
    epochs_across,
    line_styles,
    lines_note,
    with_a_line,
)
from xorsweep.figures.log_axes import mark_powers
from xorsweep.figures.panelled import add_legend, add_note, outer_labels, panelled
from xorsweep.figures.source import Tables
from xorsweep.layout import MOST_LINES_WITH_BANDS, longest, panels
from xorsweep.style import GREY


def error_bands(tables: Tables) -> Figure | None:
    """Return the error by epoch: the median of the runs, and the band of their middle half."""
    layout = tables.layout.at_the_end
    cells = longest(tables.summary)
    cells = cells[cells["ok"] > 0]
    drawn = with_a_line(
        cells, layout.lines, line_styles(cells, layout.lines, MOST_LINES_WITH_BANDS)
    )
    parts = panels(drawn, layout.facets)
    wanted = pd.concat(parts.frames) if len(drawn) else drawn
    bands = tables.courses(wanted) if len(wanted) else wanted
    if bands.empty:
        return None
    shown = panels(bands, layout.facets)
    figure, grid = panelled(shown, 3.1, 2.5, sharex=True, sharey=True)
    styles = line_styles(bands, layout.lines, MOST_LINES_WITH_BANDS)
    grid[0].set_yscale("log")
    mark_powers(grid[0].yaxis)
    epochs_across(grid[0], bands["epoch"].max(), 0)
    for axes, part in zip(grid, shown.frames, strict=False):
        for level, style in styles.items():
            line = part[part[layout.lines] == level] if layout.lines else part
            line = line.sort_values("epoch")
            plain = {key: value for key, value in style.items() if key != "marker"}
            axes.plot(line["epoch"], line["q50"], linewidth=1.4, **plain)
            axes.fill_between(
                line["epoch"],
                line["q25"],
                line["q75"],
                color=style["color"],
                alpha=0.18,
                linewidth=0,
            )
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
        for height in tables.plateaus.values():
            axes.axhline(height, color=GREY, linewidth=0.5, linestyle=(0, (4, 3)), zorder=0)
    outer_labels(grid, len(shown), "epochs", "half the sum of squared errors")
    add_legend(figure, grid[0])
    add_note(figure, parts, lines_note(cells, layout.lines, styles))
    return figure
