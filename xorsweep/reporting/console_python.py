"""Output of a sweep for callers from Python: on stderr, or in a notebook below the cell."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console as RichConsole

from xorsweep.execution.interface import Advance
from xorsweep.reporting.console import Console, LastingConsole
from xorsweep.reporting.fitting import Justify
from xorsweep.reporting.progress import TRAINING, LineMeter

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_LOG = logging.getLogger(__name__)

PNG = "image/png"


def caller_console(progress: bool) -> Console:
    """Return the console for callers from Python; it is silent without `progress`."""
    if not progress:
        return Console.silent()
    return NotebookConsole() if _kernel_shell() else ScriptConsole()


class ScriptConsole(Console):
    """Reports progress and failures of a long sweep on stderr; the rest goes into the log."""

    bar_after = 0.5

    def __init__(self, console: RichConsole | None = None) -> None:
        super().__init__(console or LastingConsole(stderr=True, soft_wrap=True, highlight=False))

    def log(self, line: str) -> None:
        """Put one line into the log."""
        _LOG.info(line)

    def log_wrapped(self, line: str) -> None:
        """Put one line into the log."""
        self.log(line)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Leave it to the caller, who waits."""
        yield

    def warn(self, line: str) -> None:
        """Print one line, and put it into the log."""
        super().log(line)

    def rates(self, summary: pd.DataFrame, swept: Sequence[str]) -> None:
        """Leave the rates to `Sweep.summary`."""

    def table(
        self,
        head: Sequence[str],
        lines: Sequence[Sequence[str]],
        justify: Justify | Sequence[Justify] = "left",
    ) -> None:
        """Leave tables to `Sweep.results` and `Sweep.summary`."""

    def paths(self, paths: Sequence[Path]) -> None:
        """Leave the paths to `Sweep.folder`."""


class NotebookConsole(ScriptConsole):
    """Keeps one line below the cell, that which was reported last."""

    line_every = 0.3

    def __init__(self) -> None:
        super().__init__()
        self._handle: Any = None

    def log(self, line: str) -> None:
        """Show one line in place of the last one."""
        from IPython.display import display

        super().log(line)
        data = {"text/plain": line}
        if self._handle is None:
            # raw: `data` is by media type already. With an identifier the line can be replaced.
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)

    @contextmanager
    def progress(self, work: int, unit: str = TRAINING) -> Iterator[Advance]:
        """Show how much of the work is done."""
        yield LineMeter(self.log, work, unit, self.line_every)


def register_figure(figure: Figure) -> Figure:
    """Return the figure, which a notebook shows where it is a cell's last value.

    Matplotlib sees to that too, but only once pyplot was used.
    """
    shell = _kernel_shell()
    if shell is not None:
        printers = shell.display_formatter.formatters[PNG]
        # A printer that the user has chosen stays.
        if type(figure) not in printers.type_printers:
            from IPython.core.pylabtools import print_figure

            # By default IPython crops a figure to its artists, which would change its width.
            printers.for_type(type(figure), partial(print_figure, bbox_inches=None))
    return figure


def _kernel_shell() -> Any | None:
    """Return IPython's shell where this process is the kernel of a notebook."""
    # A kernel has imported IPython already; elsewhere its import would take a while for nothing.
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    # IPython on a terminal has a shell too, which shows no figures.
    return shell if hasattr(shell, "kernel") else None
