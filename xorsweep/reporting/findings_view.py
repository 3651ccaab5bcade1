"""The settings that the sentences about a sweep of networks are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import swept_columns
from xorsweep.reporting.layout import Layout, levels
from xorsweep.reporting.selection import best_first, final_epochs_only, select_cells
from xorsweep.reporting.wording import at_epochs_text, with_text
from xorsweep.storage.compact_columns import take_rows
from xorsweep.text import level_words

RUN_COLUMNS = ("seed", "status", "outcome", "converged", "converged_epoch")
"""The columns of results that tell how runs ended."""
MOST_NAMED = 6
"""Levels drawn as lines that are named one by one: of more, evenly spaced ones and the best."""


@dataclass(frozen=True)
class FindingsView:
    """The cells that the sentences are about, each at its largest number of epochs.

    `index` has the cell of each row of the results, as the summary numbers them. `shown` are the
    cells whose keys other than `x` and `hue` are at their level in the best cell, `fixed` names
    these levels, and `panels` counts their combinations. `when` says at which epochs the cells are,
    where others have fewer.
    """

    results: pd.DataFrame
    index: CellIndex
    layout: Layout
    x: str
    hue: str
    cells: pd.DataFrame
    shown: pd.DataFrame
    fixed: tuple[str, ...]
    panels: int
    goal: str
    when: str

    @classmethod
    def of(cls, results: pd.DataFrame, summary: pd.DataFrame) -> FindingsView:
        """Return the cells of a summary, as the figures of the report show them."""
        layout = Layout.of(summary, swept_columns(summary))
        # Cells whose runs all failed have no rate.
        known = summary.dropna(subset=["rate"])
        cells = final_epochs_only(known)
        when = at_epochs_text(cells["epochs"]) if len(cells) < len(known) else ""
        cells = cells.assign(trained=cells["runs"] - cells["failed"])
        shown, fixed = cells, []
        held = [key for key in layout.col if key != "epochs"] if len(cells) else []
        # A slice, as there may be no cells; then no key is held either.
        best = best_first(cells).argsort()[:1]
        for key in held:
            level = cells[key].iloc[best].item()
            shown = shown[has_level(shown[key], level)]
            if pd.notna(level):  # else another component of its group has this key
                fixed.append(level_words(key, level))
        goal = "solve XOR" if (results["task"] == "xor").all() else "meet the criterion"
        x, hue = ("" if key == "epochs" else key for key in (layout.x, layout.hue))
        index = CellIndex.of_frame(results, swept_columns(results))
        panels = len(cells[held].drop_duplicates()) if held else 1
        return cls(results, index, layout, x, hue, cells, shown, tuple(fixed), panels, goal, when)

    def by_line(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the cells at each level that is drawn as a line, with the name of the level.

        Those without the key, which another component of its group has, have no name for it.
        """
        if not self.hue:
            yield "", self.shown
            return
        for level in levels(select_cells(self.shown, [self.hue], MOST_NAMED).cells, self.hue):
            name = "" if pd.isna(level) else level_words(self.hue, level)
            yield name, self.shown[has_level(self.shown[self.hue], level)]

    def those_with(self, line: str) -> str:
        """Return the words that tell the runs on a line from the others."""
        return with_text(line, *self.fixed)

    def runs_of(self, cell: pd.Series[Any]) -> pd.DataFrame:
        """Return how the runs of a cell ended, by their rows."""
        return take_rows(self.results, self.index.rows_of(int(str(cell.name))), RUN_COLUMNS)


def has_level(column: pd.Series[Any], level: Any) -> Any:
    """Tell where a column has a level (n,), which may be none."""
    return column.isna() if pd.isna(level) else column == level
