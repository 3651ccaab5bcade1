"""Two sweeps side by side, setting by setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from xorsweep.analysis.export import write_csv
from xorsweep.analysis.sweep_comparison import SweepComparison, compare_sweeps
from xorsweep.analysis.trainings import at_epochs
from xorsweep.errors import StoreError
from xorsweep.experiment.lookup import experiment_of
from xorsweep.reporting.comparison_findings import setting_text
from xorsweep.reporting.comparison_page import ComparisonPage, comparison_page, p_head
from xorsweep.reporting.console import Console
from xorsweep.reporting.fitting import Justify
from xorsweep.reporting.rendering import render_page
from xorsweep.reporting.tables import difference_text
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.plain_files import make_folder
from xorsweep.sweeps.finished import finished_manifest, stored_results
from xorsweep.text import level_name, percent_text

FOLDER = "compared"
MOST_LINES = 12
"""Cells that are printed."""


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
    page = comparison_page(found, [("a", a.folder, a.text), ("b", b.folder, b.text)], a.event)
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


def _print(page: ComparisonPage, found: SweepComparison, terminal: Console) -> None:
    for which, folder, text in page.sweeps:
        terminal.log_wrapped(f"{which}: {folder}, {text}")
    for key, one, other in found.settings:
        terminal.log(f"{key}: {one} in a, {other} in b")
    for line in (*page.findings, page.test):
        terminal.log(line)
    if len(found.differing):
        head = ("setting", "a", "b", "a minus b", p_head(found))
        sides: list[Justify] = ["left", "right", "right", "right", "right"]
        terminal.table(head, [*_differing_rows(found)], sides)
    left = len(found.differing) - MOST_LINES
    if left > 0:
        terminal.log(f"and {left:,} more in compare.csv")


def _differing_rows(found: SweepComparison) -> Iterator[Sequence[str]]:
    for cell in found.differing.head(MOST_LINES).to_dict("records"):
        rates = (f"{percent_text(cell[f'rate_{which}'], 0)} %" for which in ("a", "b"))
        name, difference = setting_text(cell, found.keys), difference_text(cell)
        yield name, *rates, difference, f"{cell['p_holm']:.2g}"
