"""Imports what draws figures in other processes, once they have nothing to train."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from xorsweep.execution.pool import pool_of, start_pool
from xorsweep.reporting.figures.catalog import MOST_ROWS_SENT

REPORT = "xorsweep.reporting.report"
DRAWING = f"{__package__}.axes"
"""What reports take, and what figures take beside that: Matplotlib, seaborn and SciPy."""


@dataclass
class FigureImports:
    """The imports of the processes that draw, behind the tasks that these have already.

    Attributes:
        workers: Processes that draw.
    """

    workers: int
    _results: Iterator[Any] | None = None

    @classmethod
    def of(cls, workers: int, rows: int) -> FigureImports | None:
        """Return those of a sweep with so many rows, None where no other process draws it."""
        return cls(workers) if workers > 1 and rows <= MOST_ROWS_SENT else None

    def start(self) -> None:
        """Start to import, unless it was started; what reports take is imported here meanwhile."""
        if self._results is None:
            tasks = [delayed(_import)(DRAWING)] * self.workers
            self._results = start_pool(pool_of(self.workers), tasks)
            import_module(REPORT)

    def wait(self) -> None:
        """Wait until all of it is imported, if it was started."""
        with suppress(TerminatedWorkerError):  # others import it when they draw
            for _ in self._results or ():
                pass


def _import(name: str) -> None:
    import_module(name)
