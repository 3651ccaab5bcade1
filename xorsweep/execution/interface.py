"""What every way of working through batches takes and yields."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol, TypeVar

Batch = TypeVar("Batch")
Rows = TypeVar("Rows")
Taken = TypeVar("Taken", contravariant=True)

FinishedBatches = Generator[tuple[Batch, list[Rows]], None, None]
"""What streams back; closing it ends the work that is under way."""


class Task(Protocol[Taken, Rows]):
    """What is done with each batch, in whatever process; it can be pickled."""

    def __call__(self, batch: Taken) -> list[Rows]:
        """Return the rows of a batch."""
        ...

    def failed(self, batch: Taken, message: str) -> list[Rows]:
        """Return the rows of a batch that took its processes with it."""
        ...


class Executor(Protocol):
    """Works through batches and yields each with its rows, as soon as they are there."""

    def __call__(
        self, batches: Sequence[Batch], work: Task[Batch, Rows]
    ) -> FinishedBatches[Batch, Rows]:
        """Yield the batches in the order in which they finish; raises ExecutionError."""
        ...


class Advance(Protocol):
    """Counts work that is on disk."""

    def __call__(self, work: int) -> None:
        """Add to what is done."""
        ...
