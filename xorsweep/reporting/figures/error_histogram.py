"""Where runs end: final errors by outcome, and the plateaus of the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import OUTCOMES, error_label, plateau_labels
from xorsweep.reporting.figures import alt_text, legends, scales
from xorsweep.reporting.figures.axes import DrawnFigure, cell_facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import OUTCOME_COLOURS, PLATEAU_LINE
from xorsweep.reporting.selection import select_final_cells

SMALLEST_ERROR = 1e-8
"""Smaller final errors, which are rounding errors, are drawn here."""
LARGEST_ERROR = 1e12
EDGES: FloatArray = 10 ** (np.arange(-81.0, 122.0) / 10 - 0.05)
"""The edges of bins, ten per decade, so laid that no plateau is an edge."""
BIN_OF_ONE = int(np.searchsorted(EDGES, 1.0)) - 1


def draw(tables: Tables) -> DrawnFigure | None:
    """Return how the final errors of each cell are distributed, by outcome, one panel per cell."""
    layout = tables.layout.at_the_end
    shown = select_final_cells(tables.summary, layout, ["ok"])
    if shown.cells.empty:
        return None
    counts = {place: _counts(tables, place) for place in shown.cells.index}
    (used,) = np.nonzero(sum(each.sum(axis=0) for each in counts.values()))
    bins = slice(max(used[0] - 1, 0), max(used[-1], BIN_OF_ONE) + 2)
    edges = EDGES[bins.start : bins.stop + 1]
    highest = max((each.sum(axis=0) / each.sum()).max() for each in counts.values())
    grid = cell_facets(shown.cells, shown.keys, layout.x, 0.8, xlabel="final error", ylabel="runs")
    # With limits, no bar makes seaborn find new ones for all panels.
    grid.first.set(xscale="log", xlim=edges[[0, -1]], ylim=(0, 1.05 * highest))
    grid.first.yaxis.set_major_locator(MaxNLocator(2))
    scales.label_decades(grid.first.xaxis, edges[[0, -1]])
    scales.show_percent(grid.first.yaxis)
    for axes, place in grid:
        _draw_cell(axes, counts[place][:, bins], edges)
        if tables.plateaus:
            upwards = axes.get_xaxis_transform()
            axes.vlines([*tables.plateaus.values()], 0, 1, transform=upwards, **PLATEAU_LINE)
    runs = pd.DataFrame({place: each.sum(axis=1) for place, each in counts.items()}, [*OUTCOMES]).T
    names = [name for name in OUTCOMES if runs[name].any()]
    legends.put_below(grid.figure, _legend_handles(names, tables.plateaus))
    return DrawnFigure(grid.figure, _alt_text(runs, layout.hue, shown.cells), shown.note)


def _counts(tables: Tables, cell: int) -> NDArray[np.int64]:
    """Return the number of a cell's runs that are ok in each bin, by outcome (outcomes, bins)."""
    runs = tables.runs_of(cell, ["status", "outcome", "final_error"])
    runs = runs[runs["status"] == "ok"]
    errors = runs["final_error"].clip(SMALLEST_ERROR, LARGEST_ERROR).to_numpy()
    outcome = pd.Categorical(runs["outcome"], categories=OUTCOMES).codes
    counts, _, _ = np.histogram2d(outcome, errors, (np.arange(len(OUTCOMES) + 1), EDGES))
    return np.asarray(counts, np.int64)


def _draw_cell(axes: Axes, counts: NDArray[np.int64], edges: FloatArray) -> None:
    """Draw the share of a cell's runs in each bin, bars of the outcomes on each other.

    Bars reach down to 0, and those of the outcomes below cover them. A histogram of each outcome
    spans the bins with its runs alone: seaborn's own stack takes four times the bytes.
    """
    centres, tops = np.sqrt(edges[1:] * edges[:-1]), counts.cumsum(axis=0) / counts.sum()
    for name, its, top in [*zip(OUTCOMES, counts, tops, strict=True)][::-1]:
        (used,) = np.nonzero(its)
        if len(used):
            sns.histplot(
                x=centres[used],
                weights=top[used],
                bins=np.log10(edges[used[0] : used[-1] + 2]).tolist(),
                element="step",
                color=OUTCOME_COLOURS[name],
                alpha=1,
                linewidth=0,
                ax=axes,
            )


def _legend_handles(outcomes: Sequence[str], plateaus: Mapping[str, float]) -> Sequence[Artist]:
    labels = {name: name.replace("_", " ") for name in outcomes}
    labels |= {name: next(iter(plateau_labels({name: at}))) for name, at in plateaus.items()}
    handles = legends.patches({labels[name]: OUTCOME_COLOURS[name] for name in outcomes})
    if not plateaus:
        return handles
    named = ", ".join(map(error_label, sorted({*plateaus.values()})))
    return [*handles, Line2D([], [], label=f"plateaus at {named}", **PLATEAU_LINE)]


def _alt_text(counts: pd.DataFrame, key: str, cells: pd.DataFrame) -> str:
    """Return the number of runs by outcome, given those of each cell (cells, outcomes)."""
    parts = []
    for words, part in alt_text.by_level(cells, key):
        of_level = counts.loc[part.index].sum()
        named = [
            f"{of_level[name]:,} {name.replace('_', ' ')}" for name in OUTCOMES if of_level[name]
        ]
        parts.append(f"{words}{', '.join(named)}")
    return (
        f"Histograms of the error after {cells['epochs'].max():,} epochs, a panel for each of "
        f"{len(cells):,} cells, in bars coloured by outcome. Runs: {'; '.join(parts)}."
    )
