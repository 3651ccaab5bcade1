"""Imports of the libraries for figures, in other processes once they have nothing to train."""

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
"""Modules that import the libraries of reports and of figures: Matplotlib, seaborn and SciPy."""


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
        """Return the imports for `rows` rows, or None where no other process draws figures."""
        return cls(workers) if workers > 1 and rows <= MOST_ROWS_SENT else None

    def start(self) -> None:
        """Start the imports, once; this process imports the libraries of reports meanwhile."""
        if self._results is None:
            tasks = [delayed(_import)(DRAWING)] * self.workers
            self._results = start_pool(pool_of(self.workers), tasks)
            import_module(REPORT)

    def wait(self) -> None:
        """Wait for the imports that were started."""
        with suppress(TerminatedWorkerError):  # the next worker imports them when it draws
            for _ in self._results or ():
                pass


def _import(name: str) -> None:
    import_module(name)
