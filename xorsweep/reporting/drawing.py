"""The process that draws, whose copies have Matplotlib and seaborn without importing them."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TypeVar

from xorsweep.execution.forks import ForkServer

Item = TypeVar("Item")
Drawn = TypeVar("Drawn")

LIBRARIES = "xorsweep.reporting.figures.axes"
"""A module that imports the libraries of figures: Matplotlib, seaborn and SciPy."""
MOST_ROWS_SENT = 100_000
"""Rows up to which it pays to send them to other processes that draw."""

_started: list[ForkServer] = []


def draws_elsewhere(workers: int, rows: int) -> bool:
    """Tell whether other processes draw, by how many may work and by the rows of the sweep."""
    return workers > 1 and rows <= MOST_ROWS_SENT


def prepare_drawing(workers: int, rows: int) -> None:
    """Have the process that draws import its libraries meanwhile, if it draws."""
    if draws_elsewhere(workers, rows):
        _drawing_process()


def submit(
    draw: Callable[[Item], Drawn], items: Iterable[Item], workers: int
) -> Future[list[Drawn]]:
    """Start to draw items in other processes; one worker draws them here before it returns.

    Returns:
        The drawings in the order of the items. It raises BrokenProcessPool where a process dies.
    """
    if workers > 1:
        return _drawing_process().map(draw, items, workers)
    future: Future[list[Drawn]] = Future()
    future.set_result([*map(draw, items)])
    return future


def _drawing_process() -> ForkServer:
    """Return the process that draws; it is started by the first call, and imports its libraries."""
    if not (_started and _started[-1].is_alive):
        _started.append(ForkServer(LIBRARIES))
        atexit.register(_started[-1].close)
    return _started[-1]
