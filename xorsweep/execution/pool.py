"""Pools of processes of this machine."""

from __future__ import annotations

import atexit
import gc
import warnings
from collections.abc import Generator, Iterable, Iterator
from errno import ENOSPC
from os import strerror
from typing import Any

from joblib import Parallel
from joblib.parallel import BACKENDS

from xorsweep.errors import ExecutionError
from xorsweep.execution.signals import Process, block_signals_in_children, exit_with_parent

LOKY = "loky"
SHARED_MEMORY = "/dev/shm"
"""Where Linux keeps the locks that processes share."""


def pool_of(workers: int) -> Parallel:
    """Return a pool of processes; a pool of one is this process itself.

    They are started when they are first needed and stay for a while: a pool of the same size has
    the same processes.

    Raises:
        ExecutionError: joblib found no room for locks when it was imported, and would use threads.
    """
    if workers > 1 and LOKY not in BACKENDS:
        raise no_processes(OSError(ENOSPC, strerror(ENOSPC)))
    return Parallel(
        n_jobs=workers,
        backend=LOKY if LOKY in BACKENDS else "sequential",
        return_as="generator_unordered",
        # joblib would join quick tasks, and lose all of them when a process dies.
        batch_size=1,
        # joblib would put large arrays in files in /dev/shm, which may have little room.
        max_nbytes=None,
        initializer=_begin,
        initargs=(Process(),),
    )


def _begin(parent: Process) -> None:
    exit_with_parent(parent)
    atexit.register(gc.freeze)  # else its end, which the parent awaits, would look for garbage


def start_pool(pool: Parallel, tasks: Iterable[object]) -> Iterator[Any]:
    """Start tasks at once, unless this process itself is the pool.

    Returns:
        The results of tasks, as soon as each is done. Closing it cancels those that aren't; it
        raises joblib's TerminatedWorkerError where a process dies.

    Raises:
        ExecutionError: No process can be started.
    """
    try:
        # Processes inherit the blocked signals at their start, and this call starts them.
        with block_signals_in_children():
            results = pool(tasks)
    except OSError as error:
        raise no_processes(error) from error
    return _closed_silently(results)


def no_processes(error: OSError) -> ExecutionError:
    """Return the error for a system that has no room for further processes."""
    place = f", in {SHARED_MEMORY} or for temporary files" if error.errno == ENOSPC else ""
    return ExecutionError(
        f"worker processes can't be started: {error.strerror or error}{place}; train in one "
        "process, or free some space"
    )


def _closed_silently(results: Generator[Any, None, None]) -> Iterator[Any]:
    try:
        # `yield from` would close joblib's generator itself, before warnings are ignored.
        for result in results:  # noqa: UP028
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib warns of results that nobody took
            results.close()
