"""Which solutions runs find: the share of each class among the solved runs of a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from xorsweep.analysis.solutions import classes_only, label_counts
from xorsweep.reporting.figures import legends, scales
from xorsweep.reporting.figures.axes import DrawnFigure, facets, room_across, text_width
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.palette import COLOURS
from xorsweep.reporting.figures.style import BLACK, SMALL
from xorsweep.reporting.layout import levels, panels
from xorsweep.reporting.selection import final_epochs_only, select_cells
from xorsweep.text import count_text, level_text, percent_text

MOST_CELLS = 40
MOST_CLASSES = 8
"""Classes with a colour of their own, the most frequent ones."""
ROW_HEIGHT = 0.27
"""Inches from one row to the next."""
OTHERS = "other classes"
CLASS_COLOURS = (*COLOURS[:7], COLOURS[8])
OTHERS_COLOUR = COLOURS[7]
GAP = 0.002
"""Between two parts of a bar, as a share of it."""
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
    total = Counter[str]()
    for place in shown.cells.index:
        total.update(counts[place])
    if len(total) < 2:
        return None
    key = next((key for key in (layout.x, layout.hue, *shown.keys) if key in shown.keys), "")
    parts = panels(shown.cells, [each for each in shown.keys if each != key])
    most_rows = max(len(part) for _, part in parts)
    figure, grid = facets(
        parts,
        6.4,
        ROW_HEIGHT * max(2, most_rows) + 0.3,
        columns=1,
        sharey=False,
        xlabel="share of the solved runs",
        ylabel=key or "all runs",
    )
    named = [label for label, _ in sorted(total.items(), key=lambda each: (-each[1], each[0]))]
    colours = dict(zip(named[:MOST_CLASSES], CLASS_COLOURS, strict=False))
    for axes, (_, part) in zip(grid, parts, strict=True):
        _draw_rows(axes, part, key, counts, colours, 0.85 * room_across(grid[0]))
    grid[0].set_xlim(0, 1)
    scales.show_percent(grid[0].xaxis)
    rest = {OTHERS: OTHERS_COLOUR} if len(named) > len(colours) else {}
    legends.put_below(figure, legends.patches(colours | rest))
    return DrawnFigure(figure, _alt_text(shown.cells, shown.keys, counts), shown.note)


def class_counts(tables: Tables) -> Counts:
    """Return the counts of classes in each cell of the summary."""
    found = label_counts(tables.results["solution"], tables.index)
    return {
        place: classes_only(each) for place, each in zip(tables.summary.index, found, strict=True)
    }


def _draw_rows(
    axes: Axes,
    part: pd.DataFrame,
    key: str,
    counts: Counts,
    colours: Mapping[str, str],
    room: float,
) -> None:
    """Draw the cells of a panel below each other, the first on top, bars of `room` inches."""
    order = levels(part, key) if key else [""]
    rows = [part[part[key] == level] if key else part for level in order]
    for row, cell in enumerate(rows):
        mine = counts[cell.index[0]]
        solved, start = sum(mine.values()), 0.0
        for label, share in _segments(mine, colours, room):
            axes.barh(row, share - GAP, 0.8, start, color=colours.get(label, OTHERS_COLOUR))
            if label in mine and label not in colours:
                axes.text(
                    start + share / 2,
                    row,
                    label,
                    ha="center",
                    va="center",
                    fontsize=SMALL,
                    color=BLACK,
                )
            start += share
        axes.annotate(
            f"{solved:,}", (1, row), (4, 0), textcoords="offset points", va="center", fontsize=SMALL
        )
    axes.annotate(
        "solved",
        (1, 1),
        (4, 2),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=SMALL,
    )
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [scales.level_label(level) for level in order])
    axes.tick_params(axis="y", length=0)


def _segments(
    counts: Mapping[str, int], colours: Mapping[str, str], room: float
) -> Iterator[tuple[str, float]]:
    """Yield the parts of a bar with their shares: classes with a colour, others, the rest.

    Of the others those are drawn apart that have room for their name.
    """
    total, left = sum(counts.values()), 1.0
    for label in sorted(counts, key=lambda label: [*colours, label].index(label)):
        share = counts[label] / total
        if label in colours or room * share >= text_width(label, SMALL) + 0.1:
            left -= share
            yield label, share
    if left > GAP:
        yield OTHERS, left


def _alt_text(cells: pd.DataFrame, keys: Sequence[str], counts: Counts) -> str:
    parts = []
    for place, cell in list(cells.iterrows())[:MOST_NAMED]:
        mine = counts[int(str(place))]
        solved = sum(mine.values())
        words = ", ".join(level_text(key, cell[key]) for key in keys if pd.notna(cell[key]))
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
