"""The report of a sweep, as a page and as Markdown.

Both hold findings, tables, figures, the configuration, and the commands that reproduce it.
"""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import distinguishing_keys
from xorsweep.analysis.export import failures_of
from xorsweep.analysis.trainings import have_most_epochs_among
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import status_text
from xorsweep.reporting.drawing import draws_elsewhere
from xorsweep.reporting.figures.catalog import (
    FIGURES,
    FigureSpec,
    FigureTables,
    WrittenFigure,
    submit_figures,
)
from xorsweep.reporting.latex import booktabs
from xorsweep.reporting.page_figures import PageFigure, caption_text, page_figure
from xorsweep.reporting.progress import rate_text
from xorsweep.reporting.rendering import (
    code_block,
    environment,
    escape_markdown,
    render_page,
)
from xorsweep.reporting.tables import (
    Comparison,
    Table,
    failures_table,
    settings_table,
)
from xorsweep.settings import DEFAULT_LOOKS, FigureSettings
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.storage.plain_files import is_there
from xorsweep.storage.results import StoredColumns
from xorsweep.storage.store import Store
from xorsweep.text import count_text

if TYPE_CHECKING:
    from xorsweep.reporting.run_gallery import RunGallery
    from xorsweep.reporting.setting_grid import SettingGrid

LATEX, CAPTIONS = "summary.tex", "captions.txt"

FILES = (
    ("results.csv", "one row per point"),
    ("results.parquet", "one row per point, typed"),
    ("summary.csv", "one row per setting: all points that differ only in the seed"),
    ("summary.tex", "the table of settings for LaTeX, with booktabs"),
    ("comparisons.csv", "one row per pair of neighbouring settings, compared run by run"),
    ("variance_shares.csv", "the share of the variance of the rate that each axis explains"),
    ("initial_weights.csv", "how often training fails, by initial weights"),
    ("map.npz", "the map as arrays: both axes, and a value per pixel of each column"),
    ("boundary.csv", "how many boxes of each size hold a part of the boundary of each flag"),
    ("figures/", "the figures and their captions"),
    ("manifest.json", "the configuration, versions, machine and times"),
    ("multirun.yaml", "the composed configuration"),
)

READERS = {
    "pandas": 'import pandas as pd\nresults = pd.read_parquet("results.parquet")',
    "R with the package arrow": 'results <- arrow::read_parquet("results.parquet")',
    "R alone, in which true and false are texts at first": (
        'results <- read.csv("results.csv", check.names = FALSE, na.strings = c("NA", ""))\n'
        'flags <- sapply(results, function(x) all(x %in% c("true", "false", NA)))\n'
        'results[flags] <- lapply(results[flags], function(x) x == "true")'
    ),
}
"""The lines that read the results in other programs."""


@dataclass(frozen=True)
class PageContent:
    """The part of a report that depends on its experiment.

    Attributes:
        title: The title of the page; the grid where it is empty.
        headline: The sentence at the top; the first of the findings where it is empty.
        findings: Sentences about the numbers.
        overview: A heat map of the settings.
        explore: The settings as JSON, for the figure with axes that a reader picks; empty where
            there is one setting.
        remarks: Sentences that are needed to read the findings.
        cells: The table of cells, for a page with links and for Markdown.
        neighbours: Neighbouring cells that differ.
        outcomes: How runs ended.
        later: How unsolved runs ended that were trained further.
        gallery: Runs that are shown closely.
        comparison: Published values beside the measured ones.
        facts: How the points were run.
        rule: How the runs of the gallery were chosen.
        neighbours_note: When neighbours are compared, a part of a sentence.
    """

    findings: Sequence[str]
    cells: Table
    cells_as_text: Table
    neighbours: Table
    title: str = ""
    headline: str = ""
    overview: SettingGrid | None = None
    explore: str = ""
    remarks: Sequence[str] = ()
    outcomes: Table | None = None
    later: Table | None = None
    gallery: RunGallery | None = None
    comparison: Comparison | None = None
    facts: Sequence[tuple[str, str]] = ()
    rule: str = ""
    neighbours_note: str = ""


@dataclass(frozen=True, kw_only=True)
class Page(PageContent):
    """Everything that a report holds, as text, ready for a template."""

    counts: str
    settings: Table
    failures: Table
    figures: Sequence[PageFigure]
    command: str
    readers: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, str]]


class ReportWriter(ABC):
    """Writes the report of a sweep that is being finished: report.md and report.html.

    `begin`, `draw` and `write` are called in this order, each as soon as its input is there, so
    that figures are drawn while tables are made.
    """

    looks: FigureSettings
    """How the figures look, and which axis they show where."""

    def __init__(self, grid: Grid, store: Store, workers: int, epochs: int | None = None) -> None:
        self.grid, self.store, self.workers, self.epochs = grid, store, workers, epochs
        self.looks = DEFAULT_LOOKS
        self._results: pd.DataFrame
        self._summary: pd.DataFrame
        self._figures: Future[list[WrittenFigure | None]] | None = None

    def begin(self, stored: StoredColumns) -> None:
        """Start the longest tasks, given the columns of the parts."""
        del stored

    @abstractmethod
    def catalog(self, results: pd.DataFrame) -> Sequence[FigureSpec]:
        """Return the figures of the report, in its order."""

    @abstractmethod
    def tables(self, results: pd.DataFrame, summary: pd.DataFrame) -> FigureTables:
        """Return the tables that the figures are made from."""

    @abstractmethod
    def content(
        self,
        manifest: FinishedManifest,
        results: pd.DataFrame,
        summary: pd.DataFrame,
        comparisons: pd.DataFrame,
    ) -> PageContent:
        """Return the content of the page, without the parts that all experiments share."""

    def draw(self, results: pd.DataFrame, summary: pd.DataFrame) -> None:
        """Start to draw the figures where other processes do; else `write` draws them."""
        self._results, self._summary = results, summary
        if draws_elsewhere(self.workers, len(results)):
            self._figures = self._submit_figures(self.workers)

    def write(self, manifest: FinishedManifest, comparisons: pd.DataFrame) -> Path:
        """Write both files once the figures are there, and return the page's path."""
        content = self.content(manifest, self._results, self._summary, comparisons)
        figures, folder = self._written_figures(), self.store.folder
        self._write_for_papers(content, figures)
        page = self._page(manifest, content, figures)
        text = escape_markdown(
            replace(page, cells=content.cells_as_text, gallery=None, overview=None)
        )
        # Markdown reads no markup and no entities in an indented block: the command stays as it is.
        text = replace(text, command=code_block(page.command), readers=page.readers)
        markdown = environment().get_template("report.md.j2").render(page=text)
        write_atomically(folder / "report.md", _encode(markdown))
        write_atomically(folder / "report.html", _encode(render_page("report.html.j2", page=page)))
        return folder / "report.html"

    def _written_figures(self) -> list[WrittenFigure]:
        try:
            figures = (self._figures or self._submit_figures(workers=1)).result()
        except BrokenProcessPool:  # a process died: this one draws
            figures = self._submit_figures(workers=1).result()
        return [*filter(None, figures)]

    def _submit_figures(self, workers: int) -> Future[list[WrittenFigure | None]]:
        catalog, tables = self.catalog(self._results), self.tables(self._results, self._summary)
        return submit_figures(catalog, tables, self.store.folder / FIGURES, workers, self.looks)

    def _write_for_papers(self, content: PageContent, figures: Sequence[WrittenFigure]) -> None:
        folder, cells = self.store.folder, content.cells_as_text
        if cells.rows:
            write_atomically(folder / LATEX, _encode(booktabs(cells, "tab:summary")))
        else:
            # One of an earlier report would be of other rows.
            (folder / LATEX).unlink(missing_ok=True)
        if not figures:  # nor their folder
            return
        counted = {all_epochs: self._count_text(all_epochs) for all_epochs in (False, True)}
        texts = [f"{caption_text(each)} {counted[each.has_all_epochs]}\n" for each in figures]
        write_atomically(folder / FIGURES / CAPTIONS, _encode("\n".join(texts)))

    def _count_text(self, has_all_epochs: bool) -> str:
        """Return how many results there are of each setting, or after the most epochs of each."""
        keys = [key for key in self.grid.columns if key != "seed"]
        swept = distinguishing_keys(self._results, keys)
        is_last: Any = np.ones(len(self._results), bool)
        when = ""
        if (
            not has_all_epochs
            and "epochs" in swept
            and "epochs" in self.store.experiment.snapshot_keys
        ):
            swept = [key for key in swept if key != "epochs"]
            is_last = have_most_epochs_among(self._results, swept)
            when = ", after the most epochs of each"
        sizes = np.bincount(CellIndex.of_frame(self._results, swept).number[is_last])
        each = " to ".join(dict.fromkeys(f"{size:,}" for size in (sizes.min(), sizes.max())))
        text = f"n: {is_last.sum():,} results in {count_text(len(sizes), 'setting')}"
        return f"{text}{f', {each} in each' if len(sizes) > 1 else ''}{when}."

    def _page(
        self,
        manifest: FinishedManifest,
        content: PageContent,
        figures: Sequence[WrittenFigure],
    ) -> Page:
        title = str(manifest.config.get("title") or content.title)
        text, counts = manifest.grid.text, status_text(manifest.counts)
        if title and "missing" in manifest.counts:  # the text says how many points there are
            title = f"{title}, {text}"
        elif title:
            counts = f"{text}, {counts}"
        experiment, keys = self.store.experiment, list(self.grid.columns)
        failures = failures_of(self._results, keys, experiment.point_command)
        headline, findings = content.headline, content.findings
        if not headline and findings:
            headline, *findings = findings
        facts = list(_facts(manifest, experiment.work_unit, content.facts))
        content = replace(
            content, title=title or text, headline=headline, findings=findings, facts=facts
        )
        return Page(
            **vars(content),
            counts=counts,
            settings=settings_table(self._results, keys),
            failures=failures_table(failures),
            figures=[page_figure(each) for each in figures],
            command=commands_of(manifest),
            readers=[
                each for each in READERS.items() if manifest.csv or "results.csv" not in each[1]
            ],
            files=[(name, text) for name, text in FILES if is_there(self.store.folder / name)],
        )


def _encode(text: str) -> bytes:
    # Python has bytes of a path that aren't UTF-8 as lone surrogates, which UTF-8 can't encode.
    return text.encode(errors="backslashreplace")


def commands_of(manifest: FinishedManifest) -> str:
    """Return the command or the call that started the sweep, and those that resumed it.

    Each has a line. A call in Python is a single word and isn't quoted.
    """
    words = (run.command_line for run in (*manifest.earlier, manifest))
    lines = dict.fromkeys(" ".join(line) if len(line) < 2 else shlex.join(line) for line in words)
    return "\n".join(line for line in lines if line)


def training_facts(manifest: FinishedManifest) -> Iterator[tuple[str, str]]:
    """Yield how networks were trained; nothing of another experiment."""
    engine = manifest.experiment.get("engine")
    if isinstance(engine, dict):
        yield "engine", f"{engine['name']} in {engine['dtype']}"
    if manifest.warm_up:
        yield "not compiled", "; ".join(manifest.warm_up)


def _facts(
    manifest: FinishedManifest, work_unit: str, others: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    yield "started", manifest.started
    if manifest.state == "finished":
        yield (
            "run time",
            f"{manifest.seconds:.1f} s, {manifest.work:,} {work_unit}, "
            f"{rate_text(manifest.throughput, work_unit)}"
            f"{', by the last command' if manifest.earlier else ''}",
        )
    else:
        yield "state", f"{manifest.state}, as of {manifest.finished}"
    yield "workers", f"{manifest.workers:,}"
    yield from others
    machine = manifest.machine
    yield (
        "machine",
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}",
    )
    yield "versions", ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    if manifest.git:
        dirty = ", with changes that aren't committed" if manifest.git.dirty else ""
        yield "git commit of the current folder", manifest.git.commit + dirty
