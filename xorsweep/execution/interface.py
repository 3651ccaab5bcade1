"""What every backend takes and yields."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol, TypeVar

Batch = TypeVar("Batch")
Rows = TypeVar("Rows")
Taken = TypeVar("Taken", contravariant=True)

FinishedBatches = Generator[tuple[Batch, list[Rows]], None, None]
"""Batches with their rows, as they finish; closing it cancels the batches under way."""


class Task(Protocol[Taken, Rows]):
    """What is done with each batch, in whatever process; it can be pickled."""

    def __call__(self, batch: Taken) -> list[Rows]:
        """Return the rows of a batch."""
        ...

    def failed(self, batch: Taken, message: str) -> list[Rows]:
        """Return failed rows for a batch whose worker processes died, with the reason."""
        ...


class Executor(Protocol):
    """A backend: runs batches."""

    def __call__(
        self, batches: Sequence[Batch], work: Task[Batch, Rows]
    ) -> FinishedBatches[Batch, Rows]:
        """Yield the batches with their rows, in the order in which they finish.

        Raises:
            ExecutionError: Workers can't be started, or the cluster is gone.
        """
        ...


class Advance(Protocol):
    """Counts finished work, which is on disk."""

    def __call__(self, work: int) -> None:
        """Add to what is done."""
        ...
