"""The processes of this machine that a sweep shares its work with."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from joblib import Parallel

from xorsweep.interrupts import Process, end_with, unheard_by_children


def pool_of(workers: int) -> Parallel:
    """Return so many processes, started when they are first needed; one is this process itself.

    They stay for a while, and a pool of the same size has the same processes.
    """
    return Parallel(
        n_jobs=workers,
        backend="loky",
        return_as="generator_unordered",
        batch_size=1,
        max_nbytes=None,
        initializer=end_with,
        initargs=(Process(),),
    )


def dispatched(pool: Parallel, tasks: Iterable[object]) -> Iterator[Any]:
    """Yield what tasks return as soon as each is done; closing the generator ends those under way.

    Raises TerminatedWorkerError where a process dies.
    """
    yield from begun(pool, tasks)


def begun(pool: Parallel, tasks: Iterable[object]) -> Iterator[Any]:
    """Begin tasks at once, unless this process itself is the pool; return what `dispatched` does.

    They go on while something else is done.
    """
    with unheard_by_children():
        results = pool(tasks)
    return _closed_at_the_end(results)


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
