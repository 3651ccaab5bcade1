"""What a function takes and returns, and the batches in which it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]
Function = Callable[[dict[str, NDArray[Any]]], Mapping[str, Any]]
"""Takes arrays (n,) by key, an element a point, and returns arrays (n,) by name.

It works element by element: what it returns for a point hangs on that point alone.
"""

RESERVED = ("status", "message")
"""Columns of results.csv that say what became of a point."""
KINDS: Mapping[str, type] = {"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}
"""What numbers are kept as, by the kind of a returned array; texts are kept as they are."""


class FunctionError(ValueError):
    """A function that doesn't return what it should; the message is one line."""


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
class Rows:
    """n points and what became of them: identities (n,), columns (n,) by name.

    `message` says why these points have failed; they then have no columns.
    """

    identities: NDArray[np.uint64]
    columns: Columns
    message: str | None = None


@dataclass(frozen=True)
class Caller:
    """Calls a function with batches: what a worker does, in whatever process.

    `returned` maps the names of the columns that it returned before to their kinds of dtype, or is
    None before the first call.
    """

    function: Function
    returned: Mapping[str, str] | None = None

    def __call__(self, batch: Batch) -> list[Rows]:
        """Return a batch's rows; where the function raises, those of each half, down to points."""
        try:
            columns = called(self.function, batch)
            self._refuse_others(columns)
        except Exception as error:  # the message is the row's
            if len(batch) == 1:
                own = isinstance(error, FunctionError)
                return self.failed(batch, str(error) if own else f"{type(error).__name__}: {error}")
            half = len(batch) // 2
            halves = batch.part(slice(None, half)), batch.part(slice(half, None))
            return [rows for part in halves for rows in self(part)]
        return [Rows(batch.identities, columns)]

    def failed(self, batch: Batch, message: str) -> list[Rows]:
        """Return the rows of points that failed."""
        return [Rows(batch.identities, {}, message)]

    def _refuse_others(self, columns: Columns) -> None:
        """Raise FunctionError for other columns than the function returned before."""
        if self.returned is None:
            return
        found = kinds_of(columns)
        if found != self.returned:
            raise FunctionError(f"returned {_listed(found)} where it was {_listed(self.returned)}")


def called(function: Function, batch: Batch) -> dict[str, NDArray[Any]]:
    """Return the columns of a batch; raises FunctionError for what isn't columns of its length."""
    returned = function({key: values.copy() for key, values in batch.columns.items()})
    if not isinstance(returned, Mapping) or not returned:
        raise FunctionError(
            f"returned {type(returned).__name__} {returned!r:.40}, and must return a dictionary of "
            "columns"
        )
    return {name: _column(name, values, batch) for name, values in returned.items()}


def kinds_of(columns: Columns) -> dict[str, str]:
    """Return each column's kind of dtype."""
    return {name: values.dtype.kind for name, values in columns.items()}


def _column(name: object, values: Any, batch: Batch) -> NDArray[Any]:
    if not isinstance(name, str) or not name.isidentifier():
        raise FunctionError(f"returned a column {name!r}, and a name is letters, digits and _")
    if name in RESERVED or name in batch.columns:
        raise FunctionError(f"returned a column {name}, and there is one of that name already")
    array = np.asarray(values)
    if array.shape != (len(batch),):
        raise FunctionError(
            f"returned {name} of shape {array.shape} for {len(batch):,} points, and must return a "
            f"value a point, ({len(batch)},)"
        )
    if array.dtype.kind in KINDS:
        return array.astype(KINDS[array.dtype.kind])
    if array.dtype.kind != "U":
        raise FunctionError(
            f"returned {name} of dtype {array.dtype}, and must return numbers, true and false, or "
            "texts"
        )
    return array


def _listed(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{name} of kind {kind}" for name, kind in kinds.items())
