"""The runs that stand for cells, as a page shows them, and the links that lead to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xorsweep.layout import evenly, level_text
from xorsweep.report_tables import Link
from xorsweep.representatives import KINDS
from xorsweep.retraining import Retrained
from xorsweep.run_again import RunAgain
from xorsweep.summary import swept_columns
from xorsweep.templating import data_address

MOST_CHARACTERS = 2_000_000
"""Of all pictures together, so that a page stays small."""


@dataclass(frozen=True)
class RunShown:
    """A run on a page: the name of its place, its heading, what became of it, its pictures."""

    place: str
    heading: str
    text: str
    again: RunAgain
    surface: str

    @property
    def size(self) -> int:
        """Return the characters of its pictures."""
        return len(self.again.curve) + len(self.again.diagram) + len(self.surface)


@dataclass(frozen=True)
class CellShown:
    """A cell on a page, with the runs that stand for it."""

    place: str
    heading: str
    runs: Sequence[RunShown]


@dataclass(frozen=True)
class Details:
    """All cells that are shown with runs, and what is said of those that aren't."""

    cells: Sequence[CellShown]
    links: Mapping[int, Sequence[Link]]
    note: str


def details(results: pd.DataFrame, summary: pd.DataFrame, retrained: Retrained) -> Details:
    """Return the cells whose runs were trained again; links are by their places in the summary."""
    keys = swept_columns(summary)
    shown: dict[int, CellShown] = {}
    for place, rows in enumerate(retrained.rows.tolist()):
        if all(row in retrained.runs for row in rows):
            shown[place] = _cell(place, summary.iloc[place], keys, rows, results, retrained.runs)
    shown = _fitting(shown)
    links = {place: _links(cell) for place, cell in shown.items()}
    return Details(list(shown.values()), links, _note(len(shown), results, retrained))


def _fitting(cells: Mapping[int, CellShown]) -> dict[int, CellShown]:
    """Return all cells, or as many evenly spaced ones as a page has room for."""
    size = sum(run.size for cell in cells.values() for run in cell.runs)
    most = len(cells) * MOST_CHARACTERS // max(size, MOST_CHARACTERS)
    return {place: cells[place] for place in evenly(list(cells), most)}


def _cell(
    place: int,
    cell: pd.Series[Any],
    keys: Sequence[str],
    rows: Sequence[int],
    results: pd.DataFrame,
    runs: Mapping[int, RunAgain],
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


def _run(place: str, kinds: Sequence[str], row: pd.Series[Any], again: RunAgain) -> RunShown:
    surface = data_address("image/png", again.surface.png) if again.surface else ""
    heading = f"{' and '.join(kinds).capitalize()}: seed {row['seed']}"
    met = "Never met the criterion"
    if pd.notna(row["converged_epoch"]):
        met = f"Met the criterion after {row['converged_epoch']:,} epochs"
    error = "" if pd.isna(row["final_error"]) else f", final error {row['final_error']:.3g}"
    outcome = str(row["outcome"]).replace("_", " ")
    text = f"{met}; at the end {outcome}{error}. Row {again.row} of results.csv."
    return RunShown(place, heading, text, again, surface)


def _links(cell: CellShown) -> Sequence[Link]:
    found = []
    for run in cell.runs:
        kinds = run.heading.split(":")[0].lower()
        found.append(Link(run.place, kinds, f"{kinds} run of {cell.heading}"))
    return found


def _note(shown: int, results: pd.DataFrame, retrained: Retrained) -> str:
    cells = len(retrained.rows)
    if retrained.why_not:
        return f"No runs are shown: {retrained.why_not}."
    notes = []
    if shown < cells:
        notes.append(
            f"The runs of {shown:,} of {cells:,} cells are shown: all cells where they are few and "
            "quick to train again, else evenly spaced ones of those with the most epochs, as many "
            "as are trained in a moment and the page has room for."
        )
    other = sum(
        _differs(results["final_error"].iloc[row], run) for row, run in retrained.runs.items()
    )
    if other:
        notes.append(
            f"{other:,} of {len(retrained.runs):,} runs ended in other bits than in the sweep: it "
            "was trained on another machine, with other libraries or from other files, and the "
            "pictures are of near relatives."
        )
    else:
        notes.append(f"All {len(retrained.runs):,} runs ended with the error of the sweep's own.")
    return " ".join(notes)


def _differs(stored: float, run: RunAgain) -> bool:
    """Tell whether a run has another error than in the results, where an infinite one is empty."""
    return bool(stored != run.final_error) and not pd.isna(stored)
