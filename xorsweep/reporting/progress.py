"""What a caller from Python sees while a sweep runs: how far it is, what failed, and no more."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console as RichConsole

from xorsweep.execution.interface import Advance
from xorsweep.reporting.console import TRAINING, Console, LastingConsole, progress_text
from xorsweep.reporting.jupyter import ChangingLine, kernel_shell

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.analysis.export import Failure

_LOG = logging.getLogger(__name__)

EVERY = 0.3
"""Seconds between two changes of the line beneath a notebook's cell."""


def caller_terminal(progress: bool) -> Console:
    """Return what a caller from Python is told things by; nothing is said without `progress`."""
    if not progress:
        return Console.silent()
    return NotebookTerminal() if kernel_shell() else ScriptTerminal()


class ScriptTerminal(Console):
    """Says on stderr how far a long sweep is, and what failed; the rest goes into the log."""

    def __init__(self, console: RichConsole | None = None) -> None:
        super().__init__(console or LastingConsole(stderr=True, soft_wrap=True, highlight=False))
        self._aloud = Console(self.console)

    def log(self, line: str) -> None:
        """Put one line into the log."""
        _LOG.info(line)

    def warn(self, line: str) -> None:
        """Print one line."""
        self._aloud.log(line)

    @contextmanager
    def progress(self, work: int, unit: str = TRAINING) -> Iterator[Advance]:
        """Show how much of the work is done, once it has taken long enough to be looked at."""
        with self._aloud.progress(work, unit) as advance:
            yield advance

    def rates(self, summary: pd.DataFrame, swept: Sequence[str]) -> None:
        """Leave the rates to `Sweep.summary`."""

    def failures(self, found: Sequence[Failure]) -> None:
        """Print what failed, by reason, with the command that tries one of each alone."""
        self._aloud.failures(found)

    def paths(self, paths: Sequence[Path]) -> None:
        """Leave the paths to `Sweep.folder`."""


class NotebookTerminal(ScriptTerminal):
    """Keeps one line beneath the cell at what was said last."""

    def __init__(self) -> None:
        super().__init__()
        self._line = ChangingLine()

    def log(self, line: str) -> None:
        """Show one line in place of the last one."""
        super().log(line)
        self._line.say(line)

    @contextmanager
    def progress(self, work: int, unit: str = TRAINING) -> Iterator[Advance]:
        """Show how much of the work is done."""
        yield _ChangingMeter(self._line, work, unit)


class _ChangingMeter:
    def __init__(self, line: ChangingLine, work: int, unit: str) -> None:
        self._line, self._unit = line, unit
        self._total = work
        self._done = 0
        self._started = self._said = monotonic()

    def __call__(self, work: int) -> None:
        self._done += work
        now = monotonic()
        if now - self._said > EVERY:
            self._said = now
            seconds = now - self._started
            self._line.say(progress_text(self._done, self._total, seconds, self._unit))
