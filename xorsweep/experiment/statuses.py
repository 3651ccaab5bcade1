"""How points end, and the columns that every part has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xorsweep.text import escape_non_utf8

if TYPE_CHECKING:
    import pyarrow as pa

STATUSES = ("ok", "diverged", "failed")
"""How a point ended: with a result, with numbers that aren't finite, with an error."""
OK, DIVERGED, FAILED = range(3)

POINT_ID, STATUS, MESSAGE = "point_id", "status", "message"
"""The columns of every part: the point, its status, and why it failed."""


def failed_rows(point_ids: NDArray[np.uint64], *messages: str) -> pa.Table:
    """Return the rows of points (n,) that failed, with a message each or one for all of them."""
    import pyarrow as pa

    count = len(point_ids)
    texts = [escape_non_utf8(message) for message in messages]
    return pa.table(
        {
            POINT_ID: point_ids,
            STATUS: np.full(count, FAILED, np.int8),
            MESSAGE: pa.array(texts if len(texts) == count else texts * count, pa.string()),
        }
    )
