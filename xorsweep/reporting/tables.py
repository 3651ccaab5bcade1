"""The tables of a report, as texts: cells, neighbours, outcomes, failures, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.analysis.columns import is_numeric, swept_columns
from xorsweep.analysis.export import Failure
from xorsweep.analysis.paired_tests import NO_DIFFERENCE, surest_first
from xorsweep.reporting.layout import levels
from xorsweep.reporting.selection import select_cells
from xorsweep.reporting.wording import levels_text
from xorsweep.storage.column_bits import changes
from xorsweep.text import level_name, level_text, percent_text, rate_interval_text

NO_RUN = "no run"
"""Of a setting all of whose runs failed."""
MOST_CELLS, MOST_CELLS_AS_TEXT = 1_000, 60
"""Rows of the table of cells on the page and in Markdown; summary.csv holds all."""
MOST_NEIGHBOURS = 100
MOST_LEVELS = 8
MOST_REASONS = 50


@dataclass(frozen=True)
class Link:
    """A place on the page: its name there, the text that leads to it, and the text in full."""

    target: str
    text: str
    label: str


@dataclass(frozen=True)
class Table:
    """A table of texts; `note` names the excluded rows.

    The first `keys` columns name a row, and `numbers` are the columns that start with a number.
    `links` holds those of each row, where there are any, and `places` the places of the settings
    that are rows in the summary.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    keys: int = 1
    numbers: Sequence[int] = ()
    links: Sequence[Sequence[Link]] = ()
    places: Sequence[int] = ()

    @property
    def row_ids(self) -> Sequence[str]:
        """Return the name of each row's place on the page; none of rows that aren't settings."""
        return [row_id(place) for place in self.places]


def row_id(place: int) -> str:
    """Return the name of the place on the page of a setting's row."""
    return f"setting-{place}"


@dataclass(frozen=True)
class Comparison:
    """The question of a study, and its published values beside the measured ones."""

    question: str
    source: str
    why: str
    table: Table


def settings_table(results: pd.DataFrame, keys: Sequence[str]) -> Table:
    """Return every key of the points, with its levels."""
    rows = [(key, _levels_text(results, key)) for key in keys]
    caption = "Each key and its values."
    return Table(caption, ("key", "values"), [(key, text) for key, text in rows if text])


def _levels_text(results: pd.DataFrame, key: str) -> str:
    first = np.flatnonzero(np.append(True, changes(results[key]))[: len(results)])
    found = levels(results[[key]].iloc[first].dropna(), key)
    if len(found) <= MOST_LEVELS:
        return ", ".join(map(level_name, found))
    if is_numeric(results[key]):
        return f"{level_name(found[0])} to {level_name(found[-1])}, {len(found):,} of them"
    return (
        f"{', '.join(map(level_name, found[:MOST_LEVELS]))} and {len(found) - MOST_LEVELS:,} more"
    )


def cells_table(
    summary: pd.DataFrame, most: int, links: Mapping[int, Sequence[Link]] | None = None
) -> Table:
    """Return the cells, or some selected by axis where there are too many.

    `links` are those of cells by their places in the summary.
    """
    keys = swept_columns(summary)
    found = select_cells(summary, keys, most, thin=True)
    shown = found.cells
    head = (
        *keys,
        "runs",
        "converged",
        "rate, 95 % interval",
        "median epochs, 95 % interval",
        "epochs per solution",
        "median final error",
    )
    rows = [
        (
            *(level_name(cell[key]) for key in keys),
            f"{cell['runs']:,}",
            f"{cell['converged']:,}",
            NO_RUN
            if pd.isna(cell["rate"])
            else rate_interval_text(cell["rate"], cell["rate_low"], cell["rate_high"]),
            cell["median_note"] or _median(cell),
            _number(cell["expected_running_time"], "never solved"),
            NO_RUN if pd.isna(cell["final_error_q50"]) else f"{cell['final_error_q50']:.3g}",
        )
        for cell in shown.to_dict("records")
    ]
    # A parameter has no level where its component isn't chosen; all others are numbers.
    numeric = [place for place, key in enumerate(keys) if is_numeric(summary[key].dropna())]
    return Table(
        "How often and how fast each setting converged. "
        "A setting is all runs that differ only in the seed. The epochs per solution, the expected "
        "running time, include those of runs that didn't converge.",
        head,
        rows,
        excluded_note(found.note, len(shown), len(summary)),
        keys=len(keys),
        numbers=(*numeric, *range(len(keys), len(head))),
        links=[links.get(place, ()) for place in shown.index] if links else (),
        places=[int(place) for place in shown.index],
    )


def excluded_note(note: str, shown: int, total: int, file: str = "summary.csv") -> str:
    """Return a note of the cells that a table has no room for, or nothing."""
    return f"{shown:,} of {total:,} settings: {note}; {file} has all" if shown < total else ""


def neighbours_table(comparisons: pd.DataFrame, flag: str = "") -> Table:
    """Return the neighbours that really differ, the most certain of them first.

    `flag` is the column that names the compared flag, where there are several.
    """
    keys = ("rate of", "a", "b", "both with") if flag else ("a", "b", "both with")
    head = (*keys, "rates of a and b", "a minus b, 95 % interval", "p (Holm)")
    if comparisons.empty:
        return Table("Neighbouring settings.", head, [])
    differing = comparisons[comparisons["verdict"] != NO_DIFFERENCE]
    shown = surest_first(differing).head(MOST_NEIGHBOURS)
    rows = [
        (
            *((pair[flag],) if flag else ()),
            *(level_text(pair["key"], pair[f"level_{name}"]) for name in ("a", "b")),
            levels_text(pair, swept_in(shown)),
            f"{percent_text(pair['rate_a'], 0)} % and {percent_text(pair['rate_b'], 0)} % of "
            f"{pair['n_pairs']:,}",
            difference_text(pair),
            f"{pair['p_holm']:.2g}",
        )
        for pair in shown.to_dict("records")
    ]
    left = len(differing) - len(shown)
    note = f"and {left:,} more in comparisons.csv" if left else ""
    caption = "Neighbouring settings whose rates differ beyond chance, the smallest p-value first."
    return Table(caption, head, rows, note, keys=len(keys), numbers=range(len(keys), len(head)))


def swept_in(comparisons: pd.DataFrame) -> list[str]:
    """Return the swept keys, which lie between the levels compared and the counts."""
    columns = [str(column) for column in comparisons.columns]
    return columns[columns.index("level_b") + 1 : columns.index("n_pairs")]


def difference_text(pair: Mapping[Any, Any]) -> str:
    """Return a difference of two rates in points, with its interval."""
    names = ("difference", "difference_low", "difference_high")
    middle, low, high = (f"{100 * pair[name]:+.0f}" for name in names)
    return f"{middle} points [{low}, {high}]"


def _median(cell: Mapping[Any, Any]) -> str:
    if pd.isna(cell["median_epochs"]):
        return NO_RUN
    low, high = (_number(cell[f"median_epochs_{end}"], "not reached") for end in ("low", "high"))
    return f"{cell['median_epochs']:,.0f} [{low}, {high}]"


def _number(value: float, absent: str) -> str:
    return absent if pd.isna(value) else f"{value:,.0f}"


def failures_table(found: Sequence[Failure]) -> Table:
    """Return the failures by reason, each with a command that repeats one of them."""
    rows = [(each.reason, f"{each.runs:,}", each.command) for each in found[:MOST_REASONS]]
    left = len(found) - len(rows)
    note = f"and {left:,} more reasons in the results" if left else ""
    head = ("reason", "points", "one of them alone")
    return Table("Points that failed, by reason.", head, rows, note, numbers=(1,))
