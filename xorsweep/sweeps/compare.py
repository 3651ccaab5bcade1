"""Two sweeps side by side, setting by setting."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table as TerminalTable

from xorsweep.analysis.columns import is_numeric
from xorsweep.analysis.export import write_csv
from xorsweep.analysis.paired_tests import NO_DIFFERENCE
from xorsweep.analysis.sweep_comparison import PAIRED, SweepComparison, compare_sweeps
from xorsweep.analysis.trainings import at_epochs
from xorsweep.errors import StoreError
from xorsweep.experiment.lookup import experiment_of
from xorsweep.reporting.console import Console, path_text
from xorsweep.reporting.rendering import render_page
from xorsweep.reporting.report import PageFigure, svg_source
from xorsweep.reporting.selection import select_cells
from xorsweep.reporting.tables import Table, difference_text, excluded_note
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.plain_files import make_folder
from xorsweep.sweeps.finished import finished_manifest, stored_results
from xorsweep.text import (
    count_text,
    level_name,
    level_text,
    number_text,
    percent_text,
    rate_interval_text,
)

FOLDER = "compared"
MOST_CELLS = 1_000
"""Cells on the page; compare.csv holds all."""
MOST_LINES = 12
"""Cells that are printed."""

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
class ComparedSweep:
    """A finished sweep: folder, grid in words, rows, the compared event and its time, if any.

    `engine` is the code that trained its networks, and the precision; empty for other sweeps.
    """

    folder: Path
    text: str
    engine: str
    results: pd.DataFrame
    event: str
    time: str | None

    @classmethod
    def read(cls, folder: Path, flag: str | None, terminal: Console) -> ComparedSweep:
        """Return the sweep in a folder; raises StoreError where there is none that is finished."""
        folder = folder.resolve()  # a link such as outputs/latest names another sweep tomorrow
        manifest = finished_manifest(folder)
        experiment = experiment_of(manifest)
        results = stored_results(folder, manifest, terminal, whole=flag is not None)
        results, event, time = experiment.comparable(results, flag)
        engine = manifest.experiment.get("engine")
        text = f"{engine['name']} in {engine['dtype']}" if isinstance(engine, dict) else ""
        return cls(folder, manifest.grid.text, text, results, event, time)


@dataclass(frozen=True)
class Page:
    """The content of the page of a comparison, as texts."""

    title: str
    sweeps: Sequence[tuple[str, str, str]]
    findings: Sequence[str]
    test: str
    settings: Table
    figure: PageFigure
    cells: Table
    only: Table


def compare(
    folders: tuple[Path, Path],
    into: Path | None = None,
    terminal: Console | None = None,
    epochs: int | None = None,
    flag: str | None = None,
) -> SweepComparison:
    """Compare two finished sweeps in the cells that both have; print it and leave page and CSV.

    Of cells that differ in epochs alone those with the most that both have are compared, or those
    with the `epochs` asked for. `flag` is the column of true and false whose rates are compared in
    sweeps of functions that return several. Page and CSV go into `compared/<name of the second>`
    of the first sweep's folder, or `into` another. Raises StoreError where a folder holds no
    finished sweep, or the two have no setting in common, ConfigError where one has no points with
    these epochs.
    """
    terminal = terminal or Console()
    a, b = (ComparedSweep.read(folder, flag, terminal) for folder in folders)
    if a.event != b.event:
        raise StoreError(
            f"{a.folder} counts how often {a.event}, and {b.folder} how often {b.event}"
        )
    time = a.time if a.time == b.time else None
    found = compare_sweeps(at_epochs(a.results, epochs), at_epochs(b.results, epochs), time)
    if found.cells.empty:
        raise StoreError(_nothing_in_common(a, b, found))
    if into is None:
        into = make_folder(make_folder(a.folder / FOLDER) / b.folder.name)
    if a.engine != b.engine:
        found = replace(found, settings=[("engine", a.engine, b.engine), *found.settings])
    into.mkdir(parents=True, exist_ok=True)
    write_csv(found.cells, into / "compare.csv")
    page = _page(a, b, found)
    text = render_page("compare.html.j2", page=page)
    # A path may hold bytes that aren't UTF-8, as half surrogate pairs.
    write_atomically(into / "compare.html", text.encode(errors="backslashreplace"))
    _print(page, found, terminal)
    terminal.paths([into / "compare.csv", into / "compare.html"])
    return found


def _nothing_in_common(a: ComparedSweep, b: ComparedSweep, found: SweepComparison) -> str:
    common = f"{a.folder} and {b.folder} have no setting in common"
    for key in found.keys:
        one, other = (_level_set(sweep.results, key) for sweep in (a, b))
        if not one & other:
            texts = (", ".join(sorted(map(level_name, some), key=str)[:6]) for some in (one, other))
            return f"{common}: {key} is {' in the first and '.join(texts)} in the second"
    return common


def _level_set(results: pd.DataFrame, key: str) -> set[Any]:
    column = results.reindex(columns=[key])[key].astype(object)
    # NaN isn't equal to itself, so a set can't be searched for it.
    return set(column.where(column.notna(), "none").unique())


def _page(a: ComparedSweep, b: ComparedSweep, found: SweepComparison) -> Page:
    differing = [
        ("a", path_text(a.folder), a.text),
        ("b", path_text(b.folder), b.text),
    ]
    return Page(
        title=f"{sweep_name(a.folder)} and {sweep_name(b.folder)}, side by side",
        sweeps=differing,
        findings=list(_findings(found, a.event)),
        test=_test_text(found),
        settings=Table(
            "Keys in which the compared settings differ.",
            ("key", "in a", "in b"),
            found.settings,
        ),
        figure=_figure(found),
        cells=_cells_table(found),
        only=_only_table(found),
    )


def _findings(found: SweepComparison, event: str) -> Iterator[str]:
    cells, differing = found.cells, found.differing
    higher = {which: int((differing["verdict"] == f"{which} higher").sum()) for which in ("a", "b")}
    if len(cells) == 1:
        yield from _one_cell_findings(found, event)
    elif differing.empty:
        yield (
            f"In none of {count_text(len(cells), 'setting')} do the sweeps differ beyond chance in "
            f"how often {event}. That doesn't show that they are equal."
        )
    else:
        yield (
            f"In {len(differing):,} of {count_text(len(cells), 'setting')} the sweeps differ "
            f"beyond chance in how often {event}: a is higher in {higher['a']:,}, b in "
            f"{higher['b']:,}."
        )
        largest = found.largest.to_dict("records")
        most, ties = largest[0], len(largest) - 1
        yield (
            f"The largest difference is with {_name(most, found.keys)}: {_rates_text(most)}"
            f"{_ties_text(ties)}."
        )
    if found.points:
        points = count_text(found.points, "point")
        same = {0: f"None of {points}", found.points: f"All {points}"}
        yield (
            f"{same.get(found.same, f'{found.same:,} of {points}')} in both ended with the same "
            "error to the last bit and converged at the same epoch."
        )
    for which, only in (("a", found.only_a), ("b", found.only_b)):
        if len(only):
            yield f"{count_text(len(only), 'setting')} only in {which}: not compared."


def _one_cell_findings(found: SweepComparison, event: str) -> Iterator[str]:
    (cell,) = found.cells.to_dict("records")
    if cell["verdict"] == NO_DIFFERENCE:
        yield (
            f"The sweeps don't differ beyond chance in how often {event} in the one setting "
            "compared. That doesn't show that they are equal."
        )
    else:
        yield (
            f"The sweeps differ beyond chance in how often {event} in the one setting compared: "
            f"{cell['verdict']}, {_rates_text(cell)}."
        )


def _rates_text(cell: Any) -> str:
    return (
        f"{percent_text(cell['rate_a'], 0)} % in a and {percent_text(cell['rate_b'], 0)} % in b, "
        f"{difference_text(cell)}"
    )


def _ties_text(ties: int) -> str:
    return f"; it is as large in {count_text(ties, 'other setting')}" if ties else ""


def _test_text(found: SweepComparison) -> str:
    paired = int((found.cells["test"] == PAIRED).sum())
    apart = len(found.cells) - paired
    tests = [
        f"{count_text(paired, 'setting')} with the same seeds in both, compared run by run by "
        "McNemar's exact test"
        if paired
        else "",
        f"{count_text(apart, 'setting')} with other seeds, compared by Fisher's exact test"
        if apart
        else "",
    ]
    how = "; ".join(filter(None, tests))
    if len(found.cells) == 1:
        return (
            f"{how}. Beyond chance means p < 0.05. Brackets are 95 % confidence intervals."
            f"{_epochs_text(found)}"
        )
    return (
        f"{how}. Beyond chance means p < 0.05 after Holm's correction "
        f"for {count_text(len(found.cells), 'setting')}. Brackets are 95 % confidence intervals; "
        "that of the largest difference is corrected for all settings."
        f"{_epochs_text(found)}"
    )


def _epochs_text(found: SweepComparison) -> str:
    if "epochs" not in found.keys:
        return ""
    return (
        " Of settings that differ only in epochs, those with the most that both sweeps have are "
        "compared; --epochs selects others."
    )


def _name(cell: Any, keys: Sequence[str]) -> str:
    return (
        ", ".join(level_text(key, cell[key]) for key in keys if pd.notna(cell[key])) or "all runs"
    )


def sweep_name(folder: Path) -> str:
    """Return the name of a sweep's folder; for one named by a time, its date and time."""
    is_time = re.fullmatch(r"\d\d-\d\d-\d\d(_\d+)?", folder.name)
    return f"{folder.parent.name}/{folder.name}" if is_time else folder.name


def _figure(found: SweepComparison) -> PageFigure:
    # Matplotlib is imported here, once there is something to draw.
    from xorsweep.reporting.figures.rate_scatter import draw_rates
    from xorsweep.reporting.figures.style import styled, svg_of

    shown, _ = _shown_cells(found)
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
    (cells, note), keys = _shown_cells(found), list(found.keys)
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
            *(_median(cell, found.time, which) for which in timed),
        )
        for cell in cells.to_dict("records")
    ]
    note = excluded_note(note, len(cells), len(found.cells), "compare.csv")
    # The columns of keys hold objects, whatever their levels are.
    numeric = [place for place, key in enumerate(keys) if is_numeric(pd.Series(list(cells[key])))]
    first = len(keys)
    described = (_p_head(found) if head == "p" else head for head in CELLS_HEAD)
    head = (*keys, *described, *(f"median {found.time} in {which}" for which in timed))
    numbers = (*numeric, *range(first, first + 4), *range(first + len(CELLS_HEAD), len(head)))
    return Table("Settings of both sweeps.", head, rows, note, max(first, 1), numbers)


def _shown_cells(found: SweepComparison) -> tuple[pd.DataFrame, str]:
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


def _p_head(found: SweepComparison) -> str:
    return "p" if len(found.cells) == 1 else "p (Holm)"


def _median(cell: Any, time: str | None, which: str) -> str:
    return number_text(cell[f"median_{time}_{which}"]) or "not reached"


def _only_table(found: SweepComparison) -> Table:
    rows = [
        (which, _name(cell, found.keys))
        for which, only in (("a", found.only_a), ("b", found.only_b))
        for cell in only.head(MOST_CELLS // 2).to_dict("records")
    ]
    left = len(found.only_a) + len(found.only_b) - len(rows)
    note = f"and {left:,} more" if left else ""
    return Table("Settings that only one sweep has.", ("only in", "setting"), rows, note)


def _print(page: Page, found: SweepComparison, terminal: Console) -> None:
    for which, folder, text in page.sweeps:
        terminal.log(f"{which}: {folder}, {text}")
    for key, one, other in found.settings:
        terminal.log(f"{key}: {one} in a, {other} in b")
    for line in (*page.findings, page.test):
        terminal.log(line)
    if len(found.differing):
        terminal.console.print(_terminal_table(found))
    left = len(found.differing) - MOST_LINES
    if left > 0:
        terminal.log(f"and {left:,} more in compare.csv")


def _terminal_table(found: SweepComparison) -> TerminalTable:
    table = TerminalTable(box=SIMPLE_HEAD)
    table.add_column("setting")
    for head in ("a", "b", "a minus b", _p_head(found)):
        table.add_column(head, justify="right")
    for cell in found.differing.head(MOST_LINES).to_dict("records"):
        rates = (f"{percent_text(cell[f'rate_{which}'], 0)} %" for which in ("a", "b"))
        table.add_row(
            # rich reads square brackets as markup.
            _name(cell, found.keys).replace("[", r"\["),
            *rates,
            difference_text(cell).replace("[", r"\["),
            f"{cell['p_holm']:.2g}",
        )
    return table
