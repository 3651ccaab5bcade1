"""The table of cells of a sweep whose rows are columns of any meaning."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pandas as pd

from xorsweep.analysis.column_summary import ColumnCells
from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.measures import MOST_COLUMNS
from xorsweep.reporting.selection import select_in_order
from xorsweep.reporting.tables import NO_RUN, Table, excluded_note
from xorsweep.reporting.wording import percent_texts
from xorsweep.text import level_name, number_text


def column_cells_table(cells: ColumnCells, most: int) -> Table:
    """Return a row per cell, or per cell selected by axis where there are too many."""
    swept = cells.swept
    found = select_in_order(cells.summary[swept], swept, most, thin=True)
    shown = found.cells
    columns = {key: [level_name(level) for level in shown[key]] for key in swept}
    for head, texts in _statistics(cells):
        columns[head] = list(texts[shown.index])
    numeric = [place for place, key in enumerate(swept) if is_numeric(shown[key])]
    return Table(
        "Results by setting. A setting is all runs that differ only in the seed."
        if cells.has_seeds
        else "Points, one run each.",
        list(columns),
        list(zip(*columns.values(), strict=True)),
        excluded_note(found.note, len(shown), len(cells.summary)),
        keys=len(swept),
        numbers=(*numeric, *range(len(swept), len(columns))),
        places=[int(place) for place in shown.index],
    )


def _statistics(cells: ColumnCells) -> Iterator[tuple[str, pd.Series[Any]]]:
    """Yield the head and the texts of each column; heads have a space, which no key has."""
    rate, median, middle_half = (
        (", rate and 95 % interval", ", median", ", median (middle half)")
        if cells.has_seeds
        else (" ", " ", " ")
    )
    if cells.has_seeds:
        yield "number of runs", cells.statistic("runs").map("{:,}".format)
    yield "runs that failed", cells.statistic("failed").map("{:,}".format)
    for flag in cells.roles.flags[:MOST_COLUMNS]:
        yield f"{flag}{rate}", rate_texts(cells, flag)
    for time in islice(cells.roles.times, MOST_COLUMNS):
        yield f"{time}{median}", _texts(cells, f"{time}_median", "not reached")
    for number in cells.roles.numbers[:MOST_COLUMNS]:
        yield f"{number}{middle_half}", median_texts(cells, number)


def rate_texts(cells: ColumnCells, flag: str) -> pd.Series[Any]:
    """Return a flag's rate and its interval in each cell, or its value where there is one run."""
    rates = cells.rates(flag)
    if cells.has_seeds:
        limits = [rates[name] for name in ("rate", "low", "high")]
        shares = [percent_texts(*each) for each in zip(*limits, strict=True)]
        texts = pd.Series(
            [f"{rate} % [{low}, {high}]" for rate, low, high in shares], rates.index, dtype=object
        )
    else:
        # Of one run the rate is 0 or 1.
        texts = (rates["rate"] > 0).map(level_name)
    # Settings whose runs all failed have no rate.
    return texts.reindex(cells.summary.index, fill_value=NO_RUN)


def median_texts(cells: ColumnCells, number: str) -> pd.Series[Any]:
    """Return a number's median and quartiles in each cell, or its value where there is one run."""
    median = _texts(cells, f"{number}_median", "none")
    if not cells.has_seeds:
        return median
    low, high = (cells.statistic(f"{number}_{name}").map(number_text) for name in ("q25", "q75"))
    limits = " (" + low + " to " + high + ")"
    return median + limits.where((low != "") & (high != ""), "")  # none next to infinite values


def _texts(cells: ColumnCells, statistic: str, absent: str) -> pd.Series[Any]:
    """Return a number of each cell, or why there is none."""
    texts = cells.statistic(statistic).map(number_text)
    has_run = cells.statistic("failed") < cells.statistic("runs")
    return texts.mask(texts == "", has_run.map({True: absent, False: NO_RUN}))
