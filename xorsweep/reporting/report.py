"""The report of a sweep, as a page and as Markdown.

Both hold the same: what was run, what was found, tables, pictures, and how to do it again.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from xorsweep.analysis.representative_runs import RULE
from xorsweep.analysis.studies.spec import read_study
from xorsweep.analysis.studies.verdicts import verdict_findings, verdicts
from xorsweep.analysis.trainings import at_epochs
from xorsweep.reporting.alt_texts import alt_text, left_out
from xorsweep.reporting.console import count_line
from xorsweep.reporting.dark_mode import for_both_themes
from xorsweep.reporting.figures.catalog import FIGURES, Figures, Picture
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.findings import findings
from xorsweep.reporting.markdown import all_literal, code_block
from xorsweep.reporting.remarks import remarks
from xorsweep.reporting.rendering import data_address, environment
from xorsweep.reporting.run_drawings import Drawing
from xorsweep.reporting.run_gallery import RunGallery, run_gallery
from xorsweep.reporting.tables import (
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
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.plain_files import read_bytes

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
    ("multirun.yaml", "the configuration as it was composed"),
)


@dataclass(frozen=True)
class ReportFigure:
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
    details: RunGallery | None
    neighbours: Table
    outcomes: Table
    failures: Table
    pictures: Sequence[ReportFigure]
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
        shown_runs = run_gallery(results, summary, self.drawing())
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


def _shown(picture: Picture, tables: Tables, figures: Path) -> ReportFigure:
    """Return a picture as a page holds it: drawn in lines, or in dots where those are too many."""
    svg = read_bytes(figures / f"{picture.name}.svg").decode("utf-8")
    if len(svg) <= LARGEST_SVG:
        source = data_address("image/svg+xml", for_both_themes(svg).encode())
    else:
        source = data_address("image/png", read_bytes(figures / f"{picture.name}.png"))
    name, alt = picture.name, alt_text(picture.name, tables)
    caption = " ".join(filter(None, (picture.caption, left_out(name, tables))))
    return ReportFigure(name, picture.title, caption, alt, source)


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
