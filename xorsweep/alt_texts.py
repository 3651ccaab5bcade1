"""What the pictures show, in words made from the same numbers, for those who can't see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from xorsweep.figures.source import Tables
from xorsweep.layout import level_name, level_text, levels, longest
from xorsweep.measures import OUTCOMES

MOST_NAMED = 6
"""Levels that are told one by one."""


def alt_text(name: str, tables: Tables) -> str:
    """Return what the picture of that name shows of a sweep."""
    return ALT_TEXTS[name](tables)


def _rate_map(tables: Tables) -> str:
    layout, cells = tables.layout, tables.summary.dropna(subset=["rate"])
    axes = [
        f"{_along(tables.summary, key)} {where}"
        for key, where in ((layout.across, "across"), (layout.lines, "upwards"))
        if key
    ]
    panels = [f"a panel for each level of {', '.join(layout.others)}"] if layout.others else []
    best, worst = (cells.iloc[place] for place in (cells["rate"].argmax(), cells["rate"].argmin()))
    return (
        f"Heat map, {', '.join([*axes, *panels])}. Most runs converge with {_named(tables, best)}: "
        f"{_rate(best)}. Fewest with {_named(tables, worst)}: {_rate(worst)}."
    )


def _rate_lines(tables: Tables) -> str:
    layout = tables.layout
    parts = []
    for words, cells in _by_line(tables, longest(tables.summary).dropna(subset=["rate"])):
        best, worst = cells["rate"].max(), cells["rate"].min()
        spread = _percent(best) if best == worst else f"{_percent(worst)} to {_percent(best)}"
        parts.append(f"{words}{spread}")
    along = f" along {_along(tables.summary, layout.across)}" if layout.across else ""
    return f"Rates with intervals{along}. At the most epochs: {'; '.join(parts)}."


def _unsolved(tables: Tables) -> str:
    rows = longest(tables.results)
    rows = rows[rows["status"] != "failed"]
    parts = [
        f"{words}{_percent(1 - part['converged'].mean())} of {len(part):,} runs"
        for words, part in _by_line(tables, rows)
    ]
    return (
        f"Falling curves, one a line. Still unsolved after {rows['epochs'].max():,} epochs, over "
        f"all panels: {'; '.join(parts)}."
    )


def _final_error(tables: Tables) -> str:
    rows = longest(tables.results)
    rows = rows[rows["status"] == "ok"]
    parts = []
    for words, part in _by_line(tables, rows):
        counts = part["outcome"].astype(str).value_counts()
        told = [f"{counts[name]:,} {name.replace('_', ' ')}" for name in OUTCOMES if name in counts]
        parts.append(f"{words}{', '.join(told)}")
    return (
        f"Histograms of the error after {rows['epochs'].max():,} epochs, in bars coloured by "
        f"outcome. Runs: {'; '.join(parts)}."
    )


def _error_by_epoch(tables: Tables) -> str:
    cells = longest(tables.summary).dropna(subset=["final_error_q50"])
    parts = []
    for words, part in _by_line(tables, cells):
        low, high = part["final_error_q50"].min(), part["final_error_q50"].max()
        parts.append(f"{words}{low:.2g}" + (f" to {high:.2g}" if high > low else ""))
    return (
        "Median error by epoch with the band of the middle half, on logarithmic axes. The medians "
        f"end at: {'; '.join(parts)}."
    )


ALT_TEXTS: Mapping[str, Callable[[Tables], str]] = {
    "convergence_rate": _rate_map,
    "rate_lines": _rate_lines,
    "unsolved": _unsolved,
    "final_error": _final_error,
    "error_by_epoch": _error_by_epoch,
}
"""By the names of the pictures."""


def _by_line(tables: Tables, frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each line, or of evenly spaced ones, with the words that begin its part."""
    key = tables.layout.at_the_end.lines
    if not key:
        yield "", frame
        return
    for level in levels(frame, key, MOST_NAMED):
        yield f"{level_text(key, level)}, ", frame[frame[key] == level]


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
