"""What the pictures show, in words made from the same numbers, for those who can't see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from xorsweep.networks.metrics import OUTCOMES
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.selected_cells import SELECTIONS, SelectedCells
from xorsweep.reporting.layout import BEST, final_epochs_only, levels
from xorsweep.text import level_name, level_text

MOST_NAMED = 8
"""Levels that are told one by one; of more of them only the first and the last."""


def alt_text(name: str, tables: Tables) -> str:
    """Return what the picture of that name shows of a sweep."""
    shown = SELECTIONS[name](tables)
    return " ".join(filter(None, (ALT_TEXTS[name](tables, shown), left_out(name, tables))))


def left_out(name: str, tables: Tables) -> str:
    """Return what the picture of that name doesn't show, as a sentence, or nothing."""
    note = SELECTIONS[name](tables).note
    if not note:
        return ""
    best = "; of cells as good, the one where a solution takes fewest epochs"
    which = f" The best cell is the one where most runs converge{best}." if BEST in note else ""
    return f"Not all is shown: {note}.{which}"


def _rate_map(tables: Tables, shown: SelectedCells) -> str:
    layout, cells = shown.layout, shown.cells.dropna(subset=["rate"])
    axes = [
        f"{_along(shown.cells, key)} {where}"
        for key, where in ((layout.x, "across"), (layout.hue, "upwards"))
        if key
    ]
    panels = [f"a panel for each level of {', '.join(shown.panels)}"] if shown.panels else []
    best, worst = (cells.iloc[place] for place in (cells["rate"].argmax(), cells["rate"].argmin()))
    return (
        f"Heat map, {', '.join([*axes, *panels])}. Most runs converge with {_named(tables, best)}: "
        f"{_rate(best)}. Fewest with {_named(tables, worst)}: {_rate(worst)}."
    )


def _rate_lines(tables: Tables, shown: SelectedCells) -> str:
    layout = shown.layout
    parts = [
        f"{words}{_range(cells['rate'], _percent)}"
        for words, cells in _by_line(shown, final_epochs_only(shown.cells))
    ]
    along = f" along {_along(shown.cells, layout.x)}" if layout.x else ""
    return f"Rates with intervals{along}. At the most epochs: {'; '.join(parts)}."


def _unsolved(tables: Tables, shown: SelectedCells) -> str:
    parts = [
        f"{words}{_range(cells['unsolved_fraction'], _percent)}"
        for words, cells in _by_line(shown, shown.cells)
    ]
    return f"Falling curves, one a cell. Still unsolved at the end: {'; '.join(parts)}."


def _final_error(tables: Tables, shown: SelectedCells) -> str:
    rows = tables.rows_of(shown.cells)
    rows = rows[rows["status"] == "ok"]
    parts = []
    for words, part in _by_line(shown, rows):
        counts = part["outcome"].astype(str).value_counts()
        told = [f"{counts[name]:,} {name.replace('_', ' ')}" for name in OUTCOMES if name in counts]
        parts.append(f"{words}{', '.join(told)}")
    return (
        f"Histograms of the error after {rows['epochs'].max():,} epochs, a row for each of "
        f"{len(shown.cells):,} cells, in bars coloured by outcome. Runs: {'; '.join(parts)}."
    )


def _error_by_epoch(tables: Tables, shown: SelectedCells) -> str:
    parts = [
        f"{words}{_range(cells['final_error_q50'], '{:.2g}'.format)}"
        for words, cells in _by_line(shown, shown.cells.dropna(subset=["final_error_q50"]))
    ]
    return (
        "Error by epoch on logarithmic axes, a panel a cell: single runs as thin lines coloured by "
        "outcome, their median and the band of their middle half. The medians end at: "
        f"{'; '.join(parts)}."
    )


ALT_TEXTS: Mapping[str, Callable[[Tables, SelectedCells], str]] = {
    "convergence_rate": _rate_map,
    "rate_lines": _rate_lines,
    "unsolved": _unsolved,
    "final_error": _final_error,
    "error_by_epoch": _error_by_epoch,
}
"""By the names of the pictures."""


def _by_line(shown: SelectedCells, frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each line with the words that begin its part; all together if many."""
    key = shown.layout.hue
    found = levels(frame, key) if key else []
    if not 1 < len(found) <= MOST_NAMED:
        yield "", frame
        return
    for level in found:
        yield f"{level_text(key, level)}, ", frame[frame[key] == level]


def _range(numbers: pd.Series[float], text: Callable[[float], str]) -> str:
    low, high = text(numbers.min()), text(numbers.max())
    return low if low == high else f"{low} to {high}"


def _along(summary: pd.DataFrame, key: str) -> str:
    found = levels(summary, key)
    if len(found) <= MOST_NAMED:
        return f"{key} {', '.join(map(level_name, found))}"
    return f"{key}, {len(found):,} levels from {level_name(found[0])} to {level_name(found[-1])},"


def _named(tables: Tables, cell: Any) -> str:
    return ", ".join(
        level_text(key, cell[key]) for key in tables.layout.keys if pd.notna(cell[key])
    )


def _rate(cell: Any) -> str:
    return f"{_percent(cell['rate'])}, {cell['converged']:,} of {cell['runs'] - cell['failed']:,}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f} %"
