"""How each seed ends along an axis: a row per seed, a panel per hidden size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xorsweep.analysis.columns import has_levels, is_numeric
from xorsweep.reporting.figures import legends, scales
from xorsweep.reporting.figures.axes import MOST_PANELS, DrawnFigure, Facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.pixels import coloured
from xorsweep.reporting.figures.style import GREY, OUTCOME_COLOURS
from xorsweep.reporting.layout import levels, panels
from xorsweep.reporting.selection import final_epochs_only, select_cells, spaced
from xorsweep.text import count_text

MOST_ROWS = 500
"""Seeds of a panel, one in a line of dots; of more, evenly spaced ones are drawn."""
ABSENT = -1
"""Stands for a seed that wasn't trained at a level, or couldn't be."""
DRAWN = tuple(OUTCOME_COLOURS)


Codes = NDArray[np.intp]
"""The outcome of each seed at each level (seeds, levels), a place in DRAWN or ABSENT."""


def draw(tables: Tables) -> DrawnFigure | None:
    """Return the outcome of each seed along the learning rate, or along another axis."""
    cells = final_epochs_only(tables.summary)
    key = chosen_axis(tables)
    if key == "epochs":
        cells = tables.summary
    if not key or not has_levels(tables.results["seed"], 2):
        return None
    keys = [each for each in tables.layout.keys if each not in (key, "epochs")]
    keys.sort(key=lambda each: (each not in tables.layout.chosen, each != "hidden"))
    shown = select_cells(cells, keys, MOST_PANELS)
    along = levels(shown.cells, key)
    maps = [
        (title, _codes(tables, part, key, along))
        for title, part in panels(shown.cells, shown.keys)
        if (part["failed"] < part["runs"]).any()
    ]
    if not maps:
        return None
    grid = Facets(maps, 3.4, columns=4, sharey=False, xlabel=key, ylabel="seeds, by outcome")
    for axes, each in grid:
        _draw_rows(axes, each)
    places = spaced(len(along), scales.MOST_TICKS, 0)
    names = [scales.level_label(along[place]) for place in places]
    grid.first.set_xticks(places, names)
    scales.turn_labels(grid, names)
    found = {code for _, codes in maps for code in np.unique(codes)}
    legends.put_below(grid.figure, _legend_handles(found))
    most = max(len(codes) for _, codes in maps)
    seeds = f"{MOST_ROWS:,} of {most:,} seeds a panel at most, evenly spaced in their order"
    note = "; ".join(filter(None, (shown.note, seeds if most > MOST_ROWS else "")))
    return DrawnFigure(grid.figure, _alt_text(maps, key), note, has_all_epochs=key == "epochs")


def chosen_axis(tables: Tables) -> str:
    """Return the axis across: that which was chosen, else lr, else the first swept key of numbers.

    The hidden size and the epochs are taken where there is no other; empty where none is swept.
    """
    swept = tables.layout.keys
    if tables.layout.x in tables.layout.chosen:
        return tables.layout.x
    others = [key for key in tables.summary.columns if key in swept]
    numbers = [key for key in others if is_numeric(tables.summary[key])]
    own = [key for key in numbers if key not in ("hidden", "epochs")]
    ordered = ["lr", *own, "hidden", *(key for key in others if key != "epochs"), "epochs"]
    return next((key for key in ordered if key in swept), "")


def _codes(tables: Tables, cells: pd.DataFrame, key: str, along: list[Any]) -> Codes:
    """Return the outcomes of the cells of a panel, seeds that solve the task at most levels first.

    Each cell holds each seed once.
    """
    ends = {
        level: tables.runs_of(int(str(place)), ["seed", "outcome"]).set_index("seed")["outcome"]
        for place, level in cells[key].items()
    }
    names = pd.DataFrame(ends).reindex(columns=along).astype(object).to_numpy()
    codes = pd.Index(DRAWN).get_indexer(pd.Index(names.ravel())).reshape(names.shape)
    trained = codes[(codes != ABSENT).any(axis=1)]
    absent = (trained == ABSENT).sum(axis=1)
    order = np.lexsort((*trained.T[::-1], -_solved(trained), absent))
    return np.asarray(trained[order])


def _solved(codes: Codes) -> NDArray[np.intp]:
    """Return at how many levels each seed is solved."""
    return np.asarray((codes == DRAWN.index("solved")).sum(axis=1))


def _draw_rows(axes: Axes, codes: Codes) -> None:
    axes.imshow(
        coloured(codes[spaced(len(codes), MOST_ROWS, 0)], [*OUTCOME_COLOURS.values()]),
        aspect="auto",
        interpolation="nearest",
        extent=(-0.5, codes.shape[1] - 0.5, len(codes), 0),
    )
    axes.tick_params("y", labelleft=True, left=True)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def _legend_handles(codes: set[int]) -> list[Patch]:
    names = [DRAWN[code] for code in sorted(codes - {ABSENT})]
    known = legends.patches({name.replace("_", " "): OUTCOME_COLOURS[name] for name in names})
    blank = Patch(facecolor="none", edgecolor=GREY, linewidth=0.6, label="not trained")
    return [*known, blank] if ABSENT in codes else known


def _alt_text(maps: Sequence[tuple[str, Codes]], key: str) -> str:
    parts = [f"{title + ', ' if title else ''}{_solved_text(codes)}" for title, codes in maps]
    return (
        f"A row for each seed and a column for each level of {key}, coloured by outcome, seeds "
        f"that are solved at most levels on top. In short: {'; '.join(parts)}."
    )


def _solved_text(codes: Codes) -> str:
    """Return at how many levels the seeds that were trained at all of them are solved."""
    whole = codes[(codes != ABSENT).all(axis=1)]
    every, none = ((_solved(whole) == count).sum() for count in (codes.shape[1], 0))
    return (
        f"of {count_text(len(whole), 'seed')} {every:,} solved at every level, {none:,} at none, "
        f"{len(whole) - every - none:,} at some"
    )
