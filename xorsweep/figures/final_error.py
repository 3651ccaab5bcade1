"""Where runs end: final errors by outcome, and the plateaus of the error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from xorsweep.figures.log_axes import mark_powers
from xorsweep.figures.panelled import add_note, panelled
from xorsweep.figures.source import Tables
from xorsweep.layout import longest, panels
from xorsweep.measures import OUTCOMES, error_label, plateau_labels
from xorsweep.style import COLOURS, GREY

SMALLEST_ERROR = 1e-9
"""Final errors below this are drawn here: what is left of them says nothing about learning."""


def final_errors(tables: Tables) -> Figure | None:
    """Return how the final errors are distributed, by outcome, with the plateaus of the error."""
    layout = tables.layout.at_the_end
    rows = longest(tables.results)
    rows = rows[rows["status"] == "ok"]
    if rows.empty:
        return None
    rows = rows.assign(final_error=rows["final_error"].clip(lower=SMALLEST_ERROR))
    parts = panels(rows, [layout.lines])
    figure, grid = panelled(parts, 7.2, 1.5, columns=1)
    found = [name for name in OUTCOMES if (rows["outcome"] == name).any()]
    colours = dict(zip(OUTCOMES, COLOURS, strict=False))
    edges = _log_edges(rows["final_error"])
    for axes, part in zip(grid, parts.frames, strict=False):
        _draw_outcomes(axes, part, edges, found, colours)
        axes.set_xscale("log")
        axes.set_xlim(edges[0], edges[-1])
        mark_powers(axes.xaxis)
        axes.set_xlabel("")
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        if tables.plateaus:
            _mark_plateaus(axes, tables.plateaus, named=axes is grid[0])
            # The names of the plateaus lie between the axes and the first title.
            grid[0].set_title(grid[0].get_title(loc="left"), loc="left", pad=24)
    grid[-1].set_xlabel("half the sum of squared errors after the last epoch")
    texts = _outcome_texts(tables.plateaus)
    handles = [
        mpl.patches.Patch(color=colours[name], label=texts.get(name, name.replace("_", " ")))
        for name in found
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    add_note(figure, parts)
    return figure


def _draw_outcomes(
    axes: Axes, part: pd.DataFrame, edges: Any, outcomes: list[str], colours: dict[str, str]
) -> None:
    """Draw how many runs ended in each bin, the outcomes stacked."""
    # Without labels, seaborn makes all ticks of a linear axis to see whether to write some.
    axes.set(xlabel="final error", ylabel="runs")
    sns.histplot(
        part.assign(outcome=part["outcome"].astype(str)),
        x="final_error",
        hue="outcome",
        hue_order=outcomes[::-1],
        palette=colours,
        multiple="stack",
        bins=edges,
        element="step",  # a bar a bin and outcome takes ten times as long, most of them empty
        ax=axes,
        legend=False,
        linewidth=0,
        alpha=1,
    )


def _outcome_texts(levels: Mapping[str, float]) -> dict[str, str]:
    """Return what the legend says of runs at a plateau, by outcome."""
    return {name: label for name in levels for label in plateau_labels({name: levels[name]})}


def _mark_plateaus(axes: Axes, levels: Mapping[str, float], named: bool) -> None:
    """Draw the plateaus of the error; name them above, alternately lower and higher."""
    low, high = axes.get_xlim()
    shown = sorted(level for level in levels.values() if low < level < high)
    for place, level in enumerate(shown):
        axes.axvline(level, color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        if named:
            axes.annotate(
                error_label(level),
                (level, 1),
                (0, 2 + 9 * (place % 2)),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                color=GREY,
                fontsize=8,
            )


def _log_edges(errors: pd.Series[Any]) -> Any:
    """Return the edges of bins, ten to a decade, so laid that no plateau is an edge."""
    low, high = np.floor(10 * np.log10([errors.min(), max(errors.max(), 1.0)]))
    return 10 ** (np.arange(low - 1, high + 3) / 10 - 0.05)
