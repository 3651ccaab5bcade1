"""Terminal output of a sweep: the grid, the progress, the rates, the paths."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console as RichConsole
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from xorsweep.execution.interface import Advance
from xorsweep.execution.signals import hold_signals
from xorsweep.experiment import OK, STATUSES
from xorsweep.reporting.standard_output import Dropping
from xorsweep.text import count_text, level_name, one_line

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.analysis.export import Failure
    from xorsweep.analysis.studies.spec import Study
    from xorsweep.analysis.studies.verdicts import Verdict
    from xorsweep.reporting.selection import SelectedCells

_LOG = logging.getLogger(__name__)

TRAINING = "net-epochs"
"""The unit of work where networks are trained."""
PLAIN_EVERY = 10.0
"""Seconds between two lines of progress where there is no terminal."""
MOST_REASONS = 12
MOST_LINES = 40
MOST_COLUMNS = 8
DOTS = "…"
KEY_WIDTH, RATE_WIDTH = 9, 17
"""Characters that a column of levels and one of rates take."""


class LastingConsole(RichConsole):
    """A console of rich that drops output that can't be written, so that it ends no sweep."""

    @property
    def file(self) -> IO[str]:
        """Return the output stream, which raises nothing."""
        return cast(IO[str], Dropping(super().file))

    @file.setter
    def file(self, new_file: IO[str]) -> None:
        self._file = new_file


class Console:
    """Writes to a rich console: live where it is a terminal, plain lines where it isn't."""

    bar_after = 0.0
    """Seconds of work before a progress bar appears."""

    def __init__(self, console: RichConsole | None = None) -> None:
        self.console = console or LastingConsole(soft_wrap=True, highlight=False)

    @classmethod
    def silent(cls) -> Console:
        """Return one that prints nothing."""
        return cls(RichConsole(quiet=True))

    def log(self, line: str) -> None:
        """Print one line as it is, and put it into the log."""
        _LOG.info(line)
        self.print(line)

    def print(self, line: str) -> None:
        """Print one line as it is."""
        self.console.print(Text(line))

    def log_wrapped(self, line: str) -> None:
        """Put one line into the log, and print it wrapped at its commas to fit a terminal."""
        _LOG.info(line)
        width = self.console.width if self.console.is_terminal else len(line)
        for part in wrap_text(line, width):
            self.print(part)

    def warn(self, line: str) -> None:
        """Report a warning, also to a caller who wants little output."""
        self.log(line)

    @contextmanager
    def progress(self, work: int, unit: str = TRAINING) -> Iterator[Advance]:
        """Show how much of the work is done."""
        if not self.console.is_terminal:
            yield LineMeter(self.warn, work, unit, PLAIN_EVERY)
            return
        progress = Progress(
            TextColumn("training" if unit == TRAINING else "working"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            _RateColumn(unit),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            speed_estimate_period=3600,
        )
        task, started = progress.add_task(unit, total=work), monotonic()

        def advance(work: int) -> None:
            progress.advance(task, work)
            if monotonic() - started >= self.bar_after:
                with hold_signals():
                    progress.start()

        try:
            advance(0)
            yield advance
        finally:
            with hold_signals():
                progress.stop()

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show the current step on a terminal while it runs."""
        if not self.console.is_terminal:
            yield
            return
        status = self.console.status(Text(text))
        try:
            with hold_signals():
                status.start()
            yield
        finally:
            with hold_signals():
                status.stop()

    def rates(self, summary: pd.DataFrame, swept: Sequence[str]) -> None:
        """Print how often training converged within the most epochs that each setting has."""
        # This brings pandas, which is there by now.
        from xorsweep.reporting.selection import final_epochs_only

        summary = final_epochs_only(summary)
        if summary["epochs"].nunique() == 1:
            epochs = summary["epochs"].max()
            self.log(f"Converged within {epochs:,} epochs, with 95 % intervals")
        else:  # they go together with other keys, or are those of a block
            self.log("Converged within the epochs of each setting, with 95 % intervals")
        table, excluded = rate_table(summary, swept, self.console.width)
        self.console.print(table)
        if excluded:
            self.log(excluded)

    def verdicts(self, study: Study, judged: Sequence[Verdict]) -> None:
        """Print a study's published values, the measured ones, and whether they agree."""
        # This brings pandas, which is there by now.
        from xorsweep.analysis.studies.verdicts import HEAD, verdict_findings, verdict_row

        self.log(f"{study.title}: references and measurements")
        *head, _ = HEAD  # the report has room for the reasons
        self.table(head, [verdict_row(each, study.certainty)[:-1] for each in judged])
        for line in verdict_findings(judged):
            self.log(line)

    def table(self, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """Print lines of texts under their heads."""
        table = Table(box=SIMPLE_HEAD, show_edge=False)
        for name in head:
            table.add_column(Text(name))
        for line in lines:
            table.add_row(*map(Text, line))
        self.console.print(table, soft_wrap=False)

    def failures(self, found: Sequence[Failure]) -> None:
        """Print the failures by reason, each with a command that repeats one of them alone."""
        for failure in found[:MOST_REASONS]:
            self.warn(f"{count_text(failure.runs, 'point')} failed: {one_line(failure.reason)}")
            if failure.command:
                self.warn(f"  one of them alone: {one_line(failure.command)}")
        if len(found) > MOST_REASONS:
            self.warn(f"and {len(found) - MOST_REASONS:,} more reasons in the results")

    def paths(self, paths: Sequence[Path]) -> None:
        """Print where the results are; the last path is the one to open first."""
        *others, last = map(_path_text, paths)
        for path in others:
            self.log(f"  {path}")
        self.log(f"Open {last}")


def rate_table(cells: pd.DataFrame, swept: Sequence[str], width: int) -> tuple[Table, str]:
    """Return convergence rates with their 95 % intervals, and a note of the excluded ones.

    One key lies across (hidden, where it is swept), the others down; where there are too many
    levels for `width` characters, or too many lines, some are selected by axis.
    """
    # This brings pandas, which is there by now.
    from xorsweep.reporting.layout import levels
    from xorsweep.reporting.selection import in_order, select_cells

    keys = [key for key in swept if cells[key].nunique(dropna=False) > 1]
    room = max(2, min(MOST_COLUMNS, (width - KEY_WIDTH * max(1, len(keys) - 1)) // RATE_WIDTH))
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
    return table, f"and {left:,} more settings in summary.csv; shown: {notes}" if left else ""


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
    if cell["rate"] is None or cell["rate"] != cell["rate"]:
        return "no run"
    rate, low, high = (100 * cell[name] for name in ("rate", "rate_low", "rate_high"))
    return f"{rate:.0f} % [{low:.0f}, {high:.0f}]"


class _RateColumn(ProgressColumn):
    """Work a second, over the whole of the run."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(rate_text(speed, self._unit) if speed else "")


def rate_text(work_a_second: float, unit: str = TRAINING) -> str:
    """Return a rate in units a second, in thousands or in millions of them."""
    if work_a_second < 1e2:
        return f"{work_a_second:,.1f} {unit}/s"
    if work_a_second < 1e5:
        return f"{work_a_second / 1e3:,.1f} k {unit}/s"
    return f"{work_a_second / 1e6:,.1f} M {unit}/s"


def progress_text(done: int, total: int, seconds: float, unit: str = TRAINING) -> str:
    """Return the progress after some seconds, and the remaining time."""
    did = "trained" if unit == TRAINING else "done"
    rate = done / seconds
    left = (total - done) / rate
    return f"{100 * done / total:.0f} % {did}, {rate_text(rate, unit)}, {left:.0f} s left"


def count_line(counts: Mapping[str, int]) -> str:
    """Return how many results there are, and how many of them have each status."""
    return f"{count_text(counts['planned'], 'result')}, {status_text(counts)}"


def status_text(counts: Mapping[str, int]) -> str:
    """Return how many results have each status, such as `5 ok, 0 diverged, 1 failed`."""
    planned, ok = counts["planned"], STATUSES[OK]
    others = {name: count for name, count in counts.items() if name not in ("planned", ok)}
    if counts[ok] == planned:
        return f"none {' or '.join(others)}"
    return ", ".join(f"{count:,} {name}" for name, count in {ok: counts[ok], **others}.items())


def _path_text(path: Path) -> str:
    """Return a path as a user in the current folder would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def wrap_text(line: str, width: int) -> list[str]:
    """Return a line in parts of at most `width` characters, cut at commas, colons and `x`."""
    first, *others = re.split(r"(?<=[,:]) | (?=x )", line)
    parts = [first]
    for piece in others:
        joined = f"{parts[-1]} {piece}"
        if len(joined) <= width:
            parts[-1] = joined
        else:
            parts.append(f"  {piece}")
    return parts


class LineMeter:
    """Reports as a line of text how much work is done, at most once in `every` seconds."""

    def __init__(self, report: Callable[[str], None], total: int, unit: str, every: float) -> None:
        self._report, self._total, self._unit, self._every = report, total, unit, every
        self._done = 0
        self._started = self._reported = monotonic()

    def __call__(self, work: int) -> None:
        """Count further work as done."""
        self._done += work
        now = monotonic()
        if now - self._reported < self._every or self._done == self._total:
            return
        self._reported = now
        seconds = now - self._started
        self._report(progress_text(self._done, self._total, seconds, self._unit))
