"""The typical, best and worst runs of cells on a page, and the links to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.representative_runs import KINDS
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.run_drawings import RunDrawing, RunDrawings
from xorsweep.reporting.selection import select_cells
from xorsweep.reporting.setting_grid import SettingGrid, Square, setting_grid
from xorsweep.reporting.tables import Link
from xorsweep.reporting.wording import end_text, levels_text

MOST_CHARACTERS = 2_000_000
"""Of all drawings together, so that a page stays small."""


@dataclass(frozen=True)
class GalleryRun:
    """A run on a page: its place, its kinds (such as typical), heading, text and drawing."""

    place: str
    kinds: str
    heading: str
    text: str
    outcome: str
    drawing: RunDrawing


@dataclass(frozen=True)
class GalleryCell:
    """A cell on a page, with its typical, best and worst runs."""

    place: str
    heading: str
    runs: Sequence[GalleryRun]


@dataclass(frozen=True)
class RunGallery:
    """All cells that are shown with runs, links by cell, and a note of those that aren't shown.

    `grids` have the decision surface of each cell's typical run, a grid for each combination of
    levels other than those along its sides.
    """

    grids: Sequence[SettingGrid]
    cells: Sequence[GalleryCell]
    links: Mapping[int, Sequence[Link]]
    note: str


def run_gallery(
    results: pd.DataFrame,
    summary: pd.DataFrame,
    drawn: RunDrawings,
    most_characters: int = MOST_CHARACTERS,
) -> RunGallery:
    """Return the cells whose runs were drawn, or as many selected by axis as there is room for.

    The runs are drawn in the order of the summary, and all drawings together have at
    most `most_characters`.
    """
    keys = swept_columns(summary)
    cells = {
        place: _cell(place, summary.iloc[place], keys, rows, results, drawn.runs)
        for place, rows in enumerate(drawn.rows.tolist())
        # Not drawn are cells without a trained run, and those beyond MOST_CELLS.
        if all(row in drawn.runs for row in rows)
    }
    size = sum(run.drawing.size for cell in cells.values() for run in cell.runs)
    # As many as have room at their mean size.
    most = len(cells) * most_characters // max(size, most_characters)
    found = select_cells(summary.iloc[list(cells)], keys, max(most, 1), thin=True)
    cells = {place: cells[place] for place in found.cells.index}
    links = {
        place: [
            Link(run.place, run.kinds, f"{run.kinds} run of {cell.heading}") for run in cell.runs
        ]
        for place, cell in cells.items()
    }
    grids = list(_grids(found.cells, keys, cells))
    return RunGallery(grids, list(cells.values()), links, _note(len(cells), drawn, found.note))


def _grids(
    shown: pd.DataFrame, keys: Sequence[str], cells: Mapping[int, GalleryCell]
) -> Iterator[SettingGrid]:
    layout = Layout.of(shown, keys)
    if not layout.x:
        return

    def square(place: int, words: str) -> Square:
        cell = cells[place]
        typical = next(run for run in cell.runs if KINDS[0] in run.kinds)
        drawing = typical.drawing
        label = f"typical run of {words}: {drawing.surface_alt or typical.text}"
        text = "" if drawing.surface else typical.outcome
        return Square(label, text, target=cell.place, image=drawing.surface)

    col = [key for key in layout.col if shown[key].nunique(dropna=False) > 1]
    parts: Any = shown.groupby(col, sort=False, dropna=False) if col else [((), shown)]
    for number, (values, part) in enumerate(parts):
        caption = levels_text(dict(zip(col, values, strict=True)), col)
        yield setting_grid(f"surfaces-{number}", caption, part, layout, square)


def _cell(
    place: int,
    cell: pd.Series[Any],
    keys: Sequence[str],
    rows: Sequence[int],
    results: pd.DataFrame,
    runs: Mapping[int, RunDrawing],
) -> GalleryCell:
    kinds: dict[int, list[str]] = {}
    for kind, row in zip(KINDS, rows, strict=True):
        kinds.setdefault(row, []).append(kind)
    shown = [
        _run(f"cell-{place}-{names[0]}", " and ".join(names), results.iloc[row], runs[row])
        for row, names in kinds.items()
    ]
    return GalleryCell(f"cell-{place}", levels_text(cell, keys) or "all runs", shown)


def _run(place: str, kinds: str, row: pd.Series[Any], drawing: RunDrawing) -> GalleryRun:
    met = "Never met the criterion"
    if pd.notna(row["converged_epoch"]):
        met = f"Met the criterion after {row['converged_epoch']:,} epochs"
    end = end_text(row["outcome"], row["epochs"])
    error = "" if pd.isna(row["final_error"]) else f", final error {row['final_error']:.3g}"
    text = f"{met}; {end}{error}. Row {drawing.row} of the results."
    outcome = str(row["outcome"]).replace("_", " ")
    heading = f"{kinds.capitalize()}: seed {row['seed']}"
    return GalleryRun(place, kinds, heading, text, outcome, drawing)


def _note(shown: int, drawn: RunDrawings, levels: str) -> str:
    cells = len(drawn.rows)
    if drawn.error:
        return f"No runs are shown: {drawn.error}."
    if shown == cells:
        return ""
    which = f": {levels}" if levels else ""
    return f"The page has room for the runs of {shown:,} of {cells:,} settings{which}."
