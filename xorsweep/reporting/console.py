"""Terminal output of a sweep: the grid, the progress, the rates, the paths."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO, TYPE_CHECKING, cast

from rich.console import Console as RichConsole
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from xorsweep.execution.interface import Advance
from xorsweep.execution.signals import hold_signals
from xorsweep.experiment import OK, STATUSES
from xorsweep.reporting.fitting import Justify, fitted_table, wrap_text, wrap_words
from xorsweep.reporting.progress import TRAINING, LineMeter, RateColumn
from xorsweep.reporting.standard_output import Dropping
from xorsweep.text import count_text, one_line

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.analysis.export import Failure
    from xorsweep.analysis.studies.spec import Study
    from xorsweep.analysis.studies.verdicts import Verdict

_LOG = logging.getLogger(__name__)

NUMBERS_WIDTH = 68
"""Columns that the numbers and words beside a bar of progress take."""
SHORTEST_BAR = 8
MOST_REASONS = 12
MOST_LINES = 40


class LastingConsole(RichConsole):
    """A console of rich that drops output that can't be written, so that it ends no sweep."""

    @property
    def file(self) -> IO[str]:
        """Return the output stream, which raises nothing."""
        # rich asks for it at each write, so that a sys.stdout that was replaced counts as well.
        return cast(IO[str], Dropping(super().file))

    @file.setter
    def file(self, new_file: IO[str]) -> None:
        # A property that is overridden loses its setter.
        self._file = new_file


class Console:
    """Writes to a rich console: live where it is a terminal, plain lines where it isn't."""

    bar_after = 0.0
    """Seconds of work before a progress bar appears."""
    line_every = 10.0
    """Seconds between two lines of progress where there is no terminal."""

    def __init__(self, console: RichConsole | None = None) -> None:
        # rich would wrap lines, at 80 columns where there is no terminal, and colour numbers.
        self.console = console or LastingConsole(soft_wrap=True, highlight=False)

    @classmethod
    def silent(cls) -> Console:
        """Return one that prints nothing."""
        return cls(RichConsole(quiet=True))

    def log(self, line: str) -> None:
        """Print one line, on a terminal wrapped between words, and put it into the log."""
        _LOG.info(line)
        self.print(line)

    def print(self, line: str, wrap: Callable[[str, int], Sequence[str]] = wrap_words) -> None:
        """Print one line, on a terminal wrapped between words, or as `wrap` does."""
        # A file has room for a line of any length, which is searched more easily whole.
        for part in wrap(line, self.console.width) if self.console.is_terminal else [line]:
            self._print_whole(part)

    def log_wrapped(self, line: str) -> None:
        """Put one line into the log, and print it, on a terminal wrapped at its commas."""
        _LOG.info(line)
        self.print(line, wrap_text)

    def _print_whole(self, line: str) -> None:
        # Not as a string, in which rich reads [brackets] as markup.
        self.console.print(Text(line))

    def warn(self, line: str) -> None:
        """Report a warning, also to a caller who wants little output."""
        self.log(line)

    @contextmanager
    def progress(self, work: int, unit: str = TRAINING) -> Iterator[Advance]:
        """Show how much of the work is done."""
        if not self.console.is_terminal:
            # Consoles print the text of `warn` for callers from Python, too.
            yield LineMeter(self.warn, work, unit, self.line_every)
            return
        room = self.console.width - NUMBERS_WIDTH
        bar = (TextColumn("training" if unit == TRAINING else "working"), BarColumn(min(room, 40)))
        progress = Progress(
            *(bar if room >= SHORTEST_BAR else ()),
            TextColumn("{task.percentage:>3.0f} %"),
            RateColumn(unit),
            TimeElapsedColumn(),
            TextColumn("elapsed"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self.console,
            transient=True,
            # Work is counted by parts of the results, in lumps: rich's rate of 30 s would jump.
            speed_estimate_period=3600,
        )
        task, started = progress.add_task(unit, total=work), monotonic()

        def advance(work: int) -> None:
            # rich doesn't show it before `start`, which does nothing where it is shown already.
            progress.advance(task, work)
            if monotonic() - started >= self.bar_after:
                # A signal's exception within rich's start or stop would leave its thread running,
                # or the cursor hidden.
                with hold_signals():
                    progress.start()

        try:
            # Where the bar needn't wait it is there before the first part is done.
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
        # These bring pandas, which is there by now.
        from xorsweep.reporting.rate_table import rate_table
        from xorsweep.reporting.selection import final_epochs_only

        summary = final_epochs_only(summary)
        if summary["epochs"].nunique() == 1:
            epochs = summary["epochs"].max()
            self.log(f"Converged within {epochs:,} epochs, with 95 % intervals")
        else:  # they go together with other keys, or are those of a block
            self.log("Converged within the epochs of each setting, with 95 % intervals")
        if self.console.quiet and not _LOG.isEnabledFor(logging.INFO):
            return
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
        rows = [verdict_row(each, study.certainty)[:-1] for each in judged]
        references = {row[1] for row in rows}
        if len(references) == 1:  # then the values are named by it, and columns are wider
            head[1:3] = references
            rows = [(row[0], *row[2:]) for row in rows]
        self.table(head, rows)
        for line in verdict_findings(judged):
            self.log(line)

    def table(
        self,
        head: Sequence[str],
        lines: Sequence[Sequence[str]],
        justify: Justify | Sequence[Justify] = "left",
    ) -> None:
        """Print lines of texts under their heads."""
        self.console.print(fitted_table(head, lines, self.console.width, justify))

    def failures(self, found: Sequence[Failure], points: int | None = None) -> None:
        """Print the failures by reason, each with a command that repeats one of them alone.

        A sweep of one point has no such command: it would be the one that was just run.
        """
        for failure in found[:MOST_REASONS]:
            reason = one_line(" / ".join(failure.reason.split("\n")))
            self.warn(f"{count_text(failure.runs, 'point')} failed: {reason}")
            if failure.command and points != 1:
                which = "it alone" if failure.runs == 1 else "one of them alone"
                self.warn(f"  {which}: {one_line(failure.command)}")
        if len(found) > MOST_REASONS:
            self.warn(f"and {len(found) - MOST_REASONS:,} more reasons in the results")

    def paths(self, paths: Sequence[Path]) -> None:
        """Print where the results are; the last path is the one to open first."""
        *others, last = map(path_text, paths)
        for line in (*(f"  {path}" for path in others), f"Open {last}"):
            _LOG.info(line)
            self._print_whole(line)  # a path may have spaces


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


def path_text(path: Path) -> str:
    """Return a path as a user in the current folder would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
