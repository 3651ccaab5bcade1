"""The report of a sweep, as a page and as Markdown.

Both hold the same: what was run, what was found, tables, figures, and how to do it again.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from xorsweep.analysis.representative_runs import RULE
from xorsweep.analysis.studies.spec import read_study
from xorsweep.analysis.studies.verdicts import verdict_findings, verdicts
from xorsweep.analysis.trainings import at_epochs
from xorsweep.reporting.console import count_line
from xorsweep.reporting.dark_mode import for_both_themes
from xorsweep.reporting.figures.catalog import FIGURES, Figures, WrittenFigure
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.findings import findings
from xorsweep.reporting.remarks import remarks
from xorsweep.reporting.rendering import code_block, data_uri, environment, escape_markdown
from xorsweep.reporting.run_drawings import Drawing
from xorsweep.reporting.run_gallery import RunGallery, run_gallery
from xorsweep.reporting.selection import BEST
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
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.storage.plain_files import read_bytes

MOST_CELLS_AS_TEXT = 60
"""Rows of the table of cells in Markdown."""
LARGEST_SVG = 300_000
"""Characters of a figure beyond which the page holds its PNG: pages stay below 5 MB."""

FILES = (
    ("results.csv", "one row per point"),
    ("results.parquet", "the same, typed"),
    ("summary.csv", "one row per cell: all points that differ in seed alone"),
    ("comparisons.csv", "one row per pair of neighbouring cells, compared run by run"),
    ("figures/", "the figures, as PNG and SVG"),
    ("manifest.json", "what was run, where and when, in full"),
    ("multirun.yaml", "the configuration as it was composed"),
)


@dataclass(frozen=True)
class PageFigure:
    """A figure on a page: its name, title, how to read it, what it shows, and its data."""

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
    gallery: RunGallery | None
    neighbours: Table
    outcomes: Table
    failures: Table
    figures: Sequence[PageFigure]
    comparison: Comparison | None
    command: str
    facts: Sequence[tuple[str, str]]
    rule: str = RULE
    files: Sequence[tuple[str, str]] = FILES


@dataclass(frozen=True)
class Report:
    """The report of a finished sweep: report.md and report.html in its folder.

    `figures` and `drawing`, that of the runs that stand for cells, are under way. Findings, like
    the comparisons that it is given, are those after `epochs`, each cell's most where None.
    """

    folder: Path
    manifest: FinishedManifest
    tables: Tables
    figures: Figures
    drawing: Drawing
    epochs: int | None = None

    def __call__(self, comparisons: pd.DataFrame) -> Path:
        """Write both once the figures are there, and return the page's path."""
        page = self._page(comparisons)
        cells = cells_table(self.tables.summary, MOST_CELLS_AS_TEXT)
        text = escape_markdown(replace(page, cells=cells, gallery=None))
        text = replace(text, command=code_block(page.command))
        for name, shown in (("report.md", text), ("report.html", page)):
            rendered = environment().get_template(f"{name}.j2").render(page=shown)
            write_atomically(self.folder / name, rendered.encode(errors="backslashreplace"))
        return self.folder / "report.html"

    def _page(self, comparisons: pd.DataFrame) -> Page:
        manifest, results, summary = self.manifest, self.tables.results, self.tables.summary
        study = read_study(manifest.study)
        judged = verdicts(study, results) if study else []
        asked, cells = (at_epochs(each, self.epochs) for each in (results, summary))
        gallery = run_gallery(results, summary, self.drawing())
        text, counts = manifest.grid.text, count_line(manifest.counts)
        restricted = (
            f"Findings, remarks, neighbours and outcomes are those after {self.epochs:,} epochs, "
            "as requested; figures, cells and runs are as without."
            if self.epochs is not None
            else ""
        )
        return Page(
            title=study.title if study else text,
            counts=f"{text}; {counts}" if study else counts,
            findings=[*verdict_findings(judged), *findings(results, cells, comparisons)],
            remarks=[*filter(None, [restricted]), *remarks(asked, cells)],
            settings=settings_table(results),
            cells=cells_table(summary, MOST_CELLS, gallery.links),
            gallery=gallery,
            neighbours=neighbours_table(comparisons),
            outcomes=outcomes_table(asked),
            failures=failures_table(results),
            figures=[_page_figure(each, self.folder / FIGURES) for each in self.figures()],
            comparison=comparison(study, judged) if study else None,
            command=shlex.join(manifest.command_line),
            facts=list(_facts(manifest)),
        )


def _page_figure(written: WrittenFigure, folder: Path) -> PageFigure:
    """Return a figure as a page holds it: as SVG, or as PNG where that would be too large."""
    spec, excluded = written.spec, _excluded_text(written.note)
    svg = read_bytes(folder / f"{spec.name}.svg").decode("utf-8")
    if len(svg) <= LARGEST_SVG:
        source = svg_source(svg)
    else:
        source = data_uri("image/png", read_bytes(folder / f"{spec.name}.png"))
    caption, alt = (f"{text} {excluded}".rstrip() for text in (spec.caption, written.alt))
    return PageFigure(spec.name, spec.title, caption, alt, source)


def svg_source(svg: str) -> str:
    """Return Matplotlib's SVG as the source of an image that is light or dark like its page."""
    return data_uri("image/svg+xml", for_both_themes(svg).encode())


def _excluded_text(note: str) -> str:
    """Return what a figure doesn't show, as a sentence, or nothing."""
    if not note:
        return ""
    best = "; of cells as good, the one where a solution takes fewest epochs"
    which = f" The best cell is the one where most runs converge{best}." if BEST in note else ""
    return f"Not all is shown: {note}; summary.csv holds all cells.{which}"


def _facts(manifest: FinishedManifest) -> Iterator[tuple[str, str]]:
    yield "started", manifest.started
    yield (
        "training",
        f"{manifest.seconds:.1f} s, {manifest.net_epochs:,} epochs of one network, "
        f"{manifest.throughput / 1e6:.1f} million per second",
    )
    engine = manifest.engine
    yield "workers", f"{manifest.workers}, engine {engine.name} in {engine.dtype}"
    if manifest.left_to_numpy:
        yield "not compiled", "; ".join(manifest.left_to_numpy)
    machine = manifest.machine
    yield (
        "machine",
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}",
    )
    yield "versions", ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    if manifest.git:
        dirty = ", with changes that aren't committed" if manifest.git.dirty else ""
        yield "git commit", manifest.git.commit + dirty
