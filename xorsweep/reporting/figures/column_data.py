"""The tables that figures of columns of any meaning are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from xorsweep.analysis.column_summary import ColumnCells
from xorsweep.analysis.curves import (
    curve_quantiles,
    longest_curve,
    read_curves,
    step_curves,
)
from xorsweep.analysis.flag_variance import flag_variance
from xorsweep.analysis.summary import MOST_STEPS
from xorsweep.analysis.variance_shares import VarianceShares
from xorsweep.grid.grid import Grid
from xorsweep.reporting.figures.data import Rates, Tables
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.selection import SelectedCells, select_in_order
from xorsweep.settings import DEFAULT_LOOKS, FigureSettings
from xorsweep.storage.store import Store

MOST_LEVELS = 100
"""Levels along an axis of a figure; of more, evenly spaced ones are drawn."""
MOST_PANELS = 12
MOST_LINES = 4
"""Of lines with bands, more would hide each other."""
MOST_VALUES = 20_000_000
"""Values of curves that are read for a figure, so that memory stays bounded."""
BAND = ("cell", "x", "low", "middle", "high")


@dataclass(frozen=True)
class ColumnTables:
    """The tables of a sweep of any experiment, as its figures read them.

    Attributes:
        results: The rows of the sweep.
        every: All cells, with their statistics.
        cells: The swept keys of the cells that are drawn, by their index in the summary.
        layout: Which swept key goes where.
        note: Which of the cells aren't drawn, if any.
        curves: Quantiles of arrays by step, with the columns BAND, by the name of their column.
    """

    results: pd.DataFrame
    every: ColumnCells
    cells: pd.DataFrame
    layout: Layout
    note: str = ""
    curves: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def of(
        cls, results: pd.DataFrame, every: ColumnCells, looks: FigureSettings = DEFAULT_LOOKS
    ) -> ColumnTables:
        """Return those of a sweep, without its arrays."""
        layout = Layout.by_levels(every.summary, every.swept).with_axes(looks.axes)
        cells, notes = every.summary[every.swept], []
        for key in (layout.x, layout.hue):
            shown = select_in_order(cells, [key], MOST_LEVELS, thin=True)
            cells = shown.cells
            notes.append(shown.note)
        return cls(results, every, cells, layout, "; ".join(filter(None, notes)))

    def with_curves(self, grid: Grid, store: Store) -> ColumnTables:
        """Return them with the quantiles of the curves that the parts hold."""
        curves = {
            name: self._curves(grid, store, name, column)
            for name, column in step_curves(store).items()
        }
        return replace(self, curves=curves)

    def _curves(self, grid: Grid, store: Store, name: str, column: str) -> pd.DataFrame:
        rows = self.every.runs_of(self.by_lines()[1].cells.index).index.to_numpy(np.int64)
        cell_of = self.every.cell_of
        cell = cell_of[rows]
        most = MOST_VALUES // (longest_curve(store.parts(), column) * len(np.unique(cell)) + 1)
        first = pd.Series(cell).groupby(cell).cumcount() < max(1, most)
        steps = store.experiment.curve_steps(grid, name)
        curves = read_curves(grid, store.parts(), column, rows[first], steps)
        bands = [
            _band(place, curves[cell_of[curves.index] == place])
            for place in np.unique(cell_of[curves.index])
        ]
        return pd.concat(bands, ignore_index=True) if bands else pd.DataFrame(columns=BAND)

    def rates(self, *columns: str) -> Rates:
        """Return the rates of a flag."""
        (flag,) = columns
        label = f"{flag}, share of runs" if self.every.has_seeds else flag
        return Rates(self.every.rates(flag), label, not self.every.has_seeds)

    def variance_shares(self, *columns: str) -> VarianceShares | None:
        """Return the shares of the variance of the rate of a flag that each axis explains."""
        (flag,) = columns
        return flag_variance(self.results, self.every, flag)

    def select(self, cells: pd.DataFrame, keys: Sequence[str], most: int) -> SelectedCells:
        """Return cells with at most `most` combinations of levels, other keys at their first."""
        shown = select_in_order(cells, keys, most)
        return replace(shown, note="; ".join(filter(None, (self.note, shown.note))))

    def at_the_end(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the cells, none of which is an earlier look at another."""
        return cells

    def by_lines(self) -> tuple[Layout, SelectedCells]:
        """Return the cells of a figure with a line per cell, and a layout without x."""
        layout = self.layout.with_few_lines(self.cells, MOST_LINES)
        hue, x = layout.hue, layout.x
        if x and not hue and self.cells[x].nunique() <= MOST_LINES:
            hue, x = x, ""
        col = tuple(key for key in (x, *layout.col) if key)
        return replace(layout, x="", hue=hue, col=col), self.select(self.cells, col, MOST_PANELS)


AnyTables = Tables | ColumnTables
"""The tables from which figures of rates are made, of convergence or of any flag."""


def _band(cell: int, curves: pd.DataFrame) -> pd.DataFrame:
    """Return the quantiles of a cell's curves at as many steps as a figure can show."""
    low, middle, high = curve_quantiles(curves.to_numpy())
    band = pd.DataFrame(
        {"cell": cell, "x": curves.columns, "low": low, "middle": middle, "high": high}
    ).dropna()
    return band.iloc[np.unique(np.linspace(0, len(band) - 1, MOST_STEPS).astype(int))]
