"""What a function takes and returns, and the batches in which it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import FunctionError
from xorsweep.functions.values import column_of
from xorsweep.text import escape_non_utf8, exception_text

Columns = Mapping[str, NDArray[Any]]
Function = Callable[[dict[str, NDArray[Any]]], Mapping[str, Any]]
"""Takes arrays (n,) by key, an element a point, and returns arrays (n,) by name.

It works element by element: what it returns for a point depends on that point alone.
"""

RESERVED = ("status", "message")
"""Columns of results.csv that say how a point ended."""


@dataclass(frozen=True)
class Batch:
    """n points: a column (n,) a key, and identities (n,)."""

    columns: Columns
    identities: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.identities)

    def part(self, points: slice) -> Batch:
        """Return some of the points."""
        columns = {key: values[points] for key, values in self.columns.items()}
        return Batch(columns, self.identities[points])


@dataclass(frozen=True)
class FunctionResults:
    """n points and what was returned for them: identities (n,), columns (n,) by name.

    `message` says why these points have failed; they then have no columns.
    """

    identities: NDArray[np.uint64]
    columns: Columns
    message: str | None = None


@dataclass(frozen=True)
class Caller:
    """Calls a function with batches: what a worker does, in whatever process."""

    function: Function

    def __call__(self, batch: Batch) -> list[FunctionResults]:
        """Return a batch's rows; where the function raises, those of each half, down to points.

        That holds for whatever it raises, `sys.exit` too, but for an interrupt.
        """
        try:
            columns = call_batch(self.function, batch)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the message is the row's
            if len(batch) == 1:
                own = isinstance(error, FunctionError)
                return self.failed(batch, str(error) if own else exception_text(error))
            half = len(batch) // 2
            halves = batch.part(slice(None, half)), batch.part(slice(half, None))
            return [rows for part in halves for rows in self(part)]
        return [FunctionResults(batch.identities, columns)]

    def failed(self, batch: Batch, message: str) -> list[FunctionResults]:
        """Return the rows of points that failed."""
        return [FunctionResults(batch.identities, {}, escape_non_utf8(message))]


def call_batch(function: Function, batch: Batch) -> dict[str, NDArray[Any]]:
    """Return the columns of a batch; raises FunctionError for what isn't columns of its length."""
    returned = function({key: values.copy() for key, values in batch.columns.items()})
    if not isinstance(returned, Mapping) or not returned:
        shown = " ".join(repr(returned).split())
        raise FunctionError(
            f"returned {type(returned).__name__} {shown:.40}, and must return a dictionary of "
            "columns"
        )
    for name in returned:
        _refuse_name(name, batch)
    return {name: column_of(name, values, len(batch)) for name, values in returned.items()}


def _refuse_name(name: object, batch: Batch) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise FunctionError(f"returned a column {name!r}, and a name is letters, digits and _")
    if name in RESERVED or name in batch.columns:
        raise FunctionError(f"returned a column {name}, and there is one of that name already")
