"""Finished batches on their way to disk: quick ones share a part, slow ones wait for nobody."""

from __future__ import annotations

from time import monotonic
from types import TracebackType

import pyarrow as pa

from xorsweep.execution.interface import Advance
from xorsweep.storage.store import Store

EVERY = 0.25
"""Seconds of finished work that a kill may cost: to make a file safe takes some milliseconds."""


class BatchWriter:
    """Puts batches into a store, and counts them once they are safe.

    As a context it leaves nothing behind at its end, whatever ends it.

    Args:
        store: Where they are put.
        advance: Is called with the work of batches that are safe.
        every: Seconds after a part within which none is written, or None for EVERY.
    """

    def __init__(self, store: Store, advance: Advance, every: float | None = None) -> None:
        self._store, self._advance = store, advance
        self._every = EVERY if every is None else every
        self._rows: list[pa.Table] = []
        self._work = 0
        self._last = float("-inf")

    def add(self, rows: pa.Table, work: int) -> None:
        """Add a finished batch; write all that are waiting, unless a part was written just now.

        Raises OSError where it can't be written.
        """
        self._rows.append(rows)
        self._work += work
        if monotonic() - self._last >= self._every:
            self.flush()

    def flush(self) -> None:
        """Write all waiting batches as one part."""
        if self._rows:
            # On disk first, and then counted: rows that the progress counts survive a kill.
            self._store.add(self._rows)
            self._advance(self._work)
        self._rows, self._work = [], 0
        self._last = monotonic()

    def __enter__(self) -> BatchWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not isinstance(error, OSError):  # which a second attempt would only meet again
            self.flush()
