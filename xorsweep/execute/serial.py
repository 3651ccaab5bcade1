"""The batches one after the other, in this process."""

from __future__ import annotations

from collections.abc import Sequence

from xorsweep.engines import Engine
from xorsweep.execute.contract import FinishedBatches
from xorsweep.plan import Batch
from xorsweep.worker import train_batch


def run_serial(batches: Sequence[Batch], engine: Engine) -> FinishedBatches:
    """Train the batches in this process, in their order."""
    for batch in batches:
        yield batch, train_batch(batch, engine)
