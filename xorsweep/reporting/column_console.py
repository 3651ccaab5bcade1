"""Terminal output of sweeps whose rows are columns of any meaning."""

from __future__ import annotations

from xorsweep.analysis.column_summary import ColumnCells
from xorsweep.reporting.column_tables import median_texts, rate_texts
from xorsweep.reporting.console import MOST_LINES, Console
from xorsweep.reporting.selection import select_in_order
from xorsweep.reporting.tables import excluded_note
from xorsweep.text import count_text, level_name

KEY_WIDTH, TEXT_WIDTH = 9, 26
"""Characters that a column of levels and one of rates or medians take."""


def log_columns(cells: ColumnCells, console: Console) -> None:
    """Print the rate of each flag by cell; the medians of numbers where there is no flag."""
    roles = cells.roles
    columns = [*roles.flags] or [*roles.times, *roles.numbers]
    if not columns:
        return
    texts_of = rate_texts if roles.flags else median_texts
    room = (console.console.width - KEY_WIDTH * len(cells.swept)) // TEXT_WIDTH
    shown = columns[: max(1, room)]
    found = select_in_order(cells.summary[cells.swept], cells.swept, MOST_LINES, thin=True)
    texts = {column: texts_of(cells, column) for column in shown}
    if cells.has_seeds:
        statistic = "Rates with 95 % intervals" if roles.flags else "Medians, and the middle half"
        console.log(f"{statistic}, of the runs of each setting")
    console.table(
        [*cells.swept, *shown],
        [
            [
                *(level_name(level) for level in row),
                *(texts[column][place] for column in shown),
            ]
            for place, *row in found.cells.itertuples(name=None)
        ],
        justify="right",
    )
    if note := excluded_note(found.note, len(found.cells), len(cells.summary)):
        console.log(note)
    if len(shown) < len(columns):
        more = count_text(len(columns) - len(shown), "more column")
        console.log(f"and {more} in summary.csv")
