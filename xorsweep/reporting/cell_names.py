"""Which cells of a sweep its findings are about, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.summary import swept_columns
from xorsweep.reporting.layout import Layout, chosen, final_epochs_only, levels
from xorsweep.reporting.wording import with_text
from xorsweep.text import level_words

MOST_NAMED = 6
"""Levels drawn as lines that are named one by one: of more, evenly spaced ones and the best."""


@dataclass(frozen=True)
class View:
    """What the sentences are about: the cells, each at its largest number of epochs.

    `cell` (N,) is the cell of each row of the results, as the summary numbers them. `shown` are
    the cells whose keys that are neither axis nor lines are at their first level, and `fixed`
    names these levels.
    """

    results: pd.DataFrame
    cell: NDArray[np.int64]
    layout: Layout
    cells: pd.DataFrame
    shown: pd.DataFrame
    fixed: tuple[str, ...]
    goal: str

    @classmethod
    def of(cls, results: pd.DataFrame, summary: pd.DataFrame) -> View:
        """Return that of a summary of the results, of all their cells or of some."""
        cell = CellIndex.of_frame(results, swept_columns(results)).number
        layout = Layout.of(summary, swept_columns(summary))
        cells = final_epochs_only(summary.dropna(subset=["rate"]))
        cells = cells.assign(trained=cells["runs"] - cells["failed"])
        shown, fixed = _others_first(cells, layout)
        goal = "solve XOR" if (results["task"] == "xor").all() else "meet the criterion"
        return cls(results, cell, layout, cells, shown, fixed, goal)

    @property
    def across(self) -> str:
        """Return the key along the axis; none where that is the epochs."""
        return "" if self.layout.x == "epochs" else self.layout.x

    @property
    def lines(self) -> str:
        """Return the key that is drawn as lines; none where that is the epochs."""
        return "" if self.layout.hue == "epochs" else self.layout.hue

    def by_lines(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the cells at each level that is drawn as a line, with the name of the level.

        Those without the key, which another choice of its group has, have no name for it.
        """
        if not self.lines:
            yield "", self.shown
            return
        for level in levels(chosen(self.shown, [self.lines], MOST_NAMED).cells, self.lines):
            name = "" if pd.isna(level) else level_words(self.lines, level)
            yield name, self.shown[having(self.shown[self.lines], level)]

    def those_with(self, line: str) -> str:
        """Return the words that tell the runs on a line from the others."""
        return with_text(line, *self.fixed)

    def rows_of(self, cell: pd.Series[Any]) -> pd.DataFrame:
        """Return the runs of a cell."""
        rows: pd.DataFrame = self.results[self.cell == cell.name]
        return rows


def having(column: pd.Series[Any], level: Any) -> Any:
    """Tell where a column has a level (n,), which may be none."""
    return column.isna() if pd.isna(level) else column == level


def _others_first(cells: pd.DataFrame, layout: Layout) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the cells at the first level of the keys not drawn as axis or lines, and its name."""
    fixed: list[str] = []
    for key in layout.col:
        if key == "epochs" or cells.empty:
            continue
        level = cells[key].iloc[0]
        cells = cells[having(cells[key], level)]
        if pd.notna(level):  # else another choice of its group has this key
            fixed.append(level_words(key, level))
    return cells, tuple(fixed)
