"""The page of two sweeps side by side: findings, a figure, tables of settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.analysis.columns import is_numeric
from xorsweep.analysis.paired_tests import NO_DIFFERENCE
from xorsweep.analysis.sweep_comparison import SweepComparison
from xorsweep.reporting.comparison_findings import comparison_findings, describe_tests, setting_text
from xorsweep.reporting.console import path_text
from xorsweep.reporting.page_figures import PageFigure, svg_source
from xorsweep.reporting.selection import select_cells
from xorsweep.reporting.tables import Table, difference_text, excluded_note
from xorsweep.text import level_name, number_text, rate_interval_text

MOST_CELLS = 1_000
"""Cells on the page; compare.csv holds all."""
CELLS_HEAD = (
    "rate in a",
    "rate in b",
    "a minus b, 95 % interval",
    "p",
    "verdict",
    "test",
)
"""Columns of the table of cells after the keys, before those of times."""


@dataclass(frozen=True)
class ComparisonPage:
    """The content of the page of a comparison, as texts."""

    title: str
    sweeps: Sequence[tuple[str, str, str]]
    findings: Sequence[str]
    test: str
    settings: Table
    figure: PageFigure
    cells: Table
    only: Table


def comparison_page(
    found: SweepComparison, sweeps: Sequence[tuple[str, Path, str]], event: str
) -> ComparisonPage:
    """Return the page of a comparison.

    `sweeps` has the letter, the folder and the grid of each in words, and `event` is that which is
    counted.
    """
    names = [sweep_name(folder) for _, folder, _ in sweeps]
    return ComparisonPage(
        title=f"{' and '.join(names)}, side by side",
        sweeps=[(letter, path_text(folder), text) for letter, folder, text in sweeps],
        findings=list(comparison_findings(found, event)),
        test=describe_tests(found),
        settings=Table(
            "Keys in which the compared settings differ.",
            ("key", "in a", "in b"),
            found.settings,
        ),
        figure=_figure(found),
        cells=_cells_table(found),
        only=_only_table(found),
    )


def sweep_name(folder: Path) -> str:
    """Return the name of a sweep's folder; for one named by a time, its date and time."""
    is_time = re.fullmatch(r"\d\d-\d\d-\d\d(_\d+)?", folder.name)
    return f"{folder.parent.name}/{folder.name}" if is_time else folder.name


def _figure(found: SweepComparison) -> PageFigure:
    # Matplotlib is imported here, once there is something to draw.
    from xorsweep.reporting.figures.rate_scatter import draw_rates
    from xorsweep.reporting.figures.style import styled, svg_of

    shown, _ = shown_cells(found)
    rate_a, rate_b = (shown[f"rate_{which}"].to_numpy(np.float64) for which in ("a", "b"))
    with styled():
        drawn = draw_rates(rate_a, rate_b, (shown["verdict"] != NO_DIFFERENCE).to_numpy())
        svg = svg_of(drawn.figure)
    caption = (
        "Each mark is a setting: the horizontal axis is its rate in a, the vertical axis in b. On "
        "the dashed line both are equal; above it b is higher. Filled marks differ beyond chance."
    )
    return PageFigure("rates", "Rates against each other", caption, drawn.alt, svg_source(svg))


def _cells_table(found: SweepComparison) -> Table:
    """Return all cells in the order of the grid; those that differ, then others, if too many."""
    (cells, note), keys = shown_cells(found), list(found.keys)
    timed = "ab" if found.time else ""
    rows = [
        (
            *(level_name(cell[key]) for key in keys),
            _rate(cell, "a"),
            _rate(cell, "b"),
            difference_text(cell),
            f"{cell['p_holm']:.2g}",
            cell["verdict"],
            cell["test"],
            *(number_text(cell[f"median_{found.time}_{each}"]) or "not reached" for each in timed),
        )
        for cell in cells.to_dict("records")
    ]
    note = excluded_note(note, len(cells), len(found.cells), "compare.csv")
    # The columns of keys hold objects, whatever their levels are.
    numeric = [place for place, key in enumerate(keys) if is_numeric(pd.Series(list(cells[key])))]
    first = len(keys)
    described = (p_head(found) if head == "p" else head for head in CELLS_HEAD)
    head = (*keys, *described, *(f"median {found.time} in {which}" for which in timed))
    numbers = (*numeric, *range(first, first + 4), *range(first + len(CELLS_HEAD), len(head)))
    return Table("Settings of both sweeps.", head, rows, note, max(first, 1), numbers)


def shown_cells(found: SweepComparison) -> tuple[pd.DataFrame, str]:
    """Return the cells that fit on the page, in the order of the grid, and which these are."""
    cells = found.cells
    if len(cells) <= MOST_CELLS:
        return cells, ""
    differing = found.differing.head(MOST_CELLS)
    which, remaining = "those that differ, the surest first", MOST_CELLS - len(differing)
    if not remaining:
        return cells.loc[sorted(differing.index)], which
    others = cells.drop(index=differing.index)
    # Cells without a run come last.
    rates = others[["rate_a", "rate_b"]].max(axis=1).fillna(-1)
    rank = rates.rank(method="first", ascending=False).to_numpy().astype(np.int64)
    some = select_cells(others, found.keys, remaining, rank, thin=True)
    kept = sorted([*differing.index, *some.cells.index])
    return cells.loc[kept], f"{which}, and of the others {some.note}"


def _rate(cell: Any, which: str) -> str:
    rate = (cell[f"rate_{which}{end}"] for end in ("", "_low", "_high"))
    return f"{rate_interval_text(*rate)} of {cell[f'runs_{which}']:,}"


def p_head(found: SweepComparison) -> str:
    """Return the head of the column of p-values."""
    return "p" if len(found.cells) == 1 else "p (Holm)"


def _only_table(found: SweepComparison) -> Table:
    rows = [
        (which, setting_text(cell, found.keys))
        for which, only in (("a", found.only_a), ("b", found.only_b))
        for cell in only.head(MOST_CELLS // 2).to_dict("records")
    ]
    left = len(found.only_a) + len(found.only_b) - len(rows)
    note = f"and {left:,} more" if left else ""
    return Table("Settings that only one sweep has.", ("only in", "setting"), rows, note)
