"""The columns of all points: one kind a name, whatever kinds single batches had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xorsweep.functions.values import WORDS

TYPES = {"f": pa.float64(), "i": pa.int64(), "b": pa.bool_(), "U": pa.string()}
"""What parts hold, by kind."""
RETURNED = "returned"
"""The column of a part that says what was returned for a point, in its order."""

Kinds = Mapping[str, str]


def stored_name(name: str, kind: str) -> str:
    """Return a column's name in a part; the point in it keeps it apart from names of ours."""
    return f"{name}.{kind}"


def signature(columns: Mapping[str, NDArray[Any]]) -> str:
    """Return which columns there are and of which kinds, in their order."""
    return ",".join(stored_name(name, values.dtype.kind) for name, values in columns.items())


def kinds_in(text: str) -> dict[str, str]:
    """Return kinds by name, of which `signature` made a text."""
    return dict(each.rsplit(".", 1) for each in text.split(","))


def widen(table: pa.Table) -> tuple[pa.Table, pa.Array]:
    """Return one column a name, and the messages, of points in the order of their rows.

    The first point that has columns decides their names, order and kinds. Whole numbers become
    floats where other points have floats. A point whose columns don't fit has failed: that depends
    on the points alone, and not on batches or on their order.
    """
    table = table.combine_chunks()
    returned = pc.dictionary_encode(_whole(table, RETURNED))
    codes = returned.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    found = [kinds_in(text) for text in returned.dictionary.to_pylist()]
    messages = _whole(table, "message")
    if not found:
        return pa.table({}), messages
    first = found[codes[codes >= 0][0]]
    for code, kinds in enumerate(found):
        if not _fit(kinds, first):
            text = f"returned {_listed(kinds)} where the first point has {_listed(first)}"
            messages = _failed(messages, codes == code, text)
    fitting = [kinds for kinds in found if _fit(kinds, first)]
    columns = {}
    for name in first:
        columns[name], lost = _column(table, name, {kinds[name] for kinds in fitting})
        text = f"returned {name}, a whole number that a float can't hold; other points have floats"
        messages = _failed(messages, lost, text)
    failed = messages.is_valid()
    kept = {
        name: pc.if_else(failed, pa.scalar(None, column.type), column)
        for name, column in columns.items()
    }
    return pa.table(kept), messages


def _fit(kinds: Kinds, others: Kinds) -> bool:
    return kinds.keys() == others.keys() and all(
        len({kinds[name], others[name], "i", "f"}) == 2 or kinds[name] == others[name]
        for name in kinds
    )


def _column(table: pa.Table, name: str, kinds: set[str]) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Return a column (n,) of the one kind that all of some kinds become, and what got lost."""
    if len(kinds) == 1:
        return _whole(table, stored_name(name, *kinds)), np.zeros(len(table), bool)
    floats, whole = (_whole(table, stored_name(name, kind)) for kind in "fi")
    numbers = whole.fill_null(0).to_numpy()
    widened = numbers.astype(np.float64)
    lost = widened >= 2.0**63  # no int64 to compare with
    lost |= np.where(lost, 0.0, widened).astype(np.int64) != np.where(lost, 0, numbers)
    return pc.coalesce(floats, pa.array(widened, mask=~whole.is_valid().to_numpy(False))), lost


def _failed(messages: pa.Array, where: NDArray[np.bool_], text: str) -> pa.Array:
    """Return the messages, with one for points that have none."""
    new = pa.array(where & ~messages.is_valid().to_numpy(zero_copy_only=False))
    return pc.if_else(new, text, messages)


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _listed(kinds: Kinds) -> str:
    return ", ".join(f"{name} ({WORDS[kind]})" for name, kind in kinds.items())
