"""joblib's loky: processes of this machine, results in the order in which they finish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from xorsweep.execution.interface import Batch, FinishedBatches, Rows, Task
from xorsweep.execution.pool import pool_of, start_pool


def run_loky(
    batches: Sequence[Batch], work: Task[Batch, Rows], workers: int
) -> FinishedBatches[Batch, Rows]:
    """Run batches in processes of this machine.

    When a process dies, joblib gives up every batch it had dispatched. Those run again, each alone
    in a process of its own; one whose process dies a second time becomes failed rows, and the
    others continue.
    """
    left = batches
    while left:
        session = _PoolSession(left)
        try:
            yield from session.results(work, workers)
            return
        except TerminatedWorkerError:
            left = left[session.dispatched :]
        for batch in session.interrupted():
            yield batch, _run_isolated(batch, work)


def _run_isolated(batch: Batch, work: Task[Batch, Rows]) -> Rows:
    try:  # where its process dies, no other batch is lost
        # Two workers, as a pool of one is this process itself.
        return next(_PoolSession([batch]).results(work, workers=2))[1]
    except TerminatedWorkerError as error:
        reason = str(error).split("\n")[0]
        return work.failed(batch, f"the worker process died twice: {reason}")


@dataclass
class _PoolSession(Generic[Batch]):
    """A pool of processes until one of them dies: which batches it was given, which finished."""

    batches: Sequence[Batch]
    dispatched: int = 0
    finished: set[int] = field(default_factory=set)

    def results(self, work: Task[Batch, Rows], workers: int) -> FinishedBatches[Batch, Rows]:
        for number, rows in start_pool(pool_of(workers), self._tasks(work)):
            self.finished.add(number)
            yield self.batches[number], rows

    def _tasks(self, work: Task[Batch, Any]) -> Iterator[object]:
        for number, batch in enumerate(self.batches):
            # Counted when joblib takes it: from then on a process may train it.
            self.dispatched = number + 1
            yield delayed(_numbered)(number, batch, work)

    def interrupted(self) -> list[Batch]:
        return [self.batches[i] for i in range(self.dispatched) if i not in self.finished]


def _numbered(number: int, batch: Batch, work: Task[Batch, Rows]) -> tuple[int, Rows]:
    # Results come in any order, so each says which batch it is of.
    return number, work(batch)
