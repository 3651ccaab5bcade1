"""The interface of backends."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol, TypeVar

Batch = TypeVar("Batch")
Rows = TypeVar("Rows")
Given = TypeVar("Given", covariant=True)
DivisibleBatch = TypeVar("DivisibleBatch", bound="Divisible")
Taken = TypeVar("Taken", contravariant=True)

FinishedBatches = Generator[tuple[Batch, Rows], None, None]
"""Batches with their rows, as they finish; closing it cancels the batches under way."""


class Divisible(Protocol):
    """A batch that can be run in smaller pieces."""

    @property
    def work(self) -> int:
        """Return how much work it is."""
        ...

    def split(self) -> Sequence[Any]:
        """Return smaller batches of the same; none where it can't be divided."""
        ...


class Task(Protocol[Taken, Given]):
    """The task of each batch, in any process; it can be pickled."""

    def __call__(self, batch: Taken) -> Given:
        """Return the rows of a batch."""
        ...

    def failed(self, batch: Taken, message: str) -> Given:
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
        """Count finished batches."""
        ...
