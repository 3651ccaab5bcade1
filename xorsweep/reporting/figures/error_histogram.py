"""Where runs end: final errors by outcome, and the plateaus of the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES, error_label, plateau_labels
from xorsweep.reporting.figures.axes import (
    DrawnFigure,
    by_level,
    facets,
    legend_below,
)
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import GREY, OUTCOME_COLOURS, PLATEAU_LINE
from xorsweep.reporting.layout import Panel, levels, mpl_label, panels
from xorsweep.reporting.selection import select_final_cells
from xorsweep.text import level_name

SMALLEST_ERROR = 1e-8
"""Smaller final errors are drawn here: what is left of them is rounding."""
MOST_CELLS = 40
ROW_HEIGHT = 0.3
"""Inches from one row to the next."""
TALLEST = 0.9
"""Of a row, the height of a bar that holds all runs of its cell."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return how the final errors of each cell are distributed, by outcome, one row per cell."""
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok"], MOST_CELLS)
    if shown.cells.empty:
        return None
    key = next((key for key in (layout.x, layout.hue, *shown.keys) if key in shown.keys), "")
    rows = tables.rows_of(shown.cells, ["status", "outcome", "final_error"]).query("status == 'ok'")
    rows = rows.assign(final_error=rows["final_error"].clip(lower=SMALLEST_ERROR))
    outcomes = [name for name in OUTCOMES if (rows["outcome"] == name).any()]
    edges = _log_edges(rows["final_error"])
    parts = panels(rows, [each for each in shown.keys if each != key])
    figure, grid = _row_facets(parts, key)
    grid[0].set_xscale("log")
    grid[0].set_xlim(edges[0], edges[-1])
    for axes, (_, part) in zip(grid, parts, strict=True):
        _draw_rows(axes, part, key, edges, outcomes)
        for plateau in tables.plateaus.values():
            axes.axvline(plateau, **PLATEAU_LINE)
    _name_plateaus(grid[0], tables.plateaus)
    legend_below(figure, _legend_handles(outcomes, tables.plateaus))
    return DrawnFigure(figure, _alt_text(rows, layout.hue or key, len(shown.cells)), shown.note)


def _row_facets(parts: Sequence[Panel], key: str) -> tuple[Figure, list[Axes]]:
    """Return panels below each other that have room for a row for each level."""
    most_rows = max(len(levels(part, key)) if key else 1 for _, part in parts)
    return facets(
        parts,
        7.2,
        ROW_HEIGHT * max(2, most_rows) + 0.3,
        columns=1,
        sharey=False,
        xlabel="half the sum of squared errors after the last epoch",
        ylabel=key or "all runs",
    )


def _draw_rows(
    axes: Axes, part: pd.DataFrame, key: str, edges: FloatArray, outcomes: Sequence[str]
) -> None:
    """Draw the cells of a panel below each other, in each the share of runs by bin and outcome."""
    found = levels(part, key)[::-1] if key else [""]
    for place, level in enumerate(found):
        cell = part[part[key] == level] if key else part
        base = np.full(len(edges) - 1, float(place))
        for name in outcomes:
            counts, _ = np.histogram(cell["final_error"][cell["outcome"] == name], edges)
            share, bars = TALLEST * counts / len(cell), counts > 0
            axes.bar(
                edges[:-1][bars],
                share[bars],
                np.diff(edges)[bars],
                base[bars],
                align="edge",
                color=OUTCOME_COLOURS[name],
                edgecolor=OUTCOME_COLOURS[name],
                linewidth=0.3,  # else a bar thinner than a dot is lost
            )
            base += share
    axes.set_ylim(0, len(found))
    axes.set_yticks(range(len(found)), [mpl_label(level_name(level)) for level in found])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y")


def _name_plateaus(axes: Axes, plateaus: Mapping[str, float]) -> None:
    """Name the plateaus above the axes, alternately lower and higher, beneath the title."""
    if not plateaus:
        return
    axes.set_title(axes.get_title(loc="left"), loc="left", pad=24)
    low, high = axes.get_xlim()
    for place, level in enumerate(sorted(each for each in plateaus.values() if low < each < high)):
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


def _legend_handles(outcomes: Sequence[str], plateaus: Mapping[str, float]) -> list[Patch]:
    labels = {name: name.replace("_", " ") for name in outcomes}
    for name, plateau in plateaus.items():
        labels[name] = next(iter(plateau_labels({name: plateau})))
    return [Patch(color=OUTCOME_COLOURS[name], label=labels[name]) for name in outcomes]


def _log_edges(errors: pd.Series[Any]) -> FloatArray:
    """Return the edges of bins, ten per decade, so laid that no plateau is an edge."""
    low, high = np.floor(10 * np.log10([errors.min(), max(errors.max(), 1.0)]))
    return np.asarray(10 ** (np.arange(low - 1, high + 3) / 10 - 0.05))


def _alt_text(rows: pd.DataFrame, key: str, cells: int) -> str:
    parts = []
    for words, part in by_level(rows, key):
        counts = part["outcome"].astype(str).value_counts()
        named = [
            f"{counts[name]:,} {name.replace('_', ' ')}" for name in OUTCOMES if name in counts
        ]
        parts.append(f"{words}{', '.join(named)}")
    return (
        f"Histograms of the error after {rows['epochs'].max():,} epochs, a row for each of "
        f"{cells:,} cells, in bars coloured by outcome. Runs: {'; '.join(parts)}."
    )
