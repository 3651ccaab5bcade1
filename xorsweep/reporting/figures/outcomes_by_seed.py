"""How each seed ends along an axis: a row per seed, a panel per hidden size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from xorsweep.analysis.columns import has_levels, is_numeric
from xorsweep.reporting.figures import legends, scales
from xorsweep.reporting.figures.axes import MOST_PANELS, DrawnFigure, facets
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.pixels import coloured
from xorsweep.reporting.figures.style import GREY, OUTCOME_COLOURS
from xorsweep.reporting.layout import levels, panels
from xorsweep.reporting.selection import final_epochs_only, select_cells, spaced
from xorsweep.text import count_text

WIDTH, HEIGHT = 2.3, 3.4
"""Inches of a panel."""
MOST_ROWS = 500
"""Seeds of a panel, one in a line of dots; of more, evenly spaced ones are drawn."""
ABSENT = -1
"""Stands for a seed that wasn't trained at a level, or couldn't be."""
DRAWN = tuple(OUTCOME_COLOURS)


@dataclass(frozen=True)
class OutcomeRows:
    """How seeds end along an axis, those that solve the task at most of its levels first.

    Attributes:
        codes: The outcome of each seed at each level (seeds, levels), a place in DRAWN or ABSENT.
    """

    codes: NDArray[np.int8]

    @classmethod
    def of(cls, tables: Tables, cells: pd.DataFrame, key: str, along: list[Any]) -> OutcomeRows:
        """Return the outcomes of the cells of a panel, which hold each seed once per level."""
        runs = [tables.runs_of(place, ["seed", "outcome"]) for place in cells.index]
        seeds = np.unique(np.concatenate([each["seed"].to_numpy() for each in runs]))
        codes = np.full((len(seeds), len(along)), ABSENT, np.int8)
        for each, level in zip(runs, cells[key], strict=True):
            outcome = pd.Categorical(each["outcome"])
            code_of = np.append(pd.Index(DRAWN).get_indexer(outcome.categories), ABSENT)
            codes[np.searchsorted(seeds, each["seed"]), along.index(level)] = code_of[outcome.codes]
        trained = codes[(codes != ABSENT).any(axis=1)]
        solved = (trained == DRAWN.index("solved")).sum(axis=1)
        absent = (trained == ABSENT).sum(axis=1)
        return cls(trained[np.lexsort((*trained.T[::-1], -solved, absent))])

    @property
    def drawn(self) -> NDArray[np.int8]:
        """Return the rows that there is room for, evenly spaced."""
        drawn: NDArray[np.int8] = self.codes[spaced(len(self.codes), MOST_ROWS, 0)]
        return drawn

    def solved_text(self) -> str:
        """Return at how many levels the seeds that were trained at all of them are solved."""
        whole = self.codes[(self.codes != ABSENT).all(axis=1)]
        solved = (whole == DRAWN.index("solved")).sum(axis=1)
        every, none = int((solved == self.codes.shape[1]).sum()), int((solved == 0).sum())
        return (
            f"of {count_text(len(whole), 'seed')} {every:,} solved at every level, {none:,} at "
            f"none, {len(whole) - every - none:,} at some"
        )


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
        (title, OutcomeRows.of(tables, part, key, along))
        for title, part in panels(shown.cells, shown.keys)
        if (part["failed"] < part["runs"]).any()
    ]
    if not maps:
        return None
    figure, grid = facets(
        maps, WIDTH, HEIGHT, 4, sharey=False, xlabel=key, ylabel="seeds, by outcome"
    )
    names = [scales.level_label(level) for level in along]
    for axes, (_, each) in zip(grid, maps, strict=True):
        _draw_rows(axes, each)
    places = spaced(len(along), scales.MOST_TICKS, 0)
    grid[0].set_xticks(places, [names[place] for place in places])
    scales.turn_labels(grid, [names[place] for place in places])
    found = {code for _, each in maps for code in np.unique(each.codes)}
    legends.put_below(figure, _legend_handles(found))
    return DrawnFigure(figure, _alt_text(maps, key), "; ".join(_notes(shown.note, maps)))


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


def _draw_rows(axes: Axes, each: OutcomeRows) -> None:
    axes.imshow(
        coloured(each.drawn, [*OUTCOME_COLOURS.values()]),
        aspect="auto",
        interpolation="nearest",
        extent=(-0.5, each.codes.shape[1] - 0.5, len(each.codes), 0),
    )
    axes.tick_params("y", labelleft=True, left=True)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def _legend_handles(codes: set[int]) -> list[Patch]:
    known = legends.patches(
        {
            name.replace("_", " "): OUTCOME_COLOURS[name]
            for code, name in enumerate(DRAWN)
            if code in codes
        }
    )
    blank = Patch(facecolor="none", edgecolor=GREY, linewidth=0.6, label="not trained")
    return [*known, blank] if ABSENT in codes else known


def _notes(excluded: str, maps: Sequence[tuple[str, OutcomeRows]]) -> list[str]:
    """Return which settings are shown where not all are, and how many of the seeds."""
    most = max(len(each.codes) for _, each in maps)
    seeds = [f"{MOST_ROWS:,} of {most:,} seeds a panel at most, evenly spaced in their order"]
    return [*filter(None, [excluded]), *(seeds if most > MOST_ROWS else [])]


def _alt_text(maps: Sequence[tuple[str, OutcomeRows]], key: str) -> str:
    parts = [f"{title + ', ' if title else ''}{each.solved_text()}" for title, each in maps]
    return (
        f"A row for each seed and a column for each level of {key}, coloured by outcome, seeds "
        f"that are solved at most levels on top. In short: {'; '.join(parts)}."
    )
