"""Where runs end: final errors by outcome, and the plateaus of the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES, error_label, plateau_labels
from xorsweep.reporting.figures.axes import (
    SIDES,
    WIDE,
    DrawnFigure,
    by_level,
    columns_of,
    facets,
    label_decades,
    legend_below,
    patches,
)
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import OUTCOME_COLOURS, PLATEAU_LINE
from xorsweep.reporting.layout import panels
from xorsweep.reporting.selection import in_order, select_final_cells

SMALLEST_ERROR = 1e-8
"""Smaller final errors, which are rounding errors, are drawn here."""
MOST_CELLS = 24
MOST_COLUMNS = 4
MOST_ENLARGED = 0.48
"""Share of the runs up to which the highest bar is as high as the panel."""
WIDEST, LOWEST, HIGHEST, ALL_ROWS = 4.3, 0.78, 2.2, 4.0
"""Inches of a panel, and of all rows of panels where they fit."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return how the final errors of each cell are distributed, by outcome, one panel per cell."""
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok"], MOST_CELLS)
    if shown.cells.empty:
        return None
    found = {place: _Bars.of(tables, place) for place in shown.cells.index}
    low, high = (
        min(each.low for each in found.values()),
        max(each.high for each in found.values()),
    )
    edges = _edges(low, high)
    cells = in_order(shown.cells, (*layout.col, layout.x, layout.hue))
    parts = panels(cells, shown.keys)
    columns = columns_of(cells, layout.hue if layout.x else "", MOST_COLUMNS)
    width = min(WIDEST, (WIDE - SIDES) / columns)
    height = min(HIGHEST, max(LOWEST, ALL_ROWS / ceil(len(parts) / columns)))
    figure, grid = facets(parts, width, height, columns, xlabel="final error", ylabel="runs")
    # With limits, no bar makes seaborn find new ones for all panels.
    grid[0].set(xscale="log", xlim=edges[[0, -1]], ylim=(0, 1), yticks=(0, 1))
    label_decades(grid[0].xaxis, edges[[0, -1]])
    for axes, (_, part) in zip(grid, parts, strict=True):
        _draw_cell(axes, found[part.index[0]].bars, edges)
        if tables.plateaus:
            upwards = axes.get_xaxis_transform()
            axes.vlines([*tables.plateaus.values()], 0, 1, transform=upwards, **PLATEAU_LINE)
    grid[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    highest = max(axes.dataLim.y1 for axes in grid)
    if highest < MOST_ENLARGED:
        grid[0].set_ylim(0, 1.05 * highest)
        grid[0].yaxis.set_major_locator(MaxNLocator(2))
    counts = pd.DataFrame({place: each.counts for place, each in found.items()}).T
    names = [name for name in OUTCOMES if counts[name].any()]
    legend_below(figure, _legend_handles(names, tables.plateaus))
    return DrawnFigure(figure, _alt_text(counts, layout.hue, shown.cells), shown.note)


@dataclass(frozen=True)
class _Bars:
    """The final errors of a cell's runs that are ok, counted in bins.

    Attributes:
        low: The first bin of its errors.
        high: The last one, or that of 1.
        bars: The `runs` of each `outcome` in each bin that has some, and an `error` in its middle.
    """

    low: int
    high: int
    bars: pd.DataFrame

    @classmethod
    def of(cls, tables: Tables, cell: int) -> _Bars:
        runs = tables.runs_of(cell, ["status", "outcome", "final_error"])
        runs = runs[runs["status"] == "ok"]
        errors = runs["final_error"].clip(lower=SMALLEST_ERROR).to_numpy()
        ends = np.floor(10 * np.log10([errors.min(), max(errors.max(), 1.0)]))
        low, high = map(int, ends)
        edges = _edges(low, high)
        names, of_run = np.array([*OUTCOMES]), runs["outcome"].to_numpy(str)
        counts = np.array(
            [np.histogram(np.log10(errors[of_run == name]), np.log10(edges))[0] for name in names]
        )
        outcome, place = np.nonzero(counts)
        middles = np.sqrt(edges[1:] * edges[:-1])
        bars = {
            "outcome": names[outcome],
            "error": middles[place],
            "runs": counts[outcome, place],
        }
        return cls(low, high, pd.DataFrame(bars))

    @property
    def counts(self) -> pd.Series[int]:
        """Return how many runs have each outcome."""
        return self.bars.groupby("outcome")["runs"].sum().reindex(OUTCOMES, fill_value=0)


def _draw_cell(axes: Axes, bars: pd.DataFrame, edges: FloatArray) -> None:
    """Draw the share of a cell's runs in each bin, bars of the outcomes on each other."""
    sns.histplot(
        x=bars["error"].to_numpy(),
        weights=bars["runs"].to_numpy(),
        hue=bars["outcome"].to_numpy(str),
        hue_order=[name for name in OUTCOMES if (bars["outcome"] == name).any()],
        palette=OUTCOME_COLOURS,
        multiple="stack",
        stat="proportion",
        bins=np.log10(edges).tolist(),  # which seaborn compares with a text
        element="step",  # a patch per outcome rather than per bin, which takes a tenth of the time
        alpha=1,
        linewidth=0,
        legend=False,
        ax=axes,
    )


def _legend_handles(outcomes: Sequence[str], plateaus: Mapping[str, float]) -> Sequence[Artist]:
    labels = {name: name.replace("_", " ") for name in outcomes}
    labels |= {name: next(iter(plateau_labels({name: at}))) for name, at in plateaus.items()}
    handles = patches({labels[name]: OUTCOME_COLOURS[name] for name in outcomes})
    if not plateaus:
        return handles
    named = ", ".join(map(error_label, sorted({*plateaus.values()})))
    return [*handles, Line2D([], [], label=f"plateaus at {named}", **PLATEAU_LINE)]


def _edges(low: int, high: int) -> FloatArray:
    """Return the edges of bins, ten per decade, so laid that no plateau is an edge."""
    return np.asarray(10 ** (np.arange(low - 1.0, high + 3) / 10 - 0.05))


def _alt_text(counts: pd.DataFrame, key: str, cells: pd.DataFrame) -> str:
    """Return the number of runs by outcome, given those of each cell (cells, outcomes)."""
    parts = []
    for words, part in by_level(cells, key):
        of_level = counts.loc[part.index].sum()
        named = [
            f"{of_level[name]:,} {name.replace('_', ' ')}" for name in OUTCOMES if of_level[name]
        ]
        parts.append(f"{words}{', '.join(named)}")
    return (
        f"Histograms of the error after {cells['epochs'].max():,} epochs, a panel for each of "
        f"{len(cells):,} cells, in bars coloured by outcome. Runs: {'; '.join(parts)}."
    )
