"""Dask: worker processes of a cluster, one of our own on this machine or one that is running.

joblib's backend for Dask isn't used: in joblib 1.6 it waits forever for a task that the scheduler
gave up because its workers died.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Any

import dask
import numpy as np
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from xorsweep.errors import ConfigError, ExecutionError
from xorsweep.execution.interface import Batch, FinishedBatches, Rows, Task
from xorsweep.execution.pool import no_processes
from xorsweep.text import exception_text
from xorsweep.versions import NUMERICS

PATIENCE = 10
"""Seconds within which a scheduler has to answer and to have a worker."""
AT_ONCE = 2
"""Batches per worker that the scheduler is given, so that a worker needn't wait for the next."""

# A batch travels with its arrays, and Dask warns of tasks from 10 MB on.
_QUIET = {"distributed.admin.large-graph-warning-threshold": "1GB"}
# A scheduler of our own gives a batch up when its first worker dies: it then runs alone.
_OWN = {**_QUIET, "distributed.scheduler.allowed-failures": 0}
_LEAVE_INTERRUPTS = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""
"""Ctrl-C reaches every process of a terminal; this one ends the workers, in its own time."""


def count_workers(address: str, patience: int = PATIENCE) -> int:
    """Return how many batches a running cluster runs at a time.

    Args:
        address: Of its scheduler, such as `tcp://10.0.0.1:8786`.
        patience: Seconds in which it has to answer, and to have a worker.

    Raises:
        ConfigError: It can't be reached, has no worker, or its versions would give other bits.
    """
    with _connected(address, patience) as client:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise ConfigError(
                f"parallel.address={address}: its scheduler has had no worker for {patience} s"
            ) from None
        _check_same_bits(client, address)
        return sum(client.nthreads().values())


def run_dask(
    batches: Sequence[Batch], work: Task[Batch, Rows], workers: int, address: str | None
) -> FinishedBatches[Batch, Rows]:
    """Run batches on the cluster at an address, or on one of this machine's processes.

    Dask runs a batch again when its worker dies, and gives it up when that happens too often,
    together with others that waited on those workers. Batches that were given up run once more,
    each alone; one that is given up a second time becomes failed rows.
    """
    given_up = []
    with _cluster(workers) if address is None else _connected(address) as client:
        for batch, rows in _stream(client, batches, work, workers * AT_ONCE):
            if rows is None:
                given_up.append(batch)
            else:
                yield batch, rows
        for batch, rows in _stream(client, given_up, work, at_once=1):
            if rows is None:
                rows = work.failed(batch, "every worker process that ran it died")
            yield batch, rows


def _stream(
    client: Client, batches: Sequence[Batch], work: Task[Batch, Rows], at_once: int
) -> Iterator[tuple[Batch, Rows | None]]:
    """Yield batches as they finish, with None for those that the scheduler has given up."""
    waiting = iter(batches)
    under_way: dict[Future[Rows], Batch] = {}

    def submit(some: int) -> list[Future[Rows]]:
        # Tasks that aren't pure get a random key: Dask would hash the arrays for another.
        new = {client.submit(work, batch, pure=False): batch for batch in islice(waiting, some)}
        under_way.update(new)
        return list(new)

    finished = as_completed(
        # Without `loop`, as_completed would ask for a default client, and there is none.
        submit(at_once),
        loop=client.loop,
        with_results=True,
        raise_errors=False,
    )
    for future, result in finished:
        batch = under_way.pop(future)
        # The next batch is handed out before this one's rows are written, which takes a while.
        finished.update(submit(1))
        yield batch, _rows_of(future, result)


def _rows_of(future: Future[Rows], result: Any) -> Rows | None:
    if future.status == "finished":
        rows: Rows = result
        return rows
    error = future.exception() if future.status == "error" else None
    if isinstance(error, KilledWorker):
        return None
    reason = f"{type(error).__name__}: {error}" if error else "its scheduler is gone"
    raise ExecutionError(f"the Dask cluster can't continue: {reason.splitlines()[0]}")


@contextmanager
def _cluster(workers: int) -> Iterator[Client]:
    """Start processes of one thread each, and end them; raises ExecutionError where it can't."""
    with (
        dask.config.set(_OWN),
        TemporaryDirectory(prefix="xorsweep-dask-") as folder,
        _started(workers, folder) as cluster,
        # The caller's code may have a Dask client of its own, which stays the default.
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _started(workers: int, folder: str) -> LocalCluster:
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            # None alone has its HTTP server on the port that another cluster's may have.
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            # Else Dask leaves a folder for its scratch files where the command runs.
            local_directory=folder,
            # Dask would pause and end workers by its own measure of their memory.
            memory_limit=None,
            # That a worker died is reported in the rows of its batch.
            silence_logs=logging.CRITICAL,
            preload=[_LEAVE_INTERRUPTS],
        )
    except (OSError, RuntimeError) as error:  # a RuntimeError holds the other one
        cause: BaseException = error
        while (before := cause.__cause__ or cause.__context__) and not isinstance(cause, OSError):
            cause = before
        if isinstance(cause, OSError):
            raise no_processes(cause) from error
        raise ExecutionError(
            f"the Dask cluster can't be started ({exception_text(cause)})"
        ) from error


@contextmanager
def _connected(address: str, patience: int = PATIENCE) -> Iterator[Client]:
    """Connect to a running cluster; raises ConfigError where it doesn't answer."""
    with dask.config.set(_QUIET):
        try:
            client = Client(address, timeout=patience, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"parallel.address={address}: no Dask scheduler answers there "
                f"({str(error).splitlines()[0]})"
            ) from None
        with client:
            yield client


def _check_same_bits(client: Client, address: str) -> None:
    """Raise ConfigError where a worker has versions that may give other bits than those here."""
    here = _versions()
    try:
        # It runs on every worker, and fails on one that has no xorsweep.
        found = client.run(_versions)
    except Exception as error:
        raise ConfigError(
            f"parallel.address={address}: its workers can't run xorsweep {here} ({error})"
        ) from None
    for worker, there in found.items():
        if there != here:
            raise ConfigError(
                f"parallel.address={address}: worker {worker} has {there} where this process has "
                f"{here}; results must not mix them"
            )


def _versions() -> str:
    return f"numerics {NUMERICS}, NumPy {np.__version__}"
