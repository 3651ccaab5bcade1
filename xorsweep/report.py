"""The report of a sweep, as a page and as Markdown; `python -m xorsweep.report FOLDER` remakes it.

Both hold the same: what was run, what was found, tables, pictures, and how to do it again.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import cpu_count

from xorsweep.alt_texts import alt_text, left_out
from xorsweep.atomic import write_atomically
from xorsweep.commands import Parser, errors_in_one_line, whole
from xorsweep.courses import CoursesOnDisk
from xorsweep.csv_parquet import CSV, PARQUET
from xorsweep.details import Details, details
from xorsweep.drawn_runs import Drawing, begin_drawing
from xorsweep.figures import FIGURES, Figures, Picture, begin_figures
from xorsweep.figures.source import Tables
from xorsweep.findings import findings
from xorsweep.finished import (
    OtherTableError,
    all_assembled,
    finished_manifest,
    written_results,
)
from xorsweep.folders import named_folder
from xorsweep.grid import Grid
from xorsweep.manifest import input_notes
from xorsweep.markdown import all_literal, code_block
from xorsweep.output import lasting_output
from xorsweep.plain_files import read_bytes
from xorsweep.remarks import remarks
from xorsweep.report_tables import (
    MOST_CELLS,
    Comparison,
    Table,
    cells_table,
    comparison,
    failures_table,
    neighbours_table,
    outcomes_table,
    settings_table,
)
from xorsweep.representatives import RULE
from xorsweep.results import assemble, read_results, tables_of, write_results
from xorsweep.rounds import open_with_rounds
from xorsweep.store import Store
from xorsweep.studies import read_study
from xorsweep.tables import write_comparisons, write_summary
from xorsweep.templating import data_address, environment
from xorsweep.terminal import Terminal, count_line
from xorsweep.themes import for_both_themes
from xorsweep.trainings import at_epochs
from xorsweep.verdicts import verdict_findings, verdicts
from xorsweep.worker import STATUSES

MOST_CELLS_AS_TEXT = 60
"""Rows of the table of cells in Markdown."""
LARGEST_SVG = 300_000
"""Characters of a picture beyond which the page holds its PNG: pages stay below 5 MB."""

FILES = (
    ("results.csv", "one row a point"),
    ("results.parquet", "the same, typed"),
    ("summary.csv", "one row a cell: all points that differ in seed alone"),
    ("comparisons.csv", "one row a pair of neighbouring cells, compared run by run"),
    ("figures/", "the pictures, as PNG and SVG"),
    ("manifest.json", "what was run, where and when, in full"),
    ("multirun.yaml", "the configuration as Hydra composed it"),
)


@dataclass(frozen=True)
class Shown:
    """A picture on a page: its name and title, how to read it, what it shows, and its data."""

    name: str
    title: str
    caption: str
    alt: str
    source: str


@dataclass(frozen=True)
class Page:
    """Everything that a report holds, as text, ready for a template."""

    title: str
    counts: str
    findings: Sequence[str]
    remarks: Sequence[str]
    settings: Table
    cells: Table
    details: Details | None
    neighbours: Table
    outcomes: Table
    failures: Table
    pictures: Sequence[Shown]
    comparison: Comparison | None
    command: str
    facts: Sequence[tuple[str, str]]
    rule: str = RULE
    files: Sequence[tuple[str, str]] = FILES


@dataclass(frozen=True)
class Report:
    """The report of a finished sweep: report.md and report.html in its folder.

    `figures` and `drawing`, that of the runs that stand for cells, have begun. Findings, like the
    comparisons that it is given, are those after `epochs`, each cell's most where None.
    """

    folder: Path
    manifest: Mapping[str, Any]
    tables: Tables
    figures: Figures
    drawing: Drawing
    epochs: int | None = None

    def __call__(self, comparisons: pd.DataFrame) -> Path:
        """Write both once the pictures are there, and return the page's path."""
        page, summary = self._page(comparisons), self.tables.summary
        for name, shown in (("report.md", _in_markdown(page, summary)), ("report.html", page)):
            text = environment().get_template(f"{name}.j2").render(page=shown)
            write_atomically(self.folder / name, text.encode(errors="backslashreplace"))
        return self.folder / "report.html"

    def _page(self, comparisons: pd.DataFrame) -> Page:
        manifest, tables = self.manifest, self.tables
        results, summary = tables.results, tables.summary
        study = read_study(manifest.get("study"))
        judged = verdicts(study, results) if study else []
        asked, cells = (at_epochs(each, self.epochs) for each in (results, summary))
        shown_runs = details(results, summary, self.drawing())
        text, counts = manifest["grid"]["text"], count_line(manifest["counts"])
        return Page(
            title=study.title if study else text,
            counts=f"{text}; {counts}" if study else counts,
            findings=[*verdict_findings(judged), *findings(results, cells, comparisons)],
            remarks=[*_asked_text(self.epochs), *remarks(asked, cells)],
            settings=settings_table(results),
            cells=cells_table(summary, MOST_CELLS, shown_runs.links),
            details=shown_runs,
            neighbours=neighbours_table(comparisons),
            outcomes=outcomes_table(asked),
            failures=failures_table(results),
            pictures=[_shown(each, tables, self.folder / FIGURES) for each in self.figures()],
            comparison=comparison(study, judged) if study else None,
            command=shlex.join(manifest["command_line"]),
            facts=list(_facts(manifest)),
        )


def _asked_text(epochs: int | None) -> Iterator[str]:
    if epochs is not None:
        yield (
            f"Findings, remarks, neighbours and outcomes are those after {epochs:,} epochs, which "
            "were asked for; pictures, cells and runs are as without."
        )


def _in_markdown(page: Page, summary: pd.DataFrame) -> Page:
    """Return a page without what Markdown has no room for, and with its texts as they are."""
    shorter = replace(page, cells=cells_table(summary, MOST_CELLS_AS_TEXT), details=None)
    return replace(all_literal(shorter), command=code_block(page.command))


def _shown(picture: Picture, tables: Tables, figures: Path) -> Shown:
    """Return a picture as a page holds it: drawn in lines, or in dots where those are too many."""
    svg = read_bytes(figures / f"{picture.name}.svg").decode("utf-8")
    if len(svg) <= LARGEST_SVG:
        source = data_address("image/svg+xml", for_both_themes(svg).encode())
    else:
        source = data_address("image/png", read_bytes(figures / f"{picture.name}.png"))
    name, alt = picture.name, alt_text(picture.name, tables)
    caption = " ".join(filter(None, (picture.caption, left_out(name, tables))))
    return Shown(name, picture.title, caption, alt, source)


def remake_report(
    folder: Path, terminal: Terminal | None = None, epochs: int | None = None
) -> Path:
    """Make tables, figures and report of a finished sweep again from what its folder holds.

    Where results.parquet isn't the one that the sweep wrote, that is said, and it and results.csv
    are written again. Findings and comparisons are those after `epochs`, each cell's most where
    None. Raises StoreError where the folder holds no finished sweep, ConfigError where it has no
    points with these epochs.
    """
    manifest = finished_manifest(folder)
    read_study(manifest.get("study"))  # before anything is written
    store, grid, _ = open_with_rounds(folder)
    terminal, workers = terminal or Terminal.silent(), int(cpu_count())
    for line in input_notes(grid):
        terminal.say(line)
    assembled = assemble(grid, store.measurements())
    try:
        results = written_results(folder, manifest)
    except OtherTableError as error:
        terminal.warn(f"{folder / PARQUET} {error}; it and {CSV} are written again from the parts")
        manifest = _with_tables_again(store, grid, manifest)
        results = read_results(folder)
    asked = at_epochs(results, epochs)
    # What is derived is shown as the rows have it.
    manifest["grid"] = {**manifest["grid"], "text": grid.text, "points": len(grid)}
    manifest["counts"] = {"planned": len(grid), **_counts(results)}
    drawing = begin_drawing(grid, assembled, store.parts(), workers)
    tables = Tables.of(results, write_summary(results, folder), CoursesOnDisk(grid, store))
    figures = begin_figures(tables, folder / FIGURES, workers)
    report = Report(folder, manifest, tables, figures, drawing, epochs)
    return report(write_comparisons(asked, folder))


def _counts(results: pd.DataFrame) -> dict[str, int]:
    return {status: int((results["status"] == status).sum()) for status in STATUSES}


def _with_tables_again(store: Store, grid: Grid, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Write both tables from the parts, and return the manifest that says so."""
    with store.locked():
        digest = write_results(grid, all_assembled(store, grid), store.folder)
        manifest = {**manifest, **tables_of(digest)}
        store.write_manifest(manifest)
    return manifest


def _facts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    machine, versions = manifest["machine"], manifest["versions"]
    yield "started", str(manifest["started"])
    yield (
        "training",
        f"{manifest['seconds']:.1f} s, {manifest['net_epochs']:,} epochs of one network, "
        f"{manifest['throughput'] / 1e6:.1f} million a second",
    )
    engine = manifest["engine"]
    yield "workers", f"{manifest['workers']}, engine {engine['name']} in {engine['dtype']}"
    if manifest.get("left_to_numpy"):
        yield "not compiled", "; ".join(manifest["left_to_numpy"])
    yield (
        "machine",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}",
    )
    yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())
    if manifest.get("git"):
        dirty = ", with changes that aren't committed" if manifest["git"]["dirty"] else ""
        yield "git commit", manifest["git"]["commit"] + dirty


EXAMPLES = """\
  python -m xorsweep.report latest
  python -m xorsweep.report latest --epochs 1000
  python -m xorsweep.report outputs/a"""


@lasting_output()
def main() -> None:
    """Remake the report of the folder named on the command line."""
    parser = Parser("report", "Make tables, pictures and report of a sweep again.", EXAMPLES)
    parser.add_argument("folder", metavar="FOLDER", help="the sweep's folder, or latest")
    parser.add_argument(
        "--epochs", metavar="N", type=whole(1), help="findings after N epochs, not after the most"
    )
    given = parser.parse_args()
    with errors_in_one_line():
        print(remake_report(named_folder(given.folder), Terminal(), given.epochs))


if __name__ == "__main__":
    main()
