"""Runs batches one after the other, in this process."""

from __future__ import annotations

from collections.abc import Sequence

from xorsweep.execution.interface import Batch, FinishedBatches, Rows, Task


def run_serial(batches: Sequence[Batch], work: Task[Batch, Rows]) -> FinishedBatches[Batch, Rows]:
    """Run batches in this process, in their order."""
    for batch in batches:
        yield batch, work(batch)
