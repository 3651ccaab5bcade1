"""The sentence about the setting that solves the task for the fewest epochs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.intervals import running_time_intervals, simultaneous
from xorsweep.reporting.findings_view import FindingsView
from xorsweep.reporting.wording import cell_words
from xorsweep.storage.compact_columns import take_rows
from xorsweep.text import count_text

ENOUGH_SOLVED = 30
"""Runs that must have converged before a cell's cost has an interval that can be relied on."""


def cost_findings(view: FindingsView) -> Iterator[str]:
    """Yield which cell solves the task for the fewest epochs, those of its failures included."""
    cells = view.cells
    enough = cells[cells["converged"] >= ENOUGH_SOLVED]
    if len(enough) < 2:
        return
    low, high = _costs(view, enough)
    best = int(enough["expected_running_time"].argmin())
    cell, cost = enough.iloc[best], enough["expected_running_time"].iloc[best]
    # The best one's own interval reaches itself, so it is subtracted.
    alike = int((low <= high[best]).sum()) - 1
    dearer = len(enough) - 1 - alike
    parts = [
        f"{count_text(alike, 'other')} can't be distinguished from it" if alike else "",
        f"{dearer:,} cost{'s' if dearer == 1 else ''} more" if dearer else "",
    ]
    yield (
        f"Cheapest per solution, counting failed attempts: {cell_words(view.layout, cell)}, at "
        f"{cost:,.0f} [{low[best]:,.0f}, {high[best]:,.0f}] epochs. Of the "
        f"{count_text(len(enough), 'setting')}{view.when} with at least {ENOUGH_SOLVED} solutions, "
        f"{' and '.join(filter(None, parts))}.{_too_few_text(view, cost)}"
    )


def _too_few_text(view: FindingsView, cost: float) -> str:
    """Return how many cells have too few solutions, and whether one of them costs less so far."""
    few = view.cells[view.cells["converged"] < ENOUGH_SOLVED]
    if few.empty:
        return ""
    excluded = "is excluded" if len(few) == 1 else "are excluded"
    text = f" {count_text(len(few), 'setting')} with fewer solutions {excluded}"
    cheaper = few[few["expected_running_time"] < cost]
    if cheaper.empty:
        return f"{text}."
    least = cheaper.iloc[int(cheaper["expected_running_time"].argmin())]
    return (
        f"{text}; the lowest cost among these is {least['expected_running_time']:,.0f}, from "
        f"{count_text(int(least['converged']), 'solution')} with {cell_words(view.layout, least)}."
    )


def _costs(view: FindingsView, cells: pd.DataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the limits (cells,) of the cost of a solution, which hold for all cells together."""
    place_of = np.full(len(view.index), -1)
    place_of[cells.index] = np.arange(len(cells))
    limits = np.full((2, len(cells)), np.nan)
    # In blocks, as these columns of all rows together may not fit in memory. Each has whole cells.
    for rows in view.index.blocks():
        rows = rows[place_of[view.index.number[rows]] >= 0]
        runs = take_rows(view.results, rows, ["epochs", "converged", "converged_epoch", "status"])
        runs = runs[runs["status"] != "failed"]
        places, cell = np.unique(place_of[view.index.number[runs.index]], return_inverse=True)
        # A run that doesn't converge costs all its epochs.
        spent = runs["converged_epoch"].fillna(runs["epochs"]).to_numpy(np.float64)
        converged = runs["converged"].to_numpy(np.float64)
        limits[:, places] = running_time_intervals(cell, spent, converged, simultaneous(len(cells)))
    low, high = limits
    return low, high
