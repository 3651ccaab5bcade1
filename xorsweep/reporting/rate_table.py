"""The rates of convergence of a sweep as a table, of a terminal's width or for a notebook."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table

from xorsweep.reporting.console import MOST_LINES
from xorsweep.reporting.layout import levels
from xorsweep.reporting.selection import SelectedCells, in_order, select_cells
from xorsweep.text import count_text, level_name, rate_interval_text

if TYPE_CHECKING:
    import pandas as pd

FEWEST_COLUMNS, MOST_COLUMNS = 2, 8
DOTS = "…"


def rate_table(cells: pd.DataFrame, swept: Sequence[str], width: int) -> tuple[Table, str]:
    """Return convergence rates with their 95 % intervals, and a note of the excluded ones.

    One key lies across (hidden, where it is swept), the others down; where there are too many
    levels for `width` characters, or too many lines, some are selected by axis.
    """
    keys = [key for key in swept if cells[key].nunique(dropna=False) > 1]
    for room in range(MOST_COLUMNS, FEWEST_COLUMNS, -1):
        table, note = _table_of(cells, keys, room)
        if _width(table) <= width:
            return table, note
    return _table_of(cells, keys, FEWEST_COLUMNS)


def rate_frame(summary: pd.DataFrame) -> pd.DataFrame:
    """Return texts for the swept keys, runs and rate of each cell of a summary."""
    from xorsweep.analysis.columns import swept_columns

    cells = summary[swept_columns(summary)].astype(object)
    frame: pd.DataFrame = cells.apply(lambda column: column.map(level_name))
    frame["runs"] = summary["runs"].map("{:,}".format)
    frame["converged, 95 % interval"] = [*map(_rate_text, summary.to_dict("records"))]
    return frame


def _width(table: Table) -> int:
    """Return the characters of a line, with a space at either side of each text and a divider."""
    texts = ((str(column.header), *map(str, column.cells)) for column in table.columns)
    return sum(max(map(cell_len, column)) + 3 for column in texts) - 1


def _table_of(cells: pd.DataFrame, keys: Sequence[str], room: int) -> tuple[Table, str]:
    """Return the table with at most `room` columns of rates, and its note."""
    across = _across(keys, [key for key in keys if cells[key].nunique() <= room])
    down = [key for key in keys if key != across]
    columns = select_cells(cells, [across] if across else [], room)
    lines = select_cells(columns.cells, down, MOST_LINES, thin=True)
    if lines.thinned:  # each gap takes a line, too
        lines = select_cells(columns.cells, down, MOST_LINES // 2, thin=True)
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for key in lines.keys:
        table.add_column(key, justify="right")
    heads = levels(lines.cells, across) if across else [""]
    for head in heads:
        table.add_column(f"{across} {level_name(head)}" if across else "rate", justify="right")
    fields: dict[tuple[str, ...], dict[object, str]] = {}
    for row in in_order(lines.cells, lines.keys).to_dict("records"):
        line = tuple(level_name(row[key]) for key in lines.keys)
        fields.setdefault(line, {})[row[across] if across else ""] = _rate_text(row)
    every = [level_name(level) for level in levels(cells, lines.thinned)] if lines.thinned else []
    for line, found in _with_gaps(fields, every, lines):
        table.add_row(*line, *(found.get(head, "") for head in heads))
    left = len(cells) - len(lines.cells)
    notes = "; ".join(filter(None, (lines.note, columns.note)))
    more = count_text(left, "more setting")
    return table, f"and {more} in summary.csv; shown: {notes}" if left else ""


def _with_gaps(
    fields: Mapping[tuple[str, ...], dict[object, str]], every: Sequence[str], shown: SelectedCells
) -> Iterator[tuple[tuple[str, ...], dict[object, str]]]:
    """Yield the lines, with one of dots wherever levels are excluded, and last if others are."""
    dots = (DOTS,) * len(shown.keys)
    place = shown.keys.index(shown.thinned) if shown.thinned else 0
    before: int | None = None
    for line, found in fields.items():
        at = every.index(line[place]) if every else None
        if at is not None and before is not None and at - before > 1:
            yield dots, {}
        before = at
        yield line, found
    if shown.note and not every:
        yield dots, {}


def _across(keys: Sequence[str], fitting: Sequence[str]) -> str | None:
    """Return the key whose levels make columns: one of those with few levels where there is one."""
    if "hidden" in fitting or len(keys) < 2:
        return "hidden" if "hidden" in fitting else None
    return fitting[-1] if fitting else "hidden" if "hidden" in keys else keys[-1]


def _rate_text(cell: Mapping[Hashable, Any]) -> str:
    # NaN isn't equal to itself.
    if cell["rate"] is None or cell["rate"] != cell["rate"]:
        return "no run"
    return rate_interval_text(cell["rate"], cell["rate_low"], cell["rate_high"])
