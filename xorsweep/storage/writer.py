"""Finished batches on their way to disk: quick ones share a part, slow ones wait for nobody."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from types import TracebackType

import pyarrow as pa

from xorsweep.execution.interface import Advance
from xorsweep.storage.store import Store


class BatchWriter:
    """Puts batches into a store, and counts them once they are safe.

    A slow batch is written at once. Quick ones share a part, which a thread writes while the next
    are trained. As a context it leaves nothing behind at its end, whatever ends it.

    Args:
        store: Where they are put.
        advance: Is called with the work of batches that are safe.
        every: Seconds after a part within which none is written.
    """

    def __init__(self, store: Store, advance: Advance, every: float) -> None:
        self._store, self._advance, self._every = store, advance, every
        self._rows: list[pa.Table] = []
        self._work = 0
        self._last = float("-inf")
        self._thread = ThreadPoolExecutor(1)
        self._under_way: tuple[Future[None], int] | None = None

    def add(self, rows: pa.Table, work: int) -> None:
        """Add a finished batch; write all that are waiting, unless a part was written just now.

        Raises OSError where it, or the last part, can't be written.
        """
        self._rows.append(rows)
        self._work += work
        if monotonic() - self._last >= self._every:
            self.flush()

    def flush(self) -> None:
        """Write the only waiting batch, or start to write several, once the last part is there."""
        self._wait()
        rows, work = self._rows, self._work
        self._rows, self._work = [], 0
        if rows:
            self._under_way = self._thread.submit(self._store.add, rows), work
        if len(rows) == 1:
            self._wait()
        self._last = monotonic()

    def _wait(self) -> None:
        if self._under_way:
            (written, work), self._under_way = self._under_way, None
            # On disk first, and then counted: rows that the progress counts survive a kill.
            written.result()
            self._advance(work)

    def __enter__(self) -> BatchWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._thread:
            if not isinstance(error, OSError):  # which a second attempt would only meet again
                self.flush()
                self._wait()
