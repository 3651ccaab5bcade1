"""What every way of training batches takes and yields."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol

from xorsweep.engines import Engine
from xorsweep.plan import Batch
from xorsweep.worker import Rows

Finished = tuple[Batch, list[Rows]]
FinishedBatches = Generator[Finished, None, None]
"""What streams back; closing it ends the training that is under way."""


class ExecuteError(RuntimeError):
    """Training that can't go on; the message says why. What was yielded before is good."""


class Execute(Protocol):
    """Trains batches and yields each with what it came to, as soon as it is there."""

    def __call__(self, batches: Sequence[Batch], engine: Engine) -> FinishedBatches:
        """Yield the batches in the order in which they finish; raises ExecuteError."""
        ...
