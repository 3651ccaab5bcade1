"""The runs that stand for cells, as a page shows them, and the links that lead to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xorsweep.analysis.representative_runs import KINDS
from xorsweep.analysis.summary import swept_columns
from xorsweep.networks.metrics import PLATEAUS
from xorsweep.reporting.layout import chosen
from xorsweep.reporting.rendering import data_address
from xorsweep.reporting.run_drawings import DrawnRuns
from xorsweep.reporting.run_pictures import RunPictures
from xorsweep.reporting.tables import Link
from xorsweep.text import level_text

MOST_CHARACTERS = 2_000_000
"""Of all pictures together, so that a page stays small."""


@dataclass(frozen=True)
class RunShown:
    """A run on a page: the name of its place, its heading, what became of it, its pictures."""

    place: str
    heading: str
    text: str
    pictures: RunPictures
    surface: str

    @property
    def size(self) -> int:
        """Return the characters of its pictures."""
        return len(self.pictures.curve) + len(self.pictures.diagram) + len(self.surface)


@dataclass(frozen=True)
class CellShown:
    """A cell on a page, with the runs that stand for it."""

    place: str
    heading: str
    runs: Sequence[RunShown]


@dataclass(frozen=True)
class RunGallery:
    """All cells that are shown with runs, and what is said of those that aren't."""

    cells: Sequence[CellShown]
    links: Mapping[int, Sequence[Link]]
    note: str


def run_gallery(results: pd.DataFrame, summary: pd.DataFrame, drawn: DrawnRuns) -> RunGallery:
    """Return the cells whose runs were drawn; links are by their places in the summary."""
    keys = swept_columns(summary)
    shown: dict[int, CellShown] = {}
    for place, rows in enumerate(drawn.rows.tolist()):
        if all(row in drawn.runs for row in rows):
            shown[place] = _cell(place, summary.iloc[place], keys, rows, results, drawn.runs)
    shown, levels = _fitting(shown, summary, keys)
    links = {place: _links(cell) for place, cell in shown.items()}
    return RunGallery(list(shown.values()), links, _note(len(shown), drawn, levels))


def _fitting(
    cells: Mapping[int, CellShown], summary: pd.DataFrame, keys: Sequence[str]
) -> tuple[dict[int, CellShown], str]:
    """Return all cells, or as many chosen by axis as a page has room for, and what these are."""
    size = sum(run.size for cell in cells.values() for run in cell.runs)
    most = len(cells) * MOST_CHARACTERS // max(size, MOST_CHARACTERS)
    found = chosen(summary.iloc[list(cells)], keys, max(most, 1), thin=True)
    return {place: cells[place] for place in found.cells.index}, found.note


def _cell(
    place: int,
    cell: pd.Series[Any],
    keys: Sequence[str],
    rows: Sequence[int],
    results: pd.DataFrame,
    runs: Mapping[int, RunPictures],
) -> CellShown:
    levels = ", ".join(level_text(key, cell[key]) for key in keys if pd.notna(cell[key]))
    kinds: dict[int, list[str]] = {}
    for kind, row in zip(KINDS, rows, strict=True):
        kinds.setdefault(row, []).append(kind)
    return CellShown(
        f"cell-{place}",
        levels or "all runs",
        [
            _run(f"cell-{place}-{names[0]}", names, results.iloc[row], runs[row])
            for row, names in kinds.items()
        ],
    )


def _run(place: str, kinds: Sequence[str], row: pd.Series[Any], pictures: RunPictures) -> RunShown:
    surface = data_address("image/png", pictures.surface.png) if pictures.surface else ""
    heading = f"{' and '.join(kinds).capitalize()}: seed {row['seed']}"
    met = "Never met the criterion"
    if pd.notna(row["converged_epoch"]):
        met = f"Met the criterion after {row['converged_epoch']:,} epochs"
    error = "" if pd.isna(row["final_error"]) else f", final error {row['final_error']:.3g}"
    text = f"{met}; {_end(row)}{error}. Row {pictures.row} of results.csv."
    return RunShown(place, heading, text, pictures, surface)


def _end(row: pd.Series[Any]) -> str:
    outcome = str(row["outcome"]).replace("_", " ")
    if row["outcome"] in PLATEAUS:
        return f"still at the plateau {outcome} after {row['epochs']:,} epochs"
    return f"at the end {outcome}"


def _links(cell: CellShown) -> Sequence[Link]:
    found = []
    for run in cell.runs:
        kinds = run.heading.split(":")[0].lower()
        found.append(Link(run.place, kinds, f"{kinds} run of {cell.heading}"))
    return found


def _note(shown: int, drawn: DrawnRuns, levels: str) -> str:
    cells = len(drawn.rows)
    if drawn.why_not:
        return f"No runs are shown: {drawn.why_not}."
    if shown == cells:
        return ""
    which = f" ({levels})" if levels else ""
    return (
        f"The runs of {shown:,} of {cells:,} cells are shown, as many as the page has room for: of "
        "those with the most epochs every level of some keys, and of the others that of the best "
        f"cell{which}."
    )
