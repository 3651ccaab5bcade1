"""Calls a function for the points of a batch, and converts the returned values to rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.errors import FunctionError
from xorsweep.experiment import OK, POINT_ID, STATUS, failed_rows
from xorsweep.functions.points import PointBatch
from xorsweep.functions.signature import Function, Signature, returned_names
from xorsweep.functions.values import CURVE, column_of, curve_of, is_curve
from xorsweep.text import exception_text, shorten

VALUE = "value"
"""The column of a function that returns a number, a truth value or a text alone."""
_ALLOWED = "a number, true or false, a text, or a dictionary of them"
_IMMUTABLE = {bool, int, float, str}
RETURNED = "returned"
"""The column of a part that says which columns a point returned, in its order."""
TYPES: Mapping[str, pa.DataType] = {
    "f": pa.float64(),
    "i": pa.int64(),
    "b": pa.bool_(),
    "U": pa.string(),
    CURVE: pa.list_(pa.float64()),
}
"""The types of columns in parts, by kind."""


def stored_name(name: str, kind: str) -> str:
    """Return a column's name in a part; the dot in it keeps it apart from those of every part."""
    return f"{name}.{kind}"


def call_with_points(
    function: Function, signature: Signature, batch: PointBatch, name: str
) -> pa.Table:
    """Return a row for each point, for each of which a function is called once, with scalars.

    A point fails if it raises, also `sys.exit`, or returns a value that no column can hold.
    """
    keys, call = tuple(batch.columns), signature.caller(function, tuple(batch.columns))
    returned: list[dict[Any, Any]] = []
    places, failures = [], {}
    # tolist makes Python's own numbers, as a caller would pass them.
    columns = [values.tolist() for values in batch.columns.values()]
    for place, values in enumerate(zip(*columns, strict=True)):
        try:
            returned.append(_kept(call(dict(zip(keys, values, strict=True)))))
            places.append(place)
        except KeyboardInterrupt:
            raise
        except FunctionError as error:
            failures[place] = f"{name} {error}"
        except BaseException as error:  # the message is the row's
            failures[place] = exception_text(error)
    tables = _tables(returned, keys, batch.point_ids[places], failures, places, name)
    if failures:
        tables.append(failed_rows(batch.point_ids[[*failures]], *failures.values()))
    return pa.concat_tables(tables, promote_options="default")


def _kept(found: Any) -> dict[Any, Any]:
    """Return a copy of a returned value, safe from a function that reuses its arrays."""
    if not isinstance(found, Mapping):
        if found is None:
            raise FunctionError(f"returned None, and must return {_ALLOWED}")
        found = {VALUE: found}
    kept = dict(found)
    for name, value in kept.items():
        # The test by type is quicker, and most values are plain numbers.
        if type(value) not in _IMMUTABLE and isinstance(value, np.ndarray):
            kept[name] = value.copy()
    return kept


def _tables(
    returned: Sequence[Mapping[Any, Any]],
    keys: Sequence[str],
    point_ids: NDArray[np.uint64],
    failures: dict[int, str],
    places: Sequence[int],
    name: str,
) -> list[pa.Table]:
    """Return the rows of points; those whose values no column can hold go to the failures."""
    if not returned:
        return []
    try:
        if any(each.keys() != returned[0].keys() for each in returned):
            raise FunctionError("returned other columns than the point before")
        _check_names(returned[0], keys)
        by_name = {column: [each[column] for each in returned] for column in returned[0]}
        stored = {column: _column(column, values) for column, values in by_name.items()}
        return [_table(point_ids, stored)]
    except FunctionError as error:
        if len(returned) == 1:
            failures[places[0]] = f"{name} {error}"
            return []
    # One of the points is to blame, or their columns differ: each becomes a table of its own.
    return [
        table
        for number, each in enumerate(returned)
        for table in _tables(
            [each], keys, point_ids[number : number + 1], failures, [places[number]], name
        )
    ]


def call_with_arrays(function: Function, signature: Signature, batch: PointBatch) -> pa.Table:
    """Return a row for each point, for all of which a function is called once, with arrays."""
    # A function may change its arguments in place.
    values = {key: column.copy() for key, column in batch.columns.items()}
    returned = signature.caller(function, tuple(values))(values)
    if not isinstance(returned, Mapping):
        returned = {VALUE: returned}
    _check_names(returned, tuple(batch.columns))
    count = len(batch.point_ids)
    return _table(
        batch.point_ids,
        {name: _array_column(name, each, count) for name, each in returned.items()},
    )


def _check_names(returned: Mapping[Any, Any], keys: Sequence[str]) -> None:
    if not returned:
        raise FunctionError(f"returned {shorten(returned)}, which has no column")
    for problem in returned_names(returned, keys):
        raise FunctionError(problem)


def _column(name: str, values: list[Any]) -> tuple[str, Any]:
    """Return the kind and the column of a value per point."""
    kinds = set(map(type, values))
    # The most common kinds, without a look at each value.
    if kinds <= {float, np.float64}:
        return "f", np.array(values)
    if kinds == {bool}:
        return "b", np.array(values)
    if kinds == {int} and min(values) >= -(2**63) and max(values) < 2**63:
        return "i", np.array(values)
    if any(map(is_curve, values)):
        return CURVE, pa.array([curve_of(name, each) for each in values], TYPES[CURVE])
    column = column_of(name, values, len(values))
    return column.dtype.kind, column


def _array_column(name: str, values: Any, count: int) -> tuple[str, Any]:
    array = np.asarray(values) if not isinstance(values, Sequence) else values
    if isinstance(array, np.ndarray) and array.ndim == 2 and len(array) == count:
        return CURVE, pa.array([curve_of(name, each) for each in array], TYPES[CURVE])
    column = column_of(name, values, count)
    return column.dtype.kind, column


def _table(point_ids: NDArray[np.uint64], stored: Mapping[str, tuple[str, Any]]) -> pa.Table:
    returned = ",".join(stored_name(name, kind) for name, (kind, _) in stored.items())
    count = len(point_ids)
    # One text for all rows, without a Python string for each.
    texts = pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [returned]).cast(pa.string())
    columns = {stored_name(name, kind): values for name, (kind, values) in stored.items()}
    status = np.full(count, OK, np.int8)
    return pa.table({POINT_ID: point_ids, STATUS: status, RETURNED: texts, **columns})
