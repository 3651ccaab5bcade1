"""Which cells each picture shows, and what it says of those that it doesn't.

Apart from what draws, since the words beside a picture are made from the same choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis import learning_curves
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.layout import Chosen, Layout, chosen, final_epochs_only

MOST_PANELS = 12
MOST_LINES = 8
MOST_LINES_WITH_BANDS = 4
MOST_HISTOGRAMS = 40
MOST_CURVES = 24
"""Panels of a picture with single runs in them, which hold a cell each."""
MOST_SINGLE_RUNS = 200
"""Single runs in all panels together; each of them is some hundred characters of SVG."""

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class SelectedCells:
    """The cells of the summary that a picture shows, where their keys go, and what it leaves out.

    `panels` are the keys whose levels tell panels apart.
    """

    cells: pd.DataFrame
    layout: Layout
    panels: tuple[str, ...]
    note: str

    @classmethod
    def of(cls, found: Chosen, layout: Layout) -> SelectedCells:
        """Return what was chosen, with its keys as panels."""
        return cls(found.cells, layout, found.keys, found.note)


def in_map(tables: Tables) -> SelectedCells:
    """Return all levels of two keys, in panels for the others."""
    layout = tables.layout
    return SelectedCells.of(chosen(tables.summary, layout.col, MOST_PANELS), layout)


def in_rate_lines(tables: Tables) -> SelectedCells:
    """Return all levels of two keys that have a rate, in panels for the others."""
    cells = tables.summary.dropna(subset=["rate"])
    layout = tables.layout.with_few_lines(cells, MOST_LINES)
    return SelectedCells.of(chosen(cells, layout.col, MOST_PANELS), layout)


def in_curves(tables: Tables) -> SelectedCells:
    """Return all levels of a key as lines, at the most epochs, in panels for the others."""
    cells = final_epochs_only(tables.summary).dropna(subset=["rate"])
    layout = tables.layout.at_the_end.with_few_lines(cells, MOST_LINES_WITH_BANDS)
    return SelectedCells.of(chosen(cells, layout.facets, MOST_PANELS), layout)


def in_histograms(tables: Tables) -> SelectedCells:
    """Return the cells at the most epochs, a row each, those of one key in one panel."""
    found, layout = _cells_apart(tables, ("ok",), MOST_HISTOGRAMS)
    rows = [key for key in (layout.x, layout.hue, *found.keys) if key in found.keys]
    row = rows[0] if rows else ""
    panels = tuple(key for key in found.keys if key != row)
    return SelectedCells(found.cells, Layout(row, layout.hue or row, panels), panels, found.note)


def in_learning_curves(tables: Tables) -> SelectedCells:
    """Return the cells at the most epochs, a panel each."""
    found, layout = _cells_apart(tables, ("ok", "diverged"), MOST_CURVES)
    drawn, every = len(single_runs(tables, found.cells)), len(_trained(tables, found.cells))
    runs = f"thin lines: {drawn:,} of {every:,} runs" if drawn < every else ""
    note = "; ".join(filter(None, (found.note, runs)))
    return SelectedCells(found.cells, layout, found.keys, note)


def _cells_apart(tables: Tables, statuses: Sequence[str], most: int) -> tuple[Chosen, Layout]:
    """Return cells that aren't pooled, of those at the most epochs that have runs of a status."""
    cells, layout = final_epochs_only(tables.summary), tables.layout.at_the_end
    cells = cells[cells[[*statuses]].sum(axis=1) > 0]
    return chosen(cells, (layout.x, layout.hue, *layout.col), most, thin=True), layout


def single_runs(tables: Tables, cells: pd.DataFrame) -> Rows:
    """Return the rows of results that are drawn as a line each, a share of each cell's.

    Of each outcome of a cell the first ones, as many as its share of the runs, and one at least:
    a median hides those that are few.
    """
    rows = _trained(tables, cells)
    room = max(1, MOST_SINGLE_RUNS // max(1, len(cells)))
    cell = tables.cell_of[rows.index]
    of_cell, of_outcome = (
        rows.groupby(keys, sort=False, observed=True)["seed"]
        for keys in ([cell], [cell, rows["outcome"]])
    )
    with_curve = of_cell.cumcount() < learning_curves.MOST_CURVES
    wanted = np.ceil(room * of_outcome.transform("size") / of_cell.transform("size"))
    found: Rows = rows.index[with_curve & (of_outcome.cumcount() < wanted)].to_numpy()
    return found


def _trained(tables: Tables, cells: pd.DataFrame) -> pd.DataFrame:
    rows = tables.rows_of(cells)
    return rows[rows["status"] != "failed"]


SELECTIONS: Mapping[str, Callable[[Tables], SelectedCells]] = {
    "convergence_rate": in_map,
    "rate_lines": in_rate_lines,
    "unsolved": in_curves,
    "final_error": in_histograms,
    "error_by_epoch": in_learning_curves,
}
"""By the names of the pictures."""
