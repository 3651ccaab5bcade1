"""Which solutions runs find: the share of each class among the solved runs of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from xorsweep.analysis.solutions import classes_only, label_counts
from xorsweep.reporting.figures import legends, scales
from xorsweep.reporting.figures.axes import DrawnFigure, Facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.legends import COLOURS
from xorsweep.reporting.figures.style import SMALL
from xorsweep.reporting.layout import panels
from xorsweep.reporting.selection import final_epochs_only, in_order, select_cells
from xorsweep.reporting.wording import levels_text
from xorsweep.text import count_text, percent_text

MOST_CELLS = 40
MOST_CLASSES = 8
"""Classes with a colour of their own, the most frequent ones."""
ROW_HEIGHT = 0.27
"""Inches from one row to the next."""
SHARE = "share of the solved runs"
OTHERS = "other classes"
CLASS_COLOURS = (*COLOURS[:7], COLOURS[8])
OTHERS_COLOUR = COLOURS[7]
BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL}
"""How texts beside bars look."""
MOST_NAMED = 12
"""Cells that the alternative text names one by one."""

Counts = Mapping[int, Mapping[str, int]]
"""How many runs have each class, by the place of their cell in the summary."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return a bar per cell, cut into the shares of classes; None of fewer than two classes."""
    counts = class_counts(tables)
    cells = final_epochs_only(tables.summary)
    cells = cells[[bool(counts[place]) for place in cells.index]]
    layout = tables.layout.at_the_end
    shown = select_cells(cells, (layout.x, layout.hue, *layout.col), MOST_CELLS, thin=True)
    table = pd.DataFrame({place: counts[place] for place in shown.cells.index}).T.fillna(0)
    if len(table.columns) < 2:
        return None
    key = next((key for key in (layout.x, layout.hue, *shown.keys) if key in shown.keys), "")
    parts = panels(shown.cells, [each for each in shown.keys if each != key])
    grid = Facets(
        parts,
        ROW_HEIGHT * max(2, *(len(part) for _, part in parts)) + 0.3,
        columns=1,
        widest=6.4,
        sharey=False,
        ylabel=key or "all runs",
    )
    named = table.sum().sort_index().sort_values(ascending=False, kind="stable").index
    colours = dict(zip(named, CLASS_COLOURS, strict=False))
    if len(named) > len(colours):
        table[OTHERS] = table[named[MOST_CLASSES:]].sum(axis=1)
        colours[OTHERS] = OTHERS_COLOUR
    for axes, part in grid:
        rows = in_order(part, [key])
        solved = table.loc[rows.index, named].sum(axis=1)
        shares = table.loc[rows.index, [*colours]].div(solved, axis=0)
        names = [scales.level_label(level) for level in rows[key]] if key else [""]
        shares.set_axis(names).plot.barh(
            ax=axes, stacked=True, width=0.8, color=colours, legend=False
        )
        for row, count in enumerate(solved):
            axes.annotate(f"{count:,.0f}", (1, row), (4, 0), va="center", **BESIDE)
        axes.annotate("solved", (1, 1), (4, 2), xycoords="axes fraction", **BESIDE)
        axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel=SHARE)  # pandas has replaced the label
        axes.tick_params("y", length=0, labelleft=True)
    grid.first.set_xlim(0, 1)
    scales.show_percent(grid.first.xaxis)
    legends.put_below(grid.figure, legends.patches(colours))
    return DrawnFigure(grid.figure, _alt_text(shown.cells, shown.keys, counts), shown.note)


def class_counts(tables: Tables) -> Counts:
    """Return the counts of classes in each cell of the summary."""
    found = label_counts(tables.results["solution"], tables.index)
    return {
        place: classes_only(each) for place, each in zip(tables.summary.index, found, strict=True)
    }


def _alt_text(cells: pd.DataFrame, keys: Sequence[str], counts: Counts) -> str:
    parts = []
    for place, cell in list(cells.iterrows())[:MOST_NAMED]:
        mine = counts[int(str(place))]
        solved = sum(mine.values())
        words = levels_text(cell, keys)
        shares = [
            f"{label} {percent_text(count / solved)} %" for label, count in list(mine.items())[:3]
        ]
        more = f" and {count_text(len(mine) - 3, 'other class', 'other classes')}"
        parts.append(
            f"{words}{': ' if words else ''}{', '.join(shares)}{more * (len(mine) > 3)} of "
            f"{count_text(solved, 'solved run')}"
        )
    left = len(cells) - len(parts)
    rest = f"; and {left:,} more cells" if left else ""
    return f"A bar per cell, the share of each class of solutions: {'; '.join(parts)}{rest}."
