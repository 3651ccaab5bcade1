"""Points in two places compared bit for bit, column by column, never one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.trainer import STATUSES
from xorsweep.storage.parts import LISTS

_NAMES = {"outcome": OUTCOMES, "status": STATUSES}


@dataclass(frozen=True)
class Difference:
    """A value of a point that is one thing here and another there, each said to the last bit."""

    point_id: int
    column: str
    here: str
    there: str


def differences(here: pa.Table, there: pa.Table) -> list[Difference]:
    """Return where two tables of parts differ over the points that both hold, column by column.

    A point may lie in `here` several times, and each of them is compared. Any NaN is equal to any
    other, and a column that a table lacks holds NaN alone. A learning curve is compared where
    both have it: a point has none where a longer point of its trajectory keeps it.
    """
    rows, partners = _matched(here, there)
    here, there = here.take(rows), there.take(partners)
    columns = dict.fromkeys([*here.column_names, *there.column_names])
    found: list[Difference] = []
    for column in columns.keys() - {"point_id", *LISTS}:
        found += _in_column(here, there, column)
    for column in LISTS:
        found += _in_lists(here, there, column)
    order = {column: place for place, column in enumerate(columns)}
    return sorted(found, key=lambda each: (each.point_id, order[each.column.split(" ")[0]]))


def of_points(table: pa.Table, identities: NDArray[np.uint64]) -> pa.Table:
    """Return the rows of a table of parts that hold these points."""
    return table.filter(pa.array(np.isin(table["point_id"].to_numpy(), identities)))


def _matched(here: pa.Table, there: pa.Table) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows of one table whose points lie in the other, and where they lie there.

    Of rows there that hold the same point the first with a learning curve is taken.
    """
    wanted, given = (table["point_id"].to_numpy() for table in (here, there))
    if not len(given):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.lexsort((_lengths(there, "learning_curve") == 0, given))
    place = np.minimum(np.searchsorted(given[order], wanted), len(given) - 1)
    rows = np.flatnonzero(given[order][place] == wanted)
    return rows, order[place][rows]


def _in_column(here: pa.Table, there: pa.Table, column: str) -> list[Difference]:
    mine, others = _values(here, column), _values(there, column)
    identities = here["point_id"].to_numpy()
    return [
        Difference(
            int(identities[row]), column, _said(column, mine[row]), _said(column, others[row])
        )
        for row in np.flatnonzero(_bits(mine) != _bits(others))
    ]


def _values(table: pa.Table, column: str) -> NDArray[Any]:
    if column not in table.column_names:
        return np.full(len(table), np.nan)
    values = table[column]
    if pa.types.is_string(values.type):
        values = pa.compute.fill_null(values, "")
    array: NDArray[Any] = values.to_numpy()
    return array


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    """Return what is equal where two values are the same bits, or both NaN."""
    if values.dtype.kind != "f":
        return values
    one_nan = np.where(np.isnan(values), values.dtype.type(np.nan), values)
    return one_nan.view(f"u{values.dtype.itemsize}")


def _in_lists(here: pa.Table, there: pa.Table, column: str) -> list[Difference]:
    lengths, others = _lengths(here, column), _lengths(there, column)
    identities = here["point_id"].to_numpy()
    comparable = (
        (lengths > 0) & (others > 0) if column == "learning_curve" else np.ones(len(here), bool)
    )
    found = [
        Difference(
            int(identities[row]), column, f"{lengths[row]} numbers", f"{others[row]} numbers"
        )
        for row in np.flatnonzero(comparable & (lengths != others))
    ]
    rows = np.flatnonzero((lengths > 0) & (lengths == others))
    mine, theirs = (_flat(table[column], rows) for table in (here, there))
    different = np.flatnonzero(_bits(mine) != _bits(theirs))
    starts = np.concatenate([[0], np.cumsum(lengths[rows])]).astype(np.int64)
    lists, firsts = np.unique(
        np.searchsorted(starts, different, side="right") - 1, return_index=True
    )
    for number, place in zip(lists, different[firsts], strict=True):
        where = f"{column} at place {place - starts[number]}"
        texts = (_said(where, values[place]) for values in (mine, theirs))
        found.append(Difference(int(identities[rows[number]]), where, *texts))
    return found


def _lengths(table: pa.Table, column: str) -> NDArray[np.int64]:
    lengths = pa.compute.fill_null(pa.compute.list_value_length(table[column]), 0)
    return np.asarray(lengths.to_numpy(), np.int64)


def _flat(lists: pa.ChunkedArray, rows: NDArray[Any]) -> NDArray[np.floating]:
    found: NDArray[np.floating] = pa.compute.list_flatten(lists.take(pa.array(rows))).to_numpy()
    return found


def _said(column: str, value: Any) -> str:
    if column in _NAMES and 0 <= value < len(_NAMES[column]):
        return str(_NAMES[column][value])
    if isinstance(value, float | np.floating):
        return f"{float(value)!r} ({float(value).hex()})"
    return repr(value) if isinstance(value, str) else str(value)
