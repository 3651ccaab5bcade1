"""The processes of this machine that a sweep shares its work with."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
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
    """Return so many processes, started when they are first needed; one is this process itself.

    They stay for a while, and a pool of the same size has the same processes. Raises ExecutionError
    where joblib found no room for locks when it was imported: it would use threads instead.
    """
    if workers > 1 and LOKY not in BACKENDS:
        raise no_processes(OSError(ENOSPC, strerror(ENOSPC)))
    return Parallel(
        n_jobs=workers,
        backend=LOKY if LOKY in BACKENDS else "sequential",
        return_as="generator_unordered",
        batch_size=1,
        max_nbytes=None,
        initializer=exit_with_parent,
        initargs=(Process(),),
    )


def dispatch(pool: Parallel, tasks: Iterable[object]) -> Iterator[Any]:
    """Yield what tasks return as soon as each is done; closing the generator ends those under way.

    Raises TerminatedWorkerError where a process dies.
    """
    yield from start_pool(pool, tasks)


def start_pool(pool: Parallel, tasks: Iterable[object]) -> Iterator[Any]:
    """Begin tasks at once, unless this process itself is the pool; return what `dispatched` does.

    They go on while something else is done. Raises ExecutionError where no process can be started.
    """
    try:
        with block_signals_in_children():
            results = pool(tasks)
    except OSError as error:
        raise no_processes(error) from error
    return _closed_at_the_end(results)


def no_processes(error: OSError) -> ExecutionError:
    """Return what to say where the system has no room for further processes."""
    place = f", in {SHARED_MEMORY} or for temporary files" if error.errno == ENOSPC else ""
    return ExecutionError(
        f"worker processes can't be started: {error.strerror or error}{place}; train in one "
        "process, or make room for more"
    )


def _closed_at_the_end(results: Generator[Any, None, None]) -> Iterator[Any]:
    with _closing_in_silence(results):
        # `yield from` would hand a close on to joblib's generator before there is silence.
        for result in results:  # noqa: UP028
            yield result


@contextmanager
def _closing_in_silence(results: Generator[Any, None, None]) -> Iterator[None]:
    """Close joblib's generator at the end; it warns of what it hadn't yielded."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.close()
