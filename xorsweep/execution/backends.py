"""Chooses where batches run; each backend has a file, which is imported when it is chosen."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Any

from joblib import cpu_count

from xorsweep.errors import ConfigError
from xorsweep.execution.interface import (
    DivisibleBatch,
    Executor,
    FinishedBatches,
    Rows,
    Task,
)
from xorsweep.execution.serial import run_serial
from xorsweep.execution.settings import ExecutionSettings

WORTH_PROCESSES = 1.0
"""Seconds of work from which on other processes help, whose start takes a while."""
PIECE_SECONDS = 0.5
"""Seconds of work that are on disk together; a kill costs as much of each worker."""
MEASURABLE = 0.005
"""Seconds that tell how long other work will take."""


def resolve_workers(parallel: ExecutionSettings) -> ExecutionSettings:
    """Return the settings with a number of workers in place of -1.

    Raises:
        ConfigError: The backend isn't installed, can't be reached or has no worker.
    """
    # Found without an import, which takes long: only running batches needs Dask itself.
    if parallel.backend == "dask" and not find_spec("distributed"):
        raise ConfigError("parallel=dask: Dask isn't installed; pip install 'xorsweep[dask]'")
    if parallel.address is None:
        return replace(parallel, n_jobs=workers_of(parallel))
    found = _dask_cluster().count_workers(parallel.address)
    return replace(parallel, n_jobs=found if parallel.n_jobs == -1 else parallel.n_jobs)


def workers_of(parallel: ExecutionSettings) -> int:
    """Return how many processes run batches at a time; of a cluster elsewhere, as resolved."""
    if parallel.backend == "serial":
        return 1
    return int(cpu_count()) if parallel.n_jobs == -1 else parallel.n_jobs


def local_workers(parallel: ExecutionSettings) -> int:
    """Return how many processes of this machine may work at the same time."""
    return min(workers_of(parallel), int(cpu_count()))


def is_in_process(parallel: ExecutionSettings, is_quick: bool) -> bool:
    """Tell whether the batches run in this process, as those of small sweeps do."""
    if parallel.address is not None:
        return False
    return workers_of(parallel) == 1 or is_quick


def choose_executor(parallel: ExecutionSettings, is_quick: bool | None) -> Executor:
    """Return an executor: this process alone if other processes wouldn't be faster.

    Args:
        parallel: The settings, with their workers resolved.
        is_quick: Whether all batches take less time than other processes to start; None where
            running the first of them tells.
    """
    if is_quick is None and parallel.address is None:
        return partial(run_measured, parallel=parallel)
    return run_serial if is_in_process(parallel, bool(is_quick)) else executor_of(parallel)


def run_measured(
    batches: Sequence[DivisibleBatch], work: Task[DivisibleBatch, Rows], parallel: ExecutionSettings
) -> FinishedBatches[DivisibleBatch, Rows]:
    """Run pieces of batches here until the rest is worth other processes, if it ever is.

    Pieces begin with single points and grow to half a second of work, so that a kill costs little.
    """
    left, size, several = deque(batches), 1.0, workers_of(parallel) > 1
    work_left = sum(batch.work for batch in batches)
    if left:  # work that is only done once, such as imports, isn't counted
        first = _take_piece(left, size)
        yield first, work(first)
        work_left -= first.work
    while left:
        piece = _take_piece(left, size)
        started = perf_counter()
        rows = work(piece)
        # A clock that hasn't moved must not divide by zero.
        seconds = max(perf_counter() - started, 1e-9)
        yield piece, rows
        work_left -= piece.work
        fitting = PIECE_SECONDS * piece.work / seconds
        if several and seconds > MEASURABLE and work_left * seconds / piece.work > WORTH_PROCESSES:
            size = fitting
            break
        # It only doubles, since a short piece says little about how long the next one takes.
        size = min(2 * size, fitting)
    pieces = []
    while left:
        pieces.append(_take_piece(left, size))
    if pieces:
        yield from executor_of(parallel)(pieces, work)


def _take_piece(left: deque[DivisibleBatch], size: float) -> DivisibleBatch:
    """Take batches, or the first half of one again and again, until a piece is small enough."""
    piece = left.popleft()
    while piece.work > size and (halves := piece.split()):
        piece = halves[0]
        # extendleft puts one before the other, so this keeps their order.
        left.extendleft(reversed(halves[1:]))
    return piece


def executor_of(parallel: ExecutionSettings) -> Executor:
    """Return an executor with the number of processes in the settings."""
    workers = workers_of(parallel)
    if parallel.backend == "dask":
        return partial(_dask_cluster().run_dask, workers=workers, address=parallel.address)
    return partial(import_module("xorsweep.execution.loky").run_loky, workers=workers)


def _dask_cluster() -> Any:
    return import_module("xorsweep.execution.dask")
