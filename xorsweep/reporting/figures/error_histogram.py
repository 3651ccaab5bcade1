"""Where runs end: final errors by outcome, and the plateaus of the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES, error_label, plateau_labels
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.log_axes import mark_powers
from xorsweep.reporting.figures.panels import add_entries, add_note, panelled
from xorsweep.reporting.figures.selected_cells import in_histograms
from xorsweep.reporting.layout import levels, mpl_label, panels
from xorsweep.reporting.style import GREY, OUTCOME_COLOURS
from xorsweep.text import level_name

SMALLEST_ERROR = 1e-9
"""Final errors below this are drawn here: what is left of them says nothing about learning."""

ROW_HEIGHT = 0.3
"""Inches from one row to the next."""
TALLEST = 0.9
"""Of a row, the height of a bar that holds all runs of its cell."""


def final_errors(tables: Tables) -> Figure | None:
    """Return how the final errors of each cell are distributed, by outcome, a row a cell."""
    shown = in_histograms(tables)
    if shown.cells.empty:
        return None
    rows = tables.rows_of(shown.cells)
    rows = rows[rows["status"] == "ok"]
    rows = rows.assign(final_error=rows["final_error"].clip(lower=SMALLEST_ERROR))
    key = shown.layout.x
    parts = panels(rows, shown.panels)
    most_rows = max(len(levels(part, key)) if key else 1 for part in parts.frames)
    figure, grid = panelled(
        parts, 7.2, ROW_HEIGHT * max(2, most_rows) + 0.3, columns=1, sharex=True
    )
    found = [name for name in OUTCOMES if (rows["outcome"] == name).any()]
    edges = _log_edges(rows["final_error"])
    for axes, part in zip(grid, parts.frames, strict=True):
        _draw_rows(axes, part, key, edges, found)
        axes.set_xscale("log")
        axes.set_xlim(edges[0], edges[-1])
        mark_powers(axes.xaxis)
        if tables.plateaus:
            _mark_plateaus(axes, tables.plateaus, named=axes is grid[0])
            # The names of the plateaus lie between the axes and the first title.
            grid[0].set_title(grid[0].get_title(loc="left"), loc="left", pad=24)
    grid[-1].set_xlabel("half the sum of squared errors after the last epoch")
    texts = {name: name.replace("_", " ") for name in found} | _outcome_texts(tables.plateaus)
    add_entries(figure, [Patch(color=OUTCOME_COLOURS[name], label=texts[name]) for name in found])
    add_note(figure, shown.note)
    return figure


def _draw_rows(
    axes: Axes, part: pd.DataFrame, key: str, edges: FloatArray, outcomes: Sequence[str]
) -> None:
    """Draw the cells of a panel below each other, in each the share of runs by bin and outcome."""
    found = levels(part, key) if key else [""]
    names, errors = part["outcome"].astype(str).to_numpy(), part["final_error"].to_numpy()
    bars: dict[str, list[FloatArray]] = {name: [] for name in outcomes}
    for place, level in enumerate(reversed(found)):
        mine = (part[key] == level).to_numpy() if key else np.ones(len(part), bool)
        base = np.full(len(edges) - 1, float(place))
        for name in outcomes:
            counts, _ = np.histogram(errors[mine & (names == name)], edges)
            share = TALLEST * counts / mine.sum()
            bars[name] += _bars(edges, base, share)
            base += share
    for name, corners in bars.items():
        colour = OUTCOME_COLOURS[name]
        drawn_bars = PolyCollection(corners, facecolor=colour, edgecolor=colour, linewidth=0.3)
        axes.add_collection(drawn_bars, autolim=False)
    axes.set_ylim(0, len(found))
    axes.set_yticks(range(len(found)), [mpl_label(level_name(level)) for level in reversed(found)])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel(key or "all runs")


def _bars(edges: FloatArray, base: FloatArray, share: FloatArray) -> list[FloatArray]:
    """Return the corners (4, 2) of each bar that has a height."""
    left, right, top = edges[:-1], edges[1:], base + share
    corners = np.array([[left, base], [right, base], [right, top], [left, top]])
    return [*corners[:, :, share > 0].transpose(2, 0, 1)]


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
