"""Points in two places compared bit for bit, column by column, never one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from xorsweep.experiment import FAILED, POINT_ID, STATUS, STATUSES, Experiment


@dataclass(frozen=True)
class Difference:
    """A value of a point that differs between two sources, both to the last bit."""

    point_id: int
    column: str
    here: str
    there: str


def differences(here: pa.Table, there: pa.Table, experiment: Experiment[Any]) -> list[Difference]:
    """Return where two tables of parts differ over the points that both hold, column by column.

    A point may lie in `here` several times, and each of them is compared. Any NaN is equal to any
    other, and a column that a table lacks holds NaN alone. Of the experiment's `partial_lists`
    those are compared that both have.
    """
    rows, partners = _matched(here, there, experiment.partial_lists)
    here, there = here.take(rows), there.take(partners)
    # A dict, which keeps the order of columns, unlike a set.
    columns = dict.fromkeys([*here.column_names, *there.column_names])
    names = {STATUS: STATUSES, **experiment.code_names}
    found: list[Difference] = []
    for column in columns.keys() - {POINT_ID}:
        if _is_list(here, column) or _is_list(there, column):
            found += _in_lists(here, there, column, column in experiment.partial_lists)
        else:
            found += _in_column(here, there, column, names.get(column, ()))
    order = {column: place for place, column in enumerate(columns)}
    # "name at place 3" is of the column "name".
    return sorted(found, key=lambda each: (each.point_id, order[each.column.split(" ")[0]]))


def _is_list(table: pa.Table, column: str) -> bool:
    return column in table.column_names and pa.types.is_list(table[column].type)


def ended_rows(parts: Iterable[pa.Table]) -> pa.Table:
    """Return the rows of parts that haven't failed."""
    ended = [part.filter(pa.array(part[STATUS].to_numpy() != FAILED)) for part in parts]
    return pa.concat_tables(ended, promote_options="default")


def _matched(
    here: pa.Table, there: pa.Table, partial_lists: Sequence[str]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows of one table whose points lie in the other, and where they lie there.

    Of rows there that hold the same point the first is taken that has the partial lists.
    """
    wanted, given = (table[POINT_ID].to_numpy() for table in (here, there))
    if not len(given):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    lacking = sum((_lengths(there, column) == 0 for column in partial_lists), np.zeros(len(given)))
    # lexsort's last key counts most: by point, and of one point those with lists first.
    order = np.lexsort((lacking, given))
    # A point beyond the last one has a place behind the end; it is compared and found different.
    place = np.minimum(np.searchsorted(given[order], wanted), len(given) - 1)
    rows = np.flatnonzero(given[order][place] == wanted)
    return rows, order[place][rows]


def _in_column(
    here: pa.Table, there: pa.Table, column: str, names: Sequence[str]
) -> list[Difference]:
    mine, others = _values(here, column), _values(there, column)
    if mine.dtype != others.dtype and {mine.dtype.kind, others.dtype.kind} <= {*"biuf"}:
        mine, others = mine.astype(np.float64), others.astype(np.float64)  # one has gaps
    identities = here[POINT_ID].to_numpy()
    return [
        Difference(
            int(identities[row]),
            column,
            _value_text(mine[row], names),
            _value_text(others[row], names),
        )
        for row in np.flatnonzero(_bits(mine) != _bits(others))
    ]


def _values(table: pa.Table, column: str) -> NDArray[Any]:
    if column not in table.column_names:
        return np.full(len(table), np.nan)
    values = table[column]
    if pa.types.is_string(values.type):
        values = pa.compute.fill_null(values, "")
    elif values.null_count:
        values = values.cast(pa.float64(), safe=False)
    array: NDArray[Any] = values.to_numpy()
    return array


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    """Return a form of values that is equal where their bits are the same, or both are NaN."""
    if values.dtype.kind != "f":
        return values
    # NaN has many forms, whose bits depend on the operation that made it.
    one_nan = np.where(np.isnan(values), values.dtype.type(np.nan), values)
    return one_nan.view(f"u{values.dtype.itemsize}")


def _in_lists(here: pa.Table, there: pa.Table, column: str, is_partial: bool) -> list[Difference]:
    lengths, others = _lengths(here, column), _lengths(there, column)
    identities = here[POINT_ID].to_numpy()
    comparable = (lengths > 0) & (others > 0) if is_partial else np.ones(len(here), bool)
    found = [
        Difference(
            int(identities[row]), column, f"{lengths[row]} numbers", f"{others[row]} numbers"
        )
        for row in np.flatnonzero(comparable & (lengths != others))
    ]
    rows = np.flatnonzero((lengths > 0) & (lengths == others))
    if not len(rows):
        return found
    mine, theirs = (_flat(table[column], rows) for table in (here, there))
    different = np.flatnonzero(_bits(mine) != _bits(theirs))
    starts = np.concatenate([[0], np.cumsum(lengths[rows])]).astype(np.int64)
    lists, firsts = np.unique(
        np.searchsorted(starts, different, side="right") - 1, return_index=True
    )
    for number, place in zip(lists, different[firsts], strict=True):
        where = f"{column} at place {place - starts[number]}"
        texts = (_value_text(values[place]) for values in (mine, theirs))
        found.append(Difference(int(identities[rows[number]]), where, *texts))
    return found


def _lengths(table: pa.Table, column: str) -> NDArray[np.int64]:
    if column not in table.column_names:
        return np.zeros(len(table), np.int64)
    lengths = pa.compute.fill_null(pa.compute.list_value_length(table[column]), 0)
    return np.asarray(lengths.to_numpy(), np.int64)


def _flat(lists: pa.ChunkedArray, rows: NDArray[Any]) -> NDArray[np.floating]:
    found: NDArray[np.floating] = pa.compute.list_flatten(lists.take(pa.array(rows))).to_numpy()
    return found


def _value_text(value: Any, names: Sequence[str] = ()) -> str:
    if names and 0 <= value < len(names):
        return names[int(value)]
    if isinstance(value, float | np.floating):
        return f"{float(value)!r} ({float(value).hex()})"
    return repr(value) if isinstance(value, str) else str(value)
